// `npm run bench:recovery`: how long a keeper takes to read and apply its journal, and how long a snapshot of many accounts
// holds up everything else.
//
//   node keeper/bench/recovery.ts [--json] [--quick] [--write]
//
// One order per record, a hundred records per group, encrypted as always; the journal is written before the clock starts.
// `--write` puts the table into docs/benchmarks.md.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openJournal } from '../src/adapters/journal/openJournal.ts';
import { ZERO_ADDRESS } from '../src/core/commands.ts';
import { type Asset, addAsset, openAccount } from '../src/core/ledger.ts';
import type { JournalRecord } from '../src/core/ports.ts';
import { CORE_VERSION, decodeEngine, encodeEngine } from '../src/core/snapshot.ts';
import { createState, type State } from '../src/core/state.ts';
import { step } from '../src/core/step.ts';
import { GENESIS } from '../test/support/exchange.ts';
import { batchMessages, openMarket } from './endToEndMarket.ts';
import { formatTable, machineLine, writeSection } from './report.ts';

const ROUNDS = 3;
const RECORDS_PER_GROUP = 100;
const ACCOUNTS = 100_000;
const ASSETS = 6;
/** A start, not a round number, so that integers take as many bytes as they would. */
const NOW = 1_767_225_600_123;

const { values: options } = parseArgs({
  options: { json: { type: 'boolean' }, quick: { type: 'boolean' }, write: { type: 'boolean' } },
});
const records = options.quick === true ? 100_000 : 1_000_000;

report({ records, ...measureRecovery(), ...measureSnapshot() });

interface Times {
  readonly ms: number;
  readonly processorMs: number;
}

/** Reading (which opens, decrypts, checks and decodes every record), and reading and applying. */
function measureRecovery(): { readonly read: Times; readonly recover: Times } {
  const directory = mkdtempSync(join(tmpdir(), 'mw-bench-'));
  const identity = { homeChainId: GENESIS.homeChainId, checkpointer: GENESIS.checkpointer, coreVersion: CORE_VERSION };
  const open = () => openJournal({ directory, key: new Uint8Array(32).fill(7), identity });
  try {
    progress(`writing ${records} records`);
    const market = openMarket(NOW);
    const engine = encodeEngine(market.state);
    const base = market.sequence;
    const journal = open();
    journal.begin({ sequence: base, engine });
    let group: JournalRecord[] = [];
    let sequence = base;
    for (const message of batchMessages({ batches: records, size: 1, now: NOW })) {
      sequence++;
      group.push({ sequence, command: { type: 'batch', time: NOW + sequence, ...message } });
      if (group.length < RECORDS_PER_GROUP) continue;
      journal.append(group);
      group = [];
    }
    journal.close();
    progress('reading');
    const read = median(() => {
      const again = open();
      let last = base;
      for (const { sequence } of again.replay(base)) last = sequence;
      if (last !== base + records) throw new Error(`the journal ends at ${last}`);
      again.close();
    });
    progress('reading and applying');
    const recover = median(() => {
      const again = open();
      const state = decodeEngine(again.snapshot(base)?.engine ?? new Uint8Array(), GENESIS);
      for (const { sequence, command } of again.replay(base)) step(state, sequence, command);
      again.close();
    });
    return { read, recover };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** What the main thread needs for the bytes of a snapshot. */
function measureSnapshot(): { readonly pause: Times; readonly snapshotBytes: number } {
  progress(`a snapshot of ${ACCOUNTS} accounts`);
  const state = manyAccounts();
  const snapshotBytes = encodeEngine(state).length;
  return { pause: median(() => void encodeEngine(state)), snapshotBytes };
}

function manyAccounts(): State {
  const state = createState(GENESIS);
  const { ledger } = state.exchange;
  for (let id = 1; id <= ASSETS; id++) addAsset(ledger, { id, symbol: `A${id}`, ledgerDecimals: 9 });
  for (let i = 0; i < ACCOUNTS; i++) {
    const account = openAccount(ledger, `0x${(i + 1).toString(16).padStart(40, '7')}`, 0);
    for (const asset of ledger.assets as Asset[]) {
      asset.units[account] = (i * 7_919 + asset.id * 104_729) * 1_000_003;
      asset.dust[account] = BigInt(i) * 1_000n;
    }
  }
  ledger.feeAccount = openAccount(ledger, ZERO_ADDRESS, 1);
  return state;
}

/** Medians over the rounds: by the clock, and of the processor, which says more on a machine that others use, too. */
function median(run: () => void): Times {
  const times = Array.from({ length: ROUNDS }, () => {
    const before = process.threadCpuUsage();
    const start = performance.now();
    run();
    const ms = performance.now() - start;
    const { user, system } = process.threadCpuUsage(before);
    return { ms, processorMs: (user + system) / 1000 };
  });
  const middle = (values: readonly number[]) =>
    Math.round(values.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] as number);
  return { ms: middle(times.map(({ ms }) => ms)), processorMs: middle(times.map(({ processorMs }) => processorMs)) };
}

function report(row: {
  readonly records: number;
  readonly read: Times;
  readonly recover: Times;
  readonly pause: Times;
  readonly snapshotBytes: number;
}): void {
  if (options.json === true) process.stdout.write(`${JSON.stringify(row, null, 2)}\n`);
  const number = (value: number) => value.toLocaleString('en');
  const times = ({ ms, processorMs }: Times) => [number(ms), number(processorMs)];
  const table = [
    ['what', 'how many', 'median ms', 'of the processor, ms'],
    ['records opened, checked and decoded', number(row.records), ...times(row.read)],
    ['records recovered: the same, and applied', number(row.records), ...times(row.recover)],
    [`a snapshot of ${ASSETS} assets: main thread`, `${number(ACCOUNTS)} accounts`, ...times(row.pause)],
  ];
  if (options.json !== true) process.stdout.write(formatTable(table));
  if (options.write === true) writeSection('bench:recovery', table, machineLine());
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
