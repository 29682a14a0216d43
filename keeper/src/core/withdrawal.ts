// Withdrawals from request to end. What is asked for is deducted at once; it comes back only from a withdrawal that is
// pending: taken back while queued, cancelled on its chain, or expired unused.
import { assert } from './assertion.ts';
import { wadPer } from './assets.ts';
import { isHalfFull, POSTED_LIMIT } from './checkpointRoom.ts';
import { type Address, type WithdrawalCancelCommand, type WithdrawalRequestCommand, ZERO_ADDRESS } from './commands.ts';
import type { CommandResult, CoreEvent, RejectCode, WithdrawalChanged, WithdrawalStatus } from './events.ts';
import { windDownRefusal } from './exitMode.ts';
import { creditHeldOf } from './heldDeposits.ts';
import {
  type Asset,
  addNet,
  addWad,
  findAccount,
  freeWad,
  isMargin,
  NO_ACCOUNT,
  tokenKey,
  type VaultToken,
} from './ledger.ts';
import { accountHealth, hasLiability } from './margin/accountHealth.ts';
import { withdrawalStop } from './margin/bankruptcy.ts';
import { divUp } from './margin/fixedPoint.ts';
import type { WithdrawalLimit } from './ports.ts';
import { accountOfNonceKey, isExpired, nonceKey, type State, type UsedNonce, type Withdrawal } from './state.ts';
import type { WithdrawalMessage } from './typedMessages.ts';

/** Most withdrawals on their way, which every checkpoint carries, of everybody; and most of one address, remembered nonces counted in the same measure. */
export const PENDING_LIMIT = 512;
export const PENDING_PER_ADDRESS_LIMIT = 32;
/** How far ahead a request's deadline may lie: so long its nonce is remembered. */
export const REQUEST_AHEAD_MS = 24 * 3_600_000;
/** From the cut to the deadline on chain. */
export const PAY_WITHIN_SECONDS = 24 * 3_600;
/** Most that a nonce takes in a checkpoint. */
const NONCE_BYTES = 60;
/** How many ended withdrawals are kept for those who ask. */
const ENDED_LIMIT = 4_096;

type Refusal = { readonly code: RejectCode; readonly details?: Readonly<Record<string, string | number>> };

/** Deducts and queues, or says why not. */
export function requestWithdrawal(state: State, command: WithdrawalRequestCommand, events: CoreEvent[]): CommandResult {
  const { ledger } = state.exchange;
  const { chainId, amount, recipient, nonce } = command;
  assert(amount >= 0n && isUint256(amount) && nonce >= 0n && isUint256(nonce), 'a withdrawal request is no uint256');
  const refusal = withdrawalRefusal(state, command);
  if (refusal !== undefined) return refusal;

  const account = findAccount(ledger, command.account, command.subaccount);
  const listed = ledger.tokens.get(tokenKey(chainId, command.token)) as VaultToken;
  const withdrawal: Withdrawal = {
    account,
    token: listed,
    amount,
    recipient,
    nonce,
    status: 'queued',
    checkpoint: 0,
    deadline: 0,
  };
  addWad(ledger, assetOf(state, listed), account, -wadOf(withdrawal));
  listed.promised += amount;
  rememberNonce(state, nonceKey(chainId, command.account, nonce), { account, until: command.deadline });
  addPending(state, withdrawal);
  events.push(changed(state, withdrawal, 'queued'));
  return { code: 'ok' };
}

/** Gives back what no checkpoint carries yet. The nonce stays used until the request's deadline. */
export function cancelQueued(state: State, command: WithdrawalCancelCommand, events: CoreEvent[]): CommandResult {
  const withdrawal = state.withdrawals.get(nonceKey(command.chainId, command.account, command.nonce));
  if (withdrawal === undefined) return { code: 'withdrawal.unknown' };
  if (isHalfFull(state)) return { code: 'withdrawal.tooMany' };
  if (withdrawal.status !== 'queued') {
    const { status, checkpoint } = withdrawal;
    return { code: 'withdrawal.notQueued', details: { status, checkpoint } };
  }
  giveBack(state, withdrawal, 'cancelled', events);
  return { code: 'ok' };
}

