// The vault is real, on an anvil; the keeper is a stand-in that tells of a deposit when it stands in the vault's log.
import { depositRegistryAbi, devnetTokenAbi } from '@myrtle-wyckoff/generated';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Anvil, startAnvil } from '../../src/cli/devnet/anvil.ts';
import type { Address } from '../../src/core/commands.ts';
import { HOME_CHAIN, USDC } from '../adapters/http/support/fakeKeeperApi.ts';
import { deployContracts, developmentKey, type TestContracts } from '../support/deployContracts.ts';
import { jsonLines, type Run, runMw } from './support/runMw.ts';
import { type StandIn, startStandIn } from './support/standIn.ts';

let anvil: Anvil;
let contracts: TestContracts;
let depositor: Address;
let standIn: StandIn;

beforeAll(async () => {
  anvil = await startAnvil({ chainId: HOME_CHAIN });
  contracts = await deployContracts(anvil.url);
  depositor = contracts.client.account.address.toLowerCase() as Address;
});
afterAll(() => anvil.stop());

beforeEach(async () => {
  standIn = await startStandIn({ rpcUrl: anvil.url, registry: contracts.registry });
  standIn.keeper.api.assets = () => [
    {
      asset: USDC,
      symbol: 'USDC',
      ledgerDecimals: 6,
      risk: null,
      tokens: [{ chainId: HOME_CHAIN, token: contracts.token, decimals: 6 }],
    },
  ];
  standIn.keeper.accounts = standIn.keeper.accounts.map((view) => ({ ...view, address: depositor }));
  vi.stubEnv('MW_PROFILE', standIn.profile);
  vi.stubEnv('MW_URL', undefined);
  vi.stubEnv('MW_PRIVATE_KEY', developmentKey(0));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await standIn.close();
});

function lines({ stderr }: Pick<Run, 'stderr'>): string[] {
  return stderr.trimEnd().split('\n');
}

/**
 * When the keeper is asked for the first time after a deposit, its newest final block is the one before. When it is
 * asked again it has read everything, and tells of the deposit unless it is silent.
 */
function creditWhatTheVaultLogs({ silent = false } = {}): void {
  let seen = 0;
  let told = 0;
  const { health } = standIn.keeper.api;
  standIn.keeper.api.health = async () => {
    const { client, registry, token } = contracts;
    const newest = Number(await client.getBlockNumber({ cacheTime: 0 }));
    const event = { address: registry, abi: depositRegistryAbi, eventName: 'Deposited', fromBlock: 0n } as const;
    const logs = await client.getContractEvents({ ...event, strict: true });
    const isNews = logs.length > seen;
    seen = logs.length;
    for (const { args } of isNews || silent ? [] : logs.slice(told)) {
      const account = { address: args.account.toLowerCase() as Address, subaccount: args.subaccount };
      const what = { asset: USDC, chainId: HOME_CHAIN, token, amount: args.amount, logIndex: Number(args.index) };
      standIn.keeper.publish([{ type: 'credited', account, ...what }]);
      told += 1;
    }
    const finalBlock = isNews ? newest - 1 : newest;
    return { ...(await health()), chains: [{ chainId: HOME_CHAIN, finalBlock, rpcs: [] }] };
  };
}

function accounted(): Promise<bigint> {
  const { client, registry, token } = contracts;
  return client.readContract({ address: registry, abi: depositRegistryAbi, functionName: 'accounted', args: [token] });
}

function allowance(): Promise<bigint> {
  const { client, registry, token } = contracts;
  const args = [depositor, registry] as const;
  return client.readContract({ address: token, abi: devnetTokenAbi, functionName: 'allowance', args });
}

