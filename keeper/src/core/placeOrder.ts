// What becomes of a new order. Nothing is touched before it has passed every check; then it trades as far as it can, and
// what is left rests (GTC, GTT) or goes (IOC). Funded accounts: the whole cost must be free beforehand.
import { isPositiveSafe, MAX_SAFE } from './assets.ts';
import { spendBudget } from './budgetOrder.ts';
import {
  type Action,
  BUY,
  FILL_OR_KILL,
  FLAGS_LIMIT,
  GOOD_TILL_TIME,
  IMMEDIATE_OR_CANCEL,
  POST_ONLY,
  QUOTE_BUDGET,
  REDUCE_ONLY,
  SELF_TRADE_SHIFT,
  SELL,
} from './commands.ts';
import type { RejectCode } from './events.ts';
import { assetPaid, type Exchange, feeLimitOf, NOT_STOPPED, type Placement, reserveOf } from './exchange.ts';
import { isMargin, NO_ACCOUNT } from './ledger.ts';
import { reducibleLots } from './margin/accountHealth.ts';
import { marginRefusal } from './margin/credit.ts';
import { canFill, crosses, trade } from './match.ts';
import { BOOK_OPEN, BOOK_POST_ONLY, type Book, OPEN_ORDER_LIMIT } from './orderBook.ts';
import { enterClientId, enterExpiry, findClientOrder, type OrderPool, orderAt, termsOf } from './orderPool.ts';
import { restOrder } from './restOrder.ts';
import { tapeCancelled, tapeRested, UNFILLED_REST } from './tape.ts';

/**
 * Places an order. Answers a code; after 'ok', `exchange.placement` holds the result. A client id that an open order of
 * the account already has gets that order's first result again, whatever else the action says, and nothing happens.
 * `time` in milliseconds. `maxFeePpm` 0 means not stated.
 */
export function placeOrder(
  exchange: Exchange,
  book: Book,
  account: number,
  action: Action,
  orderId: number,
  time: number,
): 'ok' | RejectCode {
  const { side, price, quantity, timeInForce, flags, clientId } = action;
  if (clientId !== 0) {
    const known = findClientOrder(exchange.orders, account, clientId);
    if (known !== 0) return repeatPlacement(exchange.orders, known, exchange.placement);
  }
  const refusal =
    shapeRefusal(action, isMargin(exchange.ledger, account)) ??
    reduceRefusal(exchange, book, account, action) ??
    bookRefusal(exchange, book, action, time) ??
    costRefusal(exchange, book, account, action);
  if (refusal !== undefined) return refusal;

  const { taker } = exchange;
  taker.account = account;
  taker.orderId = orderId;
  taker.side = side;
  taker.limit = price;
  taker.feeLimitPpm = feeLimitOf(book, timeInForce, flags);
  taker.selfTrade = flags >>> SELF_TRADE_SHIFT;
  taker.lots = quantity;
  taker.traded = 0;
  taker.stopped = NOT_STOPPED;
  exchange.placement.orderId = orderId;
  if ((flags & QUOTE_BUDGET) !== 0) return spendBudget(exchange, book, quantity);
  if (timeInForce === FILL_OR_KILL) {
    const fills = canFill(exchange, book);
    if (fills !== 'ok') return fills;
  }
  if (crosses(book, side, price)) {
    if ((flags & POST_ONLY) !== 0) return 'book.postOnlyWouldCross';
    trade(exchange, book);
  }
  settleRest(exchange, book, action);
  return 'ok';
}

/** A reduce-only order may not be for more than there is to reduce. */
function reduceRefusal(exchange: Exchange, book: Book, account: number, action: Action): RejectCode | undefined {
  const { flags, side, quantity } = action;
  if ((flags & REDUCE_ONLY) === 0) return undefined;
  return quantity > reducibleLots(exchange, account, book, side) ? 'order.wouldNotReduce' : undefined;
}

/** Whether the account can put aside what the order may cost. */
function costRefusal(exchange: Exchange, book: Book, account: number, action: Action): RejectCode | undefined {
  const { side, price, quantity, timeInForce, flags } = action;
  const isBudget = (flags & QUOTE_BUDGET) !== 0;
  // Lots that a seller may have to give for a budget. A buyer gives the budget itself.
  const budgetLots = side === BUY ? 0 : Math.floor(quantity / (price * book.tickSize));
  const lots = isBudget ? budgetLots : quantity;
  const reserve = reserveOf(book, side, price, lots, feeLimitOf(book, timeInForce, flags));
  if (reserve > MAX_SAFE || lots * price * book.tickSize > MAX_SAFE || lots * book.lotSize > MAX_SAFE) {
    return 'order.notionalOutOfRange';
  }
  const needed = isBudget && side === BUY ? quantity : reserve;
  exchange.placement.needed = needed;
  if (!isMargin(exchange.ledger, account)) return fundsRefusal(exchange, book, account, side, needed);
  if ((flags & REDUCE_ONLY) === 0 && exchange.margin.liquidations.has(account)) return 'account.liquidated';
  // A budget alone does not bound the price that it may buy at, and so not the damage.
  if (price === 0) return 'order.priceOutOfRange';
  const feeLimitPpm = feeLimitOf(book, timeInForce, flags);
  return marginRefusal(exchange, account, { book, side, price, reserve: needed, feeLimitPpm, replaces: 0 });
}

