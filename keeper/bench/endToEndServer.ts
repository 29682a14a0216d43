// The keeper's way of a batch and nothing else, as a process of its own for `npm run bench:e2e`: the real door, signature
// check, sequencer, journal on disk, engine, history and stream; no chains and no checkpoints.
//
//   node keeper/bench/endToEndServer.ts <empty directory for the journal>
import { availableParallelism } from 'node:os';
import { inlineMore } from '../src/adapters/compiler/inlineMore.ts';
import { createBatchSigners } from '../src/adapters/crypto/createBatchSigners.ts';
import { openJournal } from '../src/adapters/journal/openJournal.ts';
import { CORE_VERSION, encodeEngine } from '../src/core/snapshot.ts';
import { createHistory } from '../src/flows/history.ts';
import { createSequencer } from '../src/flows/sequencer.ts';
import { createSubmitBatch } from '../src/flows/submitBatch.ts';
import { GENESIS } from '../test/support/exchange.ts';
import { openMarket } from './endToEndMarket.ts';
import { serveQuietKeeper } from './quietKeeper.ts';

const directory = process.argv[2];
if (directory === undefined) throw new Error('Usage: node keeper/bench/endToEndServer.ts <directory>');

inlineMore();
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
const { server, tell } = await serveQuietKeeper({
  state,
  sequence: () => sequencer.sequence,
  api: { submitBatch },
  publicBooks: 'depth',
});
const history = createHistory();
sequencer.subscribe((applied) => {
  history.record(applied);
  const { command, outcome } = applied;
  if (outcome.events.length > 0) tell({ sequence: applied.sequence, time: command.time, events: outcome.events });
});
process.once('SIGTERM', async () => {
  await server.close();
  await sequencer.close();
  await signers.close();
  journal.close();
});
