// The exchange written the obvious way: Map, arrays and bigint, one rule after the other, nothing clever. It says what the
// fast engine must do, and is compared with it command by command. It knows no logs and no hashes: deposits, payments and
// listings are told to it directly. Amounts in 10⁻¹⁸ of the asset where a name says wad, ledger units otherwise.
import type { Address, WithdrawalCancelCommand, WithdrawalRequestCommand } from '../../src/core/commands.ts';
import type { CoreEvent, RejectCode, WithdrawalStatus } from '../../src/core/events.ts';
import type { GuardedPrice } from '../../src/core/oracle/priceGuard.ts';
import type { NaiveRisk } from './naiveMargin.ts';

const DAY_SECONDS = 86_400;

export interface NaiveAsset {
  readonly id: number;
  readonly symbol: string;
  readonly ledgerDecimals: number;
}

export interface NaiveToken {
  readonly chainId: number;
  readonly token: Address;
  readonly asset: number;
  readonly decimals: number;
}

export interface NaiveOrder {
  readonly id: number;
  readonly clientId: number;
  readonly owner: string;
  readonly book: NaiveBook;
  readonly side: number;
  price: bigint;
  remaining: bigint;
  /** In all: what was filled is the difference to `remaining`. */
  quantity: bigint;
  readonly feeLimitPpm: bigint;
  readonly postOnly: boolean;
  readonly selfTrade: number;
  /** Milliseconds; 0 for none. */
  readonly expiry: number;
  /** What the first answer said. */
  readonly first: { readonly filled: number; readonly remaining: number };
}

export interface NaiveBook {
  readonly id: number;
  readonly base: NaiveAsset;
  readonly quote: NaiveAsset;
  readonly lotSize: bigint;
  readonly tickSize: bigint;
  makerFeePpm: bigint;
  takerFeePpm: bigint;
  status: number;
  /** The newest fill, and when it was. */
  last: { readonly price: bigint; readonly time: number } | undefined;
  /** Queue of each price; the prices of each side, best last. */
  readonly queues: Map<bigint, NaiveOrder[]>;
  readonly prices: readonly [buy: bigint[], sell: bigint[]];
}

interface NaiveWithdrawal {
  readonly request: WithdrawalRequestCommand;
  readonly token: NaiveToken;
  status: 'queued' | 'posted' | 'final';
  checkpoint: number;
  deadline: number;
}

export interface Naive {
  readonly assets: Map<number, NaiveAsset>;
  readonly tokens: Map<string, NaiveToken>;
  readonly books: Map<number, NaiveBook>;
  readonly registries: Map<number, Address>;
  /** Wad by owner and asset; reserved wad likewise. */
  readonly balances: Map<string, bigint>;
  readonly reserved: Map<string, bigint>;
  readonly owners: Set<string>;
  feeAccount: Address | undefined;
  readonly orders: Map<number, NaiveOrder>;
  /** By owner and client id. */
  readonly clientOrders: Map<string, NaiveOrder>;
  /** Milliseconds by owner, who are in the order of their accounts. */
  readonly switches: Map<string, number>;
  /** Atoms by chain and token. */
  readonly holdings: Map<string, bigint>;
  readonly withdrawals: Map<string, NaiveWithdrawal>;
  readonly usedNonces: Map<string, number>;
  cutNumber: number;
  /** By asset, what the Directory and the oracle say of it. */
  readonly risks: Map<number, NaiveRisk>;
  readonly prices: Map<number, GuardedPrice>;
  /** By tier, in 10⁻⁶ US dollars. */
  readonly debtLimits: Map<number, bigint>;
  /** Credit tiers of margin accounts by owner; 0 when it was taken away. */
  readonly tiers: Map<string, number>;
  /** Milliseconds. */
  now: number;
  /** Whether the fast engine has refused the same order for its health; undefined: it was not asked. */
  fastRefusesForHealth: boolean | undefined;
  /** How often a rounding decided. */
  roundings: number;
  events: CoreEvent[];
}

export function createNaive(): Naive {
  return {
    assets: new Map(),
    tokens: new Map(),
    books: new Map(),
    registries: new Map(),
    balances: new Map(),
    reserved: new Map(),
    owners: new Set(),
    feeAccount: undefined,
    orders: new Map(),
    clientOrders: new Map(),
    switches: new Map(),
    holdings: new Map(),
    withdrawals: new Map(),
    usedNonces: new Map(),
    cutNumber: 0,
    risks: new Map(),
    prices: new Map(),
    debtLimits: new Map(),
    tiers: new Map(),
    now: 0,
    fastRefusesForHealth: undefined,
    roundings: 0,
    events: [],
  };
}

/** The events since the last call. */
export function takeEvents(naive: Naive): CoreEvent[] {
  const { events } = naive;
  naive.events = [];
  return events;
}

// Deposits and withdrawals.

export function naiveFeeAccount(naive: Naive, account: Address): void {
  naive.feeAccount = account;
  naive.owners.add(ownerOf(account, 0));
}

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
  if (wad > freeWad(naive, owner, token.asset)) return 'withdrawal.insufficientBalance';
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

export function naiveCancelQueued(naive: Naive, command: WithdrawalCancelCommand): 'ok' | RejectCode {
  const withdrawal = naive.withdrawals.get(nonceOf(command));
  if (withdrawal === undefined) return 'withdrawal.unknown';
  if (withdrawal.status !== 'queued') return 'withdrawal.notQueued';
  giveBack(naive, withdrawal, 'cancelled');
  return 'ok';
}

export function naiveCut(naive: Naive, time: number): void {
  naive.cutNumber++;
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

export function freeWad(naive: Naive, owner: string, asset: number): bigint {
  const key = `${owner}|${asset}`;
  return (naive.balances.get(key) ?? 0n) - (naive.reserved.get(key) ?? 0n);
}

export function addUnits(map: Map<string, bigint>, owner: string, asset: NaiveAsset, units: bigint): void {
  add(map, `${owner}|${asset.id}`, units * unitWad(asset));
}

export function unitWad(asset: NaiveAsset): bigint {
  return 10n ** BigInt(18 - asset.ledgerDecimals);
}

function add(map: Map<string, bigint>, key: string, amount: bigint): void {
  map.set(key, (map.get(key) ?? 0n) + amount);
}

export function ownerOf(account: Address, subaccount: number): string {
  return `${account}/${subaccount}`;
}

function nonceOf({ chainId, account, nonce }: { chainId: number; account: Address; nonce: bigint }): string {
  return `${chainId}:${account}:${nonce}`;
}