/** Where the account has too little free, says so in `exchange.placement`. */
export function fundsRefusal(
  exchange: Exchange,
  book: Book,
  account: number,
  side: number,
  needed: number,
): RejectCode | undefined {
  const { units, reserved } = assetPaid(exchange, book, side);
  const free = (units[account] as number) - (reserved[account] as number);
  if (needed <= free) return undefined;
  exchange.placement.needed = needed;
  exchange.placement.free = free;
  return 'risk.insufficientBalance';
}

/**
 * What is wrong with an action for every book and at every time.
 * Larger than the limit: a flat list, one line per code.
 */
function shapeRefusal(action: Action, margin: boolean): RejectCode | undefined {
  const { side, timeInForce, flags, price, quantity, expiry } = action;
  if (side !== BUY && side !== SELL) return 'action.invalid';
  if (timeInForce > FILL_OR_KILL || flags > FLAGS_LIMIT || action.orderId !== 0) return 'action.invalid';
  if (timeInForce === GOOD_TILL_TIME ? expiry === 0 : expiry !== 0) return 'action.invalid';
  const isBudget = (flags & QUOTE_BUDGET) !== 0;
  if (isBudget && timeInForce !== IMMEDIATE_OR_CANCEL) return 'action.invalid';
  if ((flags & POST_ONLY) !== 0 && timeInForce > GOOD_TILL_TIME) return 'action.invalid';
  if ((flags & REDUCE_ONLY) !== 0) {
    if (!margin) return 'account.notMargin';
    // What rests could outlive what it was to reduce.
    if (timeInForce < IMMEDIATE_OR_CANCEL || isBudget) return 'action.invalid';
  }
  // Only a buyer's budget bounds by itself what the order can cost.
  if (!isPositiveSafe(price) && !(isBudget && side === BUY && price === 0)) return 'order.priceOutOfRange';
  if (!isPositiveSafe(quantity)) return 'order.quantityOutOfRange';
  return undefined;
}

/** What this book does not take now. */
function bookRefusal(exchange: Exchange, book: Book, action: Action, time: number): RejectCode | undefined {
  const { timeInForce, flags, maxFeePpm } = action;
  const isTaken = book.status === BOOK_OPEN || (book.status === BOOK_POST_ONLY && (flags & POST_ONLY) !== 0);
  if (!isTaken || exchange.ledger.feeAccount === NO_ACCOUNT) return 'book.notOpen';
  if (timeInForce === GOOD_TILL_TIME && action.expiry <= time) return 'order.expired';
  if (maxFeePpm !== 0 && feeLimitOf(book, timeInForce, flags) > maxFeePpm) return 'order.feeAboveMaximum';
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

/** What is left of an order that has traded rests, or is cancelled. */
function settleRest(exchange: Exchange, book: Book, action: Action): void {
  const { orders, taker, placement, tape } = exchange;
  const { account, orderId, lots, stopped, traded, feeLimitPpm } = taker;
  const { side, price, quantity, clientId, expiry, flags, timeInForce } = action;
  placement.filled = traded;
  placement.remaining = lots;
  placement.resting = lots > 0 && timeInForce <= GOOD_TILL_TIME && stopped === NOT_STOPPED;
  if (placement.resting) {
    const postOnly = (flags & POST_ONLY) !== 0;
    const terms = termsOf(side, postOnly, flags >>> SELF_TRADE_SHIFT, expiry !== 0, feeLimitPpm);
    // What was checked is what it puts aside, unless something of it is gone.
    const reserve = lots === quantity ? placement.needed : reserveOf(book, side, price, lots, feeLimitPpm);
    const slot = restOrder(exchange, book, account, orderId, price, traded + lots, lots, terms, reserve);
    if (clientId !== 0) enterClientId(orders, slot, { clientId, firstFilled: traded, firstRemaining: lots });
    if (expiry !== 0) enterExpiry(orders, slot, expiry);
    tapeRested(tape, book.id, orderId, clientId, account, side, price, traded + lots, lots, expiry);
  } else if (lots > 0) {
    const reason = stopped === NOT_STOPPED ? UNFILLED_REST : stopped;
    tapeCancelled(tape, book.id, orderId, reason, account, side, price, lots);
  }
}
