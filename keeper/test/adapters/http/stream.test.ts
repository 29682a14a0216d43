import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpLimits } from '../../../src/adapters/http/limits.ts';
import type { CoreEvent, Fill, OrderRested } from '../../../src/core/events.ts';
import { BOOK, exitProofView, HOME_CHAIN, START_SEQUENCE, USDC, USDC_TOKEN } from './support/fakeKeeperApi.ts';
import { type Message, openReader, type TestReader } from './support/testReader.ts';
import {
  alice,
  aliceAddress,
  call,
  executor,
  executorAddress,
  signIn,
  startTestServer,
  type TestServer,
} from './support/testServer.ts';

let server: TestServer;
let readers: TestReader[];

async function start(input: Parameters<typeof startTestServer>[0] = {}): Promise<void> {
  await server?.close();
  const ip = { perSecond: 1000, burst: 10_000 };
  server = await startTestServer({ ...input, limits: { ip, ...input.limits } });
}

beforeEach(async () => {
  readers = [];
  await start();
});
afterEach(async () => {
  for (const { socket } of readers) socket.terminate();
  await server.close();
});

async function open(): Promise<TestReader> {
  const reader = await openReader(server);
  readers.push(reader);
  return reader;
}

/** A reader that follows one topic and has its snapshot. */
async function follow(topic: object): Promise<{ readonly reader: TestReader; readonly first: Message }> {
  const reader = await open();
  reader.say({ op: 'subscribe', ...topic });
  return { reader, first: await reader.next() };
}

const fill = (input: Partial<Fill> = {}): Fill => ({
  type: 'fill',
  book: BOOK,
  makerOrderId: 10,
  takerOrderId: 20,
  maker: { address: aliceAddress, subaccount: 0 },
  taker: { address: executorAddress, subaccount: 3 },
  takerSide: 1,
  price: 250_000,
  quantity: 4,
  makerFee: 100,
  takerFee: 300,
  makerRemaining: 6,
  ...input,
});

const rested = (input: Partial<OrderRested> = {}): OrderRested => ({
  type: 'orderRested',
  book: BOOK,
  orderId: 30,
  clientId: 7,
  account: { address: aliceAddress, subaccount: 0 },
  side: 0,
  price: 249_000,
  quantity: 11,
  remaining: 9,
  expiry: 0,
  ...input,
});

const TRADES = { channel: 'trades', book: BOOK } as const;
const BOOK_TOPIC = { channel: 'book', book: BOOK } as const;

describe('trades', () => {
  it('begin with the newest ones and go on with every fill', async () => {
    const { reader, first } = await follow(TRADES);
    expect(first).toEqual({
      ...TRADES,
      seq: START_SEQUENCE,
      prevSeq: null,
      type: 'snapshot',
      time: server.keeper.time,
      data: { trades: server.keeper.trades },
    });
    server.keeper.publish([fill(), fill({ price: 249_999, quantity: 1, takerSide: 0 })]);
    const moment = { sequence: START_SEQUENCE + 1, time: server.keeper.time, book: BOOK };
    expect(await reader.next()).toEqual({
      ...TRADES,
      seq: START_SEQUENCE + 1,
      prevSeq: START_SEQUENCE,
      type: 'delta',
      time: server.keeper.time,
      data: {
        trades: [
          { ...moment, takerSide: 'sell', price: 250_000, quantity: 4 },
          { ...moment, takerSide: 'buy', price: 249_999, quantity: 1 },
        ],
      },
    });
  });

  it('chain their numbers over commands that have nothing to tell', async () => {
    const { reader } = await follow(TRADES);
    server.keeper.publish([fill()]);
    server.keeper.publish([rested()]);
    server.keeper.sequence += 5;
    server.keeper.publish([fill()]);
    const [first, second] = await reader.take(2);
    expect([first.seq, first.prevSeq]).toEqual([101, 100]);
    expect([second.seq, second.prevSeq]).toEqual([108, 101]);
  });

  it('of another book stay away', async () => {
    const { reader } = await follow(TRADES);
    server.keeper.publish([fill({ book: 2 })]);
    server.keeper.publish([fill({ quantity: 77 })]);
    expect((await reader.next()).data.trades).toMatchObject([{ quantity: 77 }]);
  });
});

