// Did an account sign? An EOA with its key, a contract by EIP-1271 on the chains where it is one.
import type { Refusal } from '../core/api.ts';
import type { Address, Hex } from '../core/commands.ts';
import type { ChainReader } from '../core/ports.ts';
import { depositChains, type State } from '../core/state.ts';

interface Readers {
  readonly state: State;
  readonly readers: ReadonlyMap<number, ChainReader>;
}

interface Signed {
  readonly account: Address;
  readonly digest: Hex;
  readonly signature: Hex;
}

/** undefined: it did. */
export async function checkSignature(
  { recover, ...readers }: Readers & { readonly recover: (digest: Hex, signature: Hex) => Address | undefined },
  input: Signed,
): Promise<Refusal | undefined> {
  if (recover(input.digest, input.signature) === input.account) return undefined;
  return checkContractSignature(readers, input);
}

/**
 * An address with code speaks by EIP-1271, and it must say yes on every chain from which deposits to it came and where it
 * has code: the same address on another chain can be somebody else's, and anybody may deposit for anybody. undefined: it did.
 */
export async function checkContractSignature({ state, readers }: Readers, input: Signed): Promise<Refusal | undefined> {
  let agreed = 0;
  for (const chainId of depositChains(state, input.account)) {
    const reader = readers.get(chainId);
    if (reader === undefined) return unreachable('The contract account', chainId, 'no RPC is configured');
    try {
      if (!(await reader.hasCode(input.account, 'finalized'))) continue;
      if (!(await reader.isValidContractSignature(input))) return notSigned(input.account);
      agreed++;
    } catch (error) {
      return unreachable('The contract account', chainId, error);
    }
  }
  return agreed > 0 ? undefined : notSigned(input.account);
}

function notSigned(account: Address): Refusal {
  const message = `The signature does not belong to ${account}, or the message was altered.`;
  return { code: 'signature.invalid', message, retryable: false };
}

/** A chain that had to be asked did not answer. */
export function unreachable(who: string, chainId: number, error: unknown): Refusal {
  const reason = error instanceof Error ? error.message : String(error);
  return {
    code: 'keeper.notReady',
    message: `${who} could not be asked on chain ${chainId}: ${reason}`,
    retryable: true,
  };
}
