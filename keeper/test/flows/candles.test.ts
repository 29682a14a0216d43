import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUY } from '../../src/core/commands.ts';
import type { Fill } from '../../src/core/events.ts';
import { CANDLE_INTERVALS, type CandleInterval } from '../../src/core/views.ts';
import { createCandles } from '../../src/flows/candles.ts';
import { addressOf, ETH_USD, MEME_USD } from '../support/exchange.ts';

const MINUTE = 60_000;
/** Midnight, UTC. */
const DAY = Date.UTC(2026, 0, 5);
const account = { address: addressOf('alice'), subaccount: 0 };

function fillAt(price: number, quantity: number, book = ETH_USD): Fill {
  const orders = { makerOrderId: 1, takerOrderId: 2, maker: account, taker: account, takerSide: BUY } as const;
  return { type: 'fill', book, ...orders, price, quantity, makerFee: 0, takerFee: 0, makerRemaining: 0 };
}

/** Candles of trades given as time, price, quantity. */
function after(...trades: (readonly [time: number, price: number, quantity: number])[]) {
  const candles = createCandles();
  for (const [time, price, quantity] of trades) candles.record(fillAt(price, quantity), time);
  return (interval: CandleInterval, more: { before?: number; limit?: number } = {}) =>
    candles.candles({ book: ETH_USD, interval, limit: 1_000, ...more });
}

describe('candles', () => {
  it('have the first, highest, lowest and last price of their time, and what was traded', () => {
    const of = after([DAY, 100, 2], [DAY + 1, 130, 1], [DAY + 2, 90, 5], [DAY + MINUTE - 1, 110, 1]);
    expect(of('1m')).toEqual([
      {
        book: ETH_USD,
        interval: '1m',
        start: DAY,
        open: 100,
        high: 130,
        low: 90,
        close: 110,
        volume: '9',
        turnover: String(200 + 130 + 450 + 110),
        trades: 4,
      },
    ]);
  });

  it('start at multiples of their length, newest first, and none where nothing was traded', () => {
    const of = after([DAY + 7 * MINUTE + 5, 100, 1], [DAY + 9 * MINUTE, 120, 1], [DAY + 61 * MINUTE, 80, 1]);
    expect(of('1m').map(({ start }) => (start - DAY) / MINUTE)).toEqual([61, 9, 7]);
    expect(of('5m').map(({ start }) => (start - DAY) / MINUTE)).toEqual([60, 5]);
    expect(of('1h').map(({ start, open, close }) => [(start - DAY) / MINUTE, open, close])).toEqual([
      [60, 80, 80],
      [0, 100, 120],
    ]);
    expect(of('1d')).toMatchObject([{ start: DAY, open: 100, high: 120, low: 80, close: 80, trades: 3 }]);
  });

  it('come page by page', () => {
    const of = after(...[0, 1, 2, 3, 4].map((minute) => [DAY + minute * MINUTE, 100 + minute, 1] as const));
    const starts = (more: object) => of('1m', more).map(({ start }) => (start - DAY) / MINUTE);
    expect(starts({ limit: 2 })).toEqual([4, 3]);
    expect(starts({ limit: 2, before: DAY + 3 * MINUTE })).toEqual([2, 1]);
    expect(starts({ before: DAY })).toEqual([]);
  });

  it('are those of one book each', () => {
    const candles = createCandles();
    candles.record(fillAt(100, 1), DAY);
    expect(candles.candles({ book: MEME_USD, interval: '1m', limit: 9 })).toEqual([]);
  });

  it('keep sums beyond 2⁵³ exact', () => {
    const most = Number.MAX_SAFE_INTEGER;
    const of = after([DAY, 1, most], [DAY, 1, most], [DAY + MINUTE, 1, most]);
    expect(of('1d')[0]).toMatchObject({ volume: String(3n * BigInt(most)), turnover: String(3n * BigInt(most)) });
  });

  it('forget the oldest, and keep 1000 of each length at least', () => {
    const trades = Array.from({ length: 5_000 }, (_, i) => [DAY + i * MINUTE, 1, 1] as const);
    const of = after(...trades);
    const minutes = of('1m', { limit: 10_000 });
    expect(minutes.length).toBeGreaterThanOrEqual(1_000);
    expect(minutes.length).toBeLessThanOrEqual(2_000);
    expect(of('1d').reduce((sum, { trades: count }) => sum + count, 0)).toBe(5_000);
  });

  it('of any length are what the trades say, whatever the trades', () => {
    const trade = fc.tuple(fc.nat(40 * MINUTE), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }));
    fc.assert(
      fc.property(fc.array(trade, { maxLength: 40 }), fc.constantFrom('1m', '5m', '15m', '1h'), (steps, interval) => {
        let time = DAY;
        const trades = steps.map(([wait, price, quantity]) => {
          time += wait;
          return [time, price, quantity] as const;
        });
        const length = CANDLE_INTERVALS[interval];
        const expected = Map.groupBy(trades, ([at]) => at - (at % length));
        const shown = after(...trades)(interval).toReversed();
        expect(shown.map(({ start }) => start)).toEqual([...expected.keys()]);
        for (const { start, open, high, low, close, volume, trades: count } of shown) {
          const own = expected.get(start) ?? [];
          const prices = own.map(([, price]) => price);
          expect([open, high, low, close]).toEqual([
            prices[0],
            Math.max(...prices),
            Math.min(...prices),
            prices.at(-1),
          ]);
          expect([volume, count]).toEqual([String(own.reduce((sum, [, , lots]) => sum + lots, 0)), own.length]);
        }
      }),
    );
  });
});
