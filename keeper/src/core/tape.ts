// What happens inside the matching loop, written as rows of numbers into one reused array: no object per fill. `step`
// turns the rows of a command into events once it is done.
import type { Side } from './commands.ts';
import type { CancelReason, CoreEvent } from './events.ts';
import type { Ledger } from './ledger.ts';

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
    book: rows[at + 1] as number,
    makerOrderId: rows[at + 2] as number,
    takerOrderId: rows[at + 3] as number,
    maker: accountOf(ledger, rows[at + 4] as number),
    taker: accountOf(ledger, rows[at + 5] as number),
    takerSide: rows[at + 6] as Side,
    price: rows[at + 7] as number,
    quantity: rows[at + 8] as number,
    makerFee: rows[at + 9] as number,
    takerFee: rows[at + 10] as number,
    makerRemaining: rows[at + 11] as number,
  };
}

function restedOf(rows: Float64Array, at: number, ledger: Ledger): CoreEvent {
  return {
    type: 'orderRested',
    book: rows[at + 1] as number,
    orderId: rows[at + 2] as number,
    clientId: rows[at + 3] as number,
    account: accountOf(ledger, rows[at + 4] as number),
    side: rows[at + 5] as Side,
    price: rows[at + 6] as number,
    quantity: rows[at + 7] as number,
    remaining: rows[at + 8] as number,
    expiry: rows[at + 9] as number,
  };
}

function cancelledOf(rows: Float64Array, at: number, ledger: Ledger): CoreEvent {
  return {
    type: 'orderCancelled',
    book: rows[at + 1] as number,
    orderId: rows[at + 2] as number,
    account: accountOf(ledger, rows[at + 4] as number),
    side: rows[at + 5] as Side,
    price: rows[at + 6] as number,
    quantity: rows[at + 7] as number,
    reason: CANCEL_REASONS[rows[at + 3] as number] as CancelReason,
  };
}

function reducedOf(rows: Float64Array, at: number, ledger: Ledger): CoreEvent {
  return {
    type: 'orderReduced',
    book: rows[at + 1] as number,
    orderId: rows[at + 2] as number,
    account: accountOf(ledger, rows[at + 4] as number),
    side: rows[at + 5] as Side,
    price: rows[at + 6] as number,
    quantity: rows[at + 7] as number,
    reason: CANCEL_REASONS[rows[at + 3] as number] as CancelReason,
    remaining: rows[at + 8] as number,
  };
}

function accountOf(ledger: Ledger, index: number) {
  return { address: ledger.addresses[index] as `0x${string}`, subaccount: ledger.subaccounts[index] as number };
}

function rowsWithRoom(tape: Tape): Float64Array {
  if (tape.length === tape.rows.length) {
    const grown = new Float64Array(2 * tape.rows.length);
    grown.set(tape.rows);
    tape.rows = grown;
  }
  return tape.rows;
}
