import type { HealthView } from '../src/core/api.ts';
import { ZERO_ADDRESS } from '../src/core/commands.ts';

/** Of a keeper without chains. */
export function healthAt(sequence: number): HealthView {
  return {
    status: 'ok',
    problems: [],
    role: 'leader',
    epoch: 1,
    sequence,
    checkpoint: { landed: 0, final: 0, ageMs: null },
    gas: { address: ZERO_ADDRESS, wei: '0' },
    chains: [],
  };
}
