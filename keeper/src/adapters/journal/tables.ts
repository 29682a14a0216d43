// Everything that the journal asks of its database, as values of the right types. SQLite does not check a damaged page
// against what its table allows, so each value is looked at.
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';

export const SCHEMA = `
  CREATE TABLE header (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    home_chain_id INTEGER NOT NULL,
    checkpointer TEXT NOT NULL,
    core_version INTEGER NOT NULL,
    base INTEGER NOT NULL,
    seal BLOB NOT NULL
  ) STRICT;
  CREATE TABLE segments (first INTEGER PRIMARY KEY, salt BLOB NOT NULL) STRICT;
  CREATE TABLE groups (last INTEGER PRIMARY KEY, sealed BLOB NOT NULL) STRICT;
  CREATE TABLE snapshots (sequence INTEGER PRIMARY KEY, sealed BLOB NOT NULL) STRICT;
  CREATE TABLE outbox (name TEXT PRIMARY KEY, sealed BLOB NOT NULL) STRICT;
`;

export interface HeaderRow {
  readonly homeChainId: number;
  readonly checkpointer: string;
  readonly coreVersion: number;
  readonly base: number;
  readonly seal: Uint8Array;
}

export interface SegmentRow {
  readonly first: number;
  readonly salt: Uint8Array;
}

export interface GroupRow {
  readonly last: number;
  readonly sealed: Uint8Array;
}

export interface SnapshotRow {
  readonly sequence: number;
  readonly sealed: Uint8Array;
}

type Row = Record<string, SQLOutputValue>;

/** A row holds what its table does not allow. */
export class RowError extends Error {}

function integer(value: unknown): number {
  if (Number.isSafeInteger(value)) return value as number;
  throw new RowError('a number in a row is none');
}

function bytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new RowError('bytes in a row are none');
}

function headerRow(row: Row): HeaderRow {
  return {
    homeChainId: integer(row.home_chain_id),
    checkpointer: String(row.checkpointer),
    coreVersion: integer(row.core_version),
    base: integer(row.base),
    seal: bytes(row.seal),
  };
}

function groupRow(row: Row): GroupRow {
  return { last: integer(row.last), sealed: bytes(row.sealed) };
}

function prepare(database: DatabaseSync) {
  return {
    header: database.prepare('SELECT home_chain_id, checkpointer, core_version, base, seal FROM header'),
    addHeader: database.prepare(
      'INSERT INTO header (id, home_chain_id, checkpointer, core_version, base, seal) VALUES (1, ?, ?, ?, ?, ?)',
    ),
    content: database.prepare(
      'SELECT 1 FROM groups UNION ALL SELECT 1 FROM segments UNION ALL SELECT 1 FROM snapshots LIMIT 1',
    ),
    segments: database.prepare('SELECT first, salt FROM segments ORDER BY first'),
    addSegment: database.prepare('INSERT INTO segments (first, salt) VALUES (?, ?)'),
    groupsUpTo: database.prepare('SELECT last, sealed FROM groups WHERE last <= ? ORDER BY last DESC LIMIT 2'),
    groupWith: database.prepare('SELECT last, sealed FROM groups WHERE last >= ? ORDER BY last LIMIT 1'),
    groupsAfter: database.prepare('SELECT last, sealed FROM groups WHERE last > ? ORDER BY last'),
    addGroup: database.prepare('INSERT INTO groups (last, sealed) VALUES (?, ?)'),
    snapshot: database.prepare('SELECT sequence, sealed FROM snapshots WHERE sequence = ?'),
    addSnapshot: database.prepare('INSERT INTO snapshots (sequence, sealed) VALUES (?, ?)'),
    outbox: database.prepare('SELECT sealed FROM outbox WHERE name = ?'),
    setOutbox: database.prepare('INSERT OR REPLACE INTO outbox (name, sealed) VALUES (?, ?)'),
    clearOutbox: database.prepare('DELETE FROM outbox WHERE name = ?'),
  };
}

/** Reading throws errors of SQLite and `RowError`. Writing belongs into a transaction. */
export class Tables {
  readonly #database: DatabaseSync;
  readonly #statements: ReturnType<typeof prepare>;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#statements = prepare(database);
  }

  header(): HeaderRow | undefined {
    const row = this.#statements.header.get();
    return row && headerRow(row);
  }

  /** Whether there is anything besides a header. */
  hasContent(): boolean {
    return this.#statements.content.get() !== undefined;
  }

  segments(): SegmentRow[] {
    return this.#statements.segments.all().map((row) => ({ first: integer(row.first), salt: bytes(row.salt) }));
  }

  /** The newest group that ends at or before a sequence, and the one before it. */
  groupsUpTo(sequence: number): GroupRow[] {
    return this.#statements.groupsUpTo.all(sequence).map(groupRow);
  }

  /** The group that holds a record. */
  groupWith(sequence: number): GroupRow | undefined {
    const row = this.#statements.groupWith.get(sequence);
    return row && groupRow(row);
  }

  *groupsAfter(sequence: number): Generator<GroupRow> {
    for (const row of this.#statements.groupsAfter.iterate(sequence)) yield groupRow(row);
  }

  /** The one at the base; later ones are files. */
  snapshot(sequence: number): SnapshotRow | undefined {
    const row = this.#statements.snapshot.get(sequence);
    return row && { sequence: integer(row.sequence), sealed: bytes(row.sealed) };
  }

  outbox(name: string): Uint8Array | undefined {
    const row = this.#statements.outbox.get(name);
    return row && bytes(row.sealed);
  }

  /** Empties all tables for a new header. */
  replaceAll(row: HeaderRow): void {
    for (const table of ['header', 'segments', 'groups', 'snapshots', 'outbox']) {
      this.#database.exec(`DELETE FROM ${table}`);
    }
    this.#statements.addHeader.run(row.homeChainId, row.checkpointer, row.coreVersion, row.base, row.seal);
  }

  addSegment(row: SegmentRow): void {
    this.#statements.addSegment.run(row.first, row.salt);
  }

  addGroup(row: GroupRow): void {
    this.#statements.addGroup.run(row.last, row.sealed);
  }

  addSnapshot(row: SnapshotRow): void {
    this.#statements.addSnapshot.run(row.sequence, row.sealed);
  }

  setOutbox(name: string, sealed: Uint8Array | undefined): void {
    if (sealed === undefined) this.#statements.clearOutbox.run(name);
    else this.#statements.setOutbox.run(name, sealed);
  }
}
