// Who owns what, and what the vaults hold. Accounts are numbered densely in the order of their first deposit; balances
// are columns of safe integers, one per asset, that grow by doubling.
import { assert } from './assertion.ts';
import { MAX_SAFE, wadPer } from './assets.ts';
import { copyInto } from './columns.ts';
import type { AccountId, Address } from './commands.ts';
import { divDown } from './margin/fixedPoint.ts';

const INITIAL_ACCOUNTS = 64;
// What an account takes in a checkpoint at most.
/** Its address, and what else every record has. */
const RECORD_BYTES = 48;
const BALANCE_BYTES = 20;
const NET_BYTES = 24;
/** Vaults count in uint112. */
const NET_LIMIT = 2n ** 112n;
/** Balances that an account may get by trading between two cuts, beyond those that it has: for the room only. */
const NEW_BALANCES = 2;
/** Tier of a margin account that may owe no more than it does. The Directory's are 1 … 254. */
export const NO_CREDIT = 255;
/** Index of no account. */
export const NO_ACCOUNT = -1;

/** One asset of the Directory and everybody's balance in it. Arrays are indexed by account. */
export interface Asset {
  /** Number in the Directory. */
  readonly id: number;
  readonly symbol: string;
  readonly ledgerDecimals: number;
  /** 10⁻¹⁸ of the asset per ledger unit. */
  readonly unitWad: bigint;
  /** What is owned, in ledger units; reserved ones included. */
  units: Float64Array;
  /** Of `units`, what open orders have put aside. */
  reserved: Float64Array;
  /** Below one unit, in 10⁻¹⁸ of the asset: always less than `unitWad`. */
  dust: BigUint64Array;
}

/** A token in the vault of one chain, known from the first listing, be it the vault's or the Directory's. */
export interface VaultToken {
  /** Tokens are numbered in the order in which they became known. */
  readonly index: number;
  readonly chainId: number;
  readonly token: Address;
  /** Index in `Ledger.assets`; −1 while no asset lists it. */
  asset: number;
  /** Of the token; 0 while unlisted. */
  decimals: number;
  /** Atoms that the registry's log says it holds: deposited − withdrawn. */
  holdings: bigint;
  /** Atoms of pending withdrawals: deducted from accounts, not yet seen paid. */
  promised: bigint;
  /** Of `holdings`, what is credited to nobody yet: all of it while unlisted, and then less and less (heldDeposits.ts). */
  held: bigint;
}

/** Deposited less withdrawn, in atoms, of one account and token. */
export interface Net {
  readonly token: VaultToken;
  atoms: bigint;
  /** None of it is credited yet: no asset listed the token when it came. */
  isHeld: boolean;
}

export interface Ledger {
  accountCount: number;
  /** Address of each account index. */
  readonly addresses: Address[];
  subaccounts: Uint32Array;
  /** Both of each account index, as events name it: one object, because events are many and kept for a while. */
  readonly accountIds: AccountId[];
  /** Account index before this one with the same address, or −1. */
  olderOfAddress: Int32Array;
  /** Chains from which deposits came, as bits: 1 is the chain that was listed first. */
  depositChains: Uint32Array;
  /** Those of them on which the address was a contract when a deposit came. */
  codeChains: Uint32Array;
  /** 0: funded, balances are never negative. Otherwise margin: the Directory's credit tier or `NO_CREDIT`; health decides. */
  creditTier: Uint8Array;
  /** Indices of the margin accounts, growing. */
  readonly marginAccounts: number[];
  /** Margin accounts, present or past, that changed since margin accounts were last counted together. */
  readonly uncounted: Set<number>;
  /** One for each token that the account ever touched. */
  readonly nets: Net[][];
  /** First and last open order of each account (slots of the order pool, 0 = none). */
  firstOrder: Int32Array;
  lastOrder: Int32Array;
  readonly accountByKey: Map<string, number>;
  readonly newestByAddress: Map<Address, number>;
  /** In the order of listing. */
  readonly assets: Asset[];
  readonly assetById: Map<number, number>;
  readonly tokens: Map<string, VaultToken>;
  /** Where fees go; −1 until the Directory names it. */
  feeAccount: number;
  /** Accounts that are new since the last cut, or whose balances, deposits or withdrawals changed; 1 for each. */
  changed: Uint8Array;
  /** The same as a list, in the order of the first change. */
  changedAccounts: number[];
  /** What they will take in the next checkpoint, and what else changed since the last cut; from above. */
  changedBytes: number;
}

