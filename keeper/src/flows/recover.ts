// Start-up decides from facts, not from settings:
//
//   journal holds the newest landed checkpoint, with the same stateHash → replay it; open orders are there again
//   journal is missing, behind or forked                               → newest checkpoints from chain; books are empty
//   journal is damaged in the middle                                   → the adapter throws; a person decides
//
// A journal whose tail was lost beyond the newest landed checkpoint cannot be told from one that never went further.
import { assert } from '../core/assertion.ts';
import type { Command, Hex } from '../core/commands.ts';
import { isWindingDown } from '../core/exitMode.ts';
import { keccak256Hex } from '../core/keccak.ts';
import type { Journal, LandedCheckpoint, Logger } from '../core/ports.ts';
import { addPart, assembledState, beginAssembly, missingOf } from '../core/rollingSnapshot.ts';
import { decodeEngine, decodeState, encodeEngine, stateHash } from '../core/snapshot.ts';
import type { Genesis, State } from '../core/state.ts';
import { createState } from '../core/state.ts';
import { step } from '../core/step.ts';
import { digestOf, payloadHash, ZERO_HASH } from '../core/typedMessages.ts';
import type { Cut, KnownCheckpoint } from './cutCheckpoint.ts';
import { freeze, isChange } from './cutCheckpoint.ts';
import type { Applied } from './sequencer.ts';

/**
 * Added to the sequence after a recovery from chain: order ids of a lost tail are not given out again, unless a second
 * recovery starts from the same checkpoint.
 */
const SEQUENCE_LEAP = 2 ** 32;
/** At least so many commands are replayed, if there are: their answers and fills are there again for those who ask. */
const REPLAY_AT_LEAST = 4_096;

/** Commands, orders and log entries that are replayed in one go: some hundredths of a second, in which nobody is answered. */
const REPLAYED_AT_ONCE = 16_384;
const BEGAN_WITH_NOTHING_ON_CHAIN =
  'The journal began with a checkpoint that no longer stands on chain: a reorganisation dropped it. ' +
  'Start the keeper again once its transaction is mined again.';

export class RecoveryError extends Error {
  override name = 'RecoveryError';
}

/** Right after a start from nothing or from a checkpoint. */
const NOTHING_OPEN = { unsigned: undefined, oldestChangeAt: undefined };

export interface Recovered {
  readonly journal: Journal;
  readonly state: State;
  readonly sequence: number;
  readonly from: 'genesis' | 'journal' | 'chain';
  /** The newest checkpoint on chain, which the next one continues. */
  readonly base: KnownCheckpoint | undefined;
  /** A cut that was journalled, but not signed before the crash. */
  readonly unsigned: Cut | undefined;
  /**
   * While vaults are in exit mode: the bytes of the states behind the newest checkpoint on chain and, when that is another
   * one, the newest cut; in this order. There may be no newer cut, and no newer roots than theirs.
   */
  readonly frozen: readonly Uint8Array[];
  /** Time of the oldest change that `base` does not hold; undefined when there is none. */
  readonly oldestChangeAt: number | undefined;
}

export interface RecoveryInput {
  readonly genesis: Genesis;
  readonly journal: Journal;
  /** The newest checkpoint on chain, in the newest block. */
  readonly landed: LandedCheckpoint | undefined;
  /** Those before it, newest first. Read only when the journal does not help. */
  readonly older: AsyncIterator<LandedCheckpoint, void>;
  /** For a cut that has to be frozen again: see `CheckpointSettings`. */
  readonly slices: number;
  readonly open: (sealed: { epoch: number; number: number; payload: Uint8Array }) => Uint8Array;
  /** Sees every replayed command, so that histories and stored answers are there again; in vain when `setAside` follows. */
  readonly onReplayed: (applied: Applied) => void;
  /** Lets others have their turn; may reject to end the recovery. */
  readonly breathe: () => Promise<void>;
  /** Puts the journal aside and gives an empty one. */
  readonly setAside: () => Journal;
  readonly logger: Logger;
}

