import { afterEach, describe, expect, it } from 'vitest';
import { createExitTrees } from '../../../src/adapters/exit/createExitTrees.ts';
import { createExitTreeStore } from '../../../src/adapters/exit/exitTreeStore.ts';
import type { ExitTrees } from '../../../src/core/ports.ts';
import { encodeState } from '../../../src/core/snapshot.ts';
import { addressOf, apply, deposit, GENESIS, openExchange, TOKENS } from '../../support/exchange.ts';

const ANN = addressOf('ann');
const setup = { genesis: GENESIS, saltKey: new Uint8Array(32).fill(4) };

let trees: ExitTrees;
afterEach(() => trees.close());

/** The states of three checkpoints. */
function states(): Uint8Array[] {
  const exchange = openExchange();
  return [1n, 2n, 3n].map((amount) => {
    deposit(exchange, TOKENS.usdHome, ANN, amount);
    apply(exchange, { type: 'cutCheckpoint' });
    return encodeState(exchange.state);
  });
}

describe('the thread of the exit trees', () => {
  it('builds and proves what the core does', async () => {
    trees = createExitTrees(setup);
    const store = createExitTreeStore(setup);
    for (const [i, state] of states().entries()) {
      const built = await trees.build(state);
      expect(built).toEqual(store.build(state));
      expect(built.checkpoint).toBe(i + 1);
      const query = { checkpoint: i + 1, address: ANN };
      expect(await trees.leavesOf(query)).toEqual(store.leavesOf(query));
      expect((await trees.leavesOf(query))?.[0]?.leaves).toHaveLength(1);
    }
  });

  it('keeps what it is told to', async () => {
    trees = createExitTrees(setup);
    for (const state of states()) await trees.build(state);
    await trees.keep([3, 1]);
    const kept = await Promise.all([1, 2, 3].map((checkpoint) => trees.leavesOf({ checkpoint, address: ANN })));
    expect(kept.map((leaves) => leaves !== undefined)).toEqual([true, false, true]);
  });

  it('says what is wrong with a state, and goes on', async () => {
    trees = createExitTrees(setup);
    const [state] = states() as [Uint8Array];
    await expect(trees.build(state.subarray(0, 30))).rejects.toThrow(/FormatError/);
    expect((await trees.build(state)).checkpoint).toBe(1);
  });

  it('fails whatever is asked once it has ended', async () => {
    trees = createExitTrees(setup);
    const waiting = trees.leavesOf({ checkpoint: 1, address: ANN });
    await trees.close();
    await expect(waiting).rejects.toThrow('ended');
    await expect(trees.keep([])).rejects.toThrow('ended');
  });
});
