// Prices as the API shows them. Reads only.
import { VALUE_DECIMALS } from '../oracle/observe.ts';
import { type GuardedPrice, isFresh, isUsable } from '../oracle/priceGuard.ts';
import type { State } from '../state.ts';
import type { PriceView } from '../views.ts';

/** As of `now` (milliseconds), in the order of listing. */
export function priceViews({ exchange }: State, now: number): PriceView[] {
  const { margin } = exchange;
  return exchange.ledger.assets.map(({ id, symbol, ledgerDecimals }, index) => {
    const price = margin.prices[index];
    const weights = margin.weights[index];
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
        weights === undefined
          ? null
          : {
              initAsset: weights.initAssetWeightPpm,
              initLiability: weights.initLiabilityWeightPpm,
              maintAsset: weights.maintAssetWeightPpm,
              maintLiability: weights.maintLiabilityWeightPpm,
            },
    };
  });
}

function statusOf(price: GuardedPrice | undefined, now: number): PriceView['status'] {
  if (price === undefined) return 'unusable';
  if (price.halted) return 'halted';
  if (isFresh(price, now)) return 'fresh';
  return isUsable(price, now) ? 'stale' : 'unusable';
}
