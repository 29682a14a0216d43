// nodejs-order-book from npm: a book without accounts, balances or fees.
import { OrderBook, OrderType, Side } from 'nodejs-order-book';
import { BUY } from '../src/core/commands.ts';
import type { BenchEngine } from './engines.ts';
import { PLACE, type Totals, type Workload } from './workload.ts';

export function createNodejsOrderBook(workload: Workload): BenchEngine {
  const book = new OrderBook();
  const totals: Totals = { trades: 0, volume: 0, notional: 0 };

  const count = (quantity: number, price: number) => {
    totals.trades++;
    totals.volume += quantity;
    totals.notional += quantity * price;
  };
  const place = (i: number) => {
    const id = String(i);
    const side = workload.side[i] === BUY ? Side.BUY : Side.SELL;
    const size = workload.quantity[i] as number;
    const price = workload.price[i] as number;
    const { done, partial, partialQuantityProcessed, err } = book.createOrder({
      type: OrderType.LIMIT,
      id,
      side,
      size,
      price,
    });
    if (err !== null) throw err;
    // `done` holds the makers that are gone, and the taker when nothing of it is left; `partial` the one that remains.
    for (const order of done) if (order.id !== id && 'price' in order) count(order.size, order.price);
    if (partial !== null && partial.id !== id) count(partialQuantityProcessed, partial.price);
  };
  const run = (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      if (workload.kind[i] === PLACE) place(i);
      else if (book.cancel(String(workload.target[i])) === undefined)
        throw new Error(`operation ${i} cancelled nothing`);
    }
  };
  return { run, totals: () => totals };
}
