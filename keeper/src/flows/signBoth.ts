import type { Hex } from '../core/commands.ts';
import type { KeeperKeys } from '../core/ports.ts';

/** What the contracts want of everything that moves money or state. */
export function signBoth(keys: KeeperKeys, digest: Hex): { enclaveSignature: Hex; leaderSignature: Hex } {
  return { enclaveSignature: keys.enclave.sign(digest), leaderSignature: keys.leader.sign(digest) };
}
