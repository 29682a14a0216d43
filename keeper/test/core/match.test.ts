import { Session } from 'node:inspector/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createOurs } from '../../bench/ours.ts';
import { createWorkload, WARM_UP } from '../../bench/workload.ts';
import { ACTION_AMEND, BUY, GOOD_TILL_TIME, IMMEDIATE_OR_CANCEL, SELL } from '../../src/core/commands.ts';
import type { ActionResult, CoreEvent, Fill } from '../../src/core/events.ts';
import { validateInternalState } from '../../src/core/invariants.ts';
import {
  act,
  addressOf,
  balanceOf,
  batch,
  cancel,
  cancelAll,
  deposit,
  directoryLog,
  ETH,
  ETH_USD,
  EXECUTOR,
  emptyExchange,
  FEES,
  GENESIS,
  HOME,
  MEME,
  MEME_USD,
  openExchange,
  place,
  REGISTRY,
  type TestExchange,
  TOKENS,
  USD,
} from '../support/exchange.ts';

const [ANN, BEN, CAT] = [addressOf('ann'), addressOf('ben'), addressOf('cat')];
const MAX = Number.MAX_SAFE_INTEGER;

let exchange: TestExchange;

/** Ann owns ETH and MEME, Ben and Cat own USD. A lot of ETH is 0.001; a tick is 10 USD units per lot, 0.01 USD per ETH. */
beforeEach(() => {
  exchange = openExchange();
  deposit(exchange, TOKENS.ethHome, ANN, 10n ** 20n);
  deposit(exchange, TOKENS.memeHome, ANN, 10n ** 9n);
  deposit(exchange, TOKENS.usdHome, BEN, 10n ** 12n);
  deposit(exchange, TOKENS.usdHome, CAT, 10n ** 12n);
});

afterEach(() => {
  validateInternalState(exchange.state);
});

function idOf(result: ActionResult): number {
  if (result.code !== 'ok' || !('orderId' in result)) throw new Error(`no order: ${result.code}`);
  return result.orderId;
}

function fillsOf(events: readonly CoreEvent[]): Fill[] {
  return events.filter((event): event is Fill => event.type === 'fill');
}

function changeFees(book: number, makerFeePpm: number, takerFeePpm: number, status = 0): void {
  directoryLog(exchange, [{ type: 'bookChanged', book, makerFeePpm, takerFeePpm, status }]);
}

