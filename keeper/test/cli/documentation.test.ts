import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readProfile } from '../../src/cli/support/profile.ts';
import { readCourierConfig, readKeeperConfig } from '../../src/config.ts';
import { runMw, runProcess } from './support/runMw.ts';

const text = readFileSync(resolve(import.meta.dirname, '../../../docs/cli.md'), 'utf8');

/** The one code block of docs/cli.md whose fence carries these words. */
function block(words: string): string {
  const found = text.split(`\n\`\`\`${words}\n`)[1]?.split('\n```')[0];
  if (found === undefined) throw new Error(`docs/cli.md has no block \`\`\`${words}`);
  return found;
}

describe('docs/cli.md', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'mw-docs-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function put(words: string): string {
    const path = join(folder, 'example.json');
    writeFileSync(path, block(words));
    return path;
  }

  it('has a section for every command, and no other', async () => {
    const { stdout } = await runProcess(['--help']);
    const commands = [...(stdout.split('Commands:')[1] ?? '').matchAll(/^ {2}([a-z]+) /gm)].map((match) => match[1]);
    const sections = [...text.matchAll(/^## `mw ([a-z]+)`$/gm)].map((match) => match[1]);
    expect(commands.length).toBeGreaterThan(10);
    expect(sections.toSorted()).toEqual(commands.filter((name) => name !== 'help').toSorted());
  });

  it('shows configurations that are accepted', () => {
    expect(readKeeperConfig(put('json keeper')).homeChainId).toBe(1);
    expect(readCourierConfig(put('json courier')).chains).toHaveLength(1);
    expect(readProfile({ path: put('json profile'), currentDirectory: folder })?.chains).toHaveLength(1);
  });

  it.each([
    [{ publicBooks: 'all' }, '/publicBooks must be dark or trades or depth.'],
    [{ colour: 'red' }, '/colour is not a known field.'],
    [{ homeChainId: 5 }, 'chains must contain the home chain 5.'],
  ])('shows a configuration of which %j would be refused', (change, problem) => {
    const path = join(folder, 'changed.json');
    writeFileSync(path, JSON.stringify({ ...JSON.parse(block('json keeper')), ...change }));
    expect(() => readKeeperConfig(path)).toThrow(`${path}: ${problem}`);
  });

  it('is what a configuration that cannot be used leads to', async () => {
    const run = await runProcess(['recover', '--check', '--json', '--config', put('json courier')]);
    expect(run).toMatchObject({ exitCode: 1, stdout: '' });
    expect(JSON.parse(run.stderr)).toEqual({
      error: {
        code: 'config.invalid',
        message: expect.stringContaining('it must have required properties homeChainId, authority'),
        hint: expect.stringContaining('docs/cli.md'),
      },
    });
  });

  it('shows a digest that comes out', async () => {
    const [command = '', digest] = block('console digest').split('\n');
    const [, type = '', message = ''] = /^\$ mw digest (\w+) '(.+)'$/.exec(command) ?? [];
    expect((await runMw('digest', type, message)).stdout).toBe(`${digest}\n`);
  });
});
