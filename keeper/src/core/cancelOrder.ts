// How orders end or get smaller without a trade: on request, at their time, by a dead-man switch, or because something
// else stands in their way. Each gives back exactly what it had put aside.
import { type Exchange, putAside, reserveAt } from './exchange.ts';
import { type Book, dropOrder, OPEN_ORDER_LIMIT, ordersOfAccount, unlinkFromLevel } from './orderBook.ts';
import {
  accountAt,
  bookAt,
  findClientOrder,
  findOrder,
  idAt,
  type OrderPool,
  priceAt,
  quantityAt,
  remainingAt,
  setQuantity,
  setRemaining,
  sideOf,
  termsAt,
} from './orderPool.ts';
import { DEAD_MAN_SWITCH, EXPIRED, tapeCancelled, tapeReduced } from './tape.ts';
import { clearTimer, soonestItem, soonestTime } from './timers.ts';

/** Slot of an account's open order by order id, or by client id when that is 0; 0 when there is none. */
export function findOwnOrder(orders: OrderPool, account: number, orderId: number, clientId: number): number {
  if (orderId === 0) return clientId === 0 ? 0 : findClientOrder(orders, account, clientId);
  const slot = findOrder(orders, orderId);
  return slot !== 0 && accountAt(orders, slot) === account ? slot : 0;
}

export function bookOf({ books, orders }: Exchange, slot: number): Book {
  return books[bookAt(orders, slot)] as Book;
}

/** Cancels one open order. `reason` is an index of `CANCEL_REASONS`. */
export function cancelOrder(exchange: Exchange, slot: number, reason: number): void {
  const book = bookOf(exchange, slot);
  unlinkFromLevel(exchange.orders, book, slot);
  discardOrder(exchange, book, slot, reason);
}

/** Cancels an account's open orders, oldest first, in one book or in all (`undefined`); answers how many. */
export function cancelAll(
  exchange: Exchange,
  account: number,
  book: Book | undefined,
  reason: number,
  limit = OPEN_ORDER_LIMIT,
): number {
  const { ledger, orders } = exchange;
  let cancelled = 0;
  for (const slot of ordersOfAccount(orders, ledger, account)) {
    if (cancelled === limit) break;
    if (book !== undefined && bookAt(orders, slot) !== book.index) continue;
    cancelOrder(exchange, slot, reason);
    cancelled++;
  }
  return cancelled;
}

/** Cancels open orders of everybody, of those first who came first, up to `limit` of them. */
export function cancelEverybody(exchange: Exchange, reason: number, limit: number): number {
  let cancelled = 0;
  for (let account = 0; account < exchange.ledger.accountCount && cancelled < limit; account++) {
    if (exchange.ledger.firstOrder[account] === 0) continue;
    cancelled += cancelAll(exchange, account, undefined, reason, limit - cancelled);
  }
  return cancelled;
}

/**
 * Everything whose time has come by `time` (milliseconds), that moment included: first the orders that were good till then,
 * soonest first, then the accounts whose dead-man switch was not renewed.
 */
export function expireDue(exchange: Exchange, time: number): void {
  const { deadManSwitches, orders } = exchange;
  while (soonestTime(orders.expiries) <= time) cancelOrder(exchange, soonestItem(orders.expiries), EXPIRED);
  while (soonestTime(deadManSwitches) <= time) {
    const account = soonestItem(deadManSwitches);
    clearTimer(deadManSwitches, account);
    cancelAll(exchange, account, undefined, DEAD_MAN_SWITCH);
  }
}

/** When a command without content would do something: orders expire, or liquidations go on. Infinite when never. */
export function nextDue({ deadManSwitches, orders, margin }: Exchange): number {
  if (margin.looksLeft > 0) return margin.now;
  return Math.min(soonestTime(orders.expiries), soonestTime(deadManSwitches));
}

/** The rest of a cancellation, once the order is out of its price level. */
export function discardOrder(exchange: Exchange, book: Book, slot: number, reason: number): void {
  const { ledger, orders } = exchange;
  const remaining = remainingAt(orders, slot);
  putAside(exchange, book, slot, -reserveAt(exchange, book, slot, remaining));
  tapeLoss(exchange, book, slot, reason);
  dropOrder(orders, ledger, slot);
}

/** Takes lots from an open order, which keeps its place. At least one is left. */
export function reduceOrder(exchange: Exchange, book: Book, slot: number, lots: number, reason: number): void {
  const { orders, tape } = exchange;
  const before = remainingAt(orders, slot);
  const left = before - lots;
  const released = reserveAt(exchange, book, slot, before) - reserveAt(exchange, book, slot, left);
  putAside(exchange, book, slot, -released);
  setRemaining(orders, slot, left);
  setQuantity(orders, slot, quantityAt(orders, slot) - lots);
  const side = sideOf(termsAt(orders, slot));
  const [id, account, price] = [idAt(orders, slot), accountAt(orders, slot), priceAt(orders, slot)];
  tapeReduced(tape, book.id, id, reason, account, side, price, lots, left);
}

/** Tells that all that was left of an order is cancelled. */
export function tapeLoss({ orders, tape }: Exchange, book: Book, slot: number, reason: number): void {
  tapeCancelled(
    tape,
    book.id,
    idAt(orders, slot),
    reason,
    accountAt(orders, slot),
    sideOf(termsAt(orders, slot)),
    priceAt(orders, slot),
    remainingAt(orders, slot),
  );
}
