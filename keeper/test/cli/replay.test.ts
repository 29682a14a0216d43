// In processes of their own, as somebody with another implementation would run them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonLines, MW, runProcess } from './support/runMw.ts';

const DOCUMENT = resolve(import.meta.dirname, '../../../docs/replay.md');

let folder: string;
let example: string;
let exampleOutput: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mw-replay-'));
  const blocks = [...readFileSync(DOCUMENT, 'utf8').matchAll(/```json\n([^`]+)```/g)].map((match) => match[1] ?? '');
  [example = '', exampleOutput = ''] = blocks;
});
afterAll(() => rmSync(folder, { recursive: true }));

function put(text: string): string {
  const path = join(folder, 'commands.jsonl');
  writeFileSync(path, text);
  return path;
}

describe('mw replay', () => {
  it('answers each command of the documented example with one line, and ends with the hashes', async () => {
    const run = await runProcess(['replay', put(example)]);
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    const lines = run.stdout.trimEnd().split('\n');
    expect(lines).toContain(exampleOutput.trimEnd());
    expect(jsonLines(run)).toMatchObject([
      { line: 1, sequence: 1, type: 'log' },
      { line: 1, sequence: 2, type: 'log' },
      { line: 1, sequence: 3, type: 'log' },
      { line: 2, sequence: 4, type: 'batch', result: { items: [{ code: 'ok', resting: true }] } },
      { line: 3, sequence: 5, type: 'batch' },
      { line: 4, sequence: 6, type: 'batch', result: { items: [{ code: 'ok', cancelled: 1 }] } },
      {
        type: 'end',
        sequence: 6,
        stateHash: expect.stringMatching(/^0x[0-9a-f]{64}$/),
        engineHash: expect.stringMatching(/^0x[0-9a-f]{64}$/),
      },
    ]);
  });

  it('gives the same bytes from standard input', async () => {
    const [fromFile, fromStdin] = await Promise.all([
      runProcess(['replay', put(example)]),
      runProcess(['replay', '-'], example),
    ]);
    expect(fromStdin).toEqual(fromFile);
  });

  it('refuses a line that is no command, and says which; what was before it stays told', async () => {
    const wrong = `${example}{"type":"place","acount":"0x00000000000000000000000000000000000000a1"}\n`;
    const run = await runProcess(['replay', '-'], wrong);
    expect(run.exitCode).toBe(1);
    expect(jsonLines(run)).toHaveLength(6);
    expect(run.stderr).toMatch(/^error: line 5: .*\ndocs\/replay\.md describes what a line may hold\.\n$/);
  });

  it('refuses a command that can never have happened', async () => {
    const past = '{"type":"cutCheckpoint","time":5}\n{"type":"cutCheckpoint","time":4}\n';
    const run = await runProcess(['replay', '-'], example + past);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('error: A command is impossible: ');
  });

  it.each([
    ['replay', () => ['replay', put(example + '{"type":"cutCheckpoint"}\n'.repeat(20_000))]],
    ['help', () => ['order', '--help']],
  ])('ends quietly when its reader has enough: %s', async (_, args) => {
    const child = spawn(process.execPath, [MW, ...args()], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const [exitCode] = await once(child, 'close');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  });

  it('says that a file is missing', async () => {
    expect(await runProcess(['replay', join(folder, 'none.jsonl')])).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringMatching(/^error: \S+none\.jsonl cannot be read: ENOENT/),
    });
  });

  it('is not understood without a file', async () => {
    const run = await runProcess(['replay']);
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toContain("missing required argument 'file'");
  });
});
