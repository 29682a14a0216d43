import { authorityAbi } from '@myrtle-wyckoff/generated';
import { encodeFunctionData } from 'viem';
import { executeAsCouncil } from '../../adapters/safe/executeAsCouncil.ts';
import type { Address, Hex } from '../../core/commands.ts';
import { COUNCIL_OWNERS, developmentKey } from './accounts.ts';
import type { Deployment } from './deployment.ts';

/** Owners of the Safe that must sign. */
const THRESHOLD = 3;

/** On a development chain there is no quote to check; the council says so instead of leaving the field empty. */
const NO_EVIDENCE: Hex = `0x${Buffer.from('development: no evidence').toString('hex').padEnd(64, '0')}`;

/** Three owners of the Safe propose a leader on one chain. The candidate still has to accept. */
export async function proposeLeader(input: {
  readonly deployment: Deployment;
  readonly rpcUrl: string;
  readonly candidate: Address;
  readonly epoch: number;
}): Promise<void> {
  const { chainId, authority, council, safe } = input.deployment;
  await executeAsCouncil(
    {
      chainId,
      rpcUrl: input.rpcUrl,
      safe: council,
      contracts: safe,
      ownerKeys: COUNCIL_OWNERS.slice(0, THRESHOLD).map((index) => developmentKey(index).privateKey),
    },
    {
      to: authority,
      data: encodeFunctionData({
        abi: authorityAbi,
        functionName: 'proposeLeader',
        args: [input.candidate, BigInt(input.epoch), NO_EVIDENCE],
      }),
    },
  );
}
