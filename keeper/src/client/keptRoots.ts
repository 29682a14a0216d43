// Which exit roots a vault goes by, or may fall back to. It keeps three: the newest, one that matures, and one that has:
// when the council discards the newest, the exit goes by an older one. Whoever keeps proofs keeps those.
import { depositRegistryAbi } from '@myrtle-wyckoff/generated';
import { type PublicClient, toHex } from 'viem';
import type { Address } from '../core/commands.ts';

/** Roots are ordered by epoch, then by checkpoint. */
export interface ExitRootId {
  readonly epoch: number;
  readonly checkpoint: number;
}

/** Until a root cannot be discarded any more. */
export const ROOT_MATURES_SECONDS = 72 * 3_600;

/**
 * Where `VaultState` has the second words of `maturing` and `matured`, for which the vault has no view. It has no upgrade
 * path, so they stay there.
 */
const FALLBACK_SLOTS = [8, 10];
const EPOCH_BITS = 64;
const CHECKPOINT_BITS = 40;

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
  const newest = reader.readContract({ address, abi: depositRegistryAbi, functionName: 'newestRoot', blockNumber });
  const words = FALLBACK_SLOTS.map((slot) => reader.getStorageAt({ address, slot: toHex(slot), blockNumber }));
  const [epoch, checkpoint] = await newest;
  const fallbacks = (await Promise.all(words)).map((word) => {
    const packed = BigInt(word ?? 0);
    const after = BigInt.asUintN(CHECKPOINT_BITS, packed >> BigInt(EPOCH_BITS));
    return { epoch: Number(BigInt.asUintN(EPOCH_BITS, packed)), checkpoint: Number(after) };
  });
  return [{ epoch: Number(epoch), checkpoint: Number(checkpoint) }, ...fallbacks];
}
