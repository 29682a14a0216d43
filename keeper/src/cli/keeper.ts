import type { Command } from 'commander';
import pino from 'pino';
import { startKeeper } from '../compose.ts';
import { readKeeperConfig } from '../config.ts';

/** Exit code of a keeper that must not go on: damaged journal, foreign checkpoint, superseded, second on a directory. */
const FATAL_EXIT = 70;

export function registerKeeper(program: Command): void {
  program
    .command('keeper')
    .description('run a keeper: candidate until the council names its leader key, then the exchange itself')
    .requiredOption('--config <file>', 'configuration, see docs/cli.md')
    .addHelpText(
      'after',
      `
Prints one line {"ready":true,"url":…} on stdout when it listens; its log goes to stderr as JSON lines.
Exits with ${FATAL_EXIT} when it must not go on; the last log line says why and what to do.

Example:
  $ mw keeper --config keeper.json 2> keeper.log`,
    )
    .action(async ({ config: path }: { config: string }) => {
      const logger = pino(pino.destination({ fd: 2, sync: true }));
      const onFatal = (error: unknown): never => {
        logger.fatal({ err: error }, error instanceof Error ? error.message : String(error));
        process.exit(FATAL_EXIT);
      };
      process.on('uncaughtException', onFatal);
      process.on('unhandledRejection', onFatal);
      const keeper = await startKeeper({ config: readKeeperConfig(path), logger, onFatal }).catch(onFatal);
      process.stdout.write(`${JSON.stringify({ ready: true, url: keeper.url })}\n`);
      for (const signal of ['SIGINT', 'SIGTERM'] as const) {
        process.once(signal, () => void keeper.stop().then(() => process.exit(0)));
      }
    });
}
