// The only place where adapters are constructed: one keeper, from its configuration to a running process.
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { ChainError } from './adapters/chain/chainError.ts';
import { createChainReader } from './adapters/chain/chainReader.ts';
import { createCheckpointPoster } from './adapters/chain/checkpointPoster.ts';
import { recoverAddress } from './adapters/crypto/recover.ts';
import { createSigner } from './adapters/crypto/signer.ts';
import { startHttpServer } from './adapters/http/startHttpServer.ts';
import { openJournal } from './adapters/journal/openJournal.ts';
import { loadKeys } from './adapters/tee/loadKeys.ts';
import { openPayload, sealPayload } from './adapters/tee/sealPayload.ts';
import type { KeeperConfig } from './config.ts';
import type { Address, Hex } from './core/commands.ts';
import type { ChainReader, Clock, Journal, Logger } from './core/ports.ts';
import { CORE_VERSION, encodeEngine } from './core/snapshot.ts';
import type { Genesis } from './core/state.ts';
import { createApprovals } from './flows/approve.ts';
import { CHECKPOINT_SETTINGS, createCheckpoints } from './flows/cutCheckpoint.ts';
import { createProposals } from './flows/followProposals.ts';
import { createGates, GATE_SETTINGS } from './flows/gates.ts';
import { createHistory } from './flows/history.ts';
import { createIngestion } from './flows/ingestLogs.ts';
import type { Leading } from './flows/keeperApi.ts';
import { createKeeperApi } from './flows/keeperApi.ts';
import { createLeadership } from './flows/leadership.ts';
import { recover, whyNotInJournal } from './flows/recover.ts';
import type { Applied } from './flows/sequencer.ts';
import { createSequencer } from './flows/sequencer.ts';
import { createSubmitBatch } from './flows/submitBatch.ts';

const RECOVERY_RETRY_MS = 2_000;

export interface RunningKeeper {
  readonly url: string;
  stop(): Promise<void>;
}

/** Wall clock and timers; the core takes time as an argument and never sees this. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
};

/**
 * Starts a keeper. It answers at once as a candidate; when the council's choice of this instance's leader key is final,
 * it recovers the state and leads. `onFatal` is told what makes it impossible to go on: the process must end.
 */
export async function startKeeper(input: {
  readonly config: KeeperConfig;
  readonly logger: Logger;
  readonly onFatal: (error: unknown) => void;
}): Promise<RunningKeeper> {
  const { config, logger } = input;
  const clock = systemClock;
  const pollMs = config.pollMs ?? 1_000;
  const genesis = genesisOf(config);
  const { homeChainId, authority, checkpointer } = genesis;

  const keys = await loadKeys(keyOptions(config));
  const openMyJournal = (): Journal => openJournal(journalOptions(config, keys.journalKey));
  // Opened at once: a second keeper on this directory must fail before it says anything to anybody.
  let journal = openMyJournal();

  const readers = new Map(config.chains.map((chain) => [chain.chainId, readerOf(chain)]));
  const home = readers.get(homeChainId);
  const homeRpcUrls = config.chains.find(({ chainId }) => chainId === homeChainId)?.rpcUrls;
  if (home === undefined || homeRpcUrls === undefined) throw new Error('The configuration has no home chain.');
  const poster = createCheckpointPoster({
    chainId: homeChainId,
    rpcUrls: homeRpcUrls,
    privateKey: keys.gasPrivateKey,
    checkpointer,
  });
  const leadership = createLeadership({
    reader: home,
    authority,
    leader: keys.leader.address,
    enclave: keys.enclave.address,
    clock,
    logger,
    pollMs,
  });
  const proposals = createProposals({ readers, authority, clock, pollMs });

  const sealing = { stateRootKey: keys.stateRootKey, keyEpoch: keys.keyEpoch, chainId: homeChainId, checkpointer };
  const open = (sealed: { epoch: number; number: number; payload: Uint8Array }): Uint8Array =>
    openPayload({ ...sealing, ...sealed });
  const domain = { chainId: homeChainId, verifyingContract: checkpointer };
  let leading: Leading | undefined;
  let stopped = false;

  async function lead(): Promise<void> {
    const landed = await home?.readNewestCheckpoint(checkpointer, 'latest');
    const history = createHistory();
    const replayed: Applied[] = [];
    const recovered = recover({
      genesis,
      journal,
      landed,
      open,
      onReplayed(applied) {
        history.record(applied);
        if (applied.command.type === 'batch') replayed.push(applied);
      },
      setAside: () => {
        journal.close();
        const { directory } = journalOptions(config, keys.journalKey);
        renameSync(directory, `${directory}-aside-${clock.now()}`);
        journal = openMyJournal();
        return journal;
      },
      logger,
    });
    const { state, base, unsigned } = recovered;
    const sequencer = createSequencer({ ...recovered, clock, encodeEngine, onFatal: input.onFatal });
    sequencer.subscribe((applied) => {
      history.record(applied);
      publish(applied);
    });
    const checkpoints = createCheckpoints({
      sequencer,
      journal: recovered.journal,
      reader: home as ChainReader,
      poster,
      keys,
      leadership,
      checkpointer,
      seal: (plain) => sealPayload({ ...sealing, ...plain }),
      open,
      base,
      unsigned,
      clock,
      logger,
      settings: CHECKPOINT_SETTINGS,
      onFatal: input.onFatal,
    });
    const approvals = createApprovals({
      sequencer,
      keys,
      leadership,
      readers,
      homeChainId,
      checkpointer,
      clock,
      logger,
      pollMs,
    });
    const gates = createGates({
      state,
      leadership,
      oldestChangeAt: () => checkpoints.oldestChangeAt,
      rootIssuedAt: approvals.rootIssuedAt,
      hasRoom: sequencer.hasRoom,
      clock,
      settings: GATE_SETTINGS,
    });
    const submitBatch = createSubmitBatch({ sequencer, domain, recover: recoverAddress, gate: gates.batch });
    for (const applied of replayed) submitBatch.remember(applied);
    const ingestion = createIngestion({ sequencer, readers, clock, logger, pollMs });
    leading = { sequencer, ingestion, checkpoints, approvals, history, gates, submitBatch };
    ingestion.start();
    checkpoints.start();
    approvals.start();
    logger.info({ sequence: sequencer.sequence, from: recovered.from, epoch: leadership.epoch }, 'leading');
  }

  /** Keeps trying while chains do not answer; anything else is for a person. */
  async function leadWhenPossible(): Promise<void> {
    while (!stopped && leading === undefined) {
      try {
        return await lead();
      } catch (error) {
        if (!(error instanceof ChainError)) return input.onFatal(error);
        logger.warn({ error: error.message }, 'cannot recover yet');
        await new Promise<void>((resolve) => clock.after(RECOVERY_RETRY_MS, resolve));
      }
    }
  }

  const { api, publish } = createKeeperApi({
    genesis,
    keys,
    gasAddress: createSigner(keys.gasPrivateKey).address,
    leadership,
    readers,
    proposals: proposals.views,
    poster,
    recover: recoverAddress,
    clock,
    leading: () => leading,
  });
  const server = await startHttpServer({ api, ...config.http, publicBooks: config.publicBooks, logger });
  proposals.start();
  leadership.start((role) => {
    if (role === 'leader') void leadWhenPossible();
    if (role === 'superseded') {
      input.onFatal(new Error('The council named another leader. I stop; start me again to be a candidate.'));
    }
  });

  return {
    url: server.url,
    async stop() {
      stopped = true;
      leadership.stop();
      proposals.stop();
      leading?.ingestion.stop();
      leading?.checkpoints.stop();
      leading?.approvals.stop();
      await server.close();
      leading?.sequencer.close();
      journal.close();
    },
  };
}

