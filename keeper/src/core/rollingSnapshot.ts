// A state in parts: each checkpoint carries what changed since the one before and every k-th account, so that the newest k
// together hold everybody, and each is small enough for one transaction.
//
// Whoever reads them goes back from the newest part until nobody is missing. What he finds first is what counts: an account
// that changed later stands in a later part. Only losses that all have shared (sharedLoss.ts) change accounts without that:
// the newest head tells of those, and they are taken off the records of parts before them. So nothing needs to know how
// large k was, or when it was changed.
//
// Layout of a part, version 1 (integers as in snapshot.ts):
//
//   version 1 · length of the head · head of the state
//   number of accounts in all · number of records · per record: distance from the index before, less one · length · record
//   number of nonces in all · number of rows · rows
//
// The head is whole in every part. A nonce of a part is forgotten when the newest head's time is beyond it; nothing else
// ever leaves the records and rows.

import { recordAfterLosses } from './accountRecords.ts';
import { SHARE_LIMIT_BYTES } from './checkpointRoom.ts';
import {
  createReader,
  createWriter,
  expectEnd,
  FormatError,
  type Reader,
  readBig,
  readBlob,
  readByte,
  readBytes,
  readCount,
  readInteger,
  type Writer,
  writeBlob,
  writeByte,
  writeBytes,
  writeInteger,
  written,
} from './packing.ts';
import type { IndexedState } from './snapshot.ts';
import type { Changes, SharedLoss } from './state.ts';
import { type HeadStart, readHeadStart } from './stateHead.ts';

const PART_VERSION = 1;

/**
 * The part of checkpoint `number`: all `changes` and a share of everything. `slices` is k, at least 1.
 */
export function encodePart(
  state: IndexedState,
  { number, slices, changes }: { readonly number: number; readonly slices: number; readonly changes: Changes },
): Uint8Array {
  const share = shareOf(state, { number, slices });
  const accounts = [...new Set([...changes.accounts, ...share.accounts])].sort((a, b) => a - b);
  const rows = [...state.rows.keys()].filter(
    (row) => share.rows.has(row) || changes.nonces.has(state.rows[row]?.key as string),
  );
  const writer = createWriter();
  writeByte(writer, PART_VERSION);
  writeBlob(writer, state.bytes.subarray(0, state.headLength));
  writeRecords(writer, state, accounts);
  writeInteger(writer, state.rows.length);
  writeInteger(writer, rows.length);
  for (const row of rows) writeBytes(writer, bytesBetween(state, state.rowStarts, row));
  return written(writer);
}

/**
 * The accounts whose index leaves the same rest as the checkpoint's number when it is divided by k, with their nonces: k
 * checkpoints in a row have everybody. Where that is too much for one transaction, k counts twice, or four times …: whoever
 * it leaves out is met when the number has come round that often.
 */
function shareOf(
  state: IndexedState,
  { number, slices }: { readonly number: number; readonly slices: number },
): { readonly accounts: readonly number[]; readonly rows: ReadonlySet<number> } {
  for (let k = slices; ; k *= 2) {
    const accounts: number[] = [];
    let size = 0;
    for (let account = number % k; account < state.records.length - 1; account += k) {
      accounts.push(account);
      size += bytesBetween(state, state.records, account).length;
    }
    const rows = new Set<number>();
    for (const [row, { account }] of state.rows.entries()) {
      if (account % k !== number % k) continue;
      rows.add(row);
      size += bytesBetween(state, state.rowStarts, row).length;
    }
    if (size <= SHARE_LIMIT_BYTES || accounts.length <= 1) return { accounts, rows };
  }
}

function bytesBetween({ bytes }: IndexedState, starts: Float64Array, index: number): Uint8Array {
  return bytes.subarray(starts[index], starts[index + 1]);
}

function writeRecords(writer: Writer, state: IndexedState, accounts: readonly number[]): void {
  writeInteger(writer, state.records.length - 1);
  writeInteger(writer, accounts.length);
  let next = 0;
  for (const account of accounts) {
    writeInteger(writer, account - next);
    writeBlob(writer, bytesBetween(state, state.records, account));
    next = account + 1;
  }
}

// Putting parts together.

/** What has been found so far, going back from the newest part. */
export interface Assembly {
  readonly head: Uint8Array;
  /** That records of checkpoints before them do not know of. */
  readonly losses: readonly SharedLoss[];
  /** Of the newest checkpoint, in milliseconds. */
  readonly time: number;
  readonly accountCount: number;
  readonly nonceCount: number;
  /** By account index. */
  readonly records: Map<number, Uint8Array>;
  /** By what the row is about. */
  readonly rows: Map<string, Row>;
}

