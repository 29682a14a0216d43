import type { Command } from 'commander';
import { AssertionError } from '../core/assertion.ts';
import { replay } from '../core/replay.ts';
import { ReplayError } from '../core/replayFields.ts';
import { CommandError } from './support/errors.ts';
import { outputOf } from './support/output.ts';
import { readInput } from './support/readInput.ts';

const HELP = `
Each line of the file is a command, as docs/replay.md describes them. Each is answered by one line of JSON with its result
and events; the last line holds the hashes of the state. The same file gives the same bytes on every machine.

Examples:
  $ mw replay commands.jsonl
  $ mw replay commands.jsonl | tail -1
  $ ./generate-commands | mw replay -`;

export function registerReplay(program: Command): void {
  program
    .command('replay')
    .description('run a file of commands through the core, and print events and hashes')
    .argument('<file>', 'lines of JSON, or - for standard input')
    .addHelpText('after', HELP)
    .action((file: string, _: object, command: Command) => {
      const output = outputOf(command, { json: true });
      try {
        for (const line of replay(readInput(file))) output.result(line, () => '');
      } catch (error) {
        throw explained(error);
      }
    });
}

function explained(error: unknown): unknown {
  if (error instanceof ReplayError) {
    const hint = 'docs/replay.md describes what a line may hold.';
    return new CommandError(`${error.message}.`, { code: 'replay.noCommand', hint, cause: error });
  }
  if (error instanceof AssertionError) {
    const hint = 'Such a command can never have been journalled; the lines before it were applied.';
    return new CommandError(`A command is impossible: ${error.message}.`, {
      code: 'replay.impossible',
      hint,
      cause: error,
    });
  }
  return error;
}
