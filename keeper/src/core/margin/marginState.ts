// What the exchange knows for the risk of margin accounts: terms from the Directory, prices from the oracle.
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

/**
 * What the Directory says about an asset. Millionths, in this order: initAsset ≤ maintAsset ≤ 1 ≤ maintLiability ≤ initLiability;
 * and a liquidation never makes things worse: (1 + fee) · initAsset ≤ 1, 1 + fee ≤ initLiability.
 */
export interface RiskTerms {
  readonly initAssetWeightPpm: number;
  readonly initLiabilityWeightPpm: number;
  readonly maintAssetWeightPpm: number;
  readonly maintLiabilityWeightPpm: number;
  readonly liquidationFeePpm: number;
  /** Value units: from so much held by margin accounts together on, the asset weight falls. */
  readonly depositScaleStart: bigint;
  /** Value units: from so much owed by them on, the liability weight grows. */
  readonly borrowScaleStart: bigint;
  /** Ledger units that all of them together may owe. */
  readonly borrowCap: bigint;
}

/** Ledger units of one asset, of one account or of all margin accounts. */
export interface Share {
  readonly held: bigint;
  readonly owed: bigint;
  /** What would be owed if all that orders have put aside were gone and nothing had come for it; never less than `owed`. */
  readonly mayOwe: bigint;
  /** What open orders bring in at their limit prices, the fees of buys included. */
  readonly arriving: bigint;
}

/** Of all margin accounts as they were when they were last counted; see marginTotals.ts. */
interface MarginTotals {
  /** By index of the asset; one that is missing is nothing. */
  readonly sums: Share[];
  /** By account: what of the sums is its own. */
  readonly shares: Map<number, readonly Share[]>;
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
  /** Since when it owes more than it owns is worth, in milliseconds; 0: it does not. Then nobody withdraws, for a time. */
  bankruptSince: number;
  /** undefined while our own books go on closing it. */
  settlement: Settlement | undefined;
}

/** Lists by index of the asset; undefined: nothing was said yet. */
export interface MarginState {
  readonly risks: (RiskTerms | undefined)[];
  readonly prices: (GuardedPrice | undefined)[];
  /** By account, in the order in which they began. */
  readonly liquidations: Map<number, Liquidation>;
  /** Until when withdrawals may be stopped, in milliseconds; 0: there is no reason now. */
  stopEnds: number;
  /** When they may be stopped for the whole time again. */
  stopsFullAt: number;
  /** Of `Ledger.marginAccounts`: which one is looked at next, and how many are still to be looked at. */
  nextLook: number;
  looksLeft: number;
  /** By credit tier: value units that one account may owe. */
  readonly debtLimits: Map<number, bigint>;
  readonly totals: MarginTotals;
  /** Time of the newest command, in milliseconds. */
  now: number;
}

export function createMarginState(): MarginState {
  return {
    risks: [],
    prices: [],
    liquidations: new Map(),
    stopEnds: 0,
    stopsFullAt: 0,
    nextLook: 0,
    looksLeft: 0,
    debtLimits: new Map(),
    totals: { sums: [], shares: new Map() },
    now: 0,
  };
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

/** How much of an asset margin accounts have and owe, in ledger units: what the scaling of init weights goes by. */
export type AssetAmounts = Pick<AssetRisk, 'deposits' | 'potentialDeposits' | 'borrows'>;

/**
 * Terms of every asset for one kind of health; undefined where the Directory's terms or a price that may be used are
 * missing. Without `amounts` weights are not scaled.
 */
export function marginTerms(
  margin: MarginState,
  {
    kind,
    now,
    assets,
    amounts = [],
  }: {
    readonly kind: HealthKind;
    readonly now: number;
    readonly assets: number;
    readonly amounts?: readonly AssetAmounts[];
  },
): (HealthTerms | undefined)[] {
  const isGood = (price: GuardedPrice) => (kind === 'init' ? isFresh(price, now) : isUsable(price, now));
  return termsWhere(margin, { kind, assets, amounts, isGood });
}

/** The same at the prices that were believed last, however old they are. */
export function lastTerms(margin: MarginState, kind: HealthKind, assets: number): (HealthTerms | undefined)[] {
  return termsWhere(margin, { kind, assets, amounts: [], isGood: () => true });
}

/** The price of an asset if something may be decided by it now. */
export function usablePrice({ prices, now }: MarginState, index: number): GuardedPrice | undefined {
  const price = prices[index];
  return price !== undefined && isUsable(price, now) ? price : undefined;
}

function termsWhere(
  { risks, prices }: MarginState,
  {
    kind,
    assets,
    amounts,
    isGood,
  }: {
    readonly kind: HealthKind;
    readonly assets: number;
    readonly amounts: readonly AssetAmounts[];
    readonly isGood: (price: GuardedPrice) => boolean;
  },
): (HealthTerms | undefined)[] {
  return Array.from({ length: assets }, (_, index) => {
    const risk = risks[index];
    const price = prices[index];
    if (risk === undefined || price === undefined || !isGood(price)) return undefined;
    const { bid, ask, stable } = price;
    return termsOf(kind, { bid, ask, stable: stable.price }, assetRiskOf(risk, amounts[index]));
  });
}

function assetRiskOf(risk: RiskTerms, amounts: AssetAmounts | undefined): AssetRisk {
  return {
    initAssetWeight: wadOfPpm(risk.initAssetWeightPpm),
    initLiabilityWeight: wadOfPpm(risk.initLiabilityWeightPpm),
    maintAssetWeight: wadOfPpm(risk.maintAssetWeightPpm),
    maintLiabilityWeight: wadOfPpm(risk.maintLiabilityWeightPpm),
    depositScaleStart: risk.depositScaleStart,
    borrowScaleStart: risk.borrowScaleStart,
    ...(amounts ?? { deposits: 0n, potentialDeposits: 0n, borrows: 0n }),
  };
}

function isTail({ risks }: MarginState, index: number): boolean {
  return (risks[index]?.initAssetWeightPpm ?? 0) < TAIL_WEIGHT_PPM;
}

/** From the Directory, which has checked their order: anything else is no Directory of ours. */
export function setRisk(margin: MarginState, index: number, risk: RiskTerms, where: string): void {
  const { initAssetWeightPpm, maintAssetWeightPpm, maintLiabilityWeightPpm, initLiabilityWeightPpm } = risk;
  const inOrder =
    initAssetWeightPpm <= maintAssetWeightPpm &&
    maintAssetWeightPpm <= PPM &&
    PPM <= maintLiabilityWeightPpm &&
    maintLiabilityWeightPpm <= initLiabilityWeightPpm;
  assert(inOrder, `${where}: weights out of order`);
  const withFeePpm = PPM + risk.liquidationFeePpm;
  const isFeeCovered = withFeePpm * initAssetWeightPpm <= PPM * PPM && withFeePpm <= initLiabilityWeightPpm;
  assert(isFeeCovered, `${where}: a liquidation fee of ${risk.liquidationFeePpm} ppm`);
  margin.risks[index] = risk;
}