export interface RecoveryCheck {
  readonly ok: boolean;
  /** Sequence of the newest record on this disk. */
  readonly lastSequence: number;
  /** The newest checkpoint on chain; undefined when there is none yet. */
  readonly checkpoint: { readonly number: number; readonly journalIndex: number; readonly stateHash: Hex } | undefined;
  /** Why the journal does not lead to that checkpoint; undefined when it does. */
  readonly reason: string | undefined;
}

/** Replays the journal to the `journalIndex` of the newest checkpoint on chain and compares the state's hash. */
export async function checkRecovery(config: KeeperConfig): Promise<RecoveryCheck> {
  const genesis = genesisOf(config);
  const keys = await loadKeys(keyOptions(config));
  const journal = openJournal(journalOptions(config, keys.journalKey));
  try {
    const home = config.chains.find(({ chainId }) => chainId === config.homeChainId);
    if (home === undefined) throw new Error('The configuration has no home chain.');
    const landed = await readerOf(home).readNewestCheckpoint(genesis.checkpointer, 'latest');
    const reason =
      journal.snapshot() === undefined ? 'The journal is empty.' : whyNotInJournal({ genesis, journal, landed });
    const { lastSequence } = journal;
    return { ok: reason === undefined, lastSequence, checkpoint: landed?.checkpoint, reason };
  } finally {
    journal.close();
  }
}

function genesisOf(config: KeeperConfig): Genesis {
  const lower = (address: string): Address => address.toLowerCase() as Address;
  return {
    homeChainId: config.homeChainId,
    authority: lower(config.authority),
    checkpointer: lower(config.checkpointer),
    directory: lower(config.directory),
  };
}

function keyOptions(config: KeeperConfig): Parameters<typeof loadKeys>[0] {
  const { checkpointer, homeChainId } = genesisOf(config);
  return {
    socketPath: config.teeSocket,
    homeChainId,
    checkpointer,
    keyEpoch: config.keyEpoch,
    dataDirectory: config.dataDirectory,
    ...(config.pinnedRoot === undefined ? {} : { pinnedRoot: config.pinnedRoot as Hex }),
    ...(config.appId === undefined ? {} : { appId: config.appId as Hex }),
    ...(config.gasPrivateKey === undefined ? {} : { gasPrivateKey: config.gasPrivateKey as Hex }),
  };
}

function journalOptions(config: KeeperConfig, key: Uint8Array): Parameters<typeof openJournal>[0] {
  const { checkpointer, homeChainId } = genesisOf(config);
  const directory = join(config.dataDirectory, 'journal');
  return { directory, key, identity: { homeChainId, checkpointer, coreVersion: CORE_VERSION } };
}

/** `finalized` everywhere: the Directory lists no chain with another tag yet. */
function readerOf({ chainId, rpcUrls, quorum }: KeeperConfig['chains'][number]): ChainReader {
  return createChainReader({ chainId, rpcUrls, quorum, finality: 'finalized' });
}
