// Health in integers against health in fractions that are never rounded: every kind, scaled weights, orders in several books.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUY, SELL } from '../../../src/core/commands.ts';
import { maxOf, minOf, wadOfPpm } from '../../../src/core/margin/fixedPoint.ts';
import {
  type AssetPrices,
  type BookExposure,
  type HealthKind,
  healthOf,
  termsOf,
} from '../../../src/core/margin/health.ts';
import { type Fraction, fraction, isLess, lesser, minus, over, times, whole } from '../../support/fraction.ts';
import { createNaive, type NaiveAsset, type NaiveBook } from '../../support/naiveEngine.ts';
import { type Exposure, naiveHealthOf, type Terms } from '../../support/naiveMargin.ts';

const WAD = 10n ** 18n;
const PPM = 1_000_000;
const OWNER = 'somebody';
/** Up to a billion dollars of an asset, and prices from a millionth of a dollar to a thousand for a ledger unit. */
const AMOUNT = fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 10n ** 12n }));
const PRICE = fc.bigInt({ min: 10n ** 18n, max: 10n ** 21n });
/** A million dollars and more, or never: from a few cents on weights would be so large that every digit counts. */
const START = fc.option(fc.bigInt({ min: 10n ** 12n, max: 10n ** 15n }), { nil: undefined });

interface AssetCase {
  readonly prices: AssetPrices;
  readonly weightsPpm: readonly [initAsset: number, maintAsset: number, maintLiability: number, initLiability: number];
  readonly depositScaleStart: bigint | undefined;
  readonly borrowScaleStart: bigint | undefined;
  readonly deposits: bigint;
  readonly potentialDeposits: bigint;
  readonly borrows: bigint;
  readonly balance: bigint;
}

const ASSET: fc.Arbitrary<AssetCase> = fc.record({
  prices: fc.tuple(PRICE, PRICE, PRICE).map(([one, other, stable]) => ({
    bid: minOf(one, other),
    ask: maxOf(one, other),
    stable,
  })),
  weightsPpm: fc
    .tuple(fc.nat(PPM), fc.nat(PPM), fc.nat(PPM), fc.nat(PPM))
    .map(([a, b, c, d]) => [Math.min(a, b), Math.max(a, b), PPM + Math.min(c, d), PPM + Math.max(c, d)] as const),
  depositScaleStart: START,
  borrowScaleStart: START,
  deposits: AMOUNT,
  potentialDeposits: AMOUNT,
  borrows: AMOUNT,
  balance: fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }),
});

/** Base and quote of each book, as indices of assets. */
const PAIRS = [
  [1, 0],
  [2, 0],
  [2, 1],
] as const;
const LOT_SIZES = [1_000_000n, 1n, 1_000n];
const TICK_SIZES = [10n, 1n, 3n];
const ORDER = fc.record({
  book: fc.nat(PAIRS.length - 1),
  side: fc.constantFrom(BUY, SELL),
  price: fc.bigInt({ min: 1n, max: 10n ** 9n }),
  reserve: AMOUNT,
  feeLimitPpm: fc.bigInt({ min: 0n, max: 5_000n }),
});
type OrderCase = typeof ORDER extends fc.Arbitrary<infer T> ? T : never;

/** As `health.ts` is told of them. */
function integerHealth(kind: HealthKind, assets: readonly AssetCase[], orders: readonly OrderCase[]): bigint {
  const terms = assets.map(({ prices, weightsPpm, balance: _, ...amounts }) => {
    const [initAssetWeight, maintAssetWeight, maintLiabilityWeight, initLiabilityWeight] = weightsPpm.map(wadOfPpm) as [
      bigint,
      bigint,
      bigint,
      bigint,
    ];
    const weights = { initAssetWeight, maintAssetWeight, maintLiabilityWeight, initLiabilityWeight };
    return termsOf(kind, prices, { ...weights, ...amounts });
  });
  const exposures = PAIRS.flatMap(([base, quote], book): BookExposure[] => {
    const own = orders.filter((order) => order.book === book);
    if (own.length === 0) return [];
    const of = (side: number) => own.filter((order) => order.side === side);
    const reserved = (side: number) => of(side).reduce((sum, { reserve }) => sum + reserve, 0n);
    const prices = (side: number) =>
      of(side)
        .map(({ price }) => price * (TICK_SIZES[book] as bigint))
        .sort((a, b) => (a < b ? -1 : 1));
    return [
      {
        base,
        quote,
        reservedBase: reserved(SELL),
        reservedQuote: reserved(BUY),
        highestBid: prices(BUY).at(-1),
        lowestAsk: prices(SELL)[0],
        lotSize: LOT_SIZES[book] as bigint,
        feePpm: own.reduce((most, { feeLimitPpm }) => maxOf(feeLimitPpm, most), 0n),
      },
    ];
  });
  const balances = assets.map(({ balance }) => balance);
  return healthOf(terms, balances, exposures) as bigint;
}

