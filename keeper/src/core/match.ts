// Price-time priority matching of funded accounts. Nothing is touched before an order has passed every check; then it
// trades at the makers' prices, and what is left rests (GTC) or goes (IOC).
//
// Money of one order. A buy puts aside its whole cost at its limit price and the highest fee that it may be charged,
// `lots · price · tickSize + ⌈that · feeLimit⌉` quote units; a sell puts aside `lots · lotSize` base units, because its
// fee comes out of the proceeds. When lots of a buy trade, the part of the reserve that belonged to them is released and
// pays price and fee. Fees are rounded up per fill; a buyer's fee never exceeds what the reserve held for it, so that an
// order cut into many fills still pays no more in all than its whole notional's fee rounded up. Every order carries what
// it still has put aside, and gives exactly that back when it goes.
import { feeUp, isPositiveSafe, MAX_SAFE } from './assets.ts';
import { type Action, BUY, GOOD_TILL_CANCELLED, IMMEDIATE_OR_CANCEL, SELL } from './commands.ts';
import type { RejectCode } from './events.ts';
import { type Asset, createLedger, type Ledger, markChanged, NO_ACCOUNT } from './ledger.ts';
import { followMarket, levelSlot } from './levels.ts';
import {
  BOOK_OPEN,
  type Book,
  dropLevel,
  dropOrder,
  linkOrder,
  OPEN_ORDER_LIMIT,
  ordersOfAccount,
  unlinkFromLevel,
} from './orderBook.ts';
import {
  ACCOUNT,
  BOOK,
  createOrderPool,
  enterClientId,
  FEE_AND_SIDE,
  findClientOrder,
  findOrder,
  HAS_CLIENT_ID,
  ID,
  INTEGERS,
  NEXT,
  NUMBERS,
  type OpenOrder,
  type OrderPool,
  orderAt,
  PREVIOUS,
  PRICE,
  REMAINING,
  RESERVE,
  takeSlot,
} from './orderPool.ts';
import {
  CHECKPOINT_FULL,
  createTape,
  SELF_TRADE,
  type Tape,
  tapeCancelled,
  tapeFill,
  tapeRested,
  UNFILLED_REST,
} from './tape.ts';

/** Accounts, orders and books: all that matching touches. */
export interface Exchange {
  readonly ledger: Ledger;
  readonly orders: OrderPool;
  /** In the order of listing. */
  readonly books: Book[];
  readonly bookById: Map<number, Book>;
  /** What happened since it was last drained. */
  readonly tape: Tape;
  /** The answer to the last order that was accepted. One object, written again and again. */
  readonly placement: Placement;
  /** Nobody trades while `ledger.changedBytes` is as large: the next checkpoint could not carry it. */
  changeLimit: number;
}

export interface Placement {
  orderId: number;
  /** Lots traded at once. */
  filled: number;
  /** Lots that were not. */
  remaining: number;
  resting: boolean;
}

export function createExchange(): Exchange {
  return {
    ledger: createLedger(),
    orders: createOrderPool(),
    books: [],
    bookById: new Map(),
    tape: createTape(),
    placement: { orderId: 0, filled: 0, remaining: 0, resting: false },
    changeLimit: Number.POSITIVE_INFINITY,
  };
}

/** Quote units that a buy of `notional` puts aside. */
export function buyReserve(notional: number, feeLimitPpm: number): number {
  return notional + feeUp(notional, feeLimitPpm);
}

/** The highest fee that an order placed now may be charged: as a taker, and as a maker when it may rest. */
export function feeLimitOf(book: Book, timeInForce: number): number {
  return timeInForce === IMMEDIATE_OR_CANCEL ? book.takerFeePpm : Math.max(book.makerFeePpm, book.takerFeePpm);
}

/**
 * Places a limit order, GTC or IOC. Answers a code; after 'ok', `exchange.placement` holds the result. A client id that
 * an open order of the account already has gets that order's first result again, and nothing happens.
 * `maxFeePpm` 0 means not stated. Self-trade prevention is "expire maker": an own order in the way is cancelled; own
 * means the same address and subaccount. GTT, FOK, post-only, reduce-only, quote budgets and the other kinds of
 * self-trade prevention are not part of this engine yet and answer `action.unsupported`.
 * Larger than the limit: the hot path; what it would hand over to parts of itself are seven numbers each time.
 */