/** Throws what `older` throws; everything else is for a person. Nothing is put aside before the state is there. */
export async function recover(input: RecoveryInput): Promise<Recovered> {
  const { genesis, journal, landed, logger } = input;
  const base = landed && { message: landed.checkpoint, digest: digestOfCheckpoint(genesis, landed) };
  if (journal.snapshot() === undefined) return begin(input, base, () => journal);
  const replayed = await replay(input, base);
  if (typeof replayed !== 'string') return { ...replayed.recovered, frozen: await frozenIn(input, replayed) };
  logger.error({ reason: replayed }, 'the local journal is put aside; recovering from chain, open orders are gone');
  return begin(input, base, input.setAside);
}

/**
 * Digest of the newest checkpoint, or zero when there is none, once the state behind it has been put together and thrown
 * away: who could not do it must not take over. Throws what `recover` throws.
 */
export async function recoverableTip(
  input: Pick<RecoveryInput, 'genesis' | 'open'> & { readonly checkpoints: AsyncGenerator<LandedCheckpoint, void> },
): Promise<Hex> {
  const { genesis, open, checkpoints } = input;
  const newest = await checkpoints.next();
  if (newest.done === true) return ZERO_HASH;
  const { bytes } = await assemble({ genesis, open, older: checkpoints }, newest.value);
  decodeState(bytes, genesis);
  await checkpoints.return();
  return digestOfCheckpoint(genesis, newest.value);
}

/** The bytes of the state behind a checkpoint on chain, by its number. Throws what `recover` throws. */
export async function landedState(
  input: Pick<RecoveryInput, 'genesis' | 'open'> & { readonly checkpoints: AsyncGenerator<LandedCheckpoint, void> },
  number: number,
): Promise<Uint8Array> {
  const { genesis, open, checkpoints } = input;
  let child: LandedCheckpoint | undefined;
  for (let next = await checkpoints.next(); next.done !== true; next = await checkpoints.next()) {
    if (child !== undefined) requireParent(genesis, next.value, child);
    child = next.value;
    if (child.checkpoint.number > number) continue;
    const { bytes } = await assemble({ genesis, open, older: checkpoints }, child);
    await checkpoints.return();
    return bytes;
  }
  throw new RecoveryError(`There is no checkpoint ${number} on chain.`);
}

/** Why the journal does not hold the newest landed checkpoint; undefined when it does. */
export function whyNotInJournal(input: {
  readonly genesis: Genesis;
  readonly journal: Journal;
  readonly landed: LandedCheckpoint;
}): string | undefined {
  const { genesis, journal, landed } = input;
  const at = findCut(journal, landed);
  if (typeof at === 'string') return at;
  const start = snapshotUpTo(journal, at);
  const state = decodeEngine(start.engine, genesis);
  for (const { sequence, command } of journal.replay(start.sequence)) {
    if (sequence > at) break;
    step(state, sequence, command);
  }
  return whyOtherState(state, { at, landed });
}

/** Sequence in the journal at which a landed checkpoint must have been cut; or why it is not there. */
function findCut(journal: Journal, { checkpoint: { number, journalIndex } }: LandedCheckpoint): number | string {
  if (journal.lastSequence < journalIndex) {
    return `The journal ends at ${journal.lastSequence}; checkpoint ${number} on chain was cut at ${journalIndex}.`;
  }
  if (journal.snapshot(journalIndex) !== undefined) return journalIndex;
  // A journal that began with this checkpoint holds it as its base, one leap further.
  const base = journal.snapshot(journalIndex + SEQUENCE_LEAP);
  return base?.sequence ?? `The journal begins after ${journalIndex}, where checkpoint ${number} was cut.`;
}

/** `state` is what the journal gives at sequence `at`. */
function whyOtherState(
  state: State,
  { at, landed }: { readonly at: number; readonly landed: LandedCheckpoint },
): string | undefined {
  const { number, stateHash: expected } = landed.checkpoint;
  const found = stateHash(state);
  if (found === expected) return undefined;
  return `The journal gives stateHash ${found} at ${at}; checkpoint ${number} on chain says ${expected}.`;
}

