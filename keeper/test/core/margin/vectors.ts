// Health of three assets and two books, in numbers that people read: Mango v4's own tests, from which the vectors come, and
// ours. T1 is the quote of both books.
import { WAD, wadOfPpm } from '../../../src/core/margin/fixedPoint.ts';
import {
  type AssetPrices,
  type AssetRisk,
  type BookExposure,
  type HealthKind,
  type HealthTerms,
  healthOf,
  termsOf,
} from '../../../src/core/margin/health.ts';

/** Ledger and value units of one whole asset and one whole dollar. */
export const ONE = 1_000_000_000n;

export interface AssetCase {
  readonly price: number;
  readonly stable?: number;
  readonly init: readonly [asset: number, liability: number];
  readonly maint?: readonly [asset: number, liability: number];
  readonly deposits?: number;
  readonly potential?: number;
  readonly borrows?: number;
  readonly depositStart?: number;
  readonly borrowStart?: number;
}

/** Reserved in one book: of T1 and of the other asset. */
export interface OrdersCase {
  readonly reserved: readonly [t1: number, other: number];
  readonly highestBid?: number;
  readonly lowestAsk?: number;
}

export interface HealthCase {
  readonly name: string;
  /** Without what is reserved for orders. */
  readonly balances: readonly number[];
  readonly book12?: OrdersCase;
  readonly book13?: OrdersCase;
  readonly assets?: readonly Partial<AssetCase>[];
  readonly health: number;
}

const ASSETS: readonly AssetCase[] = [
  { price: 1, init: [0.8, 1.2], maint: [0.9, 1.1] },
  { price: 5, init: [0.5, 1.5], maint: [0.7, 1.3] },
  { price: 10, init: [0.5, 1.5], maint: [0.7, 1.3] },
];

export function units(amount: number): bigint {
  return BigInt(Math.round(amount * 1e9));
}

export function wad(ratio: number): bigint {
  return wadOfPpm(Math.round(ratio * 1e6));
}

export function pricesOf({ price, stable = price }: AssetCase): AssetPrices {
  return { bid: price18(price), ask: price18(price), stable: price18(stable) };
}

export function price18(price: number): bigint {
  return (BigInt(Math.round(price * 1e9)) * WAD) / ONE;
}

export function riskOfCase({ init, maint = init, ...scale }: AssetCase): AssetRisk {
  const optional = (amount: number | undefined) => (amount === undefined ? undefined : units(amount));
  return {
    initAssetWeight: wad(init[0]),
    initLiabilityWeight: wad(init[1]),
    maintAssetWeight: wad(maint[0]),
    maintLiabilityWeight: wad(maint[1]),
    depositScaleStart: optional(scale.depositStart),
    borrowScaleStart: optional(scale.borrowStart),
    deposits: units(scale.deposits ?? 0),
    potentialDeposits: units(scale.potential ?? 0),
    borrows: units(scale.borrows ?? 0),
  };
}

export function termsOfCases(kind: HealthKind, changes: readonly Partial<AssetCase>[] = []): HealthTerms[] {
  return ASSETS.map((asset, index) => {
    const changed = { ...asset, ...changes[index] };
    return termsOf(kind, pricesOf(changed), riskOfCase(changed));
  });
}

function exposureOf(other: number, { reserved, highestBid, lowestAsk }: OrdersCase): BookExposure {
  const optional = (price: number | undefined) => (price === undefined ? undefined : units(price));
  return {
    base: other,
    quote: 0,
    reservedBase: units(reserved[1]),
    reservedQuote: units(reserved[0]),
    highestBid: optional(highestBid),
    lowestAsk: optional(lowestAsk),
    lotSize: ONE,
    feePpm: 0n,
  };
}

