// What matching works on: accounts, orders, books, and the tape on which it writes what happened.
//
// Money of one order. A buy puts aside its whole cost at its limit price and the highest fee that it may be charged,
// `lots · price · tickSize + ⌈that · feeLimit⌉` quote units; a sell puts aside `lots · lotSize` base units, because its
// fee comes out of the proceeds. What an order has put aside always follows from the lots that are left of it.
import { feeUp } from './assets.ts';
import { BUY, FILL_OR_KILL, IMMEDIATE_OR_CANCEL, POST_ONLY } from './commands.ts';
import { type Asset, countAnew, createLedger, type Ledger } from './ledger.ts';
import { createMarginState, type MarginState } from './margin/marginState.ts';
import type { Book } from './orderBook.ts';
import { accountAt, createOrderPool, feeLimitOfTerms, type OrderPool, priceAt, sideOf, termsAt } from './orderPool.ts';
import { createTape, type Tape } from './tape.ts';
import { createTimers, type Timers } from './timers.ts';

export interface Exchange {
  readonly ledger: Ledger;
  readonly orders: OrderPool;
  /** In the order of listing. */
  readonly books: Book[];
  readonly bookById: Map<number, Book>;
  /** By account: when all its orders are cancelled unless it says otherwise before. */
  readonly deadManSwitches: Timers;
  /** Prices, weights and the time by which they are judged. */
  readonly margin: MarginState;
  /** What happened since it was last drained. */
  readonly tape: Tape;
  /** The order that is being matched, and the answer to the newest one. One object each, written again and again. */
  readonly taker: Taker;
  readonly placement: Placement;
  /** Nobody trades while `ledger.changedBytes` is as large: the next checkpoint could not carry it. */
  changeLimit: number;
}

/** `Taker.stopped`: nothing but its price or size ends it; or an index of `CANCEL_REASONS`. */
export const NOT_STOPPED = -1;

/** An order on its way through the book, and what has become of it. */
export interface Taker {
  account: number;
  orderId: number;
  side: number;
  /** Worst price, in ticks. */
  limit: number;
  feeLimitPpm: number;
  /** What to do when it meets an order of the same account: `EXPIRE_MAKER` … `DECREMENT`. */
  selfTrade: number;
  /** Lots that are left. */
  lots: number;
  /** Lots traded, what they cost without fees, and its fees, in quote units. */
  traded: number;
  notional: number;
  fees: number;
  stopped: number;
}

/** After 'ok', what became of the order; after 'risk.insufficientBalance', why. */
export interface Placement {
  orderId: number;
  /** Lots traded at once. */
  filled: number;
  /** What was not, in the unit of the order's quantity. */
  remaining: number;
  resting: boolean;
  /** Units that it has to put aside, and, where they were too few, those that were free. */
  needed: number;
  free: number;
}

export function createExchange(): Exchange {
  return {
    ledger: createLedger(),
    orders: createOrderPool(),
    books: [],
    bookById: new Map(),
    deadManSwitches: createTimers(),
    margin: createMarginState(),
    tape: createTape(),
    taker: {
      account: 0,
      orderId: 0,
      side: BUY,
      limit: 0,
      feeLimitPpm: 0,
      selfTrade: 0,
      lots: 0,
      traded: 0,
      notional: 0,
      fees: 0,
      stopped: NOT_STOPPED,
    },
    placement: { orderId: 0, filled: 0, remaining: 0, resting: false, needed: 0, free: 0 },
    changeLimit: Number.POSITIVE_INFINITY,
  };
}

/** The highest fee that an order placed now may be charged: of a taker, of a maker, or the higher one. */
export function feeLimitOf(book: Book, timeInForce: number, flags: number): number {
  if (timeInForce === IMMEDIATE_OR_CANCEL || timeInForce === FILL_OR_KILL) return book.takerFeePpm;
  return (flags & POST_ONLY) !== 0 ? book.makerFeePpm : Math.max(book.makerFeePpm, book.takerFeePpm);
}

/** Quote units that a buy of `notional` puts aside. */
export function buyReserve(notional: number, feeLimitPpm: number): number {
  return notional + feeUp(notional, feeLimitPpm);
}

/** Units that an order of so many lots puts aside: quote units for a buy, base units for a sell. */
export function reserveOf(book: Book, side: number, price: number, lots: number, feeLimitPpm: number): number {
  return side === BUY ? buyReserve(lots * price * book.tickSize, feeLimitPpm) : lots * book.lotSize;
}

/** Units that an open order has put aside for so many of its lots. */
export function reserveAt({ orders }: Exchange, book: Book, slot: number, lots: number): number {
  const terms = termsAt(orders, slot);
  return reserveOf(book, sideOf(terms), priceAt(orders, slot), lots, feeLimitOfTerms(terms));
}

/** What an order of that side pays with. */
export function assetPaid({ ledger }: Exchange, book: Book, side: number): Asset {
  return ledger.assets[side === BUY ? book.quote : book.base] as Asset;
}

/** Raises (or, negative, lowers) what the account of an open order has put aside. */
export function putAside(exchange: Exchange, book: Book, slot: number, units: number): void {
  const { orders } = exchange;
  const { reserved } = assetPaid(exchange, book, sideOf(termsAt(orders, slot)));
  const account = accountAt(orders, slot);
  reserved[account] = (reserved[account] as number) + units;
  countAnew(exchange.ledger, account);
}
