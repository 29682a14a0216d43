import { devnetTokenAbi } from '@myrtle-wyckoff/generated';
import {
  type Account,
  type Chain,
  createPublicClient,
  createTestClient,
  createWalletClient,
  http,
  type PublicClient,
  type Transport,
  type WalletClient,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { chainWithGasMargin } from '../../client/chain.ts';
import type { Address } from '../../core/commands.ts';
import { developmentKey } from './accounts.ts';
import type { Deployment } from './deployment.ts';

const POLLING_INTERVAL_MS = 200;

/** One running development chain: what stands there, and how to read and write it. */
export interface DevnetChain {
  readonly chainId: number;
  readonly name: string;
  readonly url: string;
  readonly deployment: Deployment;
  readonly reader: PublicClient;
  /** A wallet of account `index` of the well-known mnemonic. */
  wallet(index: number): WalletClient<Transport, Chain, Account>;
}

export function accessChain(input: {
  readonly name: string;
  readonly url: string;
  readonly deployment: Deployment;
}): DevnetChain {
  const { name, url, deployment } = input;
  const chain = chainWithGasMargin({
    id: deployment.chainId,
    name,
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [url] } },
  });
  const options = { chain, transport: http(url), pollingInterval: POLLING_INTERVAL_MS };
  return {
    chainId: deployment.chainId,
    name,
    url,
    deployment,
    reader: createPublicClient(options),
    wallet: (index) =>
      createWalletClient({ ...options, account: privateKeyToAccount(developmentKey(index).privateKey) }),
  };
}

/** Lets an anvil that mined one block per transaction go on with one block every so many seconds. */
export async function mineEvery(input: { readonly url: string; readonly seconds: number }): Promise<void> {
  await createTestClient({ mode: 'anvil', transport: http(input.url) }).setIntervalMining({ interval: input.seconds });
}

/** Atoms of a token that an address holds. */
export function tokenBalance(
  chain: DevnetChain,
  input: { readonly token: Address; readonly owner: Address },
): Promise<bigint> {
  return chain.reader.readContract({
    address: input.token,
    abi: devnetTokenAbi,
    functionName: 'balanceOf',
    args: [input.owner],
  });
}

/** Prints tokens for account `index`, as anybody can on a development chain. */
export async function mint(
  chain: DevnetChain,
  input: { readonly token: Address; readonly index: number; readonly amount: bigint },
): Promise<void> {
  const wallet = chain.wallet(input.index);
  const hash = await wallet.writeContract({
    address: input.token,
    abi: devnetTokenAbi,
    functionName: 'mint',
    args: [wallet.account.address, input.amount],
  });
  const { status } = await chain.reader.waitForTransactionReceipt({ hash });
  if (status !== 'success') throw new Error(`${input.token} on ${chain.name} could not be minted (${hash})`);
}
