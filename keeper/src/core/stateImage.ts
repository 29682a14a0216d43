// A state as bytes that is kept up to date: whoever trades writes down only what changed, and another thread puts that into
// the bytes of everything else. How long trading pauses then depends on what changed, and not on how many accounts there
// are.
//
// What changed is what the next checkpoint would carry, whoever marks it: see `Changes`; and losses that all have shared, of
// which it tells (sharedLoss.ts). So an image holds exactly what somebody would put together from the checkpoints on chain.
// If a change were not marked, both would miss it; so a few accounts that are not marked come with each cut, too, and their
// records must be those that the image holds.

import { compareRows, type NonceRow, recordAfterLosses, recordWriter, writeRow } from './accountRecords.ts';
import { assert } from './assertion.ts';
import { equalBytes } from './bytes.ts';
import { createReader, createWriter, type Writer, writeBytes, writeInteger, written } from './packing.ts';
import type { IndexedState } from './snapshot.ts';
import type { SharedLoss, State } from './state.ts';
import { readHeadStart, writeHead } from './stateHead.ts';

/** Accounts that are compared at each cut, round and round: a fraction of a millisecond. */
const COMPARED = 128;

/** What a state is now, and an image is not yet. */
export interface StatePatch {
  readonly head: Uint8Array;
  readonly accountCount: number;
  /** New or changed since the last cut. */
  readonly changed: Records;
  /** Not changed since the image was made. */
  readonly same: Records;
  /** New since the last cut. */
  readonly rows: readonly PatchedRow[];
  /** Rows that ended before, in milliseconds, are forgotten. */
  readonly forgetBefore: number;
}

/** Records of accounts, which are named in growing order. */
interface Records {
  readonly accounts: readonly number[];
  readonly bytes: Uint8Array;
  /** Where each record begins, and at last where they end. */
  readonly starts: readonly number[];
}

interface PatchedRow extends NonceRow {
  readonly bytes: Uint8Array;
}

/** Right after a cut. The image must be of after the cut before, or of later. */
export function patchOfCut(state: State): StatePatch {
  const { accounts, nonces } = state.lastChanges;
  return patchOf(state, { accounts, nonces, same: comparedAt(state, new Set(accounts)), forgetBefore: state.time });
}

/** At any time after a cut that the image has seen. */
export function patchSinceCut(state: State): StatePatch {
  const accounts = state.exchange.ledger.changedAccounts.toSorted((a, b) => a - b);
  return patchOf(state, { accounts, nonces: state.changedNonces, same: [], forgetBefore: 0 });
}

function patchOf(
  state: State,
  changes: {
    readonly accounts: readonly number[];
    readonly nonces: ReadonlySet<string>;
    readonly same: readonly number[];
    readonly forgetBefore: number;
  },
): StatePatch {
  const head = createWriter();
  writeHead(head, state);
  const rows: PatchedRow[] = [];
  for (const key of changes.nonces) {
    const used = state.usedNonces.get(key);
    if (used === undefined) continue;
    const row = { key, account: used.account, until: used.until };
    const writer = createWriter();
    writeRow(writer, row);
    rows.push({ ...row, bytes: written(writer) });
  }
  return {
    head: written(head),
    accountCount: state.exchange.ledger.accountCount,
    changed: recordsOf(state, changes.accounts),
    same: recordsOf(state, changes.same),
    rows,
    forgetBefore: changes.forgetBefore,
  };
}

function comparedAt({ cutNumber, exchange }: State, changed: ReadonlySet<number>): number[] {
  const { accountCount } = exchange.ledger;
  const first = accountCount === 0 ? 0 : (cutNumber * COMPARED) % accountCount;
  const last = Math.min(first + COMPARED, accountCount);
  return Array.from({ length: last - first }, (_, i) => first + i).filter((account) => !changed.has(account));
}

function recordsOf({ exchange }: State, accounts: readonly number[]): Records {
  const write = recordWriter(exchange.ledger);
  const writer = createWriter();
  const starts = accounts.map((account) => {
    const start = writer.length;
    write(writer, account);
    return start;
  });
  return { accounts, bytes: written(writer), starts: [...starts, writer.length] };
}

