#!/usr/bin/env node
// `mw`: every actor's command line. One file per command; this one only puts them together.
import { Command } from 'commander';
import { registerAccount } from './account.ts';
import { registerBook } from './book.ts';
import { registerCourier } from './courier.ts';
import { registerDeposit } from './deposit.ts';
import { registerDevnet } from './devnet/devnet.ts';
import { registerDigest } from './digest.ts';
import { registerKeeper } from './keeper.ts';
import { registerOrder } from './order.ts';
import { registerRecover } from './recover.ts';
import { registerReplay } from './replay.ts';
import { runProgram } from './support/runProgram.ts';
import { registerWithdraw } from './withdraw.ts';

const NODE_MAJOR = 24;

if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR) {
  process.stderr.write(
    `mw needs Node ${NODE_MAJOR} or newer; this is ${process.version}.\n` +
      'Start it with `npm run --silent mw -- …`: npm puts the pinned Node in front.\n',
  );
  process.exit(2);
}

const program = new Command('mw')
  .description('Myrtle Wyckoff: an exchange whose order book runs in a TEE and whose money stays in contracts.')
  .showHelpAfterError('(add --help for usage and examples)');

for (const register of [
  registerDevnet,
  registerKeeper,
  registerCourier,
  registerDeposit,
  registerWithdraw,
  registerAccount,
  registerOrder,
  registerBook,
  registerRecover,
  registerDigest,
  registerReplay,
]) {
  register(program);
}

const exitCode = await runProgram(program, process.argv);
// A command that did what was asked may have set its own.
if (exitCode !== 0) process.exitCode = exitCode;
