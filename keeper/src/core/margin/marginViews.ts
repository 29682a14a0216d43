// Prices and the risk of accounts as the API shows them. Reads only.
import { isPositiveSafe, MAX_SAFE } from '../assets.ts';
import { BUY, GOOD_TILL_CANCELLED, SELL } from '../commands.ts';
import { type Exchange, feeLimitOf, reserveOf } from '../exchange.ts';
import { type Asset, isMargin, NO_CREDIT } from '../ledger.ts';
import { VALUE_DECIMALS } from '../oracle/observe.ts';
import { type GuardedPrice, isFresh, isUsable } from '../oracle/priceGuard.ts';
import type { State } from '../state.ts';
import type {
  AccountView,
  AmountView,
  AssetView,
  LiquidationView,
  MarginHealthView,
  PriceView,
  SimulationView,
} from '../views.ts';
import { accountHealth, balancesOf, isFair } from './accountHealth.ts';
import { riskOf } from './accountRisk.ts';
import { debtLimitOf } from './credit.ts';
import { marginTerms, type RiskTerms } from './marginState.ts';
import type { OrderOnTrial, Trial } from './trial.ts';

/** As of `now` (milliseconds), in the order of listing. */
export function priceViews({ exchange }: State, now: number): PriceView[] {
  const { margin } = exchange;
  return exchange.ledger.assets.map(({ id, symbol, ledgerDecimals }, index) => {
    const price = margin.prices[index];
    const risk = margin.risks[index];
    return {
      asset: id,
      symbol,
      ledgerDecimals,
      valueDecimals: VALUE_DECIMALS,
      price:
        price === undefined
          ? null
          : {
              bid: String(price.bid),
              ask: String(price.ask),
              stable: String(price.stable.price),
              time: price.time,
            },
      status: statusOf(price, now),
      weights:
        risk === undefined
          ? null
          : {
              initAsset: risk.initAssetWeightPpm,
              initLiability: risk.initLiabilityWeightPpm,
              maintAsset: risk.maintAssetWeightPpm,
              maintLiability: risk.maintLiabilityWeightPpm,
            },
    };
  });
}

/** What the Directory says about an asset. */
export function riskView(risk: RiskTerms | undefined): AssetView['risk'] {
  if (risk === undefined) return null;
  const { depositScaleStart, borrowScaleStart, borrowCap, ...ppm } = risk;
  return {
    ...ppm,
    valueDecimals: VALUE_DECIMALS,
    depositScaleStart: String(depositScaleStart),
    borrowScaleStart: String(borrowScaleStart),
    borrowCap: String(borrowCap),
  };
}

/** Credit and health of a margin account; null: it is funded. */
export function marginView(exchange: Exchange, account: number, now: number): AccountView['margin'] {
  const { ledger } = exchange;
  if (!isMargin(ledger, account)) return null;
  const tier = ledger.creditTier[account] as number;
  return {
    tier: tier === NO_CREDIT ? 0 : tier,
    debtLimit: String(debtLimitOf(exchange, account)),
    ...marginHealthView(exchange, account, { now }),
    liquidation: liquidationView(exchange, account),
  };
}

function statusOf(price: GuardedPrice | undefined, now: number): PriceView['status'] {
  if (price === undefined) return 'unusable';
  if (price.halted) return 'halted';
  if (isFresh(price, now)) return 'fresh';
  return isUsable(price, now) ? 'stale' : 'unusable';
}

/** What is tried: units (decimal, perhaps negative) that are added to assets, and orders that are placed. */
export interface SimulatedChanges {
  readonly changes: readonly { readonly asset: number; readonly units: bigint }[];
  readonly orders: readonly {
    readonly book: number;
    readonly side: 'buy' | 'sell';
    /** Ticks. */
    readonly price: number;
    /** Lots. */
    readonly quantity: number;
  }[];
}

/** What the health of an account (its index in the ledger) would be. A code where there is no such asset, book or order. */
export function simulate(
  { exchange }: State,
  { account, now, changes, orders }: SimulatedChanges & { readonly account: number; readonly now: number },
): SimulationView | 'book.unknown' | 'asset.unknown' | 'order.notionalOutOfRange' {
  const { ledger, bookById } = exchange;
  const onTrial: OrderOnTrial[] = [];
  for (const { book: id, side: name, price, quantity } of orders) {
    const book = bookById.get(id);
    if (book === undefined) return 'book.unknown';
    const side = name === 'buy' ? BUY : SELL;
    const feeLimitPpm = feeLimitOf(book, GOOD_TILL_CANCELLED, 0);
    const reserve = reserveOf(book, side, price, quantity, feeLimitPpm);
    const isInRange = isPositiveSafe(price) && isPositiveSafe(quantity) && reserve <= MAX_SAFE;
    if (!isInRange) return 'order.notionalOutOfRange';
    onTrial.push({ book, side, price, reserve, feeLimitPpm, replaces: 0 });
  }
  const added: { asset: number; units: bigint }[] = [];
  for (const { asset, units } of changes) {
    const index = ledger.assetById.get(asset);
    if (index === undefined) return 'asset.unknown';
    added.push({ asset: index, units });
  }
  const trial = { orders: onTrial, changes: added, now };
  const before = accountHealth(exchange, account, 'init', { now });
  const after = accountHealth(exchange, account, 'init', trial);
  const isHelpful = before !== undefined && after !== undefined && after >= before;
  return {
    before: marginHealthView(exchange, account, { now }),
    after: marginHealthView(exchange, account, trial),
    allowed: after !== undefined && (after >= 0n || (isHelpful && onTrial.every((order) => isFair(exchange, order)))),
  };
}

export function marginHealthView(
  exchange: Exchange,
  account: number,
  trial: Trial & { readonly now: number },
): MarginHealthView {
  const text = (value: bigint | undefined) => (value === undefined ? null : String(value));
  const { margin, ledger } = exchange;
  const balances = balancesOf(exchange, account);
  for (const { asset, units } of trial.changes ?? []) balances[asset] = (balances[asset] as bigint) + units;
  const terms = marginTerms(margin, { kind: 'maint', now: trial.now, assets: ledger.assets.length });
  const risk = riskOf(terms, balances);
  return {
    valueDecimals: VALUE_DECIMALS,
    initHealth: text(accountHealth(exchange, account, 'init', trial)),
    maintHealth: text(accountHealth(exchange, account, 'maint', trial)),
    assets: text(risk?.assets),
    liabilities: text(risk?.liabilities),
    leveragePpm: text(risk?.leveragePpm),
    distanceToLiquidationPpm: text(risk?.distanceToLiquidationPpm),
  };
}

/** null while the account is not liquidated. */
export function liquidationView({ margin, ledger }: Exchange, account: number): LiquidationView | null {
  const liquidation = margin.liquidations.get(account);
  if (liquidation === undefined) return null;
  const amountOf = (index: number, units: number): AmountView => {
    const { id: asset, symbol, ledgerDecimals: decimals } = ledger.assets[index] as Asset;
    return { asset, symbol, decimals, amount: String(units) };
  };
  const { since, bankruptSince, settlement } = liquidation;
  const bankrupt = bankruptSince > 0;
  if (settlement === undefined) return { since, bankrupt, settlement: null };
  const { asset, liability, given, repaid } = settlement;
  return { since, bankrupt, settlement: { sell: amountOf(asset, given), buy: amountOf(liability, repaid) } };
}
