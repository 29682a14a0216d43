import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findMutants } from './mutants.ts';
import { EXPLANATIONS } from './mutate.ts';
import { CONTRACTS } from './mutateContracts.ts';
import { CORE } from './mutateCore.ts';
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
    expect(findMutants('C.sol', guarded).map(({ name }) => name)).toEqual(['f: nonReentrant → (deleted)']);
  });

  it('reach into assembly', () => {
    expect(changes('assembly { a := add(b, 1) }')).toEqual(['add(b, 1) → sub(b, 1)']);
  });

  it('change nothing but the one place, also behind letters of several bytes', () => {
    const source = '// 2¹¹² → ∞\ncontract C { function f() external { g(); h(); } }';
    const bytes = Buffer.from(source);
    const mutants = findMutants('C.sol', source);
    expect(mutants[0]).toMatchObject({ file: 'C.sol', line: 2, name: 'f: g() → (deleted)', replacement: '' });
    expect(mutants.map(({ start, end }) => bytes.subarray(start, end).toString())).toEqual(['g();', 'h();']);
  });

  it('change constants where they are used, but not in types', () => {
    expect(changes('uint256[3] memory a = IERC20(t).f(MAX, L.MIN);')).toEqual(['MAX → MAX + 1', 'L.MIN → L.MIN + 1']);
  });

  it('have names that differ', () => {
    expect(changes('g(); g();')).toEqual(['g() → (deleted)', 'g() → (deleted) (2)']);
  });
});

describe('the page of survivors', () => {
  it('explains only faults that can still be planted', () => {
    const explained = readTable(readFileSync(resolve(import.meta.dirname, '..', EXPLANATIONS), 'utf8'), 2);
    const mutants = new Set(
      [...CONTRACTS.mutantsOf(), ...CORE.mutantsOf()].map(({ file, name }) => `${file}: ${name}`),
    );
    expect(mutants.size).toBeGreaterThan(100);
    expect([...explained].filter((each) => !mutants.has(each))).toEqual([]);
  });
});
