// What an account that is below 0 may trade at, by itself or in its liquidation.
import { MAX_SAFE } from '../assets.ts';
import { SELL } from '../commands.ts';
import type { Exchange } from '../exchange.ts';
import type { Book } from '../orderBook.ts';
import { divDown, divUp, minOf, PPM_ONE } from './fixedPoint.ts';
import { FACTOR_ONE, feeFactor } from './liquidation.ts';
import { type MarginState, usablePrice } from './marginState.ts';

/** What whoever takes a position over may earn at an asset; the Directory says so. */
export function liquidationFeePpm({ risks }: MarginState, asset: number): bigint {
  return BigInt(risks[asset]?.liquidationFeePpm ?? 0);
}

/** What he may earn when one of two assets is given for the other, in 10⁻¹². */
export function factorOf(margin: MarginState, one: number, other: number): bigint {
  return feeFactor(liquidationFeePpm(margin, one), liquidationFeePpm(margin, other));
}

/**
 * The worst price in ticks at which something is sold or bought for an account that is below 0: it gives at most what it gets,
 * after the highest fee that it may be charged, at oracle prices and times the fee factor. Rounded in its favour. undefined:
 * a price may not be used.
 */
export function worstFairPrice({ margin }: Exchange, book: Book, side: number, feePpm: number): number | undefined {
  const factor = factorOf(margin, book.base, book.quote);
  const base = usablePrice(margin, book.base);
  const quote = usablePrice(margin, book.quote);
  if (base === undefined || quote === undefined) return undefined;
  const lot = BigInt(book.lotSize);
  const tick = BigInt(book.tickSize);
  const fee = BigInt(feePpm);
  const ticks =
    side === SELL
      ? divUp(lot * base.bid * PPM_ONE * FACTOR_ONE, tick * (PPM_ONE - fee) * quote.ask * factor)
      : divDown(lot * base.ask * PPM_ONE * factor, tick * (PPM_ONE + fee) * quote.bid * FACTOR_ONE);
  return Number(minOf(ticks, BigInt(MAX_SAFE)));
}
