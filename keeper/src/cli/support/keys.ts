// Whose key signs. Never from the command line: every program on the machine can read that.
import { readFileSync, statSync } from 'node:fs';
import { type LocalAccount, privateKeyToAccount } from 'viem/accounts';
import type { Hex } from '../../core/commands.ts';
import { developmentKey } from '../devnet/accounts.ts';
import { CommandError, UsageError } from './errors.ts';
import type { Profile } from './profile.ts';

const PRIVATE_KEY = /^(?:0x)?([0-9a-fA-F]{64})$/;
/** Rights of everybody but the owner of a file. */
const OTHERS = 0o077;
/** Chains whose accounts are everybody's. */
const DEVELOPMENT_CHAINS: readonly number[] = [31337, 31338];

export interface KeyOptions {
  readonly keyFile?: string;
  /** A name of the profile. */
  readonly as?: string;
}

/**
 * The account that signs: of --key-file or --as, else of MW_PRIVATE_KEY, else the one named `otherwise` where the profile
 * has it. Throws `UsageError` when nobody is named, `CommandError` when there is no such key.
 */
export function signingAccount(
  options: KeyOptions,
  input: { readonly profile: Profile | undefined; readonly otherwise?: string },
): LocalAccount {
  if (options.keyFile !== undefined) return accountOfFile(options.keyFile);
  if (options.as !== undefined) return developmentAccount(options.as, input.profile);
  const secret = process.env.MW_PRIVATE_KEY;
  if (secret !== undefined) return accountOf(secret, 'MW_PRIVATE_KEY');
  const { profile, otherwise } = input;
  if (otherwise !== undefined && profile?.accounts[otherwise]?.developmentIndex !== undefined) {
    return developmentAccount(otherwise, profile);
  }
  throw new UsageError(
    'Whose key shall sign? Give --key-file or MW_PRIVATE_KEY, or on a devnet --as, such as --as alice.',
  );
}

/** Is a key named at all? */
export function hasKey({ keyFile, as }: KeyOptions): boolean {
  return keyFile !== undefined || as !== undefined || process.env.MW_PRIVATE_KEY !== undefined;
}

function accountOfFile(path: string): LocalAccount {
  if (PRIVATE_KEY.test(path)) {
    throw new UsageError(
      '--key-file wants the name of a file. Was that the key itself? Other programs can read a command line: use another key.',
    );
  }
  let text: string;
  try {
    const status = statSync(path);
    // As ssh has it: who is not the owner of the file cannot be asked to change its rights.
    const isOwn = status.isFile() && status.uid === process.getuid?.();
    if (isOwn && (status.mode & OTHERS) !== 0) throw readableByOthers(path);
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof CommandError) throw cause;
    throw new CommandError(`The key file cannot be read: ${(cause as Error).message}`, { cause });
  }
  return accountOf(text.trim(), path);
}

function readableByOthers(path: string): CommandError {
  return new CommandError(`Others than you may read or write ${path}, which holds a key.`, {
    code: 'key.open',
    hint: `Make it yours alone: chmod 600 ${path}`,
  });
}

/** The error never shows what was read. */
function accountOf(secret: string, where: string): LocalAccount {
  const digits = PRIVATE_KEY.exec(secret)?.[1];
  const problem = `${where} holds no private key: 64 hex digits are wanted, with or without 0x.`;
  if (digits === undefined) throw new CommandError(problem);
  try {
    return privateKeyToAccount(`0x${digits.toLowerCase()}` as Hex);
  } catch {
    throw new CommandError(`${where} holds a number that is no private key of secp256k1.`);
  }
}

function developmentAccount(name: string, profile: Profile | undefined): LocalAccount {
  if (profile === undefined) {
    throw new CommandError(`--as ${name} needs the profile of a devnet, and there is none.`, {
      hint: 'Start a devnet with `npm start`, or name its profile with --profile or MW_PROFILE.',
    });
  }
  const foreign = profile.chains.find(({ chainId }) => !DEVELOPMENT_CHAINS.includes(chainId));
  if (foreign !== undefined) {
    throw new CommandError(`--as works on a devnet only, and the profile names chain ${foreign.chainId}.`, {
      hint: 'Give --key-file or MW_PRIVATE_KEY.',
    });
  }
  const known = Object.keys(profile.accounts).filter(
    (other) => profile.accounts[other]?.developmentIndex !== undefined,
  );
  const account = known.includes(name) ? profile.accounts[name] : undefined;
  if (account?.developmentIndex === undefined) {
    throw new UsageError(`No account of the devnet is called "${name}". There are: ${known.join(', ')}.`);
  }
  const key = developmentKey(account.developmentIndex);
  if (key.address !== account.address.toLowerCase()) {
    throw new CommandError(
      `The profile says that ${name} is ${account.address}, but its key belongs to ${key.address}.`,
    );
  }
  return privateKeyToAccount(key.privateKey);
}
