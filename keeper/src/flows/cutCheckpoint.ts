// Freezes the state every few seconds, encrypts it, signs it with both keys and sees it land on the home chain.
//
//   idle → cut (journalled) → packed (by another thread) → signed (in the outbox) → sent → landed → idle
//
// One is in flight at a time. What was signed is stored before it is sent and is the only thing that is ever sent for
// its number, so that a crash at any moment leads to the same checkpoint, never to two different ones. It is kept until
// it is final: a reorganisation may drop what has landed, even several at once.
import { TRANSACTION_LIMIT_BYTES, usedRoom } from '../core/checkpointRoom.ts';
import type { Address, Command, Hex } from '../core/commands.ts';
import type { CoreEvent } from '../core/events.ts';
import { keccak256Hex } from '../core/keccak.ts';
import type { StatePacker } from '../core/packingStore.ts';
import type {
  ChainReader,
  CheckpointPoster,
  Clock,
  Journal,
  KeeperKeys,
  Logger,
  SignedCheckpoint,
} from '../core/ports.ts';
import { encodePart } from '../core/rollingSnapshot.ts';
import { indexState } from '../core/snapshot.ts';
import type { State } from '../core/state.ts';
import { patchOfCut } from '../core/stateImage.ts';
import type { CheckpointMessage, WithdrawalMessage } from '../core/typedMessages.ts';
import { digestOf, settlementsHash, withdrawalsHash, ZERO_HASH } from '../core/typedMessages.ts';
import { withdrawalsOfCheckpoint } from '../core/withdrawal.ts';
import type { Leadership } from './leadership.ts';
import { repeat } from './repeat.ts';
import type { Applied, Sequencer } from './sequencer.ts';
import { decodeSignedCheckpoint, encodeSignedCheckpoint } from './signedCheckpoint.ts';
import type { WindDown } from './windDown.ts';

/** Somebody else's checkpoint stands where ours should: our state is not the exchange's any more. */
export class ForeignCheckpointError extends Error {
  override name = 'ForeignCheckpointError';
}

/** A cut is journalled, and its state cannot be packed: only the next start can make up for it. */
export class PackingFailedError extends Error {
  override name = 'PackingFailedError';
}

/** Of the room for what changes: early enough that it is not used up before the cut. */
const URGENT_FROM = 0.25;
/** Where people should begin to worry. */
const PAYLOAD_WARNING_BYTES = 98_304;
/** Commands that by themselves change nothing which a checkpoint holds: it knows no open orders. */
const UNSEEN: ReadonlySet<Command['type']> = new Set(['cutCheckpoint', 'tick', 'executorLost']);
/** What happens in them all the same when liquidations go on. */
const LIQUIDATING: ReadonlySet<CoreEvent['type']> = new Set([
  'liquidationBegan',
  'liquidationTraded',
  'settlementMarked',
  'bankruptcyChanged',
  'insuranceChanged',
  'lossShared',
  'liquidationEnded',
]);

export interface CheckpointSettings {
  /** Between two checkpoints when something changed. */
  readonly intervalMs: number;
  /** Between two checkpoints when withdrawals wait, or much has changed. */
  readonly urgentMs: number;
  /** Between two checkpoints when nothing happened. */
  readonly heartbeatMs: number;
  /** Until a transaction that has not landed is sent again with a higher fee. */
  readonly resendMs: number;
  readonly pollMs: number;
  /** Over how many checkpoints a snapshot rolls: k of rollingSnapshot.ts. May be another at every start. */
  readonly slices: number;
}

export const CHECKPOINT_SETTINGS: CheckpointSettings = {
  intervalMs: 5_000,
  urgentMs: 1_000,
  heartbeatMs: 60_000,
  resendMs: 15_000,
  pollMs: 500,
  slices: 16,
};

/** What one cut froze: the hash of the whole state, and the part of it that this checkpoint carries. */
export interface Cut {
  readonly number: number;
  readonly journalIndex: number;
  readonly stateHash: Hex;
  /** The bytes of the whole state. */
  readonly state: Uint8Array;
  readonly plaintext: Uint8Array;
  readonly withdrawals: readonly WithdrawalMessage[];
}

/** A checkpoint that exists, without its content. */
export interface KnownCheckpoint {
  readonly message: CheckpointMessage;
  readonly digest: Hex;
}

export interface Checkpoints {
  /** The newest that stands on the home chain, as far as this keeper has seen. */
  readonly landed: KnownCheckpoint | undefined;
  /** Time of the oldest change that stands in no landed checkpoint; undefined when there is none. */
  readonly oldestChangeAt: number | undefined;
  readonly problem: string | undefined;
  start(): void;
  stop(): void;
}

