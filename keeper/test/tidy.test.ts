// House rules that no formatter or linter checks.
import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const LONGEST_FUNCTION = 70;
/** The loop that matches orders stays in one piece: it is what `npm run bench` measures. */
const LONGER_FUNCTIONS: Readonly<Record<string, number>> = { 'keeper/src/core/match.ts': 105 };

const root = resolve(import.meta.dirname, '../..');

function read(file: string): string {
  return readFileSync(resolve(root, file), 'utf8');
}

function find(...patterns: string[]): string[] {
  return globSync(patterns, { cwd: root, exclude: (path) => path.includes('node_modules') }).toSorted();
}

const solidity = find('contracts/**/*.sol');
const typescript = find('keeper/**/*.ts', 'tools/**/*.{ts,mjs}', '*.ts');
const everything = [...solidity, ...typescript, ...find('*.md', 'docs/**/*.md', '.ci/*', '*.{json,toml,cjs}')].filter(
  (file) => file !== 'package-lock.json',
);

/** Lines that match, as `file:line`. */
function linesMatching(files: readonly string[], pattern: RegExp): string[] {
  return files.flatMap((file) =>
    read(file)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}`] : [])),
  );
}

/** Functions of formatted Solidity longer than the limit: a body ends with the brace below its first column. */
function longFunctions(file: string, source: string): string[] {
  const lines = source.split('\n');
  return lines.flatMap((line, start) => {
    const indent = /^( *)(function|constructor|modifier|receive|fallback)\b/.exec(line)?.[1];
    if (indent === undefined) return [];
    const rest = lines.slice(start);
    const hasBody = rest.find((other) => /[{};]$/.test(other))?.endsWith('{');
    const length = hasBody ? rest.indexOf(`${indent}}`) + 1 : 1;
    return length > LONGEST_FUNCTION ? [`${file}:${start + 1} has ${length} lines`] : [];
  });
}

/** Functions of TypeScript longer than the limit; what is inside a nested function counts for that one alone. */
function longTypeScriptFunctions(file: string, source: string): string[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const lineOf = (position: number) => tree.getLineAndCharacterOfPosition(position).line + 1;
  const found: string[] = [];

  /** Lines that belong to nested functions below a node, which are measured on the way. */
  function nestedLines(node: ts.Node): number {
    let nested = 0;
    node.forEachChild((child) => {
      const below = nestedLines(child);
      if (!ts.isFunctionLike(child) || !('body' in child) || child.body === undefined) {
        nested += below;
        return;
      }
      const start = lineOf(child.getStart(tree));
      const length = lineOf(child.end) - start + 1;
      if (length - below > (LONGER_FUNCTIONS[file] ?? LONGEST_FUNCTION))
        found.push(`${file}:${start} has ${length - below} lines of its own`);
      nested += length === 1 ? 0 : length;
    });
    return nested;
  }
  nestedLines(tree);
  return found;
}

describe('tidy', () => {
  it('looks at the whole repository', () => {
    expect(solidity).toContain('contracts/src/DepositRegistry.sol');
    expect(typescript).toContain('keeper/src/core/step.ts');
    expect(everything).toContain('README.md');
  });

  it('keeps Solidity functions within 70 lines', () => {
    const sources = solidity.filter((file) => file.startsWith('contracts/src/'));
    expect(sources.flatMap((file) => longFunctions(file, read(file)))).toEqual([]);
  });

  it('notices a Solidity function of 71 lines', () => {
    const body = Array.from({ length: 69 }, () => '        i++;').join('\n');
    expect(longFunctions('Long.sol', `    function long() external {\n${body}\n    }\n`)).toEqual([
      'Long.sol:1 has 71 lines',
    ]);
  });

  it('keeps TypeScript functions within 70 lines', () => {
    const sources = typescript.filter((file) => !file.endsWith('.test.ts'));
    expect(sources.flatMap((file) => longTypeScriptFunctions(file, read(file)))).toEqual([]);
  });

  it('notices a TypeScript function of 71 lines, and counts nested ones for themselves', () => {
    const lines = (count: number) => Array.from({ length: count }, () => 'i++;').join('\n');
    expect(longTypeScriptFunctions('long.ts', `function long() {\n${lines(69)}\n}`)).toEqual([
      'long.ts:1 has 71 lines of its own',
    ]);
    const nested = `function outer() {\n${lines(60)}\nfunction inner() {\n${lines(60)}\n}\n}`;
    expect(longTypeScriptFunctions('nested.ts', nested)).toEqual([]);
  });

  it('leaves nothing to be done later', () => {
    expect(linesMatching(everything, new RegExp(`\\b(TO${''}DO|FIX${''}ME|HACK${''}ME|XX${''}X)\\b`))).toEqual([]);
  });

  it('names no path of somebody’s machine', () => {
    expect(linesMatching(everything, /(^|[^\w.])\/(home|root|Users|work)\/\w/)).toEqual([]);
  });

  it('has no barrel files', () => {
    expect(find('keeper/**/index.ts')).toEqual([]);
  });

  it('runs no test alone and skips none', () => {
    const tests = typescript.filter((file) => file.endsWith('.test.ts'));
    expect(linesMatching(tests, /\b(it|test|describe)\.(only|skip|to${''}do)\b/)).toEqual([]);
  });
});
