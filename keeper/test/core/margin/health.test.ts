import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxOf, minOf, WAD } from '../../../src/core/margin/fixedPoint.ts';
import {
  assetValueDown,
  type BookExposure,
  type HealthTerms,
  healthOf,
  liabilityValueUp,
  termsOf,
} from '../../../src/core/margin/health.ts';
import { healthOfCase, MANGO_CASES, ONE, price18, pricesOf, riskOfCase, termsOfCases, units, wad } from './vectors.ts';

describe('health', () => {
  it.each(MANGO_CASES)('is that of Mango v4, case $name', (vector) => {
    expect(Math.abs(healthOfCase(vector) - vector.health)).toBeLessThan(1e-6);
  });

  it('gives the vectors of Mango v4 that stand here as numbers', () => {
    const numbers = MANGO_CASES.filter(({ name }) => /^(8|10|15|16):/.test(name)).map((vector) => healthOfCase(vector));
    for (const [index, expected] of [-865, 296.666666667, -177.3, 1580].entries()) {
      expect(Math.abs((numbers[index] as number) - expected)).toBeLessThan(1e-6);
    }
  });

  it('values an asset at ⌊balance · price · weight⌋ and a liability at ⌈balance · price · weight⌉', () => {
    expect(assetValueDown(10n, WAD / 3n, WAD)).toBe(3n);
    expect(liabilityValueUp(10n, WAD / 3n, WAD)).toBe(4n);
    const terms = [{ assetPrice: WAD / 3n, liabilityPrice: WAD / 3n, assetWeight: WAD, liabilityWeight: WAD }];
    expect(healthOf(terms, [10n], [])).toBe(3n);
    expect(healthOf(terms, [-10n], [])).toBe(-4n);
  });

  it('takes the worse of oracle and stable price for init, and the oracle for the rest', () => {
    const asset = { price: 2, stable: 3, init: [0.5, 1.5], maint: [0.7, 1.3] } as const;
    const risk = riskOfCase(asset);
    const prices = pricesOf(asset);
    expect(termsOf('init', prices, risk)).toMatchObject({ assetPrice: price18(2), liabilityPrice: price18(3) });
    expect(termsOf('init', { ...prices, stable: price18(1) }, risk)).toMatchObject({
      assetPrice: price18(1),
      liabilityPrice: price18(2),
    });
    for (const kind of ['maint', 'liquidationEnd'] as const) {
      expect(termsOf(kind, prices, risk)).toMatchObject({ assetPrice: price18(2), liabilityPrice: price18(2) });
    }
    expect(termsOf('maint', prices, risk)).toMatchObject({ assetWeight: wad(0.7), liabilityWeight: wad(1.3) });
    expect(termsOf('liquidationEnd', prices, risk)).toMatchObject({ assetWeight: wad(0.5), liabilityWeight: wad(1.5) });
  });

  it('values what is owned at the bid and what is owed at the ask', () => {
    const risk = riskOfCase({ price: 1, init: [0.5, 1.5] });
    const spread = { bid: price18(1.98), ask: price18(2.02), stable: price18(2) };
    expect(termsOf('maint', spread, risk)).toMatchObject({ assetPrice: spread.bid, liabilityPrice: spread.ask });
  });

  it('scales weights for init only', () => {
    const scale = { deposits: 1500, depositStart: 5000, borrows: 1500, borrowStart: 5000 };
    const risk = riskOfCase({ price: 5, init: [0.5, 1.5], ...scale });
    const prices = pricesOf({ price: 5, init: [0.5, 1.5] });
    expect(termsOf('liquidationEnd', prices, risk)).toMatchObject({ assetWeight: wad(0.5), liabilityWeight: wad(1.5) });
    const init = termsOf('init', prices, risk);
    expect(init.assetWeight).toBe((wad(0.5) * 2n) / 3n);
    expect(init.liabilityWeight).toBe((wad(1.5) * 3n) / 2n);
  });

  describe('of an asset whose price may not be used', () => {
    const terms = [...termsOfCases('maint').slice(0, 2), undefined];
    const sells: BookExposure = {
      base: 2,
      quote: 0,
      reservedBase: units(4),
      reservedQuote: 0n,
      highestBid: undefined,
      lowestAsk: undefined,
      lotSize: ONE,
      feePpm: 0n,
    };

    it('counts nothing when it is owned', () => {
      expect(healthOf(terms, [units(10), 0n, units(1000)], [])).toBe(units(9));
    });

    it('cannot be said when it is owed', () => {
      expect(healthOf(terms, [units(1_000_000), 0n, -1n], [])).toBeUndefined();
    });

    it('cannot be said when an order might make it owed', () => {
      expect(healthOf(terms, [units(10), 0n, units(4)], [sells])).toBe(units(9));
      expect(healthOf(terms, [units(10), 0n, units(4) - 1n], [sells])).toBeUndefined();
    });

    it('counts what buys of it might cost as gone', () => {
      const buys = { ...sells, reservedBase: 0n, reservedQuote: units(3) };
      expect(healthOf(terms, [units(10), 0n, 0n], [buys])).toBe((units(7) * 9n) / 10n);
    });
  });
});

