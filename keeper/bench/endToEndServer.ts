// The keeper's way of a batch and nothing else, as a process of its own for `npm run bench:e2e`: the real door, signature
// check, sequencer, journal on disk, engine, history and stream; no chains and no checkpoints.
//
//   node keeper/bench/endToEndServer.ts <empty directory for the journal>
import { availableParallelism } from 'node:os';
import { createBatchSigners } from '../src/adapters/crypto/createBatchSigners.ts';
import { startHttpServer } from '../src/adapters/http/startHttpServer.ts';
import { openJournal } from '../src/adapters/journal/openJournal.ts';
import type { IdentityView, KeeperApi, StreamItem } from '../src/core/api.ts';
import { CORE_VERSION, encodeEngine } from '../src/core/snapshot.ts';
import { createHistory } from '../src/flows/history.ts';
import { createSequencer } from '../src/flows/sequencer.ts';
import { createSubmitBatch } from '../src/flows/submitBatch.ts';
import { GENESIS } from '../test/support/exchange.ts';
import { openMarket } from './endToEndMarket.ts';
import { healthAt, quietSubscriptions } from './quietKeeper.ts';

const directory = process.argv[2];
if (directory === undefined) throw new Error('Usage: node keeper/bench/endToEndServer.ts <directory>');

const { homeChainId, checkpointer } = GENESIS;
const { state, sequence } = openMarket(Date.now());
const journal = openJournal({
  directory,
  key: new Uint8Array(32).fill(7),
  identity: { homeChainId, checkpointer, coreVersion: CORE_VERSION },
});
journal.begin({ sequence, engine: encodeEngine(state) });

const sequencer = createSequencer({
  state,
  sequence,
  journal,
  clock: { now: Date.now, after: () => () => {} },
  encodeEngine,
  onFatal(error) {
    throw error;
  },
});
const history = createHistory();
const listeners = new Set<(item: StreamItem) => void>();
sequencer.subscribe((applied) => {
  history.record(applied);
  const { command, outcome } = applied;
  if (outcome.events.length === 0) return;
  for (const listener of listeners)
    listener({ sequence: applied.sequence, time: command.time, events: outcome.events });
});

const domain = { chainId: homeChainId, verifyingContract: checkpointer };
const threads = Math.max(1, Math.min(3, availableParallelism() - 1));
const signers = createBatchSigners({
  domain,
  threads,
  onFailure(error) {
    throw error;
  },
});
const submitBatch = createSubmitBatch({
  sequencer,
  domain,
  findSigner: signers.find,
  gate: () => undefined,
});
const served: Partial<KeeperApi> = {
  ...quietSubscriptions,
  homeChainId,
  checkpointer,
  now: Date.now,
  notReady: () => undefined,
  identity: () => ({ homeChainId }) as IdentityView,
  health: async () => healthAt(sequencer.sequence),
  executor: () => state.executor,
  submitBatch,
  subscribe(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

const server = await startHttpServer({
  api: served as KeeperApi,
  host: '127.0.0.1',
  port: 0,
  publicBooks: 'depth',
  logger: {
    info() {},
    warn() {},
    error: (fields, message) => process.stderr.write(`${message} ${JSON.stringify(fields)}\n`),
  },
});
process.stdout.write(`${server.url}\n`);
process.once('SIGTERM', async () => {
  await server.close();
  await sequencer.close();
  await signers.close();
  journal.close();
});