describe('a book', () => {
  it('is a snapshot and then what changed, which together are the depth', async () => {
    const { bids, asks } = server.keeper;
    bids.set(100, { price: 100, quantity: '5', orders: 1 });
    asks.set(110, { price: 110, quantity: '8', orders: 2 });
    const { reader, first } = await follow(BOOK_TOPIC);
    expect(first).toMatchObject({
      type: 'snapshot',
      seq: START_SEQUENCE,
      prevSeq: null,
      data: { bids: [{ price: 100, quantity: '5', orders: 1 }], asks: [{ price: 110, quantity: '8', orders: 2 }] },
    });

    bids.set(101, { price: 101, quantity: '3', orders: 1 });
    asks.delete(110);
    server.keeper.publish([rested(), fill()]);
    expect(await reader.next()).toMatchObject({
      type: 'delta',
      seq: START_SEQUENCE + 1,
      prevSeq: START_SEQUENCE,
      data: {
        bids: [{ price: 101, quantity: '3', orders: 1 }],
        asks: [{ price: 110, quantity: '0', orders: 0 }],
      },
    });
  });

  it('collects changes that come close together', async () => {
    await start({ limits: { bookIntervalMs: 50 } });
    const { reader } = await follow(BOOK_TOPIC);
    for (let price = 1; price <= 20; price++) {
      server.keeper.bids.set(price, { price, quantity: '1', orders: 1 });
      server.keeper.publish([rested({ price })]);
    }
    const delta = await reader.next();
    expect([delta.prevSeq, delta.seq, delta.data.bids.length]).toEqual([100, 120, 20]);
    expect(reader.waiting).toEqual([]);
  });

  it('says nothing when nothing changed in the end', async () => {
    const { reader } = await follow(BOOK_TOPIC);
    server.keeper.publish([rested()]);
    server.keeper.publish([rested()]);
    server.keeper.bids.set(1, { price: 1, quantity: '1', orders: 1 });
    server.keeper.publish([rested()]);
    expect(await reader.next()).toMatchObject({ prevSeq: 100, seq: 103 });
  });

  it('that does not exist cannot be followed', async () => {
    for (const channel of ['book', 'trades']) {
      const { first } = await follow({ channel, book: 9 });
      expect(first).toMatchObject({ type: 'error', code: 'book.unknown', topic: { channel, book: 9 } });
    }
  });
});

