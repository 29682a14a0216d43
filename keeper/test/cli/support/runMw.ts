// A command line, run in this process as mw.ts would run it, with what it wrote.
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { vi } from 'vitest';
import { registerAccount } from '../../../src/cli/account.ts';
import { registerBook } from '../../../src/cli/book.ts';
import { registerDeposit } from '../../../src/cli/deposit.ts';
import { registerDigest } from '../../../src/cli/digest.ts';
import { registerExit } from '../../../src/cli/exit/exit.ts';
import { registerOrder } from '../../../src/cli/order.ts';
import { runProgram } from '../../../src/cli/support/runProgram.ts';
import { registerWithdraw } from '../../../src/cli/withdraw.ts';

const REGISTERED = [
  registerDeposit,
  registerWithdraw,
  registerAccount,
  registerOrder,
  registerBook,
  registerExit,
  registerDigest,
];
/** Only ends what hangs. */
const GIVE_UP_AFTER_MS = 30_000;

export interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that may go on for ever. */
export interface Running {
  readonly ended: Promise<Run>;
  /** What is written so far, as soon as it is what the test waits for. */
  waitFor(isThere: (written: Pick<Run, 'stdout' | 'stderr'>) => boolean): Promise<Run>;
}

export function startMw(...args: readonly string[]): Running {
  const written = { stdout: '', stderr: '' };
  const program = new Command('mw').configureOutput({
    writeOut: (text) => {
      written.stdout += text;
    },
    writeErr: (text) => {
      written.stderr += text;
    },
  });
  for (const register of REGISTERED) register(program);
  const ended = runProgram(program, ['node', 'mw', ...args]).then((exitCode) => ({ exitCode, ...written }));
  return {
    ended,
    waitFor: (isThere) =>
      vi.waitFor(
        () => {
          if (!isThere(written)) throw new Error(`Only this was written: ${JSON.stringify(written)}`);
          return { exitCode: 0, ...written };
        },
        { timeout: GIVE_UP_AFTER_MS },
      ),
  };
}

export function runMw(...args: readonly string[]): Promise<Run> {
  return startMw(...args).ended;
}

export const MW = resolve(import.meta.dirname, '../../../src/cli/mw.ts');

/** As somebody types it: in a process of its own, in a directory without a profile. */
export function runProcess(args: readonly string[], stdin = ''): Promise<Run> {
  const { MW_URL, MW_PROFILE, MW_PRIVATE_KEY, ...env } = process.env;
  return new Promise((done) => {
    const child = execFile(process.execPath, [MW, ...args], { cwd: tmpdir(), env }, (error, stdout, stderr) => {
      done({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr });
    });
    child.stdin?.end(stdin);
  });
}

/** What a command with --json wrote on stdout: one line each. */
export function jsonLines({ stdout }: Run): unknown[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}
