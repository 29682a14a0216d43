// Open orders and dead-man switches as bytes: what the local disk keeps beyond a state, and what `engineHash` adds.
//
//   books      for each book and side: number of orders · a row of each, best price first, in the order of their queue
//   switches   their number · account and time (milliseconds) of each, in the order of the accounts
//
// A row: id · account · price · remaining lots · lots in all · flags · highest fee (ppm) · expiry, if the flags say so ·
// client id, and then, unless it is 0, lots that the first answer called filled · those that it called remaining.
// Flags: bit 0 post-only, 1 and 2 self-trade prevention, 3 expires.
import { MAX_SAFE, PPM } from './assets.ts';
import { BUY, SELL } from './commands.ts';
import { assetPaid, type Exchange, reserveOf } from './exchange.ts';
import { type Asset, isMargin } from './ledger.ts';
import type { Book } from './orderBook.ts';
import {
  bookAt,
  copyRecords,
  nextAt,
  type OpenOrder,
  type OrderRecords,
  orderAt,
  previousAt,
  priceAt,
  sideOf,
  termsAt,
} from './orderPool.ts';
import {
  check,
  FormatError,
  type Reader,
  readByte,
  readCount,
  readInteger,
  type Writer,
  writeByte,
  writeInteger,
} from './packing.ts';
import { restoreOrders } from './restOrder.ts';
import type { State } from './state.ts';
import { copyDueTimes, type DueTimes, setTimer, timeOf } from './timers.ts';

const POST_ONLY_BIT = 1;
const SELF_TRADE_SHIFT = 1;
const EXPIRES_BIT = 8;
const FLAGS_END = 16;

/** All books, as a walk over them needs it. */
export interface OpenOrders {
  readonly records: OrderRecords;
  readonly bookCount: number;
  readonly switches: DueTimes;
}

export function openOrdersOf({ orders, books, deadManSwitches }: Exchange): OpenOrders {
  return { records: orders, bookCount: books.length, switches: deadManSwitches };
}

/** As they are now, whatever becomes of the exchange. */
export function copyOpenOrders({ records, bookCount, switches }: OpenOrders): OpenOrders {
  return { records: copyRecords(records), bookCount, switches: copyDueTimes(switches) };
}

export function writeBooks(writer: Writer, { records, bookCount, switches }: OpenOrders): void {
  for (const slots of slotsBySide(records, bookCount)) {
    writeInteger(writer, slots.length);
    for (const slot of slots) writeOrder(writer, orderAt(records, slot));
  }
  writeSwitches(writer, switches);
}

/** The orders of each side of each book in price-time priority, without the books: first orders of levels lead to others. */
function slotsBySide(records: OrderRecords, bookCount: number): number[][] {
  const { nextSlot, free } = records;
  const isFree = new Uint8Array(nextSlot);
  for (let slot = free; slot !== 0; slot = nextAt(records, slot)) isFree[slot] = 1;
  const firsts = Array.from({ length: 2 * bookCount }, (): number[] => []);
  for (let slot = 1; slot < nextSlot; slot++) {
    if (isFree[slot] === 1 || previousAt(records, slot) !== 0) continue;
    firsts[2 * bookAt(records, slot) + sideOf(termsAt(records, slot))]?.push(slot);
  }
  return firsts.map((slots, index) => {
    const sign = index % 2 === BUY ? -1 : 1;
    const all: number[] = [];
    for (const first of slots.sort((a, b) => sign * (priceAt(records, a) - priceAt(records, b)))) {
      for (let slot = first; slot !== 0; slot = nextAt(records, slot)) all.push(slot);
    }
    return all;
  });
}

/** Into a state without orders. Throws `FormatError` for orders that could not stand there. */
export function readBooks(reader: Reader, state: State): void {
  const { exchange } = state;
  const orders: OpenOrder[] = [];
  for (const book of exchange.books) {
    for (const side of [BUY, SELL]) readSide(reader, state, { book, side }, orders);
  }
  requireCover(exchange, orders);
  restoreOrders(exchange, orders);
  for (const book of exchange.books) check(book.bestBid < book.bestAsk, `book ${book.id} is crossed`);
  readSwitches(reader, state);
}

function writeOrder(writer: Writer, order: OpenOrder): void {
  const { id, account, price, remaining, quantity, postOnly, selfTrade, expiry, feeLimitPpm, clientId } = order;
  writeInteger(writer, id);
  writeInteger(writer, account);
  writeInteger(writer, price);
  writeInteger(writer, remaining);
  writeInteger(writer, quantity);
  const flags = (postOnly ? POST_ONLY_BIT : 0) | (selfTrade << SELF_TRADE_SHIFT) | (expiry === 0 ? 0 : EXPIRES_BIT);
  writeByte(writer, flags);
  writeInteger(writer, feeLimitPpm);
  if (expiry !== 0) writeInteger(writer, expiry);
  writeInteger(writer, clientId);
  if (clientId === 0) return;
  writeInteger(writer, order.firstFilled);
  writeInteger(writer, order.firstRemaining);
}