describe('price-time priority', () => {
  it('fills the better price first and, at one price, the older order first', () => {
    const dear = idOf(act(exchange, place(ANN, ETH_USD, SELL, 201, 5)));
    const older = idOf(act(exchange, place(ANN, ETH_USD, SELL, 200, 5)));
    const newer = idOf(act(exchange, place(ANN, ETH_USD, SELL, 200, 5)));
    const { events } = batch(exchange, [place(BEN, ETH_USD, BUY, 201, 12)]);
    expect(fillsOf(events).map(({ makerOrderId, price, quantity }) => [makerOrderId, price, quantity])).toEqual([
      [older, 200, 5],
      [newer, 200, 5],
      [dear, 201, 2],
    ]);
  });

  it('keeps the place of an order that was filled in part', () => {
    const first = idOf(act(exchange, place(BEN, ETH_USD, BUY, 200, 5)));
    act(exchange, place(CAT, ETH_USD, BUY, 200, 5));
    act(exchange, place(ANN, ETH_USD, SELL, 200, 2));
    const { events } = batch(exchange, [place(ANN, ETH_USD, SELL, 150, 2)]);
    expect(fillsOf(events)).toMatchObject([{ makerOrderId: first, price: 200, quantity: 2, makerRemaining: 1 }]);
  });

  it('trades at the price of the maker, also for a seller who would take less', () => {
    act(exchange, place(BEN, ETH_USD, BUY, 200, 5));
    const { events } = batch(exchange, [place(ANN, ETH_USD, SELL, 1, 5)]);
    expect(fillsOf(events)).toMatchObject([{ price: 200, takerSide: SELL, maker: { address: BEN } }]);
  });

  it('rests what a limit order could not trade, and tells both', () => {
    act(exchange, place(ANN, ETH_USD, SELL, 200, 5));
    const { result, events } = batch(exchange, [place(BEN, ETH_USD, BUY, 200, 8, { clientId: 9 })]);
    expect(result).toMatchObject({ items: [{ code: 'ok', filled: 5, remaining: 3, resting: true }] });
    expect(events.at(-1)).toMatchObject({ type: 'orderRested', side: BUY, price: 200, quantity: 8, remaining: 3 });
  });

  it('cancels what an immediate-or-cancel order could not trade', () => {
    act(exchange, place(ANN, ETH_USD, SELL, 200, 5));
    const { result, events } = batch(exchange, [
      place(BEN, ETH_USD, BUY, 200, 8, { timeInForce: IMMEDIATE_OR_CANCEL }),
    ]);
    expect(result).toMatchObject({ items: [{ filled: 5, remaining: 3, resting: false }] });
    expect(events.at(-1)).toMatchObject({ type: 'orderCancelled', quantity: 3, reason: 'immediateOrCancel' });
    expect(balanceOf(exchange, BEN, USD).reserved).toBe(0);
  });

  it('works for every tick from 1 to 2^53 - 1, near the market or not', () => {
    const ticks = [1, 2, 100, 262_144, 2 ** 31, 2 ** 32 + 1, 2 ** 40, MAX - 1, MAX];
    for (const tick of [...ticks].sort((a, b) => (a % 7) - (b % 7))) act(exchange, place(ANN, MEME_USD, SELL, tick, 1));
    const { events } = batch(exchange, [place(BEN, MEME_USD, BUY, 2 ** 32 + 1, 6)]);
    expect(fillsOf(events).map(({ price }) => price)).toEqual([1, 2, 100, 262_144, 2 ** 31, 2 ** 32 + 1]);
    expect(exchange.state.exchange.books[1]?.bestAsk).toBe(2 ** 40);
  });

  it('lets makers-first batches cancel before they trade, whatever the order of the items', () => {
    const bid = idOf(act(exchange, place(BEN, ETH_USD, BUY, 200, 5)));
    const actions = [place(ANN, ETH_USD, SELL, 200, 5), cancel(BEN, bid)];
    const { result } = batch(exchange, actions, { makersFirst: true });
    expect(result).toMatchObject({
      items: [
        { filled: 0, resting: true },
        { code: 'ok', cancelled: 1 },
      ],
    });
  });

  it('applies the items of other batches one after the other', () => {
    const bid = idOf(act(exchange, place(BEN, ETH_USD, BUY, 200, 5)));
    const { result } = batch(exchange, [place(ANN, ETH_USD, SELL, 200, 5), cancel(BEN, bid)]);
    expect(result).toMatchObject({ items: [{ filled: 5 }, { code: 'order.unknown' }] });
  });

  it('gives an order the id of its place in the journal', () => {
    const { result } = batch(exchange, [place(ANN, ETH_USD, SELL, 200, 5), place(ANN, ETH_USD, SELL, 200, 5)]);
    const start = exchange.sequence * 1024;
    expect(result).toMatchObject({ items: [{ orderId: start }, { orderId: start + 1 }] });
  });
});

