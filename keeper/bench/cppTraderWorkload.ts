// The shape of the flow that CppTrader publishes for its market manager: a day of NASDAQ, 30 January 2017, as its README
// counts it.
//
// Reproduced: its mix of operations (48.0 % adds, 48.0 % deletes, 2.2 % reductions in place, 1.8 % executions), many books,
// and open orders per book as at its fullest moment (1 647 972 in 8 371 books). Not reproduced: the recorded messages
// themselves with their prices, times, sizes and the few symbols that get most of them; here every book gets as many as any
// other, around a mid of its own that wanders. CppTrader is told which order was executed; here an order comes through the
// book and has to be matched. And there are a thousand books, unless asked for otherwise: each takes two megabytes of
// addresses.
import { BUY } from '../src/core/commands.ts';
import { findOrder, quantityAt, remainingAt } from '../src/core/orderPool.ts';
import { ACCOUNTS, REDUCE, SEED, type Shape, startWorkload, type Workload } from './workload.ts';

const BOOKS = 1_000;
const ORDERS_PER_BOOK = 197;

export const CPP_TRADER_SHAPE: Shape = {
  resting: BOOKS * ORDERS_PER_BOOK,
  accounts: ACCOUNTS,
  books: BOOKS,
  seed: SEED,
};

const DELETES = 152_865_456;
const REDUCTIONS = 7_037_619;
const EXECUTIONS = 5_663_712;
/** Every order that was added was deleted: by its owner, or because nothing was left of it. */
const OPERATIONS = 2 * DELETES + REDUCTIONS + EXECUTIONS;

export function createCppTraderWorkload(operations: number, shape: Shape = CPP_TRADER_SHAPE): Workload {
  const { resting, books } = shape;
  const { workload, random, live, engine, place, pick, cancel } = startWorkload(operations, shape);
  const { orders } = engine.exchange;
  const mids = new Float64Array(books).fill(100_000);

  const add = (i: number) => {
    const book = random.below(books);
    const side = random.below(2);
    const distance = 1 + Math.floor(-Math.log(1 - random.next()) * 20);
    const mid = mids[book] as number;
    place(i, { side, price: side === BUY ? mid - distance : mid + distance, quantity: 1 + random.below(1_000), book });
  };
  /** As many lots as an order of the book may have: it is executed in part, or a little more than one is. */
  const execute = (i: number) => {
    const book = random.below(books);
    const side = random.below(2);
    const mid = (mids[book] as number) + (side === BUY ? 1 : -1);
    mids[book] = mid;
    place(i, { side, price: side === BUY ? mid + 1_000 : mid - 1_000, quantity: 1 + random.below(500), book });
  };
  const reduce = (i: number) => {
    workload.kind[i] = REDUCE;
    pick(i);
    const slot = findOrder(orders, workload.orderId[i] as number);
    const lots = random.below(remainingAt(orders, slot));
    workload.quantity[i] = quantityAt(orders, slot) - lots;
  };

  for (let i = 0; i < workload.length; i++) {
    const u = random.next() * OPERATIONS;
    if (i < resting) add(i);
    else if (u < EXECUTIONS) execute(i);
    else if (u < EXECUTIONS + REDUCTIONS) reduce(i);
    // A coin that leans to where the books stay as full as they are.
    else if (random.next() * 2 * resting > live.size()) add(i);
    else cancel(i);
    engine.run(i, i + 1);
  }
  return workload;
}