describe('an account', () => {
  it('begins with its balances, orders and withdrawals', async () => {
    const { first } = await follow({ channel: 'account', token: await signIn(server, alice) });
    const { accounts, orders, withdrawals } = server.keeper;
    expect(first).toEqual({
      channel: 'account',
      seq: START_SEQUENCE,
      prevSeq: null,
      type: 'snapshot',
      time: server.keeper.time,
      data: { address: aliceAddress, accounts, orders, withdrawals, exits: [] },
    });
  });

  it('is told its exit proof at the begin and after each signing of exit roots, between the other messages', async () => {
    const { publish, publishExitRoots, time } = server.keeper;
    server.keeper.exitProof = exitProofView;
    const { reader } = await follow({ channel: 'account', token: await signIn(server, alice) });
    const told = { channel: 'account', type: 'exitProof', time, data: { ...exitProofView, address: aliceAddress } };
    expect(await reader.next()).toEqual({ ...told, seq: START_SEQUENCE, prevSeq: START_SEQUENCE });
    publish([rested({ account: { address: aliceAddress, subaccount: 0 } })]);
    expect(await reader.next()).toMatchObject({ type: 'delta', seq: START_SEQUENCE + 1, prevSeq: START_SEQUENCE });
    publishExitRoots();
    expect(await reader.next()).toEqual({ ...told, seq: START_SEQUENCE + 1, prevSeq: START_SEQUENCE + 1 });
  });

  it('is told when a withdrawal of its own will fit into the limit that it waits for, and nobody else is', async () => {
    const { publishWaiting, time, withdrawals } = server.keeper;
    const { reader } = await follow({ channel: 'account', token: await signIn(server, alice) });
    const waiting = { ...(withdrawals[0] as (typeof withdrawals)[0]), status: 'final', fitsAt: 1_800_000_000 } as const;
    publishWaiting({ ...waiting, address: executorAddress });
    publishWaiting(waiting);
    const told = { channel: 'account', type: 'withdrawalWaits', time, data: waiting };
    expect(await reader.next()).toEqual({ ...told, seq: START_SEQUENCE, prevSeq: START_SEQUENCE });
  });

  it('is told of its own fills, orders, credits and withdrawals, with names and decimals', async () => {
    const { reader } = await follow({ channel: 'account', token: await signIn(server, alice) });
    const account = { address: aliceAddress, subaccount: 0 };
    const token = { chainId: HOME_CHAIN, token: USDC_TOKEN } as const;
    const events: CoreEvent[] = [
      rested(),
      fill(),
      {
        type: 'orderCancelled',
        book: BOOK,
        orderId: 30,
        account,
        side: 0,
        price: 249_000,
        quantity: 9,
        reason: 'requested',
      },
      { type: 'credited', account, asset: USDC, ...token, amount: 10n ** 30n, logIndex: 4 },
      { type: 'heldUnlisted', account, chainId: HOME_CHAIN, token: `0x${'dd'.repeat(20)}`, amount: 5n, logIndex: 5 },
      {
        type: 'withdrawalChanged',
        account,
        asset: USDC,
        ...token,
        amount: 40_000_000n,
        recipient: executorAddress,
        nonce: 2n ** 200n,
        status: 'posted',
        checkpoint: 8,
        deadline: 1_800_000_000,
      },
      { type: 'checkpointCut', number: 8 },
    ];
    server.keeper.publish(events);
    const { data, ...rest } = await reader.next();
    expect(rest).toMatchObject({ channel: 'account', type: 'delta', seq: 101, prevSeq: 100 });
    const usdc = { ...token, asset: USDC, symbol: 'USDC', decimals: 6 };
    expect(data.events).toEqual([
      {
        type: 'orderRested',
        order: {
          ...{ orderId: '30', clientId: '7', ...account, book: BOOK, side: 'buy', price: 249_000 },
          ...{ quantity: 11, remaining: 9, expiry: null },
        },
      },
      {
        type: 'fill',
        address: aliceAddress,
        fill: {
          sequence: 101,
          time: server.keeper.time,
          book: BOOK,
          orderId: '10',
          subaccount: 0,
          side: 'buy',
          role: 'maker',
          price: 250_000,
          quantity: 4,
          fee: { asset: USDC, symbol: 'USDC', decimals: 6, amount: '100' },
        },
        remaining: 6,
      },
      {
        type: 'orderCancelled',
        orderId: '30',
        ...account,
        book: BOOK,
        side: 'buy',
        price: 249_000,
        quantity: 9,
        reason: 'requested',
      },
      { type: 'credited', ...account, deposit: { ...usdc, atoms: String(10n ** 30n) }, logIndex: 4 },
      {
        type: 'heldUnlisted',
        ...account,
        chainId: HOME_CHAIN,
        token: `0x${'dd'.repeat(20)}`,
        atoms: '5',
        logIndex: 5,
      },
      {
        type: 'withdrawalChanged',
        withdrawal: {
          ...usdc,
          atoms: '40000000',
          ...account,
          recipient: executorAddress,
          nonce: String(2n ** 200n),
          status: 'posted',
          checkpoint: 8,
          deadline: 1_800_000_000,
          fitsAt: null,
        },
      },
    ]);
  });

  it('hears nothing of others', async () => {
    const { reader } = await follow({ channel: 'account', token: await signIn(server, alice) });
    const other = { address: executorAddress, subaccount: 0 };
    server.keeper.publish([rested({ account: other }), fill({ maker: other, taker: other })]);
    server.keeper.publish([rested({ orderId: 31 })]);
    const { data } = await reader.next();
    expect(data.events).toHaveLength(1);
    expect(data.events[0]).toMatchObject({ type: 'orderRested', order: { orderId: '31' } });
  });

  it('hears of both sides when it trades with its own subaccount', async () => {
    const { reader } = await follow({ channel: 'account', token: await signIn(server, alice) });
    server.keeper.publish([fill({ taker: { address: aliceAddress, subaccount: 1 } })]);
    const { data } = await reader.next();
    expect(data.events.map(({ fill: { role, side } }: Message) => [role, side])).toEqual([
      ['maker', 'buy'],
      ['taker', 'sell'],
    ]);
  });

  it('wants a session', async () => {
    const topic = { channel: 'account' };
    expect((await follow(topic)).first).toMatchObject({ type: 'error', code: 'session.required', topic });
    const { first } = await follow({ ...topic, token: 'made-up' });
    expect(first).toMatchObject({ type: 'error', code: 'session.unknown', topic });
  });
});

it('follows one account on one line, that of the newest session', async () => {
  const { reader } = await follow({ channel: 'account', token: await signIn(server, alice) });
  reader.say({ op: 'subscribe', channel: 'account', token: await signIn(server, executor) });
  expect((await reader.next()).data.address).toBe(executorAddress);
  server.keeper.publish([rested()]);
  server.keeper.publish([rested({ account: { address: executorAddress, subaccount: 0 } })]);
  expect((await reader.next()).seq).toBe(START_SEQUENCE + 2);
});

