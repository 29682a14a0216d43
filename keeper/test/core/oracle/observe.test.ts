import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Look, lookAt, observe, type Probe, type Scales } from '../../../src/core/oracle/observe.ts';

/** ETH of 18 decimals and 9 ledger decimals, quoted in USDC of 6. */
const ETH: Scales = { tokenDecimals: 18, numeraireDecimals: 6, ledgerDecimals: 9 };
const USDC = 1_000_000n;
const WEI = 10n ** 18n;
/** One dollar per ETH: 10⁶ value units per 10⁹ ledger units. */
const DOLLAR = 10n ** 15n;

/** Dollars per ETH that a purchase and a sale of so many dollars come to. */
function probe(dollars: bigint, ask: bigint, bid: bigint): Probe {
  return {
    buy: { sold: dollars * USDC, bought: (dollars * WEI) / ask },
    sell: { sold: (dollars * WEI) / bid, bought: dollars * USDC },
  };
}

const look = (time: number, bid: bigint, ask: bigint, confidencePpm = 100): Look => ({
  time,
  bid,
  ask,
  confidencePpm,
  mid: (bid + ask) / 2n,
});

describe('a look at a source', () => {
  it('is the mid of the smallest size, its half-spread as confidence, and the largest size as bid and ask', () => {
    const probes = [probe(1_000n, 2_002n, 1_998n), probe(10_000n, 2_010n, 1_990n), probe(100_000n, 2_050n, 1_960n)];
    const seen = lookAt(probes, ETH, 7) as Look;
    expect(seen.time).toBe(7);
    expect(Number(seen.mid) / Number(DOLLAR)).toBeCloseTo(2_000, 3);
    expect(seen.confidencePpm).toBe(1_001);
    expect(Number(seen.bid) / Number(DOLLAR)).toBeCloseTo(1_960, 3);
    expect(Number(seen.ask) / Number(DOLLAR)).toBeCloseTo(2_050, 3);
  });

  it('never values what is owned above the mid, nor what is owed below it', () => {
    const odd = lookAt([probe(1_000n, 2_002n, 1_998n), probe(10_000n, 1_990n, 2_005n)], ETH, 0) as Look;
    expect(odd.bid).toBe(odd.mid);
    expect(odd.ask).toBe(odd.mid);
  });

  it('rounds the bid down and the ask up', () => {
    const scales = { tokenDecimals: 0, numeraireDecimals: 24, ledgerDecimals: 0 };
    const third = lookAt([{ buy: { sold: 10n, bought: 3n }, sell: { sold: 3n, bought: 10n } }], scales, 0);
    expect(third).toMatchObject({ bid: 3n, ask: 4n });
  });

  it('is refused with any amount of 0: the price that Paradex had after a migration', () => {
    const good = probe(1_000n, 2_002n, 1_998n);
    for (const zero of [
      { ...good, buy: { ...good.buy, bought: 0n } },
      { ...good, buy: { ...good.buy, sold: 0n } },
      { ...good, sell: { ...good.sell, bought: 0n } },
      { ...good, sell: { ...good.sell, sold: 0n } },
    ]) {
      expect(lookAt([zero], ETH, 0)).toBe('price.notPositive');
      expect(lookAt([good, zero], ETH, 0)).toBe('price.notPositive');
    }
    expect(lookAt([], ETH, 0)).toBe('price.notPositive');
  });

  it('is refused where a price vanishes in rounding', () => {
    expect(lookAt([{ buy: { sold: 1n, bought: WEI ** 3n }, sell: { sold: WEI ** 3n, bought: 1n } }], ETH, 0)).toBe(
      'price.notPositive',
    );
  });

  it('is refused when a sale brings more than 1 % above what a purchase costs', () => {
    expect(lookAt([probe(1_000n, 2_000n, 2_019n)], ETH, 0)).toMatchObject({ confidencePpm: 0 });
    expect(lookAt([probe(1_000n, 2_000n, 2_022n)], ETH, 0)).toBe('price.crossed');
  });
});

describe('an observation', () => {
  const at = { now: 100_000, maxAgeMs: 60_000 };

  it('is the median of five looks, so that one or two that lie do not count', () => {
    const looks = [10n, 10n, 1_000n, 11n, 1n].map((price, index) => look(60_000 + index, price, price));
    expect(observe([looks], at)).toMatchObject({ bid: 10n, ask: 10n });
  });

  it('takes the newest five', () => {
    const looks = [1n, 1n, 1n, 1n, 5n, 5n, 5n].map((price, index) => look(60_000 + index, price, price));
    expect(observe([looks], at)).toMatchObject({ bid: 5n, ask: 5n });
  });

  it('is the median across sources, the worse of the middle two of an even number', () => {
    const sources = [[look(90_000, 10n, 11n)], [look(80_000, 20n, 22n, 900)], [look(95_000, 30n, 33n)]];
    expect(observe(sources, at)).toEqual({ bid: 20n, ask: 22n, confidencePpm: 100, time: 80_000 });
    expect(observe(sources.slice(0, 2), at)).toEqual({ bid: 10n, ask: 22n, confidencePpm: 900, time: 80_000 });
  });

  it('leaves out a source that is silent for too long, and is none when all are', () => {
    const old = [look(39_999, 1n, 1n)];
    expect(observe([old, [look(50_000, 7n, 8n)]], at)).toMatchObject({ bid: 7n, time: 50_000 });
    expect(observe([old], at)).toBeUndefined();
    expect(observe([], at)).toBeUndefined();
  });

  it('has the time of the source that was heard of longest ago', () => {
    expect(observe([[look(90_000, 1n, 1n), look(95_000, 1n, 1n)], [look(70_000, 1n, 1n)]], at)?.time).toBe(70_000);
  });

  it('lies within what a majority of sources says, whatever the others say', () => {
    const PRICE = fc.bigInt({ min: 1n, max: 10n ** 30n });
    fc.assert(
      fc.property(PRICE, fc.tuple(PRICE, PRICE), (lie, [a, b]) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        const seen = observe([[look(90_000, low, low)], [look(90_000, high, high)], [look(90_000, lie, lie)]], at);
        expect(seen !== undefined && seen.bid >= low && seen.bid <= high).toBe(true);
      }),
    );
  });
});
