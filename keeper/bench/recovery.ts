// `npm run bench:recovery`: how long a keeper takes to read and apply its journal, and to start again with many accounts;
// and how long trading stands still for a checkpoint and for a local snapshot of them.
//
//   node keeper/bench/recovery.ts [--json] [--quick] [--floors] [--write]
//
// A record is one command: a batch of one order, or of a hundred. The journal is written before the clock starts, in groups
// of as many records as gather under load while the disk is waited for, and encrypted as always. `--quick` reads a tenth of
// the records, and starts with a tenth of the accounts. `--floors` fails when recovery is slower, or a pause longer, in
// relation to what is measured beside it than it may ever be. `--write` puts the table into docs/benchmarks.md.
import { parseArgs } from 'node:util';
import { inlineMore } from '../src/adapters/compiler/inlineMore.ts';
import { ACCOUNTS, ASSETS, CHANGED, measurePauses, type Pause, RESTING } from './cutPause.ts';
import { progress } from './measure.ts';
import { type Flow, measureReplay, type Replayed, type Times } from './replay.ts';
import { formatTable, machineLine, writeSection } from './report.ts';
import { measureRestart } from './restart.ts';

/** Processor time of a recovery from single orders, as a multiple of parsing them as JSON. */
const RECOVERY_FLOOR = 4;
/** Of what a cut takes when the main thread packs it alone, the share that trading may stand still: the median. */
const PAUSE_FLOOR = 0.2;

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean' },
    quick: { type: 'boolean' },
    floors: { type: 'boolean' },
    write: { type: 'boolean' },
  },
});

inlineMore();
const records = options.quick === true ? 100_000 : 1_000_000;
const flows: readonly Flow[] = [
  { records, ordersPerRecord: 1, recordsPerGroup: 100 },
  { records, ordersPerRecord: 1, recordsPerGroup: 16 },
  { records: records / 100, ordersPerRecord: 100, recordsPerGroup: 16 },
];
const replays = flows.map((flow) => {
  progress(`${flow.records} records of ${flow.ordersPerRecord} orders, ${flow.recordsPerGroup} to a group`);
  return { ...flow, ...measureReplay(flow) };
});
const accounts = options.quick === true ? ACCOUNTS / 10 : ACCOUNTS;
progress(`restart with ${accounts} accounts`);
const restarted = await measureRestart(accounts, { records, ordersPerRecord: 1, recordsPerGroup: 16 });
progress(`checkpoints and snapshots of ${ACCOUNTS} accounts`);
const pauses = await measurePauses();
report();
if (options.floors === true) requireFloors();

function report(): void {
  const machine = { accounts: ACCOUNTS, assets: ASSETS, resting: RESTING, changed: CHANGED, ...pauses };
  if (options.json === true)
    process.stdout.write(`${JSON.stringify({ replays, restarted, pauses: machine }, null, 2)}\n`);
  const count = (value: number) => value.toLocaleString('en');
  const number = (value: number) => (value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString('en'));
  const timesOf = ({ ms, processorMs }: Times) => [number(ms), '', number(processorMs)];
  const pauseRows = (what: string, { p50, max, whole, alone }: Pause) => [
    [`${what}: trading stands still`, '', number(p50), number(max), ''],
    [`${what}: until all of it is there`, '', number(whole), '', ''],
    [`${what}: the same by the main thread alone`, '', number(alone), '', ''],
  ];
  const table = [
    ['what', 'how many', 'median ms', 'longest ms', 'of the processor, ms'],
    ...replays.flatMap((replay) => {
      const { ordersPerRecord, recordsPerGroup } = replay;
      const what = `records of ${ordersPerRecord === 1 ? 'one order' : `${ordersPerRecord} orders`}, ${recordsPerGroup} a group`;
      const many = count(replay.records);
      return [
        [`${what}: opened, checked, decoded`, many, ...timesOf(replay.read)],
        [`${what}: recovered`, many, ...timesOf(replay.recover)],
        [`${what}: as lines of JSON, parsed`, many, ...timesOf(replay.json)],
      ];
    }),
    [`restart with ${count(restarted.accounts)} accounts`, count(restarted.records), ...timesOf(restarted)],
    ['restart: nobody is answered', '', number(restarted.p50), number(restarted.max), ''],
    ...pauseRows('checkpoint', pauses.cut),
    ...pauseRows('local snapshot', pauses.snapshot),
  ];
  if (options.json !== true) process.stdout.write(formatTable(table));
  if (options.write === true) writeSection('bench:recovery', table, machineLine());
}

function requireFloors(): void {
  const { recover, json } = replays[0] as Replayed;
  const ratio = recover.processorMs / json.processorMs;
  if (ratio > RECOVERY_FLOOR) throw new Error(`Recovery takes ${ratio} times as long as parsing JSON.`);
  for (const { p50, alone } of [pauses.cut, pauses.snapshot]) {
    if (p50 > PAUSE_FLOOR * alone)
      throw new Error(`Trading stands still for ${p50} ms; alone it would be ${alone} ms.`);
  }
}