/** The newest snapshot at or before a sequence, or the oldest there is: where a journal begins. */
export function snapshotUpTo(journal: Journal, sequence: number): NonNullable<ReturnType<Journal['snapshot']>> {
  const found = journal.snapshot(sequence);
  if (found !== undefined) return found;
  let oldest = journal.snapshot();
  for (let older = oldest; older !== undefined; older = journal.snapshot(older.sequence - 1)) oldest = older;
  assert(oldest !== undefined, 'the journal was begun');
  return oldest;
}

/** A fresh journal: from the newest checkpoint on chain, or from nothing when there is none. */
async function begin(
  input: RecoveryInput,
  base: Recovered['base'],
  openEmptyJournal: () => Journal,
): Promise<Recovered> {
  const { genesis, landed, logger } = input;
  if (landed === undefined) {
    const journal = openEmptyJournal();
    const state = createState(genesis);
    journal.begin({ sequence: 0, engine: encodeEngine(state) });
    return { journal, state, sequence: 0, from: 'genesis', base, ...NOTHING_OPEN, frozen: [] };
  }
  const { bytes, oldest } = await assemble(input, landed);
  const state = decodeState(bytes, genesis);
  const { number, journalIndex } = landed.checkpoint;
  const sequence = journalIndex + SEQUENCE_LEAP;
  const journal = openEmptyJournal();
  journal.begin({ sequence, engine: encodeEngine(state) });
  logger.info({ number, oldest, sequence }, 'state recovered from the newest checkpoint on chain');
  const frozen = isWindingDown(state) ? [bytes] : [];
  return { journal, state, sequence, from: 'chain', base, ...NOTHING_OPEN, frozen };
}

/**
 * The state that the newest checkpoint was signed for, from its part and those before it. That each was signed by both
 * keys, the contract has checked when it took them: the newest one's digest stands for all of its ancestors.
 */
async function assemble(
  input: Pick<RecoveryInput, 'genesis' | 'open' | 'older'>,
  newest: LandedCheckpoint,
): Promise<{ readonly bytes: Uint8Array; readonly oldest: number }> {
  const { number, stateHash: expected } = newest.checkpoint;
  const assembly = beginAssembly(openPart(input, newest));
  let child = newest;
  while (missingOf(assembly) > 0) {
    const next = await input.older.next();
    if (next.done === true) {
      throw new RecoveryError(
        `Checkpoints ${number} to ${child.checkpoint.number} are all there are, and lack ${missingOf(assembly)} accounts or nonces.`,
      );
    }
    requireParent(input.genesis, next.value, child);
    addPart(assembly, openPart(input, next.value));
    child = next.value;
  }
  const oldest = child.checkpoint.number;
  const bytes = assembledState(assembly);
  const found = keccak256Hex(bytes);
  if (found === expected) return { bytes, oldest };
  throw new RecoveryError(
    `Checkpoints ${number} to ${oldest} give a state with hash ${found}, but checkpoint ${number} was signed for ${expected}.`,
  );
}

function requireParent(genesis: Genesis, parent: LandedCheckpoint, child: LandedCheckpoint): void {
  if (digestOfCheckpoint(genesis, parent) === child.checkpoint.parent) return;
  throw new RecoveryError(
    `What was read as checkpoint ${parent.checkpoint.number} is not the parent of checkpoint ${child.checkpoint.number}.`,
  );
}

function openPart({ open }: Pick<RecoveryInput, 'open'>, { checkpoint, payload }: LandedCheckpoint): Uint8Array {
  const { epoch, number, payloadHash: expected } = checkpoint;
  const found = payloadHash(payload);
  if (found === expected) return open({ epoch, number, payload });
  throw new RecoveryError(`The payload of checkpoint ${number} has hash ${found}, but ${expected} was signed.`);
}

