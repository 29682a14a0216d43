// `mw exit` against a live devnet, for the accounts that a test names.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXECUTOR } from '../../src/cli/devnet/accounts.ts';
import type { Profile } from '../../src/cli/support/profile.ts';
import type { LiveDevnet } from './liveDevnet.ts';
import { type Ended, type MwProcess, runMw } from './mwProcess.ts';
import { addressOf } from './trading.ts';

export interface ExitCommands {
  /** Where the proofs are kept. */
  readonly directory: string;
  mw(command: string, name: string, ...args: string[]): Promise<Ended>;
  startWatch(name: string): MwProcess;
}

/** @param people development accounts by name */
export function createExitCommands(live: LiveDevnet, people: Readonly<Record<string, number>>): ExitCommands {
  const { keeperUrl, dataDirectory } = live.devnet;
  const directory = join(dataDirectory, 'exit-proofs');
  const profile = join(dataDirectory, 'profile.json');
  const accounts = Object.entries({ ...people, executor: EXECUTOR }).map(([name, index]) => {
    return [name, { address: addressOf(index), developmentIndex: index }];
  });
  const content: Profile = {
    keeperUrl,
    chains: [live.home, live.second].map(({ chainId, name, url, deployment: { registry, router } }) => {
      return { chainId, name, rpcUrl: url, registry, router };
    }),
    accounts: Object.fromEntries(accounts),
  };
  writeFileSync(profile, JSON.stringify(content));
  const options = (name: string) => ['--as', name, '--profile', profile, '--directory', directory, '--json'];
  return {
    directory,
    mw: (command, name, ...args) => runMw('exit', command, ...args, ...options(name)),
    startWatch: (name) => live.start('exit', 'watch', '--every', '1', ...options(name)),
  };
}
