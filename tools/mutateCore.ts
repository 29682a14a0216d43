// The part of the keeper's core that reckons with money, its mutants, and how vitest runs their tests with each of them.
import { cpSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Mutant } from './mutants.ts';
import { mutantsIn, runTests, type Target } from './mutationTarget.ts';
import { plant } from './schemata.ts';
import { findTypescriptMutants } from './typescriptMutants.ts';

const MONEY_PATHS = [
  'keeper/src/core/{ledger,withdrawal,exitShares,exitTree,forced,heldDeposits,match}.ts',
  'keeper/src/core/margin/{bankruptcy,closeOnBook,credit,health,liquidate,liquidation,sharedLoss}.ts',
];
/** Tests of a file by its name: they find most mutants. What they miss is left to the others. */
const NEAREST_TESTS: Readonly<Record<string, string>> = {
  ledger: '{ledger,ledgerAccounts,withdrawal}',
  withdrawal: 'withdrawal',
  exitShares: 'exitShares',
  exitTree: '{exitTree,exitProof}',
  forced: 'forced',
  heldDeposits: 'heldDeposits',
  match: '{match,ordersSelfTrade}',
  bankruptcy: 'margin/{bankruptcy,sharedLoss}',
  closeOnBook: 'margin/{liquidate,bankruptcy}',
  credit: 'margin/credit',
  health: 'margin/{health,accountRisk}',
  liquidate: 'margin/{liquidate,liquidation,bankruptcy}',
  liquidation: 'margin/{liquidation,liquidate}',
  sharedLoss: 'margin/{sharedLoss,bankruptcy}',
};
const SWITCH = 'keeper/src/core/isMutant.ts';
/** A run without a mutant, which must pass, reads it less often than a loop without an end may. */
const SWITCH_SOURCE = `const active = Number(process.env.MUTANT);
let reads = 0;
export function isMutant(number) {
  if (++reads > 200_000_000) throw new Error('a loop without an end');
  return number === active;
}
`;
/** Of mutants of which one loops for ever, where no other mutant is read. */
const TIMEOUT_MS = 900_000;
/** In a worker, where each has modules of its own: the compiled ones are shared, and vitest starts once for many mutants. */
const BATCH_SIZE = 24;
const TRIALS = 'keeper/test/trials';

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
    const up = '../'.repeat(file.split('/').length - SWITCH.split('/').length) || './';
    writeFileSync(
      join(workspace, file),
      plant(source, group, numberOf, `import { isMutant } from '${up}isMutant.ts';`).text,
    );
  }
  writeFileSync(join(workspace, SWITCH), SWITCH_SOURCE);
  return new Set();
}

function stagesOf({ file }: Mutant): string[] {
  return [`keeper/test/core/${NEAREST_TESTS[basename(file, '.ts')]}.test.ts`, 'keeper/test/core/**/*.test.ts'];
}

/** A test file that runs those of a stage with one mutant switched on, up to the first that fails. */
function trialOf(number: number, stage: string): string {
  const imports = globSync(stage, { cwd: workspace })
    .toSorted()
    .map((file) => `await import('${join(workspace, file)}');`);
  return `import fc from 'fast-check';
import { beforeEach } from 'vitest';
// Any counterexample will do, and always the same.
fc.configureGlobal({ endOnFailure: true, seed: 1 });
process.env.MUTANT = '${number}';
let failed = false;
beforeEach((test) => {
  if (failed) test.skip();
  test.onTestFailed(() => { failed = true; });
});
${imports.join('\n')}
`;
}

interface VitestResults {
  readonly testResults: readonly { readonly name: string; readonly status: 'passed' | 'failed' }[];
}

async function survivorsAmong(numbers: readonly number[], stage: string): Promise<number[]> {
  const folder = join(workspace, TRIALS);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const number of numbers) writeFileSync(join(folder, `${number}.test.ts`), trialOf(number, stage));
  const results = join(folder, 'results.json');
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', '--project', 'unit', '--reporter', 'json', '--outputFile', results, TRIALS];
  const { hung, output } = await runTests(process.execPath, args, workspace, {}, TIMEOUT_MS);
  if (hung) {
    if (numbers.length === 1) return [];
    const half = Math.ceil(numbers.length / 2);
    return [
      ...(await survivorsAmong(numbers.slice(0, half), stage)),
      ...(await survivorsAmong(numbers.slice(half), stage)),
    ];
  }
  if (globSync(results).length === 0) throw new Error(`nothing was tried\n${output.slice(-2000)}`);
  const { testResults } = JSON.parse(readFileSync(results, 'utf8')) as VitestResults;
  if (testResults.length !== numbers.length) throw new Error(`not all were tried\n${output.slice(-2000)}`);
  const passed = testResults.filter(({ status }) => status === 'passed');
  return passed.map(({ name }) => Number(basename(name, '.test.ts')));
}

export const CORE: Target = { mutantsOf, stagesOf, prepare, survivorsAmong, batchSize: BATCH_SIZE };