export function placeOrder(
  exchange: Exchange,
  book: Book,
  account: number,
  action: Action,
  orderId: number,
): 'ok' | RejectCode {
  const { side, price, quantity, timeInForce } = action;
  const refusal = refusalOf(exchange, book, action);
  if (refusal !== undefined) return refusal;
  const { ledger, orders, placement } = exchange;
  if (action.clientId !== 0) {
    const known = findClientOrder(orders, account, action.clientId);
    if (known !== 0) return repeatPlacement(orders, known, placement);
  }

  const feeLimitPpm = feeLimitOf(book, timeInForce);
  const notional = quantity * price * book.tickSize;
  const reserve = side === BUY ? buyReserve(notional, feeLimitPpm) : quantity * book.lotSize;
  if (reserve > MAX_SAFE || notional > MAX_SAFE || quantity * book.lotSize > MAX_SAFE) {
    return 'order.notionalOutOfRange';
  }
  const paidWith = ledger.assets[side === BUY ? book.quote : book.base] as Asset;
  const free = (paidWith.units[account] as number) - (paidWith.reserved[account] as number);
  if (reserve > free) return 'risk.insufficientBalance';

  const remaining = trade(exchange, book, account, side, price, quantity, orderId, feeLimitPpm);
  placement.orderId = orderId;
  placement.filled = quantity - remaining;
  placement.remaining = remaining;
  // Only where the next checkpoint has no more room does it end although it could trade on.
  const isStopped = remaining > 0 && (side === BUY ? book.bestAsk <= price : book.bestBid >= price);
  placement.resting = remaining > 0 && timeInForce === GOOD_TILL_CANCELLED && !isStopped;
  if (placement.resting) {
    rest(exchange, book, account, action, orderId, feeLimitPpm);
  } else if (remaining > 0) {
    const reason = isStopped ? CHECKPOINT_FULL : UNFILLED_REST;
    tapeCancelled(exchange.tape, book.id, orderId, reason, account, side, price, remaining);
  }
  return 'ok';
}

/** Cancels one open order and gives its reserve back. `reason` is an index of `CANCEL_REASONS`. */
export function cancelOrder(exchange: Exchange, slot: number, reason: number): void {
  const { orders, books } = exchange;
  unlinkFromLevel(orders, books[orders.integers[slot * INTEGERS + BOOK] as number] as Book, slot);
  discardOrder(exchange, slot, reason);
}

/** Slot of an account's open order by order id, or by client id when that is 0; 0 when there is none. */
export function findOwnOrder(orders: OrderPool, account: number, orderId: number, clientId: number): number {
  if (orderId === 0) return clientId === 0 ? 0 : findClientOrder(orders, account, clientId);
  const slot = findOrder(orders, orderId);
  return slot !== 0 && orders.integers[slot * INTEGERS + ACCOUNT] === account ? slot : 0;
}

/** Cancels an account's open orders, oldest first, in one book or in all (`undefined`); answers how many. */
export function cancelAll(exchange: Exchange, account: number, book: Book | undefined, reason: number): number {
  const { ledger, orders } = exchange;
  let cancelled = 0;
  for (const slot of ordersOfAccount(orders, ledger, account)) {
    if (book !== undefined && orders.integers[slot * INTEGERS + BOOK] !== book.index) continue;
    cancelOrder(exchange, slot, reason);
    cancelled++;
  }
  return cancelled;
}

/**
 * Everything that can be refused without looking at the account.
 * Larger than the limit: a flat list, one line per code.
 */
function refusalOf(exchange: Exchange, book: Book, action: Action): RejectCode | undefined {
  const { side, timeInForce, flags, maxFeePpm } = action;
  if (side !== BUY && side !== SELL) return 'action.invalid';
  if (flags !== 0) return 'action.unsupported';
  if (timeInForce !== GOOD_TILL_CANCELLED && timeInForce !== IMMEDIATE_OR_CANCEL) return 'action.unsupported';
  if (action.expiry !== 0 || action.orderId !== 0) return 'action.invalid';
  if (!isPositiveSafe(action.price)) return 'order.priceOutOfRange';
  if (!isPositiveSafe(action.quantity)) return 'order.quantityOutOfRange';
  if (book.status !== BOOK_OPEN || exchange.ledger.feeAccount === NO_ACCOUNT) return 'book.notOpen';
  if (maxFeePpm !== 0 && feeLimitOf(book, timeInForce) > maxFeePpm) return 'order.feeAboveMaximum';
  if (exchange.orders.count >= OPEN_ORDER_LIMIT) return 'book.full';
  return undefined;
}

