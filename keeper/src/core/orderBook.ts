// Books: price levels, each with a queue of orders in the order of arrival, and every account's list of its orders.
// Nothing here knows money; match.ts does.
import { assert } from './assertion.ts';
import { BUY } from './commands.ts';
import type { Ledger } from './ledger.ts';
import {
  closeLevel,
  createLevels,
  type Levels,
  levelSlot,
  NO_ASK,
  NO_BID,
  openLevel,
  priceAbove,
  priceBelow,
} from './levels.ts';
import {
  ACCOUNT,
  enterId,
  FEE_AND_SIDE,
  forgetIds,
  freeSlot,
  INTEGERS,
  NEXT,
  NEXT_OF_ACCOUNT,
  NUMBERS,
  type OrderPool,
  PREVIOUS,
  PREVIOUS_OF_ACCOUNT,
  PRICE,
} from './orderPool.ts';

/** Most open orders of all books together: about 500 MB. More are refused with `book.full`. */
export const OPEN_ORDER_LIMIT = 4_194_304;

/** Statuses of a book, as the Directory numbers them: 1 is post-only and 2 cancel-only, which both take no orders yet. */
export const BOOK_OPEN = 0;
export const BOOK_CLOSED = 3;

export interface Book {
  /** Number in the Directory; never 0. */
  readonly id: number;
  /** Index in `Exchange.books`. */
  readonly index: number;
  /** Indices in `Ledger.assets`. */
  readonly base: number;
  readonly quote: number;
  /** Base units per lot. */
  readonly lotSize: number;
  /** Quote units per (lot × tick). */
  readonly tickSize: number;
  makerFeePpm: number;
  takerFeePpm: number;
  status: number;
  /** `NO_BID` and `NO_ASK` when a side is empty. */
  bestBid: number;
  bestAsk: number;
  readonly levels: Levels;
}

export function createBook(listing: Pick<Book, 'id' | 'index' | 'base' | 'quote' | 'lotSize' | 'tickSize'>): Book {
  return {
    ...listing,
    makerFeePpm: 0,
    takerFeePpm: 0,
    status: BOOK_CLOSED,
    bestBid: NO_BID,
    bestAsk: NO_ASK,
    levels: createLevels(),
  };
}

/** Puts an order whose record is filled at the back of its price level and of its account's list. */
export function linkOrder(orders: OrderPool, book: Book, ledger: Ledger, slot: number): void {
  const { integers, numbers } = orders;
  const at = slot * INTEGERS;
  const price = numbers[slot * NUMBERS + PRICE] as number;
  const level = openLevel(book.levels, price);
  const { ends } = book.levels;
  const last = ends[2 * level + 1] as number;
  integers[at + PREVIOUS] = last;
  integers[at + NEXT] = 0;
  if (last === 0) ends[2 * level] = slot;
  else integers[last * INTEGERS + NEXT] = slot;
  ends[2 * level + 1] = slot;
  if (((integers[at + FEE_AND_SIDE] as number) & 1) === BUY) {
    if (price > book.bestBid) book.bestBid = price;
  } else if (price < book.bestAsk) {
    book.bestAsk = price;
  }

  const account = integers[at + ACCOUNT] as number;
  const newest = ledger.lastOrder[account] as number;
  integers[at + PREVIOUS_OF_ACCOUNT] = newest;
  integers[at + NEXT_OF_ACCOUNT] = 0;
  if (newest === 0) ledger.firstOrder[account] = slot;
  else integers[newest * INTEGERS + NEXT_OF_ACCOUNT] = slot;
  ledger.lastOrder[account] = slot;
  enterId(orders, slot);
}

/** Takes an order out of its level, and the level out of the book when it was the last one. */
export function unlinkFromLevel(orders: OrderPool, book: Book, slot: number): void {
  const { integers } = orders;
  const before = integers[slot * INTEGERS + PREVIOUS] as number;
  const after = integers[slot * INTEGERS + NEXT] as number;
  if (before !== 0) integers[before * INTEGERS + NEXT] = after;
  if (after !== 0) integers[after * INTEGERS + PREVIOUS] = before;
  if (before !== 0 && after !== 0) return;

  const price = orders.numbers[slot * NUMBERS + PRICE] as number;
  if (before === 0 && after === 0) {
    dropLevel(book, price);
    return;
  }
  const level = levelSlot(book.levels, price);
  if (before === 0) book.levels.ends[2 * level] = after;
  else book.levels.ends[2 * level + 1] = before;
}

/** Removes an empty level and moves the best price on, if it was the best. */
export function dropLevel(book: Book, price: number): void {
  closeLevel(book.levels, price);
  if (price === book.bestBid) book.bestBid = priceBelow(book.levels, price);
  else if (price === book.bestAsk) book.bestAsk = priceAbove(book.levels, price);
}

/** The end of an order that is already out of its level: its account and the tables forget it, its slot is free. */
export function dropOrder(orders: OrderPool, ledger: Ledger, slot: number): void {
  const { integers } = orders;
  const at = slot * INTEGERS;
  const account = integers[at + ACCOUNT] as number;
  const older = integers[at + PREVIOUS_OF_ACCOUNT] as number;
  const newer = integers[at + NEXT_OF_ACCOUNT] as number;
  if (older === 0) ledger.firstOrder[account] = newer;
  else integers[older * INTEGERS + NEXT_OF_ACCOUNT] = newer;
  if (newer === 0) ledger.lastOrder[account] = older;
  else integers[newer * INTEGERS + PREVIOUS_OF_ACCOUNT] = older;
  forgetIds(orders, slot);
  freeSlot(orders, slot);
}

/** Walks one side of a book in price-time priority. */
export function* ordersOf(orders: OrderPool, book: Book, side: number): Generator<number> {
  let price = side === BUY ? book.bestBid : book.bestAsk;
  while (price !== NO_BID && price !== NO_ASK) {
    let slot = book.levels.ends[2 * levelSlot(book.levels, price)] as number;
    assert(slot !== 0, `book ${book.id} has an empty level at ${price}`);
    for (; slot !== 0; slot = orders.integers[slot * INTEGERS + NEXT] as number) yield slot;
    price = side === BUY ? priceBelow(book.levels, price) : priceAbove(book.levels, price);
  }
}

/** Walks the open orders of an account, oldest first. */
export function* ordersOfAccount(orders: OrderPool, ledger: Ledger, account: number): Generator<number> {
  let slot = ledger.firstOrder[account] as number;
  while (slot !== 0) {
    const newer = orders.integers[slot * INTEGERS + NEXT_OF_ACCOUNT] as number;
    yield slot;
    slot = newer;
  }
}
