// Price-time priority: a taker meets the makers of the other side, best price first, oldest first, and trades at their
// prices. It is funded already; nothing here is refused any more.
//
// When lots of a buy trade, the part of the reserve that belonged to them is released and pays price and fee. Fees are
// rounded up per fill; a buyer's fee never exceeds what the reserve held for it, so that an order cut into many fills
// still pays no more in all than its whole notional's fee rounded up.
import { feeUp } from './assets.ts';
import { discardOrder, reduceOrder } from './cancelOrder.ts';
import { BUY, DECREMENT, EXPIRE_MAKER, EXPIRE_TAKER, SELL } from './commands.ts';
import { buyReserve, type Exchange, NOT_STOPPED } from './exchange.ts';
import { type Asset, markChanged, recordBytes } from './ledger.ts';
import { followMarket, levelSlot } from './levels.ts';
import { type Book, dropLevel, dropOrder, ordersOf } from './orderBook.ts';
import {
  accountAt,
  feeLimitOfTerms,
  idAt,
  linkQueue,
  nextAt,
  priceAt,
  remainingAt,
  setRemaining,
  sideOf,
  termsAt,
} from './orderPool.ts';
import { CHECKPOINT_FULL, SELF_TRADE, tapeFill, tapeReduced } from './tape.ts';

/** Would an order of that side and limit price trade at once? */
export function crosses(book: Book, side: number, price: number): boolean {
  return side === BUY ? book.bestAsk <= price : book.bestBid >= price;
}

/**
 * Trades `exchange.taker` up to its limit price, and leaves in it what became of it.
 * Larger than the limit: the engine's inner loop, in which everything stays in local variables.
 */
