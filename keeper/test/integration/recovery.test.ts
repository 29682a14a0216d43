// What is left of the exchange when its keeper loses its journal, a part of it, its whole disk, or its office.
import { cpSync, existsSync, readdirSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { depositRegistryAbi } from '@myrtle-wyckoff/generated';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALICE, BOB, CAROL, EXECUTOR } from '../../src/cli/devnet/accounts.ts';
import { waitUntil } from '../../src/cli/devnet/waitUntil.ts';
import type { KeeperClient } from '../../src/client/keeperClient.ts';
import type { ApprovalView } from '../../src/core/api.ts';
import type { Address } from '../../src/core/commands.ts';
import { KINDS } from '../../src/core/logEntries.ts';
import { type LiveDevnet, startLiveDevnet } from '../support/liveDevnet.ts';
import { type MwProcess, runMw } from '../support/mwProcess.ts';
import { type RpcProxy, startRpcProxy } from '../support/rpcProxy.ts';
import {
  accountOf,
  addressOf,
  atoms,
  balancesOf,
  deposit,
  depositAll,
  place,
  refusalOf,
  requestWithdrawal,
  SOLVENT,
  sign,
  solvencyDifferences,
  trade,
  untilFinal,
  untilLeading,
  untilWithdrawal,
  vaults,
  walletOf,
} from '../support/trading.ts';

const USERS = [ALICE, BOB, CAROL];
const FATAL_EXIT = 70;
/** Over so many checkpoints the devnet's snapshots roll. */
const SLICES = 4;
const PUT_ASIDE = 'the local journal is put aside; recovering from chain, open orders are gone';
/** Some blocks: what was sent before is mined. */
const SETTLED_MS = 1_500;

let live: LiveDevnet;
let config: string;
let journal: string;
let pruned: RpcProxy | undefined;
/** The one that leads. */
let keeper: { kill(): Promise<void>; log(): string };
/** Of the keeper that leads. */
let epoch = 1;

beforeAll(async () => {
  live = await startLiveDevnet();
  config = live.writeKeeperConfig('keeper-again');
  journal = join(live.keeperData, 'journal');
  keeper = { kill: live.devnet.killKeeper, log: () => '' };
  await depositAll(live, [
    { chain: live.home, from: ALICE, symbol: 'USDC', amount: '10000' },
    { chain: live.second, from: BOB, symbol: 'WETH', amount: '5' },
  ]);
  await tradeAndRest();
});
afterAll(async () => {
  await live?.stop();
  await pruned?.stop();
});

async function startKeeper(): Promise<MwProcess> {
  const process = live.start('keeper', '--config', config);
  await process.ready;
  keeper = process;
  return process;
}

/** Alice buys 0.1 WETH from Bob, and both leave an order in the book. Returns the place in the journal. */
async function tradeAndRest(client: KeeperClient = live.keeper): Promise<number> {
  const [alice, bob] = [addressOf(ALICE), addressOf(BOB)];
  const orders = [
    place('sell', { account: bob, price: 300_000, quantity: 100 }),
    place('buy', { account: alice, price: 300_000, quantity: 100 }),
    place('sell', { account: bob, price: 310_000, quantity: 50 }),
    place('buy', { account: alice, price: 290_000, quantity: 50 }),
  ];
  return (await trade(live, orders, { epoch, keeper: client })).sequence;
}

/** What everybody has, whether it is reserved or not. */
async function amounts(client: KeeperClient = live.keeper): Promise<Record<string, string>> {
  const entries = Object.entries(await balancesOf(client, USERS));
  return Object.fromEntries(entries.map(([key, text]) => [key, text.split(' ')[0] as string]));
}

async function openOrders(client: KeeperClient = live.keeper) {
  return (await Promise.all(USERS.map((index) => client.orders({ address: addressOf(index) })))).flat();
}

async function expectNothingRests(client: KeeperClient = live.keeper): Promise<void> {
  expect(await openOrders(client)).toEqual([]);
  for (const text of Object.values(await balancesOf(client, USERS))) expect(text).not.toContain('(');
}

async function expectSolvent(client: KeeperClient = live.keeper): Promise<void> {
  expect(await solvencyDifferences(client)).toEqual(SOLVENT);
  const { counted, real } = await vaults(live, client);
  expect(real).toEqual(counted);
}

