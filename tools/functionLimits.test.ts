import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findTooLarge } from './functionLimits.ts';

const root = resolve(import.meta.dirname, '..');
const branches = (count: number) => 'if (a) b();\n'.repeat(count);
const lines = (count: number) => 'b();\n'.repeat(count);

describe('the limits of functions', () => {
  it('let pass what has the allowed size', () => {
    expect(findTooLarge('a.ts', `function f() {\n${branches(8)}}\nfunction g() {\n${lines(68)}}`)).toEqual([]);
  });

  it('find one branch and one line too many', () => {
    expect(findTooLarge('a.ts', `\nfunction f() {\n${branches(9)}}`)).toEqual(['a.ts:2 complexity 10 of 9']);
    expect(findTooLarge('a.ts', `const f = () => {\n${lines(69)}};`)).toEqual(['a.ts:1 71 lines of 70']);
    expect(findTooLarge('a.ts', lines(501))).toEqual(['a.ts 501 lines of 500']);
  });

  it('count loops, catches, conditional expressions and a whole switch', () => {
    const body =
      'for (;;) {} for (const x of y) {} for (const x in y) {} while (a) {} do {} while (a); try {} catch {}';
    const rest = 'return a ? b : c; switch (a) { case 1: case 2: case 3: }';
    expect(findTooLarge('a.ts', `function f() { ${body} ${rest} }`)).toEqual([]);
    expect(findTooLarge('a.ts', `function f() { ${body} ${rest} ${branches(1)} }`)).toHaveLength(1);
  });

  it('count a function within another one for itself', () => {
    const factory = `function create() {\nfunction f() {\n${branches(8)}${lines(50)}}\nfunction g() {\n${branches(8)}}\n}`;
    expect(findTooLarge('a.ts', factory)).toEqual([]);
    expect(findTooLarge('a.ts', `function create() {\nreturn () => {\n${branches(9)}}\n}`)).toHaveLength(1);
  });

  it('let pass what says why it is larger', () => {
    const large = `function f() {\n${branches(9)}}`;
    expect(findTooLarge('a.ts', `/** Larger than the limit: a flat list. */\n${large}`)).toEqual([]);
    expect(findTooLarge('a.ts', `/** Larger than the limit: */\n${large}`)).toHaveLength(1);
    expect(findTooLarge('a.ts', `// Larger than the limit: one table.\n${lines(501)}`)).toEqual([]);
  });

  it('hold for the contracts too', () => {
    const problemsOf = (body: string) => {
      const source = `pragma solidity 0.8.30;\ncontract C {\nfunction f(bool a) external {\n${body}}\n}`;
      const { stdout } = spawnSync('solhint', ['stdin', '--disc', '-c', '.solhint.json', '-f', 'unix'], {
        cwd: root,
        input: source,
        encoding: 'utf8',
      });
      return stdout;
    };
    expect(problemsOf(`${branches(8)}${lines(62)}`)).not.toMatch(/error/i);
    expect(problemsOf(branches(9))).toMatch(/complexity 10/);
    expect(problemsOf(lines(71))).toMatch(/71 lines/);
  });
});