/** Health in dollars. */
export function healthOfCase({ balances, book12, book13, assets }: HealthCase, kind: HealthKind = 'init'): number {
  const exposures: BookExposure[] = [];
  if (book12 !== undefined) exposures.push(exposureOf(1, book12));
  if (book13 !== undefined) exposures.push(exposureOf(2, book13));
  const whole = balances.map(units);
  for (const { base, quote, reservedBase, reservedQuote } of exposures) {
    whole[base] = (whole[base] as bigint) + reservedBase;
    whole[quote] = (whole[quote] as bigint) + reservedQuote;
  }
  return Number(healthOf(termsOfCases(kind, assets), whole, exposures)) / Number(ONE);
}

/**
 * Mango v4, programs/mango-v4/src/health/cache.rs, test_health1, the cases without perpetual markets, by their numbers
 * there.
 */
export const MANGO_CASES: readonly HealthCase[] = [
  {
    name: '6: reserved funds',
    balances: [-100, -10, -10],
    book12: { reserved: [1, 1] },
    book13: { reserved: [1, 1] },
    health: -100 * 1.2 - 10 * 5 * 1.5 - 10 * 10 * 1.5 + (1 + 5) * 1.2 + (1 + 10) * 1.2,
  },
  {
    name: '7: reserved funds that cross zero',
    balances: [-14, -10, -10],
    book12: { reserved: [1, 1] },
    book13: { reserved: [1, 1] },
    health: -14 * 1.2 - 10 * 5 * 1.5 - 10 * 10 * 1.5 + 3 * 1.2 + 3 * 0.8 + 8 * 1.2 + 3 * 0.8,
  },
  {
    name: '8: reserved funds that are worth less as T3',
    balances: [-100, -100, -1],
    book12: { reserved: [0, 0] },
    book13: { reserved: [10, 1] },
    health: -865,
  },
  {
    name: '9: as 8, but the other book turns it',
    balances: [-100, -100, -1],
    book12: { reserved: [100, 0] },
    book13: { reserved: [10, 1] },
    health: -100 * 1.2 - 100 * 5 * 1.5 - 10 * 1.5 + 80 * 1.2 + 20 * 0.8 + 20 * 0.8,
  },
  {
    name: '10: deposits above where their weight shrinks',
    balances: [100, 100, 100],
    assets: [
      { deposits: 100, depositStart: 1000 },
      { deposits: 1500, depositStart: 5000 },
      { deposits: 10_000, depositStart: 10_000 },
    ],
    health: 0.8 * 100 + 0.5 * 500 * (5000 / 7500) + 0.5 * 1000 * 0.1,
  },
  {
    name: '11: borrows above where their weight grows',
    balances: [-100, -100, -100],
    assets: [
      { borrows: 100, borrowStart: 1000 },
      { borrows: 1500, borrowStart: 5000 },
      { borrows: 10_000, borrowStart: 10_000 },
    ],
    health: -1.2 * 100 - 1.5 * 500 * 1.5 - 1.5 * 1000 * 10,
  },
  {
    name: '14: own best prices beyond the oracle',
    balances: [-100, -10, 0],
    book12: { reserved: [1, 1], lowestAsk: 3 },
    book13: { reserved: [11, 1], highestBid: 12 },
    health: -100 * 1.2 - 10 * 5 * 1.5 + (1 + 3) * 1.2 + (11 / 12 + 1) * 10 * 0.5,
  },
  {
    name: '15: own best prices on the near side of the oracle',
    balances: [-100, -10, 0],
    book12: { reserved: [1, 1], lowestAsk: 6 },
    book13: { reserved: [11, 1], highestBid: 9 },
    health: -177.3,
  },
  {
    name: '16: sells of what is owned',
    balances: [100, 100, 100],
    book12: { reserved: [0, 100] },
    book13: { reserved: [0, 100] },
    health: 1580,
  },
  {
    name: '17: what orders may bring counts as deposits',
    balances: [100, 100, 100],
    book12: { reserved: [0, 100] },
    book13: { reserved: [0, 100] },
    assets: [
      {},
      { deposits: 100, depositStart: 500, potential: 100 },
      { deposits: 600, depositStart: 5000, potential: 100 },
    ],
    health: 80 + 250 * 0.5 + 500 * (500 / 700) + 250 * 0.5 + 500 * (500 / 700),
  },
];
