// The leader is killed, and nobody wakes the council: of two standbys one takes over on both chains by itself.
import { join } from 'node:path';
import { authorityAbi, depositRegistryAbi } from '@myrtle-wyckoff/generated';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALICE, BOB, CAROL, developmentKey, EXECUTOR } from '../../src/cli/devnet/accounts.ts';
import { waitUntil } from '../../src/cli/devnet/waitUntil.ts';
import type { KeeperClient } from '../../src/client/keeperClient.ts';
import type { ApprovalView } from '../../src/core/api.ts';
import type { Address } from '../../src/core/commands.ts';
import { type LiveDevnet, startLiveDevnet } from '../support/liveDevnet.ts';
import type { MwProcess } from '../support/mwProcess.ts';
import { runMw } from '../support/mwProcess.ts';
import {
  accountOf,
  addressOf,
  balancesOf,
  deposit,
  depositAll,
  place,
  requestWithdrawal,
  SOLVENT,
  solvencyDifferences,
  trade,
  untilFinal,
  untilLeading,
  untilWithdrawal,
} from '../support/trading.ts';

const USERS = [ALICE, BOB, CAROL];
/** Well-known accounts that nobody else here sends from. */
const COURIERS = [18, 19];
/** Of the development chains, and of every chain. */
const STALE_SECONDS = 180;
const WAIT_SECONDS = 300;

interface Standby {
  readonly keeper: MwProcess;
  readonly client: KeeperClient;
  readonly address: Address;
}

let live: LiveDevnet;
let standbys: Standby[];
let chainIds: number[];
/** The one that took over, once one did. */
let leader: Standby;

beforeAll(async () => {
  live = await startLiveDevnet();
  chainIds = [live.home.chainId, live.second.chainId];
  await depositAll(live, [
    { chain: live.home, from: ALICE, symbol: 'USDC', amount: '10000' },
    { chain: live.second, from: BOB, symbol: 'WETH', amount: '5' },
  ]);
});
afterAll(() => live?.stop());

/** With its own directory, so with its own leader key, and with a courier of its own. */
async function startStandby(gasAccount: number): Promise<Standby> {
  const name = `standby-${gasAccount}`;
  const config = live.writeKeeperConfig(name, {
    http: { host: '127.0.0.1', port: 0 },
    dataDirectory: join(live.devnet.dataDirectory, name),
  });
  const keeper = live.start('keeper', '--config', config);
  const { url } = (await keeper.ready) as { readonly url: string };
  const { privateKey } = developmentKey(gasAccount);
  live.start('courier', '--config', live.writeCourierConfig(`${name}-courier`, { keeperUrl: url, privateKey }));
  const client = live.client(url);
  return { keeper, client, address: (await client.identity()).leader.address };
}

async function tradeAndRest(epoch: number, keeper: KeeperClient): Promise<number> {
  const [alice, bob] = [addressOf(ALICE), addressOf(BOB)];
  const orders = [
    place('sell', { account: bob, price: 300_000, quantity: 100 }),
    place('buy', { account: alice, price: 300_000, quantity: 100 }),
    place('buy', { account: alice, price: 290_000, quantity: 50 }),
  ];
  return (await trade(live, orders, { epoch, keeper, deadline: soon() })).sequence;
}

/** The exchange lives in the time of its chains, which may have gone ahead. */
function soon(): number {
  return Date.now() + (STALE_SECONDS + WAIT_SECONDS + 60) * 1_000;
}

/** What everybody has, whether it is reserved or not. */
async function amounts(keeper: KeeperClient): Promise<Record<string, string>> {
  const entries = Object.entries(await balancesOf(keeper, USERS));
  return Object.fromEntries(entries.map(([key, text]) => [key, text.split(' ')[0] as string]));
}

function untilStatus(status: string): Promise<unknown> {
  return Promise.all(
    standbys.flatMap(({ client }) =>
      chainIds.map((chainId) =>
        waitUntil(`${client.url} to be ${status} on chain ${chainId}`, async () => {
          return (await client.standby(chainId))?.status === status || undefined;
        }),
      ),
    ),
  );
}

function leadersOnChain(): Promise<Address[]> {
  return Promise.all(
    [live.home, live.second].map(async ({ reader, deployment }) => {
      const call = { address: deployment.authority, abi: authorityAbi, functionName: 'leader' } as const;
      return (await reader.readContract(call)).toLowerCase() as Address;
    }),
  );
}

