// A keeper must answer what is asked of a vault. Then it dies and never comes back: what everybody kept on his own disk takes
// everything out of both vaults.
import { rmSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { depositRegistryAbi } from '@myrtle-wyckoff/generated';
import { createTestClient, http } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALICE, BOB, CAROL, FEE_ACCOUNT, GUARDIANS } from '../../src/cli/devnet/accounts.ts';
import { type DevnetChain, tokenBalance } from '../../src/cli/devnet/chainAccess.ts';
import { waitUntil } from '../../src/cli/devnet/waitUntil.ts';
import { keptProofs, proofFiles } from '../../src/cli/exit/proofStore.ts';
import { wadPer } from '../../src/core/assets.ts';
import { createExitCommands, type ExitCommands } from '../support/exitCommands.ts';
import { type LiveDevnet, startLiveDevnet } from '../support/liveDevnet.ts';
import type { Ended, MwProcess } from '../support/mwProcess.ts';
import {
  addressOf,
  atoms,
  deposit,
  depositAll,
  place,
  requestWithdrawal,
  SOLVENT,
  solvencyDifferences,
  tokenOf,
  trade,
  untilWithdrawal,
  vaults,
  walletOf,
} from '../support/trading.ts';

const HOUR = 3_600;
const DAY = 24 * HOUR;
/** Comes when the keeper is gone. */
const LATE = GUARDIANS[0];
const PEOPLE: Readonly<Record<string, number>> = {
  alice: ALICE,
  bob: BOB,
  carol: CAROL,
  fees: FEE_ACCOUNT,
  late: LATE,
};
const TRADERS = ['alice', 'bob', 'carol', 'fees'];

let live: LiveDevnet;
let exits: ExitCommands;

beforeAll(async () => {
  live = await startLiveDevnet();
  exits = createExitCommands(live, PEOPLE);
});
afterAll(async () => {
  await live?.stop();
});

const chains = (): readonly DevnetChain[] => [live.home, live.second];
const startWatch = (name: string): MwProcess => exits.startWatch(name);
const mw = (command: string, name: string, ...args: string[]) => exits.mw(command, name, ...args);

const filesOf = (name: string) => proofFiles(exits.directory, addressOf(PEOPLE[name] as number));

/** The newest proof of each of them is of that checkpoint or a later one. */
function untilKept(checkpoint: number, names = TRADERS): Promise<true> {
  return waitUntil(`proofs of checkpoint ${checkpoint}`, async () => {
    return names.every((name) => (filesOf(name)[0]?.checkpoint ?? 0) >= checkpoint) || undefined;
  });
}

async function later(seconds: number): Promise<void> {
  await Promise.all(
    chains().map(async ({ url }) => {
      const client = createTestClient({ mode: 'anvil', transport: http(url) });
      await client.increaseTime({ seconds });
      await client.mine({ blocks: 1 });
    }),
  );
}

/** Everything that somebody owns in the exchange, in 10⁻¹⁸ by symbol: balances, and what is on its way out. */
async function owned(name: string): Promise<Record<string, bigint>> {
  const address = addressOf(PEOPLE[name] as number);
  const sums = new Map(live.assets.map(({ symbol }) => [symbol, 0n]));
  const add = (symbol: string, wad: bigint) => sums.set(symbol, (sums.get(symbol) as bigint) + wad);
  for (const { balances } of await live.keeper.accounts({ address })) {
    for (const { symbol, amount, decimals, dust } of balances)
      add(symbol, BigInt(amount) * wadPer(decimals) + BigInt(dust));
  }
  for (const { symbol, atoms: amount, decimals, status } of await live.keeper.withdrawals({ address })) {
    if (['queued', 'posted', 'final'].includes(status)) add(symbol, BigInt(amount) * wadPer(decimals));
  }
  return Object.fromEntries(sums);
}

/** The same in the wallets of both chains. */
async function inWallets(name: string): Promise<Record<string, bigint>> {
  const owner = addressOf(PEOPLE[name] as number);
  const sums = live.assets.map(async ({ symbol, tokens }) => {
    const wads = tokens.map(async ({ chainId, token, decimals }) => {
      const chain = chains().find((candidate) => candidate.chainId === chainId) as DevnetChain;
      return (await tokenBalance(chain, { token, owner })) * wadPer(decimals);
    });
    return [symbol, (await Promise.all(wads)).reduce((sum, wad) => sum + wad, 0n)];
  });
  return Object.fromEntries(await Promise.all(sums));
}

