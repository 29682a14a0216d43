// `npm run bench`: how fast the matching engine is, in one process, beside others that get the same operations.
//
//   node keeper/bench/engine.ts [--workload cpptrader] [--json] [--quick] [--seed n] [--write] [--floors]
//
// Our engine comes twice: an operation at a time, as the others do, and as the keeper drives it, in commands of a hundred
// actions, each of which is looked up by name, answered and told of. Five interleaved rounds for the rate, each with a
// fresh book of 50 000 resting orders that is not timed; then three rounds with a timer around every operation, or
// command. Slow engines get the first part of the operations only, and say so. All engines must have traded the same after
// the same operations, or the run fails. `--write` puts the table into docs/benchmarks.md; `--floors` fails when the engine
// is less ahead of others than it always must be.
import { parseArgs } from 'node:util';
import { inlineMore } from '../src/adapters/compiler/inlineMore.ts';
import { CPP_TRADER_SHAPE, createCppTraderWorkload } from './cppTraderWorkload.ts';
import { createLimitOrderBook } from './limitOrderBook.ts';
import { type Contender, type Measured, measureEngines, progress } from './measure.ts';
import { createNaiveBench } from './naive.ts';
import { createNodejsOrderBook } from './nodejsOrderBook.ts';
import { createOurs } from './ours.ts';
import { createOursByCommand } from './oursByCommand.ts';
import { formatTable, machineLine, writeSection } from './report.ts';
import { BATCH, createWorkload, type Shape, USUAL_SHAPE, type Workload } from './workload.ts';

/**
 * How many times faster the engine is at least, by processor time, in one run. For machines that others use, too: where
 * they fill the caches, our engine loses most (43 to 54 times nodejs-order-book was measured on one of them).
 */
const FLOORS: Readonly<Record<string, number>> = { 'naive bigint': 5, 'nodejs-order-book': 30 };

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean' },
    quick: { type: 'boolean' },
    write: { type: 'boolean' },
    floors: { type: 'boolean' },
    seed: { type: 'string', default: String(USUAL_SHAPE.seed) },
    workload: { type: 'string', default: 'usual' },
  },
});
const operations = options.quick === true ? 250_000 : 1_000_000;
const ours: readonly Contender[] = [
  { name: 'myrtle-wyckoff', create: createOurs, operations, batch: 1 },
  { name: 'the same, by command', create: createOursByCommand, operations, batch: BATCH },
];
const naive: Contender = { name: 'naive bigint', create: createNaiveBench, operations: operations / 2, batch: 1 };
const peers: readonly Contender[] = [
  { name: 'nodejs-order-book', create: createNodejsOrderBook, operations: operations / 10, batch: 1 },
  { name: 'limit-order-book', create: createLimitOrderBook, operations: operations / 50, batch: 1 },
];

interface Flow {
  readonly shape: Shape;
  readonly create: (operations: number, shape: Shape) => Workload;
  readonly mix: string;
  readonly contenders: readonly Contender[];
  /** Its section in docs/benchmarks.md, and what stands above it there. */
  readonly section: string;
  readonly introduction: string;
}

const FLOWS: Readonly<Record<string, Flow>> = {
  usual: {
    shape: USUAL_SHAPE,
    create: createWorkload,
    mix: '55 % adds near the mid, 35 % cancels, 10 % through the book',
    contenders: [...ours, naive, ...peers],
    section: 'bench',
    introduction:
      '## Matching in process: `npm run bench`\n\n' +
      'One thread, no network and no disk. The first row calls the matching functions for one operation at a time, ' +
      'reserves, fees, self-trade prevention and the tape of what happened included; the second is what the keeper runs, ' +
      'commands of a hundred actions. The goals are 6 000 000 operations a second, 99 of 100 within 1 µs, and 90 times ' +
      'nodejs-order-book.',
  },
  // No peer of ours reduces an order that keeps its place.
  cpptrader: {
    shape: CPP_TRADER_SHAPE,
    create: createCppTraderWorkload,
    mix: '48.0 % adds, 48.0 % cancels, 2.2 % reductions, 1.8 % through the book, as CppTrader counts a day of NASDAQ',
    contenders: [...ours, { ...naive, operations: operations / 10 }],
    section: 'bench:cpptrader',
    introduction:
      "## CppTrader's flow: `npm run bench -- --workload cpptrader`\n\n" +
      'The mix of operations that CppTrader publishes for a day of NASDAQ, over a thousand books; not its recorded ' +
      'messages. Orders come through the book here, where CppTrader is told what was executed. It says 3 232 727 messages ' +
      'a second of itself, on another machine.',
  },
};

main();

function main(): void {
  inlineMore();
  const flow = FLOWS[options.workload];
  if (flow === undefined) throw new Error(`Workloads: ${Object.keys(FLOWS).join(', ')}.`);
  const shape = { ...flow.shape, seed: Number(options.seed) };
  if (!Number.isInteger(shape.seed)) throw new Error('--seed takes an integer.');
  progress(`preparing ${operations} operations`);
  const { trades, engines } = measureEngines(flow.create(operations, shape), flow.contenders);
  const ratios = engines.map((engine) => ratioTo(engines[0] as Measured, engine));
  if (options.json === true) {
    const workload = { name: options.workload, operations, ...shape, trades, mix: flow.mix };
    const rows = engines.map((engine, index) => ({ ...engine, oursIs: ratios[index] }));
    process.stdout.write(`${JSON.stringify({ machine: machineLine(), workload, engines: rows })}\n`);
  } else {
    process.stdout.write(`${formatTable(rowsOf(engines, ratios))}\n${noteOf(flow, trades)}\n`);
  }
  if (options.write === true) {
    writeSection(flow.section, rowsOf(engines, ratios), noteOf(flow, trades), flow.introduction);
  }
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

function noteOf({ shape, mix }: Flow, trades: number): string {
  return (
    `${machineLine()}; ${operations.toLocaleString('en')} operations (${mix}), ${shape.resting.toLocaleString('en')} resting ` +
    `in ${shape.books.toLocaleString('en')} ${shape.books === 1 ? 'book' : 'books'}, ${trades.toLocaleString('en')} trades, ` +
    `seed ${options.seed}. Medians; ratios by processor time; latencies contain the timer, by command those of a hundred ` +
    'operations. All engines agreed on trades, volume and notional'
  );
}

function requireFloors(engines: readonly Measured[], ratios: readonly number[]): void {
  for (const [index, { name }] of engines.entries()) {
    const floor = FLOORS[name];
    if (floor === undefined || (ratios[index] as number) >= floor) continue;
    throw new Error(`Only ${ratios[index]} times as fast as ${name}; ${floor} times is the least.`);
  }
}
