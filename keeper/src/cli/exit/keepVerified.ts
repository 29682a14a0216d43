// From what the keeper says to what is on disk: only what the vaults do not contradict.
import { type Access, chainOf, missingLeaves, readVaultExit, standingOf } from '../../client/exit.ts';
import { compareRoots, readKeptRoots } from '../../client/keptRoots.ts';
import type { Address } from '../../core/commands.ts';
import { whyNotProven } from '../../core/exitProof.ts';
import type { ExitProofView } from '../../core/views.ts';
import { describeError } from '../support/describeError.ts';
import { CommandError } from '../support/errors.ts';
import type { ProfileChain } from '../support/profile.ts';
import { forgetProof, keepProof, proofFiles } from './proofStore.ts';
import { accessTo, type Exit } from './vaults.ts';

export interface Keeping extends Exit {
  readonly directory: string;
  readonly account: Address;
}

/** Keeps a proof and says so, or throws `CommandError`: then nothing was written. */
export async function keepVerified(keeping: Keeping, proof: ExitProofView): Promise<void> {
  const { directory, account, profile, output } = keeping;
  const problem = whyNotProven(proof) ?? (proof.address === account ? undefined : `it is of ${proof.address}`);
  if (problem !== undefined) throw badProof(problem);
  for (const chain of profile.chains) chainOf(proof, chain);
  const vaults = await Promise.all(profile.chains.map((chain) => compareWith(chain, proof)));

  const path = keepProof(directory, proof);
  const removed = await forgetOld(keeping);
  const { epoch, checkpoint } = proof.roots;
  const leaves = proof.chains.reduce((sum, chain) => sum + chain.leaves.length, 0);
  output.result({ event: 'kept', epoch, checkpoint, leaves, path, removed, vaults }, () => {
    const standings = vaults.map(({ name, text }) => `${name} ${text}`).join(', ');
    return `checkpoint ${checkpoint}: ${leaves} leaves, kept in ${path}; ${standings}`;
  });
}

const STANDING_TEXTS = {
  inForce: 'goes by it',
  acceptable: 'would take it',
  passed: 'has a newer one',
  refused: 'does not take it yet',
  unknown: 'does not answer',
};

async function compareWith(chain: ProfileChain, proof: ExitProofView) {
  const { chainId, name } = chain;
  const standing = await standingAt(chain, proof).catch((error) => {
    if (error instanceof CommandError) throw error;
    return { is: 'unknown' as const, reason: describeError(error).message };
  });
  if (standing.is === 'false') throw badProof(`${name} goes by another tree of checkpoint ${proof.roots.checkpoint}`);
  return { chainId, name, standing: standing.is, text: STANDING_TEXTS[standing.is] };
}

async function standingAt(chain: ProfileChain, proof: ExitProofView) {
  const access: Access = await accessTo(chain);
  const standing = await standingOf(access, await readVaultExit(access), proof);
  const missing = await missingLeaves(access, { address: proof.address, chain: chainOf(proof, chain) });
  if (missing.length === 0) return standing;
  throw badProof(`the leaves of ${missing.join(', ')} on ${chain.name} are missing`);
}

function badProof(problem: string): CommandError {
  return new CommandError(`The keeper's proof proves nothing: ${problem}. The older ones are still kept.`, {
    code: 'exit.badProof',
    hint: 'Withdraw what you have while that works, and tell others.',
  });
}

/**
 * Removes the proofs of roots that no vault goes by or can fall back to, and that can no longer be posted anywhere.
 * Answers how many. Without the chains' answers everything stays.
 */
async function forgetOld({ directory, profile, output, account }: Keeping): Promise<number> {
  try {
    const kept = await Promise.all(profile.chains.map(async (chain) => readKeptRoots(await accessTo(chain))));
    const needed = kept.flat();
    const old = proofFiles(directory, account)
      .slice(1)
      .filter((file) => {
        const mayStillBePosted = kept.some(([newest]) => compareRoots(file, newest) > 0);
        return !mayStillBePosted && needed.every((root) => compareRoots(root, file) !== 0);
      });
    for (const file of old) forgetProof(file);
    return old.length;
  } catch (error) {
    output.progress(`no old proof is removed, because a chain does not answer: ${describeError(error).message}`);
    return 0;
  }
}
