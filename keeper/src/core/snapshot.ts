// The state as bytes, in exactly one way.
//
// `encodeState` is what checkpoints stand for, as if all orders were cancelled: balances without reserves, no books.
// `encodeEngine` is everything, books included, for the local disk. `stateHash` and `engineHash` are their keccak256.
//
// Layout of a state, version 14. Integers are variable-length, seven bits a byte, lowest first (packing.ts):
//
//   head       version 14 · time · number of the checkpoint · shared losses · home chain id · authority · checkpointer ·
//              directory · roles · checkpoint numbers · chains · log positions · assets, risk, prices · tokens · books ·
//              debt limits · withdrawals · forced withdrawals · liquidations
//   accounts   their number · a record of each, in the order of their indices
//   nonces     their number · a row of each, in the order of account, chain and nonce
//
// A record: address · subaccount · chains of its deposits (one bit each) · those on which it is a contract · credit tier ·
// number of balances, each 4 × asset + (2 when owed) + (1 when dust follows), units, dust · number of tokens that it ever
// touched, each 4 × token + (2 when held, not credited) + (1 when more was withdrawn than deposited), atoms of the
// difference. A row: account · chain · nonce · until when.
//
// Records and rows mean the same under every later head: chains, assets, tokens and accounts are numbered in the order in
// which they became known. That is what lets a checkpoint carry only a part of them (rollingSnapshot.ts).
//
// The head is written in stateHead.ts, records and rows in accountRecords.ts.
import { type NonceRow, readAccounts, readNonces, recordWriter, sortedRows, writeRow } from './accountRecords.ts';
import type { Hex } from './commands.ts';
import { keccak256Hex } from './keccak.ts';
import { markChanged } from './ledger.ts';
import { readPriceHistory, readTrades, writePriceHistory, writeTrades } from './margin/marginSnapshot.ts';
import { copyOpenOrders, type OpenOrders, openOrdersOf, readBooks, writeBooks } from './orderSnapshot.ts';
import {
  check,
  createReader,
  createWriter,
  expectEnd,
  expectVersion,
  type Reader,
  readBlob,
  readCount,
  readInteger,
  type Writer,
  writeBlob,
  writeByte,
  writeBytes,
  writeInteger,
  written,
} from './packing.ts';
import { type Genesis, type State, takeChanges } from './state.ts';
import { joinHead, readHead, writeHead } from './stateHead.ts';

/** Raised whenever the same commands would give another state: a journal is replayed only by the version that wrote it. */
export const CORE_VERSION = 22;
const ENGINE_VERSION = 6;

/** A state as bytes, and where in them everything stands. */
export interface IndexedState {
  readonly bytes: Uint8Array;
  readonly headLength: number;
  /** Where each account's record begins, and at last where the records end. */
  readonly records: Float64Array;
  /** In their order. */
  readonly rows: readonly NonceRow[];
  /** Where each row begins, and at last where the rows end. */
  readonly rowStarts: Float64Array;
}

/** What the newest checkpoint stands for, right after its cut. */
export function encodeState(state: State): Uint8Array {
  return indexState(state).bytes;
}

export function indexState(state: State): IndexedState {
  const writer = createWriter();
  const { ledger } = state.exchange;
  writeHead(writer, state);
  const headLength = writer.length;

  writeInteger(writer, ledger.accountCount);
  const writeOne = recordWriter(ledger);
  const records = new Float64Array(ledger.accountCount + 1);
  for (let account = 0; account < ledger.accountCount; account++) {
    records[account] = writer.length;
    writeOne(writer, account);
  }
  records[ledger.accountCount] = writer.length;

  const rows = sortedRows(state);
  writeInteger(writer, rows.length);
  const rowStarts = new Float64Array(rows.length + 1);
  for (const [index, row] of rows.entries()) {
    rowStarts[index] = writer.length;
    writeRow(writer, row);
  }
  rowStarts[rows.length] = writer.length;
  return { bytes: written(writer), headLength, records, rows, rowStarts };
}

/** keccak256 of the state's bytes: the same before and after a recovery from them. */
export function stateHash(state: State): Hex {
  return keccak256Hex(encodeState(state));
}

/**
 * A state from its bytes, without orders and at sequence 0; nothing has changed in it. Throws `FormatError` when the bytes
 * are damaged, of another version, of another exchange than `genesis`, or not canonical.
 */