export function createLedger(): Ledger {
  return {
    accountCount: 0,
    addresses: [],
    accountIds: [],
    subaccounts: new Uint32Array(INITIAL_ACCOUNTS),
    olderOfAddress: new Int32Array(INITIAL_ACCOUNTS),
    depositChains: new Uint32Array(INITIAL_ACCOUNTS),
    codeChains: new Uint32Array(INITIAL_ACCOUNTS),
    creditTier: new Uint8Array(INITIAL_ACCOUNTS),
    marginAccounts: [],
    uncounted: new Set(),
    nets: [],
    firstOrder: new Int32Array(INITIAL_ACCOUNTS),
    lastOrder: new Int32Array(INITIAL_ACCOUNTS),
    accountByKey: new Map(),
    newestByAddress: new Map(),
    assets: [],
    assetById: new Map(),
    tokens: new Map(),
    feeAccount: NO_ACCOUNT,
    changed: new Uint8Array(INITIAL_ACCOUNTS),
    changedAccounts: [],
    changedBytes: 0,
  };
}

/** Index of an account, or −1. Allocates nothing for subaccount 0. */
export function findAccount(ledger: Ledger, address: Address, subaccount: number): number {
  return ledger.accountByKey.get(accountKey(address, subaccount)) ?? NO_ACCOUNT;
}

/** Whose account it is: the same object every time. */
export function accountIdOf({ accountIds }: Ledger, account: number): AccountId {
  return accountIds[account] as AccountId;
}

/** Index of an account, which is made when it does not exist. */
export function openAccount(ledger: Ledger, address: Address, subaccount: number): number {
  const key = accountKey(address, subaccount);
  const known = ledger.accountByKey.get(key);
  if (known !== undefined) return known;

  const index = ledger.accountCount;
  if (index === ledger.subaccounts.length) growAccounts(ledger, 2 * index);
  ledger.accountCount = index + 1;
  ledger.addresses.push(address);
  ledger.accountIds.push({ address, subaccount });
  ledger.nets.push([]);
  ledger.subaccounts[index] = subaccount;
  ledger.olderOfAddress[index] = ledger.newestByAddress.get(address) ?? NO_ACCOUNT;
  ledger.newestByAddress.set(address, index);
  ledger.accountByKey.set(key, index);
  markChanged(ledger, index);
  return index;
}

/** Indices of all subaccounts of an address, oldest first. */
export function accountsOf(ledger: Ledger, address: Address): number[] {
  const indices: number[] = [];
  let index = ledger.newestByAddress.get(address) ?? NO_ACCOUNT;
  while (index !== NO_ACCOUNT) {
    indices.push(index);
    index = ledger.olderOfAddress[index] as number;
  }
  return indices.reverse();
}

/** Counts what came into a vault for an account, or, negative, left it. */
export function addNet(ledger: Ledger, token: VaultToken, account: number, atoms: bigint): void {
  const nets = ledger.nets[account] as Net[];
  const net = nets.find((known) => known.token === token) ?? { token, atoms: 0n, isHeld: token.asset < 0 };
  const isNew = !nets.includes(net);
  assert(!net.isHeld || token.asset < 0, `${token.token} comes and goes before what was held of it is credited`);
  token.holdings += atoms;
  net.atoms += atoms;
  if (net.isHeld) token.held += atoms;
  assert(net.atoms < NET_LIMIT && net.atoms > -NET_LIMIT, `more of ${token.token} than a vault can count`);
  if (isNew) nets.push(net);
  markGrown(ledger, account, isNew ? NET_BYTES : 0);
}

