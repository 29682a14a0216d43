// `npm run bench:growth`: what an operation costs as the market grows, and what memory it takes.
//
//   node --expose-gc keeper/bench/growth.ts [--json] [--quick] [--seed n] [--write]
//
// From a thousand to a million resting orders and accounts, and from one book to a thousand; the operations are those of
// `npm run bench`. `--write` puts the table into docs/benchmarks.md and draws docs/growth.svg. Costs are processor time,
// the median of three rounds in turn.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { inlineMore } from '../src/adapters/compiler/inlineMore.ts';
import { median, progress, timeRun } from './measure.ts';
import { createMarket, createOurs } from './ours.ts';
import { plotGrowth, type Series } from './plot.ts';
import { formatTable, machineLine, writeSection } from './report.ts';
import { createWorkload, type Shape, USUAL_SHAPE } from './workload.ts';

const PLOT = join(import.meta.dirname, '../../docs/growth.svg');
const ROUNDS = 3;
const MILLION = 1_000_000;
const INTRODUCTION =
  '## As the market grows: `npm run bench:growth`\n\n![ns per operation](growth.svg)\n\n' +
  'The goals are less than twice the cost from a thousand to a million resting orders and accounts, and 120 MB for a ' +
  'million resting orders.';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean' },
    quick: { type: 'boolean' },
    write: { type: 'boolean' },
    seed: { type: 'string', default: String(USUAL_SHAPE.seed) },
  },
});
const operations = options.quick === true ? 20_000 : 200_000;
const largest = options.quick === true ? 100_000 : MILLION;
const sizes = [1_000, 10_000, 100_000, MILLION].filter((size) => size <= largest);

inlineMore();
// First, while nothing else has left anything behind.
const memory = measureMemory(largest);

const axes: readonly {
  readonly name: string;
  readonly key: 'resting' | 'accounts' | 'books';
  readonly sizes: readonly number[];
}[] = [
  { name: 'resting orders', key: 'resting', sizes },
  { name: 'accounts', key: 'accounts', sizes },
  { name: 'books', key: 'books', sizes: [1, 10, 100, 1_000] },
];

const series = axes.map(({ name, key, sizes }): Series => {
  const points = sizes.map((size) => {
    progress(`${size.toLocaleString('en')} ${name}`);
    return { size, nanoseconds: costOf({ ...USUAL_SHAPE, seed: Number(options.seed), [key]: size }) };
  });
  return { name, points };
});
if (options.json === true) {
  process.stdout.write(`${JSON.stringify({ machine: machineLine(), operations, series, memory })}\n`);
} else {
  process.stdout.write(`${formatTable(rows())}\n${note()}\n`);
}
if (options.write === true) {
  writeSection('bench:growth', rows(), note(), INTRODUCTION);
  writeFileSync(PLOT, plotGrowth(series));
}

/** Nanoseconds of one operation in a market of that shape. */
function costOf(shape: Shape): number {
  const workload = createWorkload(operations, shape);
  const rounds = Array.from({ length: ROUNDS }, () => timeRun(createOurs(workload), workload, operations).processor);
  return Math.round((median(rounds) * 1e9) / operations);
}

/** Bytes that one more account and one more resting order take, with everything that finds them. */
function measureMemory(count: number): {
  readonly perAccount: number;
  readonly perOrder: number;
  readonly megabytes: number;
} {
  progress(`memory of ${count.toLocaleString('en')} accounts and orders`);
  const before = bytesInUse();
  const exchange = createMarket({ accounts: count, books: 1 });
  const withAccounts = bytesInUse();
  const workload = createWorkload(0, { ...USUAL_SHAPE, resting: count });
  const withWorkload = bytesInUse();
  const engine = createOurs(workload);
  engine.run(0, count);
  const withOrders = bytesInUse();
  if (exchange.ledger.accountCount !== count + 1 || engine.totals().trades !== 0)
    throw new Error('nothing was measured');
  const orderBytes = withOrders - withWorkload;
  return {
    perAccount: Math.round((withAccounts - before) / count),
    perOrder: Math.round(orderBytes / count),
    megabytes: Math.round(orderBytes / 1e6),
  };
}

/** Of the heap and of all buffers, once nothing is left over. */
function bytesInUse(): number {
  if (globalThis.gc === undefined) throw new Error('Run it with --expose-gc.');
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function rows(): string[][] {
  const body = series.flatMap(({ name, points }) =>
    points.map(({ size, nanoseconds }) => {
      const growth = nanoseconds / (points[0] as (typeof points)[number]).nanoseconds;
      return [name, size.toLocaleString('en'), String(nanoseconds), `${growth.toFixed(2)} ×`];
    }),
  );
  return [['what grows', 'to', 'ns per operation', 'of the first'], ...body];
}

function note(): string {
  const { resting, accounts, books } = USUAL_SHAPE;
  return (
    `${machineLine()}; ${operations.toLocaleString('en')} operations, seed ${options.seed}, median of ${ROUNDS} rounds, processor time. What does ` +
    `not grow stays at ${resting.toLocaleString('en')} resting orders, ${accounts.toLocaleString('en')} accounts, ${books} book. ` +
    `Memory: ${memory.perOrder} bytes per resting order (${memory.megabytes} MB for ${largest.toLocaleString('en')}), ` +
    `${memory.perAccount} bytes per account of two assets`
  );
}
