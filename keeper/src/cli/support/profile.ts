// The profile: where the keeper and the chains are, so that commands need no addresses. The devnet writes one; for a
// real deployment it is written by hand. It holds no secret.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import Type from 'typebox';
import { Value } from 'typebox/value';
import { firstProblem } from '../../config.ts';
import type { Address } from '../../core/commands.ts';
import { CommandError } from './errors.ts';

const AddressSchema = Type.Unsafe<Address>(Type.String({ pattern: '^0x[0-9a-fA-F]{40}$' }));
const Url = Type.String({ pattern: '^https?://' });

const ProfileSchema = Type.Object(
  {
    keeperUrl: Url,
    chains: Type.Array(
      Type.Object(
        {
          chainId: Type.Integer({ minimum: 1 }),
          name: Type.String({ minLength: 1 }),
          rpcUrl: Url,
          registry: AddressSchema,
          /** DepositRouter, for the native coin. */
          router: AddressSchema,
        },
        { additionalProperties: false },
      ),
    ),
    /** Names that stand for addresses: `--for alice`; and `--as alice` where there is a development index. */
    accounts: Type.Record(
      Type.String(),
      Type.Object(
        {
          address: AddressSchema,
          /** Place in anvil's well-known mnemonic. Only development accounts have one: everybody knows their keys. */
          developmentIndex: Type.Optional(Type.Integer({ minimum: 0 })),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);

export type Profile = Type.Static<typeof ProfileSchema>;
export type ProfileChain = Profile['chains'][number];

/** Inside the data directory of a devnet; and, below the current directory, where commands look when nothing is said. */
const PROFILE_FILE = 'devnet.json';
const DEFAULT_PATH = join('data', PROFILE_FILE);

const HINT = 'Start a devnet with `npm start`, or write a profile (see docs/cli.md) and give it with --profile.';

/**
 * Writes the profile to `<dataDirectory>/devnet.json`, and lets `data/devnet.json` below `currentDirectory` point to it,
 * so that commands started there find the newest devnet. Returns the path of the profile.
 */
export function writeProfile(
  profile: Profile,
  input: { readonly dataDirectory: string; readonly currentDirectory: string },
): string {
  const path = resolve(input.currentDirectory, input.dataDirectory, PROFILE_FILE);
  writeJson(path, profile);
  const pointer = resolve(input.currentDirectory, DEFAULT_PATH);
  if (pointer !== path) writeJson(pointer, { profile: path });
  return path;
}

/**
 * The profile at `path`; without one, what `data/devnet.json` below the current directory is or points to, and undefined
 * when there is no such file. Throws `CommandError`, also when it points to a devnet that has ended, unless it `mayBeGone`.
 */
export function readProfile(input: {
  readonly path: string | undefined;
  readonly currentDirectory: string;
  readonly mayBeGone?: boolean;
}): Profile | undefined {
  const path = resolve(input.currentDirectory, input.path ?? DEFAULT_PATH);
  const value = readJson(path);
  if (value === undefined) {
    if (input.path === undefined) return undefined;
    throw new CommandError(`There is no profile at ${path}.`, { hint: HINT });
  }
  const target = pointedAt(value);
  if (target === undefined) return checked(value, path);
  const pointed = readJson(target);
  if (pointed !== undefined) return checked(pointed, target);
  if (input.path === undefined && input.mayBeGone === true) return undefined;
  throw new CommandError(`${path} points to ${target}, which is gone: that devnet has ended.`, { hint: HINT });
}

function pointedAt(value: unknown): string | undefined {
  const isObject = typeof value === 'object' && value !== null;
  return isObject && 'profile' in value && typeof value.profile === 'string' ? value.profile : undefined;
}

function writeJson(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  // Renamed into place, so that a command that starts meanwhile reads the old one or the new one.
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, `${JSON.stringify(value, null, 2)}\n`);
  renameSync(fresh, path);
}

/** undefined when there is no such file. */
function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new CommandError(`${path} cannot be read as JSON: ${(cause as Error).message}`, { cause });
  }
}

function checked(value: unknown, path: string): Profile {
  if (Value.Check(ProfileSchema, value)) return value;
  throw new CommandError(`${path} is no profile: ${firstProblem(ProfileSchema, value)}.`, { hint: HINT });
}
