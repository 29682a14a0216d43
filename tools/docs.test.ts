// What the pages in docs/ say is tested, is tested: the tests that they name exist.
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');

const pages = globSync('docs/**/*.md', { cwd: root });
const forgeTests = new Set(
  globSync('contracts/test/**/*.sol', { cwd: root }).flatMap((file) =>
    [...read(file).matchAll(/function ((?:test|testFuzz|invariant)_\w+)\(/g)].map(([, name]) => name as string),
  ),
);

/** Code spans that look like a forge test. */
function forgeTestsNamedIn(page: string): string[] {
  return [...page.matchAll(/`((?:test|testFuzz|invariant)_\w+)`/g)].map(([, name]) => name as string);
}

/** `file.test.ts`: "sentence" pairs, the file from keeper/test. */
function vitestsNamedIn(page: string): { file: string; sentence: string }[] {
  return [...page.matchAll(/`([\w/.]+\.test\.ts)`: "([^"]+?)…?"/g)].map(([, file, sentence]) => ({
    file: file as string,
    sentence: sentence as string,
  }));
}

describe('docs/', () => {
  it('names only forge tests that exist', () => {
    expect(forgeTests.size).toBeGreaterThan(200);
    const named = pages.flatMap((page) => forgeTestsNamedIn(read(page)).map((test) => ({ page, test })));
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter(({ test }) => !forgeTests.has(test))).toEqual([]);
  });

  it('names only tests of the keeper that exist', () => {
    const named = pages.flatMap((page) => vitestsNamedIn(read(page)).map((test) => ({ page, ...test })));
    expect(named.length).toBeGreaterThan(0);
    const missing = named.filter(({ file, sentence }) => {
      const found = globSync(`keeper/test/**/${file}`, { cwd: root });
      return !found.some((path) => read(path).includes(sentence));
    });
    expect(missing).toEqual([]);
  });

  it('has one sentence for every invariant of the contracts', () => {
    const named = new Set(forgeTestsNamedIn(read('docs/invariants.md')));
    expect([...forgeTests].filter((test) => test.startsWith('invariant_') && !named.has(test))).toEqual([]);
  });
});