function phases(): Promise<readonly (readonly [number, bigint])[]> {
  return Promise.all(
    chains().map(async ({ reader, deployment: { registry: address } }) => {
      const at = { address, abi: depositRegistryAbi } as const;
      const phase = await reader.readContract({ ...at, functionName: 'exitPhase' });
      const [, checkpoint] = await reader.readContract({ ...at, functionName: 'newestRoot' });
      return [phase, checkpoint] as const;
    }),
  );
}

describe('a keeper that lives', () => {
  const ask = (amount: string) => mw('force', 'alice', amount, tokenOf(live.home, 'USDC'), '--chain', 'home');
  const wallet = () => walletOf(live.home, 'USDC', ALICE);
  const resultOf = ({ stdout }: Ended) => JSON.parse(stdout) as object;

  it('answers what is asked of a vault: paid to the unit, orders notwithstanding, or refused with its reason', async () => {
    await depositAll(live, [{ chain: live.home, from: ALICE, symbol: 'USDC', amount: '500' }]);
    await trade(live, [place('buy', { account: addressOf(ALICE), price: 200_000, quantity: 200 })]);
    const before = await wallet();
    const paid = await ask('450.000001');
    expect([paid.code, paid.stderr]).toEqual([0, '']);
    expect(resultOf(paid)).toMatchObject({ id: '1', paid: '450000001', open: '0', reason: 'paid' });
    expect(await wallet()).toBe(before + 450_000_001n);
    expect(await live.keeper.orders({ address: addressOf(ALICE) })).toEqual([]);
    const refused = await ask('50');
    expect(refused.code).toBe(1);
    expect(resultOf(refused)).toMatchObject({ id: '2', paid: '0', reason: 'noBalance' });
    expect(await wallet()).toBe(before + 450_000_001n);
  });

  it('answers once, although it is killed at any moment', async () => {
    const before = await wallet();
    for (const [i, waitMs] of [0, 1_500, 3_000].entries()) {
      const asking = ask('5.5');
      await waitUntil('the request', async () => (await forcedOpen(BigInt(3 + i))) > 0n || undefined);
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      await live.devnet.killKeeper();
      await live.devnet.startKeeper();
      expect(resultOf(await asking)).toMatchObject({ paid: '5500000', reason: 'paid' });
    }
    expect(await wallet()).toBe(before + 16_500_000n);
    await waitUntil('the keeper to see the last payment', async () => {
      const { counted, real } = await vaults(live);
      return isDeepStrictEqual(counted, real) || undefined;
    });
    expect(await solvencyDifferences(live.keeper)).toEqual(SOLVENT);
  });

  async function forcedOpen(id: bigint): Promise<bigint> {
    const { reader, deployment } = live.home;
    const call = { address: deployment.registry, abi: depositRegistryAbi, functionName: 'forcedRequest' } as const;
    return (await reader.readContract({ ...call, args: [id] })).open;
  }
});

