// The operations that every engine gets, unless asked for otherwise: 50 000 passive orders, then adds near a wandering mid
// (55 %), cancels of random live orders (35 %) and orders through the book (10 %). Seeded, and built by a run of our own
// engine, because what may be cancelled depends on what still lives. Operation i places an order, or cancels or reduces one by
// its id and account, as a signed action does.
import { type Address, BATCH_LIMIT, BUY, SELL } from '../src/core/commands.ts';
import { createRandom } from '../test/support/random.ts';
import { createOurs } from './ours.ts';

export const SEED = 0x9e3779b9;
export const WARM_UP = 50_000;
/**
 * Half of them only buy, half only sell, so that nobody ever meets himself and self-trade rules play no part. No more of
 * them than may trade between two checkpoints, of which the benches that go through commands cut none.
 */
export const ACCOUNTS = 500;
/** With fewer live orders, none is cancelled. */
const FEWEST_LIVE = 1_000;
/** As the executor would number them: batches of this many. */
export const BATCH = 100;

export const PLACE = 0;
export const CANCEL = 1;
export const REDUCE = 2;

/** How large the market is. */
export interface Shape {
  /** Orders that rest before anything is measured. */
  readonly resting: number;
  readonly accounts: number;
  readonly books: number;
  readonly seed: number;
}

export const USUAL_SHAPE: Shape = { resting: WARM_UP, accounts: ACCOUNTS, books: 1, seed: SEED };

export interface Workload {
  readonly shape: Shape;
  /** Warm-up included. */
  readonly length: number;
  readonly kind: Uint8Array;
  readonly side: Uint8Array;
  readonly price: Float64Array;
  /** Lots; of a reduction, those that the order is for from now on. */
  readonly quantity: Float64Array;
  readonly account: Int32Array;
  /** Index of the book. */
  readonly book: Int32Array;
  /** Of the order that is placed, cancelled or reduced. */
  readonly orderId: Float64Array;
  /** The operation that placed it, for engines that give ids of their own. */
  readonly target: Int32Array;
}

/** What the engines must agree on. Quantities in lots, notional in lots × ticks. */
export interface Totals {
  trades: number;
  volume: number;
  notional: number;
}

export function createWorkload(operations: number, shape: Shape = USUAL_SHAPE): Workload {
  const { resting, books } = shape;
  const { workload, random, live, engine, place, cancel } = startWorkload(operations, shape);
  let mid = 100_000;

  const anyBook = () => (books > 1 ? random.below(books) : 0);
  const placePassive = (i: number) => {
    const side = random.below(2);
    const distance = Math.min(2_000, 1 + Math.floor(-Math.log(1 - random.next()) * 150));
    const price = side === BUY ? mid - distance : mid + distance;
    place(i, { side, price, quantity: 1 + random.below(1_000), book: anyBook() });
  };
  const placeThrough = (i: number) => {
    const side = random.below(2);
    const limit = live.size() > resting ? 2_400 : 1_600;
    const price = side === BUY ? mid + 5_000 : mid - 5_000;
    place(i, { side, price, quantity: 1 + random.below(limit), book: anyBook() });
  };

  for (let i = 0; i < resting; i++) {
    placePassive(i);
    engine.run(i, i + 1);
  }
  for (let i = resting; i < workload.length; i++) {
    if ((i - resting) % 50 === 0) mid += random.below(2) === SELL ? 1 : -1;
    const u = random.next();
    if (u < 0.55 || live.size() < FEWEST_LIVE) placePassive(i);
    else if (u < 0.9) cancel(i);
    else placeThrough(i);
    engine.run(i, i + 1);
  }
  return workload;
}

/**
 * An empty workload, and what fills it: `place` and `cancel` write operation `i`, which the engine has to run before the
 * next one is written.
 */
export function startWorkload(operations: number, shape: Shape) {
  const length = shape.resting + operations;
  const workload: Workload = {
    shape,
    length,
    kind: new Uint8Array(length),
    side: new Uint8Array(length),
    price: new Float64Array(length),
    quantity: new Float64Array(length),
    account: new Int32Array(length),
    book: new Int32Array(length),
    orderId: Float64Array.from({ length }, (_, i) => orderIdOf(i)),
    target: new Int32Array(length),
  };
  const random = createRandom(shape.seed);
  const live = createLiveSet(length);
  const engine = createOurs(workload, live.remove);

  const place = (i: number, { side, price, quantity, book }: Placed) => {
    workload.kind[i] = PLACE;
    workload.side[i] = side;
    workload.price[i] = price;
    workload.quantity[i] = quantity;
    workload.account[i] = 2 * random.below(shape.accounts / 2) + side;
    workload.book[i] = book;
    live.add(i);
  };
  /** Names a random live order; answers the operation that placed it. */
  const pick = (i: number) => {
    const target = live.at(random.below(live.size()));
    workload.target[i] = target;
    workload.orderId[i] = orderIdOf(target);
    workload.account[i] = workload.account[target] as number;
    workload.book[i] = workload.book[target] as number;
    return target;
  };
  const cancel = (i: number) => {
    workload.kind[i] = CANCEL;
    live.remove(pick(i));
  };
  return { workload, random, live, engine, place, pick, cancel };
}

interface Placed {
  readonly side: number;
  readonly price: number;
  readonly quantity: number;
  readonly book: number;
}

export function addressOf(account: number): Address {
  return `0x${account.toString(16).padStart(40, '0')}`;
}

/** Id of the order that operation `i` places. */
function orderIdOf(i: number): number {
  return (Math.floor(i / BATCH) + 1) * BATCH_LIMIT + (i % BATCH);
}

/** The operation that placed an order. */
export function operationOf(orderId: number): number {
  return (Math.floor(orderId / BATCH_LIMIT) - 1) * BATCH + (orderId % BATCH_LIMIT);
}

/** Operations whose order rests, in an order that only depends on what was added and removed. */
function createLiveSet(length: number) {
  const items = new Int32Array(length);
  const placeOf = new Int32Array(length);
  let size = 0;
  return {
    size: () => size,
    at: (index: number) => items[index] as number,
    add(operation: number) {
      items[size] = operation;
      placeOf[operation] = size++;
    },
    remove(operation: number) {
      const hole = placeOf[operation] as number;
      const last = items[--size] as number;
      items[hole] = last;
      placeOf[last] = hole;
    },
  };
}
