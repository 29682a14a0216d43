// `npm run bench`: how fast the matching engine is, in one process, beside others that get the same operations.
//
//   node keeper/bench/engine.ts [--json] [--quick]
//
// Five interleaved rounds for the rate, each with a fresh book of 50 000 resting orders that is not timed; then three
// rounds with a timer around every operation. Slow engines get the first part of the operations only, and say so. All
// engines must have traded the same after the same operations, or the run fails.
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import type { BenchEngine } from './engines.ts';
import { createLimitOrderBook } from './limitOrderBook.ts';
import { createNaiveBench } from './naive.ts';
import { createNodejsOrderBook } from './nodejsOrderBook.ts';
import { createOurs } from './ours.ts';
import { ACCOUNTS, createWorkload, SEED, type Totals, WARM_UP, type Workload } from './workload.ts';

const RATE_ROUNDS = 5;
const LATENCY_ROUNDS = 3;

interface Contender {
  readonly name: string;
  readonly create: (workload: Workload) => BenchEngine;
  /** Operations after the warm-up. */
  readonly operations: number;
}

interface Measured {
  readonly name: string;
  readonly operations: number;
  readonly opsPerSecond: number;
  readonly p50us: number;
  readonly p99us: number;
}

const { values: options } = parseArgs({ options: { json: { type: 'boolean' }, quick: { type: 'boolean' } } });
const operations = options.quick === true ? 100_000 : 1_000_000;
const contenders: readonly Contender[] = [
  { name: 'myrtle-wyckoff', create: createOurs, operations },
  { name: 'naive bigint', create: createNaiveBench, operations: operations / 2 },
  { name: 'nodejs-order-book', create: createNodejsOrderBook, operations: operations / 10 },
  { name: 'limit-order-book', create: createLimitOrderBook, operations: operations / 50 },
];

main();

function main(): void {
  progress(`preparing ${operations} operations`);
  const workload = createWorkload(operations);
  const trades = checkAgreement(workload);
  const rates = measureRates(workload);
  const engines = contenders.map((contender, index): Measured => {
    progress(`latency of ${contender.name}`);
    const latencies = measureLatencies(workload, contender);
    const opsPerSecond = Math.round(median(rates[index] as number[]));
    return { name: contender.name, operations: contender.operations, opsPerSecond, ...latencies };
  });
  const { machine, workload: description } = describe(trades);
  if (options.json === true) process.stdout.write(`${JSON.stringify({ machine, workload: description, engines })}\n`);
  else printTable(machine, description, engines);
}

/** Every engine against the first, after as many operations as it gets. Answers the trades of all operations. */
function checkAgreement(workload: Workload): number {
  const ours = createOurs(workload);
  let done = 0;
  for (const contender of contenders.toSorted((a, b) => a.operations - b.operations)) {
    const length = WARM_UP + contender.operations;
    ours.run(done, length);
    done = length;
    progress(`does ${contender.name} trade the same?`);
    const other = contender.create(workload);
    other.run(0, length);
    assertSame(contender.name, ours.totals(), other.totals());
  }
  return ours.totals().trades;
}

function assertSame(name: string, ours: Totals, theirs: Totals): void {
  for (const key of ['trades', 'volume', 'notional'] as const) {
    if (ours[key] !== theirs[key]) throw new Error(`${name} disagrees: ${key} ${theirs[key]}, ours ${ours[key]}`);
  }
}

/** Operations per second, by contender and round. */
function measureRates(workload: Workload): number[][] {
  const rates: number[][] = contenders.map(() => []);
  for (let round = 1; round <= RATE_ROUNDS; round++) {
    for (const [index, contender] of contenders.entries()) {
      progress(`round ${round} of ${RATE_ROUNDS}: ${contender.name}`);
      const engine = contender.create(workload);
      engine.run(0, WARM_UP);
      const start = process.hrtime.bigint();
      engine.run(WARM_UP, WARM_UP + contender.operations);
      const seconds = Number(process.hrtime.bigint() - start) / 1e9;
      (rates[index] as number[]).push(contender.operations / seconds);
    }
  }
  return rates;
}

/** Medians over the rounds of the median and the 99th percentile, in microseconds. The timer itself is in them. */
function measureLatencies(workload: Workload, contender: Contender): { p50us: number; p99us: number } {
  const rounds = Array.from({ length: LATENCY_ROUNDS }, () => {
    const engine = contender.create(workload);
    engine.run(0, WARM_UP);
    const milliseconds = new Float64Array(contender.operations);
    for (let i = 0; i < contender.operations; i++) {
      const start = performance.now();
      engine.run(WARM_UP + i, WARM_UP + i + 1);
      milliseconds[i] = performance.now() - start;
    }
    milliseconds.sort();
    const at = (share: number) => (milliseconds[Math.floor(share * (milliseconds.length - 1))] as number) * 1000;
    return { p50: at(0.5), p99: at(0.99) };
  });
  return { p50us: round3(median(rounds.map(({ p50 }) => p50))), p99us: round3(median(rounds.map(({ p99 }) => p99))) };
}

function describe(trades: number) {
  const processors = cpus();
  return {
    machine: {
      cpu: processors[0]?.model ?? 'unknown',
      cores: processors.length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      node: process.version,
    },
    workload: {
      operations,
      resting: WARM_UP,
      accounts: ACCOUNTS,
      trades,
      seed: SEED,
      mix: '55 % adds near the mid, 35 % cancels, 10 % through the book',
    },
  };
}

function printTable(
  machine: ReturnType<typeof describe>['machine'],
  workload: ReturnType<typeof describe>['workload'],
  engines: readonly Measured[],
): void {
  const ours = engines[0] as Measured;
  const rows = engines.map((engine) => [
    engine.name,
    engine.operations.toLocaleString('en'),
    engine.opsPerSecond.toLocaleString('en'),
    `${(ours.opsPerSecond / engine.opsPerSecond).toFixed(1)} ×`,
    engine.p50us.toFixed(2),
    engine.p99us.toFixed(2),
  ]);
  const table = [['engine', 'operations', 'operations/s', 'ours is', 'p50 µs', 'p99 µs'], ...rows];
  const widths = (table[0] as string[]).map((_, column) =>
    Math.max(...table.map((row) => (row[column] as string).length)),
  );
  const lines = table.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] as number) : cell.padStart(widths[column] as number),
      )
      .join('  '),
  );
  process.stdout.write(
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}; ${workload.operations.toLocaleString('en')} operations ` +
      `(${workload.mix}), ${workload.resting.toLocaleString('en')} resting, ${workload.trades.toLocaleString('en')} trades\n\n` +
      `${lines.join('\n')}\n\nMedians; latencies contain the timer. All engines agreed on trades, volume and notional.\n`,
  );
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

function round3(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
