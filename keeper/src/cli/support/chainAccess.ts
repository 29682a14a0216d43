// A chain of the profile, to read and to write.
import { createPublicClient, createWalletClient, http } from 'viem';
import type { LocalAccount } from 'viem/accounts';
import { chainWithGasMargin } from '../../client/chain.ts';
import { CommandError } from './errors.ts';
import type { ProfileChain } from './profile.ts';

export const NATIVE_DECIMALS = 18;
/** How often viem asks for a receipt. */
const RECEIPT_POLL_MS = 500;

/** Throws `CommandError` when the RPC speaks for another chain than the profile says. */
export async function readerOf(chain: ProfileChain) {
  const reader = createPublicClient(settingsOf(chain));
  const actual = await reader.getChainId();
  if (actual === chain.chainId) return reader;
  throw new CommandError(
    `The RPC of the profile for chain ${chain.chainId} answers for chain ${actual}: nothing was sent.`,
  );
}

export function walletOf(chain: ProfileChain, account: LocalAccount) {
  return createWalletClient({ ...settingsOf(chain), account });
}

function settingsOf({ chainId, name, rpcUrl }: ProfileChain) {
  return {
    chain: chainWithGasMargin({
      id: chainId,
      name,
      nativeCurrency: { name: 'coin', symbol: 'COIN', decimals: NATIVE_DECIMALS },
      rpcUrls: { default: { http: [rpcUrl] } },
    }),
    transport: http(rpcUrl),
    pollingInterval: RECEIPT_POLL_MS,
  };
}