export function trade(exchange: Exchange, book: Book): void {
  const { ledger, orders, taker, changeLimit } = exchange;
  const { tickSize, lotSize, levels } = book;
  const { account, side, limit, orderId, feeLimitPpm } = taker;
  const buying = side === BUY;
  const feePpm = Math.min(book.takerFeePpm, feeLimitPpm);
  const base = (ledger.assets[book.base] as Asset).units;
  const quote = (ledger.assets[book.quote] as Asset).units;
  const lotCost = limit * tickSize;
  let lots = taker.lots;
  // What the taker would still have to put aside for the rest, had it rested: bounds a buyer's fee.
  let takerReserve = buying ? buyReserve(lots * lotCost, feeLimitPpm) : 0;
  let traded = 0;
  let cost = 0;
  let fees = 0;
  let lastPrice = 0;
  let tradePrice = 0;
  let stopped = NOT_STOPPED;
  while (lots > 0 && stopped === NOT_STOPPED) {
    const price = buying ? book.bestAsk : book.bestBid;
    if (buying ? price > limit : price < limit) break;
    lastPrice = price;
    const level = levelSlot(levels, price);
    let maker = levels.ends[2 * level] as number;
    while (maker !== 0 && lots > 0 && stopped === NOT_STOPPED) {
      if (ledger.changedBytes >= changeLimit) {
        stopped = CHECKPOINT_FULL;
        break;
      }
      const after = nextAt(orders, maker);
      const offered = remainingAt(orders, maker);
      if (accountAt(orders, maker) === account) {
        const taken = preventSelfTrade(exchange, book, maker, lots);
        if (taken === offered) maker = after;
        if (taker.selfTrade === DECREMENT) lots -= taken;
        else if (taker.selfTrade !== EXPIRE_MAKER) stopped = SELF_TRADE;
        if (buying) takerReserve = buyReserve(lots * lotCost, feeLimitPpm);
        continue;
      }
      const quantity = Math.min(offered, lots);
      const notional = quantity * price * tickSize;
      const left = offered - quantity;
      lots -= quantity;

      let takerFee = feeUp(notional, feePpm);
      const makerFee = settleMaker(exchange, book, maker, notional, quantity, left);
      if (buying) {
        const stillReserved = buyReserve(lots * lotCost, feeLimitPpm);
        takerFee = Math.min(takerFee, takerReserve - stillReserved - notional);
        takerReserve = stillReserved;
        base[account] = (base[account] as number) + quantity * lotSize;
        quote[account] = (quote[account] as number) - notional - takerFee;
      } else {
        base[account] = (base[account] as number) - quantity * lotSize;
        quote[account] = (quote[account] as number) + notional - takerFee;
      }
      quote[ledger.feeAccount] = (quote[ledger.feeAccount] as number) + makerFee + takerFee;
      tradePrice = price;
      traded += quantity;
      cost += notional;
      fees += takerFee;
      tapeFill(
        exchange.tape,
        book.id,
        idAt(orders, maker),
        orderId,
        accountAt(orders, maker),
        account,
        side,
        price,
        quantity,
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
      linkQueue(orders, 0, maker);
    }
  }
  if (lastPrice !== 0) followMarket(levels, lastPrice);
  if (traded > 0) {
    rememberTrade(book, tradePrice, exchange.margin.now);
    markChanged(ledger, account);
    markChanged(ledger, ledger.feeAccount);
  }
  taker.lots = lots;
  taker.traded = traded;
  taker.notional = cost;
  taker.fees = fees;
  taker.stopped = stopped;
}

function rememberTrade(book: Book, price: number, time: number): void {
  book.lastPrice = price;
  book.lastTime = time;
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
  const account = accountAt(orders, slot);
  const terms = termsAt(orders, slot);
  const feeLimitPpm = feeLimitOfTerms(terms);
  const baseUnits = traded * book.lotSize;
  let fee = feeUp(notional, Math.min(book.makerFeePpm, feeLimitPpm));
  setRemaining(orders, slot, left);
  if (sideOf(terms) === BUY) {
    const lotCost = priceAt(orders, slot) * book.tickSize;
    const stillReserved = buyReserve(left * lotCost, feeLimitPpm);
    const released = buyReserve((left + traded) * lotCost, feeLimitPpm) - stillReserved;
    fee = Math.min(fee, released - notional);
    quote.reserved[account] = (quote.reserved[account] as number) - released;
    quote.units[account] = (quote.units[account] as number) - notional - fee;
    base.units[account] = (base.units[account] as number) + baseUnits;
  } else {
    base.reserved[account] = (base.reserved[account] as number) - baseUnits;
    base.units[account] = (base.units[account] as number) - baseUnits;
    quote.units[account] = (quote.units[account] as number) + notional - fee;
  }
  markChanged(ledger, account);
  return fee;
}

/** The taker meets an order of its own account. Answers the lots that the maker loses; without any left it is gone. */
function preventSelfTrade(exchange: Exchange, book: Book, maker: number, lots: number): number {
  const { orders, taker, tape } = exchange;
  if (taker.selfTrade === EXPIRE_TAKER) return 0;
  const offered = remainingAt(orders, maker);
  const taken = taker.selfTrade === DECREMENT ? Math.min(offered, lots) : offered;
  if (taken < offered) reduceOrder(exchange, book, maker, taken, SELF_TRADE);
  else discardOrder(exchange, book, maker, SELF_TRADE);
  if (taker.selfTrade === DECREMENT) {
    const { orderId, account, side, limit } = taker;
    tapeReduced(tape, book.id, orderId, SELF_TRADE, account, side, limit, taken, lots - taken);
  }
  return taken;
}

/** Whether `exchange.taker` would trade all its lots at once; touches nothing. */
export function canFill(exchange: Exchange, book: Book): 'ok' | 'order.wouldNotFill' | 'checkpoint.full' {
  const { ledger, orders, taker, changeLimit } = exchange;
  let { lots } = taker;
  let bytes = ledger.changedBytes;
  // Prices of asks grow away from the best one, those of bids fall.
  const towards = taker.side === BUY ? 1 : -1;
  for (const maker of ordersOf(orders, book, BUY + SELL - taker.side)) {
    const price = priceAt(orders, maker);
    if ((price - taker.limit) * towards > 0) break;
    const account = accountAt(orders, maker);
    if (account === taker.account) {
      if (taker.selfTrade !== EXPIRE_MAKER) break;
      continue;
    }
    if (bytes >= changeLimit) return 'checkpoint.full';
    if (ledger.changed[account] === 0) bytes += recordBytes(ledger, account);
    lots -= remainingAt(orders, maker);
    if (lots <= 0) return 'ok';
  }
  return 'order.wouldNotFill';
}