/** Credits what was held of a token that an asset lists by now. Answers the atoms. */
export function creditHeld(ledger: Ledger, token: VaultToken, account: number): bigint {
  const net = ledger.nets[account]?.find((known) => known.token === token);
  if (net === undefined || !net.isHeld || token.asset < 0) return 0n;
  net.isHeld = false;
  token.held -= net.atoms;
  addWad(ledger, ledger.assets[token.asset] as Asset, account, net.atoms * wadPer(token.decimals));
  return net.atoms;
}

/** Tokens that an asset lists, of which something is held still. */
export function tokensToCredit({ tokens }: Ledger): VaultToken[] {
  return [...tokens.values()].filter(({ asset, held }) => asset >= 0 && held > 0n);
}

/** Bits of the chains from which deposits to any subaccount of an address came. */
export function depositChainsOf(ledger: Ledger, address: Address): number {
  let bits = 0;
  for (const account of accountsOf(ledger, address)) bits |= ledger.depositChains[account] as number;
  return bits;
}

/** Adds an asset and returns its index. */
export function addAsset(
  ledger: Ledger,
  { id, symbol, ledgerDecimals }: { id: number; symbol: string; ledgerDecimals: number },
): number {
  const capacity = ledger.subaccounts.length;
  const index = ledger.assets.length;
  ledger.assets.push({
    id,
    symbol,
    ledgerDecimals,
    unitWad: wadPer(ledgerDecimals),
    units: new Float64Array(capacity),
    reserved: new Float64Array(capacity),
    dust: new BigUint64Array(capacity),
  });
  ledger.assetById.set(id, index);
  return index;
}

/** Key of `Ledger.tokens`. */
export function tokenKey(chainId: number, token: Address): string {
  return `${chainId}:${token}`;
}

/** The token's record, which is made (unlisted, empty) when it does not exist. */
export function openToken(ledger: Ledger, chainId: number, token: Address): VaultToken {
  const key = tokenKey(chainId, token);
  const known = ledger.tokens.get(key);
  if (known !== undefined) return known;
  const record: VaultToken = {
    index: ledger.tokens.size,
    chainId,
    token,
    asset: -1,
    decimals: 0,
    holdings: 0n,
    promised: 0n,
    held: 0n,
  };
  ledger.tokens.set(key, record);
  return record;
}

/** Everything an account owns of an asset, in 10⁻¹⁸. */
export function balanceWad(asset: Asset, account: number): bigint {
  return BigInt(asset.units[account] as number) * asset.unitWad + (asset.dust[account] as bigint);
}

/** What an account may take out or spend, in 10⁻¹⁸: units that are not reserved, and dust. */
export function freeWad(asset: Asset, account: number): bigint {
  return balanceWad(asset, account) - BigInt(asset.reserved[account] as number) * asset.unitWad;
}

/** The next checkpoint has to carry the account. Whoever writes into a balance without `addWad` says so here. */
export function markChanged(ledger: Ledger, account: number): void {
  countAnew(ledger, account);
  if (ledger.changed[account] === 1) return;
  ledger.changed[account] = 1;
  ledger.changedAccounts.push(account);
  ledger.changedBytes += recordBytes(ledger, account);
}

/** What `recordBytes` can come to for anybody. */
export function largestRecordBytes({ assets, tokens }: Ledger): number {
  return RECORD_BYTES + (NEW_BALANCES + assets.length) * BALANCE_BYTES + tokens.size * NET_BYTES;
}

/** What an account takes in a checkpoint, from above, unless it gets more than two other balances by trading. */
export function recordBytes({ assets, nets }: Ledger, account: number): number {
  let bytes = RECORD_BYTES + NEW_BALANCES * BALANCE_BYTES + (nets[account] as readonly Net[]).length * NET_BYTES;
  for (const { units, dust } of assets) {
    if (units[account] !== 0 || dust[account] !== 0n) bytes += BALANCE_BYTES;
  }
  return bytes;
}

/** As a deposit does, which can give an account any number of balances. */
function markGrown(ledger: Ledger, account: number, bytes: number): void {
  if (ledger.changed[account] === 1) {
    countAnew(ledger, account);
    ledger.changedBytes += bytes;
  } else {
    markChanged(ledger, account);
  }
}

