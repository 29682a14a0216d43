// One keeper behind its ports. It answers at once as a candidate; when the choice of its leader key, by the council or by a
// takeover, is final, it recovers the state and leads.
import type { KeeperApi } from '../core/api.ts';
import type { Address, Hex } from '../core/commands.ts';
import type { StatePacker } from '../core/packingStore.ts';
import type {
  BatchSigners,
  ChainReader,
  CheckpointPoster,
  Clock,
  ExitTrees,
  Journal,
  KeeperKeys,
  Logger,
} from '../core/ports.ts';
import { copyEngineRest, engineRestOf, indexState } from '../core/snapshot.ts';
import type { Genesis, State } from '../core/state.ts';
import { patchSinceCut } from '../core/stateImage.ts';
import { createForcedAnswers } from './answerForced.ts';
import { createApprovals } from './approve.ts';
import { type CheckpointSettings, createCheckpoints } from './cutCheckpoint.ts';
import { createExitRoots } from './exitRoots.ts';
import { createOrderExpiry } from './expireOrders.ts';
import { createPriceFeed, type PricedSource, type PriceSettings } from './feedPrices.ts';
import { createProposals } from './followProposals.ts';
import { createGates, type GateSettings } from './gates.ts';
import { createOrderGuards } from './guardOrders.ts';
import { createHistory, type History } from './history.ts';
import { createIngestion } from './ingestLogs.ts';
import { createKeeperApi, type Leading } from './keeperApi.ts';
import { createLeadership, type Role } from './leadership.ts';
import { landedState, type Recovered, recover, recoverableTip } from './recover.ts';
import { reportLiquidations } from './reportLiquidations.ts';
import { type Applied, createSequencer } from './sequencer.ts';
import { createStandBy } from './standBy.ts';
import { createSubmitBatch, REPEATS_LIMIT } from './submitBatch.ts';
import { createWindDown } from './windDown.ts';

const RECOVERY_RETRY_MS = 2_000;
const NO_PRICES = { sources: [], settings: { numeraire: '', probes: [] } };

/** The home chain could not be read: that may pass. */
class NoAnswerError extends Error {
  override name = 'NoAnswerError';
}

/** It does not lead any more, or stops: what it was recovering is not wanted. */
class GivenUpError extends Error {
  override name = 'GivenUpError';
}

/** Another one leads, in a block that is final. */
export class SupersededError extends Error {
  override name = 'SupersededError';
}

interface RecoveredKeeper {
  readonly recovered: Recovered;
  readonly history: History;
  /** The newest batches among the replayed commands that were taken. */
  readonly replayed: readonly Applied[];
}

export interface KeeperPorts {
  readonly genesis: Genesis;
  readonly keys: KeeperKeys;
  readonly gasAddress: Address;
  /** By chain id. */
  readonly readers: ReadonlyMap<number, ChainReader>;
  readonly poster: CheckpointPoster;
  readonly exitTrees: ExitTrees;
  readonly packer: StatePacker;
  readonly journal: Journal;
  /** Puts the journal aside and gives an empty one. */
  readonly setAside: () => Journal;
  readonly seal: (plain: { epoch: number; number: number; plaintext: Uint8Array }) => Uint8Array;
  readonly open: (sealed: { epoch: number; number: number; payload: Uint8Array }) => Uint8Array;
  readonly recoverAddress: (digest: Hex, signature: Hex) => Address | undefined;
  readonly batchSigners: BatchSigners;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pollMs: number;
  readonly checkpointSettings: CheckpointSettings;
  readonly gateSettings: GateSettings;
  /** Whom to ask for prices; undefined: nobody, and there are no margin accounts. */
  readonly prices?: { readonly sources: readonly PricedSource[]; readonly settings: PriceSettings };
  /** See `createSequencer`. */
  readonly schedule?: (flush: () => void) => void;
  /** Is told what makes it impossible to go on: the process must end. */
  readonly onFatal: (error: unknown) => void;
}

