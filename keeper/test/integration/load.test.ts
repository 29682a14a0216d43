// Under load: the stream tells everything once and in order, and a keeper that is killed at random moments forgets
// nothing that it has answered.
import { createSiweMessage } from 'viem/siwe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALICE, BOB, CAROL, EXECUTOR, GUARDIANS } from '../../src/cli/devnet/accounts.ts';
import { waitUntil } from '../../src/cli/devnet/waitUntil.ts';
import { KeeperApiError } from '../../src/client/keeperApiError.ts';
import type { BatchAnswer } from '../../src/core/api.ts';
import type { BookDelta, StreamMessage } from '../../src/core/streamViews.ts';
import { openReader, type TestReader } from '../adapters/http/support/testReader.ts';
import { type LiveDevnet, startLiveDevnet } from '../support/liveDevnet.ts';
import {
  ALL_SIZES,
  expectedItems,
  itemsOf,
  keeperSays,
  naiveExchange,
  naiveSays,
  type Sent,
  SMALL_SIZES,
  send,
  startLoad,
} from '../support/load.ts';
import type { Naive } from '../support/naiveEngine.ts';
import { createRandom } from '../support/random.ts';
import {
  accountOf,
  addressOf,
  atoms,
  balanceOf,
  type DepositOrder,
  depositAll,
  place,
  requestWithdrawal,
  SOLVENT,
  sign,
  solvencyDifferences,
  trade,
  untilFinal,
  untilLeading,
  untilWithdrawal,
  vaults,
  WETH_USDC,
  walletOf,
} from '../support/trading.ts';

const PEOPLE = [ALICE, BOB, CAROL];
/** Withdraws while the others trade; no part of the model. */
const DAVE = GUARDIANS[0];
const SEED = 20_260_101;
const KILLS = 6;
const STREAM_BATCHES = 60;

let live: LiveDevnet;
let naive: Naive;
let kill: () => Promise<void>;

beforeAll(async () => {
  live = await startLiveDevnet();
  kill = live.devnet.killKeeper;
  const deposits: DepositOrder[] = PEOPLE.flatMap((from) => [
    { chain: live.home, from, symbol: 'USDC', amount: '1000000' },
    { chain: live.second, from, symbol: 'WETH', amount: '300', native: true },
  ]);
  await depositAll(live, [...deposits, { chain: live.home, from: DAVE, symbol: 'USDC', amount: '100' }]);
  naive = await naiveExchange(live, deposits);
});
afterAll(async () => {
  await live?.stop();
});

/** Answers of a keeper that was asked (again), in the order of its journal. */
function inOrder(answered: readonly { batch: Sent['batch']; answer: BatchAnswer }[]) {
  return answered.toSorted((a, b) => a.answer.sequence - b.answer.sequence);
}

function accepted(sent: readonly Sent[]) {
  return sent.flatMap(({ batch, outcome }) =>
    outcome === undefined || outcome instanceof KeeperApiError ? [] : [{ batch, answer: outcome }],
  );
}

/** Batches of several connections may overtake each other; nothing else is refused. */
function expectOnlyOvertaken(sent: readonly Sent[]): void {
  const refusals = sent.flatMap(({ outcome }) => (outcome instanceof KeeperApiError ? [outcome.code] : []));
  expect(refusals.filter((code) => code !== 'batch.nonceNotGrowing')).toEqual([]);
}

async function expectModel(): Promise<void> {
  expect(await keeperSays(live.keeper, PEOPLE)).toEqual(naiveSays(naive));
  expect(await solvencyDifferences(live.keeper)).toEqual(SOLVENT);
}