/** What a margin account holds, owes or has put aside is no longer what was counted. */
export function countAnew({ creditTier, uncounted }: Ledger, account: number): void {
  if (creditTier[account] !== 0) uncounted.add(account);
}

/** The accounts that changed since the last time, in the order of their indices; from now on none has. */
export function takeChanged(ledger: Ledger): readonly number[] {
  const taken = ledger.changedAccounts.sort((a, b) => a - b);
  for (const account of taken) ledger.changed[account] = 0;
  ledger.changedAccounts = [];
  ledger.changedBytes = 0;
  return taken;
}

/** Is its health what counts, and not what it has free? */
export function isMargin({ creditTier }: Ledger, account: number): boolean {
  return creditTier[account] !== 0;
}

/** `tier`: as in `creditTier`. */
export function setCreditTier(ledger: Ledger, account: number, tier: number): void {
  const wasMargin = isMargin(ledger, account);
  if (!wasMargin && tier !== 0) insertSorted(ledger.marginAccounts, account);
  if (wasMargin && tier === 0) ledger.marginAccounts.splice(ledger.marginAccounts.indexOf(account), 1);
  ledger.creditTier[account] = tier;
  ledger.uncounted.add(account);
  markChanged(ledger, account);
}

/** What the vaults hold of the asset with that index, in ledger units, rounded down. */
export function supplyOf({ assets, tokens }: Ledger, index: number): bigint {
  let wad = 0n;
  for (const token of tokens.values()) {
    if (token.asset === index) wad += token.holdings * wadPer(token.decimals);
  }
  return wad / (assets[index] as Asset).unitWad;
}

/**
 * Adds `wad` (may be negative) to an account. Asserts that the balance stays in the range of the ledger and, unless it is a
 * margin account, not below 0 and what is reserved covered.
 */
export function addWad(ledger: Ledger, asset: Asset, account: number, wad: bigint): void {
  const balance = balanceWad(asset, account) + wad;
  const units = divDown(balance, asset.unitWad);
  const margin = isMargin(ledger, account);
  const lowest = margin ? -BigInt(MAX_SAFE) : 0n;
  assert(units >= lowest && units <= BigInt(MAX_SAFE), `balance of ${asset.symbol} leaves the range of the ledger`);
  const isCovered = margin || Number(units) >= (asset.reserved[account] as number);
  assert(isCovered, `reserved ${asset.symbol} taken from an account`);
  asset.units[account] = Number(units);
  asset.dust[account] = balance - units * asset.unitWad;
  markGrown(ledger, account, BALANCE_BYTES);
}

function insertSorted(indices: number[], index: number): void {
  const after = indices.findIndex((other) => other > index);
  indices.splice(after < 0 ? indices.length : after, 0, index);
}

function accountKey(address: Address, subaccount: number): string {
  return subaccount === 0 ? address : `${address}/${subaccount}`;
}

function growAccounts(ledger: Ledger, capacity: number): void {
  ledger.subaccounts = copyInto(new Uint32Array(capacity), ledger.subaccounts);
  ledger.olderOfAddress = copyInto(new Int32Array(capacity), ledger.olderOfAddress);
  ledger.depositChains = copyInto(new Uint32Array(capacity), ledger.depositChains);
  ledger.creditTier = copyInto(new Uint8Array(capacity), ledger.creditTier);
  ledger.codeChains = copyInto(new Uint32Array(capacity), ledger.codeChains);
  ledger.firstOrder = copyInto(new Int32Array(capacity), ledger.firstOrder);
  ledger.lastOrder = copyInto(new Int32Array(capacity), ledger.lastOrder);
  ledger.changed = copyInto(new Uint8Array(capacity), ledger.changed);
  for (const asset of ledger.assets) {
    asset.units = copyInto(new Float64Array(capacity), asset.units);
    asset.reserved = copyInto(new Float64Array(capacity), asset.reserved);
    asset.dust = copyInto(new BigUint64Array(capacity), asset.dust);
  }
}
