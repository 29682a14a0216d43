import { ACTION_PLACE, type Action, UNUSED_ACTION, ZERO_ADDRESS } from '../src/core/commands.ts';
import type { Totals } from './workload.ts';

/** One engine with one book, ready for the first operation of a workload. */
export interface BenchEngine {
  /** Applies operations `from` … `to` − 1, in order. */
  run(from: number, to: number): void;
  /** What has been traded so far. */
  totals(): Totals;
}

/** One action that is written again and again, as the numbers of a decoded batch would be. */
export function createAction(): { -readonly [K in keyof Action]: Action[K] } {
  return { kind: ACTION_PLACE, account: ZERO_ADDRESS, ...UNUSED_ACTION };
}
