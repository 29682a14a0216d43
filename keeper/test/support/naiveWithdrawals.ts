// Deposits and withdrawals of the naive engine, from request to end.
import type { Address, WithdrawalCancelCommand, WithdrawalRequestCommand } from '../../src/core/commands.ts';
import type { RejectCode, WithdrawalStatus } from '../../src/core/events.ts';
import { add, freeWad, type Naive, type NaiveToken, type NaiveWithdrawal, ownerOf } from './naiveEngine.ts';
import { naiveStop } from './naiveLiquidation.ts';
import { isNaiveMargin, naiveCanAfford, naiveOwes, ordersOf } from './naiveMargin.ts';

const DAY_SECONDS = 86_400;

export function naiveDeposit(
  naive: Naive,
  deposit: { chainId: number; token: Address; account: Address; subaccount: number; amount: bigint },
): void {
  const key = `${deposit.chainId}:${deposit.token}`;
  const token = naive.tokens.get(key) as NaiveToken;
  const owner = ownerOf(deposit.account, deposit.subaccount);
  naive.owners.add(owner);
  naive.holdings.set(key, (naive.holdings.get(key) ?? 0n) + deposit.amount);
  add(naive.balances, `${owner}|${token.asset}`, deposit.amount * 10n ** BigInt(18 - token.decimals));
}

export function naiveRequest(naive: Naive, request: WithdrawalRequestCommand): 'ok' | RejectCode {
  const { chainId, amount, recipient, time, deadline } = request;
  const registry = naive.registries.get(chainId);
  if (registry === undefined) return 'withdrawal.unknownChain';
  const token = naive.tokens.get(`${chainId}:${request.token}`);
  if (token === undefined) return 'withdrawal.unlistedToken';
  if (amount === 0n) return 'withdrawal.zeroAmount';
  if (BigInt(recipient) === 0n || recipient === registry) return 'withdrawal.badRecipient';
  if (deadline < time) return 'withdrawal.expired';
  if (deadline > time + DAY_SECONDS * 1000) return 'withdrawal.deadlineTooFar';
  const key = nonceOf(request);
  const isUsed = naive.withdrawals.has(key) || (naive.usedNonces.get(key) ?? -1) >= time;
  if (isUsed) return 'withdrawal.nonceUsed';
  const owner = ownerOf(request.account, request.subaccount);
  if (!naive.owners.has(owner)) return 'account.unknown';
  const wad = amount * 10n ** BigInt(18 - token.decimals);
  if (naiveStop(naive) !== undefined) return 'withdrawal.stopped';
  if (wad > freeWad(naive, owner, token.asset)) return 'withdrawal.insufficientBalance';
  const unsafe = marginRefusal(naive, owner, token.asset, wad);
  if (unsafe !== undefined) return unsafe;
  const pending = [...naive.withdrawals.values()];
  const promised = pending
    .filter((other) => other.token === token)
    .reduce((sum, other) => sum + other.request.amount, 0n);
  if (amount > (naive.holdings.get(`${chainId}:${request.token}`) ?? 0n) - promised) return 'withdrawal.vaultTooLow';
  const own = pending.filter((other) => other.request.account === request.account).length;
  const remembered = [...naive.usedNonces.keys()].filter((used) => used.includes(request.account)).length;
  if (pending.length >= 512 || own >= 32 || remembered >= 32) return 'withdrawal.tooMany';

  add(naive.balances, `${owner}|${token.asset}`, -wad);
  naive.usedNonces.set(key, deadline);
  const withdrawal: NaiveWithdrawal = { request, token, status: 'queued', checkpoint: 0, deadline: 0 };
  naive.withdrawals.set(key, withdrawal);
  tell(naive, withdrawal, 'queued');
  return 'ok';
}

