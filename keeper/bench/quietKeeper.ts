// What a keeper without chains answers and tells: as little as the door needs.
import type { HealthView, KeeperApi } from '../src/core/api.ts';
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
    exits: [],
    chains: [],
  };
}

/** Nothing ever happens; a bench puts in its own of what it tells. */
export const quietSubscriptions: Pick<KeeperApi, Extract<keyof KeeperApi, `subscribe${string}`>> = {
  subscribe: () => () => {},
  subscribeExitRoots: () => () => {},
  subscribeWaiting: () => () => {},
};
