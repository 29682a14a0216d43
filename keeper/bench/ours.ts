// Our engine: the real ledger, books and matching of the core, reserves, fees and event tape included.
import { amendOrder } from '../src/core/amendOrder.ts';
import { cancelOrder, findOwnOrder } from '../src/core/cancelOrder.ts';
import { ACTION_AMEND, SELL } from '../src/core/commands.ts';
import { createExchange, type Exchange } from '../src/core/exchange.ts';
import { type Asset, addAsset, openAccount } from '../src/core/ledger.ts';
import { BOOK_OPEN, type Book, createBook } from '../src/core/orderBook.ts';
import { idAt } from '../src/core/orderPool.ts';
import { placeOrder } from '../src/core/placeOrder.ts';
import { REQUESTED, ROW_FILL, TAPE_STRIDE } from '../src/core/tape.ts';
import { type BenchEngine, createAction } from './engines.ts';
import { addressOf, CANCEL, operationOf, PLACE, type Shape, type Totals, type Workload } from './workload.ts';

/** Of everybody together: no order is ever refused, and the sum stays below 2⁵³. */
const ALL_FUNDS = 8e15;
export const MAKER_FEE_PPM = 200;
export const TAKER_FEE_PPM = 500;
const BASE = 0;
const QUOTE = 1;

/** `onGone` is told the operation of each order that is filled. */
export function createOurs(
  workload: Workload,
  onGone?: (operation: number) => void,
): BenchEngine & { readonly exchange: Exchange } {
  const exchange = createMarket(workload.shape);
  const { books } = exchange;
  const { orders, tape } = exchange;
  const totals: Totals = { trades: 0, volume: 0, notional: 0 };
  const action = createAction();

  const readTape = () => {
    for (let at = 0; at < tape.length; at += TAPE_STRIDE) {
      if (tape.rows[at] !== ROW_FILL) continue;
      const quantity = tape.rows[at + 8] as number;
      totals.trades++;
      totals.volume += quantity;
      totals.notional += quantity * (tape.rows[at + 7] as number);
      if (onGone === undefined) continue;
      if (tape.rows[at + 11] === 0) onGone(operationOf(tape.rows[at + 2] as number));
    }
    tape.length = 0;
  };

  const amend = createAction();
  amend.kind = ACTION_AMEND;
  const reduce = (slot: number, lots: number) => {
    amend.quantity = lots;
    const code = amendOrder(exchange, slot, amend);
    if (code !== 'ok') throw new Error(`order ${idAt(orders, slot)} was not reduced: ${code}`);
  };

  const run = (from: number, to: number) => {
    const { kind, side, price, quantity, account, book, orderId } = workload;
    for (let i = from; i < to; i++) {
      if (kind[i] === PLACE) {
        action.side = side[i] as number;
        action.price = price[i] as number;
        action.quantity = quantity[i] as number;
        const code = placeOrder(
          exchange,
          books[book[i] as number] as Book,
          account[i] as number,
          action,
          orderId[i] as number,
          0,
        );
        if (code !== 'ok') throw new Error(`order ${i} was refused: ${code}`);
        if (onGone !== undefined && !exchange.placement.resting) onGone(i);
      } else {
        const slot = findOwnOrder(orders, account[i] as number, orderId[i] as number, 0);
        if (slot === 0) throw new Error(`the order of operation ${i} is gone`);
        if (kind[i] === CANCEL) cancelOrder(exchange, slot, REQUESTED);
        else reduce(slot, quantity[i] as number);
      }
      readTape();
    }
  };
  return { run, totals: () => totals, exchange };
}

/** An exchange of its own with such a market. */
export function createMarket(shape: Pick<Shape, 'accounts' | 'books'>): Exchange {
  const exchange = createExchange();
  openMarket(exchange, shape);
  return exchange;
}

/** Open books of the same two assets, funded accounts, and a fee account. */
export function openMarket(exchange: Exchange, { accounts, books }: Pick<Shape, 'accounts' | 'books'>): void {
  const { ledger } = exchange;
  for (const [id, symbol] of ['BASE', 'QUOTE'].entries()) addAsset(ledger, { id, symbol, ledgerDecimals: 9 });
  for (let i = 0; i < accounts; i++) {
    const account = openAccount(ledger, addressOf(i), 0);
    const asset = ledger.assets[account % 2 === SELL ? BASE : QUOTE] as Asset;
    asset.units[account] = Math.floor(ALL_FUNDS / accounts);
  }
  ledger.feeAccount = openAccount(ledger, `0x${'fe'.repeat(20)}`, 0);
  for (let index = 0; index < books; index++) {
    const book = createBook({ id: index + 1, index, base: BASE, quote: QUOTE, lotSize: 1, tickSize: 1 });
    book.makerFeePpm = MAKER_FEE_PPM;
    book.takerFeePpm = TAKER_FEE_PPM;
    book.status = BOOK_OPEN;
    exchange.books.push(book);
    exchange.bookById.set(book.id, book);
  }
}
