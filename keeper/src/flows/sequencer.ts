// The one queue through which every change goes: a command gets its number and time, its journal record reaches the disk
// together with its neighbours' (group commit), only then it is applied, and only then anybody hears of it. While a group is
// on its way to the disk, the next one gathers.
import type { Command } from '../core/commands.ts';
import type { Outcome } from '../core/events.ts';
import type { Clock, Journal, JournalRecord } from '../core/ports.ts';
import type { State } from '../core/state.ts';
import { step } from '../core/step.ts';

/** Commands that may wait for the next group commit; more are refused so that a flood meets an answer, not a wall. */
const QUEUE_LIMIT = 65_536;
/** Records per transaction: bounds how long one commit keeps the others waiting. */
const GROUP_LIMIT = 4_096;
/** How far the clock may be from the home chain's newest block before the block counts. */
const CLOCK_TOLERANCE_MS = 300_000;
/** Commands, and orders in their batches, between two local snapshots: a start has to apply as many again. */
const COMMANDS_PER_SNAPSHOT = 50_000;
const ORDERS_PER_SNAPSHOT = 1_000_000;

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
/** A command before the sequencer stamps its time. */
export type Draft = DistributiveOmit<Command, 'time'>;

export interface Applied {
  readonly sequence: number;
  readonly command: Command;
  readonly outcome: Outcome;
}

export interface Sequencer {
  readonly state: State;
  /** Sequence of the newest applied command. */
  readonly sequence: number;
  /** True once nothing is applied any more: the process is about to end. */
  readonly stopped: boolean;
  /** The time that a command would get now, in milliseconds. */
  now(): number;
  /** True when another command can wait; callers answer `keeper.overloaded` otherwise. */
  hasRoom(): boolean;
  /** Resolves after the record is on disk and the command applied. */
  submit(draft: Draft): Promise<Applied>;
  /** As `submit`, and reads the state in the same breath, before any other command is applied. */
  submitAndRead<T>(draft: Draft, read: (state: State, applied: Applied) => T): Promise<T>;
  subscribe(listener: (applied: Applied) => void): () => void;
  /** Takes nothing more, and resolves when what waits is applied. */
  close(): Promise<void>;
}

interface Waiting {
  readonly draft: Draft;
  readonly done: (applied: Applied) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * @param input.onFatal is told when the journal cannot be written or the core meets an impossible state: nothing that
 * was not acknowledged may be acknowledged any more, so the process has to stop.
 */
export function createSequencer(input: {
  readonly state: State;
  readonly sequence: number;
  readonly journal: Journal;
  readonly clock: Clock;
  /** Reads the state at once, and may take its time to make a local snapshot of what it has read. */
  readonly encodeEngine: (state: State) => Uint8Array | Promise<Uint8Array>;
  readonly onFatal: (error: unknown) => void;
  /**
   * Newest block time of the home chain in milliseconds; undefined when nobody knows. The machine's host sets its clock, and
   * one wild reading would stay in the state for ever: time follows the clock only near the chain's.
   */
  readonly chainTime?: () => number | undefined;
  /** When the next group is committed: after what waits for the processor now, unless a test says otherwise. */
  readonly schedule?: (flush: () => void) => void;
}): Sequencer {
  const { state, journal, clock, schedule: runSoon = setImmediate } = input;
  const listeners = new Set<(applied: Applied) => void>();
  let sequence = input.sequence;
  let time = state.time;
  let snapshotAt = input.sequence;
  let ordersSince = 0;
  let waiting: Waiting[] = [];
  /** Settles when the group that is under way was applied, or is refused. */
  let flushing: Promise<void> | undefined;
  /** Settles when the local snapshot that is under way is on disk. */
  let saving: Promise<void> | undefined;
  let broken: unknown;
  let closing = false;

  async function flush(): Promise<void> {
    const group = waiting.splice(0, GROUP_LIMIT);
    if (broken !== undefined || group.length === 0) return;
    try {
      await commit(group);
    } catch (error) {
      broken = error;
      for (const item of [...group, ...waiting]) item.failed(error);
      waiting = [];
      input.onFatal(error);
    }
  }

  /** Never runs backwards. */
  function now(): number {
    const chainTime = input.chainTime?.();
    if (chainTime === undefined) return Math.max(time, clock.now());
    const nearChain = Math.min(Math.max(clock.now(), chainTime - CLOCK_TOLERANCE_MS), chainTime + CLOCK_TOLERANCE_MS);
    return Math.max(time, nearChain);
  }

  async function commit(group: readonly Waiting[]): Promise<void> {
    const records: JournalRecord[] = group.map((item, offset) => {
      time = now();
      return { sequence: sequence + 1 + offset, command: { ...item.draft, time } };
    });
    journal.append(records);
    await journal.untilOnDisk();
    for (const [offset, record] of records.entries()) {
      const outcome = step(state, record.sequence, record.command);
      sequence = record.sequence;
      if (record.command.type === 'batch') ordersSince += record.command.actions.length;
      const applied = { sequence, command: record.command, outcome };
      group[offset]?.done(applied);
      for (const listener of listeners) listener(applied);
    }
    const isDue = sequence - snapshotAt >= COMMANDS_PER_SNAPSHOT || ordersSince >= ORDERS_PER_SNAPSHOT;
    if (!isDue || saving !== undefined) return;
    snapshotAt = sequence;
    ordersSince = 0;
    saving = saveSnapshot().finally(() => {
      saving = undefined;
    });
  }

  /** One at a time, while the next groups are committed. */
  async function saveSnapshot(): Promise<void> {
    try {
      const at = sequence;
      const engine = await input.encodeEngine(state);
      await journal.saveSnapshot({ sequence: at, engine });
    } catch (error) {
      broken ??= error;
      input.onFatal(error);
    }
  }

  /** One group at a time. */
  function schedule(): void {
    if (flushing !== undefined) return;
    flushing = new Promise((resolve) => {
      runSoon(() => resolve(flush()));
    }).then(() => {
      flushing = undefined;
      if (waiting.length > 0) schedule();
    });
  }

  function enqueue(draft: Draft, done: (applied: Applied) => void, failed: (error: unknown) => void): void {
    if (broken !== undefined) return failed(broken);
    if (closing) return failed(new Error('The keeper is stopping.'));
    if (waiting.length >= QUEUE_LIMIT) return failed(new Error(`More than ${QUEUE_LIMIT} commands wait for the disk.`));
    waiting.push({ draft, done, failed });
    schedule();
  }

  return {
    state,
    get sequence() {
      return sequence;
    },
    get stopped() {
      return broken !== undefined;
    },
    now,
    hasRoom: () => broken === undefined && waiting.length < QUEUE_LIMIT / 2,
    submit: (draft) => new Promise((resolve, reject) => enqueue(draft, resolve, reject)),
    submitAndRead: (draft, read) =>
      new Promise((resolve, reject) =>
        enqueue(
          draft,
          (applied) => {
            try {
              resolve(read(state, applied));
            } catch (error) {
              reject(error);
            }
          },
          reject,
        ),
      ),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      closing = true;
      while (flushing !== undefined) await flushing;
      await saving;
      broken ??= new Error('The keeper is stopping.');
    },
  };
}
