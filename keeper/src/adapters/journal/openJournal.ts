// The journal of one keeper: every command, encrypted, in the order in which it was applied, on disk before anybody gets
// an answer.
//
// Commits go into SQLite's write-ahead log at once and are flushed to the disk by a thread of Node's own (fdatasync), while
// the keeper reads the next requests: a disk takes milliseconds. Nothing that was appended may be applied before that.
//
// One row per group commit, because a group is written and authenticated as a whole, and because one call of the cipher
// for many records is what lets a million of them be replayed within a second. The tag of each group is bound into the
// next one, and that of the header into the first: what is removed, doubled, swapped or taken from another journal does
// not authenticate. Only a cut tail cannot be noticed here; the caller compares `lastSequence` with the newest checkpoint
// on chain.
import type { KeyObject } from 'node:crypto';
import { randomBytes } from 'node:crypto';
import { closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { type AddressCache, createAddressCache } from '../../core/addressCache.ts';
import { assert, fail } from '../../core/assertion.ts';
import { concatBytes } from '../../core/bytes.ts';
import { decodeCommands, encodeCommands } from '../../core/commandCodec.ts';
import type { Address, Command } from '../../core/commands.ts';
import type { Journal, JournalRecord, OutboxName } from '../../core/ports.ts';
import { explain, FORMAT, LOG_FILE, openDatabase, START_AGAIN } from './database.ts';
import { JournalError } from './journalError.ts';
import { decrypt, deriveKey, encrypt, openOnce, SALT_SIZE, sealAside, sealOnce, tagOf } from './seal.ts';
import { readSnapshotFile, removeSnapshotFiles, writeSnapshotFile } from './snapshotFiles.ts';
import type { GroupRow, HeaderRow } from './tables.ts';
import { Tables } from './tables.ts';

/** Whose journal it is. */
export interface JournalIdentity {
  readonly homeChainId: number;
  readonly checkpointer: Address;
  /** Commands are only replayed by the version of the core that applied them. */
  readonly coreVersion: number;
}

interface JournalOptions {
  readonly directory: string;
  /** 32 bytes. */
  readonly key: Uint8Array;
  readonly identity: JournalIdentity;
}

interface Snapshot {
  readonly sequence: number;
  readonly engine: Uint8Array;
}

/** Records `first` to `last`, as they stand in one row. `previousTag` is the tag of the row before. */
interface Group extends GroupRow {
  readonly first: number;
  readonly previousTag: Uint8Array;
}

/**
 * From `first` on, until the next segment, groups are encrypted under a key from a random salt, with the sequence of
 * their last record as nonce. Every start of the keeper makes a new segment: a disk that was rolled back (or lost its
 * tail) would otherwise let a sequence be written a second time, with other content, under the same key and nonce, which
 * breaks GCM. It is stored together with its first group, so that none stands there without one.
 */
interface Segment {
  readonly first: number;
  readonly key: KeyObject;
}

/**
 * Opens the journal in a directory (made when missing) and keeps other processes out. Throws `JournalError` when it is in
 * use, is something else, belongs to another exchange or version of the core, has another key, or is damaged.
 */
export function openJournal(options: JournalOptions): Journal {
  const database = openDatabase(options.directory);
  try {
    return new SqliteJournal(database, options);
  } catch (error) {
    database.close();
    throw explain(error, options.directory);
  }
}

/** In a thread of Node's own. */
const flushToDisk = promisify(fdatasync);

class SqliteJournal implements Journal {
  readonly #database: DatabaseSync;
  readonly #tables: Tables;
  readonly #options: JournalOptions;
  #segments: Segment[] = [];
  /** Whether this start of the keeper has its own segment already. */
  #hasSegment = false;
  #base: { readonly sequence: number; readonly tag: Uint8Array } | undefined;
  #lastSequence = 0;
  #lastTag: Uint8Array = new Uint8Array();
  #failed = false;
  /** The write-ahead log, which holds every commit until SQLite has moved it (and waited for the disk) by itself. */
  #log: number | undefined;

  constructor(database: DatabaseSync, options: JournalOptions) {
    this.#database = database;
    this.#options = options;
    this.#tables = new Tables(database);
    const header = this.#tables.header();
    if (header === undefined) {
      if (this.#tables.hasContent()) throw this.#damaged('its header is gone');
      return;
    }
    this.#startFrom(header.base, openHeader(header, options));
    this.#segments = this.#tables.segments().map(({ first, salt }) => ({ first, key: this.#segmentKey(salt) }));
    const newest = this.#newestGroup(Number.MAX_SAFE_INTEGER);
    if (newest !== undefined) {
      this.#openGroup(newest, createAddressCache());
      this.#lastSequence = newest.last;
      this.#lastTag = tagOf(newest.sealed);
    }
    const lost = this.#segments.find((segment) => segment.first > this.#lastSequence);
    if (lost !== undefined) throw this.#damaged(`record ${lost.first}: it and those after it are gone`);
  }

  get lastSequence(): number {
    return this.#lastSequence;
  }

  begin(base: Snapshot): void {
    const identity = { ...this.#options.identity, base: base.sequence };
    const seal = sealOnce(this.#options.key, 'header', { bound: boundHeader(identity), plaintext: new Uint8Array() });
    const tag = tagOf(seal);
    const bound = boundSnapshot(base.sequence, tag);
    const sealed = sealOnce(this.#options.key, 'snapshot', { bound, plaintext: base.engine });
    removeSnapshotFiles(this.#options.directory);
    this.#write(() => {
      this.#tables.replaceAll({ ...identity, seal });
      this.#tables.addSnapshot({ sequence: base.sequence, sealed });
    });
    this.#startFrom(base.sequence, tag);
  }

  append(records: readonly JournalRecord[]): void {
    assert(this.#base !== undefined, 'the journal was not begun');
    if (records.length === 0) return;
    const first = this.#lastSequence + 1;
    const last = this.#lastSequence + records.length;
    const stranger = records.find((record, i) => record.sequence !== first + i);
    if (stranger !== undefined) fail(`record ${stranger.sequence} does not stand in its place after ${first - 1}`);
    const plaintext = encodeCommands(records.map(({ command }) => command));
    const salt = this.#hasSegment ? undefined : randomBytes(SALT_SIZE);
    if (salt !== undefined) this.#segments.push({ first, key: this.#segmentKey(salt) });
    const bound = boundGroup({ first, last, previousTag: this.#lastTag });
    const sealed = encrypt(this.#segmentOf(first).key, nonceOf(last), { bound, plaintext });
    this.#commit(() => {
      if (salt !== undefined) this.#tables.addSegment({ first, salt });
      this.#tables.addGroup({ last, sealed });
    });
    this.#hasSegment = true;
    this.#lastSequence = last;
    this.#lastTag = tagOf(sealed);
  }

  async untilOnDisk(): Promise<void> {
    try {
      await flushToDisk(this.#openLog());
    } catch (error) {
      this.#failed = true;
      throw explain(error, this.#options.directory);
    }
  }

  snapshot(atOrBefore: number = Number.MAX_SAFE_INTEGER): Snapshot | undefined {
    const base = this.#base?.sequence;
    if (base === undefined || atOrBefore < base) return undefined;
    const file = this.#read(() => readSnapshotFile(this.#options.directory, atOrBefore));
    const row = file ?? this.#read(() => this.#tables.snapshot(base));
    if (row === undefined) throw this.#damaged('its first snapshot is gone');
    const { sequence, sealed } = row;
    const bound = boundSnapshot(sequence, this.#tagAt(sequence));
    const engine = openOnce(this.#options.key, 'snapshot', { bound, sealed });
    if (engine === undefined) throw this.#damaged(`the snapshot at ${sequence} is not what was written`);
    return { sequence, engine };
  }

  /** It only saves time: a keeper that dies meanwhile starts from an older one. */
  async saveSnapshot({ sequence, engine }: Snapshot): Promise<void> {
    const { directory, key } = this.#options;
    const base = this.#base?.sequence;
    const isRecord = base !== undefined && sequence > base && sequence <= this.#lastSequence;
    assert(isRecord, `no record ${sequence} in the journal`);
    const bound = boundSnapshot(sequence, this.#tagAt(sequence));
    try {
      await writeSnapshotFile(directory, sequence, await sealAside(key, 'snapshot', { bound, plaintext: engine }));
    } catch (error) {
      throw explain(error, directory);
    }
  }

  *replay(afterSequence: number): Generator<JournalRecord> {
    const base = this.#base;
    const isKnown = base !== undefined && afterSequence >= base.sequence && afterSequence <= this.#lastSequence;
    assert(
      isKnown,
      `the journal holds what follows ${base?.sequence} up to ${this.#lastSequence}, not ${afterSequence}`,
    );
    const before = this.#newestGroup(afterSequence);
    let last = before?.last ?? base.sequence;
    let previousTag = before === undefined ? base.tag : tagOf(before.sealed);
    const addresses = createAddressCache();
    for (const row of this.#groupsAfter(last)) {
      const commands = this.#openGroup({ ...row, first: last + 1, previousTag }, addresses);
      let sequence = last;
      for (const command of commands) if (++sequence > afterSequence) yield { sequence, command };
      last = row.last;
      previousTag = tagOf(row.sealed);
    }
    if (last !== this.#lastSequence) throw this.#damaged(`record ${last + 1}: it and those after it are gone`);
  }

  readOutbox(name: OutboxName): Uint8Array | undefined {
    const sealed = this.#read(() => this.#tables.outbox(name));
    if (sealed === undefined) return undefined;
    const value = openOnce(this.#options.key, 'outbox', { bound: this.#boundOutbox(name), sealed });
    if (value === undefined) throw this.#damaged(`the outbox "${name}" is not what was written`);
    return value;
  }

  writeOutbox(name: OutboxName, value: Uint8Array | undefined): void {
    const bound = this.#boundOutbox(name);
    const sealed = value && sealOnce(this.#options.key, 'outbox', { bound, plaintext: value });
    this.#write(() => this.#tables.setOutbox(name, sealed));
  }

  close(): void {
    // Before the database, which removes the file that it is.
    if (this.#log !== undefined) closeSync(this.#log);
    this.#log = undefined;
    if (this.#database.isOpen) this.#database.close();
  }

  #startFrom(sequence: number, tag: Uint8Array): void {
    this.#base = { sequence, tag };
    this.#lastSequence = sequence;
    this.#lastTag = tag;
    this.#segments = [];
    this.#hasSegment = false;
  }

  /** The newest group that ends at or before `sequence`. */
  #newestGroup(sequence: number): Group | undefined {
    const [row, before] = this.#read(() => this.#tables.groupsUpTo(sequence));
    if (row === undefined || this.#base === undefined) return undefined;
    if (before === undefined) return { ...row, first: this.#base.sequence + 1, previousTag: this.#base.tag };
    return { ...row, first: before.last + 1, previousTag: tagOf(before.sealed) };
  }

  *#groupsAfter(sequence: number): Generator<GroupRow> {
    try {
      yield* this.#tables.groupsAfter(sequence);
    } catch (error) {
      throw explain(error, this.#options.directory);
    }
  }

  /** The commands of its records. */
  #openGroup(group: Group, addresses: AddressCache): Command[] {
    const { first, last, sealed } = group;
    const plaintext = decrypt(this.#segmentOf(first).key, nonceOf(last), { bound: boundGroup(group), sealed });
    if (plaintext === undefined) {
      throw this.#damaged(
        `the records from ${first} to ${last} are not what was written, or do not follow record ${first - 1}`,
      );
    }
    const commands = decodeCommands(plaintext, addresses);
    const { length } = commands;
    assert(length === last - first + 1, `${length} records were written as those from ${first} to ${last}`);
    return commands;
  }

  #segmentOf(sequence: number): Segment {
    const segment = this.#segments.findLast(({ first }) => first <= sequence);
    if (segment === undefined) throw this.#damaged(`the key of record ${sequence} is gone`);
    return segment;
  }

  #segmentKey(salt: Uint8Array): KeyObject {
    return deriveKey(this.#options.key, salt, 'records');
  }

  /** Tag of the group that holds a record; that of the header for the base. Binds a snapshot to this very history. */
  #tagAt(sequence: number): Uint8Array {
    if (this.#base?.sequence === sequence) return this.#base.tag;
    const group = this.#read(() => this.#tables.groupWith(sequence));
    if (group === undefined) throw this.#damaged(`record ${sequence} is gone`);
    return tagOf(group.sealed);
  }

  #boundOutbox(name: OutboxName): Uint8Array {
    assert(this.#base !== undefined, 'the journal was not begun');
    return concatBytes(utf8.encode(`outbox ${name} `), this.#base.tag);
  }

  #read<T>(query: () => T): T {
    try {
      return query();
    } catch (error) {
      throw explain(error, this.#options.directory);
    }
  }

  /** One transaction, on disk when it returns. */
  #write(change: () => void): void {
    this.#commit(change);
    try {
      fdatasyncSync(this.#openLog());
    } catch (error) {
      this.#failed = true;
      throw explain(error, this.#options.directory);
    }
  }

  #openLog(): number {
    this.#log ??= openSync(join(this.#options.directory, LOG_FILE), 'r');
    return this.#log;
  }

  /**
   * One transaction. After a failure nobody knows what the disk holds, and a sequence must not be written again in the same
   * segment: nothing more is written until the next start.
   */
  #commit(change: () => void): void {
    const { directory } = this.#options;
    if (this.#failed)
      throw new JournalError('disk', `The journal in ${directory} failed before. Start the keeper again.`);
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      change();
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#failed = true;
      this.#rollBack();
      throw explain(error, directory);
    }
  }

  #rollBack(): void {
    try {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
    } catch {
      // The failure before this one is the one to report; closing the database rolls back as well.
    }
  }

  #damaged(what: string): JournalError {
    return new JournalError('damaged', `The journal in ${this.#options.directory} is damaged: ${what}. ${START_AGAIN}`);
  }
}

/** Checks whose journal it is, and returns the tag to which its first group is bound. */
function openHeader(header: HeaderRow, { directory, identity, key }: JournalOptions): Uint8Array {
  if (header.homeChainId !== identity.homeChainId || header.checkpointer !== identity.checkpointer) {
    throw new JournalError(
      'otherIdentity',
      `The journal in ${directory} belongs to the exchange of Checkpointer ${header.checkpointer} on chain ${header.homeChainId}, ` +
        `not to that of ${identity.checkpointer} on chain ${identity.homeChainId}. Give this keeper a directory of its own.`,
    );
  }
  if (header.coreVersion !== identity.coreVersion) {
    throw new JournalError(
      'otherVersion',
      `The journal in ${directory} was written by core version ${header.coreVersion}, this is version ${identity.coreVersion}, ` +
        `which starts from a snapshot only. ${START_AGAIN}`,
    );
  }
  if (openOnce(key, 'header', { bound: boundHeader(header), sealed: header.seal }) === undefined) {
    throw new JournalError(
      'wrongKey',
      `The journal in ${directory} was written with another key, or its header is damaged. Look at the key epoch. ${START_AGAIN}`,
    );
  }
  return tagOf(header.seal);
}

const utf8 = new TextEncoder();

function boundHeader(header: Omit<HeaderRow, 'seal'>): Uint8Array {
  const { homeChainId, checkpointer, coreVersion, base } = header;
  return utf8.encode(`header ${FORMAT} ${homeChainId} ${checkpointer} ${coreVersion} ${base}`);
}

function boundGroup({ first, last, previousTag }: Omit<Group, 'sealed'>): Uint8Array {
  return Buffer.concat([Buffer.from(`records ${first} ${last} `), previousTag]);
}

function boundSnapshot(sequence: number, tag: Uint8Array): Uint8Array {
  return concatBytes(utf8.encode(`snapshot ${sequence} `), tag);
}

function nonceOf(sequence: number): Uint8Array {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(Math.floor(sequence / 2 ** 32), 4);
  nonce.writeUInt32BE(sequence >>> 0, 8);
  return nonce;
}