describe('health, whatever the numbers,', () => {
  const PRICES = fc.bigInt({ min: 1n, max: 10n ** 24n });
  const BALANCE = fc.bigInt({ min: -(2n ** 53n), max: 2n ** 53n });
  const WEIGHT_DOWN = fc.bigInt({ min: 0n, max: WAD });
  const WEIGHT_UP = fc.bigInt({ min: WAD, max: 3n * WAD });
  const TERMS: fc.Arbitrary<HealthTerms> = fc
    .record({ one: PRICES, other: PRICES, assetWeight: WEIGHT_DOWN, liabilityWeight: WEIGHT_UP })
    .map(({ one, other, ...weights }) => ({
      assetPrice: minOf(one, other),
      liabilityPrice: maxOf(one, other),
      ...weights,
    }));
  const AMOUNT = fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 2n ** 53n }));
  const exposure = (base: number, quote: number): fc.Arbitrary<BookExposure> =>
    fc.record({
      base: fc.constant(base),
      quote: fc.constant(quote),
      reservedBase: AMOUNT,
      reservedQuote: AMOUNT,
      highestBid: fc.option(fc.bigInt({ min: 1n, max: 10n ** 12n }), { nil: undefined }),
      lowestAsk: fc.option(fc.bigInt({ min: 1n, max: 10n ** 12n }), { nil: undefined }),
      lotSize: fc.bigInt({ min: 1n, max: 10n ** 9n }),
      feePpm: fc.bigInt({ min: 0n, max: 5000n }),
    });
  const ACCOUNT = fc.record({
    terms: fc.tuple(TERMS, TERMS, TERMS),
    balances: fc.tuple(BALANCE, BALANCE, BALANCE),
    exposures: fc.tuple(exposure(1, 0), exposure(2, 0), exposure(2, 1)),
  });
  const none = (one: BookExposure): BookExposure => ({ ...one, reservedBase: 0n, reservedQuote: 0n });

  it('never gains from the orders that are open', () => {
    fc.assert(
      fc.property(ACCOUNT, ({ terms, balances, exposures }) => {
        const without = healthOf(terms, balances, []) as bigint;
        expect(healthOf(terms, balances, exposures) as bigint).toBeLessThanOrEqual(without);
      }),
      { numRuns: 500 },
    );
  });

  it('does not change with an order book in which nothing is reserved', () => {
    fc.assert(
      fc.property(ACCOUNT, ({ terms, balances, exposures }) => {
        expect(healthOf(terms, balances, exposures.map(none))).toBe(healthOf(terms, balances, []));
      }),
    );
  });

  it('never gains from one more order in a book', () => {
    fc.assert(
      fc.property(ACCOUNT, AMOUNT, AMOUNT, ({ terms, balances, exposures }, base, quote) => {
        const [first, ...others] = exposures;
        const before = healthOf(terms, balances, [first, ...others]) as bigint;
        const sold = { ...first, reservedBase: first.reservedBase + base };
        const bought = { ...first, reservedQuote: first.reservedQuote + quote };
        // One value unit: what converted amounts are rounded by may fall on another side.
        expect(healthOf(terms, balances, [sold, ...others]) as bigint).toBeLessThanOrEqual(before + 1n);
        expect(healthOf(terms, balances, [bought, ...others]) as bigint).toBeLessThanOrEqual(before + 1n);
      }),
      { numRuns: 500 },
    );
  });

  it('never gains from a worse price of what is owned or owed', () => {
    fc.assert(
      fc.property(ACCOUNT, fc.nat(2), PRICES, ({ terms, balances }, index, step) => {
        const before = healthOf(terms, balances, []) as bigint;
        const known = terms[index] as HealthTerms;
        const lower = known.assetPrice > step ? known.assetPrice - step : 1n;
        const worse = { ...known, assetPrice: lower, liabilityPrice: known.liabilityPrice + step };
        expect(healthOf(terms.with(index, worse), balances, []) as bigint).toBeLessThanOrEqual(before);
      }),
    );
  });

  // With orders in several books it may: each book's outcome is weighed as if it came last.
  it('never falls with what is added, without orders and with orders in one book', () => {
    fc.assert(
      fc.property(ACCOUNT, fc.nat(2), AMOUNT, ({ terms, balances, exposures }, index, more) => {
        const richer = balances.with(index, (balances[index] as bigint) + more);
        expect(healthOf(terms, richer, []) as bigint).toBeGreaterThanOrEqual(healthOf(terms, balances, []) as bigint);
        const [orders] = exposures;
        const before = healthOf(terms, balances, [orders]) as bigint;
        // Every asset's value and the orders' effect are each rounded once.
        expect(healthOf(terms, richer, [orders]) as bigint).toBeGreaterThanOrEqual(before - 4n);
      }),
    );
  });

  it('is not helped by splitting what is owned and owed over two accounts', () => {
    fc.assert(
      fc.property(ACCOUNT, fc.tuple(BALANCE, BALANCE, BALANCE), ({ terms, balances }, other) => {
        const rest = balances.map((balance, index) => balance - (other[index] as bigint));
        const together = healthOf(terms, balances, []) as bigint;
        const apart = (healthOf(terms, other, []) as bigint) + (healthOf(terms, rest, []) as bigint);
        expect(apart).toBeLessThanOrEqual(together);
      }),
      { numRuns: 500 },
    );
  });

  it('is rounded against the account: never above the exact value, and below it by less than one unit for each part', () => {
    fc.assert(
      fc.property(ACCOUNT, ({ terms, balances }) => {
        const exact = balances.reduce((sum, balance, index) => {
          const { assetPrice, liabilityPrice, assetWeight, liabilityWeight } = terms[index] as HealthTerms;
          return sum + balance * (balance < 0n ? liabilityPrice * liabilityWeight : assetPrice * assetWeight);
        }, 0n);
        const health = (healthOf(terms, balances, []) as bigint) * WAD * WAD;
        expect(health).toBeLessThanOrEqual(exact);
        expect(exact - health).toBeLessThan(3n * WAD * WAD);
      }),
    );
  });

  it('is ordered: init ≤ liquidation end ≤ maint', () => {
    const ASSET = fc.record({
      prices: fc.tuple(PRICES, PRICES, PRICES),
      weights: fc.tuple(WEIGHT_DOWN, WEIGHT_DOWN, WEIGHT_UP, WEIGHT_UP),
      amounts: fc.tuple(AMOUNT, AMOUNT, AMOUNT),
      starts: fc.tuple(fc.option(AMOUNT, { nil: undefined }), fc.option(AMOUNT, { nil: undefined })),
      balance: BALANCE,
    });
    fc.assert(
      fc.property(fc.array(ASSET, { minLength: 1, maxLength: 4 }), (assets) => {
        const healthOfKind = (kind: 'init' | 'liquidationEnd' | 'maint') =>
          healthOf(
            assets.map(({ prices, weights, amounts, starts }) => {
              const [bid, ask] = [prices[0], prices[1]].sort((a, b) => (a < b ? -1 : 1)) as [bigint, bigint];
              const [initAssetWeight, maintAssetWeight] = [weights[0], weights[1]].sort((a, b) => (a < b ? -1 : 1));
              const [maintLiabilityWeight, initLiabilityWeight] = [weights[2], weights[3]].sort((a, b) =>
                a < b ? -1 : 1,
              );
              return termsOf(
                kind,
                { bid, ask, stable: prices[2] },
                {
                  initAssetWeight: initAssetWeight as bigint,
                  initLiabilityWeight: initLiabilityWeight as bigint,
                  maintAssetWeight: maintAssetWeight as bigint,
                  maintLiabilityWeight: maintLiabilityWeight as bigint,
                  depositScaleStart: starts[0],
                  borrowScaleStart: starts[1],
                  deposits: amounts[0],
                  potentialDeposits: amounts[1],
                  borrows: amounts[2],
                },
              );
            }),
            assets.map(({ balance }) => balance),
            [],
          ) as bigint;
        expect(healthOfKind('init')).toBeLessThanOrEqual(healthOfKind('liquidationEnd'));
        expect(healthOfKind('liquidationEnd')).toBeLessThanOrEqual(healthOfKind('maint'));
      }),
    );
  });
});
