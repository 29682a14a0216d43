// The part of the keeper's core that reckons with money, its mutants, and how vitest runs their tests with one of them.
import { cpSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Mutant } from './mutants.ts';
import { mutantsIn, runTests, type Target, type TestRun } from './mutationTarget.ts';
import { plant } from './schemata.ts';
import { findTypescriptMutants } from './typescriptMutants.ts';

const MONEY_PATHS = ['keeper/src/core/{ledger,withdrawal,exitShares,forced,match}.ts'];
/** Tests of a file by its name: they find most mutants. What they miss is left to the others. */
const NEAREST_TESTS: Readonly<Record<string, string>> = {
  ledger: 'ledger,withdrawal',
  withdrawal: 'withdrawal,',
  exitShares: 'exitShares,',
  forced: 'forced,',
  match: 'match,ordersSelfTrade',
};
const SWITCH = 'keeper/src/core/isMutant.ts';
const SWITCH_SOURCE = `const active = Number(process.env.MUTANT);
export function isMutant(number) {
  return number === active;
}
`;
/** Of a mutant that loops for ever. */
const TIMEOUT_MS = 300_000;

const root = resolve(import.meta.dirname, '..');
const workspace = join(root, 'cache/mutants/core');

const mutantsOf = mutantsIn(root, MONEY_PATHS, findTypescriptMutants);

async function prepare(mutants: readonly Mutant[], numberOf: (mutant: Mutant) => number): Promise<Set<Mutant>> {
  rmSync(workspace, { recursive: true, force: true });
  mkdirSync(workspace, { recursive: true });
  // What imports what is mutated must be a copy; anything else may be the project's own.
  for (const item of readdirSync(root)) {
    if (item === 'keeper') cpSync(join(root, item), join(workspace, item), { recursive: true, verbatimSymlinks: true });
    else if (item !== 'cache') symlinkSync(join(root, item), join(workspace, item));
  }
  for (const [file, group] of Map.groupBy(mutants, (mutant) => mutant.file)) {
    const source = readFileSync(join(root, file), 'utf8');
    writeFileSync(
      join(workspace, file),
      plant(source, group, numberOf, `import { isMutant } from './isMutant.ts';`).text,
    );
  }
  writeFileSync(join(workspace, SWITCH), SWITCH_SOURCE);
  return new Set();
}

function stagesOf({ file }: Mutant): string[] {
  return [`keeper/test/core/{${NEAREST_TESTS[basename(file, '.ts')]}}.test.ts`, 'keeper/test/core/**/*.test.ts'];
}

function run(number: number, stage: string): Promise<TestRun> {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const files = globSync(stage, { cwd: workspace });
  return runTests(
    process.execPath,
    [vitest, 'run', '--bail', '1', ...files],
    workspace,
    { MUTANT: `${number}` },
    TIMEOUT_MS,
  );
}

export const CORE: Target = { mutantsOf, stagesOf, prepare, run, failure: /FAIL/ };