/** Puts the oldest of the queued into checkpoint `number`, cut at `time` (milliseconds). */
export function postQueued(
  state: State,
  { number, time }: { number: number; time: number },
  events: CoreEvent[],
): void {
  let room = POSTED_LIMIT;
  for (const withdrawal of state.withdrawals.values()) {
    if (withdrawal.status !== 'queued' || room === 0) continue;
    room--;
    state.queuedWithdrawals--;
    withdrawal.status = 'posted';
    withdrawal.checkpoint = number;
    withdrawal.deadline = Math.floor(time / 1000) + PAY_WITHIN_SECONDS;
    events.push(changed(state, withdrawal, 'posted'));
  }
}

/** Checkpoint `number` is final: its withdrawals, and those before, may be approved. */
export function finaliseWithdrawals(state: State, number: number, events: CoreEvent[]): void {
  for (const withdrawal of state.withdrawals.values()) {
    if (withdrawal.status !== 'posted' || withdrawal.checkpoint > number) continue;
    withdrawal.status = 'final';
    events.push(changed(state, withdrawal, 'final'));
  }
}

/** The vault has paid. A payment that the state does not know is impossible: both keys signed it. */
export function withdrawalPaid(
  state: State,
  paid: {
    readonly chainId: number;
    readonly account: Address;
    readonly token: Address;
    readonly amount: bigint;
    readonly recipient: Address;
    readonly nonce: bigint;
  },
  where: string,
  events: CoreEvent[],
): void {
  const withdrawal = state.withdrawals.get(nonceKey(paid.chainId, paid.account, paid.nonce));
  assert(
    withdrawal !== undefined &&
      withdrawal.status !== 'queued' &&
      withdrawal.token.token === paid.token &&
      withdrawal.amount === paid.amount &&
      withdrawal.recipient === paid.recipient,
    `${where}: the vault paid ${paid.amount} of ${paid.token} to ${paid.recipient} for nonce ${paid.nonce} of ${paid.account}, ` +
      'and no such withdrawal is pending. Stopping: nobody may guess whose money that was',
  );
  const { token } = withdrawal;
  creditHeldOf(state, token, withdrawal.account, events);
  addNet(state.exchange.ledger, token, withdrawal.account, -paid.amount);
  assert(token.holdings >= 0n, `${where}: the vault paid more than it held`);
  removePending(state, withdrawal);
  end(state, withdrawal, 'executed', events);
}

/** An account used up a nonce on its chain: what was pending under it can never be paid. */
export function withdrawalCancelledOnChain(
  state: State,
  { chainId, account, nonce }: { chainId: number; account: Address; nonce: bigint },
  events: CoreEvent[],
): void {
  const withdrawal = state.withdrawals.get(nonceKey(chainId, account, nonce));
  if (withdrawal !== undefined) giveBack(state, withdrawal, 'cancelled', events);
}

/**
 * The chain's log is complete up to a block of time `timestamp` (seconds): what it did not pay by then, it never will. What
 * the next checkpoint has no room for, expires with a later block.
 */
export function expireWithdrawals(
  state: State,
  { chainId, timestamp }: { chainId: number; timestamp: number },
  events: CoreEvent[],
): void {
  for (const withdrawal of state.withdrawals.values()) {
    if (withdrawal.token.chainId !== chainId || !isExpired(withdrawal, timestamp)) continue;
    if (isHalfFull(state)) return;
    giveBack(state, withdrawal, 'expired', events);
  }
}

/** Keeps a request from being taken twice. After `until` it is refused as expired. */
export function rememberNonce(state: State, key: string, nonce: UsedNonce): void {
  if (!state.usedNonces.has(key)) countNonce(state, key, 1);
  state.usedNonces.set(key, nonce);
  if (state.changedNonces.has(key)) return;
  state.changedNonces.add(key);
  state.exchange.ledger.changedBytes += NONCE_BYTES;
}