export interface Keeper {
  readonly api: KeeperApi;
  /** undefined while this keeper is a candidate. */
  readonly leading: Leading | undefined;
  start(): void;
  /** Looks at no chain and signs nothing any more; requests are still answered. */
  stop(): void;
  /** Takes nothing more, and resolves when what waits is applied. */
  close(): Promise<void>;
}

export function createKeeper(ports: KeeperPorts): Keeper {
  const { genesis, keys, readers, clock, logger, pollMs } = ports;
  const { homeChainId, authority, checkpointer } = genesis;
  const reader = readers.get(homeChainId);
  if (reader === undefined) throw new Error(`No reader of the home chain ${homeChainId}.`);
  const home: ChainReader = reader;
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
  const standBy = createStandBy({
    ...ports,
    leadership,
    authorities: proposals.views,
    recoverableTip: () =>
      recoverableTip({ genesis, open: ports.open, checkpoints: home.readCheckpoints(checkpointer, 'latest') }),
  });
  let { journal } = ports;
  let leading: Leading | undefined;
  let recovering = false;
  let stopped = false;

  /** Undefined when somebody else leads by now. Throws `NoAnswerError` when the home chain cannot be read. */
  async function recoverState(): Promise<RecoveredKeeper | undefined> {
    const mayLead = () => !stopped && leadership.role === 'leader';
    const walk = answersOf(home.readCheckpoints(checkpointer, 'latest'));
    const newest = await walk.next();
    if (!mayLead()) return undefined;
    let history = createHistory();
    let replayed: Applied[] = [];
    const recovered = await recover({
      genesis,
      journal,
      landed: newest.done === true ? undefined : newest.value,
      older: walk,
      slices: ports.checkpointSettings.slices,
      open: ports.open,
      onReplayed(applied) {
        history.record(applied);
        if (applied.command.type === 'batch' && applied.outcome.result.code === 'ok') replayed.push(applied);
        if (replayed.length === 2 * REPEATS_LIMIT) replayed.splice(0, REPEATS_LIMIT);
      },
      async breathe() {
        await new Promise<void>((resolve) => clock.after(0, resolve));
        if (!mayLead()) throw new GivenUpError();
      },
      setAside() {
        history = createHistory();
        replayed = [];
        journal = ports.setAside();
        return journal;
      },
      logger,
    });
    await walk.return();
    return mayLead() ? { recovered, history, replayed } : undefined;
  }

  function lead({ recovered, history, replayed }: RecoveredKeeper): void {
    const chainTime = () => (leadership.chainTime === 0 ? undefined : leadership.chainTime * 1000);
    const { packer } = ports;
    packer.begin(indexState(recovered.state)).catch((error) => stopped || ports.onFatal(error));
    const encodeEngine = (state: State) =>
      packer.packEngine({ patch: patchSinceCut(state), rest: copyEngineRest(engineRestOf(state)) });
    const sequencer = createSequencer({ ...ports, ...recovered, encodeEngine, chainTime });
    sequencer.subscribe((applied) => {
      history.record(applied);
      publish(applied);
    });
    const exitRoots = createExitRoots({
      ...ports,
      state: recovered.state,
      trees: ports.exitTrees,
      leadership,
      homeChainId,
      checkpointer,
      landedState: (number) =>
        landedState({ genesis, open: ports.open, checkpoints: home.readCheckpoints(checkpointer, 'latest') }, number),
    });
    exitRoots.subscribe(publishExitRoots);
    for (const state of recovered.frozen) exitRoots.cut(state);
    const windDown = createWindDown({ ...ports, state: recovered.state, leadership });
    const checkpoints = createCheckpoints({
      ...ports,
      ...recovered,
      sequencer,
      onCut: exitRoots.cut,
      reader: home,
      leadership,
      windDown,
      checkpointer,
      settings: ports.checkpointSettings,
    });
    const approvals = createApprovals({ ...ports, sequencer, exitRoots, leadership, windDown });
    approvals.subscribe(publishWaiting);
    const gates = createGates({
      state: recovered.state,
      leadership,
      oldestChangeAt: () => checkpoints.oldestChangeAt,
      rootIssuedAt: approvals.rootIssuedAt,
      hasRoom: sequencer.hasRoom,
      clock,
      settings: ports.gateSettings,
    });
    const domain = { chainId: homeChainId, verifyingContract: checkpointer };
    const submitBatch = createSubmitBatch({
      sequencer,
      domain,
      findSigner: ports.batchSigners.find,
      gate: gates.batch,
    });
    for (const applied of replayed.slice(-REPEATS_LIMIT)) submitBatch.remember(applied);
    const ingestion = createIngestion({ ...ports, sequencer });
    const priceFeed = createPriceFeed({ ...ports, sequencer, ...(ports.prices ?? NO_PRICES) });
    const orderExpiry = createOrderExpiry({ sequencer, clock });
    const parts = { sequencer, ingestion, checkpoints, exitRoots, approvals, history, gates, submitBatch };
    const forcedAnswers = createForcedAnswers({ ...ports, sequencer, windDown });
    const guardOrders = createOrderGuards({ sequencer, isOpen: () => gates.cancellation() === undefined, clock });
    leading = { ...parts, priceFeed, orderExpiry, forcedAnswers, guardOrders };
    reportLiquidations({ sequencer, logger });
    orderExpiry.start();
    ingestion.start();
    forcedAnswers.start();
    checkpoints.start();
    approvals.start();
    if (ports.prices !== undefined) priceFeed.start();
    logger.info({ sequence: sequencer.sequence, from: recovered.from, epoch: leadership.epoch }, 'leading');
  }

  /** Keeps trying while the home chain does not answer; anything else is for a person. */
  async function leadWhenPossible(): Promise<void> {
    if (recovering || leading !== undefined) return;
    recovering = true;
    while (!stopped && leadership.role === 'leader' && leading === undefined) {
      try {
        const recovered = await recoverState();
        if (recovered !== undefined) lead(recovered);
      } catch (error) {
        if (error instanceof GivenUpError) continue;
        if (!(error instanceof NoAnswerError)) {
          ports.onFatal(error);
          break;
        }
        logger.warn({ error: error.message }, 'cannot recover yet');
        await new Promise<void>((resolve) => clock.after(RECOVERY_RETRY_MS, resolve));
      }
    }
    recovering = false;
  }

  const { api, publish, publishExitRoots, publishWaiting } = createKeeperApi({
    ...ports,
    leadership,
    proposals: proposals.views,
    standBy,
    recover: ports.recoverAddress,
    leading: () => leading,
  });

  function onRole(role: Role): void {
    if (role === 'leader') void leadWhenPossible();
    if (role !== 'superseded') return;
    ports.onFatal(new SupersededError('Another keeper leads now. I stop; start me again to be a candidate.'));
  }

  return {
    api,
    get leading() {
      return leading;
    },
    start() {
      proposals.start();
      standBy.start();
      leadership.start(onRole);
    },
    stop() {
      stopped = true;
      leadership.stop();
      proposals.stop();
      standBy.stop();
      leading?.orderExpiry.stop();
      leading?.ingestion.stop();
      leading?.forcedAnswers.stop();
      leading?.checkpoints.stop();
      leading?.approvals.stop();
      leading?.exitRoots.stop();
      leading?.priceFeed.stop();
    },
    close: async () => leading?.sequencer.close(),
  };
}

/** The same, but tells a chain that does not answer from everything that can go wrong with what it says. */
async function* answersOf<T>(walk: AsyncGenerator<T, void>): AsyncGenerator<T, void> {
  try {
    yield* walk;
  } catch (cause) {
    throw new NoAnswerError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