/** The messages of a log, with the last one apart. */
function messages(log: string): { readonly all: readonly string[]; readonly last: string } {
  const all = log
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { readonly msg: string }).msg);
  return { all, last: all.at(-1) ?? '' };
}

/** Place in the journal of the checkpoint that a keeper began with, and how many it had to read. */
function recoveredFrom(log: string): { readonly base: number; readonly read: number } {
  const lines = log.split('\n').filter((line) => line.includes('state recovered from the newest checkpoint on chain'));
  expect(lines).toHaveLength(1);
  const { sequence, number, oldest } = JSON.parse(lines[0] as string) as Record<string, number>;
  return { base: (sequence as number) - 2 ** 32, read: (number as number) - (oldest as number) + 1 };
}

function check(): ReturnType<typeof runMw> {
  return runMw('recover', '--check', '--config', config);
}

function asideFolders(): string[] {
  return readdirSync(live.keeperData).filter((name) => name.startsWith('journal-aside'));
}

const settle = () => new Promise((resolve) => setTimeout(resolve, SETTLED_MS));

/** How often the home chain's vault paid for a nonce. */
async function payments(nonce: bigint): Promise<number> {
  const { deployment, reader } = live.home;
  const event = { address: deployment.registry, abi: depositRegistryAbi, eventName: 'Withdrawn' } as const;
  const logs = await reader.getContractEvents({ ...event, fromBlock: 0n, strict: true });
  return logs.filter(({ args }) => args.nonce === nonce).length;
}

describe('`mw recover --check`', () => {
  it('refuses while the keeper runs, says yes when it is stopped, and changes nothing', async () => {
    await tradeAndRest();
    const [before, orders] = [await balancesOf(live.keeper, USERS), await openOrders()];
    const running = await check();
    expect(running.code).toBe(1);
    expect(running.stderr).toMatch(/^error: Another keeper is using/);

    await keeper.kill();
    for (let i = 0; i < 2; i++) {
      const stopped = await check();
      expect([stopped.code, stopped.stderr]).toEqual([0, '']);
      expect(stopped.stdout).toContain('ok: the journal leads to the same state');
    }
    await startKeeper();
    await untilLeading(live.keeper, epoch);
    expect([await balancesOf(live.keeper, USERS), await openOrders()]).toEqual([before, orders]);
    expect(orders.length).toBeGreaterThan(0);
  });
});

describe('a journal', () => {
  it('that is an older copy is put aside loudly: the state comes from chain, without open orders', async () => {
    await keeper.kill();
    const copy = join(live.devnet.dataDirectory, 'older-copy');
    cpSync(journal, copy, { recursive: true });
    await startKeeper();
    await untilLeading(live.keeper, epoch);
    await untilFinal(live.keeper, await tradeAndRest());
    const before = await amounts();
    await keeper.kill();
    rmSync(journal, { recursive: true });
    renameSync(copy, journal);

    const { code, stdout } = await check();
    expect(code).toBe(1);
    expect(stdout).toMatch(/NOT ok: The journal ends at \d+; checkpoint \d+ on chain was cut at \d+\./);

    const { log } = await startKeeper();
    await untilLeading(live.keeper, epoch);
    expect(messages(log()).all).toContain(PUT_ASIDE);
    expect(asideFolders()).toHaveLength(1);
    expect(await amounts()).toEqual(before);
    await expectNothingRests();
    await expectSolvent();
    await untilFinal(live.keeper, await tradeAndRest());
  });

  it('whose end was cut off is put aside loudly, and the state comes from chain', async () => {
    const before = await amounts();
    await keeper.kill();
    const tail = join(journal, 'journal.sqlite-wal');
    truncateSync(tail, Math.floor(statSync(tail).size / 2));
    expect((await check()).code).toBe(1);
    const { log } = await startKeeper();
    await untilLeading(live.keeper, epoch);
    expect(messages(log()).all).toContain(PUT_ASIDE);
    expect(asideFolders()).toHaveLength(2);
    expect(await amounts()).toEqual(before);
    await expectNothingRests();
    await expectSolvent();
  });

  it('that is damaged in the middle is refused with code 70, says what to do, and nothing is changed', async () => {
    for (let i = 0; i < 6; i++) await tradeAndRest();
    const [before, orders] = [await balancesOf(live.keeper, USERS), await openOrders()];
    const landed = await live.keeper.latestCheckpoint();
    await keeper.kill();
    const whole = damageTheMiddle();
    const damaged = contentOfJournal();
    const aside = asideFolders();

    const checked = await check();
    expect(checked.code).toBe(1);
    expect(checked.stderr).toMatch(/^error: The journal in .* is damaged: the records from \d+ to \d+/);
    const { code, stderr } = await live.start('keeper', '--config', config).ended;
    expect(code).toBe(FATAL_EXIT);
    const { last } = messages(stderr);
    expect(last).toMatch(/is damaged: the records from \d+ to \d+ are not what was written/);
    expect(last).toContain('keep a copy of this directory, and start with an empty one');
    expect(contentOfJournal()).toEqual(damaged);
    expect(asideFolders()).toEqual(aside);

    whole.restore();
    await startKeeper();
    await untilLeading(live.keeper, epoch);
    expect([await balancesOf(live.keeper, USERS), await openOrders()]).toEqual([before, orders]);
    expect((await live.keeper.latestCheckpoint())?.number).toBeGreaterThanOrEqual(landed?.number as number);
  });

  function open(): DatabaseSync {
    return new DatabaseSync(join(journal, 'journal.sqlite'));
  }

  function contentOfJournal() {
    const database = open();
    const groups = database.prepare('SELECT last, hex(sealed) AS sealed FROM groups ORDER BY last').all();
    database.close();
    return groups;
  }

  /** Changes one bit of one record. */
  function damageTheMiddle() {
    const database = open();
    const groups = database.prepare('SELECT last, sealed FROM groups ORDER BY last').all();
    const { last, sealed } = groups[Math.floor(groups.length / 2)] as { last: number; sealed: Uint8Array };
    const write = (value: Uint8Array) => {
      const changed = database.prepare('UPDATE groups SET sealed = ? WHERE last = ?').run(value, last);
      expect(changed.changes).toBe(1);
    };
    const other = sealed.slice();
    other[3] = (other[3] as number) ^ 1;
    write(other);
    database.close();
    return {
      restore() {
        const again = open();
        again.prepare('UPDATE groups SET sealed = ? WHERE last = ?').run(sealed, last);
        again.close();
      },
    };
  }
});

