// Open orders of all books. Each order is one record of 64 bytes, a line of the processor's cache, in one buffer that is
// seen as numbers (8 per record) and as 32-bit integers (16 per record). A slot names a record; slot 0 is never used and
// means "none". Where what stands in a record, only this file knows; the hot paths ask for single fields (`priceAt`),
// everybody else gets a plain object from `orderAt`.
import { copyInto } from './columns.ts';
import {
  createSlotTable,
  firstCandidate,
  hashOf,
  insertSlot,
  nextCandidate,
  removeSlot,
  type SlotTable,
} from './slotTable.ts';
import { clearTimer, copyDueTimes, createTimers, type DueTimes, setTimer, type Timers, timeOf } from './timers.ts';

// A record: four numbers, and behind them eight integers. `slot << 3` and `slot << 4` are the start of it in both views.
const NUMBERS_SHIFT = 3;
const ID = 0;
const PRICE = 1;
const REMAINING = 2;
const QUANTITY = 3;
const INTEGERS_SHIFT = 4;
/** Queue of the price level. */
const NEXT = 8;
const PREVIOUS = 9;
/** Orders of the account, in the order of their ids. */
const NEWER = 10;
const OLDER = 11;
const ACCOUNT = 12;
const BOOK = 13;
const TERMS = 14;
/** Chain of its id in `OrderPool.byId`. */
const CHAIN = 15;

// Bits of the terms: side 0, post-only 1, self-trade prevention 2 and 3, expires 4, client id 5; above them the highest fee
// (ppm).
const POST_ONLY_BIT = 2;
const SELF_TRADE_SHIFT = 2;
const EXPIRES_BIT = 16;
const CLIENT_ID_BIT = 32;
const FEE_SHIFT = 6;

/** Numbers per order in `OrderPool.clients`. */
const CLIENT_NUMBERS = 3;
const RECORD_BYTES = 64;
const INITIAL_ORDERS = 1024;

export interface OrderPool {
  /** How many orders are open. */
  count: number;
  /** First slot never used, and the head of the list of free ones (chained through NEXT). */
  nextSlot: number;
  free: number;
  /** Highest id that ever rested: whatever has a higher one is the newest order of its account, without a look. */
  highestId: number;
  numbers: Float64Array;
  integers: Int32Array;
  /** Client id, and the first answer that a repeated one gets again: lots filled at once, lots left to rest. */
  clients: Float64Array;
  readonly byId: SlotTable;
  readonly byClientId: SlotTable;
  /** Orders that are good till a time, by slot; of the same time, the older order expires first. */
  readonly expiries: Timers;
}

/** What a walk over all open orders reads. */
export type OrderRecords = Pick<OrderPool, 'count' | 'nextSlot' | 'free' | 'numbers' | 'integers' | 'clients'> & {
  readonly expiries: DueTimes;
};

/** The records as they are now, whatever becomes of the pool. */
export function copyRecords({ count, nextSlot, free, numbers, clients, expiries }: OrderRecords): OrderRecords {
  const copied = numbers.slice(0, nextSlot << NUMBERS_SHIFT);
  return {
    count,
    nextSlot,
    free,
    numbers: copied,
    integers: new Int32Array(copied.buffer),
    clients: clients.slice(0, nextSlot * CLIENT_NUMBERS),
    expiries: copyDueTimes(expiries),
  };
}

/** One open order. Quantities in lots. */
export interface OpenOrder {
  readonly id: number;
  /** 0 when it has none. */
  readonly clientId: number;
  readonly account: number;
  readonly book: number;
  readonly side: number;
  readonly price: number;
  readonly remaining: number;
  /** Placed or last amended for; less `remaining` is what was filled. */
  readonly quantity: number;
  readonly postOnly: boolean;
  readonly selfTrade: number;
  /** Milliseconds; 0 when it is good till cancelled. */
  readonly expiry: number;
  readonly feeLimitPpm: number;
  /** What the first answer said. 0 without a client id. */
  readonly firstFilled: number;
  readonly firstRemaining: number;
}

