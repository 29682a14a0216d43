// A signed batch of actions: accepted or refused as a whole by who sent it and when, then each item on its own.

import { amendOrder } from './amendOrder.ts';
import { compact, MAX_SAFE } from './assets.ts';
import { bookOf, cancelAll, cancelOrder, findOwnOrder } from './cancelOrder.ts';
import { tradingRoom } from './checkpointRoom.ts';
import {
  ACTION_AMEND,
  ACTION_CANCEL,
  ACTION_CANCEL_ALL,
  ACTION_CANCEL_ALL_AFTER,
  ACTION_PLACE,
  type Action,
  BATCH_LIMIT,
  type BatchCommand,
  POST_ONLY,
  ZERO_ADDRESS,
} from './commands.ts';
import type { ActionResult, CommandResult, RejectCode } from './events.ts';
import { assetPaid, type Exchange, feeLimitOf } from './exchange.ts';
import { windDownRefusal } from './exitMode.ts';
import { findAccount, NO_ACCOUNT } from './ledger.ts';
import type { Book } from './orderBook.ts';
import { orderAt } from './orderPool.ts';
import { placeOrder } from './placeOrder.ts';
import type { State } from './state.ts';
import { REQUESTED } from './tape.ts';
import { clearTimer, setTimer } from './timers.ts';

const UINT8_MAX = 255;
const UINT32_MAX = 2 ** 32 - 1;

export function applyBatch(state: State, sequence: number, command: BatchCommand): CommandResult {
  const refusal = refusalOf(state, command);
  if (refusal !== undefined) return refusal;
  state.batchNonce = command.nonce;
  state.exchange.changeLimit = tradingRoom(state);
  const { actions } = command;
  const items = new Array<ActionResult>(actions.length);
  const apply = (item: number) => {
    items[item] = applyAction(state, actions[item] as Action, sequence * BATCH_LIMIT + item);
  };
  if (command.makersFirst) {
    for (let item = 0; item < items.length; item++) if (neverTakes(actions[item] as Action)) apply(item);
    for (let item = 0; item < items.length; item++) if (!neverTakes(actions[item] as Action)) apply(item);
  } else {
    for (let item = 0; item < items.length; item++) apply(item);
  }
  return { code: 'ok', items };
}

function refusalOf(state: State, command: BatchCommand): CommandResult | undefined {
  const { executor, epoch, nonce, deadline, time, actions } = command;
  if (executor !== state.executor || executor === ZERO_ADDRESS) return { code: 'batch.notExecutor' };
  if (epoch !== state.epoch) return { code: 'batch.wrongEpoch', details: { epoch, current: state.epoch } };
  if (deadline < time) return { code: 'batch.expired', details: { deadline, time } };
  if (nonce <= state.batchNonce) return { code: 'batch.nonceNotGrowing', details: { nonce, newest: state.batchNonce } };
  if (actions.length > BATCH_LIMIT)
    return { code: 'batch.tooLarge', details: { items: actions.length, limit: BATCH_LIMIT } };
  return undefined;
}

/** Cancels, and what is post-only by its own words: in makers-first batches they come before everything else. */
function neverTakes({ kind, flags }: Action): boolean {
  if (kind === ACTION_PLACE || kind === ACTION_AMEND) return (flags & POST_ONLY) !== 0;
  return true;
}

function applyAction(state: State, action: Action, orderId: number): ActionResult {
  const { exchange, time } = state;
  if (!isWellFormed(action)) return { code: 'action.invalid' };
  const account = findAccount(exchange.ledger, action.account, action.subaccount);
  if (account === NO_ACCOUNT) return { code: 'account.unknown' };
  switch (action.kind) {
    case ACTION_PLACE:
      return windDownRefusal(state) ?? place(exchange, account, action, orderId, time);
    case ACTION_CANCEL:
      return cancel(exchange, account, action);
    case ACTION_CANCEL_ALL:
      return cancelEvery(exchange, account, action);
    case ACTION_AMEND:
      return windDownRefusal(state) ?? amend(exchange, account, action);
    default:
      return cancelAllAfter(exchange, account, action, time);
  }
}