describe('reserves and fees', () => {
  it('put aside the whole cost of a buy with the highest fee that it may pay, rounded up', () => {
    act(exchange, place(BEN, ETH_USD, BUY, 12_345, 3));
    const notional = 12_345 * 3 * 10;
    expect(balanceOf(exchange, BEN, USD).reserved).toBe(notional + Math.ceil((notional * 500) / 1_000_000));
  });

  it('put aside the base of a sell', () => {
    act(exchange, place(ANN, ETH_USD, SELL, 12_345, 3));
    expect(balanceOf(exchange, ANN, ETH).reserved).toBe(3_000_000);
    expect(balanceOf(exchange, ANN, USD).reserved).toBe(0);
  });

  it('charge maker and taker their own rate, in quote, rounded up, to the fee account', () => {
    act(exchange, place(ANN, ETH_USD, SELL, 199, 3));
    const { events } = batch(exchange, [place(BEN, ETH_USD, BUY, 300, 3)]);
    // 5970 units: 200 ppm are 1.194, 500 ppm are 2.985.
    expect(fillsOf(events)).toMatchObject([{ makerFee: 2, takerFee: 3 }]);
    expect(balanceOf(exchange, ANN, USD).units).toBe(5_970 - 2);
    expect(balanceOf(exchange, BEN, USD).units).toBe(10 ** 12 - 5_970 - 3);
    expect(balanceOf(exchange, FEES, USD).units).toBe(5);
  });

  it('give back what a better price left over', () => {
    act(exchange, place(ANN, ETH_USD, SELL, 100, 10));
    act(exchange, place(BEN, ETH_USD, BUY, 1_000, 10));
    expect(balanceOf(exchange, BEN, USD)).toMatchObject({ reserved: 0, units: 10 ** 12 - 10_000 - 5 });
  });

  it('leave nothing reserved once an order is filled in many parts, and never charge a buyer more than was put aside', () => {
    changeFees(MEME_USD, 333, 333);
    const { units } = balanceOf(exchange, BEN, USD);
    act(exchange, place(BEN, MEME_USD, BUY, 7, 1_000));
    for (let i = 0; i < 1_000; i++) act(exchange, place(ANN, MEME_USD, SELL, 7, 1));
    expect(balanceOf(exchange, BEN, USD)).toMatchObject({
      reserved: 0,
      units: units - 7_000 - Math.ceil(7_000 * 333e-6),
    });
    // The sellers' fees are rounded up one by one.
    expect(balanceOf(exchange, ANN, USD).units).toBe(7_000 - 1_000);
  });

  it('let an account spend its last unit', () => {
    deposit(exchange, TOKENS.usdHome, addressOf('dan'), 10_005n);
    act(exchange, place(ANN, ETH_USD, SELL, 100, 3));
    act(exchange, place(ANN, ETH_USD, SELL, 100, 7));
    const result = act(exchange, place(addressOf('dan'), ETH_USD, BUY, 100, 10));
    expect(result).toMatchObject({ code: 'ok', filled: 10 });
    expect(balanceOf(exchange, addressOf('dan'), USD)).toMatchObject({ units: 0, reserved: 0 });
  });

  it('refuse an order for one unit too much, and say what was free and needed', () => {
    deposit(exchange, TOKENS.usdHome, addressOf('dan'), 10_004n);
    expect(act(exchange, place(addressOf('dan'), ETH_USD, BUY, 100, 10))).toEqual({
      code: 'risk.insufficientBalance',
      details: { symbol: 'USD', decimals: 6, needed: '10005', free: '10004' },
    });
  });

  it('count what other orders have put aside', () => {
    deposit(exchange, TOKENS.ethHome, addressOf('dan'), 10n ** 16n);
    expect(act(exchange, place(addressOf('dan'), ETH_USD, SELL, 100, 6))).toMatchObject({ code: 'ok' });
    expect(act(exchange, place(addressOf('dan'), ETH_USD, SELL, 100, 5))).toMatchObject({
      code: 'risk.insufficientBalance',
      details: { needed: '5000000', free: '4000000' },
    });
  });

  it('never rise above what an order was placed with', () => {
    act(exchange, place(BEN, ETH_USD, BUY, 100, 100));
    changeFees(ETH_USD, 50_000, 60_000);
    const { events } = batch(exchange, [place(ANN, ETH_USD, SELL, 100, 100)]);
    expect(fillsOf(events)).toMatchObject([{ makerFee: 50, takerFee: 6_000 }]);
  });

  it('fall with the fee of the book', () => {
    act(exchange, place(BEN, ETH_USD, BUY, 100, 100));
    changeFees(ETH_USD, 0, 0);
    const { events } = batch(exchange, [place(ANN, ETH_USD, SELL, 100, 100)]);
    expect(fillsOf(events)).toMatchObject([{ makerFee: 0, takerFee: 0 }]);
    expect(balanceOf(exchange, BEN, USD)).toMatchObject({ reserved: 0, units: 10 ** 12 - 100_000 });
  });

  it('respect the highest fee that was signed; 0 states none', () => {
    const order = (maxFeePpm: number, timeInForce = 0) => place(BEN, ETH_USD, BUY, 1, 1, { maxFeePpm, timeInForce });
    expect(act(exchange, order(499))).toEqual({ code: 'order.feeAboveMaximum', details: { feePpm: 500 } });
    expect(act(exchange, order(500))).toMatchObject({ code: 'ok' });
    expect(act(exchange, order(0))).toMatchObject({ code: 'ok' });
    changeFees(ETH_USD, 900, 300);
    expect(act(exchange, order(800))).toMatchObject({ code: 'order.feeAboveMaximum' });
    // An order that cannot rest pays no maker fee.
    expect(act(exchange, order(800, IMMEDIATE_OR_CANCEL))).toMatchObject({ code: 'ok' });
  });
});

