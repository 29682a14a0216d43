import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WAD } from '../../../src/core/margin/fixedPoint.ts';
import { nextStablePrice, type StablePrice, startStablePrice } from '../../../src/core/margin/stablePrice.ts';
import { price18 } from './vectors.ts';

/** `count` steps of `seconds` each, the oracle at `price`. */
function follow(stable: StablePrice, count: number, seconds: number, price: number): StablePrice {
  let next = stable;
  for (let step = 0; step < count; step++) next = nextStablePrice(next, price18(price), next.updatedAt + seconds);
  return next;
}

const inNumbers = (price: bigint | undefined) => Number(price) / 1e18;

describe('the stable price', () => {
  it('follows a tenfold oracle as Mango v4’s does (stable_price.rs, test_stable_price_10x)', () => {
    const hour = follow(startStablePrice(WAD, 0), 60, 60, 10);
    expect(Math.abs(inNumbers(hour.price) - 1.8)).toBeLessThan(0.1);
    expect(inNumbers(hour.delayed[0])).toBeCloseTo(1.06, 6);
    expect(new Set(hour.delayed.slice(1))).toEqual(new Set([WAD]));
    expect(hour).toMatchObject({ weightedSum: 0n, weightSeconds: 0 });

    const two = follow(hour, 360, 10, 10);
    expect(Math.abs(inNumbers(two.price) - 2.3)).toBeLessThan(0.1);
    expect(inNumbers(two.delayed[1])).toBeCloseTo(1.06 * 1.06, 6);

    const day = follow(two, 12 * 23, 300, 10);
    expect(Math.abs(inNumbers(day.price) - 7.4)).toBeLessThan(0.1);
    expect(inNumbers(day.delayed[0])).toBeGreaterThan(inNumbers(day.delayed[23]));
    expect(inNumbers(day.delayed[23])).toBeGreaterThan(inNumbers(day.delayed[22]));
  });

  it('averages over the hour', () => {
    let stable = startStablePrice(WAD, 0);
    for (let step = 1; step <= 60; step++) {
      stable = nextStablePrice(stable, price18(step > 30 ? 1.04 : 1), 60 * step);
    }
    expect(inNumbers(stable.delayed[0])).toBeCloseTo(1.02, 6);
  });

  it('takes no step within ten seconds of the last', () => {
    const start = startStablePrice(WAD, 1000);
    expect(nextStablePrice(start, 10n * WAD, 1009)).toBe(start);
    expect(nextStablePrice(start, 10n * WAD, 1010).price).toBe(price18(1.003));
  });

  it('counts a long silence as ten minutes', () => {
    const start = startStablePrice(WAD, 0);
    expect(nextStablePrice(start, 10n * WAD, 3_000).price).toBe(nextStablePrice(start, 10n * WAD, 600).price);
  });

  it('forgets all delayed prices when nothing came for a day, even one that ends in the same hour of the day', () => {
    const start = startStablePrice(WAD, 3_599);
    for (const seconds of [3_599 + 86_399, 3_599 + 86_400, 10 * 86_400]) {
      expect(new Set(nextStablePrice(start, 2n * WAD, seconds).delayed)).toEqual(new Set([price18(1.06)]));
    }
  });

  it('stays where the oracle is', () => {
    const start = startStablePrice(price18(7), 50);
    expect(follow(start, 500, 60, 7).price).toBe(price18(7));
  });

  it('never leaves the way from where it was to the oracle, moves by at most 0.03 % a second, and never is 0', () => {
    const STEP = fc.record({ price: fc.bigInt({ min: 1n, max: 10n ** 30n }), seconds: fc.nat(100_000) });
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 10n ** 30n }), fc.array(STEP, { maxLength: 40 }), (start, steps) => {
        let stable = startStablePrice(start, 0);
        let now = 0;
        for (const { price, seconds } of steps) {
          now += seconds;
          const { price: before, updatedAt } = stable;
          stable = nextStablePrice(stable, price, now);
          const [low, high] = before < price ? [before, price] : [price, before];
          expect(stable.price >= low && stable.price <= high && stable.price >= 1n).toBe(true);
          const moved = stable.price > before ? stable.price - before : before - stable.price;
          expect(moved * 1_000_000n).toBeLessThanOrEqual(before * 300n * BigInt(Math.min(now - updatedAt, 600)));
        }
      }),
    );
  });
});
