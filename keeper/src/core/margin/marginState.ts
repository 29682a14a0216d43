// What the exchange knows for the risk of margin accounts: weights from the Directory, prices from the oracle.
import { assert } from '../assertion.ts';
import { PPM } from '../assets.ts';
import type { PricesCommand } from '../commands.ts';
import type { CommandResult, CoreEvent } from '../events.ts';
import type { Ledger } from '../ledger.ts';
import {
  CONFIDENCE_LIMIT_PPM,
  type GuardedPrice,
  guardPrice,
  isFresh,
  isUsable,
  TAIL_CONFIDENCE_LIMIT_PPM,
} from '../oracle/priceGuard.ts';
import { wadOfPpm } from './fixedPoint.ts';
import { type AssetRisk, type HealthKind, type HealthTerms, termsOf } from './health.ts';

/** An asset that counts for less than half of its value is one of the tail. */
const TAIL_WEIGHT_PPM = PPM / 2;

/** Accounts that are liquidated at the same time: every checkpoint carries them. Others wait until one is done. */
export const LIQUIDATIONS_LIMIT = 256;

/** In millionths, as the Directory orders them: initAsset ≤ maintAsset ≤ 1 ≤ maintLiability ≤ initLiability. */
export interface AssetWeights {
  readonly initAssetWeightPpm: number;
  readonly initLiabilityWeightPpm: number;
  readonly maintAssetWeightPpm: number;
  readonly maintLiabilityWeightPpm: number;
}

/** What is to be closed outside of our books, in ledger units: at most `given` of an asset for at least `repaid` of a debt. */
export interface Settlement {
  /** Indices of assets. */
  readonly asset: number;
  readonly liability: number;
  readonly given: number;
  readonly repaid: number;
}

/** An account that is being liquidated. */
export interface Liquidation {
  /** Milliseconds. */
  readonly since: number;
  /** It owes more than it owns is worth: nobody withdraws until that is over. */
  bankrupt: boolean;
  /** undefined while our own books go on closing it. */
  settlement: Settlement | undefined;
}

/** Lists by index of the asset; undefined: nothing was said yet. */
export interface MarginState {
  readonly weights: (AssetWeights | undefined)[];
  readonly prices: (GuardedPrice | undefined)[];
  /** By account, in the order in which they began. */
  readonly liquidations: Map<number, Liquidation>;
  /** Of `Ledger.marginAccounts`: which one is looked at next, and how many are still to be looked at. */
  nextLook: number;
  looksLeft: number;
  /** Time of the newest command, in milliseconds. */
  now: number;
}

export function createMarginState(): MarginState {
  return { weights: [], prices: [], liquidations: new Map(), nextLook: 0, looksLeft: 0, now: 0 };
}

/** Takes in what the oracle saw. What cannot be believed changes nothing but is told. */
export function applyPrices(
  { margin, ledger }: { readonly margin: MarginState; readonly ledger: Ledger },
  { time: now, prices }: PricesCommand,
  events: CoreEvent[],
): CommandResult {
  for (const { asset, ...observation } of prices) {
    const index = ledger.assetById.get(asset);
    if (index === undefined) {
      events.push({ type: 'priceChanged', asset, verdict: 'price.unknownAsset', halted: false });
      continue;
    }
    const known = margin.prices[index];
    const confidenceLimitPpm = isTail(margin, index) ? TAIL_CONFIDENCE_LIMIT_PPM : CONFIDENCE_LIMIT_PPM;
    const verdict = guardPrice(known, observation, { now, confidenceLimitPpm });
    if ('price' in verdict) margin.prices[index] = verdict.price;
    if (verdict.code === 'accepted') lookAtAll(margin, ledger);
    const halted = margin.prices[index]?.halted ?? false;
    events.push({ type: 'priceChanged', asset, verdict: verdict.code, halted });
  }
  return { code: 'ok' };
}

/** Prices or weights changed: every margin account is to be looked at, from where the last look ended. */
export function lookAtAll(margin: MarginState, { marginAccounts }: Ledger): void {
  margin.looksLeft = marginAccounts.length;
}

/** Terms of every asset for one kind of health; undefined where weights or a price that may be used are missing. */
export function marginTerms(
  margin: MarginState,
  { kind, now, assets }: { readonly kind: HealthKind; readonly now: number; readonly assets: number },
): (HealthTerms | undefined)[] {
  return termsWhere(margin, kind, assets, (price) => (kind === 'init' ? isFresh(price, now) : isUsable(price, now)));
}

/** The same at the prices that were believed last, however old they are. */
export function lastTerms(margin: MarginState, kind: HealthKind, assets: number): (HealthTerms | undefined)[] {
  return termsWhere(margin, kind, assets, () => true);
}

/** The price of an asset if something may be decided by it now. */
export function usablePrice({ prices, now }: MarginState, index: number): GuardedPrice | undefined {
  const price = prices[index];
  return price !== undefined && isUsable(price, now) ? price : undefined;
}

function termsWhere(
  { weights, prices }: MarginState,
  kind: HealthKind,
  assets: number,
  isGood: (price: GuardedPrice) => boolean,
): (HealthTerms | undefined)[] {
  return Array.from({ length: assets }, (_, index) => {
    const weight = weights[index];
    const price = prices[index];
    if (weight === undefined || price === undefined || !isGood(price)) return undefined;
    return termsOf(kind, { bid: price.bid, ask: price.ask, stable: price.stable.price }, riskOfWeights(weight));
  });
}

/** Nothing is said yet about how much of an asset is too much: weights are not scaled. */
function riskOfWeights(weights: AssetWeights): AssetRisk {
  return {
    initAssetWeight: wadOfPpm(weights.initAssetWeightPpm),
    initLiabilityWeight: wadOfPpm(weights.initLiabilityWeightPpm),
    maintAssetWeight: wadOfPpm(weights.maintAssetWeightPpm),
    maintLiabilityWeight: wadOfPpm(weights.maintLiabilityWeightPpm),
    depositScaleStart: undefined,
    borrowScaleStart: undefined,
    deposits: 0n,
    potentialDeposits: 0n,
    borrows: 0n,
  };
}

function isTail({ weights }: MarginState, index: number): boolean {
  return (weights[index]?.initAssetWeightPpm ?? 0) < TAIL_WEIGHT_PPM;
}

/** From the Directory, which has checked their order: anything else is no Directory of ours. */
export function setWeights(margin: MarginState, index: number, weights: AssetWeights, where: string): void {
  const { initAssetWeightPpm, maintAssetWeightPpm, maintLiabilityWeightPpm, initLiabilityWeightPpm } = weights;
  const inOrder =
    initAssetWeightPpm <= maintAssetWeightPpm &&
    maintAssetWeightPpm <= PPM &&
    PPM <= maintLiabilityWeightPpm &&
    maintLiabilityWeightPpm <= initLiabilityWeightPpm;
  assert(inOrder, `${where}: weights out of order`);
  margin.weights[index] = weights;
}
