import { describe, expect, it } from 'vitest';
import { findMutants } from './mutants.ts';
import { plant, plantAll } from './schemata.ts';

const FILE = 'contracts/src/registry/C.sol';
const HEAD = '// SPDX-License-Identifier: MIT\npragma solidity 0.8.30;\n';

/** The function as it stands in the file with all its mutants, which have the numbers from 1 on. */
function planted(source: string): string {
  const content = `${HEAD}contract C {\n${source}\n}`;
  const mutants = findMutants(FILE, content);
  const { text } = plant(content, mutants, (mutant) => mutants.indexOf(mutant) + 1, 'import …');
  return text.slice(text.indexOf('{') + 2, text.lastIndexOf('\n}\nimport'));
}

/** Which mutants of a contract do not compile. */
function doNotCompile(source: string): string[] {
  const mutants = findMutants(FILE, HEAD + source);
  const { left } = plantAll(
    mutants,
    (mutant) => mutants.indexOf(mutant),
    () => HEAD + source,
    [],
  );
  return [...left].map(({ name }) => name);
}

describe('a schema', () => {
  it('chooses between expressions', () => {
    expect(planted('function f(bool a, bool b) public pure returns (bool) { return a && b; }')).toBe(
      'function f(bool a, bool b) public pure returns (bool) { return (isMutant(1) ? (a) : isMutant(2) ? (b) : (a && b)); }',
    );
  });

  it('chooses between statements, also within an "if" that has an "else"', () => {
    expect(planted('function f(bool a) public { if (a) g(); else h(0); }')).toBe(
      'function f(bool a) public { if ((isMutant(1) ? (!(a)) : (a))) { if (isMutant(4)) {  } else { g(); } } else ' +
        '{ if (isMutant(2)) {  } else if (isMutant(3)) { h(1); } else { h(0); } } }',
    );
  });

  it('plants faults in what stays when others are not switched on', () => {
    expect(planted('function f(uint256 a, uint256 b) public pure returns (uint256) { return (a + b) * a; }')).toContain(
      '(isMutant(1) ? ((a + b) / a) : (((isMutant(2) ? (a - b) : (a + b))) * a))',
    );
  });

  it('has functions with and without a modifier', () => {
    expect(planted('function f(uint256 a) external nonReentrant returns (uint256) { return g(a); }')).toBe(
      'function f(uint256 a) external  returns (uint256) ' +
        '{ if (isMutant(1)) { return f_1_without1(a); } else { return f_1_guarded(a); } }\n' +
        'function f_1_without1(uint256 a) private   returns (uint256) { return f_1_body(a); }\n' +
        'function f_1_guarded(uint256 a) private  nonReentrant returns (uint256) { return f_1_body(a); }\n' +
        'function f_1_body(uint256 a) private   returns (uint256) { return g(a); }',
    );
  });

  it('compiles for the compiler, without the mutants that do not', () => {
    const source = `contract C {
      uint256 private constant MAX = 5;
      modifier once() { _; }
      function f(uint256 a, bytes32 b) external once returns (uint256) {
        uint256 sum = 0;
        if (a > MAX || b == 0) revert();
        for (uint256 i = 0; i < a; i++) sum += g(i, 2 ** 40);
        assembly ("memory-safe") { sum := add(sum, a) }
        return sum;
      }
      function g(uint256 a, uint256 c) private pure returns (uint256) { return c > a ? c - a : 0; }
    }`;
    expect(doNotCompile(source)).toEqual(['f: b == 0 → b == 1']);
  });

  it('tells an error that no mutant made', () => {
    expect(() => doNotCompile('contract C { function f() external { g(); } uint256 private a = b; }')).toThrow(
      'Undeclared identifier',
    );
  });
});
