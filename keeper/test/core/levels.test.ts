import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  closeLevel,
  createLevels,
  followMarket,
  type Levels,
  levelSlot,
  NO_ASK,
  NO_BID,
  openLevel,
  priceAbove,
  priceBelow,
  WINDOW,
} from '../../src/core/levels.ts';

const LAST = Number.MAX_SAFE_INTEGER;
const MARKET = 10_000_000;

/** Inside the window, at its edges, around it, and at both ends of what a tick can be. */
const prices = fc.oneof(
  fc.integer({ min: MARKET - 40, max: MARKET + 40 }),
  fc.integer({ min: MARKET - WINDOW, max: MARKET + WINDOW }),
  fc.integer({ min: -3, max: 3 }).map((step) => MARKET - WINDOW / 2 + step),
  fc.integer({ min: -3, max: 3 }).map((step) => MARKET + WINDOW / 2 + step),
  fc.integer({ min: 1, max: 50 }),
  fc.integer({ min: LAST - 50, max: LAST }),
  fc.maxSafeInteger().map((price) => Math.abs(price) + (price === 0 ? 1 : 0)),
);
const operations = fc.array(fc.record({ price: prices, move: fc.integer({ min: 0, max: 30 }) }), { maxLength: 400 });

/** Opens a price that is closed and closes one that is open; each level's first order is a number of its own. */
function toggle(levels: Levels, model: Map<number, number>, price: number, mark: number): void {
  if (model.has(price)) {
    model.delete(price);
    closeLevel(levels, price);
    return;
  }
  const slot = openLevel(levels, price);
  levels.ends[2 * slot] = mark;
  levels.ends[2 * slot + 1] = mark;
  model.set(price, mark);
}

function expectSame(levels: Levels, model: ReadonlyMap<number, number>): void {
  const sorted = [...model.keys()].sort((a, b) => a - b);
  const upwards: number[] = [];
  for (let at = priceAbove(levels, NO_BID); at !== NO_ASK; at = priceAbove(levels, at)) upwards.push(at);
  const downwards: number[] = [];
  for (let at = priceBelow(levels, NO_ASK); at !== NO_BID; at = priceBelow(levels, at)) downwards.push(at);
  expect(upwards).toEqual(sorted);
  expect(downwards).toEqual(sorted.reverse());
  expect(levels.count).toBe(model.size);
  for (const [price, mark] of model) expect(levels.ends[2 * levelSlot(levels, price)]).toBe(mark);
}

describe('the price levels of a book', () => {
  it('are in order and keep their queues, whatever the ticks and wherever the window stands', () => {
    fc.assert(
      fc.property(operations, (steps) => {
        const levels = createLevels();
        const model = new Map<number, number>();
        toggle(levels, model, MARKET, 1);
        for (const [index, { price, move }] of steps.entries()) {
          toggle(levels, model, price, index + 2);
          if (move !== 0) continue;
          levels.misses = 1_000_000;
          followMarket(levels, price);
        }
        expectSame(levels, model);
      }),
      { numRuns: 150 },
    );
  });

  it('answer the neighbours of any price, open or not', () => {
    fc.assert(
      fc.property(fc.uniqueArray(prices, { maxLength: 60 }), prices, (open, price) => {
        const levels = createLevels();
        for (const at of open) levels.ends[2 * openLevel(levels, at)] = 1;
        expect(priceAbove(levels, price)).toBe(Math.min(NO_ASK, ...open.filter((at) => at > price)));
        expect(priceBelow(levels, price)).toBe(Math.max(NO_BID, ...open.filter((at) => at < price)));
      }),
      { numRuns: 150 },
    );
  });

  it('hold thousands of prices outside the window', () => {
    const levels = createLevels();
    const model = new Map<number, number>();
    toggle(levels, model, MARKET, 1);
    for (let i = 0; i < 6_000; i++) toggle(levels, model, 2 ** 40 + ((i * 7919) % 6_007) * 1_000_003, i + 2);
    for (let i = 0; i < 6_000; i += 3) toggle(levels, model, 2 ** 40 + ((i * 7919) % 6_007) * 1_000_003, 0);
    expectSame(levels, model);
  });

  it('move their window to the market when the market has moved, and not before', () => {
    const levels = createLevels();
    levels.ends[2 * openLevel(levels, 100_000)] = 1;
    const before = levels.start;
    levels.ends[2 * openLevel(levels, 50_000_000)] = 1;
    followMarket(levels, 50_000_000);
    expect(levels.start).toBe(before);
    for (let i = 1; i <= 3_000; i++) {
      const slot = openLevel(levels, 50_000_000 + i);
      levels.ends[2 * slot] = i;
      closeLevel(levels, 50_000_000 + i);
      followMarket(levels, 50_000_000);
    }
    expect(levels.start).toBe(50_000_000 - WINDOW / 2);
    expect(priceAbove(levels, NO_BID)).toBe(100_000);
    expect(priceAbove(levels, 100_000)).toBe(50_000_000);
    expect(levels.count).toBe(2);
  });
});