describe('an empty disk', () => {
  let courier: MwProcess;
  let waiting: bigint;
  let wallet: bigint;
  /** By the place in the journal up to which they are true. */
  const known: { readonly upTo: number; readonly amounts: Record<string, string> }[] = [];
  let oldLeader: Address;
  let candidate: Address;

  it('makes a candidate with a new leader key, which knows nothing', async () => {
    oldLeader = (await live.keeper.identity()).leader.address;
    await live.devnet.killCourier();
    wallet = await walletOf(live.home, 'USDC', ALICE);
    waiting = await requestWithdrawal(live, { chain: live.home, from: ALICE, symbol: 'USDC', amount: '100' });
    await untilWithdrawal(live, { of: ALICE, nonce: waiting, status: 'final' });
    const resting = await tradeAndRest();
    await untilFinal(live.keeper, resting);
    known.push({ upTo: resting, amounts: await amounts() });
    // This one is in the journal only, and with it lost, unless a checkpoint was quicker.
    known.push({ upTo: await tradeAndRest(), amounts: await amounts() });
    await keeper.kill();
    await settle();
    rmSync(live.keeperData, { recursive: true });
    await deposit(live, { chain: live.second, from: CAROL, symbol: 'USDC', amount: '50' });
    await deposit(live, { chain: live.home, from: ALICE, symbol: 'USDC', amount: '7' });

    // From now on nobody has the events of the checkpoints: what the contract keeps must do.
    pruned = await startRpcProxy(live.home.url);
    pruned.lie(({ method, params }) =>
      method === 'eth_getLogs' && params[0].topics?.[0] === KINDS.checkpointed
        ? { error: { code: -32_000, message: 'history has been pruned' } }
        : undefined,
    );
    const chains = [
      { chainId: live.home.chainId, rpcUrls: [pruned.url], quorum: 1 },
      { chainId: live.second.chainId, rpcUrls: [live.second.url], quorum: 1 },
    ];
    config = live.writeKeeperConfig('keeper-pruned', { chains });
    await startKeeper();
    const { role, leader } = await live.keeper.identity();
    candidate = leader.address;
    expect(role).toBe('candidate');
    expect(candidate).not.toBe(oldLeader);
    expect(await refusalOf(live.keeper.assets())).toMatchObject({ code: 'keeper.notReady', status: 503 });
    const batch = await sign(live, [place('buy', { account: addressOf(ALICE), price: 1, quantity: 1 })]);
    expect(await refusalOf(live.keeper.submitBatch(batch))).toMatchObject({ code: 'keeper.notReady', status: 503 });
    expect(await live.keeper.acceptance(live.home.chainId)).toBeUndefined();
  });

  it('is filled from chain when three owners of the Safe name that key: balances, later deposits, no orders', async () => {
    courier = live.start('courier', '--config', live.writeCourierConfig('courier-again'));
    await live.propose(candidate, 2);
    epoch = 2;
    await untilLeading(live.keeper, epoch);
    const { base, read } = recoveredFrom(keeper.log());
    expect(read).toBeLessThanOrEqual(SLICES);
    const [alice, carol] = [`${addressOf(ALICE)}/0 USDC`, `${addressOf(CAROL)}/0 USDC`];
    const expected = { ...known.findLast(({ upTo }) => upTo <= base)?.amounts };
    expected[alice] = String(BigInt(expected[alice] as string) + 7_000_000n);
    expected[carol] = '50000000';
    await waitUntil('the deposits to be credited', async () => carol in (await amounts()) || undefined);
    await waitUntil('both of them', async () => (await amounts())[alice] === expected[alice] || undefined);
    expect(await amounts()).toEqual(expected);
    await expectNothingRests();
    expect(await solvencyDifferences(live.keeper)).toEqual(SOLVENT);
    expect((await live.keeper.health()).sequence).toBeGreaterThan(2 ** 32);
  });

  it('trades on in the new epoch, and refuses batches of the old one', async () => {
    const batch = await sign(live, [place('buy', { account: addressOf(ALICE), price: 1, quantity: 1 })], { epoch: 1 });
    const refusal = await refusalOf(live.keeper.submitBatch(batch));
    expect(refusal).toMatchObject({ code: 'batch.wrongEpoch', details: { epoch: 1, current: 2 } });
    expect(await tradeAndRest()).toBeGreaterThan(2 ** 32);
  });

  it('pays once what was promised before, and pays what is asked for now', async () => {
    const nonce = await requestWithdrawal(live, { chain: live.home, from: BOB, symbol: 'USDC', amount: '20' });
    await untilWithdrawal(live, { of: ALICE, nonce: waiting, status: 'executed' });
    await untilWithdrawal(live, { of: BOB, nonce, status: 'executed' });
    expect(await Promise.all([waiting, nonce].map(payments))).toEqual([1, 1]);
    expect(await live.keeper.latestCheckpoint()).toMatchObject({ epoch: 2 });
    // The deposit of 7 was printed for her, and left her wallet at once.
    expect((await walletOf(live.home, 'USDC', ALICE)) - wallet).toBe(atoms(live, live.home, '100', 'USDC'));
    await expectSolvent();
    await courier.kill();
  });
});