/** Is everything a number of its kind? Prices and quantities have codes of their own. */
function isWellFormed(action: Action): boolean {
  return (
    isSafe(action.kind, ACTION_CANCEL_ALL_AFTER) &&
    isSafe(action.subaccount, UINT32_MAX) &&
    isSafe(action.book, UINT32_MAX) &&
    isSafe(action.side, UINT8_MAX) &&
    isSafe(action.timeInForce, UINT8_MAX) &&
    isSafe(action.flags, UINT8_MAX) &&
    isSafe(action.orderId, MAX_SAFE) &&
    isSafe(action.clientId, MAX_SAFE) &&
    isSafe(action.expiry, MAX_SAFE) &&
    isSafe(action.maxFeePpm, UINT32_MAX)
  );
}

function isSafe(value: number, limit: number): boolean {
  return value >= 0 && value <= limit && Math.floor(value) === value;
}

function place(exchange: Exchange, account: number, action: Action, orderId: number, time: number): ActionResult {
  const book = exchange.bookById.get(action.book);
  if (book === undefined) return { code: 'book.unknown' };
  const code = placeOrder(exchange, book, account, action, orderId, time);
  const feeLimitPpm = feeLimitOf(book, action.timeInForce, action.flags);
  return code === 'ok' ? placed(exchange) : explain(exchange, book, { code, side: action.side, feeLimitPpm });
}

function amend(exchange: Exchange, account: number, action: Action): ActionResult {
  const slot = findNamedOrder(exchange, account, action);
  if (slot === 0) return { code: 'order.unknown' };
  const book = bookOf(exchange, slot);
  const { side, feeLimitPpm } = orderAt(exchange.orders, slot);
  const code = amendOrder(exchange, slot, action);
  return code === 'ok' ? placed(exchange) : explain(exchange, book, { code, side, feeLimitPpm });
}

function placed({ placement }: Exchange): ActionResult {
  const { orderId, filled, remaining, resting } = placement;
  return { code: 'ok', orderId, filled: compact(filled), remaining: compact(remaining), resting };
}

function cancel(exchange: Exchange, account: number, action: Action): ActionResult {
  const slot = findNamedOrder(exchange, account, action);
  if (slot === 0) return { code: 'order.unknown' };
  cancelOrder(exchange, slot, REQUESTED);
  return { code: 'ok', cancelled: 1 };
}

/** By `orderId`, or by `clientId` when that is 0. `book`, when given, must be the order's. 0 when there is none. */
function findNamedOrder(exchange: Exchange, account: number, { orderId, clientId, book }: Action): number {
  const slot = findOwnOrder(exchange.orders, account, orderId, clientId);
  return slot !== 0 && book !== 0 && bookOf(exchange, slot).id !== book ? 0 : slot;
}

function cancelEvery(exchange: Exchange, account: number, action: Action): ActionResult {
  const book = exchange.bookById.get(action.book);
  if (action.book !== 0 && book === undefined) return { code: 'book.unknown' };
  return { code: 'ok', cancelled: cancelAll(exchange, account, book, REQUESTED) };
}

/** The dead-man switch: all orders of the account go `expiry` milliseconds from now, unless it is set again before. */
function cancelAllAfter(exchange: Exchange, account: number, { expiry }: Action, time: number): ActionResult {
  if (expiry > MAX_SAFE - time) return { code: 'action.invalid' };
  if (expiry === 0) clearTimer(exchange.deadManSwitches, account);
  else setTimer(exchange.deadManSwitches, account, time + expiry, account);
  return { code: 'ok', cancelled: 0 };
}

/** The numbers behind a refusal. */
function explain(
  exchange: Exchange,
  book: Book,
  { code, side, feeLimitPpm }: { readonly code: RejectCode; readonly side: number; readonly feeLimitPpm: number },
): ActionResult {
  if (code === 'order.feeAboveMaximum') return { code, details: { feePpm: feeLimitPpm } };
  if (code !== 'risk.insufficientBalance') return { code };
  const { symbol, ledgerDecimals } = assetPaid(exchange, book, side);
  const { needed, free } = exchange.placement;
  return { code, details: { symbol, decimals: ledgerDecimals, needed: String(needed), free: String(free) } };
}
