import { authorityAbi } from '@myrtle-wyckoff/generated';
import { encodeFunctionData } from 'viem';
import type { Address } from '../../core/commands.ts';
import type { Deployment } from './deployment.ts';
import { executeOnAuthority, NO_EVIDENCE } from './executeOnAuthority.ts';

/** Three owners of the Safe propose a leader on one chain. The candidate still has to accept. */
export async function proposeLeader(input: {
  readonly deployment: Deployment;
  readonly rpcUrl: string;
  readonly candidate: Address;
  readonly epoch: number;
}): Promise<void> {
  const { deployment, rpcUrl, candidate, epoch } = input;
  const args = [candidate, BigInt(epoch), NO_EVIDENCE] as const;
  const data = encodeFunctionData({ abi: authorityAbi, functionName: 'proposeLeader', args });
  await executeOnAuthority({ deployment, rpcUrl, data });
}
