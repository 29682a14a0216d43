// Changing an open order, which keeps its id. Smaller at the same price keeps its place in the queue; anything else takes
// the order out, lets it trade as if it were new, and puts the rest at the back.
//
// `quantity` is what the order is for in all: lots that were filled meanwhile count, so that an amend that crosses a fill
// on its way never makes the order trade more than was asked for.
import { isPositiveSafe, MAX_SAFE } from './assets.ts';
import { bookOf, reduceOrder, tapeLoss } from './cancelOrder.ts';
import { type Action, FLAGS_LIMIT, POST_ONLY } from './commands.ts';
import type { RejectCode } from './events.ts';
import { type Exchange, NOT_STOPPED, putAside, reserveAt, reserveOf } from './exchange.ts';
import { isMargin } from './ledger.ts';
import { marginRefusal } from './margin/credit.ts';
import { crosses, trade } from './match.ts';
import { BOOK_CANCEL_ONLY, BOOK_POST_ONLY, type Book, dropOrder, joinLevel, unlinkFromLevel } from './orderBook.ts';
import {
  accountAt,
  feeLimitOfTerms,
  idAt,
  isPostOnly,
  orderAt,
  priceAt,
  quantityAt,
  remainingAt,
  selfTradeOf,
  setPrice,
  setQuantity,
  setRemaining,
  sideOf,
  termsAt,
} from './orderPool.ts';
import { fundsRefusal } from './placeOrder.ts';
import { AMENDED, tapeRested } from './tape.ts';

/** Amends the order in a slot. Answers a code; after 'ok', `exchange.placement` holds the result. Refused: untouched. */
export function amendOrder(exchange: Exchange, slot: number, action: Action): 'ok' | RejectCode {
  const { orders } = exchange;
  const refusal = refusalOf(exchange, slot, action);
  if (refusal !== undefined) return refusal;
  const before = remainingAt(orders, slot);
  const quantity = action.quantity === 0 ? quantityAt(orders, slot) : action.quantity;
  const remaining = quantity - (quantityAt(orders, slot) - before);
  if (remaining <= 0) return 'order.alreadyFilled';

  const book = bookOf(exchange, slot);
  const price = action.price === 0 ? priceAt(orders, slot) : action.price;
  if (price === priceAt(orders, slot) && remaining <= before) {
    if (remaining < before) reduceOrder(exchange, book, slot, before - remaining, AMENDED);
    return answer(exchange, slot, 0, remaining, true);
  }
  const isRefused = requeueRefusal(exchange, book, slot, price, remaining, action.flags);
  if (isRefused !== undefined) return isRefused;
  requeue(exchange, book, slot, price, remaining);
  return 'ok';
}

function refusalOf(exchange: Exchange, slot: number, action: Action): RejectCode | undefined {
  const { price, quantity, flags, maxFeePpm, timeInForce, expiry } = action;
  if (flags > FLAGS_LIMIT || (flags & ~POST_ONLY) !== 0 || timeInForce !== 0 || expiry !== 0) return 'action.invalid';
  if (price !== 0 && !isPositiveSafe(price)) return 'order.priceOutOfRange';
  if (quantity !== 0 && !isPositiveSafe(quantity)) return 'order.quantityOutOfRange';
  const feeLimitPpm = feeLimitOfTerms(termsAt(exchange.orders, slot));
  return maxFeePpm !== 0 && feeLimitPpm > maxFeePpm ? 'order.feeAboveMaximum' : undefined;
}

/** Why the order cannot go to the back with that price and so many lots. */
function requeueRefusal(
  exchange: Exchange,
  book: Book,
  slot: number,
  price: number,
  lots: number,
  flags: number,
): RejectCode | undefined {
  const { orders } = exchange;
  if (book.status === BOOK_CANCEL_ONLY) return 'book.notOpen';
  const terms = termsAt(orders, slot);
  const side = sideOf(terms);
  const needed = reserveOf(book, side, price, lots, feeLimitOfTerms(terms));
  if (needed > MAX_SAFE || lots * price * book.tickSize > MAX_SAFE || lots * book.lotSize > MAX_SAFE) {
    return 'order.notionalOutOfRange';
  }
  const released = reserveAt(exchange, book, slot, remainingAt(orders, slot));
  const account = accountAt(orders, slot);
  const feeLimitPpm = feeLimitOfTerms(terms);
  const unaffordable = isMargin(exchange.ledger, account)
    ? marginRefusal(exchange, account, { book, side, price, reserve: needed, feeLimitPpm, replaces: slot })
    : fundsRefusal(exchange, book, account, side, needed - released);
  if (unaffordable !== undefined) return unaffordable;
  const mustNotTake = isPostOnly(terms) || (flags & POST_ONLY) !== 0 || book.status === BOOK_POST_ONLY;
  return mustNotTake && crosses(book, side, price) ? 'book.postOnlyWouldCross' : undefined;
}

/** Takes the order out of its level, trades it at its new price, and puts what is left at the back. */
function requeue(exchange: Exchange, book: Book, slot: number, price: number, lots: number): void {
  const { orders, ledger, taker, tape } = exchange;
  const terms = termsAt(orders, slot);
  const filledBefore = quantityAt(orders, slot) - remainingAt(orders, slot);
  unlinkFromLevel(orders, book, slot);
  putAside(exchange, book, slot, -reserveAt(exchange, book, slot, remainingAt(orders, slot)));
  tapeLoss(exchange, book, slot, AMENDED);

  taker.account = accountAt(orders, slot);
  taker.orderId = idAt(orders, slot);
  taker.side = sideOf(terms);
  taker.limit = price;
  taker.feeLimitPpm = feeLimitOfTerms(terms);
  taker.selfTrade = selfTradeOf(terms);
  taker.lots = lots;
  trade(exchange, book);

  setPrice(orders, slot, price);
  setRemaining(orders, slot, taker.lots);
  setQuantity(orders, slot, filledBefore + taker.traded + taker.lots);
  const rests = taker.lots > 0 && taker.stopped === NOT_STOPPED;
  answer(exchange, slot, taker.traded, taker.lots, rests);
  if (rests) {
    putAside(exchange, book, slot, reserveAt(exchange, book, slot, taker.lots));
    joinLevel(orders, book, slot);
    const { id, clientId, account, side, quantity, remaining, expiry } = orderAt(orders, slot);
    tapeRested(tape, book.id, id, clientId, account, side, price, quantity, remaining, expiry);
    return;
  }
  if (taker.lots > 0) tapeLoss(exchange, book, slot, taker.stopped);
  dropOrder(orders, ledger, slot);
}

function answer(
  { orders, placement }: Exchange,
  slot: number,
  filled: number,
  remaining: number,
  resting: boolean,
): 'ok' {
  placement.orderId = idAt(orders, slot);
  placement.filled = filled;
  placement.remaining = remaining;
  placement.resting = resting;
  return 'ok';
}