async function payments(nonce: bigint): Promise<number> {
  const event = { address: live.home.deployment.registry, abi: depositRegistryAbi, eventName: 'Withdrawn' } as const;
  const logs = await live.home.reader.getContractEvents({ ...event, fromBlock: 0n, strict: true });
  return logs.filter(({ args }) => args.nonce === nonce).length;
}

describe('two standbys', () => {
  it('are listed on both chains when their couriers have carried their acceptances, and lead nowhere', async () => {
    standbys = await Promise.all(COURIERS.map(startStandby));
    for (const { address } of standbys) await live.proposeStandby(address);
    await untilStatus('listed');
    const { leader: leads } = await live.keeper.identity();
    expect(await leadersOnChain()).toEqual([leads.address, leads.address]);
    const { stdout } = await runMw('standby', '--url', (standbys[0] as Standby).client.url);
    expect(stdout).toMatch(/^31337 +home +listed/m);
    expect(stdout).toMatch(/^31338 +listed/m);
  });
});

describe('a leader that is killed', () => {
  let before: Record<string, string>;
  let approved: ApprovalView;
  let number: number;

  it('is replaced on both chains by one of them, which has what everybody had', async () => {
    // Approved by the old leader, and paid by nobody yet.
    await live.devnet.killCourier();
    const waiting = await requestWithdrawal(live, { chain: live.home, from: ALICE, symbol: 'USDC', amount: '100' });
    approved = await waitUntil('an approval', async () => {
      return (await live.keeper.approvals(live.home.chainId)).find(({ message }) => message.nonce === waiting);
    });
    const { number: landed } = await untilFinal(live.keeper, await tradeAndRest(1, live.keeper));
    before = await amounts(live.keeper);
    number = landed;
    await live.devnet.killKeeper();

    await live.letTimePass(STALE_SECONDS);
    await untilStatus('announced');
    for (const { client } of standbys) expect((await client.standby(live.home.chainId))?.step).toBeNull();
    await live.letTimePass(WAIT_SECONDS);
    leader = await waitUntil('one of them to lead everywhere', async () => {
      const [first, other] = await leadersOnChain();
      return first === other ? standbys.find(({ address }) => address === first) : undefined;
    });
    const { client } = leader;
    await untilLeading(client, 2);
    await client.signIn(accountOf(EXECUTOR));
    expect(await amounts(client)).toEqual(before);
    expect(await client.orders({ address: addressOf(ALICE) })).toEqual([]);
    expect(await solvencyDifferences(client)).toEqual(SOLVENT);
  });

  it('leaves what he approved: it is paid once, with not a field changed', async () => {
    const { nonce, deadline } = approved.message;
    await untilWithdrawal(live, { of: ALICE, nonce, status: 'executed', keeper: leader.client });
    expect(await payments(nonce)).toBe(1);
    const paid = (await leader.client.withdrawals({ address: addressOf(ALICE) })).find(
      (withdrawal) => withdrawal.nonce === String(nonce),
    );
    expect(paid).toMatchObject({ checkpoint: approved.message.checkpoint, deadline });
  });

  it('leaves an exchange that goes on: deposits, trades, checkpoints and withdrawals on both chains', async () => {
    const { client } = leader;
    await deposit(live, { chain: live.second, from: CAROL, symbol: 'USDC', amount: '11' });
    await waitUntil('the deposit to be credited', async () => {
      return (await amounts(client))[`${addressOf(CAROL)}/0 USDC`] === '11000000' || undefined;
    });
    const final = await untilFinal(client, await tradeAndRest(2, client));
    expect(final).toMatchObject({ epoch: 2 });
    expect(final.number).toBeGreaterThan(number);
    const order = { chain: live.second, from: CAROL, symbol: 'USDC', amount: '5' };
    const nonce = await requestWithdrawal(live, order, { keeper: client, deadline: soon() });
    await untilWithdrawal(live, { of: CAROL, nonce, status: 'executed', keeper: client });
    expect(await solvencyDifferences(client)).toEqual(SOLVENT);
  });

  it('leaves one leader: the other standby still waits, and nobody stopped', async () => {
    const [other] = standbys.filter((standby) => standby !== leader) as [Standby];
    expect(await other.client.identity()).toMatchObject({ role: 'candidate', epoch: 2 });
    for (const chainId of chainIds) {
      expect(await other.client.standby(chainId)).toMatchObject({ leader: leader.address, step: null });
    }
    expect(await leader.client.standby(live.home.chainId)).toBeUndefined();
    for (const { keeper } of standbys) expect(keeper.isRunning()).toBe(true);
    expect(live.lost).toEqual([]);
  });
});