describe('the stream', () => {
  /** What a reader of one book sees. */
  type Levels = Record<'bids' | 'asks', Map<number, string>>;
  const levels: Levels = { bids: new Map(), asks: new Map() };
  const topics: StreamMessage[] = [];
  const newest = new Map<string, number>();
  let tokens: { readonly executor: string; readonly alice: string };
  let traded = 0;
  let told = 0;

  async function session(index: number): Promise<string> {
    const { url } = live.keeper;
    const post = async (path: string, body?: object) => {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      const response = await fetch(url + path, { method: 'POST', headers, body: body ? JSON.stringify(body) : null });
      return (await response.json()) as Record<string, string>;
    };
    const account = accountOf(index);
    const { nonce } = await post('/v1/session/nonce');
    const { address } = account;
    const fields = { address, domain: new URL(url).host, uri: url, chainId: live.home.chainId, version: '1' } as const;
    const message = createSiweMessage({ ...fields, nonce: nonce as string });
    const { token } = await post('/v1/session', { message, signature: await account.signMessage({ message }) });
    return token as string;
  }

  function subscribe(reader: TestReader): void {
    const wanted = [
      { channel: 'executor', token: tokens.executor },
      { channel: 'account', token: tokens.alice },
      { channel: 'trades', book: WETH_USDC },
      { channel: 'book', book: WETH_USDC },
    ];
    for (const topic of wanted) {
      const from = newest.get(topic.channel);
      reader.say({ op: 'subscribe', ...topic, ...(from === undefined ? {} : { from }) });
    }
  }

  /** Takes what comes until the executor's topic has told a sequence and the book is as it is. */
  async function follow(reader: TestReader, sequence: number): Promise<void> {
    while ((newest.get('executor') ?? 0) < sequence || (newest.get('book') ?? 0) < sequence) {
      take((await reader.next()) as StreamMessage);
    }
  }

  function take(message: StreamMessage): void {
    topics.push(message);
    const { channel, type, seq, prevSeq } = message;
    if (type === 'snapshot') expect([channel, prevSeq]).toEqual([channel, null]);
    else expect([channel, prevSeq]).toEqual([channel, newest.get(channel)]);
    if (type === 'delta') expect(seq).toBeGreaterThan(prevSeq as number);
    newest.set(channel, seq);
    if (channel === 'book' && 'bids' in message.data) applyDelta(message.data as BookDelta);
    if (channel === 'trades' && type === 'delta') {
      for (const { quantity } of message.data.trades) told += quantity;
    }
  }

  function applyDelta(delta: BookDelta): void {
    for (const side of ['bids', 'asks'] as const) {
      for (const { price, quantity } of delta[side]) {
        if (quantity === '0') levels[side].delete(price);
        else levels[side].set(price, quantity);
      }
    }
  }

  async function load(seed: number, sizes: readonly number[]): Promise<number> {
    const running = startLoad(live, { seed, sizes, people: PEOPLE, batches: STREAM_BATCHES });
    await running.done;
    const sent = await running.stop();
    expectOnlyOvertaken(sent);
    const answers = inOrder(accepted(sent));
    for (const { batch, answer } of answers) {
      expect(answer.repeated).toBe(false);
      expect(itemsOf(answer)).toEqual(expectedItems(naive, answer.sequence, batch));
      for (const item of 'items' in answer.result ? (answer.result.items ?? []) : []) {
        if ('filled' in item) traded += item.filled;
      }
    }
    // One more that changes the book, so that the end of the load can be told from a pause.
    const batch = await sign(live, [place('buy', { account: addressOf(ALICE), price: 1, quantity: 1 })]);
    const answer = await live.keeper.submitBatch(batch);
    expect(itemsOf(answer)).toEqual(expectedItems(naive, answer.sequence, batch));
    return answer.sequence;
  }

  async function expectBook(): Promise<void> {
    const depth = await live.keeper.depth({ book: WETH_USDC, levels: 200 });
    for (const side of ['bids', 'asks'] as const) {
      const seen = [...levels[side]].toSorted(([a], [b]) => (side === 'bids' ? b - a : a - b));
      expect(seen).toEqual(depth[side].map(({ price, quantity }) => [price, quantity]));
    }
  }

  it('numbers what it tells without a gap while batches pour in', async () => {
    tokens = { executor: await session(EXECUTOR), alice: await session(ALICE) };
    const reader = await openReader(live.keeper);
    subscribe(reader);
    for (let i = 0; i < 4; i++) take((await reader.next()) as StreamMessage);
    expect(new Set(topics.map(({ type }) => type))).toEqual(new Set(['snapshot']));
    await follow(reader, await load(SEED, ALL_SIZES));
    await reader.close();
    expect(traded).toBeGreaterThan(0);
    expect(told).toBe(traded);
    await expectBook();
    await expectModel();
  });

  it('goes on after `from` as if the line had never been cut', async () => {
    // As much as is kept for one reader; who misses more begins anew.
    const last = await load(SEED + 1, SMALL_SIZES);
    const seen = topics.length;
    const reader = await openReader(live.keeper);
    subscribe(reader);
    await follow(reader, last);
    await reader.close();
    const types = topics.slice(seen).map(({ channel, type }) => `${channel} ${type}`);
    for (const channel of ['executor', 'account', 'trades', 'book']) expect(types).toContain(`${channel} resumed`);
    expect(types.filter((type) => /snapshot|gap/.test(type))).toEqual([]);
    expect(told).toBe(traded);
    await expectBook();
    await expectModel();
  });
});

