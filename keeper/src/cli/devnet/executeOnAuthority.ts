import { executeAsCouncil } from '../../adapters/safe/executeAsCouncil.ts';
import type { Hex } from '../../core/commands.ts';
import { COUNCIL_OWNERS, developmentKey } from './accounts.ts';
import type { Deployment } from './deployment.ts';

/** Owners of the Safe that must sign. */
const THRESHOLD = 3;

/** On a development chain there is no quote to check; the council says so instead of leaving the field empty. */
export const NO_EVIDENCE: Hex = `0x${Buffer.from('development: no evidence').toString('hex').padEnd(64, '0')}`;

/** Three owners of the Safe call the Authority of one chain. */
export async function executeOnAuthority(input: {
  readonly deployment: Deployment;
  readonly rpcUrl: string;
  readonly data: Hex;
}): Promise<void> {
  const { chainId, authority, council, safe } = input.deployment;
  const ownerKeys = COUNCIL_OWNERS.slice(0, THRESHOLD).map((index) => developmentKey(index).privateKey);
  await executeAsCouncil(
    { chainId, rpcUrl: input.rpcUrl, safe: council, contracts: safe, ownerKeys },
    { to: authority, data: input.data },
  );
}
