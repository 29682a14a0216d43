// Gives both engines the same commands until they differ, and makes the commands that show a difference fewer and fewer.
import { isDeepStrictEqual } from 'node:util';
import type { AccountId } from '../../src/core/commands.ts';
import type { CoreEvent } from '../../src/core/events.ts';
import { createOrderFlow } from './orderFlow.ts';
import { createFast, createNaiveEngine, hashRows, type Op, type OpResult, type TradingEngine } from './twoEngines.ts';

/** Operations between two comparisons of the whole state; results and events are compared after each. */
const COMPARE_EVERY = 500;
/** Between two walks through every structure, and between two restarts from bytes. */
const VALIDATE_EVERY = 2_000;
const RESTART_EVERY = 10_000;
/** Operations that looking for a smaller case may take in all. */
const SHRINK_OPERATIONS = 3_000_000;

export interface Difference {
  /** What leads to it, the last one shows it. */
  readonly ops: readonly Op[];
  readonly what: string;
}

export interface Comparison {
  /** Actions of batches, and everything else that an engine was told. */
  readonly commands: number;
  /** Codes of results, types of events and reasons, and how often each was seen. */
  readonly seen: ReadonlyMap<string, number>;
  /** How often only the fast engine's rounding of health decided. */
  readonly roundings: number;
  readonly difference: Difference | undefined;
}

/** Runs both until so many commands were given or they differ. `onProgress` hears of the commands so far. */
export function compareEngines(input: {
  readonly seed: number;
  readonly commands: number;
  readonly create?: () => readonly [TradingEngine, TradingEngine];
  readonly onProgress?: (commands: number) => void;
}): Comparison {
  const engines = (input.create ?? createBoth)();
  const flow = createOrderFlow(input.seed);
  const seen = new Map<string, number>();
  const ops: Op[] = [];
  let commands = 0;
  while (commands < input.commands) {
    const op = flow.next();
    ops.push(op);
    commands += op.type === 'batch' ? op.actions.length : 1;
    const count = ops.length;
    const depth = {
      state: count % COMPARE_EVERY === 0,
      walk: count % VALIDATE_EVERY === 0,
      restart: count % RESTART_EVERY === 0,
    };
    const { what, result } = applyBoth(engines, op, depth);
    if (what !== undefined) return { commands, seen, roundings: engines[1].roundings(), difference: { ops, what } };
    if (result !== undefined) {
      note(seen, result);
      flow.learn(result.events);
    }
    if (count % COMPARE_EVERY === 0) input.onProgress?.(commands);
  }
  const what = stateDifference(engines) ?? thrownBy(() => engines[0].validate());
  const difference = what === undefined ? undefined : { ops, what };
  return { commands, seen, roundings: engines[1].roundings(), difference };
}

function createBoth(): readonly [TradingEngine, TradingEngine] {
  return [createFast(), createNaiveEngine()];
}

/** Leaves out commands, then actions of batches, as long as the engines still differ. */
export function shrink(difference: Difference, create = createBoth): Difference {
  let smallest = difference;
  let spent = 0;
  const accept = (ops: readonly Op[]): boolean => {
    if (spent >= SHRINK_OPERATIONS) return false;
    spent += ops.length;
    const found = findDifference(ops, create);
    if (found !== undefined) smallest = found;
    return found !== undefined;
  };
  // From here on the newest states are looked at one by one: the difference may be older than what showed it.
  accept(difference.ops);
  const shorten = <T>(items: () => readonly T[], tryWith: (kept: readonly T[]) => boolean) => {
    for (let size = Math.ceil(items().length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let start = 0; start < items().length; ) {
        const kept = [...items().slice(0, start), ...items().slice(start + size)];
        if (!tryWith(kept)) start += size;
      }
    }
  };
  shorten(() => smallest.ops, accept);
  for (let index = 0; index < smallest.ops.length; index++) {
    const at = () => smallest.ops[index];
    const actions = () => {
      const op = at();
      return op?.type === 'batch' ? op.actions : [];
    };
    shorten(actions, (kept) => accept(smallest.ops.map((op) => (op === at() ? ({ ...op, actions: kept } as Op) : op))));
  }
  return smallest;
}

/** The first difference that these commands show. */
function findDifference(
  ops: readonly Op[],
  create: () => readonly [TradingEngine, TradingEngine],
): Difference | undefined {
  const engines = create();
  for (const [index, op] of ops.entries()) {
    const isNew = index >= ops.length - COMPARE_EVERY;
    const { what } = applyBoth(engines, op, { state: isNew, walk: isNew, restart: false });
    if (what !== undefined) return { ops: ops.slice(0, index + 1), what };
  }
  return undefined;
}

function applyBoth(
  [fast, naive]: readonly [TradingEngine, TradingEngine],
  op: Op,
  depth: { readonly state: boolean; readonly walk: boolean; readonly restart: boolean },
): { readonly what?: string | undefined; readonly result?: OpResult } {
  const results: OpResult[] = [];
  const thrown = thrownBy(() => {
    for (const engine of [fast, naive]) results.push(engine.apply(op, results[0]));
    if (depth.walk) fast.validate();
    if (depth.restart) fast.restart();
  });
  const [result, expected] = results;
  if (thrown !== undefined || result === undefined || expected === undefined) return { what: thrown ?? 'no result' };
  if (!isDeepStrictEqual(result.items, expected.items))
    return { what: described('results', result.items, expected.items) };
  if (!isDeepStrictEqual(result.events, expected.events))
    return { what: described('events', result.events, expected.events) };
  return { what: depth.state ? stateDifference([fast, naive]) : undefined, result };
}

function stateDifference([fast, naive]: readonly [TradingEngine, TradingEngine]): string | undefined {
  const [rows, expected] = [fast.rows(), naive.rows()];
  if (hashRows(rows) === hashRows(expected)) return undefined;
  const length = Math.max(rows.length, expected.length);
  const index = Array.from({ length }, (_, i) => i).find((i) => rows[i] !== expected[i]) ?? 0;
  return described('states', rows[index], expected[index]);
}

function thrownBy(run: () => void): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}

function described(what: string, fast: unknown, naive: unknown): string {
  const text = (value: unknown) => JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}` : part));
  return `different ${what}\n  fast:  ${text(fast)}\n  naive: ${text(naive)}`;
}

function note(seen: Map<string, number>, { items, events }: OpResult): void {
  const isWoundUp = ({ address, subaccount }: AccountId) =>
    events.some(
      (event) =>
        (event.type === 'insuranceChanged' || event.type === 'lossShared') &&
        event.account.address === address &&
        event.account.subaccount === subaccount,
    );
  const nameOf = (event: CoreEvent) => {
    if (event.type === 'liquidationEnded') return `${event.type} ${isWoundUp(event.account) ? 'wound up' : 'healthy'}`;
    return 'reason' in event ? `${event.type} ${event.reason}` : event.type;
  };
  const names = [...items.map(({ code }) => code), ...events.map(nameOf)];
  for (const name of names) seen.set(name, (seen.get(name) ?? 0) + 1);
}