/** From the table and the formulas of docs/margin.md. */
function exactTerms(kind: HealthKind, asset: AssetCase): Terms {
  const { bid, ask, stable } = asset.prices;
  const price = (wad: bigint) => fraction(wad, WAD);
  const [initAsset, maintAsset, maintLiability, initLiability] = asset.weightsPpm.map((ppm) =>
    fraction(BigInt(ppm), BigInt(PPM)),
  ) as [Fraction, Fraction, Fraction, Fraction];
  if (kind === 'maint')
    return { owned: price(bid), owed: price(ask), ownedWeight: maintAsset, owedWeight: maintLiability };
  if (kind === 'liquidationEnd')
    return { owned: price(bid), owed: price(ask), ownedWeight: initAsset, owedWeight: initLiability };
  const high = price(maxOf(stable, ask));
  const low = price(minOf(stable, bid));
  const held = times(whole(asset.deposits + asset.potentialDeposits), high);
  const borrowed = times(whole(asset.borrows), high);
  const { depositScaleStart: depositStart, borrowScaleStart: borrowStart } = asset;
  const one = whole(1n);
  const less = depositStart === undefined || held.above === 0n ? one : lesser(one, over(whole(depositStart), held));
  const more = borrowStart === undefined ? one : over(borrowed, whole(borrowStart));
  return {
    owned: low,
    owed: high,
    ownedWeight: times(initAsset, less),
    owedWeight: times(initLiability, isLess(more, one) ? one : more),
  };
}

function exactHealth(kind: HealthKind, cases: readonly AssetCase[], orders: readonly OrderCase[]): Fraction {
  const naive = createNaive();
  const assets = cases.map(({ balance }, id): NaiveAsset => {
    const asset = { id, symbol: String(id), ledgerDecimals: 18 };
    naive.assets.set(id, asset);
    naive.balances.set(`${OWNER}|${id}`, balance);
    return asset;
  });
  const books = PAIRS.map(([base, quote], index): Partial<NaiveBook> => {
    const [lotSize, tickSize] = [LOT_SIZES[index] as bigint, TICK_SIZES[index] as bigint];
    return { base: assets[base] as NaiveAsset, quote: assets[quote] as NaiveAsset, lotSize, tickSize };
  });
  const open = orders.map((order): Exposure => ({ ...order, book: books[order.book] as NaiveBook }));
  return naiveHealthOf(naive, OWNER, open, ({ id }) => exactTerms(kind, cases[id] as AssetCase)) as Fraction;
}

describe('health in integers', () => {
  it.each(['init', 'maint', 'liquidationEnd'] as const)(
    'is never above the exact one, nor below it by more than rounding (%s)',
    (kind) => {
      const CASE = fc.record({ assets: fc.tuple(ASSET, ASSET, ASSET), orders: fc.array(ORDER, { maxLength: 8 }) });
      fc.assert(
        fc.property(CASE, ({ assets, orders }) => {
          const exact = exactHealth(kind, assets, orders);
          const rounded = whole(integerHealth(kind, assets, orders));
          expect(isLess(exact, rounded)).toBe(false);
          // One unit for each asset, one for the orders together, and one for the last digit of scaled weights.
          expect(isLess(minus(exact, rounded), whole(5n))).toBe(true);
        }),
        { numRuns: 1_000 },
      );
    },
  );
});