describe('when the keeper is gone for good', () => {
  let before: Record<string, Record<string, bigint>>;
  let newestKept: number;
  let watchers: MwProcess[];

  it('everybody has kept a proof of the newest exit roots, whenever his machine fails', async () => {
    await depositAll(live, [
      { chain: live.home, from: ALICE, symbol: 'USDC', amount: '10000' },
      { chain: live.second, from: BOB, symbol: 'WETH', amount: '5' },
    ]);
    watchers = TRADERS.map(startWatch);
    await depositAll(live, [{ chain: live.second, from: CAROL, symbol: 'WETH', amount: '1.123456789123456789' }]);
    await untilKept(1);
    // Killed whenever, it goes on with whole files.
    for (let i = 0; i < 3; i++) {
      const newest = filesOf('alice')[0]?.checkpoint ?? 0;
      await trade(live, [
        place('sell', { account: addressOf(BOB), price: 300_000 + i, quantity: 700 }),
        place('buy', { account: addressOf(ALICE), price: 300_000 + i, quantity: 700 }),
        place('sell', { account: addressOf(CAROL), price: 310_000, quantity: 10 }),
      ]);
      await untilKept(newest + 1);
      await watchers[0]?.kill();
      watchers[0] = startWatch('alice');
    }
    for (const name of TRADERS) {
      expect(keptProofs(exits.directory, addressOf(PEOPLE[name] as number)).damaged).toEqual([]);
    }
  });

  it('it has signed a payment that nobody carried, and roots that stand nowhere yet', async () => {
    await live.devnet.killCourier();
    const payment = { chain: live.home, from: ALICE, symbol: 'USDC', amount: '100' } as const;
    const nonce = await requestWithdrawal(live, payment);
    await untilWithdrawal(live, { of: ALICE, nonce, status: 'final' });
    const [withdrawal] = await live.keeper.withdrawals({ address: addressOf(ALICE) });
    await untilKept(withdrawal?.checkpoint as number);
    expect(await solvencyDifferences(live.keeper)).toEqual(SOLVENT);
    before = Object.fromEntries(await Promise.all(TRADERS.map(async (name) => [name, await owned(name)])));
    expect(before.fees?.USDC).toBeGreaterThan(0n);
    expect(before.carol?.WETH).toBe(1_123_456_789_123_456_789n);

    await live.devnet.killKeeper();
    rmSync(live.keeperData, { recursive: true });
    newestKept = Math.min(...TRADERS.map((name) => filesOf(name)[0]?.checkpoint as number));
    expect(newestKept).toBeGreaterThanOrEqual(withdrawal?.checkpoint as number);
    for (const [, posted] of await phases()) expect(Number(posted)).toBeLessThan(newestKept);
  });

  it('nobody can leave before seven days of silence', async () => {
    // Deposits still come in, of somebody who never heard of a keeper.
    await deposit(live, { chain: live.second, from: LATE, symbol: 'WETH', amount: '2' });
    await later(6 * DAY);
    const early = await mw('enter', 'bob');
    expect(early.code).toBe(1);
    expect(early.stdout).toContain('ExitHatch_NotLongEnough');
    expect((await phases()).map(([phase]) => phase)).toEqual([0, 0]);
  });

  it('anybody enters exit mode at all vaults, and levels them with the newest root that is kept', async () => {
    await later(DAY);
    const entering = await mw('enter', 'bob');
    expect([entering.code, entering.stdout]).toEqual([0, expect.not.stringContaining('"posted":false')]);
    const entered = await phases();
    expect(entered.map(([phase]) => phase)).toEqual([1, 1]);
    const [home, second] = entered.map(([, checkpoint]) => Number(checkpoint));
    expect(home).toBeGreaterThanOrEqual(newestKept);
    expect(second).toBe(home);
  });

  it('nobody can claim before the council had time to discard that root', async () => {
    await later(49 * HOUR);
    const early = await mw('claim', 'alice');
    expect(early.code).toBe(1);
    expect(early.stdout).toContain('ExitHatch_RootIsYoung');
  });

  it('everybody takes out, to the unit, what he owned, and both vaults are empty', async () => {
    await later(24 * HOUR);
    for (const name of TRADERS) {
      const wallet = await inWallets(name);
      const claimed = await mw('claim', name);
      expect([name, claimed.code, claimed.stderr]).toEqual([name, 0, '']);
      const after = await inWallets(name);
      const paid = Object.entries(after).map(([symbol, wad]) => [symbol, wad - (wallet[symbol] as bigint)]);
      expect([name, Object.fromEntries(paid)]).toEqual([name, before[name]]);
      expect((await mw('claim', name)).stdout).toContain('"paid":[]');
    }
    const late = await walletOf(live.second, 'WETH', LATE);
    const token = tokenOf(live.second, 'WETH');
    expect(await mw('claim', 'late', '--chain', 'second', '--token', token)).toMatchObject({ code: 0 });
    expect(await walletOf(live.second, 'WETH', LATE)).toBe(late + atoms(live, live.second, '2', 'WETH'));

    // No dust: every balance here was a whole number of atoms of some token.
    const left = chains().flatMap((chain) =>
      Object.values(chain.deployment.tokens).map((address) =>
        tokenBalance(chain, { token: address, owner: chain.deployment.registry }),
      ),
    );
    expect(left.length).toBeGreaterThan(3);
    expect((await Promise.all(left)).filter((balance) => balance > 0n)).toEqual([]);
  });

  it('those who watched were told', async () => {
    for (const watcher of watchers) {
      expect(watcher.isRunning()).toBe(true);
      await watcher.kill();
      const { stdout } = await watcher.ended;
      for (const code of ['exit.keeperSilent', 'exit.noHeartbeat', 'exit.entered']) expect(stdout).toContain(code);
    }
  });
});