export function createOrderPool(): OrderPool {
  const buffer = new ArrayBuffer(INITIAL_ORDERS * RECORD_BYTES);
  const integers = new Int32Array(buffer);
  return {
    count: 0,
    nextSlot: 1,
    free: 0,
    highestId: 0,
    numbers: new Float64Array(buffer),
    integers,
    clients: new Float64Array(INITIAL_ORDERS * CLIENT_NUMBERS),
    byId: createSlotTable(integers, INTEGERS_SHIFT, CHAIN),
    byClientId: createSlotTable(),
    expiries: createTimers(),
  };
}

/** The terms of an order as one integer, which is kept with it. */
export function termsOf(
  side: number,
  postOnly: boolean,
  selfTrade: number,
  expires: boolean,
  feeLimitPpm: number,
): number {
  const flags = (postOnly ? POST_ONLY_BIT : 0) | (selfTrade << SELF_TRADE_SHIFT) | (expires ? EXPIRES_BIT : 0);
  return (feeLimitPpm << FEE_SHIFT) | flags | side;
}

export function sideOf(terms: number): number {
  return terms & 1;
}

export function isPostOnly(terms: number): boolean {
  return (terms & POST_ONLY_BIT) !== 0;
}

export function selfTradeOf(terms: number): number {
  return (terms >>> SELF_TRADE_SHIFT) & 3;
}

/** The highest fee that an order may be charged, in ppm: what its reserve covers. */
export function feeLimitOfTerms(terms: number): number {
  return terms >>> FEE_SHIFT;
}

// Single fields of an open order. Ids, prices (ticks) and lots are safe integers.

export function idAt(orders: OrderPool, slot: number): number {
  return orders.numbers[(slot << NUMBERS_SHIFT) | ID] as number;
}

export function priceAt(orders: OrderRecords, slot: number): number {
  return orders.numbers[(slot << NUMBERS_SHIFT) | PRICE] as number;
}

export function setPrice(orders: OrderPool, slot: number, price: number): void {
  orders.numbers[(slot << NUMBERS_SHIFT) | PRICE] = price;
}

/** Lots that still rest. */
export function remainingAt(orders: OrderPool, slot: number): number {
  return orders.numbers[(slot << NUMBERS_SHIFT) | REMAINING] as number;
}

export function setRemaining(orders: OrderPool, slot: number, lots: number): void {
  orders.numbers[(slot << NUMBERS_SHIFT) | REMAINING] = lots;
}

/** Lots that it was placed or last amended for, those included that were filled since it was placed. */
export function quantityAt(orders: OrderPool, slot: number): number {
  return orders.numbers[(slot << NUMBERS_SHIFT) | QUANTITY] as number;
}

export function setQuantity(orders: OrderPool, slot: number, lots: number): void {
  orders.numbers[(slot << NUMBERS_SHIFT) | QUANTITY] = lots;
}

/** Index in the ledger. */
export function accountAt(orders: OrderPool, slot: number): number {
  return orders.integers[(slot << INTEGERS_SHIFT) | ACCOUNT] as number;
}

/** Index in `Exchange.books`. */
export function bookAt(orders: OrderRecords, slot: number): number {
  return orders.integers[(slot << INTEGERS_SHIFT) | BOOK] as number;
}

/** What it was placed with: see `termsOf`. */
export function termsAt(orders: OrderRecords, slot: number): number {
  return orders.integers[(slot << INTEGERS_SHIFT) | TERMS] as number;
}

// Its two lists, the queue of its price level and the orders of its account; 0 = none.

/** The order behind it in the queue. */
export function nextAt(orders: OrderRecords, slot: number): number {
  return orders.integers[(slot << INTEGERS_SHIFT) | NEXT] as number;
}

export function previousAt(orders: OrderRecords, slot: number): number {
  return orders.integers[(slot << INTEGERS_SHIFT) | PREVIOUS] as number;
}

/** Makes `next` follow `previous` in a queue; either may be none. */
export function linkQueue(orders: OrderPool, previous: number, next: number): void {
  if (previous !== 0) orders.integers[(previous << INTEGERS_SHIFT) | NEXT] = next;
  if (next !== 0) orders.integers[(next << INTEGERS_SHIFT) | PREVIOUS] = previous;
}

