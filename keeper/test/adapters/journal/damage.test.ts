// Whatever happens to the files: what comes back is either the beginning of what was acknowledged, or a JournalError.
import { readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JournalError } from '../../../src/adapters/journal/journalError.ts';
import type { JournalRecord } from '../../../src/core/ports.ts';
import {
  copyOf,
  edit,
  fill,
  journalErrorOf,
  newDirectory,
  open,
  records,
  removeDirectories,
  sealedGroup,
} from './support.ts';

const RECORDS = 120;
const ACKNOWLEDGED = records(1, RECORDS);
const ENGINE = new Uint8Array(500).fill(3);
const OUTBOX = new Uint8Array(700).fill(4);

afterAll(removeDirectories);

async function filled(): Promise<{ directory: string; close: () => void }> {
  const directory = newDirectory();
  const journal = open(directory);
  journal.begin({ sequence: 0, engine: ENGINE });
  fill(journal, RECORDS / 2);
  await journal.saveSnapshot({ sequence: RECORDS / 2, engine: ENGINE });
  journal.writeOutbox('checkpoint 1', OUTBOX);
  journal.close();
  const again = open(directory);
  fill(again, RECORDS);
  return { directory, close: () => again.close() };
}

/** Everything in the main file, as after an orderly end. */
async function closed(): Promise<string> {
  const { directory, close } = await filled();
  close();
  return directory;
}

/** The second half of the records only in the write-ahead log, as after a crash. */
async function crashed(): Promise<string> {
  const { directory, close } = await filled();
  const copy = copyOf(directory);
  close();
  return copy;
}

/** All that the journal says, or how it refuses. Any other error fails the test. */
function readAll(directory: string): JournalRecord[] | JournalError {
  try {
    const journal = open(directory);
    try {
      const base = journal.snapshot(0);
      if (base === undefined) return [];
      expect(base).toEqual({ sequence: 0, engine: ENGINE });
      expect(journal.snapshot()?.engine).toEqual(ENGINE);
      expect([undefined, OUTBOX]).toContainEqual(journal.readOutbox('checkpoint 1'));
      const all = [...journal.replay(0)];
      expect(all.length).toBe(journal.lastSequence);
      return all;
    } finally {
      journal.close();
    }
  } catch (error) {
    if (error instanceof JournalError) return error;
    throw error;
  }
}

/** Reads a damaged copy and says how many records came back; undefined when it was refused. */
function survivors(image: string, damage: (directory: string) => void): number | undefined {
  const directory = copyOf(image);
  damage(directory);
  const result = readAll(directory);
  if (result instanceof JournalError) return undefined;
  expect(result).toEqual(ACKNOWLEDGED.slice(0, result.length));
  return result.length;
}

function flip(file: string, at: number, mask: number): void {
  const bytes = readFileSync(file);
  bytes[at] = (bytes[at] as number) ^ mask;
  writeFileSync(file, bytes);
}

function flipsOf(image: string, name: string, runs: number): (number | undefined)[] {
  const { length } = readFileSync(join(image, name));
  const outcomes: (number | undefined)[] = [];
  fc.assert(
    fc.property(fc.integer({ min: 0, max: length - 1 }), fc.integer({ min: 1, max: 255 }), (at, mask) => {
      outcomes.push(survivors(image, (directory) => flip(join(directory, name), at, mask)));
    }),
    { numRuns: runs },
  );
  return outcomes;
}

describe('one flipped byte', () => {
  it('anywhere in the main file alters no record', async () => {
    const outcomes = flipsOf(await closed(), 'journal.sqlite', 250);
    expect(outcomes).toContain(undefined);
  });

  it("in each byte of the main file's header alters no record", async () => {
    const image = await closed();
    for (let at = 0; at < 100; at++) survivors(image, (directory) => flip(join(directory, 'journal.sqlite'), at, 0x05));
    expect(survivors(image, () => {})).toBe(RECORDS);
  });

  it('anywhere in the write-ahead log alters no record', async () => {
    const image = await crashed();
    expect(survivors(image, () => {})).toBe(RECORDS);
    const outcomes = flipsOf(image, 'journal.sqlite-wal', 250);
    // SQLite drops what follows a bad frame without a word, so most of these journals are shorter.
    expect(outcomes.some((length) => length !== undefined && length < RECORDS)).toBe(true);
  });

  it('in a record names it and says what to do', async () => {
    const directory = await closed();
    const sealed = Buffer.from(sealedGroup(directory, 10)).subarray(0, 16);
    const bytes = readFileSync(join(directory, 'journal.sqlite'));
    // Unused parts of pages still hold copies; the one that counts is among these.
    for (let at = bytes.indexOf(sealed); at >= 0; at = bytes.indexOf(sealed, at + 1)) {
      flip(join(directory, 'journal.sqlite'), at, 1);
    }
    const journal = open(directory);
    const error = journalErrorOf(() => [...journal.replay(0)]);
    expect(error.code).toBe('damaged');
    expect(error.message).toMatch(/the records from 7 to 10 are not what was written, or do not follow record 6/);
    expect(error.message).toMatch(/keep a copy of this directory, and start with an empty one/);
    journal.close();
  });
});

