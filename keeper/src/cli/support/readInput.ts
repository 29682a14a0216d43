import { readFileSync } from 'node:fs';
import { CommandError } from './errors.ts';

/** Text of a file, or of standard input for `-`. Throws `CommandError`. */
export function readInput(path: string): string {
  try {
    return readFileSync(path === '-' ? process.stdin.fd : path, 'utf8');
  } catch (cause) {
    const name = path === '-' ? 'Standard input' : path;
    throw new CommandError(`${name} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