interface CheckpointsInput {
  readonly sequencer: Sequencer;
  readonly journal: Journal;
  readonly reader: ChainReader;
  readonly poster: CheckpointPoster;
  /** Has begun with the state as it is now. */
  readonly packer: Pick<StatePacker, 'packCut'>;
  readonly keys: KeeperKeys;
  readonly leadership: Leadership;
  readonly windDown: Pick<WindDown, 'isOpen'>;
  readonly checkpointer: Address;
  readonly seal: (header: { epoch: number; number: number; plaintext: Uint8Array }) => Uint8Array;
  readonly open: (header: { epoch: number; number: number; payload: Uint8Array }) => Uint8Array;
  /** The newest checkpoint that stood on chain at the start. */
  readonly base: KnownCheckpoint | undefined;
  /** A cut that was journalled but not signed before a crash; see recover.ts. */
  readonly unsigned: Cut | undefined;
  /** Time of the oldest change since `base`. */
  readonly oldestChangeAt?: number | undefined;
  /** Is told the bytes of the state that a new cut froze. */
  readonly onCut: (state: Uint8Array) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly settings: CheckpointSettings;
  readonly onFatal: (error: unknown) => void;
}

export function createCheckpoints(input: CheckpointsInput): Checkpoints {
  const { sequencer, journal, reader, poster, keys, leadership, clock, logger, settings } = input;
  const domain = { chainId: reader.chainId, verifyingContract: input.checkpointer };

  let unsigned = input.unsigned;
  let packing = false;
  let landed = input.base;
  // What was read from the outbox or written to it last: mostly the one that is in flight.
  let held: SignedCheckpoint | undefined;
  // The newest that is signed, be it by a keeper before this one.
  let newest = newestAtStart();
  let oldestStored = oldestStoredAtStart();
  let sent: { readonly digest: Hex; readonly at: number } | undefined;
  let cutAt = Number.NEGATIVE_INFINITY;
  let problem: string | undefined;
  let stopped = false;
  // Oldest change that stands in no cut, and oldest change in the cut that has not landed yet.
  let changedSinceCut = input.oldestChangeAt;
  let changedInCut = input.oldestChangeAt;

  const unsubscribe = sequencer.subscribe((applied) => {
    if (isChange(applied)) changedSinceCut ??= clock.now();
    for (const event of applied.outcome.events) if (event.type === 'checkpointFinal') requireOurs(event);
  });

  /**
   * A keeper that was cut off while another one posted learns of it here, in the same moment as the state: withdrawals of a
   * foreign checkpoint must never be signed. Those before `base` are its ancestors. `base` itself may have been dropped by a
   * reorganisation and signed anew since then.
   */
  function requireOurs({ number, digest }: Tip): void {
    const { base } = input;
    const stored = storedAt(number);
    const isOurs = digest === base?.digest || (stored !== undefined && digest === known(stored).digest);
    const isAncestor = stored === undefined && number < (base?.message.number ?? 0);
    if (!isOurs && !isAncestor) throw foreign({ number, digest });
  }

  function newestAtStart(): KnownCheckpoint | undefined {
    const number = unsigned === undefined ? sequencer.state.cutNumber : unsigned.number - 1;
    const stored = number > (landed?.message.number ?? 0) ? storedAt(number) : undefined;
    return stored === undefined ? landed : known(stored);
  }

  function oldestStoredAtStart(): number {
    let number = (newest?.message.number ?? 0) + 1;
    while (storedAt(number - 1) !== undefined) number--;
    return number;
  }

  function known({ checkpoint }: SignedCheckpoint): KnownCheckpoint {
    return { message: checkpoint, digest: digestOf('Checkpoint', domain, checkpoint) };
  }

  function storedAt(number: number): SignedCheckpoint | undefined {
    if (held?.checkpoint.number === number) return held;
    const bytes = journal.readOutbox(`checkpoint ${number}`);
    if (bytes !== undefined) held = decodeSignedCheckpoint(bytes);
    return bytes === undefined ? undefined : held;
  }

  /** Whether a cut, signed or not, waits for its place on chain. */
  function isInFlight(): boolean {
    return packing || unsigned !== undefined || newest?.digest !== landed?.digest;
  }

  function leads(): boolean {
    return leadership.role === 'leader' && leadership.problem === undefined && !leadership.paused;
  }

  /** `epoch` was read before the chain was: a checkpoint of an older one that is not on chain by then will never be. */
  function sign(cut: Omit<Cut, 'state'>, { epoch, parent }: { epoch: number; parent: Hex }): SignedCheckpoint {
    if (!leads() || leadership.epoch !== epoch) throw new Error('The leadership changed; nothing is signed now.');
    const payload = input.seal({ epoch, number: cut.number, plaintext: cut.plaintext });
    const checkpoint: CheckpointMessage = {
      number: cut.number,
      epoch,
      parent,
      stateHash: cut.stateHash,
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

  function store(item: SignedCheckpoint): SignedCheckpoint {
    const { number } = item.checkpoint;
    journal.writeOutbox(`checkpoint ${number}`, encodeSignedCheckpoint(item));
    held = item;
    if (number >= (newest?.message.number ?? 0)) newest = known(item);
    return item;
  }

  function forgetFinal(): void {
    for (; oldestStored <= sequencer.state.finalNumber; oldestStored++) {
      journal.writeOutbox(`checkpoint ${oldestStored}`, undefined);
    }
  }

  /** The council gave me a new epoch while a checkpoint of the old one was under way: nobody can post that one any more. */
  function resign(old: SignedCheckpoint, { epoch, parent }: { epoch: number; parent: Hex }): SignedCheckpoint {
    const { number, journalIndex, stateHash } = old.checkpoint;
    const plaintext = input.open({ epoch: old.checkpoint.epoch, number, payload: old.payload });
    const { withdrawals } = old;
    return store(sign({ number, journalIndex, stateHash, plaintext, withdrawals }, { epoch, parent }));
  }

  /** The signed checkpoint that belongs on top of what stands on chain. */
  function missingAfter(tip: Tip): SignedCheckpoint {
    const item = storedAt(tip.number + 1);
    if (item === undefined) {
      const what = `Checkpoint ${tip.number + 1}, which an earlier keeper posted, was dropped by a reorganisation`;
      throw new Error(`${what}: nothing can be posted until its transaction is mined again.`);
    }
    if (item.checkpoint.parent === tip.digest) return item;
    // The one before was signed anew for a new epoch; this one follows.
    const before = storedAt(tip.number);
    if (before === undefined || known(before).digest !== tip.digest) throw foreign(tip);
    return item;
  }

  /** Sees to it that everything that was signed stands on chain. */
  async function follow(epoch: number): Promise<void> {
    if (newest === undefined) return;
    const tip = await reader.readTip(input.checkpointer, 'latest');
    const { message, digest } = newest;
    if (tip.number > message.number || (tip.number === message.number && tip.digest !== digest)) throw foreign(tip);
    if (tip.number === message.number) {
      const { number, journalIndex } = message;
      if (landed?.digest !== digest) logger.info({ number, sequence: journalIndex }, 'checkpoint landed');
      landed = newest;
      return;
    }
    if (landed !== undefined && landed.message.number > tip.number) {
      logger.warn({ number: landed.message.number, newest: tip.number }, 'checkpoint dropped by a reorganisation');
      const stored = storedAt(tip.number);
      landed = stored && known(stored);
    }
    const missing = missingAfter(tip);
    const isCurrent = missing.checkpoint.epoch === epoch;
    await send(isCurrent ? missing : resign(missing, { epoch, parent: tip.digest }));
  }

  async function send(item: SignedCheckpoint): Promise<void> {
    const { digest } = known(item);
    if (sent?.digest === digest && clock.now() - sent.at < settings.resendMs) return;
    sent = { digest, at: clock.now() };
    const transaction = await poster.post(item);
    logger.info({ number: item.checkpoint.number, transaction }, 'checkpoint sent');
  }

  function isDue(): boolean {
    const sinceCut = clock.now() - cutAt;
    const needsRoom = usedRoom(sequencer.state) >= URGENT_FROM;
    // The last roots of a wind-down are of the newest checkpoint, as long as nobody fills it up: whoever starts anew finds it.
    if (!input.windDown.isOpen && !needsRoom) return false;
    if (needsRoom || sequencer.state.queuedWithdrawals > 0) return sinceCut >= settings.urgentMs;
    if (changedSinceCut !== undefined) return sinceCut >= settings.intervalMs;
    return sinceCut >= settings.heartbeatMs;
  }

  /** Copies what it needs before it returns. Whatever fails from here on is a packing failure: the cut is journalled. */
  async function pack(state: State, journalIndex: number): Promise<Cut> {
    const number = state.cutNumber;
    try {
      const withdrawals = postedWith(state);
      const packed = await input.packer.packCut({ patch: patchOfCut(state), number, slices: settings.slices });
      return { number, journalIndex, withdrawals, ...packed };
    } catch (cause) {
      throw new PackingFailedError(`The state of checkpoint ${number} could not be packed.`, { cause });
    }
  }

  async function cut(): Promise<void> {
    cutAt = clock.now();
    unsigned = await sequencer.submitAndRead({ type: 'cutCheckpoint' }, (state, applied) => {
      const { result } = applied.outcome;
      if (result.code !== 'ok') throw new Error(`The core refused to cut a checkpoint: ${result.code}.`);
      packing = true;
      changedInCut = changedSinceCut;
      changedSinceCut = undefined;
      return pack(state, applied.sequence);
    });
    packing = false;
    input.onCut(unsigned.state);
  }

  async function cutNext(epoch: number): Promise<void> {
    if (newest?.digest !== landed?.digest) return;
    if (unsigned === undefined && isDue()) await cut();
    if (unsigned === undefined) return;
    const tip = await reader.readTip(input.checkpointer, 'latest');
    const before = { number: newest?.message.number ?? 0, digest: newest?.digest ?? ZERO_HASH };
    // Dropped by a reorganisation in this moment: the next turn sends it again first.
    if (tip.number < before.number) return;
    if (tip.number > before.number || tip.digest !== before.digest) throw foreign(tip);
    store(sign(unsigned, { epoch, parent: before.digest }));
    unsigned = undefined;
    forgetFinal();
  }

  async function turn(): Promise<void> {
    if (!leads()) return;
    const { epoch } = leadership;
    await follow(epoch);
    await cutNext(epoch);
    await follow(epoch);
  }

  async function takeTurn(): Promise<void> {
    try {
      await turn();
      problem = undefined;
    } catch (error) {
      if (error instanceof ForeignCheckpointError || error instanceof PackingFailedError) {
        if (stopped) return;
        turns.stop();
        return input.onFatal(error);
      }
      const message = error instanceof Error ? error.message : String(error);
      if (message !== problem) logger.warn({ error: message }, 'checkpoint is held up');
      problem = message;
    }
  }

  const turns = repeat(takeTurn, { clock, pollMs: settings.pollMs });

  return {
    get landed() {
      return landed;
    },
    get oldestChangeAt() {
      return isInFlight() ? (changedInCut ?? changedSinceCut) : changedSinceCut;
    },
    get problem() {
      const bytes = held?.payload.length ?? 0;
      if (problem !== undefined || bytes < PAYLOAD_WARNING_BYTES) return problem;
      return `Checkpoints have grown to ${bytes} bytes; nodes take no transaction above ${TRANSACTION_LIMIT_BYTES}.`;
    },
    start: turns.start,
    stop() {
      stopped = true;
      unsubscribe();
      turns.stop();
    },
  };
}

interface Tip {
  readonly number: number;
  readonly digest: Hex;
}

/** What goes into a checkpoint, right after the cut was applied, and all at once. For when nobody waits. */
export function freeze(
  state: State,
  { sequence, slices }: { readonly sequence: number; readonly slices: number },
): Cut {
  const indexed = indexState(state);
  return {
    number: state.cutNumber,
    journalIndex: sequence,
    stateHash: keccak256Hex(indexed.bytes),
    state: indexed.bytes,
    plaintext: encodePart(indexed, { number: state.cutNumber, slices, changes: state.lastChanges }),
    withdrawals: postedWith(state),
  };
}

function postedWith(state: State): readonly WithdrawalMessage[] {
  return withdrawalsOfCheckpoint(state, state.cutNumber).map(({ message }) => message);
}

/**
 * Whether a command did something that the next checkpoint has to carry. That a checkpoint became final is none:
 * otherwise each checkpoint would bring about the next one, and an idle exchange would pay for them for ever.
 */
export function isChange({ command, outcome }: Pick<Applied, 'command' | 'outcome'>): boolean {
  if (outcome.result.code !== 'ok') return false;
  if (UNSEEN.has(command.type)) return outcome.events.some(({ type }) => LIQUIDATING.has(type));
  if (command.type !== 'log') return true;
  return outcome.events.some(
    (event) => event.type !== 'checkpointFinal' && !(event.type === 'withdrawalChanged' && event.status === 'final'),
  );
}

function foreign({ number, digest }: Tip): ForeignCheckpointError {
  return new ForeignCheckpointError(
    `Checkpoint ${number} (${digest}) on the home chain is not mine: another keeper writes for this exchange. ` +
      'I stop. Find out which keeper the council named; start this one again to follow as a candidate.',
  );
}
