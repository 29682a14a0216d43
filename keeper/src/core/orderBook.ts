// Open orders of all books as columns of one pool, and the books over them: price levels, each with a queue of orders in
// the order of arrival. Nothing here knows money; match.ts does. Slot 0 of the pool is never used and means "none".
import { assert } from './assertion.ts';
import { copyInto } from './columns.ts';
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
  createSlotTable,
  firstCandidate,
  hashOf,
  insertSlot,
  nextCandidate,
  removeSlot,
  type SlotTable,
} from './slotTable.ts';

/** Most open orders of all books together: about 500 MB. More are refused with `book.full`. */
export const OPEN_ORDER_LIMIT = 4_194_304;
const INITIAL_ORDERS = 1024;

/** Statuses of a book, as the Directory numbers them. */
export const BOOK_OPEN = 0;
export const BOOK_POST_ONLY = 1;
export const BOOK_CANCEL_ONLY = 2;
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

/** Columns indexed by slot. */
export interface OrderPool {
  /** How many orders are open. */
  count: number;
  /** First slot never used, and the head of the list of free ones (chained through `next`). */
  nextSlot: number;
  free: number;
  id: Float64Array;
  clientId: Float64Array;
  price: Float64Array;
  /** Lots that still rest. */
  remaining: Float64Array;
  /** What the account has put aside for it: quote units for a buy, base units for a sell. */
  reserve: Float64Array;
  /** What the first answer said, in lots: filled at once, and left to rest. A repeated client id gets it again. */
  firstFilled: Float64Array;
  firstRemaining: Float64Array;
  account: Int32Array;
  /** Index of the book. */
  book: Int32Array;
  /** The highest fee that it may be charged: what the reserve covers. */
  feeLimitPpm: Int32Array;
  side: Uint8Array;
  /** Queue of the price level. */
  next: Int32Array;
  previous: Int32Array;
  /** Orders of the account, oldest first. */
  nextOfAccount: Int32Array;
  previousOfAccount: Int32Array;
  readonly byId: SlotTable;
  readonly byClientId: SlotTable;
}