describe('the executor', () => {
  it('hears everything of all users, and of listings', async () => {
    const { reader, first } = await follow({ channel: 'executor', token: await signIn(server, executor) });
    expect(first).toMatchObject({ type: 'snapshot', seq: START_SEQUENCE });
    expect(first.data.books).toEqual(server.keeper.api.books());
    server.keeper.publish([rested(), fill(), { type: 'directoryChanged', what: 'book' }]);
    const { data } = await reader.next();
    expect(data.events.map(({ type, address }: Message) => [type, address])).toEqual([
      ['orderRested', undefined],
      ['fill', aliceAddress],
      ['fill', executorAddress],
      ['directoryChanged', undefined],
    ]);
    expect(data.events[2]).toMatchObject({ remaining: null, fill: { role: 'taker', side: 'sell', subaccount: 3 } });
  });

  it('hears, as everybody does, that a vault is in exit mode', async () => {
    const exit = { type: 'exitModeChanged', chainId: 31338, phase: 'closing', since: 4 } as const;
    server.keeper.exits = [{ chainId: 31338, phase: 'closing', since: 4 }];
    const lines = [
      await follow({ channel: 'executor', token: await signIn(server, executor) }),
      await follow({ channel: 'account', token: await signIn(server, alice) }),
    ];
    const trades = await follow({ channel: 'trades', book: 1 });
    expect(lines[1]?.first.data.exits).toEqual(server.keeper.exits);
    server.keeper.publish([exit]);
    server.keeper.publish([exit, rested(), fill()]);
    for (const { reader } of lines) {
      expect((await reader.next()).data.events).toEqual([exit]);
      const { events } = (await reader.next()).data;
      expect(events.filter(({ type }: Message) => type === 'exitModeChanged')).toEqual([exit]);
    }
    expect((await trades.reader.next()).data.trades).toHaveLength(1);
  });

  it('is nobody else', async () => {
    const { first } = await follow({ channel: 'executor', token: await signIn(server, alice) });
    expect(first).toMatchObject({ type: 'error', code: 'access.notExecutor', retryable: false });
  });

  it('loses the channel with the role, before the next order is told', async () => {
    const { reader } = await follow({ channel: 'executor', token: await signIn(server, executor) });
    server.keeper.executor = aliceAddress;
    server.keeper.publish([{ type: 'directoryChanged', what: 'executor' }, rested()]);
    server.keeper.publish([rested()]);
    expect(await reader.next()).toMatchObject({ type: 'error', code: 'access.notExecutor' });
    reader.say({ op: 'ping' });
    expect((await reader.next()).type).toBe('pong');
  });

  it('has its orders guarded by every line that asks for it, until the line ends', async () => {
    const token = await signIn(server, executor);
    const guarded = { channel: 'executor', token, cancelOnDisconnect: true };
    const { calls } = server.keeper;
    const { reader } = await follow(guarded);
    // Asking again changes nothing.
    reader.say({ op: 'subscribe', ...guarded, from: START_SEQUENCE });
    await reader.next();
    expect(calls).toEqual([['guard', executorAddress]]);
    await reader.close();
    await expect.poll(() => calls.at(-1)).toEqual(['lost', executorAddress]);
    const { reader: plain } = await follow({ channel: 'executor', token });
    await plain.close();
    expect(calls).toHaveLength(2);
  });

  it('takes the guard away when it unsubscribes, and not when the keeper stops', async () => {
    const guarded = { channel: 'executor', token: await signIn(server, executor), cancelOnDisconnect: true };
    const { calls } = server.keeper;
    const { reader } = await follow(guarded);
    reader.say({ op: 'unsubscribe', channel: 'executor' });
    await reader.next();
    await reader.close();
    expect(calls).toEqual([
      ['guard', executorAddress],
      ['release', executorAddress],
    ]);
    await follow(guarded);
    await server.close();
    expect(calls.slice(2)).toEqual([['guard', executorAddress]]);
  });

  it('alone may ask for a guard', async () => {
    const token = await signIn(server, alice);
    const asked = await follow({ channel: 'executor', token, cancelOnDisconnect: true });
    expect(asked.first).toMatchObject({ type: 'error', code: 'access.notExecutor' });
    const account = await follow({ channel: 'account', token, cancelOnDisconnect: true });
    expect(account.first).toMatchObject({ type: 'error', code: 'request.invalid' });
    for (const { reader } of [asked, account]) await reader.close();
    expect(server.keeper.calls).toEqual([]);
  });

  it('sees books that the public does not', async () => {
    await start({ publicBooks: 'dark' });
    const token = await signIn(server, executor);
    for (const topic of [TRADES, BOOK_TOPIC]) {
      expect((await follow(topic)).first).toMatchObject({ type: 'error', code: 'access.notPublic', topic });
      expect((await follow({ ...topic, token })).first.type).toBe('snapshot');
    }
  });
});

