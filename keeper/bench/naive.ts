// The obvious TypeScript: bigint, Map, arrays and objects, balances and fees included. The same engine that the tests
// compare ours with.
import { ACTION_AMEND, ACTION_PLACE, type Action, type Address, SELL, UNUSED_ACTION } from '../src/core/commands.ts';
import { createNaive, type NaiveBook, type NaiveOrder, naiveFeeAccount, ownerOf } from '../test/support/naiveEngine.ts';
import { naiveAction, naiveChangeBook, naiveListBook, naivePlace, removeOrder } from '../test/support/naiveOrders.ts';
import type { BenchEngine } from './engines.ts';
import { MAKER_FEE_PPM, TAKER_FEE_PPM } from './ours.ts';
import { addressOf, CANCEL, PLACE, type Totals, type Workload } from './workload.ts';

const PLENTY_WAD = 10n ** 40n;

export function createNaiveBench(workload: Workload): BenchEngine {
  const naive = createNaive();
  naive.assets.set(0, { id: 0, symbol: 'BASE', ledgerDecimals: 9 });
  naive.assets.set(1, { id: 1, symbol: 'QUOTE', ledgerDecimals: 9 });
  const books = Array.from({ length: workload.shape.books }, (_, index) => {
    const id = index + 1;
    naiveListBook(naive, { id, base: 0, quote: 1, lotSize: 1, tickSize: 1 });
    naiveChangeBook(naive, { id, makerFeePpm: MAKER_FEE_PPM, takerFeePpm: TAKER_FEE_PPM, status: 0 });
    return naive.books.get(id) as NaiveBook;
  });
  naiveFeeAccount(naive, `0x${'fe'.repeat(20)}`);
  const addresses = Array.from({ length: workload.shape.accounts }, (_, i) => addressOf(i));
  const owners = addresses.map((address) => ownerOf(address, 0));
  for (const [i, owner] of owners.entries()) {
    naive.owners.add(owner);
    naive.balances.set(`${owner}|${i % 2 === SELL ? 0 : 1}`, PLENTY_WAD);
  }
  const totals: Totals = { trades: 0, volume: 0, notional: 0 };

  const readEvents = () => {
    for (const event of naive.events) {
      if (event.type !== 'fill') continue;
      totals.trades++;
      totals.volume += event.quantity;
      totals.notional += event.quantity * event.price;
    }
    naive.events = [];
  };
  const run = (from: number, to: number) => {
    const { kind, side, price, quantity, account, orderId } = workload;
    const refuse = (i: number, code: string) => {
      throw new Error(`operation ${i} was refused: ${code}`);
    };
    for (let i = from; i < to; i++) {
      if (kind[i] === PLACE) {
        const index = account[i] as number;
        const book = books[workload.book[i] as number] as NaiveBook;
        const action = {
          kind: ACTION_PLACE,
          account: addresses[index] as Address,
          subaccount: 0,
          book: book.id,
          side: side[i] as number,
          timeInForce: 0,
          flags: 0,
          price: price[i] as number,
          quantity: quantity[i] as number,
          orderId: 0,
          clientId: 0,
          expiry: 0,
          maxFeePpm: 0,
        };
        const { code } = naivePlace(naive, book, owners[index] as string, action, orderId[i] as number, 0);
        if (code !== 'ok') refuse(i, code);
      } else if (kind[i] === CANCEL) {
        const order = naive.orders.get(orderId[i] as number);
        removeOrder(naive, order as NaiveOrder, 'requested');
      } else {
        const reduction = { orderId: orderId[i] as number, quantity: quantity[i] as number };
        const action = { ...UNUSED_ACTION, ...reduction, kind: ACTION_AMEND, account: addresses[account[i] as number] };
        const { code } = naiveAction(naive, action as Action, 0, 0);
        if (code !== 'ok') refuse(i, code);
      }
      readEvents();
    }
  };
  return { run, totals: () => totals };
}
