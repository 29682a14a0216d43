import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findMutants } from './mutants.ts';
import { EXPLANATIONS, moneyPathMutants } from './mutate.ts';
import { readTable } from './readTable.ts';

/** The mutants of one function's body: what changes, without the function's name. */
function changes(body: string): string[] {
  const source = `// SPDX-License-Identifier: MIT\npragma solidity 0.8.30;\ncontract C {\n  function f() external {\n${body}\n  }\n}`;
  return findMutants('C.sol', source).map(({ name }) => name.replace(/^f: /, ''));
}

describe('the mutants of a contract', () => {
  it('move the edge of a comparison, negate it, and take the refusal away', () => {
    expect(changes('if (a > b) revert E(a);')).toEqual([
      'a > b → !(a > b)',
      'a > b → a >= b',
      'revert E(a) → (deleted)',
    ]);
  });

  it('drop each side of a condition', () => {
    expect(changes('if (a || !b) return;')).toEqual(['a || !b → !(a || !b)', 'a || !b → a', 'a || !b → !b', '!b → b']);
  });

  it('turn sums into differences, and change constants by one', () => {
    expect(changes('return a + 7 days;')).toEqual(['a + 7 days → a - 7 days', 'a + 7 days → a + 8 days']);
    expect(changes('a += 0xff;')).toEqual(['a += 0xff → (deleted)', 'a += 0xff → a -= 0xff', 'a += 0xff → a += 256']);
    expect(changes('return ok(true);')).toEqual(['ok(true) → ok(false)']);
  });

  it('delete calls and modifiers, but not the step of a loop', () => {
    expect(changes('for (uint256 i; i != n; i++) g();')).toEqual(['g() → (deleted)', 'i != n → i == n']);
    const guarded = 'contract C { function f() external nonReentrant { } constructor() B(a) {} }';
    expect(findMutants('C.sol', guarded).map(({ text }) => text)).toEqual([
      'contract C { function f() external  { } constructor() B(a) {} }',
    ]);
  });

  it('reach into assembly', () => {
    expect(changes('assembly { a := add(b, 1) }')).toEqual(['add(b, 1) → sub(b, 1)']);
  });

  it('change nothing but the one place, also behind letters of several bytes', () => {
    const source = '// 2¹¹² → ∞\ncontract C { function f() external { g(); h(); } }';
    const [first, second] = findMutants('C.sol', source);
    expect(first).toMatchObject({ file: 'C.sol', line: 2, name: 'f: g() → (deleted)' });
    expect(first?.text).toBe(source.replace('g();', '{}'));
    expect(second?.text).toBe(source.replace('h();', '{}'));
  });

  it('have names that differ', () => {
    expect(changes('g(); g();')).toEqual(['g() → (deleted)', 'g() → (deleted) (2)']);
  });
});

describe('the page of survivors', () => {
  it('explains only faults that can still be planted', () => {
    const explained = readTable(readFileSync(resolve(import.meta.dirname, '..', EXPLANATIONS), 'utf8'), 2);
    const mutants = new Set(moneyPathMutants().map(({ file, name }) => `${file}: ${name}`));
    expect(mutants.size).toBeGreaterThan(100);
    expect([...explained].filter((each) => !mutants.has(each))).toEqual([]);
  });
});