describe('mw deposit', () => {
  it('approves exactly the amount, deposits, waits for the keeper, and shows the balances', async () => {
    creditWhatTheVaultLogs();
    const before = await accounted();
    const run = await runMw('deposit', '250.5', 'USDC', '--chain', 'home', '--subaccount', '3');
    expect(run.exitCode).toBe(0);
    expect(lines(run)).toEqual([
      expect.stringMatching(/^depositing 250\.5 USDC on chain 31337 for 0x\w{40}, subaccount 3 …$/),
      expect.stringMatching(/^the vault has 250\.5 USDC: entry \d+ of its log, block \d+$/),
      expect.stringMatching(/^the keeper has read up to final block \d+; the deposit is in block \d+$/),
    ]);
    expect(run.stdout.split('\n').slice(0, 3)).toEqual(['credited 250.5 USDC', '', depositor]);
    expect((await accounted()) - before).toBe(250_500_000n);
    expect(await allowance()).toBe(0n);
  });

  it('tells machines what was deposited and what the balances are', async () => {
    creditWhatTheVaultLogs();
    const run = await runMw('deposit', '1', contracts.token, '--chain', '31337', '--json');
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(jsonLines(run)).toEqual([
      {
        chainId: HOME_CHAIN,
        token: contracts.token,
        symbol: 'USDC',
        decimals: 6,
        atoms: '1000000',
        transactionHash: expect.stringMatching(/^0x[0-9a-f]{64}$/),
        blockNumber: expect.any(Number),
        logIndex: expect.any(Number),
        credited: true,
        accounts: standIn.keeper.accounts,
      },
    ]);
  });

  it('need not wait', async () => {
    const run = await runMw('deposit', '1', 'USDC', '--chain', '31337', '--no-wait', '--json');
    expect(run.exitCode).toBe(0);
    expect(jsonLines(run)).toMatchObject([{ credited: false, atoms: '1000000' }]);
  });

  it('stops waiting when the time is over, and says that nothing is lost', async () => {
    creditWhatTheVaultLogs({ silent: true });
    const run = await runMw('deposit', '1', 'USDC', '--chain', '31337', '--timeout', '2');
    expect(run).toMatchObject({ exitCode: 1, stdout: '' });
    expect(lines(run).slice(-2)).toEqual([
      expect.stringMatching(/^error: Waited 2 s for the keeper to credit entry \d+ of the vault's log\.$/),
      'The deposit is safe in the vault and will be credited; look again with `mw account`.',
    ]);
  });

  it('passes on what the vault refuses, in its own words', async () => {
    const cap = (depositCap: bigint) =>
      contracts.client.writeContract({
        chain: null,
        address: contracts.registry,
        abi: depositRegistryAbi,
        functionName: 'changeDepositCap',
        args: [contracts.token, depositCap],
      });
    await cap(0n);
    const run = await runMw('deposit', '1', 'USDC', '--chain', '31337', '--no-wait');
    await cap(10n ** 15n);
    expect(run.exitCode).toBe(1);
    expect(lines(run).at(-1)).toMatch(
      /^error: The contract refused: DepositRegistry_CapExceeded\(0x\w{40}, 0, \d+\)\. With this the vault would hold more/,
    );
  });

  it('sends nothing when the depositor has too little', async () => {
    vi.stubEnv('MW_PRIVATE_KEY', developmentKey(5));
    const run = await runMw('deposit', '1', 'USDC', '--chain', '31337', '--no-wait');
    expect(run.exitCode).toBe(1);
    expect(lines(run).at(-2)).toMatch(/^error: 0x\w{40} holds only 0 USDC on chain 31337\.$/);
  });

  it('sends nothing into an exchange that winds down', async () => {
    standIn.keeper.exits = [{ chainId: 31338, phase: 'final', since: 0 }];
    const before = await accounted();
    const run = await runMw('deposit', '1', 'USDC', '--chain', '31337', '--no-wait');
    expect([run.exitCode, await accounted()]).toEqual([1, before]);
    expect(run.stderr).toContain('The exchange winds down');
    expect(run.stderr).toContain('the vault of chain 31338 is in exit mode: its exit is final');
  });

  it('sends nothing when the RPC speaks for another chain', async () => {
    const other = await startAnvil({ chainId: 31338 });
    const wrong = await startStandIn({ rpcUrl: other.url });
    wrong.keeper.api.assets = standIn.keeper.api.assets;
    const run = await runMw('deposit', '1', 'USDC', '--chain', '31337', '--no-wait', '--profile', wrong.profile);
    await wrong.close();
    await other.stop();
    expect(run.exitCode).toBe(1);
    expect(lines(run).at(-1)).toBe(
      'error: The RPC of the profile for chain 31337 answers for chain 31338: nothing was sent.',
    );
  });

  it('names the RPC that does not answer, without what may be a secret in its address', async () => {
    // A port at which no program asks.
    const url = 'http://127.0.0.1:1';
    const wrong = await startStandIn({ rpcUrl: `${url}/v2/secret` });
    wrong.keeper.api.assets = standIn.keeper.api.assets;
    const run = await runMw('deposit', '1', 'USDC', '--chain', '31337', '--no-wait', '--profile', wrong.profile);
    await wrong.close();
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain(`error: The RPC at ${url} cannot be used: fetch failed.\nIs its URL in the profile`);
    expect(run.stderr).not.toContain('secret');
  });

  it.each([
    [['0', 'USDC', '--chain', 'home'], 2, 'The amount must be greater than zero.'],
    [['0.0000001', 'USDC', '--chain', 'home'], 2, 'The amount of USDC has at most 6 decimals'],
    [['1', 'USDC'], 2, "required option '--chain <chain>' not specified"],
    [['1', 'DOGE', '--chain', 'home'], 1, 'DOGE is not listed on chain 31337.\nListed are: USDC.'],
    [['1', 'USDC', '--chain', '10'], 1, 'The profile has no chain 10.\nThere are: home (31337).'],
  ])('sends nothing when there is no such deposit: %s', async (args, exitCode, message) => {
    const before = await accounted();
    const run = await runMw('deposit', ...args);
    expect(run).toMatchObject({ exitCode, stdout: '' });
    expect(run.stderr).toContain(message);
    expect(await accounted()).toBe(before);
  });
});