describe('two keepers', () => {
  let first: MwProcess;
  let other: MwProcess;
  let client: KeeperClient;
  let courier: MwProcess;
  let waiting: bigint;
  let byTheFirst: ApprovalView;
  let before: Record<string, string>;

  beforeAll(async () => {
    first = keeper as MwProcess;
    const http = { host: '127.0.0.1', port: 0 };
    const dataDirectory = join(live.devnet.dataDirectory, 'other-keeper');
    other = live.start('keeper', '--config', live.writeKeeperConfig('other', { http, dataDirectory }));
    client = live.client(((await other.ready) as { url: string }).url);
  });

  it('lead one after the other: the first stops by itself when the council names the second', async () => {
    await tradeAndRest();
    waiting = await requestWithdrawal(live, { chain: live.home, from: BOB, symbol: 'USDC', amount: '30' });
    // Approved means: it stands in a final checkpoint, and so does everything before it.
    byTheFirst = await waitUntil('an approval', async () => {
      return (await live.keeper.approvals(live.home.chainId)).find(({ message }) => message.nonce === waiting);
    });
    before = await amounts();
    expect((await refusalOf(client.solvency())).code).toBe('keeper.notReady');

    courier = live.start('courier', '--config', live.writeCourierConfig('for-the-other', { keeperUrl: client.url }));
    await Promise.all([
      live.propose((await client.identity()).leader.address, 3),
      deposit(live, { chain: live.second, from: CAROL, symbol: 'USDC', amount: '11' }),
    ]);
    const { code, stderr } = await first.ended;
    expect(code).toBe(FATAL_EXIT);
    expect(messages(stderr).last).toMatch(/Another keeper leads now\. I stop/);
    epoch = 3;
    await untilLeading(client, epoch);
    await client.signIn(accountOf(EXECUTOR));
  });

  it('move nothing twice: what the first one signed is worth nothing any more', async () => {
    const { message, enclaveSignature, leaderSignature } = byTheFirst;
    const withdrawal = { ...message, checkpoint: BigInt(message.checkpoint), deadline: BigInt(message.deadline) };
    const call = live.home.reader.simulateContract({
      address: live.home.deployment.registry,
      abi: depositRegistryAbi,
      functionName: 'withdraw',
      args: [withdrawal, enclaveSignature, leaderSignature],
      account: addressOf(BOB),
    });
    await expect(call).rejects.toThrow(/reverted/);
    const stranger = await sign(live, [place('buy', { account: addressOf(ALICE), price: 1, quantity: 1 })], {
      epoch: 2,
    });
    expect((await refusalOf(client.submitBatch(stranger))).code).toBe('batch.wrongEpoch');
    await untilWithdrawal(live, { of: BOB, nonce: waiting, status: 'executed', keeper: client });
    expect(await payments(waiting)).toBe(1);
  });

  it('know the same: the second goes on from the newest checkpoint, and every deposit counts once', async () => {
    const carol = `${addressOf(CAROL)}/0 USDC`;
    const expected = { ...before, [carol]: String(BigInt(before[carol] as string) + 11_000_000n) };
    await waitUntil(
      'the deposit to be credited',
      async () => (await amounts(client))[carol] === expected[carol] || undefined,
    );
    expect(await amounts(client)).toEqual(expected);
    await expectNothingRests(client);
    await untilFinal(client, await tradeAndRest(client));
    await expectSolvent(client);
  });

  it('may change places again: a journal of the epoch before last does not fit any more and is put aside', async () => {
    const theirs = await amounts(client);
    const { log } = await startKeeper();
    expect((await live.keeper.identity()).role).toBe('candidate');
    expect((await refusalOf(live.keeper.solvency())).code).toBe('keeper.notReady');
    const aside = existsSync(live.keeperData) ? asideFolders().length : 0;

    const back = live.start('courier', '--config', live.writeCourierConfig('back'));
    await live.propose((await live.keeper.identity()).leader.address, 4);
    expect((await other.ended).code).toBe(FATAL_EXIT);
    epoch = 4;
    await untilLeading(live.keeper, epoch);
    expect(messages(log()).all).toContain(PUT_ASIDE);
    expect(asideFolders()).toHaveLength(aside + 1);
    expect(await amounts()).toEqual(theirs);
    await expectNothingRests();
    await expectSolvent();
    for (const running of [back, courier]) expect(running.isRunning()).toBe(true);
  });
});