describe('kill -9 under load', () => {
  const random = createRandom(SEED);
  const fates = { acknowledged: 0, happened: 0, not: 0 };

  async function startAgain(): Promise<void> {
    const keeper = live.start('keeper', '--config', live.writeKeeperConfig('keeper-again'));
    await keeper.ready;
    kill = keeper.kill;
    await untilLeading(live.keeper);
  }

  /** What a batch that nobody answered has become: asked again, it is answered with its result, or it never was. */
  async function fateOf({ batch, outcome }: Sent): Promise<{ batch: Sent['batch']; answer: BatchAnswer } | undefined> {
    const again = await send(live.keeper, batch);
    if (again === undefined) throw new Error('The keeper does not answer.');
    if (outcome !== undefined) {
      fates.acknowledged++;
      expect(again).toEqual({ ...outcome, repeated: true });
    }
    if (!(again instanceof KeeperApiError)) {
      if (outcome === undefined && again.repeated) fates.happened++;
      return { batch, answer: again };
    }
    fates.not++;
    expect(again.code).toBe('batch.nonceNotGrowing');
    return undefined;
  }

  it.each(Array.from({ length: KILLS }, (_, i) => i + 1))(
    'number %i: every acknowledged batch is there, every other one entirely or not at all',
    async (number) => {
      const load = startLoad(live, { seed: SEED + 100 * number, sizes: ALL_SIZES, people: PEOPLE });
      await load.accepted;
      await new Promise((resolve) => setTimeout(resolve, random.below(1_200)));
      await kill();
      const sent = await load.stop();
      expectOnlyOvertaken(sent);
      expect(accepted(sent).length).toBeGreaterThan(0);
      // Every other time it is killed once more while it starts.
      if (number % 2 === 0) {
        const starting = live.start('keeper', '--config', live.writeKeeperConfig('keeper-again'));
        await new Promise((resolve) => setTimeout(resolve, random.below(2_500)));
        await starting.kill();
      }
      await startAgain();

      const answered: { batch: Sent['batch']; answer: BatchAnswer }[] = [];
      const interesting = sent.filter(({ outcome }) => !(outcome instanceof KeeperApiError));
      for (const item of interesting) {
        const fate = await fateOf(item);
        if (fate !== undefined) answered.push(fate);
      }
      for (const { batch, answer } of inOrder(answered)) {
        expect(itemsOf(answer)).toEqual(expectedItems(naive, answer.sequence, batch));
      }
      await expectModel();
    },
  );

  it('has met batches of every fate', () => {
    expect(fates.acknowledged).toBeGreaterThanOrEqual(KILLS);
    expect(fates.happened + fates.not).toBeGreaterThan(0);
  });

  it('right after a withdrawal was accepted: it is deducted once and paid once', async () => {
    const order = { chain: live.home, from: DAVE, symbol: 'USDC', amount: '60' } as const;
    const wallet = await walletOf(live.home, 'USDC', DAVE);
    const nonce = await requestWithdrawal(live, order);
    await kill();
    await startAgain();
    expect(await balanceOf(live.keeper, { of: DAVE, symbol: 'USDC' })).toBe(40_000_000n);
    await untilWithdrawal(live, { of: DAVE, nonce, status: 'executed' });
    expect((await walletOf(live.home, 'USDC', DAVE)) - wallet).toBe(atoms(live, live.home, '60', 'USDC'));
    expect(await balanceOf(live.keeper, { of: DAVE, symbol: 'USDC' })).toBe(40_000_000n);
  });

  it('leaves checkpoints that go on, open orders, and an exchange in which every atom is accounted for', async () => {
    const { sequence } = await trade(live, [place('buy', { account: addressOf(ALICE), price: 2, quantity: 1 })]);
    await untilFinal(live.keeper, sequence);
    const orders = await waitUntil('open orders', () => live.keeper.orders({ address: addressOf(ALICE) }));
    expect(orders.length).toBeGreaterThan(0);
    const { counted, real } = await vaults(live);
    expect(real).toEqual(counted);
    expect(live.lost).toEqual([]);
  });
});
