// What the commands of `mw exit` share: where the proofs are, whose, and which vaults.
import type { Command } from 'commander';
import { Option } from 'commander';
import { type Access, chainOf, isInForce, type ProofOfChain, type VaultExit } from '../../client/exit.ts';
import type { Address } from '../../core/commands.ts';
import type { ExitProofView } from '../../core/views.ts';
import { readerOf } from '../support/chainAccess.ts';
import { CommandError, UsageError } from '../support/errors.ts';
import { hasKey, type KeyOptions, signingAccount } from '../support/keys.ts';
import { findAddress, findChainId, profileChain } from '../support/lookup.ts';
import { type Output, outputOf } from '../support/output.ts';
import type { Profile, ProfileChain } from '../support/profile.ts';
import { readProfile } from '../support/profile.ts';
import { keptAddresses, keptProofs } from './proofStore.ts';

export interface ExitOptions extends KeyOptions {
  readonly profile?: string;
  readonly directory: string;
  readonly json?: true;
}

export interface Exit {
  readonly profile: Profile;
  readonly output: Output;
}

/** Adds --profile, --directory and --json. */
export function withVaults(command: Command): Command {
  return withDirectory(command)
    .addOption(new Option('--profile <file>', 'where the chains are; otherwise data/devnet.json').env('MW_PROFILE'))
    .option('--json', 'the result as one line of JSON on stdout');
}

/** Adds --directory. */
export function withDirectory(command: Command): Command {
  return command.addOption(
    new Option('--directory <path>', 'where exit proofs are kept').env('MW_EXIT_PROOFS').default('data/exit-proofs'),
  );
}

/** Needs no keeper. */
export function openExit(command: Command, options: Pick<ExitOptions, 'profile' | 'json'>): Exit {
  const profile = readProfile({ path: options.profile, currentDirectory: process.cwd() });
  if (profile !== undefined) return { profile, output: outputOf(command, options) };
  throw new UsageError('Where are the vaults? Give a profile with --profile or MW_PROFILE (see docs/cli.md).');
}

/** The chain that is named, or all of the profile. */
export function chainsOf({ profile }: Exit, chain: string | undefined): readonly ProfileChain[] {
  return chain === undefined ? profile.chains : [profileChain(findChainId(chain, profile), profile)];
}

/** To read. Throws `CommandError` when the chain is another one than the profile says. */
export async function accessTo(chain: ProfileChain): Promise<Access> {
  const { chainId, registry } = chain;
  return { reader: await readerOf(chain), chainId, registry };
}

/** Whose exit: who is named, else whose key signs, else the only one whose proofs are kept. */
export function accountOf({ profile }: Exit, options: ExitOptions, named: string | undefined): Address {
  if (named !== undefined) return findAddress(named, { what: 'The account', profile });
  if (hasKey(options)) return signingAccount(options, { profile }).address.toLowerCase() as Address;
  const [only, another] = keptAddresses(options.directory);
  if (only !== undefined && another === undefined) return only;
  throw new UsageError(
    only === undefined
      ? `Whose exit? ${options.directory} keeps nobody's proofs: name an account, or give --directory.`
      : `Whose exit? ${options.directory} keeps proofs of several accounts: name one.`,
  );
}

/** The kept proofs of an account, newest first; damaged ones are told and left out. */
export function proofsFor({ output }: Exit, directory: string, account: Address): readonly ExitProofView[] {
  const { proofs, damaged } = keptProofs(directory, account);
  for (const problem of damaged) output.progress(`${problem}. It is left out.`);
  return proofs;
}

export function noProof(directory: string, account: Address): CommandError {
  return new CommandError(`${directory} keeps no exit proof of ${account}.`, {
    code: 'exit.noProof',
    hint:
      'Fetch one with `mw exit watch --once` while the keeper answers, or name another --directory. ' +
      'Without one only what was deposited after the last root can be claimed: `mw exit claim --token`.',
  });
}

/** What the proof of the root by which a vault goes says of it; undefined when none is kept. */
export function standingProof(
  proofs: readonly ExitProofView[],
  vault: VaultExit,
  of: ProfileChain,
): ProofOfChain | undefined {
  const found = proofs.find((proof) => isInForce(of, vault, proof));
  return found && chainOf(found, of);
}

/** Symbol or address of a token, and how to write its amounts. */
export function tokenNamed(
  chain: ProofOfChain | undefined,
  token: Address,
): { readonly symbol: string; readonly decimals: number } {
  const found = chain?.tokens.find((candidate) => candidate.token === token);
  return { symbol: found?.symbol ?? token, decimals: found?.decimals ?? 0 };
}

export function timeText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
