// How long a keeper with many accounts takes from opening its journal to the state with which it leads, as a start does it:
// everything that follows the newest checkpoint on chain is applied, the checkpoint itself compared, and what was traded
// remembered. And for how long the main thread answers nobody meanwhile.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LandedCheckpoint } from '../src/core/ports.ts';
import { encodeEngine, stateHash } from '../src/core/snapshot.ts';
import { ZERO_HASH } from '../src/core/typedMessages.ts';
import { createHistory } from '../src/flows/history.ts';
import { recover } from '../src/flows/recover.ts';
import { apply, EPOCH, GENESIS, HOME, registryLog, type TestExchange, TOKENS } from '../test/support/exchange.ts';
import { watch } from './cutPause.ts';
import { openMarket } from './endToEndMarket.ts';
import { median } from './measure.ts';
import { type Flow, groupsOf, NOW, openBenchJournal } from './replay.ts';

const ROUNDS = 3;
const DEPOSITORS_PER_LOG = 500;

interface Restarted {
  readonly accounts: number;
  readonly records: number;
  /** Medians, in milliseconds. */
  readonly ms: number;
  readonly processorMs: number;
  /** The longest time without a turn of the event loop, in milliseconds: median, and of all rounds. */
  readonly p50: number;
  readonly max: number;
}

export async function measureRestart(accounts: number, flow: Flow): Promise<Restarted> {
  const directory = mkdtempSync(join(tmpdir(), 'mw-bench-'));
  try {
    const market = openMarket(NOW);
    addDepositors(market, accounts - market.state.exchange.ledger.accountCount);
    apply(market, { type: 'cutCheckpoint' });
    const landed = landedFrom(market);
    const journal = openBenchJournal(directory);
    journal.begin({ sequence: market.sequence, engine: encodeEngine(market.state) });
    for (const group of groupsOf(flow, market.sequence)) journal.append(group);
    journal.close();
    const rounds = [];
    for (let round = 0; round < ROUNDS; round++) {
      const before = process.threadCpuUsage();
      const { longest, whole } = await watch(() => restart(directory, landed));
      const { user, system } = process.threadCpuUsage(before);
      rounds.push({ ms: whole, processorMs: (user + system) / 1000, longest });
    }
    return {
      accounts: market.state.exchange.ledger.accountCount,
      records: flow.records,
      ms: median(rounds.map(({ ms }) => ms)),
      processorMs: median(rounds.map(({ processorMs }) => processorMs)),
      p50: median(rounds.map(({ longest }) => longest)),
      max: Math.max(...rounds.map(({ longest }) => longest)),
    };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function restart(directory: string, landed: LandedCheckpoint): Promise<void> {
  const journal = openBenchJournal(directory);
  const history = createHistory();
  const unused = () => {
    throw new Error('the journal was not enough');
  };
  const { from, sequence } = await recover({
    genesis: GENESIS,
    journal,
    landed,
    older: { next: unused },
    slices: 1,
    open: unused,
    onReplayed: history.record,
    breathe: () => new Promise((resolve) => setImmediate(resolve)),
    setAside: unused,
    logger: { info() {}, warn() {}, error: unused },
  });
  journal.close();
  if (from !== 'journal' || sequence !== journal.lastSequence) throw new Error(`the state ends at ${sequence}`);
}

/** Accounts that own something of both assets and do not trade. */
function addDepositors(market: TestExchange, count: number): void {
  for (let first = 0; first < count; first += DEPOSITORS_PER_LOG) {
    const length = Math.min(DEPOSITORS_PER_LOG, count - first);
    const deposits = Array.from({ length }, (_, i) => {
      const account = `0x${'d'.repeat(8)}${(first + i).toString(16).padStart(32, '0')}` as const;
      return [TOKENS.ethHome, TOKENS.usdHome].map(({ token }) => {
        const amount = 10n ** 9n + BigInt(first + i);
        return { type: 'deposited' as const, token, amount, account, subaccount: 0, payer: account };
      });
    });
    registryLog(market, HOME, deposits.flat());
  }
}

/** The newest cut, as a chain would give it. Nobody asks for its payload. */
function landedFrom({ state, sequence }: TestExchange): LandedCheckpoint {
  const nothing = { parent: ZERO_HASH, payloadHash: ZERO_HASH, withdrawalsHash: ZERO_HASH, settlementsHash: ZERO_HASH };
  const checkpoint = {
    ...nothing,
    number: state.cutNumber,
    epoch: EPOCH,
    stateHash: stateHash(state),
    journalIndex: sequence,
  };
  return { checkpoint, payload: new Uint8Array() };
}
