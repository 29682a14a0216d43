// `npm run compare`: the fast engine against the naive one for as long as one likes.
//
//   node keeper/test/compare/run.ts [--commands 10000000] [--seed 1]
//
// Every two million commands begin a new flow with the next seed, so that books, ids and deposits stay of everyday size.
// Where the engines differ, the commands that show it are printed, as few as could be found, and the exit code is 1.
import { parseArgs } from 'node:util';
import { compareEngines, shrink } from '../support/compareEngines.ts';

const COMMANDS_PER_SEED = 2_000_000;
const PROGRESS_EVERY = 250_000;

const { values } = parseArgs({
  options: { commands: { type: 'string', default: '10000000' }, seed: { type: 'string', default: '1' } },
});
const wanted = numberOf('commands');
const firstSeed = numberOf('seed');

let done = 0;
for (let seed = firstSeed; done < wanted; seed++) {
  let told = 0;
  const { commands, difference } = compareEngines({
    seed,
    commands: Math.min(COMMANDS_PER_SEED, wanted - done),
    onProgress(count) {
      if (count - told < PROGRESS_EVERY) return;
      told = count;
      process.stderr.write(`seed ${seed}: ${(done + count).toLocaleString('en')} of ${wanted.toLocaleString('en')}\n`);
    },
  });
  done += commands;
  if (difference === undefined) continue;
  process.stdout.write(`seed ${seed} differs after ${commands} commands: ${difference.what}\n\nlooking for less …\n\n`);
  const { ops, what } = shrink(difference);
  const text = (value: unknown) => JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}` : part));
  process.stdout.write(`${ops.map(text).join('\n')}\n\n${what}\n`);
  process.exit(1);
}
process.stdout.write(`${done.toLocaleString('en')} commands: both engines agree on every result, event and state.\n`);

function numberOf(name: 'commands' | 'seed'): number {
  const value = Number(values[name]);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new Error(`--${name} must be a whole number, not ${values[name]}`);
  return value;
}