/** Forgets the nonces of requests that nobody can repeat any more. */
export function forgetNonces(state: State, time: number): void {
  for (const [key, { until }] of state.usedNonces) {
    if (until >= time) continue;
    state.usedNonces.delete(key);
    countNonce(state, key, -1);
  }
}

function countNonce({ usedNoncesOf }: State, key: string, difference: number): void {
  const address = accountOfNonceKey(key);
  const count = (usedNoncesOf.get(address) ?? 0) + difference;
  if (count === 0) usedNoncesOf.delete(address);
  else usedNoncesOf.set(address, count);
}

/** A pending withdrawal that was read from a snapshot, or was just requested. */
export function addPending(state: State, withdrawal: Withdrawal): void {
  const address = addressOf(state, withdrawal);
  state.withdrawals.set(nonceKey(withdrawal.token.chainId, address, withdrawal.nonce), withdrawal);
  state.pendingOf.set(address, (state.pendingOf.get(address) ?? 0) + 1);
  if (withdrawal.status === 'queued') state.queuedWithdrawals++;
}

export interface WithdrawalToSign {
  readonly chainId: number;
  readonly registry: Address;
  readonly message: WithdrawalMessage;
}

/** The withdrawals that checkpoint `number` carries, in the order of the requests. */
export function withdrawalsOfCheckpoint(state: State, number: number): WithdrawalToSign[] {
  return toSign(state, (withdrawal) => withdrawal.status !== 'queued' && withdrawal.checkpoint === number);
}

/** The pending withdrawals that stand in final checkpoints up to `number`. */
export function finalWithdrawals(state: State, number: number): WithdrawalToSign[] {
  return toSign(state, (withdrawal) => withdrawal.status === 'final' && withdrawal.checkpoint <= number);
}

/** A vault's token, as a key. */
export function vaultTokenKey({ chainId, message }: WithdrawalToSign): string {
  return tokenKey(chainId, message.token);
}

/**
 * Of `waiting`, oldest first, those that fit into the buckets beside what is signed and not yet paid. One that does not
 * fit yet lets nobody overtake it, or small ones could keep it waiting for ever. One that exceeds the whole bucket never
 * fits and holds up nobody: it comes back at its deadline. Without a bucket in `limits` nothing new fits.
 */
export function fittingWithdrawals(
  waiting: readonly WithdrawalToSign[],
  limits: ReadonlyMap<string, WithdrawalLimit>,
  isSigned: (withdrawal: WithdrawalToSign) => boolean,
): WithdrawalToSign[] {
  const left = roomLeft(waiting, limits, isSigned);
  return waiting.filter((withdrawal) => isSigned(withdrawal) || (left.get(withdrawal) ?? -1n) >= 0n);
}

/**
 * When each of those will fit that `fittingWithdrawals` leaves out, in seconds, rounded up: then the bucket has emptied far
 * enough for it and for all before it. Deposits make it sooner. Those that never fit, or whose bucket is not known, are left
 * out.
 */
export function fitsAtOf(
  waiting: readonly WithdrawalToSign[],
  limits: ReadonlyMap<string, WithdrawalLimit>,
  isSigned: (withdrawal: WithdrawalToSign) => boolean,
): ReadonlyMap<WithdrawalToSign, number> {
  const fitsAt = new Map<WithdrawalToSign, number>();
  for (const [withdrawal, left] of roomLeft(waiting, limits, isSigned)) {
    const { capacity, refillSeconds, time } = limits.get(vaultTokenKey(withdrawal)) as WithdrawalLimit;
    if (left >= 0n || refillSeconds === 0) continue;
    const waitUp = (-left * BigInt(refillSeconds) + capacity - 1n) / capacity;
    fitsAt.set(withdrawal, time + Number(waitUp));
  }
  return fitsAt;
}