describe('self-trade prevention', () => {
  it('cancels the own order that stands in the way, and goes on to the next', () => {
    deposit(exchange, TOKENS.usdHome, ANN, 10n ** 9n);
    const own = idOf(act(exchange, place(ANN, ETH_USD, SELL, 100, 5)));
    deposit(exchange, TOKENS.ethHome, CAT, 10n ** 18n);
    act(exchange, place(CAT, ETH_USD, SELL, 100, 5));
    const { events, result } = batch(exchange, [place(ANN, ETH_USD, BUY, 100, 5)]);
    expect(events[0]).toMatchObject({ type: 'orderCancelled', orderId: own, quantity: 5, reason: 'selfTrade' });
    expect(fillsOf(events)).toMatchObject([{ maker: { address: CAT } }]);
    expect(result).toMatchObject({ items: [{ filled: 5 }] });
    expect(balanceOf(exchange, ANN, ETH).reserved).toBe(0);
  });

  it('does not hinder two subaccounts of one address', () => {
    deposit(exchange, TOKENS.usdHome, ANN, 10n ** 9n, 1);
    act(exchange, place(ANN, ETH_USD, SELL, 100, 5));
    const result = act(exchange, place(ANN, ETH_USD, BUY, 100, 5, { subaccount: 1 }));
    expect(result).toMatchObject({ filled: 5 });
    expect(balanceOf(exchange, ANN, ETH, 1).units).toBe(5_000_000);
  });
});

describe('cancelling', () => {
  it('gives back exactly what was put aside', () => {
    const id = idOf(act(exchange, place(BEN, ETH_USD, BUY, 77, 77)));
    const { events } = batch(exchange, [cancel(BEN, id)]);
    expect(events).toMatchObject([{ type: 'orderCancelled', orderId: id, quantity: 77, reason: 'requested' }]);
    expect(balanceOf(exchange, BEN, USD)).toMatchObject({ reserved: 0, units: 10 ** 12 });
  });

  it('knows only open orders, and only those of the account', () => {
    const id = idOf(act(exchange, place(BEN, ETH_USD, BUY, 77, 77)));
    expect(act(exchange, cancel(CAT, id))).toEqual({ code: 'order.unknown' });
    expect(act(exchange, cancel(BEN, id, { book: MEME_USD }))).toEqual({ code: 'order.unknown' });
    expect(act(exchange, cancel(BEN, id, { book: ETH_USD }))).toEqual({ code: 'ok', cancelled: 1 });
    expect(act(exchange, cancel(BEN, id))).toEqual({ code: 'order.unknown' });
    expect(act(exchange, cancel(BEN, 0))).toEqual({ code: 'order.unknown' });
  });

  it('can name the order by its client id', () => {
    act(exchange, place(BEN, ETH_USD, BUY, 77, 77, { clientId: 5 }));
    expect(act(exchange, cancel(CAT, 0, { clientId: 5 }))).toEqual({ code: 'order.unknown' });
    expect(act(exchange, cancel(BEN, 0, { clientId: 5 }))).toEqual({ code: 'ok', cancelled: 1 });
  });

  it('takes all orders of an account, oldest first, in one book or in all', () => {
    const ids = [
      idOf(act(exchange, place(BEN, ETH_USD, BUY, 80, 1))),
      idOf(act(exchange, place(BEN, MEME_USD, BUY, 7, 1))),
      idOf(act(exchange, place(BEN, ETH_USD, BUY, 90, 1))),
    ];
    act(exchange, place(CAT, ETH_USD, BUY, 85, 1));
    expect(act(exchange, cancelAll(BEN, MEME_USD))).toEqual({ code: 'ok', cancelled: 1 });
    expect(act(exchange, cancelAll(BEN, 99))).toEqual({ code: 'book.unknown' });
    const { events } = batch(exchange, [cancelAll(BEN)]);
    expect(events.map((event) => event.type === 'orderCancelled' && event.orderId)).toEqual([ids[0], ids[2]]);
    expect(exchange.state.exchange.orders.count).toBe(1);
  });

  it('is possible while a book takes no new orders', () => {
    const id = idOf(act(exchange, place(BEN, ETH_USD, BUY, 80, 1)));
    changeFees(ETH_USD, 200, 500, 2);
    expect(act(exchange, place(BEN, ETH_USD, BUY, 80, 1))).toEqual({ code: 'book.notOpen' });
    expect(act(exchange, cancel(BEN, id))).toEqual({ code: 'ok', cancelled: 1 });
  });

  it('comes from the book itself when it is closed', () => {
    act(exchange, place(BEN, ETH_USD, BUY, 80, 1));
    act(exchange, place(ANN, ETH_USD, SELL, 90, 1));
    act(exchange, place(BEN, MEME_USD, BUY, 8, 1));
    const { events } = directoryLog(exchange, [
      { type: 'bookChanged', book: ETH_USD, makerFeePpm: 0, takerFeePpm: 0, status: 3 },
    ]);
    expect(events.map((event) => (event.type === 'orderCancelled' ? event.reason : event.type))).toEqual([
      'directoryChanged',
      'bookClosed',
      'bookClosed',
    ]);
    expect(exchange.state.exchange.orders.count).toBe(1);
  });
});

