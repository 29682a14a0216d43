// The exchange written the obvious way: Map, arrays and bigint, one rule after the other, nothing clever. It says what the
// fast engine must do, and is compared with it command by command. It knows no logs and no hashes: deposits, payments and
// listings are told to it directly. Amounts in 10⁻¹⁸ of the asset where a name says wad, ledger units otherwise.
import type { Address, WithdrawalRequestCommand } from '../../src/core/commands.ts';
import type { CoreEvent } from '../../src/core/events.ts';
import type { GuardedPrice } from '../../src/core/oracle/priceGuard.ts';
import type { NaiveRisk } from './naiveMargin.ts';

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
  readonly reduces: boolean;
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

export interface NaiveWithdrawal {
  readonly request: WithdrawalRequestCommand;
  readonly token: NaiveToken;
  status: 'queued' | 'posted' | 'final';
  checkpoint: number;
  deadline: number;
}

/** An account that is liquidated. */
export interface NaiveLiquidation {
  /** Milliseconds; 0: it is not bankrupt. */
  bankruptSince: number;
  /** What was said last of what is to be closed elsewhere. */
  marked: string | undefined;
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
  /** By owner. */
  readonly liquidations: Map<string, NaiveLiquidation>;
  /** Margin accounts that are to be looked at yet, and which of them is next. */
  looksLeft: number;
  nextLook: number;
  /** Looks and pieces of this command, and the id of the next piece. */
  work: number;
  nextOrderId: number;
  insurance: string | undefined;
  /** Losses that no checkpoint has carried to everybody yet. */
  uncarriedLosses: number;
  /** How long withdrawals were stopped of late, when that was noted, and whether they were then. */
  stoppedMs: number;
  stopNoted: number;
  isStopped: boolean;
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
    liquidations: new Map(),
    looksLeft: 0,
    nextLook: 0,
    work: 0,
    nextOrderId: 0,
    insurance: undefined,
    uncarriedLosses: 0,
    stoppedMs: 0,
    stopNoted: 0,
    isStopped: false,
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

export function naiveFeeAccount(naive: Naive, account: Address): void {
  naive.feeAccount = account;
  naive.owners.add(ownerOf(account, 0));
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

export function add(map: Map<string, bigint>, key: string, amount: bigint): void {
  map.set(key, (map.get(key) ?? 0n) + amount);
}

export function ownerOf(account: Address, subaccount: number): string {
  return `${account}/${subaccount}`;
}
