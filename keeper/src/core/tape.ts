// What happens inside the matching loop, written as rows of numbers into one reused array: no object per fill. `step`
// turns the rows of a command into events once it is done.
import { compact } from './assets.ts';
import type { Side } from './commands.ts';
import type { CancelReason, CoreEvent } from './events.ts';
import { accountIdOf, type Ledger } from './ledger.ts';

/** Numbers per row. */
export const TAPE_STRIDE = 12;
const INITIAL_ROWS = 256;

export const ROW_FILL = 1;
const ROW_RESTED = 2;
const ROW_CANCELLED = 3;
const ROW_REDUCED = 4;

export const CANCEL_REASONS: readonly CancelReason[] = [
  'requested',
  'immediateOrCancel',
  'selfTrade',
  'expired',
  'bookClosed',
  'checkpointFull',
  'amended',
  'deadManSwitch',
  'executorLost',
  'liquidated',
  'lossShared',
  'windDown',
  'creditLowered',
];
export const REQUESTED = 0;
export const UNFILLED_REST = 1;
export const SELF_TRADE = 2;
export const EXPIRED = 3;
export const BOOK_WAS_CLOSED = 4;
export const CHECKPOINT_FULL = 5;
export const AMENDED = 6;
export const DEAD_MAN_SWITCH = 7;
export const EXECUTOR_LOST = 8;
export const LIQUIDATED = 9;
export const LOSS_SHARED = 10;
export const WIND_DOWN = 11;
export const CREDIT_LOWERED = 12;

export interface Tape {
  rows: Float64Array;
  /** Numbers written. */
  length: number;
}

export function createTape(): Tape {
  return { rows: new Float64Array(INITIAL_ROWS * TAPE_STRIDE), length: 0 };
}

/** Accounts are ledger indices, prices ticks, quantities lots, fees quote units. */
export function tapeFill(
  tape: Tape,
  book: number,
  makerOrderId: number,
  takerOrderId: number,
  maker: number,
  taker: number,
  takerSide: number,
  price: number,
  quantity: number,
  makerFee: number,
  takerFee: number,
  makerRemaining: number,
): void {
  const rows = rowsWithRoom(tape);
  const at = tape.length;
  rows[at] = ROW_FILL;
  rows[at + 1] = book;
  rows[at + 2] = makerOrderId;
  rows[at + 3] = takerOrderId;
  rows[at + 4] = maker;
  rows[at + 5] = taker;
  rows[at + 6] = takerSide;
  rows[at + 7] = price;
  rows[at + 8] = quantity;
  rows[at + 9] = makerFee;
  rows[at + 10] = takerFee;
  rows[at + 11] = makerRemaining;
  tape.length = at + TAPE_STRIDE;
}

export function tapeRested(
  tape: Tape,
  book: number,
  orderId: number,
  clientId: number,
  account: number,
  side: number,
  price: number,
  quantity: number,
  remaining: number,
  expiry: number,
): void {
  const rows = rowsWithRoom(tape);
  const at = tape.length;
  rows[at] = ROW_RESTED;
  rows[at + 1] = book;
  rows[at + 2] = orderId;
  rows[at + 3] = clientId;
  rows[at + 4] = account;
  rows[at + 5] = side;
  rows[at + 6] = price;
  rows[at + 7] = quantity;
  rows[at + 8] = remaining;
  rows[at + 9] = expiry;
  tape.length = at + TAPE_STRIDE;
}

/** `reason` is an index of `CANCEL_REASONS`. */
export function tapeCancelled(
  tape: Tape,
  book: number,
  orderId: number,
  reason: number,
  account: number,
  side: number,
  price: number,
  quantity: number,
): void {
  const rows = rowsWithRoom(tape);
  const at = tape.length;
  rows[at] = ROW_CANCELLED;
  rows[at + 1] = book;
  rows[at + 2] = orderId;
  rows[at + 3] = reason;
  rows[at + 4] = account;
  rows[at + 5] = side;
  rows[at + 6] = price;
  rows[at + 7] = quantity;
  tape.length = at + TAPE_STRIDE;
}

