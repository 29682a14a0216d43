import type { Command } from 'commander';
import pino from 'pino';
import { startCourier } from '../compose.ts';
import { readCourierConfig } from '../config.ts';

export function registerCourier(program: Command): void {
  program
    .command('courier')
    .description('carry exit roots, approved withdrawals, acceptances and takeovers from the keeper to the chains')
    .requiredOption('--config <file>', 'configuration, see docs/cli.md')
    .addHelpText(
      'after',
      `
Anyone can run one: it holds a gas key only, and everything that it carries is signed by others.
Prints one line {"ready":true} on stdout; its log goes to stderr as JSON lines.

Example:
  $ mw courier --config courier.json 2> courier.log`,
    )
    .action(({ config }: { config: string }) => {
      const logger = pino(pino.destination({ fd: 2, sync: true }));
      const courier = startCourier({ config: readCourierConfig(config), logger });
      process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => courier.stop());
    });
}