/** What is left of its bucket behind each that is not signed yet, and could ever fit: negative when it has to wait. */
function roomLeft(
  waiting: readonly WithdrawalToSign[],
  limits: ReadonlyMap<string, WithdrawalLimit>,
  isSigned: (withdrawal: WithdrawalToSign) => boolean,
): ReadonlyMap<WithdrawalToSign, bigint> {
  const room = new Map<string, bigint>();
  for (const [key, { capacity, used }] of limits) room.set(key, capacity - used);
  const take = (withdrawal: WithdrawalToSign): bigint => {
    const key = vaultTokenKey(withdrawal);
    const left = (room.get(key) ?? 0n) - withdrawal.message.amount;
    room.set(key, left);
    return left;
  };
  for (const withdrawal of waiting) if (isSigned(withdrawal)) take(withdrawal);
  const left = new Map<WithdrawalToSign, bigint>();
  for (const withdrawal of waiting) {
    const limit = limits.get(vaultTokenKey(withdrawal));
    if (isSigned(withdrawal) || limit === undefined || withdrawal.message.amount > limit.capacity) continue;
    // What does not fit takes the room all the same: those behind it wait.
    left.set(withdrawal, take(withdrawal));
  }
  return left;
}

/** 10⁻¹⁸ of the asset. */
export function wadOf({ token, amount }: Withdrawal): bigint {
  return amount * wadPer(token.decimals);
}

/** A withdrawal as an event; `status` may be one in which it has left the state. */
export function changed(state: State, withdrawal: Withdrawal, status: WithdrawalStatus): WithdrawalChanged {
  const { token, amount, recipient, nonce, checkpoint, deadline } = withdrawal;
  const { ledger } = state.exchange;
  return {
    type: 'withdrawalChanged',
    account: {
      address: addressOf(state, withdrawal),
      subaccount: ledger.subaccounts[withdrawal.account] as number,
    },
    asset: assetOf(state, token).id,
    chainId: token.chainId,
    token: token.token,
    amount,
    recipient,
    nonce,
    status,
    checkpoint,
    deadline,
  };
}

/**
 * Why a request would be refused now; undefined when it would be taken. Changes nothing.
 * Larger than the limit: a flat list of checks in the order in which their codes are documented.
 */
export function withdrawalRefusal(state: State, command: WithdrawalRequestCommand): Refusal | undefined {
  const { chainId, amount, recipient, deadline, time } = command;
  const { ledger } = state.exchange;
  const account = findAccount(ledger, command.account, command.subaccount);
  const token = ledger.tokens.get(tokenKey(chainId, command.token));
  const chain = state.chains.get(chainId);
  const windDown = windDownRefusal(state);
  if (windDown !== undefined) return windDown;
  if (chain === undefined) return { code: 'withdrawal.unknownChain' };
  if (token === undefined || token.asset < 0) return { code: 'withdrawal.unlistedToken' };
  if (amount === 0n) return { code: 'withdrawal.zeroAmount' };
  if (recipient === ZERO_ADDRESS || recipient === chain.registry) return { code: 'withdrawal.badRecipient' };
  if (deadline < time) return { code: 'withdrawal.expired', details: { deadline, time } };
  if (deadline > time + REQUEST_AHEAD_MS) {
    return { code: 'withdrawal.deadlineTooFar', details: { deadline, latest: time + REQUEST_AHEAD_MS } };
  }
  if (isNonceUsed(state, command)) return { code: 'withdrawal.nonceUsed' };
  if (account === NO_ACCOUNT) return { code: 'account.unknown' };
  const reason = withdrawalStop(state.exchange);
  if (reason !== undefined) return { code: 'withdrawal.stopped', details: { reason } };

  const asset = assetOf(state, token);
  const free = freeWad(asset, account) / wadPer(token.decimals);
  if (amount > free) {
    return {
      code: 'withdrawal.insufficientBalance',
      details: { symbol: asset.symbol, decimals: token.decimals, requested: String(amount), free: String(free) },
    };
  }
  const risk = riskRefusal(state, account, { asset: token.asset, wad: amount * wadPer(token.decimals) });
  if (risk !== undefined) return { code: risk };
  const { holdings, promised } = token;
  if (amount > holdings - promised) {
    return {
      code: 'withdrawal.vaultTooLow',
      details: {
        symbol: asset.symbol,
        decimals: token.decimals,
        holds: String(holdings),
        alreadyPromised: String(promised),
      },
    };
  }
  const ofAddress = Math.max(state.pendingOf.get(command.account) ?? 0, state.usedNoncesOf.get(command.account) ?? 0);
  const isFull = state.withdrawals.size >= PENDING_LIMIT || ofAddress >= PENDING_PER_ADDRESS_LIMIT;
  return isFull || isHalfFull(state) ? { code: 'withdrawal.tooMany' } : undefined;
}