describe('a cut', () => {
  it('anywhere in the write-ahead log leaves a beginning', async () => {
    const image = await crashed();
    const wal = 'journal.sqlite-wal';
    const { length } = readFileSync(join(image, wal));
    const lengths = new Set<number | undefined>();
    for (let size = 0; size < length; size += 509) {
      lengths.add(survivors(image, (directory) => truncateSync(join(directory, wal), size)));
    }
    expect(lengths.has(undefined)).toBe(false);
    expect(lengths.has(RECORDS / 2)).toBe(true);
    expect(lengths.size).toBeGreaterThan(5);
  });

  it('of the main file alters no record', async () => {
    const image = await closed();
    const { length } = readFileSync(join(image, 'journal.sqlite'));
    for (let size = 0; size < length; size += 1021) {
      survivors(image, (directory) => truncateSync(join(directory, 'journal.sqlite'), size));
    }
    expect(survivors(image, (directory) => truncateSync(join(directory, 'journal.sqlite'), 4096))).toBeUndefined();
  });

  it('journal goes on from where it ends', async () => {
    const image = await crashed();
    truncateSync(join(image, 'journal.sqlite-wal'), 20_000);
    const journal = open(image);
    const { lastSequence } = journal;
    expect(lastSequence).toBeGreaterThan(RECORDS / 2);
    expect(lastSequence).toBeLessThan(RECORDS);
    journal.append([{ sequence: lastSequence + 1, command: { type: 'cutCheckpoint', time: 5 } }]);
    journal.close();
    const again = open(image);
    const all = [...again.replay(0)];
    expect(all.slice(0, -1)).toEqual(ACKNOWLEDGED.slice(0, lastSequence));
    expect(all.at(-1)?.command).toEqual({ type: 'cutCheckpoint', time: 5 });
    again.close();
  });
});

describe('somebody who edits the database is noticed when he', () => {
  let image: string;
  beforeAll(async () => {
    image = await closed();
  });
  const refused = (sql: string) => {
    const directory = copyOf(image);
    edit(directory, sql);
    const result = readAll(directory);
    expect(result).toBeInstanceOf(JournalError);
    return result as JournalError;
  };

  it.each([
    ['removes a group', 'DELETE FROM groups WHERE last = 10', /records from 7 to 15 are not what was written/],
    ['removes the first group', 'DELETE FROM groups WHERE last = 1', /records from 1 to 3/],
    ['removes several groups', 'DELETE FROM groups WHERE last BETWEEN 10 AND 50', /do not follow record 6/],
    [
      'swaps two groups',
      `UPDATE groups SET sealed = CASE last
         WHEN 10 THEN (SELECT sealed FROM groups WHERE last = 15)
         ELSE (SELECT sealed FROM groups WHERE last = 10) END WHERE last IN (10, 15)`,
      /records from 7 to 10/,
    ],
    [
      'doubles a group in the middle',
      'INSERT INTO groups SELECT 12, sealed FROM groups WHERE last = 10',
      /records from 11 to 12/,
    ],
    [
      'doubles the newest group',
      'INSERT INTO groups SELECT last + 7, sealed FROM groups ORDER BY last DESC LIMIT 1',
      /records from 121 to 12\d/,
    ],
    ['renumbers a group', 'UPDATE groups SET last = 11 WHERE last = 10', /records from 7 to 11/],
    ['removes the header', 'DELETE FROM header', /its header is gone/],
    ['removes the snapshots', 'DELETE FROM snapshots', /its first snapshot is gone/],
    ['alters the outbox', 'UPDATE outbox SET sealed = zeroblob(100)', /the outbox "checkpoint 1"/],
    ['empties the outbox value', "UPDATE outbox SET sealed = x''", /the outbox "checkpoint 1"/],
    ['removes the keys', 'DELETE FROM segments', /the key of record \d+ is gone/],
    ['alters a key', 'UPDATE segments SET salt = zeroblob(32) WHERE first = 1', /records from 1 to 1 /],
    [
      'cuts the tail but forgets its key',
      'DELETE FROM groups WHERE last > 30',
      /record 61: it and those after it are gone/,
    ],
    ['empties a group', "UPDATE groups SET sealed = x'' WHERE last = 10", /records from 7 to 10/],
    ['drops a table', 'DROP TABLE outbox', /no such table/],
  ])('%s', (_, sql, message) => {
    expect(refused(sql).message).toMatch(message);
  });
});

describe('the file of a snapshot', () => {
  const NAME = `snapshot-${RECORDS / 2}`;
  let image: string;
  beforeAll(async () => {
    image = await closed();
  });
  const refused = (damage: (file: string, directory: string) => void): string => {
    const directory = copyOf(image);
    damage(join(directory, NAME), directory);
    const result = readAll(directory);
    expect(result).toMatchObject({ code: 'damaged' });
    return (result as JournalError).message;
  };

  it('is noticed when any byte of it differs, or its end is missing', () => {
    const { length } = readFileSync(join(image, NAME));
    for (let at = 0; at < length; at += 17) {
      expect(refused((file) => flip(file, at, 0x10))).toMatch('the snapshot at 60 is not what was written');
    }
    for (const size of [0, 10, 40, length - 1]) {
      expect(refused((file) => truncateSync(file, size))).toMatch('the snapshot at 60 is not what was written');
    }
  });

  it('is noticed under the number of another record, or of none', () => {
    const rename = (sequence: number) => refused((file, at) => renameSync(file, join(at, `snapshot-${sequence}`)));
    expect(rename(61)).toMatch('the snapshot at 61 is not what was written');
    expect(rename(RECORDS + 1)).toMatch(`record ${RECORDS + 1} is gone`);
  });

  it('is not needed, and neither is one that was never finished', () => {
    const directory = copyOf(image);
    rmSync(join(directory, NAME));
    writeFileSync(join(directory, 'snapshot-unfinished'), ENGINE);
    expect(readAll(directory)).toEqual(ACKNOWLEDGED);
    const journal = open(directory);
    expect(journal.snapshot()?.sequence).toBe(0);
    journal.close();
  });
});
