#!/usr/bin/env node
// `mw`: every actor's command line. One file per command; this one only puts them together.
import { Command } from 'commander';
import { endWithTheReader } from './support/output.ts';
import { runProgram } from './support/runProgram.ts';

const NODE_MAJOR = 24;

if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR) {
  process.stderr.write(
    `mw needs Node ${NODE_MAJOR} or newer; this is ${process.version}.\n` +
      'Start it with `npm run --silent mw -- …`: npm puts the pinned Node in front.\n',
  );
  process.exit(2);
}

endWithTheReader();
const program = new Command('mw')
  .description('Myrtle Wyckoff: an exchange whose order book runs in a TEE and whose money stays in contracts.')
  .showHelpAfterError('(add --help for usage and examples)');

// Only the module of the command that is asked for is loaded: the devnet's alone would take longer than a digest.
const commands = new Map(
  Object.entries<() => Promise<(program: Command) => void>>({
    devnet: async () => (await import('./devnet/devnet.ts')).registerDevnet,
    keeper: async () => (await import('./keeper.ts')).registerKeeper,
    courier: async () => (await import('./courier.ts')).registerCourier,
    deposit: async () => (await import('./deposit.ts')).registerDeposit,
    withdraw: async () => (await import('./withdraw.ts')).registerWithdraw,
    account: async () => (await import('./account.ts')).registerAccount,
    order: async () => (await import('./order.ts')).registerOrder,
    book: async () => (await import('./book.ts')).registerBook,
    exit: async () => (await import('./exit/exit.ts')).registerExit,
    standby: async () => (await import('./standby.ts')).registerStandby,
    recover: async () => (await import('./recover.ts')).registerRecover,
    digest: async () => (await import('./digest.ts')).registerDigest,
    replay: async () => (await import('./replay.ts')).registerReplay,
  }),
);
const asked = commands.get(process.argv[2] ?? '');
for (const load of asked === undefined ? commands.values() : [asked]) (await load())(program);

const exitCode = await runProgram(program, process.argv);
// A command that did what was asked may have set its own.
if (exitCode !== 0) process.exitCode = exitCode;
