// `npm run bench`: how fast the matching engine is, in one process, beside others that get the same operations.
//
//   node keeper/bench/engine.ts [--json] [--quick] [--seed n] [--write] [--floors]
//
// Our engine comes twice: an operation at a time, as the others do, and as the keeper drives it, in commands of a hundred
// actions, each of which is looked up by name, answered and told of. Five interleaved rounds for the rate, each with a
// fresh book of 50 000 resting orders that is not timed; then three rounds with a timer around every operation, or
// command. Slow engines get the first part of the operations only, and say so. All engines must have traded the same after
// the same operations, or the run fails. `--write` puts the table into docs/benchmarks.md; `--floors` fails when the engine
// is less ahead of others than it always must be.
import { parseArgs } from 'node:util';
import { createLimitOrderBook } from './limitOrderBook.ts';
import { type Contender, type Measured, measureEngines, progress } from './measure.ts';
import { createNaiveBench } from './naive.ts';
import { createNodejsOrderBook } from './nodejsOrderBook.ts';
import { createOurs } from './ours.ts';
import { createOursByCommand } from './oursByCommand.ts';
import { formatTable, machineLine, writeSection } from './report.ts';
import { BATCH, createWorkload, USUAL_SHAPE } from './workload.ts';

/**
 * How many times faster the engine is at least, by processor time, in one run. For machines that others use, too: where
 * they fill the caches, our engine loses most (30 times nodejs-order-book was measured there).
 */
const FLOORS: Readonly<Record<string, number>> = { 'naive bigint': 5, 'nodejs-order-book': 20 };

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean' },
    quick: { type: 'boolean' },
    write: { type: 'boolean' },
    floors: { type: 'boolean' },
    seed: { type: 'string', default: String(USUAL_SHAPE.seed) },
  },
});
const operations = options.quick === true ? 250_000 : 1_000_000;
const contenders: readonly Contender[] = [
  { name: 'myrtle-wyckoff', create: createOurs, operations, batch: 1 },
  { name: 'the same, by command', create: createOursByCommand, operations, batch: BATCH },
  { name: 'naive bigint', create: createNaiveBench, operations: operations / 2, batch: 1 },
  { name: 'nodejs-order-book', create: createNodejsOrderBook, operations: operations / 10, batch: 1 },
  { name: 'limit-order-book', create: createLimitOrderBook, operations: operations / 50, batch: 1 },
];

main();

function main(): void {
  progress(`preparing ${operations} operations`);
  const shape = { ...USUAL_SHAPE, seed: Number(options.seed) };
  const { trades, engines } = measureEngines(createWorkload(operations, shape), contenders);
  const ratios = engines.map((engine) => ratioTo(engines[0] as Measured, engine));
  const workload = {
    operations,
    ...shape,
    trades,
    mix: '55 % adds near the mid, 35 % cancels, 10 % through the book',
  };
  if (options.json === true) {
    const rows = engines.map((engine, index) => ({ ...engine, oursIs: ratios[index] }));
    process.stdout.write(`${JSON.stringify({ machine: machineLine(), workload, engines: rows })}\n`);
  } else {
    process.stdout.write(`${formatTable(rowsOf(engines, ratios))}\n${noteOf(trades)}\n`);
  }
  if (options.write === true) writeSection('npm run bench', rowsOf(engines, ratios), noteOf(trades));
  if (options.floors === true) requireFloors(engines, ratios);
}

/** How many times as fast the first is, by processor time. */
function ratioTo(ours: Measured, other: Measured): number {
  return Math.round((10 * ours.opsPerProcessorSecond) / other.opsPerProcessorSecond) / 10;
}

function rowsOf(engines: readonly Measured[], ratios: readonly number[]): string[][] {
  const head = [
    'engine',
    'operations',
    'operations/s',
    'per processor second',
    'ours is',
    'p50 µs',
    'p99 µs',
    'p999 µs',
  ];
  const rows = engines.map((engine, index) => [
    engine.name,
    engine.operations.toLocaleString('en'),
    engine.opsPerSecond.toLocaleString('en'),
    engine.opsPerProcessorSecond.toLocaleString('en'),
    `${(ratios[index] as number).toFixed(1)} ×`,
    engine.p50us.toFixed(2),
    engine.p99us.toFixed(2),
    engine.p999us.toFixed(2),
  ]);
  return [head, ...rows];
}

function noteOf(trades: number): string {
  return (
    `${machineLine()}; ${operations.toLocaleString('en')} operations (55 % adds near the mid, 35 % cancels, 10 % through ` +
    `the book), ${USUAL_SHAPE.resting.toLocaleString('en')} resting, ${trades.toLocaleString('en')} trades, seed ` +
    `${options.seed}. Medians; ratios by processor time; latencies contain the timer, by command those of a hundred operations. All engines agreed on trades, volume and notional`
  );
}

function requireFloors(engines: readonly Measured[], ratios: readonly number[]): void {
  for (const [index, { name }] of engines.entries()) {
    const floor = FLOORS[name];
    if (floor === undefined || (ratios[index] as number) >= floor) continue;
    throw new Error(`Only ${ratios[index]} times as fast as ${name}; ${floor} times is the least.`);
  }
}
