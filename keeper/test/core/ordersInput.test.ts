// Bad input: every field of an action at and beyond its range gets a code, and the rest of its batch is unharmed.
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Action } from '../../src/core/commands.ts';
import { addressOf, batch, ETH_USD, openExchange, place } from '../support/exchange.ts';
import { actionOf, type Market, openMarket } from '../support/market.ts';
import { createFast, createNaiveEngine } from '../support/twoEngines.ts';

const MAX = Number.MAX_SAFE_INTEGER;
const ORDER = 'ben buys 5 at 90';
const AMEND = 'ben amends #1 to 4';
const CANCEL = 'ben cancels #1';
const CANCEL_ALL = 'ben cancels all';
const SWITCH = 'ben cancels all after 5';

describe.each([
  ['fast', createFast],
  ['naive', createNaiveEngine],
] as const)('the %s engine', (_, create) => {
  let market: Market;

  beforeEach(() => {
    market = openMarket(create());
    market.say('ben buys 5 at 80 #1', 'ann sells 5 at 100');
  });

  it.each<readonly [string, Partial<Action>, string]>([
    [ORDER, { kind: 5 }, 'action.invalid'],
    [ORDER, { kind: 255 }, 'action.invalid'],
    [ORDER, { kind: -1 }, 'action.invalid'],
    [ORDER, { kind: Number.NaN }, 'action.invalid'],
    [ORDER, { account: '0x' }, 'account.unknown'],
    [ORDER, { account: addressOf('nobody') }, 'account.unknown'],
    [ORDER, { subaccount: 2 ** 32 - 1 }, 'account.unknown'],
    [ORDER, { subaccount: 2 ** 32 }, 'action.invalid'],
    [ORDER, { subaccount: -1 }, 'action.invalid'],
    [ORDER, { book: 0 }, 'book.unknown'],
    [ORDER, { book: 2 ** 32 - 1 }, 'book.unknown'],
    [ORDER, { book: 2 ** 32 }, 'action.invalid'],
    [ORDER, { book: 1.5 }, 'action.invalid'],
    [ORDER, { side: 2 }, 'action.invalid'],
    [ORDER, { side: 256 }, 'action.invalid'],
    [ORDER, { timeInForce: 4 }, 'action.invalid'],
    [ORDER, { timeInForce: -1 }, 'action.invalid'],
    [ORDER, { flags: 32 }, 'action.invalid'],
    [ORDER, { flags: 256 }, 'action.invalid'],
    [ORDER, { flags: 0.5 }, 'action.invalid'],
    [ORDER, { price: 0 }, 'order.priceOutOfRange'],
    [ORDER, { price: -1 }, 'order.priceOutOfRange'],
    [ORDER, { price: 0.5 }, 'order.priceOutOfRange'],
    [ORDER, { price: Number.NaN }, 'order.priceOutOfRange'],
    [ORDER, { price: MAX + 1 }, 'order.priceOutOfRange'],
    [ORDER, { price: MAX }, 'order.notionalOutOfRange'],
    [ORDER, { quantity: 0 }, 'order.quantityOutOfRange'],
    [ORDER, { quantity: -1 }, 'order.quantityOutOfRange'],
    [ORDER, { quantity: MAX + 1 }, 'order.quantityOutOfRange'],
    [ORDER, { quantity: MAX }, 'order.notionalOutOfRange'],
    [ORDER, { quantity: 2 ** 30, price: 2 ** 30 }, 'order.notionalOutOfRange'],
    [ORDER, { orderId: 1 }, 'action.invalid'],
    [ORDER, { orderId: -1 }, 'action.invalid'],
    [ORDER, { clientId: -1 }, 'action.invalid'],
    [ORDER, { clientId: MAX + 1 }, 'action.invalid'],
    [ORDER, { clientId: MAX }, 'filled 0, 5 rest'],
    [ORDER, { expiry: 1 }, 'action.invalid'],
    [ORDER, { expiry: 1, timeInForce: 1 }, 'order.expired'],
    [ORDER, { expiry: MAX, timeInForce: 1 }, 'filled 0, 5 rest'],
    [ORDER, { expiry: MAX + 1, timeInForce: 1 }, 'action.invalid'],
    [ORDER, { maxFeePpm: 2 ** 32 - 1 }, 'filled 0, 5 rest'],
    [ORDER, { maxFeePpm: 2 ** 32 }, 'action.invalid'],
    [ORDER, { maxFeePpm: -1 }, 'action.invalid'],
    [AMEND, { price: -1 }, 'order.priceOutOfRange'],
    [AMEND, { price: MAX + 1 }, 'order.priceOutOfRange'],
    [AMEND, { price: MAX }, 'order.notionalOutOfRange'],
    [AMEND, { quantity: -1 }, 'order.quantityOutOfRange'],
    [AMEND, { quantity: MAX }, 'order.notionalOutOfRange'],
    [AMEND, { quantity: MAX + 1 }, 'order.quantityOutOfRange'],
    [AMEND, { flags: 2 }, 'action.invalid'],
    [AMEND, { flags: 4 }, 'action.invalid'],
    [AMEND, { timeInForce: 1 }, 'action.invalid'],
    [AMEND, { clientId: 2 }, 'order.unknown'],
    [AMEND, { clientId: 0 }, 'order.unknown'],
    [AMEND, { orderId: MAX }, 'order.unknown'],
    [AMEND, { book: 2 }, 'order.unknown'],
    [CANCEL, { clientId: 0 }, 'order.unknown'],
    [CANCEL, { orderId: MAX }, 'order.unknown'],
    [CANCEL, { orderId: MAX + 1 }, 'action.invalid'],
    [CANCEL, { book: 2 }, 'order.unknown'],
    [CANCEL_ALL, { book: 9 }, 'book.unknown'],
    [SWITCH, { expiry: MAX }, 'action.invalid'],
    [SWITCH, { expiry: -1 }, 'action.invalid'],
  ])('answers "%s" with %o by %s, and goes on', (sentence, wrong, answer) => {
    const good = actionOf('ann sells 1 at 120');
    const [first, bad, last] = market.batch([good, { ...actionOf(sentence), ...wrong }, good]);
    expect(first).toMatchObject({ code: 'ok', resting: true });
    expect(last).toMatchObject({ code: 'ok', resting: true });
    if (answer.startsWith('filled')) expect(bad).toMatchObject({ code: 'ok', filled: 0, remaining: 5, resting: true });
    else expect(bad).toEqual({ code: answer });
    expect(market.book().filter((row) => row === 'ann sells 1 at 120')).toHaveLength(2);
  });

  it('knows an id that was used twice in one batch', () => {
    expect(market.say('ben buys 1 at 70 #9', 'ben buys 2 at 71 #9', 'ben cancels #9', 'ben cancels #9')).toEqual([
      'filled 0, 1 rest',
      'filled 0, 1 rest',
      'cancelled 1',
      'order.unknown',
    ]);
  });

  it('serves what is left of a batch when a book was closed between two batches', () => {
    market.setBook({ status: 3 });
    expect(market.say(ORDER, AMEND, CANCEL, CANCEL_ALL, SWITCH)).toEqual([
      'book.notOpen',
      'order.unknown',
      'order.unknown',
      'cancelled 0',
      'cancelled 0',
    ]);
  });
});

