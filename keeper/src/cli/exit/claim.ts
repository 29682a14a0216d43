import type { Command } from 'commander';
import type { LocalAccount } from 'viem/accounts';
import { claimToken, finalizeExit, readVaultExit } from '../../client/exit.ts';
import type { Address } from '../../core/commands.ts';
import type { ExitProofView } from '../../core/views.ts';
import { walletOf } from '../support/chainAccess.ts';
import { withKey } from '../support/connection.ts';
import { describeError } from '../support/describeError.ts';
import { CommandError } from '../support/errors.ts';
import { signingAccount } from '../support/keys.ts';
import { findAddress } from '../support/lookup.ts';
import type { Output } from '../support/output.ts';
import type { Profile, ProfileChain } from '../support/profile.ts';
import { formatUnits } from '../support/units.ts';
import {
  accessTo,
  chainsOf,
  type ExitOptions,
  openExit,
  proofsFor,
  standingProof,
  tokenNamed,
  withVaults,
} from './vaults.ts';

const HELP = `
Claims every token at every vault whose exit is final, or could be: then it is finalised first. The keeper is not asked.
Anybody may claim for anybody with the right proofs; only the account itself may be paid elsewhere with --to. What comes
later, from lanes and shuttles, can be claimed by claiming again.

What a vault took in after its last root needs no leaf. Tokens that it listed since then are not in any proof: name them
with --token, by their addresses and with --chain.

Examples:
  $ mw exit claim --as alice
  $ mw exit claim --chain base --key-file ./key --to 0x1111111111111111111111111111111111111111
  $ mw exit claim alice --as bob
  $ mw exit claim --chain base --token 0x2222222222222222222222222222222222222222 --key-file ./key`;

interface Options extends ExitOptions {
  readonly chain?: string;
  readonly to?: string;
  readonly token: readonly string[];
}

interface Paid {
  readonly chainId: number;
  readonly token: Address;
  readonly symbol: string;
  readonly decimals: number;
  readonly atoms: string;
  readonly transactionHash: string;
}

interface Claiming {
  readonly signer: LocalAccount;
  readonly account: Address;
  readonly recipient: Address;
  readonly proofs: readonly ExitProofView[];
  /** Beside those of the proof. */
  readonly tokens: readonly Address[];
  readonly output: Output;
}

export function registerClaim(exit: Command): void {
  const command = exit
    .command('claim')
    .description('take what is yours from the vaults after their exit is final')
    .argument('[account]', 'for whom, when it is not whose key signs: address, or name in the profile')
    .option('--chain <chain>', 'at one vault only: id of the chain, or its name in the profile')
    .option('--to <address>', 'who is paid: an address or a name of the profile; otherwise the account itself')
    .option('--token <address>', 'also this token; may be repeated', (text, before: string[]) => [...before, text], []);
  withKey(withVaults(command)).addHelpText('after', HELP).action(claim);
}

async function claim(named: string | undefined, options: Options, command: Command): Promise<void> {
  const exit = openExit(command, options);
  const { profile, output } = exit;
  const claiming = { ...claimOf(named, options, profile), output };
  const { account, recipient } = claiming;
  const proofs = proofsFor(exit, options.directory, account);
  const paid: Paid[] = [];
  const failed: { readonly chainId: number; readonly token?: Address; readonly reason: string }[] = [];
  // What fails keeps nobody from the rest, be it a chain or a token.
  for (const chain of chainsOf(exit, options.chain)) {
    const fail = (error: unknown, token?: Address) => {
      const { message } = describeError(error);
      output.progress(`${chain.name}: ${message}`);
      failed.push({ chainId: chain.chainId, ...(token === undefined ? {} : { token }), reason: message });
    };
    await claimAt({ ...claiming, proofs }, chain, { pay: (one) => paid.push(one), fail }).catch(fail);
  }
  const tally = paid.length === 1 ? '1 claim' : `${paid.length} claims`;
  output.result({ account, recipient, paid, failed }, () =>
    paid.length === 0 ? 'nothing was paid' : `${tally} paid to ${recipient}`,
  );
  if (failed.length === 0) return;
  const where = [...new Set(failed.map(({ chainId }) => chainId))].join(', ');
  throw new CommandError(`Not everything could be claimed: chain ${where}.`, {
    code: 'exit.notClaimed',
    hint: '`mw exit status` says where each vault is; claim again when it is final.',
  });
}

function claimOf(named: string | undefined, options: Options, profile: Profile) {
  const signer = signingAccount(options, { profile });
  const own = signer.address.toLowerCase() as Address;
  const account = named === undefined ? own : findAddress(named, { what: 'The account', profile });
  const recipient = options.to === undefined ? account : findAddress(options.to, { what: 'The recipient', profile });
  const tokens = options.token.map((text) => findAddress(text, { what: 'The token', profile }));
  return { signer, account, recipient, tokens };
}

interface Outcome {
  readonly pay: (paid: Paid) => void;
  readonly fail: (error: unknown, token: Address) => void;
}

async function claimAt(claiming: Claiming, chain: ProfileChain, { pay, fail }: Outcome): Promise<void> {
  const { signer, account, recipient, proofs, output } = claiming;
  const signing = { ...(await accessTo(chain)), wallet: walletOf(chain, signer) };
  let vault = await readVaultExit(signing);
  if (vault.phase === 'running') throw new CommandError('Exit mode was not entered.');
  if (vault.phase === 'closing') {
    await finalizeExit(signing);
    output.progress(`${chain.name}: the exit is final`);
    vault = await readVaultExit(signing);
  }
  const proof = standingProof(proofs, vault, chain);
  if (proof === undefined && claiming.tokens.length === 0) throw new CommandError(noProof(vault.newestRoot.checkpoint));
  const tokens = new Set([...(proof?.tokens ?? []).map(({ token }) => token), ...claiming.tokens]);
  for (const token of tokens) {
    try {
      const claimed = await claimToken(signing, { address: account, recipient, chain: proof, token });
      if (claimed === undefined) continue;
      const { symbol, decimals } = tokenNamed(proof, token);
      const atoms = String(claimed.share + claimed.transit);
      output.progress(`${chain.name}: ${formatUnits(atoms, decimals)} ${symbol}`);
      pay({ chainId: chain.chainId, token, symbol, decimals, atoms, transactionHash: claimed.transactionHash });
    } catch (error) {
      fail(error, token);
    }
  }
}

function noProof(checkpoint: number): string {
  return `The vault goes by the root of checkpoint ${checkpoint}, and no proof of it is kept. Who came later names his tokens with --token.`;
}
