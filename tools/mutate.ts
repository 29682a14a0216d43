// `npm run mutate`: plants one small fault after the other in the contracts through which money goes, and runs the tests.
// A mutant that no test notices is either a missing test or changes nothing; docs/mutation.md says why of each of those.
//   npm run mutate                        everything, in about half an hour
//   npm run mutate -- --file Withdrawals  only files whose path contains "Withdrawals"; may be given several times
//   npm run mutate -- --sample 20         20 mutants, evenly spread and always the same
//
// The tests run in copies of the project. There forge loads the contracts under test from their artifacts ("dynamic
// linking"), so that a mutant needs no more than new artifacts. Only the tests that are about the file run there. What
// survives them is decided by a whole build with all tests, invariants included.
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { foundryBinary } from '../keeper/src/cli/devnet/foundryBinary.ts';
import { type Artifact, compileMutant, holdersOf } from './compileMutant.ts';
import { findMutants, type Mutant } from './mutants.ts';
import { readTable } from './readTable.ts';

type Outcome = 'killed' | 'survived' | 'does not compile';

const MONEY_PATHS = [
  'contracts/src/registry/*.sol',
  'contracts/src/libraries/*.sol',
  'contracts/src/{Authority,DepositRegistry,EventLog,Governor,SettlementLane}.sol',
];
/** Tests of a file by its name: they find most mutants in a second or two. What they miss is left to all others. */
const NEAREST_TESTS: Readonly<Record<string, string>> = {
  Authority: 'contracts/test/unit/Authority*',
  PauseHistory: 'contracts/test/unit/Authority.{pause,runningSeconds}*',
  ExitHatch: 'contracts/test/unit/{exit/{claim,exitMode,forcedWithdrawal},registry/discardRoot}*',
  ExitRootGate: 'contracts/test/unit/registry/{postExitRoot,discardRoot}*',
  ExitRootPosts: 'contracts/test/unit/registry/{postExitRoot,discardRoot}*',
  Settlements: 'contracts/test/unit/registry/*{Settlement,Signature}*',
  SettlementLane: 'contracts/test/unit/registry/*{Settlement,Signature}*',
  Shuttles: 'contracts/test/unit/shuttles/*',
  Listings: 'contracts/test/unit/registry/{listToken,outflow,changeSettleable}*',
  OutflowLimits: 'contracts/test/unit/registry/outflow*',
  VaultBooks: 'contracts/test/unit/registry/{deposit,withdraw,outflow}*',
  Withdrawals: 'contracts/test/unit/registry/*{w,W}ithdraw*',
  Deposits: 'contracts/test/unit/registry/deposit*',
};
export const EXPLANATIONS = 'docs/mutation.md';
/** Ends what hangs: a mutant may loop until the gas is used up, and a slow machine takes minutes to compile everything. */
const FORGE_TIMEOUT_MS = 1_800_000;
const PROGRESS_EVERY = 20;

const root = resolve(import.meta.dirname, '..');

/** Every mutant of the files whose path contains one of `filters`, or of all. */
export function moneyPathMutants(filters: readonly string[] = ['']): Mutant[] {
  return globSync(MONEY_PATHS, { cwd: root })
    .filter((file) => filters.some((filter) => file.includes(filter)))
    .toSorted()
    .flatMap((file) => findMutants(file, readFileSync(join(root, file), 'utf8')));
}

function sampleOf<T>(items: readonly T[], size: number): T[] {
  if (size >= items.length) return [...items];
  return Array.from({ length: size }, (_, i) => items[Math.floor(((i + 0.5) * items.length) / size)] as T);
}

/** Copies what the tests need. */
function makeWorkspace(folder: string): void {
  for (const item of ['contracts', 'foundry.toml', 'package.json', 'tools/solc']) {
    cpSync(join(root, item), join(folder, item), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  // Snapshots of gas and recorded deployments fail on any change: that is no test which notices the fault. And what
  // deploys by the scripts holds the bytecode of everything, so that every mutant would be compiled into it.
  for (const tests of ['test/gas', 'test/script', 'script'])
    rmSync(join(folder, 'contracts', tests), { recursive: true });
  for (const file of globSync('contracts/test/**/*.sol', { cwd: folder })) {
    if (/script\/|DevnetTest/.test(readFileSync(join(folder, file), 'utf8'))) rmSync(join(folder, file));
  }
}

function forgeTest(workspace: string, args: readonly string[] = []): Promise<{ passed: boolean; output: string }> {
  const child = spawn(foundryBinary('forge'), ['test', '--fail-fast', ...args], {
    cwd: workspace,
    env: { ...process.env, FOUNDRY_PROFILE: 'quick', NO_COLOR: '1' },
    timeout: FORGE_TIMEOUT_MS,
  });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (code) => done({ passed: code === 0, output: Buffer.concat(chunks).toString() }));
  });
}