export function decodeState(bytes: Uint8Array, genesis: Genesis): State {
  const reader = createReader(bytes);
  const { state, tokens, withdrawals } = readHead(reader, genesis);
  readAccounts(reader, state, tokens);
  readNonces(reader, state);
  expectEnd(reader);
  joinHead(state, withdrawals);
  takeChanges(state);
  return state;
}

/** What `encodeEngine` writes beyond the state. */
export interface EngineRest {
  readonly sequence: number;
  /** Since the last cut. */
  readonly changedAccounts: readonly number[];
  readonly changedBytes: number;
  readonly changedNonces: ReadonlySet<string>;
  /** As bytes. */
  readonly priceHistory: Uint8Array;
  readonly orders: OpenOrders;
}

export function engineRestOf({ sequence, exchange, changedNonces }: State): EngineRest {
  const { changedAccounts, changedBytes } = exchange.ledger;
  const prices = createWriter();
  writePriceHistory(prices, exchange.margin);
  writeTrades(prices, exchange.books);
  const orders = openOrdersOf(exchange);
  return { sequence, changedAccounts, changedBytes, changedNonces, priceHistory: written(prices), orders };
}

/** As it is now, whatever becomes of the state. */
export function copyEngineRest(rest: EngineRest): EngineRest {
  const { changedAccounts, changedNonces, orders } = rest;
  return {
    ...rest,
    changedAccounts: [...changedAccounts],
    changedNonces: new Set(changedNonces),
    orders: copyOpenOrders(orders),
  };
}

/** Everything: the state, the sequence, what changed since the last cut, all open orders and dead-man switches. */
export function encodeEngine(state: State): Uint8Array {
  return joinEngine(indexState(state), engineRestOf(state));
}

export function joinEngine({ bytes, rows }: Pick<IndexedState, 'bytes' | 'rows'>, rest: EngineRest): Uint8Array {
  const writer = createWriter();
  writeByte(writer, ENGINE_VERSION);
  writeInteger(writer, rest.sequence);
  writeBlob(writer, bytes);
  writeChanges(writer, rest, rows);
  writeBytes(writer, rest.priceHistory);
  writeBooks(writer, rest.orders);
  return written(writer);
}

/** keccak256 of `encodeEngine`. */
export function engineHash(state: State): Hex {
  return keccak256Hex(encodeEngine(state));
}

/** A state that goes on exactly as the one that was encoded. Throws `FormatError` as `decodeState`. */
export function decodeEngine(bytes: Uint8Array, genesis: Genesis): State {
  const reader = createReader(bytes);
  expectVersion(reader, ENGINE_VERSION, 'engine');
  const sequence = readInteger(reader);
  const state = decodeState(readBlob(reader), genesis);
  state.sequence = sequence;
  readChanges(reader, state);
  readPriceHistory(reader, state.exchange.margin);
  readTrades(reader, state.exchange.books);
  readBooks(reader, state);
  expectEnd(reader);
  return state;
}

// What changed since the last cut.

function writeChanges(writer: Writer, rest: EngineRest, rows: readonly NonceRow[]): void {
  writeIndices(
    writer,
    rest.changedAccounts.toSorted((a, b) => a - b),
  );
  writeInteger(writer, rest.changedBytes);
  writeIndices(
    writer,
    [...rows.keys()].filter((index) => rest.changedNonces.has((rows[index] as NonceRow).key)),
  );
}

function readChanges(reader: Reader, state: State): void {
  const { ledger } = state.exchange;
  for (const account of readIndices(reader, ledger.accountCount)) markChanged(ledger, account);
  // Not what the marks would come to now: some accounts were smaller, or grew since they were marked.
  ledger.changedBytes = readInteger(reader);
  const rows = sortedRows(state);
  for (const index of readIndices(reader, rows.length)) state.changedNonces.add((rows[index] as NonceRow).key);
}

/** Growing ones. */
function writeIndices(writer: Writer, indices: readonly number[]): void {
  writeInteger(writer, indices.length);
  let next = 0;
  for (const index of indices) {
    writeInteger(writer, index - next);
    next = index + 1;
  }
}

function readIndices(reader: Reader, end: number): number[] {
  const indices: number[] = [];
  for (let left = readCount(reader); left > 0; left--) {
    const index = (indices.at(-1) ?? -1) + 1 + readInteger(reader);
    check(index < end, `${index} of ${end} changed`);
    indices.push(index);
  }
  return indices;
}
