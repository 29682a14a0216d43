// What the pages name exists: tests, files, headings, commands and their options.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');

const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: root });
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

/** Where links of a page lead that are no URLs: files, and what stands behind the #. */
function linksOf(page: string): { link: string; file: string; heading: string | undefined }[] {
  return [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
    if (/^https?:/.test(link)) return [];
    const [path = '', heading] = link.split('#');
    return [{ link, file: path === '' ? page : join(dirname(page), path), heading }];
  });
}

/** What a link to a heading ends with. */
function anchorsOf(page: string): string[] {
  return [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Of a file or a folder, from the root. */
const PLACE = /^(?:keeper|contracts|docs|tools|deployments|generated)\/[\w./-]*$/;

describe('pages', () => {
  it('link to what is there', () => {
    const links = pages.flatMap((page) => linksOf(page).map((link) => ({ page, ...link })));
    expect(links.length).toBeGreaterThan(50);
    const dead = links.filter(
      ({ file, heading }) =>
        !existsSync(join(root, file)) || (heading !== undefined && !anchorsOf(file).includes(heading)),
    );
    expect(dead.map(({ page, link }) => `${page}: ${link}`)).toEqual([]);
  });

  it('name files that are there', () => {
    const places = pages.flatMap((page) =>
      [...read(page).matchAll(/`([^`\n]+)`/g)].flatMap(([, span = '']) => (PLACE.test(span) ? [span] : [])),
    );
    expect(places.length).toBeGreaterThan(20);
    expect(places.filter((place) => !existsSync(join(root, place)))).toEqual([]);
  });

  it('name scripts of npm and options of mw that there are', () => {
    const text = pages.map(read).join('\n');
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...text.matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map(([, name]) => name as string);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
    const cli = globSync('keeper/src/cli/**/*.ts', { cwd: root }).map(read).join('\n');
    const options = [...read('docs/cli.md').matchAll(/(?<=[\s`[])--[a-z][a-z-]*/g)].map(([option]) => option);
    expect(options.length).toBeGreaterThan(30);
    const known = new Set(['--help', '--silent', ...[...cli.matchAll(/'(--[a-z][a-z-]*)/g)].map(([, name]) => name)]);
    expect(options.filter((option) => !known.has(option))).toEqual([]);
  });

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
