// A signed batch of actions: accepted or refused as a whole by who sent it and when, then each item on its own.

import { changeRoom } from './checkpointRoom.ts';
import {
  ACTION_AMEND,
  ACTION_CANCEL,
  ACTION_CANCEL_ALL,
  ACTION_CANCEL_ALL_AFTER,
  ACTION_PLACE,
  type Action,
  BATCH_LIMIT,
  type BatchCommand,
  BUY,
  ZERO_ADDRESS,
} from './commands.ts';
import type { ActionResult, CommandResult, RejectCode } from './events.ts';
import { type Asset, findAccount, NO_ACCOUNT } from './ledger.ts';
import { buyReserve, cancelAll, cancelOrder, type Exchange, feeLimitOf, findOwnOrder, placeOrder } from './match.ts';
import type { Book } from './orderBook.ts';
import { orderAt } from './orderPool.ts';
import type { State } from './state.ts';
import { REQUESTED } from './tape.ts';

export function applyBatch(state: State, sequence: number, command: BatchCommand): CommandResult {
  const refusal = refusalOf(state, command);
  if (refusal !== undefined) return refusal;
  state.batchNonce = command.nonce;
  state.exchange.changeLimit = changeRoom(state);
  const { actions } = command;
  const items = new Array<ActionResult>(actions.length);
  const apply = (item: number) => {
    items[item] = applyAction(state.exchange, actions[item] as Action, sequence * BATCH_LIMIT + item);
  };
  if (command.makersFirst) {
    for (let item = 0; item < items.length; item++) if (isCancel(actions[item] as Action)) apply(item);
    for (let item = 0; item < items.length; item++) if (!isCancel(actions[item] as Action)) apply(item);
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

function isCancel(action: Action): boolean {
  return action.kind === ACTION_CANCEL || action.kind === ACTION_CANCEL_ALL;
}

function applyAction(exchange: Exchange, action: Action, orderId: number): ActionResult {
  const account = findAccount(exchange.ledger, action.account, action.subaccount);
  switch (action.kind) {
    case ACTION_PLACE:
      return account === NO_ACCOUNT ? { code: 'account.unknown' } : place(exchange, account, action, orderId);
    case ACTION_CANCEL:
      return account === NO_ACCOUNT ? { code: 'account.unknown' } : cancel(exchange, account, action);
    case ACTION_CANCEL_ALL:
      return account === NO_ACCOUNT ? { code: 'account.unknown' } : cancelEvery(exchange, account, action);
    case ACTION_AMEND:
    case ACTION_CANCEL_ALL_AFTER:
      return { code: 'action.unsupported' };
    default:
      return { code: 'action.invalid', details: { kind: action.kind } };
  }
}

function place(exchange: Exchange, account: number, action: Action, orderId: number): ActionResult {
  const book = exchange.bookById.get(action.book);
  if (book === undefined) return { code: 'book.unknown' };
  const code = placeOrder(exchange, book, account, action, orderId);
  if (code !== 'ok') return explain(exchange, book, account, action, code);
  const { placement } = exchange;
  return {
    code,
    orderId: placement.orderId,
    filled: placement.filled,
    remaining: placement.remaining,
    resting: placement.resting,
  };
}

/** Names the order by `orderId`, or by `clientId` when that is 0. `book`, when given, must be the order's. */
function cancel(exchange: Exchange, account: number, action: Action): ActionResult {
  const { orders, books } = exchange;
  const slot = findOwnOrder(orders, account, action.orderId, action.clientId);
  if (slot === 0) return { code: 'order.unknown' };
  if (action.book !== 0 && books[orderAt(orders, slot).book]?.id !== action.book) return { code: 'order.unknown' };
  cancelOrder(exchange, slot, REQUESTED);
  return { code: 'ok', cancelled: 1 };
}

function cancelEvery(exchange: Exchange, account: number, action: Action): ActionResult {
  const book = exchange.bookById.get(action.book);
  if (action.book !== 0 && book === undefined) return { code: 'book.unknown' };
  return { code: 'ok', cancelled: cancelAll(exchange, account, book, REQUESTED) };
}

/** The numbers behind a refusal. */
function explain(
  exchange: Exchange,
  book: Book,
  account: number,
  action: Action,
  code: RejectCode,
): { code: RejectCode; details?: Record<string, string | number> } {
  const { side, price, quantity, timeInForce } = action;
  if (code === 'order.feeAboveMaximum') return { code, details: { feePpm: feeLimitOf(book, timeInForce) } };
  if (code !== 'risk.insufficientBalance') return { code };
  const asset = exchange.ledger.assets[side === BUY ? book.quote : book.base] as Asset;
  const needed =
    side === BUY
      ? buyReserve(quantity * price * book.tickSize, feeLimitOf(book, timeInForce))
      : quantity * book.lotSize;
  const free = (asset.units[account] as number) - (asset.reserved[account] as number);
  return {
    code,
    details: { symbol: asset.symbol, decimals: asset.ledgerDecimals, needed: String(needed), free: String(free) },
  };
}
