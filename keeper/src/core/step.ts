// The one writer. Everything that changes the exchange is a command, and every command goes through here: the same
// commands give the same state, results and events, byte for byte, on every machine.
import { fail } from './assertion.ts';
import { MAX_SAFE } from './assets.ts';
import { applyBatch } from './batch.ts';
import { cancelEverybody, expireDue } from './cancelOrder.ts';
import { BATCH_LIMIT, type Command, type ExecutorLostCommand } from './commands.ts';
import type { CommandResult, CoreEvent, Outcome } from './events.ts';
import { cancelInWindDown } from './exitMode.ts';
import { answerForced, postAnswers } from './forced.ts';
import { ingestLog } from './ingestLog.ts';
import { noteStop } from './margin/bankruptcy.ts';
import { liquidate, resumeLooks } from './margin/liquidate.ts';
import { applyPrices } from './margin/marginState.ts';
import { carryLosses } from './margin/sharedLoss.ts';
import { type State, takeChanges } from './state.ts';
import { drainTape, EXECUTOR_LOST } from './tape.ts';
import { cancelQueued, forgetNonces, postQueued, requestWithdrawal } from './withdrawal.ts';

/** Largest sequence: order ids are `sequence · BATCH_LIMIT + item`. */
const SEQUENCE_LIMIT = Math.floor(MAX_SAFE / BATCH_LIMIT) - 1;
/** Most checkpoints that may be cut and not yet final: an hour of one a second. */
const UNFINAL_LIMIT = 4_096;
/** Most orders that one `executorLost` cancels: bounds how long everybody else waits. */
export const LOST_LIMIT = 16_384;

/**
 * Applies one command to the state, in place. `sequence` is its journal number and grows. Refusals are result codes;
 * throws `AssertionError` only when something is impossible, and then the state must not be used any more.
 */
export function step(state: State, sequence: number, command: Command): Outcome {
  // Not with `assert`: to write these numbers into messages that nobody reads would take as long as to match an order.
  const isNext = Number.isSafeInteger(sequence) && sequence > state.sequence && sequence <= SEQUENCE_LIMIT;
  if (!isNext) fail(`sequence ${sequence} after ${state.sequence}`);
  if (!(command.time >= state.time)) fail(`time runs backwards: ${command.time} after ${state.time}`);
  state.sequence = sequence;
  state.time = command.time;
  state.exchange.margin.now = command.time;
  const events: CoreEvent[] = [];
  expireDue(state.exchange, command.time);
  drainTape(state.exchange.tape, state.exchange.ledger, events);
  const result = apply(state, sequence, command, events);
  cancelInWindDown(state);
  drainTape(state.exchange.tape, state.exchange.ledger, events);
  // Batches are not kept waiting, and the ids of their orders belong to their items. After a cut nothing more may change.
  if (command.type !== 'batch' && command.type !== 'cutCheckpoint') {
    liquidate(state, events);
    noteStop(state.exchange);
  }
  return { result, events };
}

function apply(state: State, sequence: number, command: Command, events: CoreEvent[]): CommandResult {
  switch (command.type) {
    case 'batch':
      return applyBatch(state, sequence, command);
    case 'requestWithdrawal':
      return requestWithdrawal(state, command, events);
    case 'cancelWithdrawal':
      return cancelQueued(state, command, events);
    case 'log':
      ingestLog(state, command, events);
      return { code: 'ok' };
    case 'answerForced':
      return answerForced(state, command, events);
    case 'cutCheckpoint':
      return cutCheckpoint(state, events);
    case 'tick':
      return { code: 'ok' };
    case 'executorLost':
      return loseExecutor(state, command);
    case 'prices':
      return applyPrices(state.exchange, command, events);
    default:
      return fail('a command of no known type');
  }
}

/** The keeper repeats it until no order is left or the executor is back. */
function loseExecutor({ exchange, executor }: State, command: ExecutorLostCommand): CommandResult {
  if (command.executor !== executor) return { code: 'batch.notExecutor' };
  cancelEverybody(exchange, EXECUTOR_LOST, LOST_LIMIT);
  return { code: 'ok' };
}

/** What `encodeState` gives right after this is what checkpoint `state.cutNumber` stands for. */
function cutCheckpoint(state: State, events: CoreEvent[]): CommandResult {
  if (state.cutNumber - state.finalNumber >= UNFINAL_LIMIT) return { code: 'checkpoint.inFlight' };
  const { time } = state;
  const number = state.cutNumber + 1;
  state.cutNumber = number;
  events.push({ type: 'checkpointCut', number });
  postQueued(state, { number, time }, events);
  postAnswers(state, number);
  resumeLooks(state);
  carryLosses(state);
  forgetNonces(state, time);
  state.lastChanges = takeChanges(state);
  return { code: 'ok' };
}
