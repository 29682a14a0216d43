// What most commands share: which keeper, which profile, whose key.
import type { Command } from 'commander';
import { Option } from 'commander';
import { createKeeperClient, type KeeperClient } from '../../client/keeperClient.ts';
import type { IdentityView } from '../../core/api.ts';
import type { Domain } from '../../core/eip712.ts';
import { UsageError } from './errors.ts';
import type { KeyOptions } from './keys.ts';
import { type Output, outputOf } from './output.ts';
import type { Profile } from './profile.ts';
import { readProfile } from './profile.ts';

export interface ConnectionOptions extends KeyOptions {
  readonly url?: string;
  readonly profile?: string;
  readonly json?: true;
}

export interface Connection {
  readonly client: KeeperClient;
  readonly profile: Profile | undefined;
  readonly output: Output;
}

/** Adds --url, --profile and --json. */
export function withConnection(command: Command): Command {
  return command
    .addOption(new Option('--url <url>', 'the keeper; otherwise that of the profile').env('MW_URL'))
    .addOption(
      new Option('--profile <file>', 'where keeper and chains are; otherwise data/devnet.json').env('MW_PROFILE'),
    )
    .option('--json', 'the result as one line of JSON on stdout');
}

/** Adds --key-file and --as. */
export function withKey(command: Command): Command {
  return command
    .addOption(
      new Option('--as <name>', 'sign with a well-known key of the devnet: alice, bob, …').conflicts('keyFile'),
    )
    .option(
      '--key-file <file>',
      'sign with the key in this file (64 hex digits); otherwise with that of MW_PRIVATE_KEY',
    );
}

/** Nothing is sent yet. Throws `UsageError` when neither options nor profile say where the keeper is. */
export function connect(command: Command, options: ConnectionOptions): Connection {
  // Who says where the keeper is does not need what an ended devnet left here.
  const mayBeGone = options.url !== undefined;
  const profile = readProfile({ path: options.profile, currentDirectory: process.cwd(), mayBeGone });
  const url = options.url ?? profile?.keeperUrl;
  if (url === undefined) {
    throw new UsageError(
      'Where is the keeper? Start a devnet here with `npm start`, or give --url, --profile, MW_URL or MW_PROFILE.',
    );
  }
  if (!/^https?:\/\//.test(url))
    throw new UsageError(`The URL of the keeper must start with http:// or https://, got "${url}".`);
  return { client: createKeeperClient({ url }), profile, output: outputOf(command, options) };
}

/** The domain in which requests to the keeper are signed. */
export function apiDomain({ homeChainId, checkpointer }: Pick<IdentityView, 'homeChainId' | 'checkpointer'>): Domain {
  return { chainId: homeChainId, verifyingContract: checkpointer };
}