/** The image after what the patch says. Asserts that the patch was made for it. */
export function patchImage(before: IndexedState, patch: StatePatch): IndexedState {
  const image = imageAfterLosses(before, newLosses(before, patch));
  requireSame(image, patch.same);
  const writer = createWriter(image.bytes.length + patch.head.length + 2 * patch.changed.bytes.length + 1024);
  writeBytes(writer, patch.head);
  const headLength = writer.length;
  writeInteger(writer, patch.accountCount);
  const records = mergeRecords(writer, image, patch);
  const { rows, rowStarts } = mergeRows(writer, image, patch);
  return { bytes: written(writer), headLength, records, rows, rowStarts };
}

/**
 * Losses since the image was made. When the patch tells of none any more, the last cut has carried everybody who had a part in
 * any that the image does not know.
 */
function newLosses(image: IndexedState, patch: StatePatch): readonly SharedLoss[] {
  const { losses } = readHeadStart(createReader(patch.head));
  if (losses.length === 0) return losses;
  const known = readHeadStart(createReader(image.bytes.subarray(0, image.headLength))).losses;
  return losses.slice(known.length);
}

function imageAfterLosses(image: IndexedState, losses: readonly SharedLoss[]): IndexedState {
  if (losses.length === 0) return image;
  const { bytes, headLength, rowStarts } = image;
  const accounts = image.records.length - 1;
  const records = new Float64Array(accounts + 1);
  const writer = createWriter(bytes.length);
  writeBytes(writer, bytes.subarray(0, headLength));
  writeInteger(writer, accounts);
  for (let account = 0; account < accounts; account++) {
    records[account] = writer.length;
    const record = bytes.subarray(image.records[account], image.records[account + 1]);
    writeBytes(writer, recordAfterLosses(record, losses));
  }
  records[accounts] = writer.length;
  const end = image.records[accounts] as number;
  writeBytes(writer, bytes.subarray(end));
  const shift = (records[accounts] as number) - end;
  return {
    ...image,
    bytes: written(writer),
    records,
    rowStarts: Float64Array.from(rowStarts, (start) => start + shift),
  };
}

function requireSame({ bytes, records }: IndexedState, same: Records): void {
  for (const [index, account] of same.accounts.entries()) {
    const held = bytes.subarray(records[account], records[account + 1]);
    assert(equalBytes(held, recordAt(same, index)), `account ${account} changed, and nobody said so`);
  }
}

function mergeRecords(writer: Writer, image: IndexedState, { accountCount, changed }: StatePatch): Float64Array {
  const known = image.records.length - 1;
  const starts = new Float64Array(accountCount + 1);
  let next = 0;
  /** All from the next one up to there are as they were. */
  const keepUntil = (end: number) => {
    if (next === end) return;
    assert(end <= known, `account ${known} is new, and nobody said so`);
    const from = image.records[next] as number;
    const shift = writer.length - from;
    writeBytes(writer, image.bytes.subarray(from, image.records[end]));
    for (; next < end; next++) starts[next] = (image.records[next] as number) + shift;
  };
  for (const [index, account] of changed.accounts.entries()) {
    keepUntil(account);
    starts[next++] = writer.length;
    writeBytes(writer, recordAt(changed, index));
  }
  keepUntil(accountCount);
  starts[accountCount] = writer.length;
  return starts;
}

function mergeRows(writer: Writer, image: IndexedState, patch: StatePatch): Pick<IndexedState, 'rows' | 'rowStarts'> {
  const byKey = new Map<string, PatchedRow>();
  for (const [index, row] of image.rows.entries()) {
    byKey.set(row.key, { ...row, bytes: image.bytes.subarray(image.rowStarts[index], image.rowStarts[index + 1]) });
  }
  for (const row of patch.rows) byKey.set(row.key, row);
  const left = [...byKey.values()].filter(({ until }) => until >= patch.forgetBefore).sort(compareRows);
  writeInteger(writer, left.length);
  const rowStarts = new Float64Array(left.length + 1);
  for (const [index, { bytes }] of left.entries()) {
    rowStarts[index] = writer.length;
    writeBytes(writer, bytes);
  }
  rowStarts[left.length] = writer.length;
  return { rows: left.map(({ key, account, until }) => ({ key, account, until })), rowStarts };
}

function recordAt({ bytes, starts }: Records, index: number): Uint8Array {
  return bytes.subarray(starts[index], starts[index + 1]);
}
