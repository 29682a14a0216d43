// Which exit roots a vault goes by, or may fall back to. It keeps three: the newest, one that matures, and one that has:
// when the council discards the newest, the exit goes by an older one. Whoever keeps proofs keeps those.
import { depositRegistryAbi } from '@myrtle-wyckoff/generated';
import type { PublicClient } from 'viem';
import type { Address } from '../core/commands.ts';

/** Roots are ordered by epoch, then by checkpoint. */
export interface ExitRootId {
  readonly epoch: number;
  readonly checkpoint: number;
}

/** Until a root cannot be discarded any more. */
export const ROOT_MATURES_SECONDS = 72 * 3_600;

/** Negative when `a` is the older one. */
export function compareRoots(a: ExitRootId, b: ExitRootId): number {
  return a.epoch - b.epoch || a.checkpoint - b.checkpoint;
}

/** The newest first. At a young vault some are of epoch 0: its state at the deployment, of which there is no proof. */
export async function readKeptRoots(input: {
  readonly reader: PublicClient;
  readonly registry: Address;
}): Promise<readonly [newest: ExitRootId, ...fallbacks: ExitRootId[]]> {
  const { reader, registry: address } = input;
  const blockNumber = await reader.getBlockNumber({ cacheTime: 0 });
  const at = { address, abi: depositRegistryAbi, blockNumber } as const;
  const [[epoch, checkpoint], fallbacks] = await Promise.all([
    reader.readContract({ ...at, functionName: 'newestRoot' }),
    reader.readContract({ ...at, functionName: 'fallbackRoots' }),
  ]);
  const older = fallbacks.map((root) => ({ epoch: Number(root.epoch), checkpoint: root.checkpoint }));
  return [{ epoch: Number(epoch), checkpoint: Number(checkpoint) }, ...older];
}