/** Puts an order at the end of a queue whose last one is `last`. */
export function appendToQueue(orders: OrderPool, last: number, slot: number): void {
  const { integers } = orders;
  integers[(slot << INTEGERS_SHIFT) | PREVIOUS] = last;
  integers[(slot << INTEGERS_SHIFT) | NEXT] = 0;
  if (last !== 0) integers[(last << INTEGERS_SHIFT) | NEXT] = slot;
}

/** The order of the same account with the next higher id. */
export function newerAt(orders: OrderPool, slot: number): number {
  return orders.integers[(slot << INTEGERS_SHIFT) | NEWER] as number;
}

export function olderAt(orders: OrderPool, slot: number): number {
  return orders.integers[(slot << INTEGERS_SHIFT) | OLDER] as number;
}

/** Makes two orders neighbours in the list of their account; either may be none. */
export function linkAccount(orders: OrderPool, older: number, newer: number): void {
  if (older !== 0) orders.integers[(older << INTEGERS_SHIFT) | NEWER] = newer;
  if (newer !== 0) orders.integers[(newer << INTEGERS_SHIFT) | OLDER] = older;
}

/** Puts an order between two neighbours in the list of its account; either may be none. */
export function insertIntoAccount(orders: OrderPool, slot: number, older: number, newer: number): void {
  const { integers } = orders;
  integers[(slot << INTEGERS_SHIFT) | OLDER] = older;
  integers[(slot << INTEGERS_SHIFT) | NEWER] = newer;
  if (older !== 0) integers[(older << INTEGERS_SHIFT) | NEWER] = slot;
  if (newer !== 0) integers[(newer << INTEGERS_SHIFT) | OLDER] = slot;
}

/** All fields of an open order. */
export function orderAt(orders: OrderRecords, slot: number): OpenOrder {
  const { numbers, integers, clients } = orders;
  const terms = integers[(slot << INTEGERS_SHIFT) | TERMS] as number;
  const hasClientId = (terms & CLIENT_ID_BIT) !== 0;
  return {
    id: numbers[(slot << NUMBERS_SHIFT) | ID] as number,
    clientId: hasClientId ? (clients[slot * CLIENT_NUMBERS] as number) : 0,
    account: integers[(slot << INTEGERS_SHIFT) | ACCOUNT] as number,
    book: integers[(slot << INTEGERS_SHIFT) | BOOK] as number,
    side: sideOf(terms),
    price: numbers[(slot << NUMBERS_SHIFT) | PRICE] as number,
    remaining: numbers[(slot << NUMBERS_SHIFT) | REMAINING] as number,
    quantity: numbers[(slot << NUMBERS_SHIFT) | QUANTITY] as number,
    postOnly: isPostOnly(terms),
    selfTrade: selfTradeOf(terms),
    expiry: timeOf(orders.expiries, slot),
    feeLimitPpm: feeLimitOfTerms(terms),
    firstFilled: hasClientId ? (clients[slot * CLIENT_NUMBERS + 1] as number) : 0,
    firstRemaining: hasClientId ? (clients[slot * CLIENT_NUMBERS + 2] as number) : 0,
  };
}

/** Writes the record of a new order, without a client id and in no list yet; answers its slot. */
export function writeOrder(
  orders: OrderPool,
  id: number,
  account: number,
  book: number,
  price: number,
  quantity: number,
  remaining: number,
  terms: number,
): number {
  const slot = takeSlot(orders);
  const { numbers, integers } = orders;
  numbers[(slot << NUMBERS_SHIFT) | ID] = id;
  numbers[(slot << NUMBERS_SHIFT) | PRICE] = price;
  numbers[(slot << NUMBERS_SHIFT) | REMAINING] = remaining;
  numbers[(slot << NUMBERS_SHIFT) | QUANTITY] = quantity;
  integers[(slot << INTEGERS_SHIFT) | ACCOUNT] = account;
  integers[(slot << INTEGERS_SHIFT) | BOOK] = book;
  integers[(slot << INTEGERS_SHIFT) | TERMS] = terms;
  return slot;
}

