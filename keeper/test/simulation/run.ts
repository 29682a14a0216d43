// A long run of the simulation, for machines with time:
//
//   node keeper/test/simulation/run.ts --seeds 1000
//   node keeper/test/simulation/run.ts --seeds 1000 --from 5000 --lying-disks
//   node keeper/test/simulation/run.ts --seeds 1000 --exits
//   node keeper/test/simulation/run.ts --seeds 1000 --margin --ms 420000
//   node keeper/test/simulation/run.ts --seed 17 --verbose
//
// `npm run simulate -- --seeds 1000` is the same with the right Node.
//
// Prints every seed that fails, and how to run it again; such a seed becomes a fixed one in simulation.test.ts.
import { parseArgs } from 'node:util';
import { type Counts, simulate } from './simulate.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    'lying-disks': { type: 'boolean', default: false },
    exits: { type: 'boolean', default: false },
    margin: { type: 'boolean', default: false },
    ms: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});

const first = Number(values.seed ?? values.from);
const last = values.seed === undefined ? first + Number(values.seeds) - 1 : first;
const totals: Record<string, number> = {};
let failed = 0;

function add(counts: Counts): void {
  for (const [what, times] of Object.entries(counts)) totals[what] = (totals[what] ?? 0) + times;
}

for (let seed = first; seed <= last; seed++) {
  try {
    const log = values.verbose ? { log: (line: string) => console.log(line) } : {};
    const duration = values.ms === undefined ? {} : { durationMs: Number(values.ms) };
    const disks = values['lying-disks'] ? 'lying' : 'honest';
    add(await simulate({ seed, disks, exits: values.exits, margin: values.margin, ...duration, ...log }));
  } catch (error) {
    failed++;
    console.error(values.verbose ? error : (error as Error).message);
  }
  const done = seed - first + 1;
  if (done % 50 === 0) console.log(`… ${done} seeds, ${failed} failed`);
}
for (const [what, times] of Object.entries(totals).toSorted()) console.log(`${String(times).padStart(9)}  ${what}`);
console.log(`${last - first + 1} seeds, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