function readSide(
  reader: Reader,
  state: State,
  place: { readonly book: Book; readonly side: number },
  into: OpenOrder[],
): void {
  let before: OpenOrder | undefined;
  for (let left = readCount(reader); left > 0; left--) {
    const order = readOrder(reader, place);
    requireSane(state, place.book, order);
    const isNext =
      before === undefined || (place.side === BUY ? order.price <= before.price : order.price >= before.price);
    checkOrder(isNext, order.id, 'out of its place');
    into.push(order);
    before = order;
  }
}

function readOrder(reader: Reader, { book, side }: { readonly book: Book; readonly side: number }): OpenOrder {
  const id = readInteger(reader);
  const account = readInteger(reader);
  const price = readInteger(reader);
  const remaining = readInteger(reader);
  const quantity = readInteger(reader);
  const flags = readByte(reader);
  checkOrder(flags < FLAGS_END, id, 'with flags of no meaning');
  const feeLimitPpm = readInteger(reader);
  const expiry = (flags & EXPIRES_BIT) === 0 ? 0 : readInteger(reader);
  const clientId = readInteger(reader);
  return {
    id,
    clientId,
    account,
    book: book.index,
    side,
    price,
    remaining,
    quantity,
    postOnly: (flags & POST_ONLY_BIT) !== 0,
    selfTrade: (flags >>> SELF_TRADE_SHIFT) & 3,
    expiry,
    feeLimitPpm,
    firstFilled: clientId === 0 ? 0 : readInteger(reader),
    firstRemaining: clientId === 0 ? 0 : readInteger(reader),
  };
}

function requireSane({ exchange, time }: State, book: Book, order: OpenOrder): void {
  const { id, account, side, price, remaining, quantity, expiry, feeLimitPpm } = order;
  const isSane = id > 0 && account < exchange.ledger.accountCount && price > 0 && remaining > 0 && feeLimitPpm < PPM;
  const largest = Math.max(
    remaining * price * book.tickSize,
    remaining * book.lotSize,
    reserveOf(book, side, price, remaining, feeLimitPpm),
  );
  checkOrder(isSane && largest <= MAX_SAFE && remaining <= quantity, id, 'out of range');
  checkOrder(expiry === 0 || expiry > time, id, 'has expired');
}

/** No order twice, and none that its account could not pay for. */
function requireCover(exchange: Exchange, saved: readonly OpenOrder[]): void {
  const ids = Float64Array.from(saved, ({ id }) => id).sort();
  for (let i = 1; i < ids.length; i++) checkOrder(ids[i] !== ids[i - 1], ids[i] as number, 'twice');
  const { ledger } = exchange;
  /** Of those assets that are needed, by account. */
  const needed = new Map<Asset, Float64Array>();
  for (const { id, account, book: index, side, price, remaining, feeLimitPpm } of saved) {
    const book = exchange.books[index] as Book;
    const asset = assetPaid(exchange, book, side);
    const sums = needed.get(asset) ?? new Float64Array(ledger.accountCount);
    needed.set(asset, sums);
    const sum = (sums[account] as number) + reserveOf(book, side, price, remaining, feeLimitPpm);
    checkOrder(sum <= (asset.units[account] as number) || isMargin(ledger, account), id, 'is not covered');
    sums[account] = sum;
  }
}

function writeSwitches(writer: Writer, switches: DueTimes): void {
  const { count, items } = switches;
  writeInteger(writer, count);
  for (const account of items.slice(0, count).sort()) {
    writeInteger(writer, account);
    writeInteger(writer, timeOf(switches, account));
  }
}

function readSwitches(reader: Reader, { exchange, time }: State): void {
  let next = 0;
  for (let left = readCount(reader); left > 0; left--) {
    const account = readInteger(reader);
    const due = readInteger(reader);
    check(
      account >= next && account < exchange.ledger.accountCount,
      `the switch of account ${account} out of its place`,
    );
    check(due > time, `the switch of account ${account} should have fired`);
    setTimer(exchange.deadManSwitches, account, due, account);
    next = account + 1;
  }
}

/** Puts no message together that nobody reads: there may be a million orders. */
function checkOrder(condition: boolean, id: number, problem: string): void {
  if (!condition) throw new FormatError(`order ${id} ${problem}`);
}
