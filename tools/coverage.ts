// `npm run coverage`: which branches of the contracts the tests take. What no test takes is named in docs/coverage.md with
// the reason; a branch or line that is missing and not named there, or named and not missing, is an error.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { foundryBinary } from '../keeper/src/cli/devnet/foundryBinary.ts';
import { readTable } from './readTable.ts';

const SOURCES = 'contracts/src/';
const REASONS = 'docs/coverage.md';
const MIN_BRANCHES_PERCENT = 98;
const OUTPUT_LIMIT_BYTES = 64 * 1024 * 1024;

export interface FileCoverage {
  readonly file: string;
  readonly branches: number;
  readonly missingBranches: number;
  /** Lines with something on them that no test does or takes. */
  readonly missingLines: readonly number[];
}

/** Reads an lcov trace file. */
export function readTrace(trace: string): FileCoverage[] {
  return trace
    .split('end_of_record\n')
    .filter((record) => record.trim() !== '')
    .map((record) => {
      const file = /^SF:(.+)$/m.exec(record)?.[1];
      if (file === undefined) throw new Error(`no file in: ${record}`);
      const branches = [...record.matchAll(/^BRDA:(\d+),\d+,\d+,(\d+|-)$/gm)];
      const missingBranches = branches.filter(([, , hits]) => hits === '0' || hits === '-');
      const missing = [...missingBranches, ...record.matchAll(/^DA:(\d+),0$/gm)].map(([, line]) => Number(line));
      return {
        file,
        branches: branches.length,
        missingBranches: missingBranches.length,
        missingLines: [...new Set(missing)].toSorted((a, b) => a - b),
      };
    });
}

function measure(root: string): FileCoverage[] {
  const folder = mkdtempSync(join(tmpdir(), 'mw-coverage-'));
  const trace = join(folder, 'lcov.info');
  // Without the optimizer gas and bytecode are not those that are recorded.
  const tests = ['--no-match-path', 'contracts/test/{gas,script}/*'];
  const sources = ['--no-match-coverage', '(node_modules|contracts/(test|script))/'];
  const report = ['--report', 'lcov', '--report-file', trace];
  const { status, stdout } = spawnSync(foundryBinary('forge'), ['coverage', ...tests, ...sources, ...report], {
    cwd: root,
    env: { ...process.env, FOUNDRY_PROFILE: 'quick' },
    encoding: 'utf8',
    maxBuffer: OUTPUT_LIMIT_BYTES,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`forge coverage failed\n${stdout.slice(-4000)}`);
  const text = readFileSync(trace, 'utf8');
  rmSync(folder, { recursive: true });
  return readTrace(text).filter(({ file }) => file.startsWith(SOURCES));
}

function main(): void {
  const root = resolve(import.meta.dirname, '..');
  const files = measure(root);
  console.log('| file | branches | taken |\n| --- | --- | --- |');
  for (const { file, branches, missingBranches } of files) {
    console.log(`| \`${file}\` | ${branches} | ${branches - missingBranches} |`);
  }
  const total = files.reduce((sum, { branches }) => sum + branches, 0);
  const taken = total - files.reduce((sum, { missingBranches }) => sum + missingBranches, 0);
  const percent = (100 * taken) / total;
  console.log(`\n${taken} of ${total} branches: ${percent.toFixed(1)} %`);

  const missing = files.flatMap(({ file, missingLines }) => {
    const lines = readFileSync(join(root, file), 'utf8').split('\n');
    return missingLines.map((line) => ({ place: `${file}:${line}`, key: `${file}: ${lines[line - 1]?.trim()}` }));
  });
  const named = readTable(readFileSync(join(root, REASONS), 'utf8'), 2);
  const unnamed = missing.filter(({ key }) => !named.has(key));
  const stale = [...named].filter((each) => !missing.some(({ key }) => key === each));
  for (const { place, key } of unnamed) console.log(`✗ ${place} is not covered, nor named in ${REASONS}: ${key}`);
  for (const key of stale) console.log(`✗ ${REASONS} names what is covered, or gone: ${key}`);
  const isEnough = total > 0 && percent >= MIN_BRANCHES_PERCENT;
  process.exitCode = isEnough && unnamed.length === 0 && stale.length === 0 ? 0 : 1;
}

if (import.meta.main) main();
