// What a command says and where: results on stdout, everything else on stderr, so that stdout can always be piped.
import type { Command } from 'commander';

export interface Output {
  readonly json: boolean;
  /** A result: text for people, or with --json the value in one line. */
  result(value: unknown, text: () => string): void;
  /** Something a person may want to know while waiting; with --json nothing. */
  progress(text: string): void;
}

/** A reader that has enough, as in `mw … | head -1`, is no failure: there is just nobody to write for any more. */
export function endWithTheReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit();
    });
  }
}

/** Writes through the command's own output, so that a test can listen. */
export function outputOf(command: Command, { json = false }: { readonly json?: boolean | undefined }): Output {
  const { writeOut, writeErr } = command.configureOutput();
  return {
    json,
    result: (value, text) => writeOut?.(`${json ? toJson(value) : text()}\n`),
    progress: (text) => void (json || writeErr?.(`${text}\n`)),
  };
}

/** JSON in one line; bigints as decimal strings, as the API writes them. */
function toJson(value: unknown): string {
  return JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? String(part) : part));
}
