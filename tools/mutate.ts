// `npm run mutate`: plants small faults in the contracts through which money goes, and runs the tests against each.
// A mutant that no test notices is either a missing test or changes nothing; docs/mutation.md says why of each of those.
//   npm run mutate                        everything
//   npm run mutate -- --file Withdrawals  only files whose path contains "Withdrawals"; may be given several times
//   npm run mutate -- --sample 20         20 mutants, evenly spread and always the same
//   npm run mutate -- --name "_toCap: "   only mutants whose name contains this; may be given several times
//   npm run mutate -- --stages 1          only against the tests that are about the file
//   npm run mutate -- --core              of the keeper's core instead of the contracts
//
// All mutants are planted at once, in a copy of the project (see schemata.ts); each is then switched on for a run of the
// tests that are about its file, and, while it survives, of all others.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Mutant } from './mutants.ts';
import { CONTRACTS } from './mutateContracts.ts';
import { CORE } from './mutateCore.ts';
import type { Target } from './mutationTarget.ts';
import { readTable } from './readTable.ts';

type Outcome = 'killed' | 'survived' | 'cannot be planted';

/** Which mutants are tried, and against what. */
interface Choice {
  readonly names: readonly string[];
  readonly sample: number;
  readonly stageCount: number;
}

export const EXPLANATIONS = 'docs/mutation.md';
/** Above all addresses that mean something. */
const FIRST_NUMBER = 0x10_000;
const PROGRESS_EVERY = 20;

function sampleOf<T>(items: readonly T[], size: number): T[] {
  if (size >= items.length) return [...items];
  return Array.from({ length: size }, (_, i) => items[Math.floor(((i + 0.5) * items.length) / size)] as T);
}

/** Makes sure that the tests pass while no mutant is switched on. */
async function requireGreen(target: Target, stage: string): Promise<void> {
  const { passed, output } = await target.run(0, stage);
  if (!passed || !/[1-9]\d* (tests )?passed/.test(output)) {
    throw new Error(`the tests do not pass without a mutant\n${output.slice(-4000)}`);
  }
}

/** Whether a mutant survives these tests. */
async function survives(target: Target, number: number, stage: string): Promise<boolean> {
  const { passed, hung, output } = await target.run(number, stage);
  if (!passed && !hung && !target.failure.test(output))
    throw new Error(`it was no test that failed\n${output.slice(-2000)}`);
  return passed;
}

/** Tries each mutant against ever more tests until one fails. */
async function tryAll(
  target: Target,
  mutants: readonly Mutant[],
  { names, sample, stageCount }: Choice,
): Promise<Map<Mutant, Outcome>> {
  const stagesOf = (mutant: Mutant) => target.stagesOf(mutant).slice(0, stageCount);
  const stages = new Set(mutants.flatMap(stagesOf));
  const numbers = new Map(mutants.map((mutant, i) => [mutant, FIRST_NUMBER + i]));
  const left = await target.prepare(mutants, (mutant) => numbers.get(mutant) as number, stages);
  const outcomes = new Map<Mutant, Outcome>([...left].map((mutant) => [mutant, 'cannot be planted']));
  const queue = sampleOf(
    mutants.filter((mutant) => !left.has(mutant) && names.some((name) => mutant.name.includes(name))),
    sample,
  );
  for (const stage of stages) await requireGreen(target, stage);
  console.log(`${queue.length} mutants of ${new Set(queue.map(({ file }) => file)).size} files`);

  for (const mutant of queue) {
    let alive = true;
    for (const stage of stagesOf(mutant)) alive &&= await survives(target, numbers.get(mutant) as number, stage);
    outcomes.set(mutant, alive ? 'survived' : 'killed');
    if (alive) console.log(`  ${mutant.file}:${mutant.line} ${mutant.name}`);
    if (outcomes.size % PROGRESS_EVERY === 0) console.log(`  ${outcomes.size - left.size} of ${queue.length}`);
  }
  return outcomes;
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
    options: {
      file: { type: 'string', multiple: true },
      name: { type: 'string', multiple: true, default: [''] },
      sample: { type: 'string' },
      stages: { type: 'string', default: '3' },
      core: { type: 'boolean', default: false },
    },
  });
  const target = values.core ? CORE : CONTRACTS;
  const mutants = target.mutantsOf(values.file);
  if (mutants.length === 0) throw new Error('nothing to do');
  const sample = Number(values.sample ?? mutants.length);
  const outcomes = await tryAll(target, mutants, { names: values.name, sample, stageCount: Number(values.stages) });
  report(outcomes);

  const explained = readTable(readFileSync(resolve(import.meta.dirname, '..', EXPLANATIONS), 'utf8'), 2);
  const survivors = mutants.filter((mutant) => outcomes.get(mutant) === 'survived');
  const unexplained = survivors.filter(({ file, name }) => !explained.has(`${file}: ${name}`));
  for (const { file, line, name } of unexplained) console.log(`✗ ${file}:${line} ${name}`);
  console.log(`\n${survivors.length} survived, ${unexplained.length} of them not explained in ${EXPLANATIONS}`);
  process.exitCode = unexplained.length === 0 ? 0 : 1;
}

if (import.meta.main) await main();