describe('a reader who comes back', () => {
  for (const channel of ['trades', 'book', 'account', 'executor']) {
    it(`is told what he missed of ${channel}, and nothing twice`, async () => {
      const { bids, publish } = server.keeper;
      const isOfBook = channel === 'trades' || channel === 'book';
      const signer = channel === 'account' ? alice : executor;
      const topic = { channel, ...(isOfBook ? { book: BOOK } : { token: await signIn(server, signer) }) };
      const trade = (price: number) => {
        bids.set(price, { price, quantity: '1', orders: 1 });
        return publish([fill({ price, taker: { address: executorAddress, subaccount: 0 } })]);
      };

      const { reader: before, first } = await follow(topic);
      await before.close();
      for (const price of [1, 2, 3]) trade(price);
      const { reader, first: resumed } = await follow({ ...topic, from: first.seq });
      expect(resumed).toMatchObject({ type: 'resumed', seq: START_SEQUENCE, prevSeq: START_SEQUENCE });
      const missed: Message[] = [];
      while (missed.at(-1)?.seq !== START_SEQUENCE + 3) missed.push(await reader.next());
      expect(missed.map(({ prevSeq }) => prevSeq)).toEqual([
        START_SEQUENCE,
        ...missed.slice(0, -1).map(({ seq }) => seq),
      ]);
      const told = missed.flatMap(({ data }) => data.trades ?? data.bids ?? data.events);
      const prices = new Set(told.map((item: Message) => item.price ?? item.fill.price));
      expect([...prices].sort()).toEqual([1, 2, 3]);
      expect(told).toHaveLength(channel === 'executor' ? 6 : 3);

      trade(4);
      expect(await reader.next()).toMatchObject({
        type: 'delta',
        seq: START_SEQUENCE + 4,
        prevSeq: START_SEQUENCE + 3,
      });
    });
  }

  it('after a new start of the keeper gets a gap and a snapshot', async () => {
    for (const topic of [TRADES, BOOK_TOPIC]) {
      for (const from of [0, START_SEQUENCE - 1, START_SEQUENCE + 1, Number.MAX_SAFE_INTEGER]) {
        const { reader, first } = await follow({ ...topic, from });
        expect(first).toMatchObject({ type: 'gap', seq: START_SEQUENCE, prevSeq: null, data: { from, oldest: 100 } });
        expect(await reader.next()).toMatchObject({ type: 'snapshot', seq: START_SEQUENCE, prevSeq: null });
        await reader.close();
      }
    }
  });

  it('goes on where he was when nothing happened', async () => {
    const { reader, first } = await follow({ ...TRADES, from: START_SEQUENCE });
    expect(first.type).toBe('resumed');
    server.keeper.publish([fill()]);
    expect(await reader.next()).toMatchObject({ type: 'delta', seq: 101, prevSeq: 100 });
  });

  it('gets a snapshot when he missed more than is kept', async () => {
    await follow(TRADES);
    for (let i = 0; i < 9_000; i++) server.keeper.publish([rested()]);
    const { reader, first } = await follow({ ...TRADES, from: START_SEQUENCE });
    expect(first).toMatchObject({
      type: 'gap',
      data: { from: START_SEQUENCE, oldest: START_SEQUENCE + 9_000 - 8_192 },
    });
    expect((await reader.next()).type).toBe('snapshot');
  });

  it('gets a snapshot when he missed more than a reader may let pile up', async () => {
    await start({ limits: { maxStreamBacklogBytes: 4_000 } });
    await follow(TRADES);
    for (let i = 0; i < 100; i++) server.keeper.publish([fill()]);
    expect((await follow({ ...TRADES, from: START_SEQUENCE })).first.type).toBe('gap');
    expect((await follow({ ...TRADES, from: START_SEQUENCE + 98 })).first.type).toBe('resumed');
  });

  it('costs his address the more, the more he missed', async () => {
    await start({ limits: { ip: { perSecond: 1, burst: 30 } } });
    await follow(TRADES);
    server.keeper.publish(Array.from({ length: 7_000 }, () => rested()));
    const { reader, first } = await follow({ ...TRADES, from: START_SEQUENCE });
    expect(first.type).toBe('resumed');
    reader.say({ op: 'subscribe', ...TRADES });
    expect(await reader.next()).toMatchObject({ type: 'error', code: 'limit.requests' });
  });

  it('may ask again on the same line', async () => {
    const { reader } = await follow(TRADES);
    server.keeper.publish([fill()]);
    expect((await reader.next()).seq).toBe(101);
    reader.say({ op: 'subscribe', ...TRADES, from: 100 });
    const [resumed, again] = await reader.take(2);
    expect([resumed.type, again.type, again.seq]).toEqual(['resumed', 'delta', 101]);
    server.keeper.publish([fill()]);
    expect(await reader.next()).toMatchObject({ seq: 102, prevSeq: 101 });
    reader.say({ op: 'ping' });
    expect((await reader.next()).type).toBe('pong');
  });
});