describe('client ids', () => {
  it('give the first result again while the order is open, and change nothing', () => {
    act(exchange, place(ANN, ETH_USD, SELL, 100, 4));
    const first = act(exchange, place(BEN, ETH_USD, BUY, 100, 10, { clientId: 3 }));
    act(exchange, place(ANN, ETH_USD, SELL, 100, 1));
    const { result, events } = batch(exchange, [place(BEN, ETH_USD, BUY, 200, 99, { clientId: 3 })]);
    expect(first).toMatchObject({ filled: 4, remaining: 6, resting: true });
    expect(result).toMatchObject({ items: [first] });
    expect(events).toEqual([]);
  });

  it('are free again once the order is gone, and belong to one account', () => {
    const first = idOf(act(exchange, place(BEN, ETH_USD, BUY, 100, 10, { clientId: 3 })));
    expect(idOf(act(exchange, place(CAT, ETH_USD, BUY, 100, 10, { clientId: 3 })))).not.toBe(first);
    act(exchange, cancel(BEN, first));
    expect(idOf(act(exchange, place(BEN, ETH_USD, BUY, 100, 10, { clientId: 3 })))).not.toBe(first);
  });

  it('may be left out as often as one likes', () => {
    const first = idOf(act(exchange, place(BEN, ETH_USD, BUY, 100, 10)));
    expect(idOf(act(exchange, place(BEN, ETH_USD, BUY, 100, 10)))).not.toBe(first);
  });
});

