// Freezes the state every few seconds, encrypts it, signs it with both keys and sees it land on the home chain.
//
//   idle → cut (journalled) → signed (in the outbox) → sent → landed → idle
//
// One is in flight at a time. What was signed is stored before it is sent and is the only thing that is ever sent for
// its number, so that a crash at any moment leads to the same checkpoint, never to two different ones.

import type { Address, Hex } from '../core/commands.ts';
import { keccak256Hex } from '../core/keccak.ts';
import type {
  ChainReader,
  CheckpointPoster,
  Clock,
  Journal,
  KeeperKeys,
  Logger,
  SignedCheckpoint,
} from '../core/ports.ts';
import { encodeState } from '../core/snapshot.ts';
import type { State } from '../core/state.ts';
import type { CheckpointMessage, WithdrawalMessage } from '../core/typedMessages.ts';
import { digestOf, settlementsHash, withdrawalsHash, ZERO_HASH } from '../core/typedMessages.ts';
import { withdrawalsOfCheckpoint } from '../core/withdrawal.ts';
import type { Leadership } from './leadership.ts';
import type { Sequencer } from './sequencer.ts';
import { decodeSignedCheckpoint, encodeSignedCheckpoint } from './signedCheckpoint.ts';

/** Somebody else's checkpoint stands where ours should: our state is not the exchange's any more. */
export class ForeignCheckpointError extends Error {
  override name = 'ForeignCheckpointError';
}

export interface CheckpointSettings {
  /** Between two checkpoints when something changed. */
  readonly intervalMs: number;
  /** Between two checkpoints when withdrawals wait. */
  readonly urgentMs: number;
  /** Between two checkpoints when nothing happened. */
  readonly heartbeatMs: number;
  /** Until a transaction that has not landed is sent again with a higher fee. */
  readonly resendMs: number;
  readonly pollMs: number;
}

export const CHECKPOINT_SETTINGS: CheckpointSettings = {
  intervalMs: 5_000,
  urgentMs: 1_000,
  heartbeatMs: 60_000,
  resendMs: 15_000,
  pollMs: 500,
};

/** What one cut froze: the canonical state, and how far each vault's log was processed in it. */
export interface Cut {
  readonly number: number;
  readonly journalIndex: number;
  readonly plaintext: Uint8Array;
  readonly withdrawals: readonly WithdrawalMessage[];
}

export interface Checkpoints {
  /** The newest checkpoint that was signed here or found at the start. */
  readonly newest: { readonly message: CheckpointMessage; readonly digest: Hex; readonly landed: boolean } | undefined;
  /** Time of the oldest change that stands in no landed checkpoint; undefined when there is none. */
  readonly oldestChangeAt: number | undefined;
  readonly problem: string | undefined;
  start(): void;
  stop(): void;
}