export function createOrderPool(): OrderPool {
  const size = INITIAL_ORDERS;
  return {
    count: 0,
    nextSlot: 1,
    free: 0,
    id: new Float64Array(size),
    clientId: new Float64Array(size),
    price: new Float64Array(size),
    remaining: new Float64Array(size),
    reserve: new Float64Array(size),
    firstFilled: new Float64Array(size),
    firstRemaining: new Float64Array(size),
    account: new Int32Array(size),
    book: new Int32Array(size),
    feeLimitPpm: new Int32Array(size),
    side: new Uint8Array(size),
    next: new Int32Array(size),
    previous: new Int32Array(size),
    nextOfAccount: new Int32Array(size),
    previousOfAccount: new Int32Array(size),
    byId: createSlotTable(),
    byClientId: createSlotTable(),
  };
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

/** Slot of an open order, or 0. */
export function findOrder(orders: OrderPool, orderId: number): number {
  const { byId, id } = orders;
  let slot = firstCandidate(byId, hashOf(orderId, 0));
  while (slot !== 0 && id[slot] !== orderId) slot = nextCandidate(byId);
  return slot;
}

/** Slot of an account's open order with that client id, or 0. */
export function findClientOrder(orders: OrderPool, account: number, clientId: number): number {
  const { byClientId } = orders;
  let slot = firstCandidate(byClientId, hashOf(clientId, account));
  while (slot !== 0 && (orders.clientId[slot] !== clientId || orders.account[slot] !== account)) {
    slot = nextCandidate(byClientId);
  }
  return slot;
}

/** A slot whose columns the caller fills before `linkOrder`. */
export function takeSlot(orders: OrderPool): number {
  orders.count++;
  const slot = orders.free;
  if (slot !== 0) {
    orders.free = orders.next[slot] as number;
    return slot;
  }
  if (orders.nextSlot === orders.id.length) growPool(orders, 2 * orders.id.length);
  return orders.nextSlot++;
}

/** Puts an order whose columns are filled at the back of its price level, into its account's list and the tables. */
export function linkOrder(orders: OrderPool, book: Book, ledger: Ledger, slot: number): void {
  const price = orders.price[slot] as number;
  const level = openLevel(book.levels, price);
  const { ends } = book.levels;
  const last = ends[2 * level + 1] as number;
  orders.previous[slot] = last;
  orders.next[slot] = 0;
  if (last === 0) ends[2 * level] = slot;
  else orders.next[last] = slot;
  ends[2 * level + 1] = slot;
  if (orders.side[slot] === BUY) {
    if (price > book.bestBid) book.bestBid = price;
  } else if (price < book.bestAsk) {
    book.bestAsk = price;
  }

  const account = orders.account[slot] as number;
  const newest = ledger.lastOrder[account] as number;
  orders.previousOfAccount[slot] = newest;
  orders.nextOfAccount[slot] = 0;
  if (newest === 0) ledger.firstOrder[account] = slot;
  else orders.nextOfAccount[newest] = slot;
  ledger.lastOrder[account] = slot;

  insertSlot(orders.byId, hashOf(orders.id[slot] as number, 0), slot);
  const clientId = orders.clientId[slot] as number;
  if (clientId !== 0) insertSlot(orders.byClientId, hashOf(clientId, account), slot);
}

/** Takes an order out of its level, and the level out of the book when it was the last one. */
export function unlinkFromLevel(orders: OrderPool, book: Book, slot: number): void {
  const { next, previous } = orders;
  const before = previous[slot] as number;
  const after = next[slot] as number;
  if (before !== 0) next[before] = after;
  if (after !== 0) previous[after] = before;
  if (before !== 0 && after !== 0) return;

  const price = orders.price[slot] as number;
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

/** Takes an order, already out of its level, out of its account's list and the tables, and frees the slot. */
export function freeSlot(orders: OrderPool, ledger: Ledger, slot: number): void {
  const account = orders.account[slot] as number;
  const older = orders.previousOfAccount[slot] as number;
  const newer = orders.nextOfAccount[slot] as number;
  if (older === 0) ledger.firstOrder[account] = newer;
  else orders.nextOfAccount[older] = newer;
  if (newer === 0) ledger.lastOrder[account] = older;
  else orders.previousOfAccount[newer] = older;

  removeSlot(orders.byId, hashOf(orders.id[slot] as number, 0), slot);
  const clientId = orders.clientId[slot] as number;
  if (clientId !== 0) removeSlot(orders.byClientId, hashOf(clientId, account), slot);

  orders.next[slot] = orders.free;
  orders.free = slot;
  orders.count--;
}

/** Walks one side of a book in price-time priority. */
export function* ordersOf(orders: OrderPool, book: Book, side: number): Generator<number> {
  let price = side === BUY ? book.bestBid : book.bestAsk;
  while (price !== NO_BID && price !== NO_ASK) {
    let slot = book.levels.ends[2 * levelSlot(book.levels, price)] as number;
    assert(slot !== 0, `book ${book.id} has an empty level at ${price}`);
    for (; slot !== 0; slot = orders.next[slot] as number) yield slot;
    price = side === BUY ? priceBelow(book.levels, price) : priceAbove(book.levels, price);
  }
}

function growPool(orders: OrderPool, size: number): void {
  orders.id = copyInto(new Float64Array(size), orders.id);
  orders.clientId = copyInto(new Float64Array(size), orders.clientId);
  orders.price = copyInto(new Float64Array(size), orders.price);
  orders.remaining = copyInto(new Float64Array(size), orders.remaining);
  orders.reserve = copyInto(new Float64Array(size), orders.reserve);
  orders.firstFilled = copyInto(new Float64Array(size), orders.firstFilled);
  orders.firstRemaining = copyInto(new Float64Array(size), orders.firstRemaining);
  orders.account = copyInto(new Int32Array(size), orders.account);
  orders.book = copyInto(new Int32Array(size), orders.book);
  orders.feeLimitPpm = copyInto(new Int32Array(size), orders.feeLimitPpm);
  orders.side = copyInto(new Uint8Array(size), orders.side);
  orders.next = copyInto(new Int32Array(size), orders.next);
  orders.previous = copyInto(new Int32Array(size), orders.previous);
  orders.nextOfAccount = copyInto(new Int32Array(size), orders.nextOfAccount);
  orders.previousOfAccount = copyInto(new Int32Array(size), orders.previousOfAccount);
}
