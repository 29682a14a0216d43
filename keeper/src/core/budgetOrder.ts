// Market orders in money: a buy spends up to a budget of quote units, fees included; a sell goes on until what it sold
// for, before fees, has come to the budget. Lots are whole: what would not pay for one more is left over, and nothing rests.
import { feeUp, PPM } from './assets.ts';
import { BUY } from './commands.ts';
import { type Exchange, NOT_STOPPED } from './exchange.ts';
import { NO_ASK, NO_BID } from './levels.ts';
import { trade } from './match.ts';
import type { Book } from './orderBook.ts';

/** Works off `exchange.taker`, whose limit 0 means any price, level by level: each is a limit order for what is left. */
export function spendBudget(exchange: Exchange, book: Book, budget: number): 'ok' {
  const { taker, placement } = exchange;
  const buying = taker.side === BUY;
  const worst = taker.limit === 0 ? NO_ASK - 1 : taker.limit;
  let left = budget;
  let filled = 0;
  taker.stopped = NOT_STOPPED;
  while (taker.stopped === NOT_STOPPED) {
    const price = buying ? book.bestAsk : book.bestBid;
    if (price === NO_ASK || price === NO_BID || (buying ? price > worst : price < worst)) break;
    const lotCost = price * book.tickSize;
    const lots = buying ? affordableLots(left, lotCost, taker.feeLimitPpm) : Math.floor(left / lotCost);
    if (lots === 0) break;
    taker.limit = price;
    taker.lots = lots;
    trade(exchange, book);
    filled += taker.traded;
    // Lots that neither traded nor are left were taken by self-trade prevention.
    const prevented = lots - taker.traded - taker.lots;
    left -= taker.notional + prevented * lotCost + (buying ? taker.fees : 0);
  }
  placement.filled = filled;
  placement.remaining = left;
  placement.resting = false;
  return 'ok';
}

/** The most lots whose cost and fee, rounded up, are within `budget`; the division is only a first guess. */
export function affordableLots(budget: number, lotCost: number, feePpm: number): number {
  const costOf = (lots: number) => lots * lotCost + feeUp(lots * lotCost, feePpm);
  let lots = Math.floor(Math.floor(budget / (1 + feePpm / PPM)) / lotCost);
  while (lots > 0 && costOf(lots) > budget) lots--;
  while (costOf(lots + 1) <= budget) lots++;
  return lots;
}
