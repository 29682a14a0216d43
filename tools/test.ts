// `npm test`: every forge test and every vitest test, and one plain total on the last line.
//   npm test                        everything
//   npm test -- --forge             only the contracts
//   npm test -- --vitest ledger     only vitest files whose path contains "ledger"
// forge's random runs take all the processors that there are, vitest's integration tests mostly wait for blocks: both run
// at the same time, and forge gets what the others leave.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { foundryBinary } from '../keeper/src/cli/devnet/foundryBinary.ts';

/** What a suite counted; `problems` are failures that are no test: a runner that crashed, a file that did not load. */
export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly problems: readonly string[];
}

interface ForgeTest {
  readonly status: 'Success' | 'Failure' | 'Skipped';
  readonly reason: string | null;
  readonly counterexample?: unknown;
  readonly decoded_logs?: readonly string[];
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: 'passed' | 'failed';
    readonly message: string;
    readonly assertionResults: readonly unknown[];
  }[];
}

interface Finished {
  readonly code: number;
  readonly output: string;
}

const root = resolve(import.meta.dirname, '..');
const PROGRESS_EVERY_MS = 10_000;
const NICENESS = 10;
const NOTHING: Totals = { passed: 0, failed: 0, skipped: 0, problems: [] };

/** Runs a command to its end. Shows its output, or keeps it. */
function run(command: string, args: readonly string[], show: 'output' | 'nothing'): Promise<Finished> {
  const child = spawn(command, args, {
    cwd: root,
    // A changed gas snapshot is a failed test, not a changed file.
    env: { FORGE_SNAPSHOT_CHECK: 'true', ...process.env, ...(process.stdout.isTTY ? {} : { NO_COLOR: '1' }) },
    stdio: show === 'output' ? 'inherit' : ['ignore', 'pipe', 'pipe'],
  });
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr?.pipe(process.stderr);
  return new Promise((done) => {
    const finish = (code: number) => done({ code, output: Buffer.concat(chunks).toString('utf8') });
    child.on('error', (error) => {
      console.error(`${command}: ${error.message}`);
      finish(127);
    });
    child.on('close', (code, signal) => finish(signal === null ? (code ?? 1) : 128));
  });
}

/** Reads `forge test --json`: suites by name, each with its tests by signature. */
export function countForge(report: string, exitCode: number): Totals {
  const totals = { passed: 0, failed: 0, skipped: 0 };
  const problems: string[] = [];
  let suites: Record<string, { readonly test_results: Record<string, ForgeTest> }>;
  try {
    suites = JSON.parse(report);
  } catch {
    return { ...totals, problems: [`forge test gave no report (exit code ${exitCode})\n${report.slice(-2000)}`] };
  }
  for (const [suite, { test_results }] of Object.entries(suites)) {
    for (const [test, result] of Object.entries(test_results)) {
      if (result.status === 'Success') totals.passed++;
      else if (result.status === 'Skipped') totals.skipped++;
      else {
        totals.failed++;
        showFailure(`${suite} ${test}`, result);
      }
    }
  }
  if (exitCode !== 0 && totals.failed === 0) problems.push(`forge test ended with exit code ${exitCode}`);
  return { ...totals, problems };
}

function showFailure(name: string, { reason, counterexample, decoded_logs }: ForgeTest): void {
  console.log(`✗ ${name}: ${reason ?? 'failed'}`);
  if (counterexample) console.log(`  counterexample: ${JSON.stringify(counterexample)}`);
  for (const line of decoded_logs ?? []) console.log(`  ${line}`);
}

/** Reads vitest's JSON report; undefined when vitest left none. Failures were already shown by its own reporter. */
export function countVitest(report: string | undefined, exitCode: number): Totals {
  if (report === undefined) {
    return { passed: 0, failed: 0, skipped: 0, problems: [`vitest gave no report (exit code ${exitCode})`] };
  }
  const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(report) as VitestReport;
  const problems = testResults
    .filter((file) => file.status === 'failed' && file.assertionResults.length === 0)
    .map((file) => `${file.name} did not load: ${file.message}`);
  if (exitCode !== 0 && numFailedTests === 0 && problems.length === 0) {
    problems.push(`vitest ended with exit code ${exitCode}`);
  }
  return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests, problems };
}

function startForge(filter: string | undefined): Promise<Finished> {
  const test = ['test', '--json', ...(filter === undefined ? [] : ['--match-path', `*${filter}*`])];
  // A chain or a keeper that gets no processor for long would fail the tests beside it.
  return run('nice', ['-n', String(NICENESS), foundryBinary('forge'), ...test], 'nothing');
}

/** Shows how long it takes from here on. */
async function showProgress<T>(title: string, running: Promise<T>): Promise<T> {
  const start = Date.now();
  const timer = setInterval(() => {
    console.log(`  ${title} … ${Math.round((Date.now() - start) / 1000)} s`);
  }, PROGRESS_EVERY_MS);
  return running.finally(() => clearInterval(timer));
}

async function runVitest(filter: string | undefined): Promise<Totals> {
  if (!existsSync(join(root, 'generated/src/index.ts'))) {
    return {
      passed: 0,
      failed: 0,
      skipped: 0,
      problems: ['generated/src/index.ts is not there; run: npm run generate'],
    };
  }
  console.log('vitest run');
  const folder = mkdtempSync(join(tmpdir(), 'mw-vitest-'));
  const file = join(folder, 'report.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const { code } = await run(
    'vitest',
    ['run', ...reporters, ...(filter === undefined ? [] : ['--passWithNoTests', filter])],
    'output',
  );
  const report = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  rmSync(folder, { recursive: true });
  return countVitest(report, code);
}

/** The contracts are compiled before anything else: many of vitest's tests deploy them. */
async function runSuites(
  filter: string | undefined,
  wanted: { readonly forge: boolean; readonly vitest: boolean },
): Promise<readonly [string, Totals][]> {
  const suites: [string, Totals][] = [];
  let forge: Promise<Finished> | undefined;
  if (wanted.forge) {
    console.log('forge build');
    const build = await run(foundryBinary('forge'), ['build'], 'output');
    if (build.code === 0) forge = startForge(filter);
    else suites.push(['forge', { ...NOTHING, problems: ['the contracts do not compile'] }]);
  }
  if (wanted.vitest) suites.push(['vitest', await runVitest(filter)]);
  if (forge !== undefined) {
    console.log('forge test');
    const { code, output } = await showProgress('forge test', forge);
    suites.unshift(['forge', countForge(output, code)]);
  }
  return suites;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { forge: { type: 'boolean' }, vitest: { type: 'boolean' } },
    allowPositionals: true,
  });
  const both = values.forge === values.vitest;
  const filter = positionals[0];
  const suites = await runSuites(filter, {
    forge: both || values.forge === true,
    vitest: both || values.vitest === true,
  });

  let passed = 0;
  let failed = 0;
  for (const [name, totals] of suites) {
    const nothing = totals.passed + totals.failed === 0 && totals.problems.length === 0 && filter === undefined;
    const problems = nothing ? [`${name} ran no test at all`] : totals.problems;
    for (const problem of problems) console.log(`✗ ${problem}`);
    console.log(`${name}: ${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
    passed += totals.passed;
    failed += totals.failed + problems.length;
  }
  if (passed + failed === 0) {
    console.log(`✗ no test matches "${filter}"`);
    failed = 1;
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

if (import.meta.main) await main();
