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
  accountAt,
  appendToQueue,
  enterId,
  forgetOrder,
  freeSlot,
  idAt,
  insertIntoAccount,
  linkAccount,
  linkQueue,
  newerAt,
  nextAt,
  type OrderPool,
  olderAt,
  previousAt,
  priceAt,
  sideOf,
  termsAt,
} from './orderPool.ts';

/** Most open orders of all books together: about 500 MB. More are refused with `book.full`. */
export const OPEN_ORDER_LIMIT = 4_194_304;

// Statuses of a book, as the Directory numbers them.
export const BOOK_OPEN = 0;
/** Takes post-only orders, and amends of them that cross nothing. */
export const BOOK_POST_ONLY = 1;
/** Takes no orders; amends only make them smaller. */
export const BOOK_CANCEL_ONLY = 2;
/** Holds no orders: they were cancelled when it was closed. */
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
  /** Ticks of the newest trade, 0 before there is one, and its time in milliseconds. */
  lastPrice: number;
  lastTime: number;
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
    lastPrice: 0,
    lastTime: 0,
    levels: createLevels(),
  };
}

/** Puts an order at the back of its price level. */
export function joinLevel(orders: OrderPool, book: Book, slot: number): void {
  const price = priceAt(orders, slot);
  const level = openLevel(book.levels, price);
  const { ends } = book.levels;
  const last = ends[2 * level + 1] as number;
  appendToQueue(orders, last, slot);
  if (last === 0) ends[2 * level] = slot;
  ends[2 * level + 1] = slot;
  if (sideOf(termsAt(orders, slot)) === BUY) {
    if (price > book.bestBid) book.bestBid = price;
  } else if (price < book.bestAsk) {
    book.bestAsk = price;
  }
}

/**
 * Puts an order into its account's list, and makes it known by its id. Lists are in the order of ids. Nearly always that is
 * the order in which orders come to rest; in a makers-first batch one may come before others of smaller ids.
 */
export function joinAccount(orders: OrderPool, ledger: Ledger, slot: number): void {
  const account = accountAt(orders, slot);
  const id = idAt(orders, slot);
  let newer = 0;
  let older = ledger.lastOrder[account] as number;
  if (id > orders.highestId) {
    orders.highestId = id;
  } else {
    while (older !== 0 && idAt(orders, older) > id) {
      newer = older;
      older = olderAt(orders, older);
    }
  }
  insertIntoAccount(orders, slot, older, newer);
  if (older === 0) ledger.firstOrder[account] = slot;
  if (newer === 0) ledger.lastOrder[account] = slot;
  enterId(orders, slot);
}

/** Takes an order out of its level, and the level out of the book when it was the last one. */
export function unlinkFromLevel(orders: OrderPool, book: Book, slot: number): void {
  const before = previousAt(orders, slot);
  const after = nextAt(orders, slot);
  linkQueue(orders, before, after);
  if (before !== 0 && after !== 0) return;

  const price = priceAt(orders, slot);
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
  const account = accountAt(orders, slot);
  const older = olderAt(orders, slot);
  const newer = newerAt(orders, slot);
  linkAccount(orders, older, newer);
  if (older === 0) ledger.firstOrder[account] = newer;
  if (newer === 0) ledger.lastOrder[account] = older;
  forgetOrder(orders, slot);
  freeSlot(orders, slot);
}

/** Walks one side of a book in price-time priority. */
export function* ordersOf(orders: OrderPool, book: Book, side: number): Generator<number> {
  let price = side === BUY ? book.bestBid : book.bestAsk;
  while (price !== NO_BID && price !== NO_ASK) {
    let slot = book.levels.ends[2 * levelSlot(book.levels, price)] as number;
    assert(slot !== 0, `book ${book.id} has an empty level at ${price}`);
    for (; slot !== 0; slot = nextAt(orders, slot)) yield slot;
    price = side === BUY ? priceBelow(book.levels, price) : priceAbove(book.levels, price);
  }
}

/** Walks the open orders of an account, oldest first. */
export function* ordersOfAccount(orders: OrderPool, ledger: Ledger, account: number): Generator<number> {
  let slot = ledger.firstOrder[account] as number;
  while (slot !== 0) {
    const newer = newerAt(orders, slot);
    yield slot;
    slot = newer;
  }
}
