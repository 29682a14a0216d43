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
  const passed = (await target.survivorsAmong([0], stage)).length === 1;
  if (!passed) throw new Error(`the tests do not pass without a mutant: ${stage}`);
}

/** Those of the `mutants` that survive a stage. */
async function survivorsOf(
  target: Target,
  mutants: readonly Mutant[],
  numberOf: (mutant: Mutant) => number,
  stage: string,
): Promise<Mutant[]> {
  const survivors: Mutant[] = [];
  for (let tried = 0; tried < mutants.length; tried += target.batchSize) {
    const batch = mutants.slice(tried, tried + target.batchSize);
    const alive = new Set(await target.survivorsAmong(batch.map(numberOf), stage));
    for (const mutant of batch.filter((mutant) => alive.has(numberOf(mutant)))) {
      survivors.push(mutant);
      console.log(`  ${mutant.file}:${mutant.line} ${mutant.name}`);
    }
    const done = tried + batch.length;
    if (done % PROGRESS_EVERY < target.batchSize) console.log(`  ${done} of ${mutants.length} by ${stage}`);
  }
  return survivors;
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

  for (const mutant of queue) outcomes.set(mutant, 'survived');
  for (let i = 0; i < stageCount; i++) {
    const alive = queue.filter((mutant) => outcomes.get(mutant) === 'survived');
    for (const [stage, group] of Map.groupBy(alive, (mutant) => stagesOf(mutant)[i])) {
      if (stage === undefined) continue;
      const survivors = new Set(await survivorsOf(target, group, (mutant) => numbers.get(mutant) as number, stage));
      for (const mutant of group) if (!survivors.has(mutant)) outcomes.set(mutant, 'killed');
    }
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