/** Puts new bytecode in the place of the old, and answers how to undo it. */
function replaceArtifacts(workspace: string, compiled: ReadonlyMap<string, ReadonlyMap<string, Artifact>>): () => void {
  const originals = new Map<string, string>();
  for (const [file, artifacts] of compiled) {
    for (const [name, artifact] of artifacts) {
      const path = join(workspace, 'out', basename(file), `${name}.json`);
      const original = readFileSync(path, 'utf8');
      originals.set(path, original);
      writeFileSync(path, JSON.stringify({ ...JSON.parse(original), ...artifact }));
    }
  }
  return () => {
    for (const [path, original] of originals) writeFileSync(path, original);
  };
}

async function tryArtifacts(mutant: Mutant, workspace: string): Promise<Outcome> {
  const compiled = compileMutant(workspace, { ...mutant, holders: holdersOf(workspace, mutant.file) });
  if (compiled === undefined) return 'does not compile';
  const undo = replaceArtifacts(workspace, compiled);
  const { passed, output } = await forgeTest(workspace, ['--dynamic-test-linking']);
  undo();
  if (/Compiling|Broken pipe/.test(output)) throw new Error(`forge wants to compile\n${output.slice(0, 2000)}`);
  return passed ? 'survived' : 'killed';
}

async function tryBuild(mutant: Mutant, workspace: string): Promise<Outcome> {
  const path = join(workspace, mutant.file);
  const original = readFileSync(path);
  writeFileSync(path, mutant.text);
  const { passed, output } = await forgeTest(workspace);
  writeFileSync(path, original);
  if (output.includes('Compiler run failed')) return 'does not compile';
  return passed ? 'survived' : 'killed';
}

/** Tries all mutants, one after the other in each workspace. */
async function tryAll(
  mutants: readonly Mutant[],
  workspaces: readonly string[],
  attempt: (mutant: Mutant, workspace: string) => Promise<Outcome>,
): Promise<Map<Mutant, Outcome>> {
  const outcomes = new Map<Mutant, Outcome>();
  const queue = [...mutants];
  await Promise.all(
    workspaces.map(async (workspace) => {
      for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
        outcomes.set(mutant, await attempt(mutant, workspace));
        if (outcomes.size % PROGRESS_EVERY === 0) console.log(`  ${outcomes.size} of ${mutants.length}`);
      }
    }),
  );
  return outcomes;
}

/** First against the nearest tests without invariants, from artifacts; what survives, against everything. */
async function findSurvivors(mutants: readonly Mutant[], folder: string, jobs: number): Promise<Map<Mutant, Outcome>> {
  const outcomes = new Map<Mutant, Outcome>();
  for (const [tests, group] of Map.groupBy(mutants, nearestTests)) {
    const near = join(folder, `near-${outcomes.size}`);
    await makeNearWorkspace(near, tests, group);
    for (const [mutant, outcome] of await tryAll(group, copies(near, jobs), tryArtifacts))
      outcomes.set(mutant, outcome);
    console.log(`  ${outcomes.size} of ${mutants.length}`);
  }
  const survivors = mutants.filter((mutant) => outcomes.get(mutant) === 'survived');
  if (survivors.length === 0) return outcomes;
  for (const { file, line, name } of survivors) console.log(`  ${file}:${line} ${name}`);
  console.log(`${survivors.length} left for a whole build`);
  const whole = join(folder, 'whole');
  makeWorkspace(whole);
  await requireGreen(whole);
  for (const [mutant, outcome] of await tryAll(survivors, copies(whole, jobs), tryBuild)) outcomes.set(mutant, outcome);
  return outcomes;
}

