// Across' real pool from its npm package, and what relayers, its owner and its programs do with it, for tests.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import {
  type Abi,
  type AbiFunction,
  encodeAbiParameters,
  encodeDeployData,
  encodeFunctionData,
  encodePacked,
  getAbiItem,
  keccak256,
  pad,
  zeroAddress,
  zeroHash,
} from 'viem';
import type { Address, Hex } from '../../src/core/commands.ts';
import type { ShuttleMessage } from '../../src/core/typedMessages.ts';
import type { TestChain } from './deployContracts.ts';

const QUOTE_TIME_BUFFER_SECONDS = 3_600;
const FILL_DEADLINE_BUFFER_SECONDS = 21_600;
const FIRST_DEPOSIT_ID = 1;

/** `fillStatuses` of a relay that was paid. */
export const FILLED = 2n;

export interface AcrossPool {
  readonly address: Address;
  readonly abi: Abi;
}

const require = createRequire(import.meta.url);

function artifact(name: string): { readonly abi: Abi; readonly bytecode: Hex } {
  const file = require.resolve(`@across-protocol/contracts/dist/evm/artifacts/${name}.sol/${name}.json`);
  return JSON.parse(readFileSync(file, 'utf8')) as { abi: Abi; bytecode: Hex };
}

/** Deploys the pool behind its proxy. Whoever deploys it owns it. */
export async function deployPool(chain: TestChain): Promise<AcrossPool> {
  const deploy = (name: string, args: readonly unknown[]) => {
    const { abi, bytecode } = artifact(name);
    return chain.create(encodeDeployData({ abi, bytecode, args }));
  };
  const { abi } = artifact('Ethereum_SpokePool');
  const weth = await deploy('WETH9', []);
  const buffers = [QUOTE_TIME_BUFFER_SECONDS, FILL_DEADLINE_BUFFER_SECONDS];
  const implementation = await deploy('Ethereum_SpokePool', [weth, ...buffers, zeroAddress]);
  const args = [FIRST_DEPOSIT_ID, chain.client.account.address];
  const initializer = encodeFunctionData({ abi, functionName: 'initialize', args });
  return { address: await deploy('ERC1967Proxy', [implementation, initializer]), abi };
}

/** The relay data of a shuttle between vaults of this address. */
export function relayOf(vault: Address, order: ShuttleMessage, digest: Hex) {
  const word = pad(vault);
  return {
    depositor: word,
    recipient: word,
    exclusiveRelayer: zeroHash,
    inputToken: pad(order.inputToken),
    outputToken: pad(order.outputToken),
    inputAmount: order.inputAmount,
    outputAmount: order.outputAmount,
    originChainId: BigInt(order.originChainId),
    depositId: BigInt(keccak256(encodePacked(['address', 'bytes32', 'bytes32'], [vault, word, digest]))),
    fillDeadline: order.fillDeadline,
    exclusivityDeadline: 0,
    message: '0x',
  } as const;
}

/** As a bundle with one leaf that pays one address, and whoever executes it. `bundle` counts the pool's bundles. */
export async function refund(
  chain: TestChain,
  pool: AcrossPool,
  payment: { readonly token: Address; readonly to: Address; readonly amount: bigint; readonly bundle: number },
): Promise<void> {
  const leaf = {
    amountToReturn: 0n,
    chainId: BigInt(chain.chainId),
    refundAmounts: [payment.amount],
    leafId: 0,
    l2TokenAddress: payment.token,
    refundAddresses: [payment.to],
  };
  const { inputs } = getAbiItem({ abi: pool.abi, name: 'executeRelayerRefundLeaf' }) as AbiFunction;
  const root = keccak256(encodeAbiParameters(inputs.slice(1, 2), [leaf]));
  const call = (functionName: string, args: readonly unknown[]) =>
    chain.send({ to: pool.address, data: encodeFunctionData({ abi: pool.abi, functionName, args }) });
  await call('relayRootBundle', [root, zeroHash]);
  await call('executeRelayerRefundLeaf', [payment.bundle, leaf, []]);
}
