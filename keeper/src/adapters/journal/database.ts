// One SQLite file that belongs to one process: opened, locked, recognised.
import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { JournalError } from './journalError.ts';
import { RowError, SCHEMA } from './tables.ts';

/** "MWJ1": whose file it is. */
const APPLICATION_ID = 0x4d574a31;
export const FORMAT = 1;
const FILE = 'journal.sqlite';
/** SQLite's write-ahead log. */
export const LOG_FILE = `${FILE}-wal`;

const BUSY = 5;
const CORRUPT = 11;
const NOT_A_DATABASE = 26;

/** What to do when the journal cannot be used. */
export const START_AGAIN =
  'Stop the keeper, keep a copy of this directory, and start with an empty one: that recovers from the newest checkpoint.';

/** Opens the journal's file, creating it when there is none, and keeps every other process out until it is closed. */
export function openDatabase(directory: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    database = new DatabaseSync(join(directory, FILE));
    prepare(database, directory);
    return database;
  } catch (error) {
    database?.close();
    throw explain(error, directory);
  }
}

function prepare(database: DatabaseSync, directory: string): void {
  // An exclusive lock of the operating system, taken by the first statement that reads: the kernel releases it with the
  // process, however that ends.
  database.exec('PRAGMA locking_mode = EXCLUSIVE');
  const mode = database.prepare('PRAGMA journal_mode = WAL').get();
  if (mode?.journal_mode !== 'wal')
    throw new JournalError('disk', `${directory} is on a disk that cannot hold a write-ahead log.`);
  // SQLite itself waits for the disk only where the order of its writes matters; openJournal.ts waits for every commit.
  database.exec('PRAGMA synchronous = NORMAL; PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF');
  const id = database.prepare('PRAGMA application_id').get()?.application_id;
  const version = database.prepare('PRAGMA user_version').get()?.user_version;
  const tables = database.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.n;
  if (id === 0 && version === 0 && tables === 0) return create(database, directory);
  if (id !== APPLICATION_ID) {
    throw new JournalError(
      'foreign',
      `${directory}/journal.sqlite is not a journal. Give the keeper a directory of its own.`,
    );
  }
  if (version !== FORMAT) {
    throw new JournalError(
      'foreign',
      `The journal in ${directory} has format ${version}, this program knows ${FORMAT}. ${START_AGAIN}`,
    );
  }
}

function create(database: DatabaseSync, directory: string): void {
  database.exec(`BEGIN; ${SCHEMA} PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT}; COMMIT`);
  // SQLite makes its files' content durable, but not the name of a new main file.
  const handle = openSync(directory, 'r');
  fsyncSync(handle);
  closeSync(handle);
}

/** An error of SQLite or the file system as a `JournalError` that says what to do; any other error as it is. */
export function explain(error: unknown, directory: string): unknown {
  const { errcode, code, message } = error as {
    readonly errcode?: number;
    readonly code?: unknown;
    readonly message: string;
  };
  const cause = { cause: error };
  if (error instanceof RowError || code === 'ERR_OUT_OF_RANGE') {
    return new JournalError('damaged', `The journal in ${directory} is damaged: ${message}. ${START_AGAIN}`, cause);
  }
  if (errcode === undefined) {
    const isFileError = !(error instanceof JournalError) && typeof code === 'string' && !code.startsWith('ERR_');
    return isFileError ? new JournalError('disk', `The journal cannot use ${directory}: ${message}.`, cause) : error;
  }
  // Extended codes carry the basic one in their lowest byte.
  switch (errcode & 0xff) {
    case BUSY:
      return new JournalError(
        'locked',
        `Another keeper is using ${directory}. Only one may: stop the other one first.`,
        cause,
      );
    case NOT_A_DATABASE:
      return new JournalError(
        'foreign',
        `${directory}/journal.sqlite is not a journal, or its first bytes are damaged. ${START_AGAIN}`,
        cause,
      );
    case CORRUPT:
      return new JournalError('damaged', `The journal in ${directory} is damaged: ${message}. ${START_AGAIN}`, cause);
    default:
      return new JournalError(
        'disk',
        `The journal in ${directory} cannot be read or written: ${message}. Mend the disk and start again.`,
        cause,
      );
  }
}
