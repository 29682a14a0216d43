import { describe, expect, it } from 'vitest';
import type { Observation } from '../../../src/core/oracle/observe.ts';
import {
  CONFIDENCE_LIMIT_PPM,
  type GuardedPrice,
  guardPrice,
  isFresh,
  isUsable,
  TAIL_CONFIDENCE_LIMIT_PPM,
} from '../../../src/core/oracle/priceGuard.ts';

const MINUTE = 60_000;
const START = 1_000_000;
const settings = { confidenceLimitPpm: CONFIDENCE_LIMIT_PPM };

const seen = (price: number, time: number, confidencePpm = 1_000): Observation => ({
  bid: BigInt(price),
  ask: BigInt(price),
  time,
  confidencePpm,
});

/** What is believed after 1 000 was seen at START. */
function believed(): GuardedPrice {
  const verdict = guardPrice(undefined, seen(1_000, START), { now: START, ...settings });
  if (!('price' in verdict)) throw new Error(verdict.code);
  return verdict.price;
}

/** Shows one price every ten seconds from START + 10 s; answers the verdicts' codes and the last price. */
function watch(prices: readonly number[], from = believed(), start = START): { codes: string[]; price: GuardedPrice } {
  let price = from;
  const codes = prices.map((value, index) => {
    const now = start + 10_000 * (index + 1);
    const verdict = guardPrice(price, seen(value, now), { now, ...settings });
    if ('price' in verdict) price = verdict.price;
    return verdict.code;
  });
  return { codes, price };
}

describe('a price', () => {
  it('of 0 or less is refused: Paradex went on with 0 after a migration and liquidated everybody', () => {
    for (const known of [undefined, believed()]) {
      for (const price of [0, -1]) {
        const now = START + 10_000;
        expect(guardPrice(known, seen(price, now), { now, ...settings })).toEqual({ code: 'price.notPositive' });
      }
    }
    const { codes, price } = watch([0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(new Set(codes)).toEqual(new Set(['price.notPositive']));
    expect(price).toEqual(believed());
  });

  it('without confidence is refused: Mango took an oracle’s price whatever its confidence was', () => {
    const at = (confidencePpm: number, confidenceLimitPpm: number) =>
      guardPrice(believed(), seen(1_000, START + 1, confidencePpm), { now: START + 1, confidenceLimitPpm }).code;
    expect(at(20_000, CONFIDENCE_LIMIT_PPM)).toBe('accepted');
    expect(at(20_001, CONFIDENCE_LIMIT_PPM)).toBe('price.uncertain');
    expect(at(50_000, TAIL_CONFIDENCE_LIMIT_PPM)).toBe('accepted');
    expect(at(50_001, TAIL_CONFIDENCE_LIMIT_PPM)).toBe('price.uncertain');
    expect(at(Number.NaN, TAIL_CONFIDENCE_LIMIT_PPM)).toBe('price.uncertain');
    expect(at(-1, TAIL_CONFIDENCE_LIMIT_PPM)).toBe('price.uncertain');
  });

  it('is refused when sale and purchase are the wrong way round, or out of any range', () => {
    const now = START + 1;
    const crossed = { ...seen(1_000, now), bid: 1_001n };
    expect(guardPrice(believed(), crossed, { now, ...settings }).code).toBe('price.crossed');
    const huge = { ...seen(1_000, now), ask: 10n ** 36n + 1n };
    expect(guardPrice(believed(), huge, { now, ...settings }).code).toBe('price.outOfRange');
  });

  it('is refused when it is a minute old, from the future, or not newer than what is known', () => {
    const now = START + 2 * MINUTE;
    const at = (time: number) => guardPrice(believed(), seen(1_000, time), { now, ...settings }).code;
    expect(at(now - MINUTE)).toBe('accepted');
    expect(at(now - MINUTE - 1)).toBe('price.stale');
    expect(at(now + 1)).toBe('price.stale');
    expect(guardPrice(believed(), seen(1_000, START), { now: START + 1, ...settings }).code).toBe('price.notNewer');
  });

  it('may be used a minute for what adds risk, and ten minutes at all', () => {
    const price = believed();
    expect([isFresh(price, START + MINUTE), isFresh(price, START + MINUTE + 1)]).toEqual([true, false]);
    expect([isUsable(price, START + 10 * MINUTE), isUsable(price, START + 10 * MINUTE + 1)]).toEqual([true, false]);
  });

  it('that moves by 10 % is believed at once, and the stable price follows slowly', () => {
    const { codes, price } = watch([1_100, 1_210, 1_089]);
    expect(codes).toEqual(['accepted', 'accepted', 'accepted']);
    expect(price.bid).toBe(1_089n);
    expect(price.stable.price).toBeLessThan(1_010n);
  });

  it('that moves further waits for three that agree over a minute', () => {
    const { codes, price } = watch([1_101, 1_120, 1_110, 1_105, 1_105, 1_105, 1_106]);
    expect(codes).toEqual(['held', 'held', 'held', 'held', 'held', 'held', 'accepted']);
    expect(price).toMatchObject({ bid: 1_106n, held: undefined });
  });

  it('waits anew when one in between does not agree, and is forgotten when the old price comes back', () => {
    expect(watch([1_200, 1_200, 1_200, 1_600, 1_200, 1_200, 1_200, 1_200]).codes.at(-1)).toBe('held');
    const back = watch([1_200, 1_200, 1_000]);
    expect(back.codes).toEqual(['held', 'held', 'accepted']);
    expect(back.price.held).toBeUndefined();
  });

  it('does not agree with itself: one observation counts once', () => {
    const first = guardPrice(believed(), seen(1_500, START + 10_000), { now: START + 10_000, ...settings });
    const price = (first as { price: GuardedPrice }).price;
    const again = guardPrice(price, seen(1_500, START + 10_000), { now: START + 11_000, ...settings });
    expect(again.code).toBe('price.notNewer');
  });

  it('that is more than three times, or less than a third of, what is believed stops everything for an hour', () => {
    for (const strange of [3_001, 333]) {
      const long = watch(new Array(361).fill(strange));
      expect(long.codes.slice(0, 360).every((code) => code === 'halted')).toBe(true);
      expect(long.codes[360]).toBe('accepted');
      expect(long.price.halted).toBe(false);
      expect(watch([strange]).price).toMatchObject({ halted: true, bid: 1_000n });
    }
    expect(watch([3_000]).price.halted).toBe(false);
  });

  it('that comes back ends the halt', () => {
    expect(watch([5_000, 5_000, 1_010]).price).toMatchObject({ halted: false, held: undefined, bid: 1_010n });
  });

  it('that is held does not keep the old one fresh', () => {
    const { price } = watch([1_500, 1_500, 1_500]);
    expect(price.time).toBe(START);
  });
});
