import { describe, expect, it } from 'vitest';
import { findTypescriptMutants } from './typescriptMutants.ts';

/** What changes in one function's body. */
function changes(body: string): string[] {
  return findTypescriptMutants('f.ts', `function f(a: number, b: number) { ${body} }`).map(({ name }) =>
    name.replace(/^f: /, ''),
  );
}

describe('the mutants of a TypeScript file', () => {
  it('move the edge of a comparison, negate it, and take the refusal away', () => {
    expect(changes('if (a > b) throw new Error();')).toEqual([
      'a > b → !(a > b)',
      'a > b → a >= b',
      'throw new Error() → (deleted)',
    ]);
  });

  it('negate an equality once', () => {
    expect(changes('if (a === b) g();')).toEqual(['a === b → !(a === b)', 'g() → (deleted)']);
    expect(changes('const same = a === b;')).toEqual(['a === b → a !== b']);
  });

  it('drop each side of a condition, turn sums into differences, and change constants by one', () => {
    expect(changes('return a && b;')).toEqual(['a && b → a', 'a && b → b']);
    expect(changes('return a + 1_000;')).toEqual(['a + 1_000 → a - 1_000', '1_000 → 1001']);
    expect(changes('return 2n ** c;')).toEqual(['2n → 3n']);
    expect(changes('return { 1: true };')).toEqual(['true → false']);
  });

  it('leave assertions, types and the step of a loop alone', () => {
    expect(changes('assert(a > 0, "positive"); const c = a as 1 | 2; for (;;b++);')).toEqual([]);
  });

  it('say where they are, in bytes', () => {
    const source = '// → ∞\nexport const f = () => { g(); };';
    const [mutant] = findTypescriptMutants('f.ts', source);
    expect(mutant).toMatchObject({ line: 2, form: 'statement', replacement: '' });
    expect(Buffer.from(source).subarray(mutant?.start, mutant?.end).toString()).toBe('g();');
  });
});