/** Who owes anything withdraws nothing, and open orders have to stay affordable. */
function marginRefusal(naive: Naive, owner: string, asset: number, wad: bigint): RejectCode | undefined {
  if (!isNaiveMargin(naive, owner)) return undefined;
  if (naiveOwes(naive, owner)) return 'withdrawal.liability';
  if (ordersOf(naive, owner).length === 0) return undefined;
  add(naive.balances, `${owner}|${asset}`, -wad);
  const canAfford = naiveCanAfford(naive, owner);
  add(naive.balances, `${owner}|${asset}`, wad);
  if (canAfford === undefined) return 'risk.priceUnknown';
  return canAfford ? undefined : 'risk.insufficientHealth';
}

export function naiveCancelQueued(naive: Naive, command: WithdrawalCancelCommand): 'ok' | RejectCode {
  const withdrawal = naive.withdrawals.get(nonceOf(command));
  if (withdrawal === undefined) return 'withdrawal.unknown';
  if (withdrawal.status !== 'queued') return 'withdrawal.notQueued';
  giveBack(naive, withdrawal, 'cancelled');
  return 'ok';
}

export function naiveCut(naive: Naive, time: number): void {
  naive.cutNumber++;
  // Of a few accounts: each cut carries them all.
  naive.uncarriedLosses = 0;
  naive.events.push({ type: 'checkpointCut', number: naive.cutNumber });
  for (const [key, until] of naive.usedNonces) if (until < time) naive.usedNonces.delete(key);
  const queued = [...naive.withdrawals.values()].filter(({ status }) => status === 'queued');
  for (const withdrawal of queued.slice(0, 128)) {
    withdrawal.status = 'posted';
    withdrawal.checkpoint = naive.cutNumber;
    withdrawal.deadline = Math.floor(time / 1000) + DAY_SECONDS;
    tell(naive, withdrawal, 'posted');
  }
}

/** The events of the checkpoint itself are not told: only the fast engine knows its digest. */
export function naiveFinal(naive: Naive, number: number): void {
  for (const withdrawal of naive.withdrawals.values()) {
    if (withdrawal.status !== 'posted' || withdrawal.checkpoint > number) continue;
    withdrawal.status = 'final';
    tell(naive, withdrawal, 'final');
  }
}

export function naivePaid(naive: Naive, nonce: { chainId: number; account: Address; nonce: bigint }): void {
  const withdrawal = naive.withdrawals.get(nonceOf(nonce)) as NaiveWithdrawal;
  naive.withdrawals.delete(nonceOf(nonce));
  const { chainId, token, amount } = withdrawal.request;
  add(naive.holdings, `${chainId}:${token}`, -amount);
  tell(naive, withdrawal, 'executed');
}

export function naiveCancelledOnChain(naive: Naive, nonce: { chainId: number; account: Address; nonce: bigint }): void {
  const withdrawal = naive.withdrawals.get(nonceOf(nonce));
  if (withdrawal !== undefined) giveBack(naive, withdrawal, 'cancelled');
}

export function naiveExpire(naive: Naive, chainId: number, timestamp: number): void {
  for (const withdrawal of naive.withdrawals.values()) {
    const isOver = withdrawal.status !== 'queued' && withdrawal.deadline < timestamp;
    if (isOver && withdrawal.request.chainId === chainId) giveBack(naive, withdrawal, 'expired');
  }
}

function giveBack(naive: Naive, withdrawal: NaiveWithdrawal, status: 'cancelled' | 'expired'): void {
  const { request, token } = withdrawal;
  naive.withdrawals.delete(nonceOf(request));
  const owner = ownerOf(request.account, request.subaccount);
  add(naive.balances, `${owner}|${token.asset}`, request.amount * 10n ** BigInt(18 - token.decimals));
  tell(naive, withdrawal, status);
}

function tell(naive: Naive, { request, token, checkpoint, deadline }: NaiveWithdrawal, status: WithdrawalStatus): void {
  naive.events.push({
    type: 'withdrawalChanged',
    account: { address: request.account, subaccount: request.subaccount },
    asset: token.asset,
    chainId: request.chainId,
    token: request.token,
    amount: request.amount,
    recipient: request.recipient,
    nonce: request.nonce,
    status,
    checkpoint,
    deadline,
  });
}

function nonceOf({ chainId, account, nonce }: { chainId: number; account: Address; nonce: bigint }): string {
  return `${chainId}:${account}:${nonce}`;
}
