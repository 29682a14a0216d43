// The only place where adapters are constructed: one keeper, or one courier, from its configuration to a running process.
import { existsSync, renameSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createChainReader } from './adapters/chain/chainReader.ts';
import { createCheckpointPoster } from './adapters/chain/checkpointPoster.ts';
import { createCourierWallet } from './adapters/chain/courierWallet.ts';
import { inlineMore } from './adapters/compiler/inlineMore.ts';
import { createBatchSigners } from './adapters/crypto/createBatchSigners.ts';
import { recoverAddress } from './adapters/crypto/recover.ts';
import { createSigner } from './adapters/crypto/signer.ts';
import { createExitTrees } from './adapters/exit/createExitTrees.ts';
import { startHttpServer } from './adapters/http/startHttpServer.ts';
import { openJournal } from './adapters/journal/openJournal.ts';
import { createCowQuotes } from './adapters/oracle/cow.ts';
import { createJupiterQuotes } from './adapters/oracle/jupiter.ts';
import { createStatePacker } from './adapters/packing/createStatePacker.ts';
import { loadKeys } from './adapters/tee/loadKeys.ts';
import { openPayload, sealPayload } from './adapters/tee/sealPayload.ts';
import { createKeeperClient } from './client/keeperClient.ts';
import type { CourierConfig, KeeperConfig } from './config.ts';
import { assert } from './core/assertion.ts';
import type { Address, Hex } from './core/commands.ts';
import type { ChainReader, Clock, Journal, Logger } from './core/ports.ts';
import { CORE_VERSION } from './core/snapshot.ts';
import type { Genesis } from './core/state.ts';
import { carry } from './flows/carry.ts';
import { CHECKPOINT_SETTINGS } from './flows/cutCheckpoint.ts';
import { PRICE_PROBES, type PricedSource } from './flows/feedPrices.ts';
import { GATE_SETTINGS } from './flows/gates.ts';
import { snapshotUpTo, whyNotInJournal } from './flows/recover.ts';
import { createKeeper } from './flows/runKeeper.ts';

const DEFAULT_POLL_MS = 1_000;
/** All processors but that of the main thread, which more than three could not keep busy. */
const SIGNATURE_THREADS = Math.max(1, Math.min(3, availableParallelism() - 1));
const QUOTE_TIMEOUT_MS = 5_000;

export interface RunningKeeper {
  readonly url: string;
  stop(): Promise<void>;
}

