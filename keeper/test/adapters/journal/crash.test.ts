import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { journalErrorOf, newDirectory, open, records, removeDirectories } from './support.ts';

const WRITER = fileURLToPath(new URL('./writer.ts', import.meta.url));
const UNLIMITED = 1_000_000_000;
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(removeDirectories);

/** A writer in a process of its own; `fileBlocks` limits how much one file may hold, as a full disk does. */
function startWriter(directory: string, options: { readonly limit: number; readonly fileBlocks?: number }) {
  const command = [process.execPath, WRITER, directory, String(options.limit)];
  const [program, ...rest] =
    options.fileBlocks === undefined
      ? command
      : ['/bin/sh', '-c', `trap '' XFSZ; ulimit -f ${options.fileBlocks}; exec "$@"`, 'sh', ...command];
  const child = spawn(program as string, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(line));
  return {
    lines,
    async until(wanted: (lines: readonly string[]) => boolean): Promise<void> {
      while (!wanted(lines)) await once(reader, 'line');
    },
    /** Ends it without a warning, and returns the newest record that it had acknowledged. */
    async kill(): Promise<number> {
      child.kill('SIGKILL');
      await once(child, 'close');
      return lastAcknowledged(lines);
    },
  };
}

function lastAcknowledged(lines: readonly string[]): number {
  const line = lines.findLast((text) => text.startsWith('acknowledged '));
  return line === undefined ? 0 : Number(line.split(' ')[1]);
}

describe('a keeper that is killed', () => {
  it('loses nothing that it had acknowledged, however often', async () => {
    const directory = newDirectory();
    let acknowledged = 0;
    for (const more of [1, 30, 7, 120, 60]) {
      const writer = startWriter(directory, { limit: UNLIMITED });
      const goal = acknowledged + more;
      await writer.until((lines) => lastAcknowledged(lines) >= goal);
      acknowledged = await writer.kill();
      const journal = open(directory);
      expect(journal.lastSequence).toBeGreaterThanOrEqual(acknowledged);
      expect([...journal.replay(0)]).toEqual(records(1, journal.lastSequence));
      acknowledged = journal.lastSequence;
      journal.close();
    }
    expect(acknowledged).toBeGreaterThan(200);
  });

  it('keeps a second one out until it is dead', async () => {
    const directory = newDirectory();
    const first = startWriter(directory, { limit: 5 });
    await first.until((lines) => lastAcknowledged(lines) >= 5);
    expect(journalErrorOf(() => open(directory))).toMatchObject({ code: 'locked' });
    const second = startWriter(directory, { limit: 5 });
    await second.until((lines) => lines.length > 0);
    expect(second.lines[0]).toMatch(/^failed locked Another keeper is using/);
    const acknowledged = await first.kill();
    const journal = open(directory);
    expect(journal.lastSequence).toBe(acknowledged);
    journal.close();
  });
});

describe('a full disk', () => {
  it('stops the journal without losing or inventing a record', async () => {
    const directory = newDirectory();
    const writer = startWriter(directory, { limit: UNLIMITED, fileBlocks: 400 });
    await writer.until((lines) => lines.some((line) => line.startsWith('refused')));
    expect(writer.lines.filter((line) => line.startsWith('failed'))).toEqual(['failed disk']);
    expect(writer.lines.at(-1)).toMatch(/^refused .* failed before\. Start the keeper again\./);
    const acknowledged = await writer.kill();
    expect(acknowledged).toBeGreaterThan(0);
    const journal = open(directory);
    expect(journal.lastSequence).toBe(acknowledged);
    expect([...journal.replay(0)]).toEqual(records(1, acknowledged));
    const next = acknowledged + 1;
    journal.append(records(next, next));
    expect([...journal.replay(acknowledged)]).toEqual(records(next, next));
    journal.close();
  });
});