describe('more at once than is kept', () => {
  /** All in one go, as after one group commit: nobody can be told in between. */
  function publishTooMuch(): void {
    const events = Array.from({ length: 1_000 }, () => fill());
    for (let i = 0; i < 150; i++) server.keeper.publish(events);
  }

  it('gives every reader a gap and a snapshot, and cuts nobody off', async () => {
    const token = await signIn(server, alice);
    const topics = [
      TRADES,
      { channel: 'account', token },
      { channel: 'executor', token: await signIn(server, executor) },
    ];
    const lines = await Promise.all(topics.map(follow));
    publishTooMuch();
    const newest = START_SEQUENCE + 150;
    for (const { reader, first } of lines) {
      const [gap, snapshot] = await reader.take(2);
      const { channel } = first;
      expect(gap).toMatchObject({ channel, type: 'gap', seq: newest, prevSeq: null, data: { from: START_SEQUENCE } });
      expect(snapshot).toMatchObject({ channel, type: 'snapshot', seq: newest, prevSeq: null, data: first.data });
    }
    server.keeper.publish([fill()]);
    for (const { reader } of lines) {
      expect(await reader.next()).toMatchObject({ type: 'delta', seq: newest + 1, prevSeq: newest });
      expect(reader.socket.readyState).toBe(reader.socket.OPEN);
    }
    expect(server.errors).toEqual([]);
  });

  it('reaches books as one change', async () => {
    const { reader } = await follow(BOOK_TOPIC);
    server.keeper.bids.set(7, { price: 7, quantity: '1', orders: 1 });
    publishTooMuch();
    expect(await reader.next()).toMatchObject({
      type: 'delta',
      prevSeq: START_SEQUENCE,
      data: { bids: [{ price: 7 }], asks: [] },
    });
  });

  it('reaches many readers, some of whom leave or ask again meanwhile', async () => {
    const lines = await Promise.all(Array.from({ length: 100 }, () => follow(TRADES)));
    publishTooMuch();
    const [gone, asking, ...others] = lines.map(({ reader }) => reader) as [TestReader, TestReader, ...TestReader[]];
    gone.socket.terminate();
    asking.say({ op: 'subscribe', ...TRADES });
    for (const reader of others) expect((await reader.take(2)).map(({ type }) => type)).toEqual(['gap', 'snapshot']);
    server.keeper.publish([fill()]);
    for (const reader of others) expect((await reader.next()).type).toBe('delta');
    const heard = await asking.take(2);
    while (heard.at(-1)?.type !== 'delta') heard.push(await asking.next());
    expect(heard.at(-1)).toMatchObject({ seq: START_SEQUENCE + 151, prevSeq: START_SEQUENCE + 150 });
  });

  it('shows nothing to an executor who lost the role in between', async () => {
    const { reader } = await follow({ channel: 'executor', token: await signIn(server, executor) });
    server.keeper.executor = aliceAddress;
    publishTooMuch();
    expect(await reader.next()).toMatchObject({ type: 'error', code: 'access.notExecutor' });
    reader.say({ op: 'ping' });
    expect((await reader.next()).type).toBe('pong');
  });
});

describe('a keeper that becomes the leader later', () => {
  it('refuses topics until then, and tells everything from then on', async () => {
    const refusal = { code: 'keeper.notReady', message: 'This keeper is a candidate.', retryable: true } as const;
    server.keeper.refusal = refusal;
    server.keeper.sequence = 0;
    const { reader, first } = await follow(TRADES);
    expect(first).toMatchObject({ type: 'error', ...refusal, topic: TRADES });

    server.keeper.refusal = undefined;
    server.keeper.sequence = 5_000;
    server.keeper.publish([fill()]);
    reader.say({ op: 'subscribe', ...TRADES, from: 4_000 });
    expect(await reader.next()).toMatchObject({ type: 'gap', data: { oldest: 5_000 } });
    expect(await reader.next()).toMatchObject({ type: 'snapshot', seq: 5_001 });
  });
});

