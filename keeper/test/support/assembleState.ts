// The state behind the newest of some checkpoints, put together without any of the flows.
import type { LandedCheckpoint } from '../../src/core/ports.ts';
import { addPart, assembledState, beginAssembly, missingOf } from '../../src/core/rollingSnapshot.ts';

/** Reads as few as it takes. `checkpoints` are the oldest first. */
export function assembleState(
  checkpoints: readonly LandedCheckpoint[],
  open: (sealed: { epoch: number; number: number; payload: Uint8Array }) => Uint8Array,
): { readonly bytes: Uint8Array; readonly read: number } {
  const parts = checkpoints
    .toReversed()
    .map(({ checkpoint: { epoch, number }, payload }) => open({ epoch, number, payload }));
  const assembly = beginAssembly(parts[0] as Uint8Array);
  let read = 1;
  while (missingOf(assembly) > 0) addPart(assembly, parts[read++] as Uint8Array);
  return { bytes: assembledState(assembly), read };
}