/** With compiled tests, but without a compiler. */
async function makeNearWorkspace(near: string, tests: string, mutants: readonly Mutant[]): Promise<void> {
  makeWorkspace(near);
  const kept = new Set(globSync(tests, { cwd: near }));
  if (kept.size === 0) throw new Error(`no tests in ${tests}`);
  for (const file of globSync('contracts/test/**/*.t.sol', { cwd: near })) {
    if (!kept.has(file) || file.includes('/invariant/')) rmSync(join(near, file));
  }
  await requireGreen(near, ['--dynamic-test-linking']);
  forbidCompiling(near);
  // A file without a fault must survive, or what kills the others is the way in which they are compiled.
  for (const file of new Set(mutants.map((mutant) => mutant.file))) {
    const text = readFileSync(join(near, file), 'utf8');
    const compiled = compileMutant(near, { file, text, holders: holdersOf(near, file) });
    if (compiled === undefined) throw new Error(`${file} does not compile`);
    const undo = replaceArtifacts(near, compiled);
    await requireGreen(near, ['--dynamic-test-linking']);
    undo();
  }
}

function nearestTests({ file }: Mutant): string {
  return NEAREST_TESTS[basename(file, '.sol')] ?? 'contracts/test/**/*.t.sol';
}

/** Compiles a workspace and makes sure that its tests pass without a mutant. */
async function requireGreen(workspace: string, args: readonly string[] = []): Promise<void> {
  const { passed, output } = await forgeTest(workspace, args);
  if (!passed) throw new Error(`the tests fail without a mutant\n${output.slice(-4000)}`);
}

/** forge asks for the compiler's version each time it starts: a fixed answer, and nothing else, spares half a second. */
function forbidCompiling(workspace: string): void {
  const solc = join(workspace, 'tools/solc');
  const version = execFileSync(solc, ['--version'], { encoding: 'utf8' });
  writeFileSync(solc, `#!/bin/sh\n[ "$1" = --version ] && cat <<'END'\n${version}END\n`);
}

/** One workspace for each job. */
function copies(workspace: string, jobs: number): string[] {
  const more = Array.from({ length: jobs - 1 }, (_, i) => `${workspace}${i + 1}`);
  for (const copy of more) cpSync(workspace, copy, { recursive: true, verbatimSymlinks: true });
  return [workspace, ...more];
}

function report(outcomes: ReadonlyMap<Mutant, Outcome>): void {
  const files = Map.groupBy(outcomes, ([{ file }]) => file);
  console.log('\n| file | mutants | killed | survived |\n| --- | --- | --- | --- |');
  for (const [file, entries] of files) {
    const count = (outcome: Outcome) => entries.filter(([, each]) => each === outcome).length;
    console.log(`| \`${file}\` | ${count('killed') + count('survived')} | ${count('killed')} | ${count('survived')} |`);
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { file: { type: 'string', multiple: true }, sample: { type: 'string' }, jobs: { type: 'string' } },
  });
  const all = moneyPathMutants(values.file);
  const mutants = sampleOf(all, Number(values.sample ?? all.length));
  const jobs = Number(values.jobs ?? availableParallelism());
  if (mutants.length === 0 || !(jobs >= 1)) throw new Error(`nothing to do: ${mutants.length} mutants, ${jobs} jobs`);

  console.log(`${mutants.length} mutants of ${new Set(mutants.map(({ file }) => file)).size} files`);
  const folder = mkdtempSync(join(tmpdir(), 'mw-mutants-'));
  const outcomes = await findSurvivors(mutants, folder, jobs).finally(() => rmSync(folder, { recursive: true }));
  report(outcomes);

  const explained = readTable(readFileSync(join(root, EXPLANATIONS), 'utf8'), 2);
  const survivors = mutants.filter((mutant) => outcomes.get(mutant) === 'survived');
  const unexplained = survivors.filter(({ file, name }) => !explained.has(`${file}: ${name}`));
  for (const { file, line, name } of unexplained) console.log(`✗ ${file}:${line} ${name}`);
  console.log(`\n${survivors.length} survived, ${unexplained.length} of them not explained in ${EXPLANATIONS}`);
  process.exitCode = unexplained.length === 0 ? 0 : 1;
}

if (import.meta.main) await main();
