import type { Command } from 'commander';
import {
  type Access,
  CLOSING_SECONDS,
  chainOf,
  type ProofOfChain,
  readEntitlement,
  readVaultExit,
  STALE_AFTER_SECONDS,
  type VaultExit,
} from '../../client/exit.ts';
import { ROOT_MATURES_SECONDS } from '../../client/keptRoots.ts';
import type { Address } from '../../core/commands.ts';
import type { ExitProofView } from '../../core/views.ts';
import { withKey } from '../support/connection.ts';
import { describeError } from '../support/describeError.ts';
import { CommandError } from '../support/errors.ts';
import type { ProfileChain } from '../support/profile.ts';
import { formatTable } from '../support/tables.ts';
import { formatUnits } from '../support/units.ts';
import {
  accessTo,
  accountOf,
  type ExitOptions,
  noProof,
  openExit,
  proofsFor,
  standingProof,
  timeText,
  tokenNamed,
  withVaults,
} from './vaults.ts';

const HELP = `
Reads the kept proofs and the chains; the keeper is not asked. *payable* is what the account could take out of what the
vault has, *in shuttles* its part of what shuttles may still bring there.

Examples:
  $ mw exit status --as alice
  $ mw exit status 0x1111111111111111111111111111111111111111 --directory /backup/exit-proofs`;

export function registerStatus(exit: Command): void {
  const command = exit
    .command('status')
    .description('where each vault is on the way out, and what is yours there')
    .argument('[account]', 'address, or name in the profile');
  withKey(withVaults(command)).addHelpText('after', HELP).action(status);
}

async function status(named: string | undefined, options: ExitOptions, command: Command): Promise<void> {
  const exit = openExit(command, options);
  const { profile, output } = exit;
  const account = accountOf(exit, options, named);
  const proofs = proofsFor(exit, options.directory, account);
  const newest = proofs[0];
  const asked = await Promise.allSettled(profile.chains.map((chain) => statusAt(account, proofs, chain)));
  const vaults = asked.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  const silent = asked.flatMap((answer, i) => {
    if (answer.status === 'fulfilled') return [];
    const { chainId, name } = profile.chains[i] as ProfileChain;
    return [{ chainId, name, reason: describeError(answer.reason).message }];
  });
  output.result({ account, newestProof: newest?.roots.checkpoint ?? null, vaults, silent }, () => {
    const lines = [...vaults.map(lineOf), ...silent.map(({ name, reason }) => `${name}: ${reason}`)];
    if (newest === undefined) return lines.join('\n');
    return [`${account}, newest proof of checkpoint ${newest.roots.checkpoint}`, tableOf(vaults), '', ...lines].join(
      '\n',
    );
  });
  if (newest === undefined) throw noProof(options.directory, account);
  if (silent.length === 0) return;
  throw new CommandError(`Not all vaults could be read: ${silent.map(({ name }) => name).join(', ')}.`, {
    code: 'exit.notRead',
    hint: 'Are the RPCs and addresses of the profile right, and the RPCs up?',
  });
}

type VaultStatus = Awaited<ReturnType<typeof statusAt>>;

async function statusAt(account: Address, proofs: readonly ExitProofView[], chain: ProfileChain) {
  const access = await accessTo(chain);
  const vault = await readVaultExit(access);
  const standing = standingProof(proofs, vault, chain);
  const [newest] = proofs;
  const known = standing ?? (newest && chainOf(newest, chain));
  const tokens = known === undefined ? [] : await tokensAt(access, account, known);
  const { phase, newestRoot } = vault;
  const facts = { chainId: chain.chainId, name: chain.name, phase, newestRoot, hasProof: standing !== undefined };
  return { ...facts, next: nextStep(vault, chain), tokens: tokens.filter(({ isUnknown }) => !isUnknown) };
}

function tokensAt(access: Access, address: Address, chain: ProofOfChain) {
  return Promise.all(
    chain.tokens.map(async ({ token }) => {
      const entitlement = await readEntitlement(access, { address, chain, token });
      return { token, ...tokenNamed(chain, token), ...entitlement };
    }),
  );
}

function tableOf(vaults: readonly VaultStatus[]): string {
  const rows = vaults.flatMap(({ name, tokens }) =>
    tokens.map(({ symbol, decimals, payable, transit, claimed }) => [
      name,
      symbol,
      ...[payable, transit, claimed].map((atoms) => formatUnits(atoms, decimals)),
    ]),
  );
  const amounts = ['payable', 'in shuttles', 'claimed'].map((name) => ({ name, right: true }));
  return formatTable([{ name: 'vault' }, { name: 'token' }, ...amounts], rows);
}

function lineOf({ name, phase, newestRoot, hasProof, next }: VaultStatus): string {
  const proof = hasProof ? 'its proof is kept' : 'NO PROOF of it is kept';
  return `${name}: ${phase}, root of checkpoint ${newestRoot.checkpoint}, ${proof}. ${next}`;
}

/** What to do, and when. Pauses, which the vault does not count, make it later. */
function nextStep({ phase, heartbeatAt, enteredAt, newestRoot, now }: VaultExit, { name }: ProfileChain): string {
  if (phase === 'final') return 'Claim with `mw exit claim`.';
  if (phase === 'closing') {
    const at = Math.max(enteredAt + CLOSING_SECONDS, newestRoot.postedAt + ROOT_MATURES_SECONDS);
    return at <= now ? 'Claim with `mw exit claim`.' : `Claims from ${timeText(at)} on, with \`mw exit claim\`.`;
  }
  const at = heartbeatAt + STALE_AFTER_SECONDS;
  if (at <= now) return `Enter exit mode with \`mw exit enter --chain ${name}\`.`;
  return `Heard ${now - heartbeatAt} s ago; exit mode may be entered from ${timeText(at)} on if nothing more is heard.`;
}
