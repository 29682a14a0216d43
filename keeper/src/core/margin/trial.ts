// What an account would have and which orders would be open, were something tried: nothing is touched.
import { type Exchange, reserveOf } from '../exchange.ts';
import { type Book, ordersOfAccount } from '../orderBook.ts';
import { orderAt } from '../orderPool.ts';

/** An order that is not open yet. `replaces`: slot of the open order whose place it takes; 0: none. */
export interface OrderOnTrial {
  readonly book: Book;
  readonly side: number;
  /** Worst price, in ticks. */
  readonly price: number;
  /** What it puts aside: quote units of a buy, base units of a sell. */
  readonly reserve: number;
  readonly feeLimitPpm: number;
  readonly replaces: number;
}

/** Ledger units that an account has more, or, negative, less of an asset. */
export interface BalanceChange {
  /** Index of the asset. */
  readonly asset: number;
  readonly units: bigint;
}

/** What is not so yet. `now` in milliseconds: the time of the newest command when left out. */
export interface Trial {
  readonly orders?: readonly OrderOnTrial[];
  readonly changes?: readonly BalanceChange[];
  readonly now?: number;
}

/** An account's open orders, with those on trial in the place of what they replace. */
export function* openOrdersOf(
  exchange: Exchange,
  account: number,
  onTrial: readonly OrderOnTrial[],
): Generator<Omit<OrderOnTrial, 'replaces'>> {
  for (const slot of ordersOfAccount(exchange.orders, exchange.ledger, account)) {
    if (onTrial.some(({ replaces }) => replaces === slot)) continue;
    const { book: index, side, price, remaining, feeLimitPpm } = orderAt(exchange.orders, slot);
    const book = exchange.books[index] as Book;
    yield { book, side, price, reserve: reserveOf(book, side, price, remaining, feeLimitPpm), feeLimitPpm };
  }
  yield* onTrial;
}
