// The contracts through which money goes, their mutants, and how forge runs their tests with one of them.
import { execFileSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { foundryBinary } from '../keeper/src/cli/devnet/foundryBinary.ts';
import { findMutants, type Mutant } from './mutants.ts';
import { mutantsIn, runTests, type Target } from './mutationTarget.ts';
import { plantAll, SWITCH_FILE, SWITCH_SOURCE } from './schemata.ts';

const MONEY_PATHS = [
  'contracts/src/registry/*.sol',
  'contracts/src/libraries/*.sol',
  'contracts/src/{Authority,Checkpointer,DepositRegistry,DepositRouter,EventLog,Governor,SettlementLane}.sol',
];
/** Tests of a file by its name: they find most mutants in a second. What they miss is left to all others. */
const NEAREST_TESTS: Readonly<Record<string, string>> = {
  Authority: 'contracts/test/unit/Authority*',
  DevelopmentChain: 'contracts/test/unit/Governor*',
  PauseHistory: 'contracts/test/unit/Authority.{pause,runningSeconds}*',
  ExitHatch: 'contracts/test/unit/{exit/{claim,exitMode,forcedWithdrawal},registry/discardRoot}*',
  ExitRootGate: 'contracts/test/unit/{registry/{postExitRoot,discardRoot},exit/exitMode}*',
  ExitRootPosts: 'contracts/test/unit/{registry/{postExitRoot,discardRoot},exit/exitMode}*',
  Settlements: 'contracts/test/unit/registry/*{Settlement,Signature}*',
  SettlementLane: 'contracts/test/unit/registry/*{Settlement,Signature}*',
  Shuttles: 'contracts/test/unit/shuttles/*',
  Listings: 'contracts/test/unit/registry/{listToken,outflow,changeSettleable}*',
  DepositRegistry: 'contracts/test/unit/{registry,shuttles,exit}/*.t.sol',
  Checkpointer: 'contracts/test/unit/Checkpointer*',
  Governor: 'contracts/test/unit/Governor*',
  DepositRouter: 'contracts/test/unit/DepositRouter*',
  OutflowLimits: 'contracts/test/unit/registry/outflow*',
  VaultBooks:
    'contracts/test/unit/{registry/{deposit,withdraw,outflow,discardRoot,postExitRoot,closeSettlement,laneSignature},exit/{exitMode,claim},shuttles/absorb}*',
  Withdrawals: 'contracts/test/unit/registry/{*{w,W}ithdraw*,discardRoot*}',
  Deposits: 'contracts/test/unit/{registry/{deposit,reentrancy},exit/exitMode,shuttles/confirmArrival}*',
};
const UNIT_TESTS = 'contracts/test/unit/**/*.t.sol';
const OTHER_TESTS = 'contracts/test/{integration,incidents,invariant}/*.t.sol';
const ENVIRONMENT = { FOUNDRY_PROFILE: 'quick' };

const root = resolve(import.meta.dirname, '..');
const FOLDER = join(root, 'cache/mutants');
/** Where everything is compiled. Stays, so that the next run compiles only what changed. */
const base = join(FOLDER, 'contracts');
/** Copies of it with some of the tests: to choose among them forge would ask the compiler each time. */
const folderByStage = new Map<string, string>();

const mutantsOf = mutantsIn(root, MONEY_PATHS, findMutants);

async function prepare(
  mutants: readonly Mutant[],
  numberOf: (mutant: Mutant) => number,
  stages: ReadonlySet<string>,
): Promise<Set<Mutant>> {
  mkdirSync(base, { recursive: true });
  for (const item of ['contracts', 'foundry.toml', 'package.json', 'tools/solc']) {
    rmSync(join(base, item), { recursive: true, force: true });
    cpSync(join(root, item), join(base, item), { recursive: true });
  }
  rmSync(join(base, 'node_modules'), { force: true });
  symlinkSync(join(root, 'node_modules'), join(base, 'node_modules'));
  // What deploys by the scripts holds the bytecode of everything, which would have to be compiled into it.
  rmSync(join(base, 'contracts/script'), { recursive: true });
  for (const file of globSync('contracts/test/**/*.sol', { cwd: base })) {
    if (/script\/|DevnetTest/.test(readFileSync(join(base, file), 'utf8'))) rmSync(join(base, file));
  }
  keepTests(base, [...stages]);
  const left = plantIn(base, mutants, numberOf);

  const { passed, output } = await runTests(
    foundryBinary('forge'),
    ['build', '--dynamic-test-linking'],
    base,
    ENVIRONMENT,
  );
  if (!passed) throw new Error(output.slice(-4000));
  for (const stage of stages) {
    const folder = join(FOLDER, `stage${folderByStage.size}`);
    folderByStage.set(stage, folder);
    rmSync(folder, { recursive: true, force: true });
    cpSync(base, folder, { recursive: true, verbatimSymlinks: true });
    keepTests(folder, [stage]);
    forbidCompiling(folder);
  }
  return left;
}

function keepTests(folder: string, patterns: readonly string[]): void {
  const kept = new Set(globSync(patterns, { cwd: folder }));
  for (const file of globSync('contracts/test/**/*.t.sol', { cwd: folder })) {
    if (!kept.has(file)) rmSync(join(folder, file));
  }
}

function plantIn(folder: string, mutants: readonly Mutant[], numberOf: (mutant: Mutant) => number): Set<Mutant> {
  const remappings = readFileSync(join(root, 'foundry.toml'), 'utf8').matchAll(/"([^"=\s]+=[^"\s]+)"/g);
  const { texts, left } = plantAll(
    mutants,
    numberOf,
    (path) => readFileSync(join(root, path), 'utf8'),
    [...remappings].map(([, remapping]) => remapping as string),
  );
  for (const [file, text] of [...texts, [SWITCH_FILE, SWITCH_SOURCE] as const]) {
    writeFileSync(join(folder, file), text);
  }
  return left;
}

/** forge asks for the compiler's version each time it starts: a fixed answer, and nothing else, spares half a second. */
function forbidCompiling(folder: string): void {
  const solc = join(folder, 'tools/solc');
  const version = execFileSync(solc, ['--version'], { encoding: 'utf8' });
  writeFileSync(solc, `#!/bin/sh\n[ "$1" = --version ] && cat <<'END'\n${version}END\n`);
}

async function survives(number: number, stage: string): Promise<boolean> {
  const producer = `0x${number.toString(16).padStart(40, '0')}`;
  // Tests load the contracts under test from their artifacts ("dynamic linking"), so that they need not be compiled again.
  const args = ['test', '--dynamic-test-linking', '--fail-fast', '--block-coinbase', producer];
  const { passed, hung, output } = await runTests(
    foundryBinary('forge'),
    args,
    folderByStage.get(stage) as string,
    ENVIRONMENT,
  );
  const expected = passed ? /[1-9]\d* tests passed/ : /^\[FAIL/m;
  if (!hung && !expected.test(output)) throw new Error(`no test has passed or failed\n${output.slice(-4000)}`);
  return passed;
}

async function survivorsAmong(numbers: readonly number[], stage: string): Promise<number[]> {
  const survivors: number[] = [];
  for (const number of numbers) if (await survives(number, stage)) survivors.push(number);
  return survivors;
}

function stagesOf({ file }: Mutant): string[] {
  const nearest = NEAREST_TESTS[basename(file, '.sol')];
  return [...(nearest === undefined ? [] : [nearest]), UNIT_TESTS, OTHER_TESTS];
}

export const CONTRACTS: Target = { mutantsOf, stagesOf, prepare, survivorsAmong, batchSize: 1 };
