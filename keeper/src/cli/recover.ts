import type { Command } from 'commander';
import { checkRecovery } from '../compose.ts';
import { readKeeperConfig } from '../config.ts';

export function registerRecover(program: Command): void {
  program
    .command('recover')
    .description('check that the journal on this disk leads to the newest checkpoint on chain')
    .requiredOption('--config <file>', "the keeper's configuration, see docs/cli.md")
    .requiredOption('--check', 'replay the journal and compare; changes nothing')
    .option('--json', 'one JSON object instead of text')
    .addHelpText(
      'after',
      `
The keeper must be stopped: it holds the lock on its data directory.
Exits with 0 when the state is the same, 1 when it is not.

Example:
  $ mw recover --check --config keeper.json`,
    )
    .action(async ({ config, json }: { config: string; json?: true }) => {
      const check = await checkRecovery(readKeeperConfig(config));
      process.exitCode = check.ok ? 0 : 1;
      if (json) return void console.log(JSON.stringify(check));
      console.log(`journal ends at      ${check.lastSequence}`);
      if (check.checkpoint === undefined) console.log('checkpoint on chain  none yet');
      else {
        const { number, journalIndex, stateHash } = check.checkpoint;
        console.log(`checkpoint on chain  ${number}, cut at ${journalIndex}, stateHash ${stateHash}`);
      }
      console.log(check.ok ? 'ok: the journal leads to the same state' : `NOT ok: ${check.reason}`);
    });
}