interface Row {
  readonly account: number;
  readonly chainId: number;
  readonly nonce: bigint;
  readonly until: number;
  readonly bytes: Uint8Array;
}

interface Part {
  readonly head: Uint8Array;
  readonly start: HeadStart;
  readonly accountCount: number;
  readonly records: readonly { readonly account: number; readonly bytes: Uint8Array }[];
  readonly nonceCount: number;
  readonly rows: readonly Row[];
}

/** Begins with the newest part. Throws `FormatError`, as `addPart` does, when the bytes are not what `encodePart` writes. */
export function beginAssembly(newest: Uint8Array): Assembly {
  const part = readPart(newest);
  const { head, start, accountCount, nonceCount } = part;
  const { time, losses } = start;
  const assembly = { head, time, losses, accountCount, nonceCount, records: new Map(), rows: new Map() };
  take(assembly, part);
  return assembly;
}

/** Adds the part before those that were added. */
export function addPart(assembly: Assembly, bytes: Uint8Array): void {
  const part = readPart(bytes);
  if (part.accountCount > assembly.accountCount) {
    throw new FormatError(`${part.accountCount} accounts, of which later only ${assembly.accountCount} are left`);
  }
  take(assembly, part);
}

/** How many accounts and nonces no part has had yet. */
export function missingOf({ accountCount, nonceCount, records, rows }: Assembly): number {
  return accountCount - records.size + Math.max(0, nonceCount - rows.size);
}

/** The bytes of the state, once nothing is missing. Whether they are the right ones, only their hash says. */
export function assembledState(assembly: Assembly): Uint8Array {
  const writer = createWriter();
  writeBytes(writer, assembly.head);
  writeInteger(writer, assembly.accountCount);
  for (let account = 0; account < assembly.accountCount; account++) {
    const record = assembly.records.get(account);
    if (record === undefined) throw new FormatError(`account ${account} is missing`);
    writeBytes(writer, record);
  }
  const { size } = assembly.rows;
  if (size !== assembly.nonceCount) throw new FormatError(`${size} nonces instead of ${assembly.nonceCount}`);
  writeInteger(writer, size);
  for (const { bytes } of [...assembly.rows.values()].sort(compareRows)) writeBytes(writer, bytes);
  return written(writer);
}

function take({ losses, records, rows, time }: Assembly, part: Part): void {
  const unknown = losses.filter(({ checkpoint }) => checkpoint > part.start.number);
  for (const { account, bytes } of part.records) {
    if (!records.has(account)) records.set(account, recordAfterLosses(bytes, unknown));
  }
  for (const row of part.rows) {
    const key = `${row.account} ${row.chainId} ${row.nonce}`;
    if (row.until >= time && !rows.has(key)) rows.set(key, row);
  }
}

function compareRows(a: Row, b: Row): number {
  if (a.account !== b.account) return a.account - b.account;
  if (a.chainId !== b.chainId) return a.chainId - b.chainId;
  return a.nonce < b.nonce ? -1 : 1;
}

function readPart(bytes: Uint8Array): Part {
  const reader = createReader(bytes);
  const version = readByte(reader);
  if (version !== PART_VERSION) {
    throw new FormatError(`a part of version ${version}; this keeper reads ${PART_VERSION}`);
  }
  const head = readBlob(reader);
  const accountCount = readInteger(reader);
  const records = readRecords(reader, accountCount);
  const nonceCount = readInteger(reader);
  const rows: Row[] = [];
  for (let left = readCount(reader); left > 0; left--) rows.push(readRow(reader));
  expectEnd(reader);
  return { head, start: readHeadStart(createReader(head)), accountCount, records, nonceCount, rows };
}

function readRecords(reader: Reader, accountCount: number): Part['records'] {
  const records: { account: number; bytes: Uint8Array }[] = [];
  let next = 0;
  for (let left = readCount(reader); left > 0; left--) {
    const account = next + readInteger(reader);
    if (account >= accountCount) throw new FormatError(`account ${account} of ${accountCount}`);
    records.push({ account, bytes: readBlob(reader) });
    next = account + 1;
  }
  return records;
}

function readRow(reader: Reader): Row {
  const start = reader.offset;
  const row = {
    account: readInteger(reader),
    chainId: readInteger(reader),
    nonce: readBig(reader),
    until: readInteger(reader),
  };
  const length = reader.offset - start;
  reader.offset = start;
  return { ...row, bytes: readBytes(reader, length) };
}