/** Wall clock and timers; the core takes time as an argument and never sees this. */
const systemClock: Clock = {
  now: () => Date.now(),
  after(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
};

/**
 * Starts a keeper and its door. `onFatal` is told what makes it impossible to go on: nothing that was not acknowledged may
 * be acknowledged any more, so the process must end.
 */
export async function startKeeper(input: {
  readonly config: KeeperConfig;
  readonly logger: Logger;
  readonly onFatal: (error: unknown) => void;
}): Promise<RunningKeeper> {
  inlineMore();
  const { config, logger } = input;
  const genesis = genesisOf(config);
  const { homeChainId, checkpointer } = genesis;
  const keys = await loadKeys(keyOptions(config));
  const journalAt = journalOptions(config, keys.journalKey);
  // Opened at once: a second keeper on this directory must fail before it says anything to anybody.
  let journal = openJournal(journalAt);
  const sealing = { stateRootKeys: keys.stateRootKeys, chainId: homeChainId, checkpointer };

  const exitTrees = createExitTrees({ genesis, saltKey: keys.exitSaltKey });

  const packer = createStatePacker();

  const batchSigners = createBatchSigners({
    domain: { chainId: homeChainId, verifyingContract: checkpointer },
    threads: SIGNATURE_THREADS,
    onFailure: input.onFatal,
  });

  const keeper = createKeeper({
    genesis,
    keys,
    gasAddress: createSigner(keys.gasPrivateKey).address,
    readers: new Map(config.chains.map((chain) => [chain.chainId, readerOf(chain)])),
    poster: createCheckpointPoster({
      chainId: homeChainId,
      rpcUrls: homeOf(config).rpcUrls,
      privateKey: keys.gasPrivateKey,
      checkpointer,
    }),
    exitTrees,
    packer,
    journal,
    setAside() {
      journal.close();
      renameSync(journalAt.directory, `${journalAt.directory}-aside-${systemClock.now()}`);
      journal = openJournal(journalAt);
      return journal;
    },
    seal: (plain) => sealPayload({ ...sealing, ...plain }),
    open: (sealed) => openPayload({ ...sealing, ...sealed }),
    recoverAddress,
    batchSigners,
    clock: systemClock,
    logger,
    pollMs: config.pollMs ?? DEFAULT_POLL_MS,
    checkpointSettings: {
      ...CHECKPOINT_SETTINGS,
      slices: config.checkpointSlices ?? CHECKPOINT_SETTINGS.slices,
    },
    gateSettings: GATE_SETTINGS,
    ...(config.prices === undefined ? {} : { prices: pricesOf(config.prices) }),
    onFatal: input.onFatal,
  });
  const server = await startHttpServer({ api: keeper.api, ...config.http, publicBooks: config.publicBooks, logger });
  keeper.start();

  return {
    url: server.url,
    async stop() {
      keeper.stop();
      await server.close();
      await keeper.close();
      await batchSigners.close();
      await exitTrees.close();
      await packer.close();
      journal.close();
    },
  };
}

/** Starts a courier; what it does and what it cannot do goes to the log. */
export function startCourier(input: { readonly config: CourierConfig; readonly logger: Logger }): { stop(): void } {
  const { config, logger } = input;
  const chains = config.chains.map(({ chainId, rpcUrl, authority, registry }) =>
    createCourierWallet({
      chainId,
      rpcUrls: [rpcUrl],
      privateKey: config.privateKey as Hex,
      authority: authority as Address,
      registry: registry as Address,
    }),
  );
  return carry({
    keeper: createKeeperClient({ url: config.keeperUrl }),
    chains,
    clock: systemClock,
    pollMs: config.pollMs ?? DEFAULT_POLL_MS,
    report(event) {
      const { type, ...fields } = event;
      if (type === 'failed' || type === 'refused') logger.warn(fields, type);
      else logger.info(fields, type);
    },
  });
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

/**
 * Replays the journal to the `journalIndex` of the newest checkpoint on chain and compares the state's hash. Throws
 * `JournalError` when any record is damaged.
 */
export async function checkRecovery(config: KeeperConfig): Promise<RecoveryCheck> {
  const genesis = genesisOf(config);
  // Nothing is made that is not there: not the keys either.
  const { directory } = journalOptions(config, new Uint8Array());
  if (!existsSync(directory)) throw new Error(`There is no journal in ${directory}: nothing to check.`);
  const keys = await loadKeys(keyOptions(config));
  const journal = openJournal(journalOptions(config, keys.journalKey));
  try {
    const newest = await readerOf(homeOf(config)).readCheckpoints(genesis.checkpointer, 'latest').next();
    const landed = newest.done === true ? undefined : newest.value;
    const isEmpty = journal.snapshot() === undefined;
    const reason = isEmpty ? 'The journal is empty.' : landed && whyNotInJournal({ genesis, journal, landed });
    if (reason === undefined) readToTheEnd(journal);
    const { lastSequence } = journal;
    return { ok: reason === undefined, lastSequence, checkpoint: landed?.checkpoint, reason };
  } finally {
    journal.close();
  }
}

/** A keeper that starts reads what lies behind the checkpoint, too. */
function readToTheEnd(journal: Journal): void {
  let { sequence } = snapshotUpTo(journal, 0);
  for (const record of journal.replay(sequence)) sequence = record.sequence;
  assert(sequence === journal.lastSequence, `the journal ends at ${sequence}, not at ${journal.lastSequence}`);
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

function homeOf(config: KeeperConfig): KeeperConfig['chains'][number] {
  const home = config.chains.find(({ chainId }) => chainId === config.homeChainId);
  if (home === undefined) throw new Error(`The configuration has no home chain ${config.homeChainId}.`);
  return home;
}

function keyOptions(config: KeeperConfig): Parameters<typeof loadKeys>[0] {
  const { checkpointer, homeChainId } = genesisOf(config);
  return {
    socketPath: config.teeSocket,
    homeChainId,
    checkpointer,
    keyEpoch: config.keyEpoch,
    dataDirectory: config.dataDirectory,
    createSigner,
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

function pricesOf({ numeraire, probes = PRICE_PROBES, cow = [], jupiter }: NonNullable<KeeperConfig['prices']>): {
  sources: PricedSource[];
  settings: { numeraire: string; probes: readonly number[] };
} {
  const timeoutMs = QUOTE_TIMEOUT_MS;
  const sources: PricedSource[] = cow.map(({ chainId, url }) => ({
    source: createCowQuotes({ url, timeoutMs, now: systemClock.now }),
    chainId,
  }));
  if (jupiter !== undefined) {
    const tokens = new Map(jupiter.mints.map(({ symbol, mint, decimals }) => [symbol, { token: mint, decimals }]));
    sources.push({ source: createJupiterQuotes({ url: jupiter.url, timeoutMs }), tokens });
  }
  return { sources, settings: { numeraire, probes } };
}

/** `finalized` everywhere: the Directory lists no chain with another tag yet. */
function readerOf({ chainId, rpcUrls, quorum }: KeeperConfig['chains'][number]): ChainReader {
  return createChainReader({ chainId, rpcUrls, quorum, finality: 'finalized' });
}
