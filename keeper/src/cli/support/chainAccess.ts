// A chain of the profile, to read and to write.
import { createPublicClient, createWalletClient, defineChain, type HttpTransport, http, numberToHex } from 'viem';
import type { LocalAccount } from 'viem/accounts';
import { CommandError } from './errors.ts';
import type { ProfileChain } from './profile.ts';

export const NATIVE_DECIMALS = 18;
/** How often viem asks for a receipt. */
const RECEIPT_POLL_MS = 500;
/** Added to every estimate: the block that takes a transaction is a later one than the one it was tried in. */
const GAS_MARGIN_PERCENT = 20n;

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
  const settings = settingsOf(chain);
  return createWalletClient({ ...settings, transport: withGasMargin(settings.transport), account });
}

function withGasMargin(transport: HttpTransport): HttpTransport {
  return (config) => {
    const plain = transport(config);
    const request = async (...args: Parameters<typeof plain.request>): Promise<unknown> => {
      const answer = await plain.request(...args);
      if (args[0].method !== 'eth_estimateGas') return answer;
      const estimate = BigInt(answer as string);
      return numberToHex(estimate + (estimate * GAS_MARGIN_PERCENT) / 100n);
    };
    return { ...plain, request: request as typeof plain.request };
  };
}

function settingsOf({ chainId, name, rpcUrl }: ProfileChain) {
  return {
    chain: defineChain({
      id: chainId,
      name,
      nativeCurrency: { name: 'coin', symbol: 'COIN', decimals: NATIVE_DECIMALS },
      rpcUrls: { default: { http: [rpcUrl] } },
    }),
    transport: http(rpcUrl),
    pollingInterval: RECEIPT_POLL_MS,
  };
}
