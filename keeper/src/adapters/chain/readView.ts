import {
  type Abi,
  type ContractFunctionName,
  decodeFunctionResult,
  encodeFunctionData,
  type ReadContractReturnType,
} from 'viem';
import type { Address, Hex } from '../../core/commands.ts';
import { agree } from './agree.ts';
import type { AgreedBlock } from './blockSource.ts';
import { ChainError } from './chainError.ts';

/** What a view function says in the state after the agreed block. Throws `ChainError`. */
export async function readView<const abi extends Abi, name extends ContractFunctionName<abi, 'view'>>(
  { block, quorum }: AgreedBlock,
  input: {
    readonly address: Address;
    readonly abi: abi;
    readonly functionName: name;
    readonly args?: readonly unknown[];
  },
): Promise<ReadContractReturnType<abi, name>> {
  const { address, functionName } = input;
  const call = { abi: input.abi as Abi, functionName: functionName as string, args: input.args ?? [] };
  const data = encodeFunctionData(call);
  const answer = await agree(quorum, {
    about: `${functionName}() of ${address}`,
    virtue: 'state',
    ask: (rpc) => rpc.call({ to: address, data, blockHash: block.hash }),
  });
  try {
    return decodeFunctionResult({ ...call, data: answer as Hex }) as ReadContractReturnType<abi, name>;
  } catch (cause) {
    throw new ChainError({
      code: 'configuration',
      chainId: quorum.chainId,
      message: `${address} does not answer ${functionName}() at block ${block.number}. Check the address.`,
      retryable: false,
      cause,
    });
  }
}
