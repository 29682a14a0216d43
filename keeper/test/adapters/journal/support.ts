import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { JournalError } from '../../../src/adapters/journal/journalError.ts';
import type { JournalIdentity } from '../../../src/adapters/journal/openJournal.ts';
import { openJournal } from '../../../src/adapters/journal/openJournal.ts';
import type { Address, Command, Hex } from '../../../src/core/commands.ts';
import type { Journal, JournalRecord } from '../../../src/core/ports.ts';

export const KEY = new Uint8Array(32).fill(7);
export const IDENTITY: JournalIdentity = {
  homeChainId: 31337,
  checkpointer: '0x00000000000000000000000000000000000000c0',
  coreVersion: 1,
};

export const ENGINE = new TextEncoder().encode('the engine at the base');

/** A directory of its own, and how to get rid of all of them. */
const directories: string[] = [];
export function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'mw-journal-'));
  directories.push(directory);
  return directory;
}
export function removeDirectories(): void {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
}

export function open(directory: string, change: Partial<JournalIdentity> = {}, key = KEY): Journal {
  return openJournal({ directory, key, identity: { ...IDENTITY, ...change } });
}

/** Always the same command for a sequence, of every kind and of different sizes. */
export function commandAt(sequence: number): Command {
  const time = 1_800_000_000_000 + sequence;
  const account = `0x${sequence.toString(16).padStart(40, '0')}` as Address;
  switch (sequence % 4) {
    case 0:
      return { type: 'cutCheckpoint', time };
    case 1:
      return {
        type: 'batch',
        time,
        executor: account,
        epoch: 1,
        nonce: sequence,
        deadline: time + 1000,
        makersFirst: sequence % 3 === 0,
        actions: Array.from({ length: sequence % 9 }, (_, i) => ({
          kind: 0,
          account,
          subaccount: 0,
          book: 1,
          side: i % 2,
          timeInForce: 0,
          flags: 0,
          price: 100 + i,
          quantity: sequence,
          orderId: 0,
          clientId: i,
          expiry: 0,
          maxFeePpm: 500,
        })),
      };
    case 2: {
      const nonce = BigInt(sequence);
      return { type: 'cancelWithdrawal', time, account, chainId: 31338, nonce };
    }
    default:
      return {
        type: 'log',
        time,
        chainId: 31337,
        contract: account,
        firstIndex: sequence,
        entries: [{ kind: `0x${'ab'.repeat(32)}` as Hex, data: new Uint8Array(sequence % 200).fill(sequence) }],
        contracts: [account],
        block: { number: sequence, hash: `0x${'cd'.repeat(32)}` as Hex, timestamp: sequence },
      };
  }
}

/** Records from `first` to `last`. */
export function records(first: number, last: number): JournalRecord[] {
  return Array.from({ length: last - first + 1 }, (_, i) => ({ sequence: first + i, command: commandAt(first + i) }));
}

/** Appends records up to `last` in groups of 1, 2, … 7 records. */
export function fill(journal: Journal, last: number): void {
  for (let size = 1; journal.lastSequence < last; size = (size % 7) + 1) {
    const first = journal.lastSequence + 1;
    journal.append(records(first, Math.min(first + size - 1, last)));
  }
}

/** A journal that is not closed: the copy is what a crash would leave. */
export function copyOf(directory: string): string {
  const copy = newDirectory();
  cpSync(directory, copy, { recursive: true });
  return copy;
}

/** The error that must come. */
export function journalErrorOf(run: () => unknown): JournalError {
  try {
    run();
  } catch (error) {
    if (error instanceof JournalError) return error;
    throw error;
  }
  throw new Error('a JournalError was expected');
}

/** What somebody with a SQLite shell does to a journal that is closed. */
export function edit(directory: string, sql: string): void {
  const database = new DatabaseSync(join(directory, 'journal.sqlite'));
  database.exec(sql);
  database.close();
}

export function sealedGroup(directory: string, last: number): Uint8Array {
  const database = new DatabaseSync(join(directory, 'journal.sqlite'), { readOnly: true });
  const row = database.prepare('SELECT sealed FROM groups WHERE last = ?').get(last);
  database.close();
  return row?.sealed as Uint8Array;
}