describe('a copy of the disk', () => {
  it('makes two keepers with one leader key: when one has posted a checkpoint, the other stops with code 70', async () => {
    await untilFinal(live.keeper, await tradeAndRest());
    const [before, orders] = [await amounts(), await openOrders()];
    await keeper.kill();
    const dataDirectory = join(live.devnet.dataDirectory, 'copy');
    cpSync(live.keeperData, dataDirectory, { recursive: true });
    const http = { host: '127.0.0.1', port: 0 };
    const twins = await Promise.all(
      [config, live.writeKeeperConfig('copy', { http, dataDirectory })].map(async (path) => {
        const process = live.start('keeper', '--config', path);
        const { url } = (await process.ready) as { readonly url: string };
        return { process, client: live.client(url) };
      }),
    );
    const loser = await Promise.race(twins.map((twin) => twin.process.ended.then((ended) => ({ ...ended, twin }))));
    expect(loser.code).toBe(FATAL_EXIT);
    expect(messages(loser.stderr).last).toMatch(
      /on the home chain is not mine: another keeper writes for this exchange/,
    );

    const { client, process } = twins.find((twin) => twin !== loser.twin) as (typeof twins)[number];
    await untilLeading(client, epoch);
    await client.signIn(accountOf(EXECUTOR));
    expect(await amounts(client)).toEqual(before);
    // Of the books there is everything, or nothing: that one may have begun with the checkpoint of the other.
    expect([orders, []]).toContainEqual(await openOrders(client));
    await untilFinal(client, await tradeAndRest(client));
    await expectSolvent(client);
    expect(process.isRunning()).toBe(true);
  });
});