describe('what a client says', () => {
  it('is checked, and a mistake does not end the line', async () => {
    const reader = await open();
    const wrong: readonly (readonly [unknown, string])[] = [
      ['nonsense', 'request.malformed'],
      ['', 'request.malformed'],
      [null, 'request.invalid'],
      [[], 'request.invalid'],
      [{}, 'request.invalid'],
      [{ op: 'shout' }, 'request.invalid'],
      [{ op: 'ping', more: 1 }, 'request.invalid'],
      [{ op: 'subscribe' }, 'request.invalid'],
      [{ op: 'subscribe', channel: 'book' }, 'request.invalid'],
      [{ op: 'subscribe', channel: 'book', book: '1' }, 'request.invalid'],
      [{ op: 'subscribe', channel: 'book', book: -1 }, 'request.invalid'],
      [{ op: 'subscribe', channel: 'book', book: 1, from: 1.5 }, 'request.invalid'],
      [{ op: 'subscribe', channel: 'account', token: 7 }, 'request.invalid'],
      [{ op: 'subscribe', channel: 'account', token: 'x', book: 1 }, 'request.invalid'],
      ['{"op":"subscribe","channel":"trades","book":1,"__proto__":{}}', 'request.invalid'],
      ['{"op":"constructor","channel":"__proto__"}', 'request.invalid'],
    ];
    for (const [message, code] of wrong) {
      reader.say(typeof message === 'string' ? message : JSON.stringify(message));
      const answer = await reader.next();
      expect(Object.keys(answer).sort()).toEqual(['code', 'details', 'message', 'retryable', 'type']);
      expect([answer.type, answer.code]).toEqual(['error', code]);
    }
    reader.say({ op: 'ping' });
    expect(await reader.next()).toEqual({ type: 'pong', time: server.keeper.time });
  });

  it('may be that he has heard enough', async () => {
    const { reader } = await follow(TRADES);
    reader.say({ op: 'unsubscribe', ...TRADES });
    expect(await reader.next()).toEqual({ type: 'unsubscribed', ...TRADES });
    server.keeper.publish([fill()]);
    reader.say({ op: 'ping' });
    expect((await reader.next()).type).toBe('pong');
  });

  it('must be short text', async () => {
    const [long, binary] = [await open(), await open()];
    long.say('x'.repeat(5_000));
    expect((await long.closed).code).toBe(1009);
    binary.socket.send(Buffer.from('{"op":"ping"}'));
    expect((await binary.closed).code).toBe(1003);
    expect((await call(server, '/v1/assets')).status).toBe(200);
  });

  it('too often ends the line', async () => {
    await start({ limits: { streamMessages: { perSecond: 1, burst: 3 } } });
    const reader = await open();
    for (let i = 0; i < 10; i++) reader.say({ op: 'ping' });
    expect((await reader.take(4)).map(({ type }) => type)).toEqual(['pong', 'pong', 'pong', 'error']);
    expect((await reader.closed).code).toBe(1008);
  });

  it('costs his address when it makes the keeper look things up', async () => {
    await start({ limits: { ip: { perSecond: 1, burst: 5 } } });
    const { reader, first } = await follow(TRADES);
    expect(first.type).toBe('snapshot');
    reader.say({ op: 'subscribe', ...BOOK_TOPIC });
    expect(await reader.next()).toMatchObject({ type: 'error', code: 'limit.requests', topic: BOOK_TOPIC });
  });

  it('is limited in the number of topics', async () => {
    await start({ limits: { maxSubscriptionsPerStream: 1 } });
    const { reader } = await follow(TRADES);
    reader.say({ op: 'subscribe', ...BOOK_TOPIC });
    expect(await reader.next()).toMatchObject({ type: 'error', code: 'limit.subscriptions', topic: BOOK_TOPIC });
    reader.say({ op: 'subscribe', ...TRADES });
    expect((await reader.next()).type).toBe('snapshot');
    reader.say({ op: 'unsubscribe', ...TRADES });
    reader.say({ op: 'subscribe', ...BOOK_TOPIC });
    expect((await reader.take(2)).map(({ type }) => type)).toEqual(['unsubscribed', 'snapshot']);
  });
});

