// How orders come to rest: new ones, and those that were open when a state was saved.
import { type Exchange, putAside, reserveOf } from './exchange.ts';
import { type Book, joinAccount, joinLevel } from './orderBook.ts';
import { enterClientId, enterExpiry, idAt, type OpenOrder, termsOf, writeOrder } from './orderPool.ts';

/** Opens an order at the back of its price level; answers its slot. `reserve`: units that it puts aside. */
export function restOrder(
  exchange: Exchange,
  book: Book,
  account: number,
  orderId: number,
  price: number,
  quantity: number,
  remaining: number,
  terms: number,
  reserve: number,
): number {
  const slot = openOrder(exchange, book, account, orderId, price, quantity, remaining, terms, reserve);
  joinAccount(exchange.orders, exchange.ledger, slot);
  return slot;
}

/** Opens saved orders, which come in the order of their priority. Accounts list them in the order of their ids. */
export function restoreOrders(exchange: Exchange, saved: readonly OpenOrder[]): void {
  const { orders, ledger, books } = exchange;
  const slots = saved.map((order) => {
    const { id, account, side, price, quantity, remaining, postOnly, selfTrade, expiry, feeLimitPpm } = order;
    const terms = termsOf(side, postOnly, selfTrade, expiry !== 0, feeLimitPpm);
    const book = books[order.book] as Book;
    const reserve = reserveOf(book, side, price, remaining, feeLimitPpm);
    const slot = openOrder(exchange, book, account, id, price, quantity, remaining, terms, reserve);
    if (order.clientId !== 0) enterClientId(orders, slot, order);
    if (expiry !== 0) enterExpiry(orders, slot, expiry);
    return slot;
  });
  for (const slot of slots.sort((one, other) => idAt(orders, one) - idAt(orders, other)))
    joinAccount(orders, ledger, slot);
}

function openOrder(
  exchange: Exchange,
  book: Book,
  account: number,
  orderId: number,
  price: number,
  quantity: number,
  remaining: number,
  terms: number,
  reserve: number,
): number {
  const { orders } = exchange;
  const slot = writeOrder(orders, orderId, account, book.index, price, quantity, remaining, terms);
  putAside(exchange, book, slot, reserve);
  joinLevel(orders, book, slot);
  return slot;
}