describe('a batch of the fast engine', () => {
  it('with too many items is refused as a whole, and with the most goes through', () => {
    const exchange = openExchange();
    const item = place(addressOf('nobody'), ETH_USD, 0, 1, 1);
    expect(batch(exchange, Array(1_025).fill(item)).result).toMatchObject({ code: 'batch.tooLarge' });
    expect(batch(exchange, Array(10_000).fill(item)).result).toMatchObject({ code: 'batch.tooLarge' });
    const { result } = batch(exchange, Array(1_024).fill(item));
    expect('items' in result && result.items?.length).toBe(1_024);
  });

  it('of any numbers whatever gets a code for each item, the same from both engines, and leaves a valid state', () => {
    const any = fc.oneof(
      fc.nat(40),
      fc.constantFrom(-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 255, 256, 2 ** 32 - 1, 2 ** 32, MAX, MAX + 1),
      fc.maxSafeInteger(),
      fc.double(),
    );
    const action: fc.Arbitrary<Action> = fc.record({
      kind: fc.oneof({ arbitrary: fc.nat(4), weight: 9 }, any),
      account: fc.constantFrom(...['ann', 'ben', 'nobody'].map(addressOf)),
      subaccount: fc.oneof({ arbitrary: fc.constant(0), weight: 9 }, any),
      book: fc.oneof({ arbitrary: fc.nat(2), weight: 9 }, any),
      side: fc.oneof({ arbitrary: fc.nat(1), weight: 9 }, any),
      timeInForce: fc.oneof({ arbitrary: fc.nat(3), weight: 9 }, any),
      flags: fc.oneof({ arbitrary: fc.nat(31), weight: 9 }, any),
      price: any,
      quantity: any,
      orderId: fc.oneof({ arbitrary: fc.constant(0), weight: 9 }, any),
      clientId: fc.oneof({ arbitrary: fc.nat(5), weight: 9 }, any),
      expiry: fc.oneof({ arbitrary: fc.constant(0), weight: 9 }, any),
      maxFeePpm: fc.oneof({ arbitrary: fc.constant(0), weight: 9 }, any),
    });
    const batches = fc.array(fc.array(action, { minLength: 1, maxLength: 8 }), { maxLength: 6 });
    const run = (actions: readonly (readonly Action[])[]) => {
      const engines = [createFast(), createNaiveEngine()];
      const [fast, naive] = engines.map((engine) => {
        const market = openMarket(engine);
        market.say('ann sells 20 at 10', 'ben buys 20 at 5');
        return { items: actions.map((items) => market.batch(items)), rows: engine.rows() };
      });
      expect(fast).toEqual(naive);
      for (const [index, items] of (fast?.items ?? []).entries())
        expect(items).toHaveLength(actions[index]?.length ?? 0);
    };
    fc.assert(fc.property(batches, run), { numRuns: 300 });
  });
});
