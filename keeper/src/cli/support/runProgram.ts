import type { Command } from 'commander';
import { CommanderError } from 'commander';
import { describeError } from './describeError.ts';

/** Understood, but refused or failed. */
const FAILED = 1;
/** Not understood. */
const USAGE = 2;

/**
 * Runs a command line and returns the exit code: 0 when nothing went wrong. What went wrong is told on stderr: as text
 * for people, or with --json as one line `{"error":{"code","message","details","retryable","hint"}}`.
 * @param argv as `process.argv`: two words before the command line
 */
export async function runProgram(program: Command, argv: readonly string[]): Promise<number> {
  const json = argv.includes('--json');
  throwInsteadOfExit(program, json);
  try {
    await program.parseAsync([...argv]);
    return 0;
  } catch (error) {
    return tell(error, { program, json });
  }
}

/** Commander would end the process, with 1 where we say 2, and write text beside JSON. Every command must be told. */
function throwInsteadOfExit(command: Command, json: boolean): void {
  command.exitOverride();
  if (json) command.configureOutput({ outputError: () => {} }).showHelpAfterError(false);
  for (const child of command.commands) throwInsteadOfExit(child, json);
}

function tell(error: unknown, { program, json }: { readonly program: Command; readonly json: boolean }): number {
  // Commander has written the help that was asked for, or for people its own message.
  if (error instanceof CommanderError && (error.exitCode === 0 || !json)) return error.exitCode === 0 ? 0 : USAGE;
  const { usage, ...facts } = describeError(error);
  const { message, hint } = facts;
  const text = json ? JSON.stringify({ error: facts }) : `error: ${message}${hint === undefined ? '' : `\n${hint}`}`;
  program.configureOutput().writeErr?.(`${text}\n`);
  return usage ? USAGE : FAILED;
}
