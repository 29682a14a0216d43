import type { Address } from '../../core/commands.ts';
import { exitInputOf } from '../../core/exitInput.ts';
import { type ExitTree, exitTrees } from '../../core/exitTree.ts';
import type { BuiltExitTrees, ExitLeaves } from '../../core/ports.ts';
import { decodeState } from '../../core/snapshot.ts';
import type { Genesis } from '../../core/state.ts';

/** What happens on the other side of `createExitTrees`: `ExitTrees` of core/ports.ts at once. */
export interface ExitTreeStore {
  build(state: Uint8Array): BuiltExitTrees;
  leavesOf(query: { readonly checkpoint: number; readonly address: Address }): readonly ExitLeaves[] | undefined;
  keep(checkpoints: readonly number[]): void;
}

export function createExitTreeStore({
  genesis,
  saltKey,
}: {
  readonly genesis: Genesis;
  readonly saltKey: Uint8Array;
}): ExitTreeStore {
  const kept = new Map<number, readonly ExitTree[]>();
  return {
    build(bytes) {
      const input = exitInputOf(decodeState(bytes, genesis));
      const { trees, stranded } = exitTrees(input, saltKey);
      kept.set(input.checkpoint, trees);
      return {
        checkpoint: input.checkpoint,
        roots: trees.map(({ chainId, registry, treeRoot, processedIndex }) => {
          return { chainId, registry, treeRoot, processedIndex };
        }),
        leafCount: trees.reduce((sum, { leafCount }) => sum + leafCount, 0),
        strandedOwners: new Set(stranded.map(({ owner }) => owner)).size,
      };
    },
    leavesOf: ({ checkpoint, address }) =>
      kept.get(checkpoint)?.map(({ chainId, tokenLeaves, leavesOf }) => {
        return { chainId, leaves: leavesOf(address), tokenLeaves };
      }),
    keep(checkpoints) {
      for (const checkpoint of kept.keys()) if (!checkpoints.includes(checkpoint)) kept.delete(checkpoint);
    },
  };
}
