// Start-up decides from facts, not from settings:
//
//   journal holds the newest landed checkpoint, with the same stateHash → replay it; open orders are there again
//   journal is missing, behind or forked                               → newest checkpoint from chain; books are empty
//   journal is damaged in the middle                                   → the adapter throws; a person decides
//
// A journal whose tail was lost beyond the newest landed checkpoint cannot be told from one that never went further.
import type { Hex } from '../core/commands.ts';
import { keccak256Hex } from '../core/keccak.ts';
import type { Journal, LandedCheckpoint, Logger } from '../core/ports.ts';
import { decodeEngine, decodeState, encodeEngine, stateHash } from '../core/snapshot.ts';
import type { Genesis, State } from '../core/state.ts';
import { createState } from '../core/state.ts';
import { step } from '../core/step.ts';
import { digestOf } from '../core/typedMessages.ts';
import type { Cut } from './cutCheckpoint.ts';
import { freeze } from './cutCheckpoint.ts';
import type { Applied } from './sequencer.ts';
import { decodeSignedCheckpoint } from './signedCheckpoint.ts';

/** Added to the sequence after a recovery from chain: no order id of a lost tail is ever given out again. */
const SEQUENCE_LEAP = 2 ** 32;

export class RecoveryError extends Error {
  override name = 'RecoveryError';
}

export interface Recovered {
  readonly journal: Journal;
  readonly state: State;
  readonly sequence: number;
  readonly from: 'genesis' | 'journal' | 'chain';
  /** The newest checkpoint on chain, which the next one continues. */
  readonly base: { readonly number: number; readonly digest: Hex } | undefined;
  /** A cut that was journalled, but not signed before the crash. */
  readonly unsigned: Cut | undefined;
}

export interface RecoveryInput {
  readonly genesis: Genesis;
  readonly journal: Journal;
  /** The newest checkpoint on chain, in the newest block. */
  readonly landed: LandedCheckpoint | undefined;
  readonly open: (sealed: { epoch: number; number: number; payload: Uint8Array }) => Uint8Array;
  /** Sees every replayed command, so that histories and stored answers are there again. */
  readonly onReplayed: (applied: Applied) => void;
  /** Puts the journal aside and gives an empty one. */
  readonly setAside: () => Journal;
  readonly logger: Logger;
}

export function recover(input: RecoveryInput): Recovered {
  const { genesis, journal, landed, logger } = input;
  const base =
    landed === undefined
      ? undefined
      : {
          number: landed.checkpoint.number,
          digest: digestOf(
            'Checkpoint',
            { chainId: genesis.homeChainId, verifyingContract: genesis.checkpointer },
            landed.checkpoint,
          ),
        };
  if (journal.snapshot() === undefined) return begin(input, journal, base);
  const reason = whyNotInJournal({ genesis, journal, landed });
  if (reason === undefined) return replay(input, base);
  logger.error({ reason }, 'the local journal is put aside; recovering from chain, open orders are gone');
  return begin(input, input.setAside(), base);
}

/** Why the journal does not hold the newest landed checkpoint; undefined when it does. */
export function whyNotInJournal(input: {
  readonly genesis: Genesis;
  readonly journal: Journal;
  readonly landed: LandedCheckpoint | undefined;
}): string | undefined {
  const { genesis, journal, landed } = input;
  if (landed === undefined) return undefined;
  const { number, journalIndex, stateHash: expected } = landed.checkpoint;
  if (journal.lastSequence < journalIndex) {
    return `The journal ends at ${journal.lastSequence}; checkpoint ${number} on chain was cut at ${journalIndex}.`;
  }
  // A journal that began with this checkpoint holds it as its base, one leap further.
  const start = journal.snapshot(journalIndex) ?? journal.snapshot(journalIndex + SEQUENCE_LEAP);
  if (start === undefined) return `The journal begins after ${journalIndex}, where checkpoint ${number} was cut.`;
  const state = decodeEngine(start.engine, genesis);
  for (const { sequence, command } of journal.replay(start.sequence)) {
    if (sequence > journalIndex) break;
    step(state, sequence, command);
  }
  const found = stateHash(state);
  if (found === expected) return undefined;
  return `The journal gives stateHash ${found} at ${journalIndex}; checkpoint ${number} on chain says ${expected}.`;
}

/** A fresh journal: from the newest checkpoint on chain, or from nothing when there is none. */
function begin(input: RecoveryInput, journal: Journal, base: Recovered['base']): Recovered {
  const { genesis, landed, logger } = input;
  if (landed === undefined) {
    const state = createState(genesis);
    journal.begin({ sequence: 0, engine: encodeEngine(state) });
    return { journal, state, sequence: 0, from: 'genesis', base, unsigned: undefined };
  }
  const { epoch, number, journalIndex, stateHash: expected } = landed.checkpoint;
  const plaintext = input.open({ epoch, number, payload: landed.payload });
  const found = keccak256Hex(plaintext);
  if (found !== expected) {
    throw new RecoveryError(
      `Checkpoint ${number} decrypts to a state with hash ${found}, but it was signed for ${expected}.`,
    );
  }
  const state = decodeState(plaintext, genesis);
  const sequence = journalIndex + SEQUENCE_LEAP;
  journal.begin({ sequence, engine: encodeEngine(state) });
  logger.info({ number, sequence }, 'state recovered from the newest checkpoint on chain');
  return { journal, state, sequence, from: 'chain', base, unsigned: undefined };
}

function replay(input: RecoveryInput, base: Recovered['base']): Recovered {
  const { journal, logger } = input;
  const outbox = journal.readOutbox('checkpoint');
  const stored = outbox === undefined ? 0 : decodeSignedCheckpoint(outbox).checkpoint.number;
  const signed = Math.max(stored, base?.number ?? 0);
  const start = newestSnapshotBefore(input, signed);
  const { state } = start;
  let { sequence } = start;
  let unsigned: Cut | undefined;
  for (const record of journal.replay(start.sequence)) {
    const outcome = step(state, record.sequence, record.command);
    sequence = record.sequence;
    if (record.command.type === 'cutCheckpoint' && state.cutNumber > signed) unsigned = freeze(state, sequence);
    input.onReplayed({ ...record, outcome });
  }
  logger.info({ sequence, cut: state.cutNumber, signed }, 'state recovered from the journal');
  return { journal, state, sequence, from: 'journal', base, unsigned };
}

/** The newest snapshot in which no cut is unsigned: a cut left over by the crash is then met again while replaying. */
function newestSnapshotBefore({ journal, genesis }: RecoveryInput, signed: number): { state: State; sequence: number } {
  for (let at = journal.lastSequence; ; ) {
    const snapshot = journal.snapshot(at);
    if (snapshot === undefined) throw new RecoveryError('The journal has no snapshot to start from.');
    const state = decodeEngine(snapshot.engine, genesis);
    if (state.cutNumber <= signed) return { state, sequence: snapshot.sequence };
    at = snapshot.sequence - 1;
  }
}
