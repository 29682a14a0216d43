import type { Command } from 'commander';
import { CommanderError } from 'commander';
import { describeError } from './describeError.ts';

/** Understood and done / understood, but refused or failed / not understood. */
const FAILED = 1;
const USAGE = 2;

/**
 * Runs a command line and sets the exit code of the process when it failed. What went wrong is told on stderr: text for
 * people, or with --json one line `{"error":{"code","message","details","retryable","hint"}}`.
 */
export async function runProgram(program: Command, argv: readonly string[] = process.argv): Promise<void> {
  throwInsteadOfExit(program);
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    process.exitCode = reportError(error, { program, json: argv.includes('--json') });
  }
}

/** Commander would end the process with 1 where we say 2; every command must be told. */
function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) throwInsteadOfExit(child);
}

/** Tells what went wrong and returns the exit code. */
function reportError(error: unknown, { program, json }: { readonly program: Command; readonly json: boolean }): number {
  // Commander has written its own message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
  const { usage, ...facts } = describeError(error);
  const { writeErr } = program.configureOutput();
  if (json) writeErr?.(`${JSON.stringify({ error: facts })}\n`);
  else
    writeErr?.([`error: ${facts.message}`, ...(facts.hint === undefined ? [] : [facts.hint])].join('\n').concat('\n'));
  return usage ? USAGE : FAILED;
}