describe('a line', () => {
  it('is cut off with 1013 when its reader is too slow, and the others go on', async () => {
    await start({ limits: { maxStreamBacklogBytes: 100_000 } });
    const slow = await follow(TRADES);
    const quick = await follow(TRADES);
    slow.reader.socket.pause();
    const fills = Array.from({ length: 1_000 }, () => fill());
    let received = 0;
    quick.reader.socket.on('message', () => {
      received += 1;
    });
    const isCut = async () => /^mw_stream_cut_total 1$/m.test(await (await fetch(`${server.url}/metrics`)).text());
    // Waits for the quick one each time: what its own line cannot take is not what is tested. The slow one must hear the
    // goodbye before the keeper is tired of waiting for it.
    for (let i = 1; !(await isCut()); i++) {
      expect(i).toBeLessThan(200);
      server.keeper.publish(fills);
      await expect.poll(() => received, { interval: 1 }).toBe(i);
    }
    slow.reader.socket.resume();
    expect((await slow.reader.closed).code).toBe(1013);
    expect(slow.reader.waiting.length).toBeLessThan(200);
    expect(quick.reader.socket.readyState).toBe(quick.reader.socket.OPEN);
  });

  it('is cut when it is the slowest and all together wait for too much', async () => {
    await start({ limits: { maxStreamBacklogBytes: 2 ** 30, maxStreamBacklogsBytes: 1_000_000 } });
    const slow = await follow(TRADES);
    const quick = await follow(TRADES);
    slow.reader.socket.pause();
    const fills = Array.from({ length: 1_000 }, () => fill());
    let received = 0;
    quick.reader.socket.on('message', () => {
      received += 1;
    });
    for (let i = 1; i <= 200; i++) {
      server.keeper.publish(fills);
      await expect.poll(() => received, { interval: 1 }).toBe(i);
    }
    slow.reader.socket.resume();
    expect((await slow.reader.closed).code).toBe(1006);
    expect(slow.reader.waiting.length).toBeLessThan(200);
    expect(quick.reader.socket.readyState).toBe(quick.reader.socket.OPEN);
  });

  it('on which nobody answers a ping is cut', async () => {
    await start({ limits: { streamHeartbeatMs: 20 } });
    const alive = await open();
    await cutWithoutPong();
    alive.say({ op: 'ping' });
    expect((await alive.next()).type).toBe('pong');
  });

  it('tells that a session ended', async () => {
    // Often enough to be soon, seldom enough that this process, which is both ends, answers each in time.
    await start({ limits: { streamHeartbeatMs: 500 } });
    const token = await signIn(server, alice);
    const { reader } = await follow({ channel: 'account', token });
    await call(server, '/v1/session', { method: 'DELETE', token });
    expect(await reader.next()).toMatchObject({
      type: 'error',
      code: 'session.unknown',
      topic: { channel: 'account' },
    });
    server.keeper.publish([rested()]);
    reader.say({ op: 'ping' });
    expect((await reader.next()).type).toBe('pong');
  });

  it('is told when the keeper stops', async () => {
    const { reader } = await follow(TRADES);
    await server.close();
    expect((await reader.closed).code).toBe(1001);
    expect(server.keeper.listeners).toBe(0);
  });

  it('survives a bug in the telling as little as possible: all lines end, the keeper does not', async () => {
    const { reader } = await follow({ channel: 'executor', token: await signIn(server, executor) });
    server.keeper.publish([fill({ book: 99 })]);
    expect((await reader.closed).code).toBe(1011);
    expect(server.errors).toHaveLength(1);
    expect((await follow(TRADES)).first.type).toBe('snapshot');
  });
});

/** Opens a line that answers no ping, and resolves when the server has cut it. */
async function cutWithoutPong(): Promise<void> {
  const socket = connect(server.port, '127.0.0.1');
  socket.write(
    `${[
      'GET /v1/stream HTTP/1.1',
      'host: x',
      'connection: upgrade',
      'upgrade: websocket',
      'sec-websocket-version: 13',
      'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==',
    ].join('\r\n')}\r\n\r\n`,
  );
  const status = new Promise<string>((resolve) => socket.once('data', (data) => resolve(String(data))));
  expect(await status).toMatch(/^HTTP\/1\.1 101 /);
  socket.on('error', () => {});
  await new Promise((resolve) => socket.on('close', resolve));
}

describe('an upgrade', () => {
  const upgrade = async (path: string, extra: readonly string[] = ['upgrade: websocket']): Promise<string> => {
    const socket = connect(server.port, '127.0.0.1');
    const key = ['sec-websocket-version: 13', 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=='];
    socket.write(
      `${[`GET ${path} HTTP/1.1`, 'host: x', 'connection: upgrade', ...key, ...extra].join('\r\n')}\r\n\r\n`,
    );
    let received = '';
    socket.on('data', (data) => {
      received += data;
    });
    await new Promise((resolve) => socket.once('close', resolve));
    return received;
  };

  it('to anything else is refused in the envelope', async () => {
    const elsewhere = await upgrade('/v1/health');
    expect(elsewhere).toMatch(/^HTTP\/1\.1 404 /);
    expect(elsewhere).toContain('"code":"route.unknown"');
    const other = await upgrade('/v1/stream', ['upgrade: h2c']);
    expect(other).toMatch(/^HTTP\/1\.1 400 /);
    expect(other).toContain('"code":"request.malformed"');
  });

  it('beyond the limit of streams is refused with 429', async () => {
    const limits: Partial<HttpLimits> = { maxStreamsPerIp: 1 };
    await start({ limits });
    const first = await open();
    const refused = await upgrade('/v1/stream');
    expect(refused).toMatch(/^HTTP\/1\.1 429 /);
    expect(refused).toContain('"code":"limit.streams"');
    await first.close();
    const opened = await open();
    opened.say({ op: 'ping' });
    expect((await opened.next()).type).toBe('pong');
  });
});
