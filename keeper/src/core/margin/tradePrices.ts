// What our own books say of a price. It may only make it worse for an account, only where the account adds risk, and not by
// much: who trades with himself could otherwise lend himself more, or have others liquidated.
import type { Exchange } from '../exchange.ts';
import { FRESH_MS, MOVE_LIMIT_PPM } from '../oracle/priceGuard.ts';
import type { Book } from '../orderBook.ts';
import { divDown, divUp, maxOf, minOf, PPM_ONE } from './fixedPoint.ts';
import type { HealthTerms } from './health.ts';

/**
 * Of each book that traded within a minute: what the newest trade says of its base, as far as that is no more than a tenth
 * from the oracle. `terms` of kind init, by asset.
 */
export function worsenByTrades({ books, margin }: Exchange, terms: (HealthTerms | undefined)[], now: number): void {
  const oracle = [...terms];
  for (const book of books) {
    if (book.lastPrice === 0 || now - book.lastTime > FRESH_MS) continue;
    const base = terms[book.base];
    const quote = oracle[book.quote];
    const price = margin.prices[book.base];
    if (base === undefined || quote === undefined || price === undefined) continue;
    const lowest = divUp(price.bid * (PPM_ONE - MOVE_LIMIT_PPM), PPM_ONE);
    const highest = divDown(price.ask * (PPM_ONE + MOVE_LIMIT_PPM), PPM_ONE);
    const { numerator, denominator } = tradeOf(book);
    terms[book.base] = {
      ...base,
      assetPrice: minOf(base.assetPrice, maxOf(divDown(numerator * quote.assetPrice, denominator), lowest)),
      liabilityPrice: maxOf(base.liabilityPrice, minOf(divUp(numerator * quote.liabilityPrice, denominator), highest)),
    };
  }
}

/** Quote units per base unit. */
function tradeOf({ lastPrice, tickSize, lotSize }: Book): { readonly numerator: bigint; readonly denominator: bigint } {
  return { numerator: BigInt(lastPrice) * BigInt(tickSize), denominator: BigInt(lotSize) };
}
