// What mutation testing needs to know of a part of the project.
import { spawn } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Mutant } from './mutants.ts';

export interface Target {
  /** Mutants of the files whose path contains one of the filters. */
  mutantsOf(filters?: readonly string[]): Mutant[];
  /** Patterns of test files that are tried one after the other: those about the mutant's file first. */
  stagesOf(mutant: Mutant): string[];
  /**
   * Plants mutants in a copy of the project with the tests of these stages, each to be switched on by its number. Answers
   * those that cannot be planted.
   */
  prepare(
    mutants: readonly Mutant[],
    numberOf: (mutant: Mutant) => number,
    stages: ReadonlySet<string>,
  ): Promise<Set<Mutant>>;
  /**
   * Runs the tests of a stage with each of these mutants switched on, or, with number 0, none.
   * @returns those that no test noticed
   * @throws if it was no test that failed
   */
  survivorsAmong(numbers: readonly number[], stage: string): Promise<number[]>;
  /** How many at once. */
  readonly batchSize: number;
}

/** The mutants that `find` finds in the files of a pattern, in the order of their names. */
export function mutantsIn(
  root: string,
  pattern: string | readonly string[],
  find: (file: string, source: string) => Mutant[],
): Target['mutantsOf'] {
  return (filters = ['']) =>
    globSync(pattern, { cwd: root })
      .filter((file) => filters.some((filter) => file.includes(filter)))
      .toSorted()
      .flatMap((file) => find(file, readFileSync(join(root, file), 'utf8')));
}

export interface TestRun {
  readonly passed: boolean;
  /** It was ended because it took too long: a loop without an end is a fault that was noticed. */
  readonly hung: boolean;
  readonly output: string;
}

const TIMEOUT_MS = 1_800_000;

export function runTests(
  command: string,
  args: readonly string[],
  folder: string,
  variables: Readonly<Record<string, string>>,
  timeout = TIMEOUT_MS,
): Promise<TestRun> {
  const child = spawn(command, args, { cwd: folder, env: { ...process.env, ...variables, NO_COLOR: '1' }, timeout });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (code) =>
      done({ passed: code === 0, hung: child.killed, output: Buffer.concat(chunks).toString() }),
    );
  });
}
