import type { Address } from '../../core/commands.ts';

/** What the keys of one exchange are derived for. The enclave key has no key epoch: contracts name its address. */
export type DerivedKeyName = 'state' | 'exit' | 'journal' | 'leaderfile';

export interface KeyPlace {
  readonly homeChainId: number;
  readonly checkpointer: Address;
}

/** Signature 1 of 2. */
export function enclaveKeyPath({ homeChainId, checkpointer }: KeyPlace): string {
  return `keeper/v1/${homeChainId}/${checkpointer}/enclave`;
}

/** dstack derives from the path alone, so no path may ever serve two purposes. */
export function derivedKeyPath(
  { homeChainId, checkpointer }: KeyPlace,
  name: DerivedKeyName,
  keyEpoch: number,
): string {
  return `keeper/v1/${homeChainId}/${checkpointer}/${name}/${keyEpoch}`;
}