function repeatPlacement(orders: OrderPool, slot: number, placement: Placement): 'ok' {
  const { id, firstFilled, firstRemaining } = orderAt(orders, slot);
  placement.orderId = id;
  placement.filled = firstFilled;
  placement.remaining = firstRemaining;
  placement.resting = true;
  return 'ok';
}

/**
 * Trades against the other side of the book up to the limit price; answers the lots that are left.
 * Larger than the limit: the engine's inner loop, in which everything stays in local variables.
 */
function trade(
  exchange: Exchange,
  book: Book,
  taker: number,
  side: number,
  limit: number,
  quantity: number,
  takerOrderId: number,
  feeLimitPpm: number,
): number {
  const { ledger, orders, changeLimit } = exchange;
  const { numbers, integers } = orders;
  const { tickSize, lotSize, levels } = book;
  const buying = side === BUY;
  const base = (ledger.assets[book.base] as Asset).units;
  const quote = (ledger.assets[book.quote] as Asset).units;
  const lotCost = limit * tickSize;
  let remaining = quantity;
  // What the taker would still have to put aside for the rest, had it rested: bounds a buyer's fee.
  let takerReserve = buying ? buyReserve(quantity * lotCost, feeLimitPpm) : 0;
  let lastPrice = 0;

  while (remaining > 0 && ledger.changedBytes < changeLimit) {
    const price = buying ? book.bestAsk : book.bestBid;
    if (buying ? price > limit : price < limit) break;
    lastPrice = price;
    const level = levelSlot(levels, price);
    let maker = levels.ends[2 * level] as number;
    while (maker !== 0 && remaining > 0 && ledger.changedBytes < changeLimit) {
      const after = integers[maker * INTEGERS + NEXT] as number;
      if (integers[maker * INTEGERS + ACCOUNT] === taker) {
        discardOrder(exchange, maker, SELF_TRADE);
        maker = after;
        continue;
      }
      const offered = numbers[maker * NUMBERS + REMAINING] as number;
      const traded = Math.min(offered, remaining);
      const notional = traded * price * tickSize;
      const left = offered - traded;
      remaining -= traded;

      let takerFee = feeUp(notional, book.takerFeePpm);
      const makerFee = settleMaker(exchange, book, maker, notional, traded, left);
      if (buying) {
        const stillReserved = buyReserve(remaining * lotCost, feeLimitPpm);
        takerFee = Math.min(takerFee, takerReserve - stillReserved - notional);
        takerReserve = stillReserved;
        base[taker] = (base[taker] as number) + traded * lotSize;
        quote[taker] = (quote[taker] as number) - notional - takerFee;
      } else {
        base[taker] = (base[taker] as number) - traded * lotSize;
        quote[taker] = (quote[taker] as number) + notional - takerFee;
      }
      quote[ledger.feeAccount] = (quote[ledger.feeAccount] as number) + makerFee + takerFee;
      tapeFill(
        exchange.tape,
        book.id,
        numbers[maker * NUMBERS + ID] as number,
        takerOrderId,
        integers[maker * INTEGERS + ACCOUNT] as number,
        taker,
        side,
        price,
        traded,
        makerFee,
        takerFee,
        left,
      );
      if (left === 0) {
        dropOrder(orders, ledger, maker);
        maker = after;
      }
    }
    if (maker === 0) {
      dropLevel(book, price);
    } else {
      levels.ends[2 * level] = maker;
      integers[maker * INTEGERS + PREVIOUS] = 0;
    }
  }
  if (lastPrice !== 0) followMarket(levels, lastPrice);
  if (remaining < quantity) {
    markChanged(ledger, taker);
    markChanged(ledger, ledger.feeAccount);
  }
  return remaining;
}