describe('an order is refused', () => {
  it.each([
    ['a side that is none', { side: 2 }, 'action.invalid'],
    ['an expiry that nothing uses', { expiry: 1 }, 'action.invalid'],
    ['an order id of its own', { orderId: 1024 }, 'action.invalid'],
    ['good till time without a time', { timeInForce: GOOD_TILL_TIME }, 'action.invalid'],
    ['an unknown time in force', { timeInForce: 4 }, 'action.invalid'],
    ['flags without a meaning', { flags: 32 }, 'action.invalid'],
    ['reduce-only', { flags: 2 }, 'account.notMargin'],
    ['an amend of nothing', { kind: ACTION_AMEND }, 'order.unknown'],
    ['a kind that is none', { kind: 99 }, 'action.invalid'],
    ['price 0', { price: 0 }, 'order.priceOutOfRange'],
    ['a price of half a tick', { price: 0.5 }, 'order.priceOutOfRange'],
    ['a price above 2^53 - 1', { price: 2 ** 53 }, 'order.priceOutOfRange'],
    ['no price', { price: Number.NaN }, 'order.priceOutOfRange'],
    ['quantity 0', { quantity: 0 }, 'order.quantityOutOfRange'],
    ['a negative quantity', { quantity: -1 }, 'order.quantityOutOfRange'],
    ['a quantity above 2^53 - 1', { quantity: 2 ** 53 }, 'order.quantityOutOfRange'],
    ['a quote value above 2^53 - 1', { price: 2 ** 40, quantity: 2 ** 20 }, 'order.notionalOutOfRange'],
    [
      'a quote value that leaves the range only with its fee',
      { price: 900_719_925_474_000, quantity: 1 },
      'order.notionalOutOfRange',
    ],
    ['a base amount above 2^53 - 1', { price: 1, quantity: 10_000_000_000 }, 'order.notionalOutOfRange'],
    ['an unknown book', { book: 77 }, 'book.unknown'],
    ['book 0', { book: 0 }, 'book.unknown'],
    ['an account without a deposit', { account: addressOf('nobody') }, 'account.unknown'],
    ['a subaccount without a deposit', { subaccount: 1 }, 'account.unknown'],
    ['an address in upper case', { account: BEN.toUpperCase() as typeof BEN }, 'account.unknown'],
  ])('for %s', (_, wrong, code) => {
    const good = place(BEN, ETH_USD, BUY, 100, 1);
    const { result, events } = batch(exchange, [{ ...good, ...wrong }, good]);
    expect(result).toMatchObject({ code: 'ok', items: [{ code }, { code: 'ok', resting: true }] });
    expect(events.map(({ type }) => type)).toEqual(['orderRested']);
  });

  it('while fees would go nowhere', () => {
    const young = emptyExchange();
    const chain = { chainId: HOME, registry: REGISTRY, authority: GENESIS.authority, finality: 0, heartbeatSeconds: 9 };
    directoryLog(young, [
      { type: 'chainListed', ...chain },
      { type: 'assetListed', asset: ETH, symbol: 'ETH', ledgerDecimals: 9 },
      { type: 'assetListed', asset: USD, symbol: 'USD', ledgerDecimals: 6 },
      { type: 'assetTokenListed', ...TOKENS.usdHome },
      { type: 'bookListed', book: 1, base: ETH, quote: USD, lotSize: 1, tickSize: 1 },
      { type: 'bookChanged', book: 1, makerFeePpm: 1, takerFeePpm: 1, status: 0 },
      { type: 'executorChanged', executor: EXECUTOR },
    ]);
    deposit(young, TOKENS.usdHome, BEN, 1_000_000n);
    const order = place(BEN, 1, BUY, 1, 1);
    expect(batch(young, [order], { epoch: 0 }).result).toMatchObject({ items: [{ code: 'book.notOpen' }] });
    directoryLog(young, [{ type: 'feeAccountChanged', account: FEES }]);
    expect(batch(young, [order], { epoch: 0 }).result).toMatchObject({ items: [{ code: 'ok' }] });
  });
});

/** Bytes that were taken from the heap while something ran, garbage included. */
async function allocatedBy(run: () => void): Promise<number> {
  const session = new Session();
  session.connect();
  const options = { includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true };
  await session.post('HeapProfiler.startSampling', { samplingInterval: 1024, ...options });
  run();
  const { profile } = await session.post('HeapProfiler.stopSampling');
  session.disconnect();
  type Node = typeof profile.head;
  const sizeOf = (node: Node): number => node.children.reduce((sum, child) => sum + sizeOf(child), node.selfSize);
  return sizeOf(profile.head);
}

describe('memory', () => {
  it('is not taken from the heap for an order, a fill or a cancellation', { timeout: 120_000 }, async () => {
    const warmUp = WARM_UP + 200_000;
    const stretch = 50_000;
    const workload = createWorkload(400_000);
    const engine = createOurs(workload);
    // First the arrays grow and the code is compiled; what is compiled again later may take a little.
    engine.run(0, warmUp);
    const { trades } = { ...engine.totals() };
    const perOperation: number[] = [];
    for (let start = warmUp; start < workload.length; start += stretch) {
      perOperation.push((await allocatedBy(() => engine.run(start, start + stretch))) / stretch);
    }
    expect(perOperation).toHaveLength(4);
    expect(engine.totals().trades - trades).toBeGreaterThan(50_000);
    // One boxed number for every third operation would be more.
    expect(Math.min(...perOperation)).toBeLessThan(4);
  });

  it('holds the price levels of a book that has wandered far without growing for ever', () => {
    const { levels } = exchange.state.exchange.books[1] as { levels: { ends: Int32Array; blocks: unknown[] } };
    for (let i = 0; i < 3_000; i++) {
      const id = idOf(act(exchange, place(ANN, MEME_USD, SELL, 2 ** 40 + i * 2 ** 20, 1)));
      act(exchange, cancel(ANN, id));
    }
    expect(levels.ends.length).toBeLessThan(2 * (2 ** 18 + 200));
    expect(levels.blocks.length).toBeLessThan(3);
    expect(balanceOf(exchange, ANN, MEME).reserved).toBe(0);
  });
});
