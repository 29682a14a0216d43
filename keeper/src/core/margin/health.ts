// How safe a margin account is: the weighted value of what it has, less the weighted value of what it owes, with its open
// orders resolved in the worst way. After Mango v4 (programs/mango-v4/src/health/cache.rs), in exact integers. Every
// rounding lowers the health. docs/margin.md publishes the formulas.
import { divDown, divUp, maxOf, minOf, PPM_ONE, WAD } from './fixedPoint.ts';

/** init: may an action add risk? maint: below 0 the account is liquidated. liquidationEnd: at 0 that ends. */
export type HealthKind = 'init' | 'maint' | 'liquidationEnd';

/** What the value of one ledger unit of an asset is now, in 10⁻¹⁸ value units; all above 0. */
export interface AssetPrices {
  /** From the oracle: what a large sale brings, and what a large purchase costs. bid ≤ ask. */
  readonly bid: bigint;
  readonly ask: bigint;
  /** Follows the oracle slowly. */
  readonly stable: bigint;
}

/** What the Directory says about an asset, and how much of it margin accounts hold and owe together, in ledger units. */
export interface AssetRisk {
  readonly initAssetWeight: bigint;
  readonly initLiabilityWeight: bigint;
  readonly maintAssetWeight: bigint;
  readonly maintLiabilityWeight: bigint;
  /** From this value on deposits and borrows are weighed worse. undefined: never. */
  readonly depositScaleStart: bigint | undefined;
  readonly borrowScaleStart: bigint | undefined;
  readonly deposits: bigint;
  /** What open orders may bring in. */
  readonly potentialDeposits: bigint;
  readonly borrows: bigint;
}

/** Prices and weights of one asset for one kind of health. Weights in 10⁻¹⁸. */
export interface HealthTerms {
  readonly assetPrice: bigint;
  readonly liabilityPrice: bigint;
  readonly assetWeight: bigint;
  readonly liabilityWeight: bigint;
}

/** What the open orders of one account in one book have put aside: base units of its sells, quote units of its buys. */
export interface BookExposure {
  /** Indices of assets. */
  readonly base: number;
  readonly quote: number;
  readonly reservedBase: bigint;
  readonly reservedQuote: bigint;
  /** Quote units for `lotSize` base units, of the account's best buy and best sell; undefined: not known. */
  readonly highestBid: bigint | undefined;
  readonly lowestAsk: bigint | undefined;
  readonly lotSize: bigint;
  /** The highest fee that a fill may be charged. */
  readonly feePpm: bigint;
}

/** Parts of a ledger unit in which converted amounts are counted. */
const FINE = 10n ** 9n;
/** Value of `fine amount · price · weight`. */
const FINE_VALUE = WAD * WAD * FINE;

/** Prices and weights that a kind of health uses. */
export function termsOf(kind: HealthKind, { bid, ask, stable }: AssetPrices, risk: AssetRisk): HealthTerms {
  if (kind === 'maint') {
    return {
      assetPrice: bid,
      liabilityPrice: ask,
      assetWeight: risk.maintAssetWeight,
      liabilityWeight: risk.maintLiabilityWeight,
    };
  }
  if (kind === 'liquidationEnd') {
    return {
      assetPrice: bid,
      liabilityPrice: ask,
      assetWeight: risk.initAssetWeight,
      liabilityWeight: risk.initLiabilityWeight,
    };
  }
  const scalePrice = maxOf(ask, stable);
  return {
    assetPrice: minOf(bid, stable),
    liabilityPrice: scalePrice,
    assetWeight: scaledAssetWeightDown(risk, scalePrice),
    liabilityWeight: scaledLiabilityWeightUp(risk, scalePrice),
  };
}

/** weight · min(1, depositScaleStart / ((deposits + potential) · price)) */
function scaledAssetWeightDown(risk: AssetRisk, price: bigint): bigint {
  const { initAssetWeight, depositScaleStart, deposits, potentialDeposits } = risk;
  if (depositScaleStart === undefined) return initAssetWeight;
  const held = (deposits + potentialDeposits) * price;
  const start = depositScaleStart * WAD;
  return held <= start ? initAssetWeight : divDown(initAssetWeight * start, held);
}

/** weight · max(1, borrows · price / borrowScaleStart). A start of 0 means a value of 1: weights stay finite. */
function scaledLiabilityWeightUp(risk: AssetRisk, price: bigint): bigint {
  const { initLiabilityWeight, borrowScaleStart, borrows } = risk;
  if (borrowScaleStart === undefined) return initLiabilityWeight;
  const owed = borrows * price;
  const start = maxOf(borrowScaleStart, 1n) * WAD;
  return owed <= start ? initLiabilityWeight : divUp(initLiabilityWeight * owed, start);
}

/** ⌊units · price · weight⌋ in value units. */
export function assetValueDown(units: bigint, price: bigint, weight: bigint): bigint {
  return divDown(units * price * weight, WAD * WAD);
}

/** ⌈units · price · weight⌉ in value units. */
export function liabilityValueUp(units: bigint, price: bigint, weight: bigint): bigint {
  return divUp(units * price * weight, WAD * WAD);
}

/**
 * Health in value units. `balances` are in ledger units, orders' reserves included, one for each asset; `terms` of an
 * asset whose price may not be used now are undefined: what is owned of it counts nothing. undefined: something is, or
 * might become, owed at a price that may not be used; then nothing can be said.
 *
 * health = Σ value(balance) − what the worst outcome of the open orders takes away. Worst, book by book: either all of its
 * orders become base, or all become quote, while those of all other books bring as much as they can of the asset, because
 * then what arrives weighs least.
 */
