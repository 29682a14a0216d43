import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { KeeperClient } from '../../client/keeperClient.ts';
import type { Address } from '../../core/commands.ts';
import type { ExitProofView } from '../../core/views.ts';
import { type ConnectionOptions, connect, withConnection, withKey } from '../support/connection.ts';
import { describeError } from '../support/describeError.ts';
import { CommandError } from '../support/errors.ts';
import { signingAccount } from '../support/keys.ts';
import { parseInteger } from '../support/units.ts';
import { type Keeping, keepVerified } from './keepVerified.ts';
import { openExit, withDirectory } from './vaults.ts';
import { createTeller, vaultWarnings, type Warning } from './warnings.ts';

const HELP = `
Keeps the account's exit proof of every set of exit roots that the keeper signs, whole or not at all: each is checked, and
compared with what the vaults say, before it counts. It holds what the account has in each vault: keep the directory to
yourself. Proofs of roots that no vault goes by or can fall back to any more are removed.

Runs until it is stopped, goes on by itself when the keeper comes back, and warns when the keeper does not deliver, when a
vault hears nothing of it, and when exit mode is entered. With --json every line is {"event": "kept" | "warning" | "over"}.

Examples:
  $ mw exit watch --as alice
  $ mw exit watch --key-file ./key --directory /backup/exit-proofs
  $ mw exit watch --once --as alice`;

const DAY_SECONDS = 86_400;

interface Options extends ConnectionOptions {
  readonly directory: string;
  readonly once?: true;
  readonly every: string;
}

export function registerWatch(exit: Command): void {
  const command = exit
    .command('watch')
    .description('keep exit proofs on disk, as long as it runs')
    .option('--once', 'fetch the newest proof and end')
    .option('--every <seconds>', 'how often to look at the vaults', '60');
  withKey(withConnection(withDirectory(command)))
    .addHelpText('after', HELP)
    .action(watch);
}

async function watch(options: Options, command: Command): Promise<void> {
  const { client } = connect(command, options);
  const exit = openExit(command, options);
  const every = parseInteger(options.every, 'The seconds between two looks', { least: 1, most: DAY_SECONDS });
  const signer = signingAccount(options, { profile: exit.profile });
  const keeping = { ...exit, directory: options.directory, account: signer.address.toLowerCase() as Address };
  await client.signIn(signer);
  if (!options.once) return follow(client, keeping, every * 1000);
  const proof = await client.exitProof();
  if (proof !== undefined) return keepVerified(keeping, proof);
  throw new CommandError('The keeper has signed no exit roots yet.', {
    code: 'exit.noProof',
    hint: 'The first checkpoint must be final; try again in a while.',
  });
}

/** Ends only when the keeper refuses for good to tell this account anything. */
async function follow(client: KeeperClient, keeping: Keeping, everyMs: number): Promise<never> {
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const keep = createQueue((proof) => keepOrSay(keeping, proof));
  const stream = client.stream();
  stream.subscribe({
    topic: { channel: 'account' },
    onEnd: reject,
    onMessage(message) {
      if (message.type === 'exitProof') void keep(message.data);
    },
  });
  const watching = new AbortController();
  try {
    return await Promise.race([ended, lookAgain({ client, keeping, keep, everyMs, signal: watching.signal })]);
  } finally {
    watching.abort();
    stream.close();
  }
}

/** A proof that is worth nothing is told, and the next one may be better. */
async function keepOrSay({ output, ...rest }: Keeping, proof: ExitProofView): Promise<void> {
  try {
    await keepVerified({ output, ...rest }, proof);
  } catch (error) {
    const { code, message, hint } = describeError(error);
    output.result({ event: 'warning', code, message, hint }, () => `WARNING: ${message}`);
  }
}

/** One after the other; what comes meanwhile is replaced by what is newer. */
function createQueue(handle: (proof: ExitProofView) => Promise<void>): (proof: ExitProofView) => Promise<void> {
  let newest: ExitProofView | undefined;
  let running: Promise<void> | undefined;
  async function run(): Promise<void> {
    for (let proof = newest; proof !== undefined; proof = newest) {
      newest = undefined;
      await handle(proof);
    }
    running = undefined;
  }
  return (proof) => {
    newest = proof;
    running ??= run();
    return running;
  };
}

async function lookAgain(input: {
  readonly client: KeeperClient;
  readonly keeping: Keeping;
  readonly keep: (proof: ExitProofView) => Promise<void>;
  readonly everyMs: number;
  readonly signal: AbortSignal;
}): Promise<never> {
  const { client, keeping, keep, everyMs, signal } = input;
  const tell = createTeller(keeping.output);
  for (;;) {
    await sleep(everyMs, undefined, { signal });
    let warnings = await vaultWarnings(keeping);
    try {
      await client.health();
      // What the stream did not bring may be there for the asking.
      const proof = warnings.some(isUndelivered) ? await client.exitProof() : undefined;
      if (proof !== undefined) {
        await keep(proof);
        warnings = await vaultWarnings(keeping);
      }
    } catch (error) {
      const message = `the keeper does not answer: ${describeError(error).message}`;
      warnings = [...warnings, { code: 'exit.keeperSilent', message }];
    }
    tell(warnings);
  }
}

function isUndelivered({ code }: Warning): boolean {
  return code === 'exit.notDelivered';
}
