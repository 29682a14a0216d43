// How engines are measured: the same operations for all of them, rounds in turn, and medians.
//
// Rates are told twice. By the clock they are what one may expect of this machine as busy as it is; by the processor time of
// the thread they hardly depend on what else it does, and are what ratios are made of.
import type { BenchEngine } from './engines.ts';
import type { Totals, Workload } from './workload.ts';

const RATE_ROUNDS = 5;
const LATENCY_ROUNDS = 3;

export interface Contender {
  readonly name: string;
  readonly create: (workload: Workload) => BenchEngine;
  /** Operations after the warm-up. */
  readonly operations: number;
  /** Operations that it gets at once: what a latency is the latency of. */
  readonly batch: number;
}

export interface Measured {
  readonly name: string;
  readonly operations: number;
  readonly opsPerSecond: number;
  readonly opsPerProcessorSecond: number;
  readonly batch: number;
  /** Of one batch of operations, the timer itself included. */
  readonly p50us: number;
  readonly p99us: number;
  readonly p999us: number;
}

/** Measures all of them. Throws when one of them does not trade as the first does. */
export function measureEngines(
  workload: Workload,
  contenders: readonly Contender[],
): { readonly trades: number; readonly engines: readonly Measured[] } {
  const trades = checkAgreement(workload, contenders);
  const rates = measureRates(workload, contenders);
  const engines = contenders.map((contender, index): Measured => {
    progress(`latency of ${contender.name}`);
    const { wall, processor } = rates[index] as Rates;
    return {
      name: contender.name,
      operations: contender.operations,
      batch: contender.batch,
      opsPerSecond: Math.round(median(wall)),
      opsPerProcessorSecond: Math.round(median(processor)),
      ...measureLatencies(workload, contender),
    };
  });
  return { trades, engines };
}

/** Every engine against the first, after as many operations as it gets. Answers the trades of all operations. */
function checkAgreement(workload: Workload, contenders: readonly Contender[]): number {
  const ours = (contenders[0] as Contender).create(workload);
  let done = 0;
  for (const contender of contenders.toSorted((a, b) => a.operations - b.operations)) {
    const length = workload.shape.resting + contender.operations;
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

interface Rates {
  readonly wall: number[];
  readonly processor: number[];
}

/** Operations per second, by contender and round. */
function measureRates(workload: Workload, contenders: readonly Contender[]): readonly Rates[] {
  const rates = contenders.map((): Rates => ({ wall: [], processor: [] }));
  // The agreement was the first round for everybody: nothing is compiled for the first time below.
  for (let round = 1; round <= RATE_ROUNDS; round++) {
    for (const [index, contender] of contenders.entries()) {
      progress(`round ${round} of ${RATE_ROUNDS}: ${contender.name}`);
      const { wall, processor } = timeRun(contender.create(workload), workload, contender.operations);
      (rates[index] as Rates).wall.push(contender.operations / wall);
      (rates[index] as Rates).processor.push(contender.operations / processor);
    }
  }
  return rates;
}

/** Seconds that operations take after the warm-up: by the clock, and of this thread's processor time. */
export function timeRun(
  engine: BenchEngine,
  { shape }: Workload,
  operations: number,
): { readonly wall: number; readonly processor: number } {
  engine.run(0, shape.resting);
  const start = process.hrtime.bigint();
  const used = process.threadCpuUsage();
  engine.run(shape.resting, shape.resting + operations);
  const { user, system } = process.threadCpuUsage(used);
  return { wall: Number(process.hrtime.bigint() - start) / 1e9, processor: (user + system) / 1e6 };
}

type Latencies = Pick<Measured, 'p50us' | 'p99us' | 'p999us'>;

/** Medians over the rounds of three percentiles, in microseconds. */
function measureLatencies(workload: Workload, { create, operations, batch }: Contender): Latencies {
  const { resting } = workload.shape;
  const rounds = Array.from({ length: LATENCY_ROUNDS }, () => {
    const engine = create(workload);
    engine.run(0, resting);
    const milliseconds = new Float64Array(operations / batch);
    for (let i = 0; i < milliseconds.length; i++) {
      const first = resting + i * batch;
      const start = performance.now();
      engine.run(first, first + batch);
      milliseconds[i] = performance.now() - start;
    }
    milliseconds.sort();
    return [0.5, 0.99, 0.999].map((share) => {
      return (milliseconds[Math.floor(share * (milliseconds.length - 1))] as number) * 1000;
    });
  });
  const at = (column: number) => Math.round(median(rounds.map((row) => row[column] as number)) * 1000) / 1000;
  return { p50us: at(0), p99us: at(1), p999us: at(2) };
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

export function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
