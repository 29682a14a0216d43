// The real trees, built at once instead of in a thread.
import { createExitTreeStore } from '../../src/adapters/exit/exitTreeStore.ts';
import { keccak256 } from '../../src/core/keccak.ts';
import type { ExitTrees } from '../../src/core/ports.ts';
import { GENESIS } from './exchange.ts';

export function createFakeExitTrees(): ExitTrees {
  const store = createExitTreeStore({ genesis: GENESIS, saltKey: keccak256(new TextEncoder().encode('exit')) });
  return {
    build: async (state) => store.build(state),
    leavesOf: async (query) => store.leavesOf(query),
    keep: async (checkpoints) => store.keep(checkpoints),
    close: async () => {},
  };
}
