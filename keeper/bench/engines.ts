import type { Totals } from './workload.ts';

/** One engine with one book, ready for the first operation of a workload. */
export interface BenchEngine {
  /** Applies operations `from` … `to` − 1, in order. */
  run(from: number, to: number): void;
  /** What has been traded so far. */
  totals(): Totals;
}