function takeSlot(orders: OrderPool): number {
  orders.count++;
  const slot = orders.free;
  if (slot !== 0) {
    orders.free = orders.integers[(slot << INTEGERS_SHIFT) | NEXT] as number;
    return slot;
  }
  if (orders.nextSlot << NUMBERS_SHIFT === orders.numbers.length) growPool(orders);
  return orders.nextSlot++;
}

export function freeSlot(orders: OrderPool, slot: number): void {
  orders.integers[(slot << INTEGERS_SHIFT) | NEXT] = orders.free;
  orders.free = slot;
  orders.count--;
}

/** Makes an order known by its id. */
export function enterId(orders: OrderPool, slot: number): void {
  insertSlot(orders.byId, slot, idHash(orders, slot), orders, idHash);
}

/** Makes an order known by its client id, together with what the first answer said. */
export function enterClientId(
  orders: OrderPool,
  slot: number,
  { clientId, firstFilled, firstRemaining }: { clientId: number; firstFilled: number; firstRemaining: number },
): void {
  orders.integers[(slot << INTEGERS_SHIFT) | TERMS] = termsAt(orders, slot) | CLIENT_ID_BIT;
  orders.clients[slot * CLIENT_NUMBERS] = clientId;
  orders.clients[slot * CLIENT_NUMBERS + 1] = firstFilled;
  orders.clients[slot * CLIENT_NUMBERS + 2] = firstRemaining;
  insertSlot(orders.byClientId, slot, clientIdHash(orders, slot), orders, clientIdHash);
}

/** Lets an order wait for its expiry, in milliseconds. */
export function enterExpiry(orders: OrderPool, slot: number, expiry: number): void {
  setTimer(orders.expiries, slot, expiry, orders.numbers[(slot << NUMBERS_SHIFT) | ID] as number);
}

/** Forgets both ids of an order, and when it expires. */
export function forgetOrder(orders: OrderPool, slot: number): void {
  const terms = termsAt(orders, slot);
  if ((terms & EXPIRES_BIT) !== 0) clearTimer(orders.expiries, slot);
  removeSlot(orders.byId, slot, idHash(orders, slot));
  if ((terms & CLIENT_ID_BIT) !== 0) removeSlot(orders.byClientId, slot, clientIdHash(orders, slot));
}

/** Slot of an open order, or 0. */
export function findOrder(orders: OrderPool, orderId: number): number {
  const { byId, numbers } = orders;
  let slot = firstCandidate(byId, hashOf(orderId, 0));
  while (slot !== 0 && numbers[(slot << NUMBERS_SHIFT) | ID] !== orderId) slot = nextCandidate(byId, slot);
  return slot;
}

/** Slot of an account's open order with that client id, or 0. */
export function findClientOrder(orders: OrderPool, account: number, clientId: number): number {
  const { byClientId, clients, integers } = orders;
  let slot = firstCandidate(byClientId, hashOf(clientId, account));
  while (
    slot !== 0 &&
    (clients[slot * CLIENT_NUMBERS] !== clientId || integers[(slot << INTEGERS_SHIFT) | ACCOUNT] !== account)
  ) {
    slot = nextCandidate(byClientId, slot);
  }
  return slot;
}

function idHash({ numbers }: OrderPool, slot: number): number {
  return hashOf(numbers[(slot << NUMBERS_SHIFT) | ID] as number, 0);
}

function clientIdHash({ clients, integers }: OrderPool, slot: number): number {
  return hashOf(clients[slot * CLIENT_NUMBERS] as number, integers[(slot << INTEGERS_SHIFT) | ACCOUNT] as number);
}

function growPool(orders: OrderPool): void {
  const buffer = new ArrayBuffer(2 * orders.numbers.byteLength);
  orders.numbers = copyInto(new Float64Array(buffer), orders.numbers);
  orders.integers = new Int32Array(buffer);
  orders.byId.links = orders.integers;
  orders.clients = copyInto(new Float64Array(2 * orders.clients.length), orders.clients);
}
