import type { Command } from 'commander';
import type { LocalAccount } from 'viem/accounts';
import { enterExit, postRoot, readVaultExit } from '../../client/exit.ts';
import { compareRoots } from '../../client/keptRoots.ts';
import type { Hex } from '../../core/commands.ts';
import type { ExitProofView } from '../../core/views.ts';
import { walletOf } from '../support/chainAccess.ts';
import { withKey } from '../support/connection.ts';
import { describeError } from '../support/describeError.ts';
import { CommandError, UsageError } from '../support/errors.ts';
import { signingAccount } from '../support/keys.ts';
import type { Output } from '../support/output.ts';
import type { ProfileChain } from '../support/profile.ts';
import { parseInteger } from '../support/units.ts';
import { keptAddresses } from './proofStore.ts';
import { accessTo, chainsOf, type Exit, type ExitOptions, openExit, proofsFor, withVaults } from './vaults.ts';

const HELP = `
Anybody may enter exit mode at a vault that has heard nothing of the keeper for 7 days, or with --request, when a forced
withdrawal was not answered for 7 days. If a newer root than the vault's is among the kept proofs, it is posted then, so
that all chains go by the same checkpoint: each must stand for 72 hours before the exit is final.

Examples:
  $ mw exit enter --as alice
  $ mw exit enter --chain base --request 7 --key-file ./key`;

interface Options extends ExitOptions {
  readonly chain?: string;
  readonly request?: string;
}

interface Result {
  readonly chainId: number;
  readonly entered: boolean;
  readonly hash?: Hex;
  /** The newest root that is kept, where the vault went by an older one. */
  readonly newerRoot?: Entered['newerRoot'];
  /** Why it was not entered. */
  readonly reason?: string;
}

export function registerEnter(exit: Command): void {
  const command = exit
    .command('enter')
    .description('enter exit mode at vaults whose keeper is silent')
    .option('--chain <chain>', 'at one vault only: id of the chain, or its name in the profile')
    .option('--request <id>', 'because this forced withdrawal was not answered; needs --chain');
  withKey(withVaults(command)).addHelpText('after', HELP).action(enter);
}

async function enter(options: Options, command: Command): Promise<void> {
  const exit = openExit(command, options);
  if (options.request !== undefined && options.chain === undefined) {
    throw new UsageError('--request needs --chain: requests are counted at each vault.');
  }
  const requestId = options.request === undefined ? undefined : BigInt(parseInteger(options.request, 'The request'));
  const signer = signingAccount(options, { profile: exit.profile });
  const newest = newestOfAll(exit, options.directory);
  const results: Result[] = [];
  for (const chain of chainsOf(exit, options.chain)) {
    const { chainId, name } = chain;
    try {
      const { hash, newerRoot } = await enterAt({ chain, signer, requestId, newest, output: exit.output });
      results.push({
        chainId,
        entered: true,
        ...(hash === undefined ? {} : { hash }),
        ...(newerRoot === undefined ? {} : { newerRoot }),
      });
      exit.output.progress(`${name}: ${hash === undefined ? 'entered already' : 'exit mode is entered'}`);
    } catch (error) {
      const { message } = describeError(error);
      results.push({ chainId, entered: false, reason: message });
      exit.output.progress(`${name}: ${message}`);
    }
  }
  exit.output.result(results, () => {
    const entered = results.filter((result) => result.entered).length;
    return `exit mode holds at ${entered} of ${results.length} vaults; \`mw exit status\` says what comes next`;
  });
  if (results.some(({ entered }) => entered)) return;
  throw new CommandError('Exit mode could not be entered anywhere.', {
    code: 'exit.notEntered',
    hint: '`mw exit status` says from when on.',
  });
}

interface Entered {
  /** undefined: it was entered already. */
  readonly hash: Hex | undefined;
  /** undefined: the vault goes by the newest root that is kept, or a later one. */
  readonly newerRoot: { readonly checkpoint: number; readonly posted: boolean; readonly reason?: string } | undefined;
}

async function enterAt(input: {
  readonly chain: ProfileChain;
  readonly signer: LocalAccount;
  readonly requestId: bigint | undefined;
  readonly newest: ExitProofView | undefined;
  readonly output: Output;
}): Promise<Entered> {
  const { chain, signer, requestId, newest, output } = input;
  const signing = { ...(await accessTo(chain)), wallet: walletOf(chain, signer) };
  const vault = await readVaultExit(signing);
  const hash = vault.phase === 'running' ? await enterExit(signing, requestId) : undefined;
  // Not before: a root is a heartbeat, too.
  if (newest === undefined || vault.phase === 'final' || compareRoots(newest.roots, vault.newestRoot) <= 0) {
    return { hash, newerRoot: undefined };
  }
  const { checkpoint } = newest.roots;
  try {
    await postRoot(signing, newest);
    output.progress(`${chain.name}: posted the root of checkpoint ${checkpoint}`);
    return { hash, newerRoot: { checkpoint, posted: true } };
  } catch (error) {
    const { message } = describeError(error);
    output.progress(`${chain.name}: the newer root is not taken: ${message}`);
    return { hash, newerRoot: { checkpoint, posted: false, reason: message } };
  }
}

/** Whoever it is for: the root is the same for all. */
function newestOfAll(exit: Exit, directory: string): ExitProofView | undefined {
  const newest = keptAddresses(directory).flatMap((address) => proofsFor(exit, directory, address).slice(0, 1));
  return newest.toSorted((a, b) => compareRoots(b.roots, a.roots))[0];
}
