// limit-order-book from npm: numbers as decimal strings, no accounts, balances or fees.
import { LimitOrder, LimitOrderBook } from 'limit-order-book';
import { BUY } from '../src/core/commands.ts';
import type { BenchEngine } from './engines.ts';
import { PLACE, type Totals, type Workload } from './workload.ts';

export function createLimitOrderBook(workload: Workload): BenchEngine {
  const book = new LimitOrderBook({ symbol: 'BASE-QUOTE', priceStep: '1', sizeStep: '1' });
  const totals: Totals = { trades: 0, volume: 0, notional: 0 };

  const place = (i: number) => {
    const side = workload.side[i] === BUY ? 'bid' : 'ask';
    const { makers } = book.add(
      new LimitOrder(String(i), side, String(workload.price[i]), String(workload.quantity[i])),
    );
    for (const { filled, filledValue } of makers) {
      totals.trades++;
      totals.volume += Number(filled);
      totals.notional += Number(filledValue);
    }
  };
  const run = (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      if (workload.kind[i] === PLACE) place(i);
      else if (book.remove(String(workload.target[i])) === null) throw new Error(`operation ${i} cancelled nothing`);
    }
  };
  return { run, totals: () => totals };
}