export function healthOf(
  terms: readonly (HealthTerms | undefined)[],
  balances: readonly bigint[],
  exposures: readonly BookExposure[],
): bigint | undefined {
  let health = 0n;
  for (const [asset, balance] of balances.entries()) {
    if (balance === 0n) continue;
    const known = terms[asset];
    if (known === undefined) {
      if (balance < 0n) return undefined;
    } else if (balance > 0n) {
      health += assetValueDown(balance, known.assetPrice, known.assetWeight);
    } else {
      health -= liabilityValueUp(-balance, known.liabilityPrice, known.liabilityWeight);
    }
  }
  if (exposures.length === 0) return health;
  const worst = ordersEffectDown(terms, balances, exposures);
  return worst === undefined ? undefined : health + worst;
}

interface Outcome {
  /** Fine units that arrive when all orders of the book become base or quote: from below, and from above. */
  readonly base: bigint;
  readonly quote: bigint;
}

/** What the worst outcome of the open orders adds to the health: at most 0. undefined as for `healthOf`. */
function ordersEffectDown(
  terms: readonly (HealthTerms | undefined)[],
  balances: readonly bigint[],
  exposures: readonly BookExposure[],
): bigint | undefined {
  const spot = balances.map((balance) => balance * FINE);
  const arriving = balances.map(() => 0n);
  const outcomes: Outcome[] = [];
  for (const exposure of exposures) {
    const { base, quote, reservedBase, reservedQuote } = exposure;
    spot[base] = (spot[base] as bigint) - reservedBase * FINE;
    spot[quote] = (spot[quote] as bigint) - reservedQuote * FINE;
    arriving[base] = (arriving[base] as bigint) + reservedBase * FINE;
    arriving[quote] = (arriving[quote] as bigint) + reservedQuote * FINE;
    const converted = conversionsDown(terms[base], terms[quote], exposure);
    // A conversion was rounded by less than one fine unit.
    if (converted.base > 0n) arriving[base] = (arriving[base] as bigint) + converted.base + 1n;
    if (converted.quote > 0n) arriving[quote] = (arriving[quote] as bigint) + converted.quote + 1n;
    outcomes.push({ base: reservedBase * FINE + converted.base, quote: reservedQuote * FINE + converted.quote });
  }

  const taken = takenValue(terms, balances, spot);
  if (taken === undefined) return undefined;
  let effect = taken;
  for (const [index, { base, quote }] of exposures.entries()) {
    const baseTerms = terms[base];
    const quoteTerms = terms[quote];
    // What comes back at an unknown price counts nothing, and that is the worse of the two.
    if (baseTerms === undefined || quoteTerms === undefined) continue;
    const outcome = outcomes[index] as Outcome;
    effect += minOf(
      arrivalValue(baseTerms, (spot[base] as bigint) + (arriving[base] as bigint), outcome.base),
      arrivalValue(quoteTerms, (spot[quote] as bigint) + (arriving[quote] as bigint), outcome.quote),
    );
  }
  return divDown(effect, FINE_VALUE);
}

/** What the balances lose in fine value when only `spot` is left of them; undefined: something would be owed at an unknown price. */
function takenValue(
  terms: readonly (HealthTerms | undefined)[],
  balances: readonly bigint[],
  spot: readonly bigint[],
): bigint | undefined {
  let taken = 0n;
  for (const [asset, left] of spot.entries()) {
    const known = terms[asset];
    const whole = (balances[asset] as bigint) * FINE;
    if (known === undefined) {
      if (left < 0n) return undefined;
    } else if (left !== whole) {
      taken += fineValue(known, left) - fineValue(known, whole);
    }
  }
  return taken;
}

/** Fine units of base that the buys bring, and of quote that the sells bring: at the worse of oracle and own best price. */
function conversionsDown(
  base: HealthTerms | undefined,
  quote: HealthTerms | undefined,
  exposure: BookExposure,
): Outcome {
  if (base === undefined || quote === undefined) return { base: 0n, quote: 0n };
  const { reservedBase, reservedQuote, highestBid, lowestAsk, lotSize, feePpm } = exposure;
  const kept = PPM_ONE - feePpm;
  const paid = reservedQuote * FINE * kept;
  const sold = reservedBase * FINE * kept;
  let bought = divDown(paid * quote.assetPrice, base.liabilityPrice * PPM_ONE);
  if (highestBid !== undefined) bought = minOf(bought, divDown(paid * lotSize, highestBid * PPM_ONE));
  let earned = divDown(sold * base.assetPrice, quote.liabilityPrice * PPM_ONE);
  if (lowestAsk !== undefined) earned = minOf(earned, divDown(sold * lowestAsk, lotSize * PPM_ONE));
  return { base: bought, quote: earned };
}

/** Exact, in 1 / `FINE_VALUE`. */
function fineValue({ assetPrice, liabilityPrice, assetWeight, liabilityWeight }: HealthTerms, fine: bigint): bigint {
  return fine >= 0n ? fine * assetPrice * assetWeight : fine * liabilityPrice * liabilityWeight;
}

/** What `amount` adds as the last part of `total`: first it pays what is owed. Exact, in 1 / `FINE_VALUE`. */
function arrivalValue(terms: HealthTerms, total: bigint, amount: bigint): bigint {
  return fineValue(terms, total) - fineValue(terms, total - amount);
}