/** What landed is read from chain: the journal goes on with whatever came after that cut, and begins later some day. */
async function frozenIn(input: RecoveryInput, { recovered, newestCut }: Replayed): Promise<readonly Uint8Array[]> {
  const { landed } = input;
  if (!isWindingDown(recovered.state)) return [];
  const frozen = landed === undefined ? [] : [(await assemble(input, landed)).bytes];
  return newestCut === undefined ? frozen : [...frozen, newestCut.state];
}

interface Replayed {
  readonly recovered: Omit<Recovered, 'frozen'>;
  /** That is not on chain, signed or not. */
  readonly newestCut: Cut | undefined;
}

/** Or why the journal does not hold the newest landed checkpoint, which is only known once it was replayed that far. */
async function replay(input: RecoveryInput, base: Recovered['base']): Promise<Replayed | string> {
  const { genesis, journal, landed, logger, breathe } = input;
  const landedAt = landed === undefined ? 0 : findCut(journal, landed);
  if (typeof landedAt === 'string') return landedAt;
  const start = snapshotUpTo(journal, Math.min(landedAt, journal.lastSequence - REPLAY_AT_LEAST));
  const state = decodeEngine(start.engine, genesis);
  // With many accounts it takes tenths of a second to read a state, and to hash one.
  await breathe();
  await apply(input, { state, after: start.sequence, upTo: landedAt }, input.onReplayed);
  await breathe();
  const reason = landed && whyOtherState(state, { at: landedAt, landed });
  await breathe();
  if (reason !== undefined) return reason;
  if (landed === undefined && state.cutNumber > 0) throw new RecoveryError(BEGAN_WITH_NOTHING_ON_CHAIN);

  let newestCut: Cut | undefined;
  let oldestChangeAt: number | undefined;
  const { lastSequence: sequence } = journal;
  await apply(input, { state, after: landedAt, upTo: sequence }, (applied) => {
    const { command, outcome } = applied;
    const isCut = command.type === 'cutCheckpoint' && outcome.result.code === 'ok';
    if (isCut) newestCut = freeze(state, { sequence: applied.sequence, slices: input.slices });
    if (isChange(applied)) oldestChangeAt ??= command.time;
    input.onReplayed(applied);
  });
  const isSigned = newestCut === undefined || journal.readOutbox(`checkpoint ${newestCut.number}`) !== undefined;
  const unsigned = isSigned ? undefined : newestCut;
  logger.info({ sequence, cut: state.cutNumber, unsigned: unsigned?.number }, 'state recovered from the journal');
  return { recovered: { journal, state, sequence, from: 'journal', base, unsigned, oldestChangeAt }, newestCut };
}

/** Applies the records after one sequence, up to another one, and lets others have their turn meanwhile. */
async function apply(
  { journal, logger, breathe }: RecoveryInput,
  { state, after, upTo }: { readonly state: State; readonly after: number; readonly upTo: number },
  onApplied: (applied: Applied) => void,
): Promise<void> {
  let sinceBreath = 0;
  for (const { sequence, command } of journal.replay(after)) {
    if (sequence > upTo) break;
    onApplied({ sequence, command, outcome: step(state, sequence, command) });
    sinceBreath += sizeOf(command);
    if (sinceBreath < REPLAYED_AT_ONCE) continue;
    sinceBreath = 0;
    logger.info({ sequence, last: journal.lastSequence }, 'replaying the journal');
    await breathe();
  }
}

/** Of what there may be many in one command. */
function sizeOf(command: Command): number {
  if (command.type === 'batch') return 1 + command.actions.length;
  return command.type === 'log' ? 1 + command.entries.length : 1;
}

function digestOfCheckpoint({ homeChainId, checkpointer }: Genesis, { checkpoint }: LandedCheckpoint): Hex {
  return digestOf('Checkpoint', { chainId: homeChainId, verifyingContract: checkpointer }, checkpoint);
}