export function createCheckpoints(input: {
  readonly sequencer: Sequencer;
  readonly journal: Journal;
  readonly reader: ChainReader;
  readonly poster: CheckpointPoster;
  readonly keys: KeeperKeys;
  readonly leadership: Leadership;
  readonly checkpointer: Address;
  readonly seal: (header: { epoch: number; number: number; plaintext: Uint8Array }) => Uint8Array;
  readonly open: (header: { epoch: number; number: number; payload: Uint8Array }) => Uint8Array;
  /** The checkpoint that the state was recovered from when this disk has signed none. */
  readonly base: { readonly number: number; readonly digest: Hex } | undefined;
  /** A cut that was journalled but not signed before a crash; see recover.ts. */
  readonly unsigned: Cut | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly settings: CheckpointSettings;
  readonly onFatal: (error: unknown) => void;
}): Checkpoints {
  const { sequencer, journal, reader, poster, keys, leadership, clock, logger, settings } = input;
  const domain = { chainId: reader.chainId, verifyingContract: input.checkpointer };

  let signed = readOutbox(journal);
  let unsigned = input.unsigned;
  let landed = false;
  let sentAt = Number.NEGATIVE_INFINITY;
  let cutAt = Number.NEGATIVE_INFINITY;
  let problem: string | undefined;
  // Changes since the cut that has not landed yet, and since the one before.
  let changedSinceCut: number | undefined = clock.now();
  let changedInFlight: number | undefined;
  let running = false;
  let cancelTimer: (() => void) | undefined;

  const unsubscribe = sequencer.subscribe(({ command }) => {
    if (command.type !== 'cutCheckpoint') changedSinceCut ??= clock.now();
  });

  function digest(item: SignedCheckpoint): Hex {
    return digestOf('Checkpoint', domain, item.checkpoint);
  }

  function sign(cut: Cut, parent: Hex): SignedCheckpoint {
    const epoch = leadership.epoch;
    const payload = input.seal({ epoch, number: cut.number, plaintext: cut.plaintext });
    const checkpoint: CheckpointMessage = {
      number: cut.number,
      epoch,
      parent,
      stateHash: keccak256Hex(cut.plaintext),
      payloadHash: keccak256Hex(payload),
      withdrawalsHash: withdrawalsHash(cut.withdrawals),
      settlementsHash: settlementsHash([]),
      journalIndex: cut.journalIndex,
    };
    const hash = digestOf('Checkpoint', domain, checkpoint);
    return {
      checkpoint,
      payload,
      withdrawals: cut.withdrawals,
      ciphertexts: [],
      enclaveSignature: keys.enclave.sign(hash),
      leaderSignature: keys.leader.sign(hash),
    };
  }

  function store(item: SignedCheckpoint): void {
    journal.writeOutbox('checkpoint', encodeSignedCheckpoint(item));
    signed = item;
    unsigned = undefined;
    landed = false;
    sentAt = Number.NEGATIVE_INFINITY;
  }

  /** The council gave me a new epoch while a checkpoint of the old one was under way: nobody can post that one any more. */
  function resignForNewEpoch(old: SignedCheckpoint): void {
    const { epoch, number, journalIndex, parent } = old.checkpoint;
    const plaintext = input.open({ epoch, number, payload: old.payload });
    store(sign({ number, journalIndex, plaintext, withdrawals: old.withdrawals }, parent));
  }

  async function followInFlight(): Promise<void> {
    if (signed === undefined || landed) return;
    const { number, epoch } = signed.checkpoint;
    const tip = await reader.readTip(input.checkpointer, 'latest');
    if (tip.number >= number) {
      if (tip.number > number || tip.digest !== digest(signed)) throw foreign(tip.number, tip.digest);
      landed = true;
      changedInFlight = undefined;
      logger.info({ number, sequence: signed.checkpoint.journalIndex }, 'checkpoint landed');
      return;
    }
    if (epoch !== leadership.epoch) resignForNewEpoch(signed);
    if (clock.now() - sentAt < settings.resendMs) return;
    sentAt = clock.now();
    const transaction = await poster.post(signed);
    logger.info({ number, transaction }, 'checkpoint sent');
  }

  function isDue(): boolean {
    const sinceCut = clock.now() - cutAt;
    if (sequencer.state.queuedWithdrawals > 0) return sinceCut >= settings.urgentMs;
    if (changedSinceCut !== undefined) return sinceCut >= settings.intervalMs;
    return sinceCut >= settings.heartbeatMs;
  }

  async function cutNext(): Promise<void> {
    if (signed !== undefined && !landed) return;
    if (unsigned === undefined) {
      if (!isDue()) return;
      const changedBefore = changedSinceCut;
      changedSinceCut = undefined;
      cutAt = clock.now();
      changedInFlight = changedBefore;
      unsigned = await sequencer.submitAndRead({ type: 'cutCheckpoint' }, (state, { sequence, outcome }) => {
        if (outcome.result.code !== 'ok')
          throw new Error(`The core refused to cut a checkpoint: ${outcome.result.code}.`);
        return freeze(state, sequence);
      });
    }
    const tip = await reader.readTip(input.checkpointer, 'latest');
    const parent = signed === undefined ? (input.base?.digest ?? ZERO_HASH) : digest(signed);
    if (tip.number !== unsigned.number - 1 || tip.digest !== parent) throw foreign(tip.number, tip.digest);
    store(sign(unsigned, parent));
  }

  async function turn(): Promise<void> {
    if (leadership.role !== 'leader' || leadership.problem !== undefined || leadership.paused) return;
    await followInFlight();
    await cutNext();
    await followInFlight();
  }

  async function loop(): Promise<void> {
    try {
      await turn();
      problem = undefined;
    } catch (error) {
      if (error instanceof ForeignCheckpointError) return input.onFatal(error);
      const message = error instanceof Error ? error.message : String(error);
      if (message !== problem) logger.warn({ error: message }, 'checkpoint is held up');
      problem = message;
    }
    if (running) cancelTimer = clock.after(settings.pollMs, () => void loop());
  }

  return {
    get newest() {
      return signed === undefined ? undefined : { message: signed.checkpoint, digest: digest(signed), landed };
    },
    get oldestChangeAt() {
      return changedInFlight ?? changedSinceCut;
    },
    get problem() {
      return problem;
    },
    start() {
      running = true;
      void loop();
    },
    stop() {
      running = false;
      unsubscribe();
      cancelTimer?.();
    },
  };
}

/** Reads what goes into a checkpoint, right after the cut was applied. */
export function freeze(state: State, sequence: number): Cut {
  return {
    number: state.cutNumber,
    journalIndex: sequence,
    plaintext: encodeState(state),
    withdrawals: withdrawalsOfCheckpoint(state, state.cutNumber).map(({ message }) => message),
  };
}

function readOutbox(journal: Journal): SignedCheckpoint | undefined {
  const bytes = journal.readOutbox('checkpoint');
  return bytes === undefined ? undefined : decodeSignedCheckpoint(bytes);
}

function foreign(number: number, digest: Hex): ForeignCheckpointError {
  return new ForeignCheckpointError(
    `Checkpoint ${number} (${digest}) on the home chain is not mine: another keeper writes for this exchange. ` +
      'I stop. Find out which keeper the council named; start this one again to follow as a candidate.',
  );
}
