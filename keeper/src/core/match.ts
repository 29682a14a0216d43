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
import { type Asset, createLedger, type Ledger, NO_ACCOUNT } from './ledger.ts';
import { followMarket, levelSlot } from './levels.ts';
import {
  BOOK_OPEN,
  type Book,
  createOrderPool,
  dropLevel,
  findClientOrder,
  findOrder,
  freeSlot,
  linkOrder,
  OPEN_ORDER_LIMIT,
  type OrderPool,
  takeSlot,
  unlinkFromLevel,
} from './orderBook.ts';
import { createTape, SELF_TRADE, type Tape, tapeCancelled, tapeFill, tapeRested, UNFILLED_REST } from './tape.ts';

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
  placement.resting = remaining > 0 && timeInForce === GOOD_TILL_CANCELLED;
  if (placement.resting) {
    rest(exchange, book, account, action, orderId, feeLimitPpm);
  } else if (remaining > 0) {
    tapeCancelled(exchange.tape, book.id, orderId, UNFILLED_REST, account, side, price, remaining);
  }
  return 'ok';
}

/** Cancels one open order and gives its reserve back. `reason` is an index of `CANCEL_REASONS`. */
export function cancelOrder(exchange: Exchange, slot: number, reason: number): void {
  const { orders, books } = exchange;
  unlinkFromLevel(orders, books[orders.book[slot] as number] as Book, slot);
  discardOrder(exchange, slot, reason);
}

/** Slot of an account's open order by order id, or by client id when that is 0; 0 when there is none. */
export function findOwnOrder(
  orders: OrderPool,
  { account, orderId, clientId }: { account: number; orderId: number; clientId: number },
): number {
  if (orderId === 0) return clientId === 0 ? 0 : findClientOrder(orders, account, clientId);
  const slot = findOrder(orders, orderId);
  return slot !== 0 && orders.account[slot] === account ? slot : 0;
}

/** Cancels an account's open orders, oldest first, in one book or in all (`undefined`); answers how many. */
export function cancelAll(exchange: Exchange, account: number, book: Book | undefined, reason: number): number {
  const { ledger, orders } = exchange;
  let cancelled = 0;
  let slot = ledger.firstOrder[account] as number;
  while (slot !== 0) {
    const newer = orders.nextOfAccount[slot] as number;
    if (book === undefined || orders.book[slot] === book.index) {
      cancelOrder(exchange, slot, reason);
      cancelled++;
    }
    slot = newer;
  }
  return cancelled;
}

/** Everything that can be refused without looking at the account. */
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
  placement.orderId = orders.id[slot] as number;
  placement.filled = orders.firstFilled[slot] as number;
  placement.remaining = orders.firstRemaining[slot] as number;
  placement.resting = true;
  return 'ok';
}