/** Moves the maker's side of one fill, `left` lots remaining, and answers the maker's fee in quote units. */
function settleMaker(
  exchange: Exchange,
  book: Book,
  slot: number,
  notional: number,
  traded: number,
  left: number,
): number {
  const { ledger, orders } = exchange;
  const { numbers, integers } = orders;
  const base = ledger.assets[book.base] as Asset;
  const quote = ledger.assets[book.quote] as Asset;
  const account = integers[slot * INTEGERS + ACCOUNT] as number;
  const feeAndSide = integers[slot * INTEGERS + FEE_AND_SIDE] as number;
  const feeLimitPpm = feeAndSide >>> 1;
  const baseUnits = traded * book.lotSize;
  const reserve = numbers[slot * NUMBERS + RESERVE] as number;
  let fee = feeUp(notional, Math.min(book.makerFeePpm, feeLimitPpm));
  numbers[slot * NUMBERS + REMAINING] = left;
  if ((feeAndSide & 1) === BUY) {
    const price = numbers[slot * NUMBERS + PRICE] as number;
    const stillReserved = buyReserve(left * price * book.tickSize, feeLimitPpm);
    const released = reserve - stillReserved;
    fee = Math.min(fee, released - notional);
    numbers[slot * NUMBERS + RESERVE] = stillReserved;
    quote.reserved[account] = (quote.reserved[account] as number) - released;
    quote.units[account] = (quote.units[account] as number) - notional - fee;
    base.units[account] = (base.units[account] as number) + baseUnits;
  } else {
    numbers[slot * NUMBERS + RESERVE] = reserve - baseUnits;
    base.reserved[account] = (base.reserved[account] as number) - baseUnits;
    base.units[account] = (base.units[account] as number) - baseUnits;
    quote.units[account] = (quote.units[account] as number) + notional - fee;
  }
  markChanged(ledger, account);
  return fee;
}

function rest(
  exchange: Exchange,
  book: Book,
  account: number,
  action: Action,
  orderId: number,
  feeLimitPpm: number,
): void {
  const { orders, placement, tape } = exchange;
  const { remaining, filled } = placement;
  const { side, price, clientId } = action;
  const reserve = side === BUY ? buyReserve(remaining * price * book.tickSize, feeLimitPpm) : remaining * book.lotSize;
  const slot = openOrder(exchange, book, account, side, price, orderId, remaining, reserve, feeLimitPpm);
  if (clientId !== 0) enterClientId(orders, slot, { clientId, firstFilled: filled, firstRemaining: remaining });
  tapeRested(tape, book.id, orderId, clientId, account, side, price, remaining);
}

/** An order that was open when the state was saved. Orders must come in the order of their ids. */
export function restoreOrder(exchange: Exchange, order: OpenOrder): void {
  const { account, side, price, id, remaining, reserve, feeLimitPpm } = order;
  const book = exchange.books[order.book] as Book;
  const slot = openOrder(exchange, book, account, side, price, id, remaining, reserve, feeLimitPpm);
  if (order.clientId !== 0) enterClientId(exchange.orders, slot, order);
}

function openOrder(
  exchange: Exchange,
  book: Book,
  account: number,
  side: number,
  price: number,
  orderId: number,
  remaining: number,
  reserve: number,
  feeLimitPpm: number,
): number {
  const { ledger, orders } = exchange;
  const slot = takeSlot(orders);
  const { numbers, integers } = orders;
  numbers[slot * NUMBERS + ID] = orderId;
  numbers[slot * NUMBERS + PRICE] = price;
  numbers[slot * NUMBERS + REMAINING] = remaining;
  numbers[slot * NUMBERS + RESERVE] = reserve;
  integers[slot * INTEGERS + ACCOUNT] = account;
  integers[slot * INTEGERS + BOOK] = book.index;
  integers[slot * INTEGERS + FEE_AND_SIDE] = 2 * feeLimitPpm + side;
  integers[slot * INTEGERS + HAS_CLIENT_ID] = 0;
  putAside(exchange, book, side, account, reserve);
  linkOrder(orders, book, ledger, slot);
  return slot;
}

/** The rest of a cancellation, once the order is out of its price level. */
function discardOrder(exchange: Exchange, slot: number, reason: number): void {
  const { ledger, orders, books, tape } = exchange;
  const { numbers, integers } = orders;
  const book = books[integers[slot * INTEGERS + BOOK] as number] as Book;
  const account = integers[slot * INTEGERS + ACCOUNT] as number;
  const side = (integers[slot * INTEGERS + FEE_AND_SIDE] as number) & 1;
  const at = slot * NUMBERS;
  putAside(exchange, book, side, account, -(numbers[at + RESERVE] as number));
  tapeCancelled(
    tape,
    book.id,
    numbers[at + ID] as number,
    reason,
    account,
    side,
    numbers[at + PRICE] as number,
    numbers[at + REMAINING] as number,
  );
  dropOrder(orders, ledger, slot);
}

/** Raises (or, negative, lowers) what an account has reserved in the asset that an order of that side pays with. */
function putAside({ ledger }: Exchange, book: Book, side: number, account: number, amount: number): void {
  const { reserved } = ledger.assets[side === BUY ? book.quote : book.base] as Asset;
  reserved[account] = (reserved[account] as number) + amount;
}
