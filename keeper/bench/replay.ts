// How long a keeper takes to read its journal, and to read and apply it; beside what it takes to parse the same commands as
// lines of JSON, which is what many a log is made of.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openJournal } from '../src/adapters/journal/openJournal.ts';
import type { Journal, JournalRecord } from '../src/core/ports.ts';
import { CORE_VERSION, decodeEngine, encodeEngine } from '../src/core/snapshot.ts';
import { step } from '../src/core/step.ts';
import { GENESIS } from '../test/support/exchange.ts';
import { batchMessages, openMarket } from './endToEndMarket.ts';
import { median } from './measure.ts';

const ROUNDS = 3;
/** A start, not a round number, so that integers take as many bytes as they would. */
export const NOW = 1_767_225_600_123;

export interface Flow {
  readonly records: number;
  /** Orders and cancels in each of them. */
  readonly ordersPerRecord: number;
  /** Records that were committed together. */
  readonly recordsPerGroup: number;
}

/** Medians, in milliseconds: of the clock, and of the processor, which says more on a machine that others use, too. */
export interface Times {
  readonly ms: number;
  readonly processorMs: number;
}

export interface Replayed {
  /** Every record opened, checked and decoded. */
  readonly read: Times;
  /** The same and the state before it, and applied. */
  readonly recover: Times;
  /** The same commands from lines of JSON, neither encrypted nor checked nor applied. */
  readonly json: Times;
  /** Orders that rested before the first of them. */
  readonly resting: number;
}

export function measureReplay(flow: Flow): Replayed {
  const directory = mkdtempSync(join(tmpdir(), 'mw-bench-'));
  const open = () => openBenchJournal(directory);
  try {
    const market = openMarket(NOW);
    const base = market.sequence;
    const { records, ordersPerRecord } = flow;
    const journal = open();
    journal.begin({ sequence: base, engine: encodeEngine(market.state) });
    const lines: string[] = [];
    for (const group of groupsOf(flow, base)) {
      journal.append(group);
      for (const { command } of group) lines.push(JSON.stringify(command));
    }
    journal.close();

    const read = () => {
      const again = open();
      let last = base;
      for (const { sequence } of again.replay(base)) last = sequence;
      again.close();
      if (last !== base + records) throw new Error(`the journal ends at ${last}`);
    };
    const recover = () => {
      const again = open();
      const state = decodeEngine(again.snapshot(base)?.engine ?? new Uint8Array(), GENESIS);
      let tradesAtEnd = false;
      for (const { sequence, command } of again.replay(base)) {
        const { events } = step(state, sequence, command);
        if (!tradesAtEnd && sequence > base + 0.9 * records) tradesAtEnd = events.some(({ type }) => type === 'fill');
      }
      again.close();
      // Orders that are refused, because the next checkpoint is full, take no time.
      if (!tradesAtEnd) throw new Error('nothing was traded in the last tenth of the commands');
      if (state.sequence !== base + records) throw new Error(`the state ends at ${state.sequence}`);
    };
    const json = () => {
      let orders = 0;
      for (const line of lines) orders += (JSON.parse(line) as { actions: unknown[] }).actions.length;
      if (orders !== records * ordersPerRecord) throw new Error(`${orders} orders`);
    };
    // In turns, so that what else the machine does hits all of them.
    const times = Array.from({ length: ROUNDS }, () => [timed(read), timed(recover), timed(json)] as const);
    const { count: resting } = market.state.exchange.orders;
    return { read: medianOf(times, 0), recover: medianOf(times, 1), json: medianOf(times, 2), resting };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

export function openBenchJournal(directory: string): Journal {
  const identity = { homeChainId: GENESIS.homeChainId, checkpointer: GENESIS.checkpointer, coreVersion: CORE_VERSION };
  return openJournal({ directory, key: new Uint8Array(32).fill(7), identity });
}

/** The records of a flow, which follow the sequence `base`, as they are appended. */
export function* groupsOf(flow: Flow, base: number): Generator<JournalRecord[]> {
  const { records, ordersPerRecord, recordsPerGroup } = flow;
  let group: JournalRecord[] = [];
  let sequence = base;
  for (const message of batchMessages({ batches: records, size: ordersPerRecord, now: NOW })) {
    sequence++;
    group.push({ sequence, command: { type: 'batch', time: NOW + sequence, ...message } });
    if (group.length < recordsPerGroup && sequence < base + records) continue;
    yield group;
    group = [];
  }
}

function timed(run: () => void): Times {
  const before = process.threadCpuUsage();
  const start = performance.now();
  run();
  const ms = performance.now() - start;
  const { user, system } = process.threadCpuUsage(before);
  return { ms, processorMs: (user + system) / 1000 };
}

function medianOf(rounds: readonly (readonly [Times, Times, Times])[], which: 0 | 1 | 2): Times {
  const middle = (of: (times: Times) => number) => Math.round(median(rounds.map((times) => of(times[which]))));
  return { ms: middle(({ ms }) => ms), processorMs: middle(({ processorMs }) => processorMs) };
}