/** Trades against the other side of the book up to the limit price; answers the lots that are left. */
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
  const { ledger, orders } = exchange;
  const { tickSize, lotSize, levels } = book;
  const buying = side === BUY;
  const base = ledger.assets[book.base] as Asset;
  const quote = ledger.assets[book.quote] as Asset;
  const lotCost = limit * tickSize;
  let remaining = quantity;
  // What the taker would still have to put aside for the rest, had it rested: bounds a buyer's fee.
  let takerReserve = buying ? buyReserve(quantity * lotCost, feeLimitPpm) : 0;
  let lastPrice = 0;

  while (remaining > 0) {
    const price = buying ? book.bestAsk : book.bestBid;
    if (buying ? price > limit : price < limit) break;
    lastPrice = price;
    const level = levelSlot(levels, price);
    let maker = levels.ends[2 * level] as number;
    while (maker !== 0 && remaining > 0) {
      const after = orders.next[maker] as number;
      if (orders.account[maker] === taker) {
        discardOrder(exchange, maker, SELF_TRADE);
        maker = after;
        continue;
      }
      const offered = orders.remaining[maker] as number;
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
        base.units[taker] = (base.units[taker] as number) + traded * lotSize;
        quote.units[taker] = (quote.units[taker] as number) - notional - takerFee;
      } else {
        base.units[taker] = (base.units[taker] as number) - traded * lotSize;
        quote.units[taker] = (quote.units[taker] as number) + notional - takerFee;
      }
      quote.units[ledger.feeAccount] = (quote.units[ledger.feeAccount] as number) + makerFee + takerFee;
      tapeFill(
        exchange.tape,
        book.id,
        orders.id[maker] as number,
        takerOrderId,
        orders.account[maker] as number,
        taker,
        side,
        price,
        traded,
        makerFee,
        takerFee,
        left,
      );
      if (left === 0) {
        freeSlot(orders, ledger, maker);
        maker = after;
      }
    }
    if (maker === 0) {
      dropLevel(book, price);
    } else {
      levels.ends[2 * level] = maker;
      orders.previous[maker] = 0;
    }
  }
  if (lastPrice !== 0) followMarket(levels, lastPrice);
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
  const base = ledger.assets[book.base] as Asset;
  const quote = ledger.assets[book.quote] as Asset;
  const account = orders.account[slot] as number;
  const feeLimitPpm = orders.feeLimitPpm[slot] as number;
  const baseUnits = traded * book.lotSize;
  let fee = feeUp(notional, Math.min(book.makerFeePpm, feeLimitPpm));
  orders.remaining[slot] = left;
  if (orders.side[slot] === BUY) {
    const stillReserved = buyReserve(left * (orders.price[slot] as number) * book.tickSize, feeLimitPpm);
    const released = (orders.reserve[slot] as number) - stillReserved;
    fee = Math.min(fee, released - notional);
    orders.reserve[slot] = stillReserved;
    quote.reserved[account] = (quote.reserved[account] as number) - released;
    quote.units[account] = (quote.units[account] as number) - notional - fee;
    base.units[account] = (base.units[account] as number) + baseUnits;
  } else {
    orders.reserve[slot] = (orders.reserve[slot] as number) - baseUnits;
    base.reserved[account] = (base.reserved[account] as number) - baseUnits;
    base.units[account] = (base.units[account] as number) - baseUnits;
    quote.units[account] = (quote.units[account] as number) + notional - fee;
  }
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
  const { ledger, orders, placement, tape } = exchange;
  const { remaining } = placement;
  const { side, price } = action;
  const slot = takeSlot(orders);
  const reserve = side === BUY ? buyReserve(remaining * price * book.tickSize, feeLimitPpm) : remaining * book.lotSize;
  const paidWith = ledger.assets[side === BUY ? book.quote : book.base] as Asset;
  paidWith.reserved[account] = (paidWith.reserved[account] as number) + reserve;
  orders.id[slot] = orderId;
  orders.clientId[slot] = action.clientId;
  orders.price[slot] = price;
  orders.remaining[slot] = remaining;
  orders.reserve[slot] = reserve;
  orders.firstFilled[slot] = placement.filled;
  orders.firstRemaining[slot] = remaining;
  orders.account[slot] = account;
  orders.book[slot] = book.index;
  orders.feeLimitPpm[slot] = feeLimitPpm;
  orders.side[slot] = side;
  linkOrder(orders, book, ledger, slot);
  tapeRested(tape, book.id, orderId, action.clientId, account, side, price, remaining);
}

/** The rest of a cancellation, once the order is out of its price level. */
function discardOrder(exchange: Exchange, slot: number, reason: number): void {
  const { ledger, orders, books, tape } = exchange;
  const book = books[orders.book[slot] as number] as Book;
  const account = orders.account[slot] as number;
  const side = orders.side[slot] as number;
  const paidWith = ledger.assets[side === BUY ? book.quote : book.base] as Asset;
  paidWith.reserved[account] = (paidWith.reserved[account] as number) - (orders.reserve[slot] as number);
  tapeCancelled(
    tape,
    book.id,
    orders.id[slot] as number,
    reason,
    account,
    side,
    orders.price[slot] as number,
    orders.remaining[slot] as number,
  );
  freeSlot(orders, ledger, slot);
}