/** Who owes anything takes nothing out; and open orders of a margin account must stay affordable without it. */
function riskRefusal(
  { exchange }: State,
  account: number,
  { asset, wad }: { readonly asset: number; readonly wad: bigint },
): RejectCode | undefined {
  const { ledger } = exchange;
  if (!isMargin(ledger, account)) return undefined;
  if (hasLiability(exchange, account)) return 'withdrawal.liability';
  if (ledger.firstOrder[account] === 0) return undefined;
  const units = -divUp(wad, (ledger.assets[asset] as Asset).unitWad);
  const health = accountHealth(exchange, account, 'init', { changes: [{ asset, units }] });
  if (health === undefined) return 'risk.priceUnknown';
  return health < 0n ? 'risk.insufficientHealth' : undefined;
}

function isNonceUsed(state: State, { chainId, account, nonce, time }: WithdrawalRequestCommand): boolean {
  const key = nonceKey(chainId, account, nonce);
  return state.withdrawals.has(key) || (state.usedNonces.get(key)?.until ?? -1) >= time;
}

function giveBack(state: State, withdrawal: Withdrawal, status: 'cancelled' | 'expired', events: CoreEvent[]): void {
  removePending(state, withdrawal);
  addWad(state.exchange.ledger, assetOf(state, withdrawal.token), withdrawal.account, wadOf(withdrawal));
  end(state, withdrawal, status, events);
}

function removePending(state: State, withdrawal: Withdrawal): void {
  const address = addressOf(state, withdrawal);
  state.withdrawals.delete(nonceKey(withdrawal.token.chainId, address, withdrawal.nonce));
  const left = (state.pendingOf.get(address) as number) - 1;
  if (left === 0) state.pendingOf.delete(address);
  else state.pendingOf.set(address, left);
  if (withdrawal.status === 'queued') state.queuedWithdrawals--;
  withdrawal.token.promised -= withdrawal.amount;
}

function end(
  state: State,
  withdrawal: Withdrawal,
  status: 'executed' | 'cancelled' | 'expired',
  events: CoreEvent[],
): void {
  const event = changed(state, withdrawal, status);
  events.push(event);
  state.endedWithdrawals.push(event);
  if (state.endedWithdrawals.length > ENDED_LIMIT) state.endedWithdrawals.shift();
}

function toSign(state: State, isWanted: (withdrawal: Withdrawal) => boolean): WithdrawalToSign[] {
  const wanted: WithdrawalToSign[] = [];
  for (const withdrawal of state.withdrawals.values()) {
    if (!isWanted(withdrawal)) continue;
    const { token, amount, recipient, nonce, checkpoint, deadline } = withdrawal;
    const chain = state.chains.get(token.chainId);
    assert(chain !== undefined, `a withdrawal is pending on chain ${token.chainId}, which is not listed`);
    wanted.push({
      chainId: token.chainId,
      registry: chain.registry,
      message: {
        account: addressOf(state, withdrawal),
        token: token.token,
        amount,
        recipient,
        nonce,
        checkpoint,
        deadline,
      },
    });
  }
  return wanted;
}

function assetOf(state: State, token: VaultToken): Asset {
  return state.exchange.ledger.assets[token.asset] as Asset;
}

function addressOf(state: State, withdrawal: Withdrawal): Address {
  return state.exchange.ledger.addresses[withdrawal.account] as Address;
}

function isUint256(value: bigint): boolean {
  return value < 1n << 256n;
}
