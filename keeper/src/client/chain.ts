// What viem must know of a chain that we write to, and what became of a transaction there.
import { depositRegistryAbi, depositRouterAbi } from '@myrtle-wyckoff/generated';
import {
  type Abi,
  BaseError,
  type Chain,
  ContractFunctionRevertedError,
  decodeFunctionData,
  defineChain,
  erc20Abi,
  type PrepareTransactionRequestParameters,
  type PublicClient,
  type TransactionReceipt,
} from 'viem';
import type { Hex } from '../core/commands.ts';

/** Added to every estimate: the block that takes a transaction is a later one than the one it was tried in. */
const GAS_MARGIN_PERCENT = 20n;

/** A chain on which a transaction gets a fifth more gas than its estimate, whether viem asks for that or the RPC fills it in. */
export function chainWithGasMargin(settings: Chain): Chain {
  return defineChain({ ...settings, prepareTransactionRequest: [addGasMargin, { runAt: ['afterFillParameters'] }] });
}

async function addGasMargin(request: PrepareTransactionRequestParameters) {
  if (request.gas === undefined) return request;
  return { ...request, gas: request.gas + (request.gas * GAS_MARGIN_PERCENT) / 100n };
}

/** Everything that this client sends is a call of one of these. */
const CALLED: Abi = [...depositRegistryAbi, ...depositRouterAbi, ...erc20Abi];

/** A transaction was mined and did nothing; the message says why, as far as the RPC knows. */
export class TransactionError extends Error {
  override readonly name = 'TransactionError';
}

/** Waits until a transaction is mined. Throws `TransactionError` when it failed there. */
export async function succeeded(reader: PublicClient, hash: Hex): Promise<TransactionReceipt> {
  const receipt = await reader.waitForTransactionReceipt({ hash });
  if (receipt.status === 'success') return receipt;
  throw new TransactionError(
    `Transaction ${receipt.transactionHash} was mined and failed: ${await whyFailed(reader, receipt)}. Nothing but its gas was spent.`,
  );
}

/** A receipt does not hold the reason: the same call is tried again on the state that its block began with. */
async function whyFailed(reader: PublicClient, receipt: TransactionReceipt): Promise<string> {
  const { transactionHash: hash, blockNumber, gasUsed } = receipt;
  try {
    const { from: account, to, input, value, gas } = await reader.getTransaction({ hash });
    const outOfGas = `its ${gas} gas were too little`;
    if (gasUsed === gas) return outOfGas;
    const { functionName, args = [] } = decodeFunctionData({ abi: CALLED, data: input });
    const call = { abi: CALLED, address: to ?? account, functionName, args, account, value };
    const again = { ...call, blockNumber: blockNumber - 1n };
    await reader.simulateContract(again);
    // A call inside may run out of gas and leave enough to fail with an error that says something else.
    const passes = await reader.simulateContract({ ...again, gas }).then(
      () => true,
      () => false,
    );
    return passes ? 'another transaction of its block came before it, without which it would have passed' : outOfGas;
  } catch (error) {
    const revert = revertOf(error);
    if (revert !== undefined) return `${revert.name}(${revert.values.join(', ')})`;
    return `the RPC does not say why (${error instanceof BaseError ? error.details : error})`;
  }
}

/** The error of a contract, somewhere among the causes of an error; undefined when none is there. */
export function revertOf(error: unknown): { readonly name: string; readonly values: readonly unknown[] } | undefined {
  const reverted =
    error instanceof BaseError ? error.walk((cause) => cause instanceof ContractFunctionRevertedError) : undefined;
  if (!(reverted instanceof ContractFunctionRevertedError) || reverted.data === undefined) return undefined;
  return { name: reverted.data.errorName, values: reverted.data.args ?? [] };
}