/** An order lost `quantity` lots without a trade. `reason` is an index of `CANCEL_REASONS`. */
export function tapeReduced(
  tape: Tape,
  book: number,
  orderId: number,
  reason: number,
  account: number,
  side: number,
  price: number,
  quantity: number,
  remaining: number,
): void {
  tapeCancelled(tape, book, orderId, reason, account, side, price, quantity);
  const at = tape.length - TAPE_STRIDE;
  tape.rows[at] = ROW_REDUCED;
  tape.rows[at + 8] = remaining;
}

/** Appends the rows as events and empties the tape. */
export function drainTape(tape: Tape, ledger: Ledger, events: CoreEvent[]): void {
  for (let at = 0; at < tape.length; at += TAPE_STRIDE) {
    const { rows } = tape;
    const kind = rows[at];
    if (kind === ROW_FILL) events.push(fillOf(rows, at, ledger));
    else if (kind === ROW_RESTED) events.push(restedOf(rows, at, ledger));
    else if (kind === ROW_CANCELLED) events.push(cancelledOf(rows, at, ledger));
    else events.push(reducedOf(rows, at, ledger));
  }
  tape.length = 0;
}

function fillOf(rows: Float64Array, at: number, ledger: Ledger): CoreEvent {
  return {
    type: 'fill',
    book: numberAt(rows, at + 1),
    makerOrderId: numberAt(rows, at + 2),
    takerOrderId: numberAt(rows, at + 3),
    maker: accountIdOf(ledger, numberAt(rows, at + 4)),
    taker: accountIdOf(ledger, numberAt(rows, at + 5)),
    takerSide: numberAt(rows, at + 6) as Side,
    price: numberAt(rows, at + 7),
    quantity: numberAt(rows, at + 8),
    makerFee: numberAt(rows, at + 9),
    takerFee: numberAt(rows, at + 10),
    makerRemaining: numberAt(rows, at + 11),
  };
}

function restedOf(rows: Float64Array, at: number, ledger: Ledger): CoreEvent {
  return {
    type: 'orderRested',
    book: numberAt(rows, at + 1),
    orderId: numberAt(rows, at + 2),
    clientId: numberAt(rows, at + 3),
    account: accountIdOf(ledger, numberAt(rows, at + 4)),
    side: numberAt(rows, at + 5) as Side,
    price: numberAt(rows, at + 6),
    quantity: numberAt(rows, at + 7),
    remaining: numberAt(rows, at + 8),
    expiry: numberAt(rows, at + 9),
  };
}

function cancelledOf(rows: Float64Array, at: number, ledger: Ledger): CoreEvent {
  return {
    type: 'orderCancelled',
    book: numberAt(rows, at + 1),
    orderId: numberAt(rows, at + 2),
    account: accountIdOf(ledger, numberAt(rows, at + 4)),
    side: numberAt(rows, at + 5) as Side,
    price: numberAt(rows, at + 6),
    quantity: numberAt(rows, at + 7),
    reason: CANCEL_REASONS[numberAt(rows, at + 3)] as CancelReason,
  };
}

function reducedOf(rows: Float64Array, at: number, ledger: Ledger): CoreEvent {
  return {
    type: 'orderReduced',
    book: numberAt(rows, at + 1),
    orderId: numberAt(rows, at + 2),
    account: accountIdOf(ledger, numberAt(rows, at + 4)),
    side: numberAt(rows, at + 5) as Side,
    price: numberAt(rows, at + 6),
    quantity: numberAt(rows, at + 7),
    reason: CANCEL_REASONS[numberAt(rows, at + 3)] as CancelReason,
    remaining: numberAt(rows, at + 8),
  };
}

function numberAt(rows: Float64Array, at: number): number {
  return compact(rows[at] as number);
}

function rowsWithRoom(tape: Tape): Float64Array {
  if (tape.length === tape.rows.length) {
    const grown = new Float64Array(2 * tape.rows.length);
    grown.set(tape.rows);
    tape.rows = grown;
  }
  return tape.rows;
}
