// Random histories of vaults up to the day of the exit, each from a seed:
//
//   npm run simulate:exit -- --seeds 5000
//   npm run simulate:exit -- --seeds 5000 --from 100000
import { parseArgs } from 'node:util';
import { checkHistory, WORLDS } from './checkHistory.ts';

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '1000' }, from: { type: 'string', default: '1' } },
});
const first = Number(values.from);
const count = Number(values.seeds);
let failed = 0;
for (const [name, options] of Object.entries(WORLDS)) {
  const totals = { claims: 0, settlements: 0, shuttles: 0, stranded: 0, debts: 0 };
  for (let seed = first; seed < first + count; seed++) {
    try {
      const history = checkHistory(seed, options);
      for (const what of ['claims', 'settlements', 'shuttles', 'stranded', 'debts'] as const)
        totals[what] += history[what];
    } catch (error) {
      failed++;
      console.error(`${name}: ${(error as Error).message}`);
    }
  }
  const shown = Object.entries(totals).map(([what, times]) => `${times} ${what}`);
  console.log(`${name}: ${count} histories, ${shown.join(', ')}`);
}
console.log(`${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
