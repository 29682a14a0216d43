// Random histories of three vaults and a keeper, up to the day on which the keeper never answers again and everybody claims
// from the exit trees of its last checkpoint. The vaults' side is a few counters and the payment formulas of the hatch; the
// keeper's side is a plain ledger whose only real part is `exitTrees`.
import { wadPer } from '../../../src/core/assets.ts';
import { concatBytes, fromHex } from '../../../src/core/bytes.ts';
import type { Address, Hex } from '../../../src/core/commands.ts';
import { word } from '../../../src/core/eip712.ts';
import type { ExitShuttle } from '../../../src/core/exitShares.ts';
import { type ExitInput, type ExitTree, exitTrees, type Holder } from '../../../src/core/exitTree.ts';
import { keccak256Hex } from '../../../src/core/keccak.ts';
import { addressOf } from '../../support/exchange.ts';
import { createRandom, type Random } from '../random.ts';

export interface ModelOptions {
  /** Of each asset's token, by chain. */
  readonly decimals: readonly Pair<number>[];
  /** Accounts that are contracts, on the first chain. */
  readonly contracts: readonly Name[];
  /** Whether one may sell what one does not have, against what one has of the other asset. */
  readonly lends: boolean;
}

export type Name = 'ann' | 'ben' | 'cat' | 'dan' | 'fees';
export type Pair<T> = [T, T];

export const TRADERS: readonly Name[] = ['ann', 'ben', 'cat', 'dan'];
export const OWNERS: readonly Name[] = [...TRADERS, 'fees'];
export const CHAINS = [0, 1, 2] as const;
export const ASSETS = [0, 1] as const;
export const SALT_KEY = new Uint8Array(32).fill(7);
const FIRST_CHAIN_ID = 101;
/** Amounts are up to so many of the coarsest atoms, and sometimes a fraction more. */
const MOST = 500;
/** What the fee account has from the start, on each chain. */
const FLOAT = 1_000;

/** What happened in a vault, as its own log tells it. `id` is that of a withdrawal, settlement or shuttle. */
type Entry =
  | {
      readonly type: 'deposited';
      readonly name: Name;
      readonly subaccount: number;
      readonly asset: number;
      readonly amount: bigint;
    }
  | { readonly type: 'paid' | 'cancelled' | 'opened' | 'sent' | 'arrived' | 'absorbed'; readonly id: number }
  /** `isEmpty`: no token held anything back. */
  | { readonly type: 'closed'; readonly id: number; readonly back: Pair<bigint>; readonly isEmpty: boolean };

/** One change of a vault's books. The moves of one log entry have its index. */
export interface Move {
  readonly index: number;
  /** credit and debit: tokens and a key's counter. send and absorb: tokens that no key brought. arrive: a plain transfer. */
  readonly type: 'credit' | 'debit' | 'send' | 'absorb' | 'arrive';
  readonly holder?: Holder;
  readonly asset: number;
  readonly amount: bigint;
}

interface Counter {
  deposited: bigint;
  withdrawn: bigint;
  readonly firstIndex: number;
}

export interface Vault {
  readonly chain: number;
  readonly chainId: number;
  /** What the vault has in its books, and what really lies there. By asset. */
  readonly accounted: Pair<bigint>;
  readonly balance: Pair<bigint>;
  readonly log: Entry[];
  readonly moves: Move[];
  /** By `counterKey`. */
  readonly counters: Map<string, Counter>;
  readonly usedNonces: Set<number>;
  readonly lanes: Map<number, { isOpen: boolean; left: bigint; bought: bigint }>;
  /** Checkpoint of its newest root; 0: none yet. */
  root: number;
}

interface Request {
  readonly name: Name;
  readonly subaccount: number;
  readonly chain: number;
  readonly asset: number;
  /** Atoms. */
  readonly amount: bigint;
  /** That carries it. */
  readonly checkpoint: number;
  readonly deadline: number;
}

interface Withdrawal extends Request {
  known: 'pending' | 'over';
}

interface Settlement extends Request {
  readonly commitment: Hex;
  known: 'pending' | 'open' | 'over';
}

interface Shuttle {
  readonly origin: number;
  readonly destination: number;
  readonly asset: number;
  /** Atoms of the origin. */
  readonly input: bigint;
  /** Atoms of the destination. */
  readonly output: bigint;
  readonly outputWad: bigint;
  readonly feeWad: bigint;
  readonly checkpoint: number;
  readonly deadline: number;
  status: 'unsent' | 'sent' | 'filled' | 'refunded';
  isConfirmed: boolean;
  known: ExitShuttle['status'] | 'over';
}

/** What a keeper knows and a checkpoint holds. */
interface Knowledge {
  /** By `balanceKey`, in 10⁻¹⁸ of the asset. */
  readonly balances: Map<string, bigint>;
  /** By chain: entries taken in, and what the vault holds of each asset according to them. */
  readonly indices: number[];
  readonly holdings: Pair<bigint>[];
  /** `known` of every request and shuttle. */
  readonly known: Map<number, string>;
}

export interface World {
  readonly random: Random;
  readonly options: ModelOptions;
  readonly vaults: readonly Vault[];
  readonly withdrawals: Map<number, Withdrawal>;
  readonly settlements: Map<number, Settlement>;
  readonly shuttles: Map<number, Shuttle>;
  knowledge: Knowledge;
  saved: Knowledge | undefined;
  nextId: number;
  checkpoint: number;
  time: number;
}

/** Three vaults in which only the fee account has something. */
export function createWorld(seed: number, options: ModelOptions): World {
  const vaults = CHAINS.map(
    (chain): Vault => ({
      chain,
      chainId: FIRST_CHAIN_ID + chain,
      accounted: [0n, 0n],
      balance: [0n, 0n],
      log: [],
      moves: [],
      counters: new Map(),
      usedNonces: new Set(),
      lanes: new Map(),
      root: 0,
    }),
  );
  const world: World = {
    random: createRandom(seed),
    options,
    vaults,
    withdrawals: new Map(),
    settlements: new Map(),
    shuttles: new Map(),
    knowledge: { balances: new Map(), indices: [0, 0, 0], holdings: CHAINS.map(() => [0n, 0n]), known: new Map() },
    saved: undefined,
    nextId: 1,
    checkpoint: 0,
    time: 0,
  };
  for (const chain of CHAINS) {
    for (const asset of ASSETS) {
      deposit(world, {
        name: 'fees',
        subaccount: 0,
        chain,
        asset,
        amount: BigInt(FLOAT) * coarse(world, chain, asset),
      });
    }
  }
  return world;
}

export function registryOf(chain: number): Address {
  return addressOf(`registry ${chain}`);
}

export function tokenOf(chain: number, asset: number): Address {
  return addressOf(`token ${asset} of chain ${chain}`);
}

export function holderOf(name: Name): Address {
  return addressOf(name);
}

export function saltOf(settlement: number): Hex {
  return keccak256Hex(new TextEncoder().encode(`salt of settlement ${settlement}`));
}

/** keccak256(abi.encode(account, subaccount, salt)) */
function commitmentOf(name: Name, subaccount: number, salt: Hex): Hex {
  return keccak256Hex(concatBytes(new Uint8Array(12), fromHex(holderOf(name)), word(subaccount), fromHex(salt)));
}

export function counterKey(holder: Holder, asset: number): string {
  return `${holder} ${asset}`;
}

function balanceKey(name: Name, subaccount: number, asset: number): string {
  return `${name} ${subaccount} ${asset}`;
}

/** 10⁻¹⁸ of the asset in one atom of its token. */
export function unitWad({ options }: World, chain: number, asset: number): bigint {
  return wadPer((options.decimals[chain] as Pair<number>)[asset] as number);
}

/** 10⁻¹⁸ of the asset in one atom of its coarsest token. */
export function coarsestWad(world: World, asset: number): bigint {
  return -CHAINS.map((chain) => -unitWad(world, chain, asset)).reduce(smaller);
}

export function smaller(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}

/** One of the coarsest atoms, in atoms of this chain. */
function coarse(world: World, chain: number, asset: number): bigint {
  return coarsestWad(world, asset) / unitWad(world, chain, asset);
}

function someAmount(world: World, chain: number, asset: number): bigint {
  const { random } = world;
  const one = coarse(world, chain, asset);
  const fraction = random.chance(0.3) ? BigInt(random.below(2 ** 40)) % one : 0n;
  return BigInt(random.between(1, MOST)) * one + fraction;
}

// Chains.

function move(vault: Vault, type: Move['type'], asset: number, amount: bigint, holder?: Holder): void {
  if (amount === 0n) return;
  const add = (sums: Pair<bigint>, difference: bigint) => {
    sums[asset] = (sums[asset] as bigint) + difference;
  };
  const isIn = type === 'credit' || type === 'arrive';
  if (type !== 'absorb') add(vault.balance, isIn ? amount : -amount);
  if (type !== 'arrive') add(vault.accounted, type === 'credit' || type === 'absorb' ? amount : -amount);
  if (holder !== undefined) {
    const key = counterKey(holder, asset);
    const counter = vault.counters.get(key) ?? { deposited: 0n, withdrawn: 0n, firstIndex: vault.log.length };
    if (type === 'credit') counter.deposited += amount;
    else counter.withdrawn += amount;
    vault.counters.set(key, counter);
  }
  vault.moves.push({ index: vault.log.length, type, asset, amount, ...(holder === undefined ? {} : { holder }) });
}

function deposit(
  { vaults }: World,
  { name, subaccount, chain, asset, amount }: Omit<Request, 'checkpoint' | 'deadline'>,
): void {
  const vault = vaults[chain] as Vault;
  move(vault, 'credit', asset, amount, holderOf(name));
  vault.log.push({ type: 'deposited', name, subaccount, asset, amount });
}

/** Whether the vault lets out something of that checkpoint now. */
function isDue(
  world: World,
  vault: Vault,
  { checkpoint, deadline, asset }: Shuttle | Request,
  amount: bigint,
): boolean {
  return vault.root >= checkpoint && world.time <= deadline && (vault.accounted[asset] as bigint) >= amount;
}

function pay(world: World, id: number): void {
  const withdrawal = world.withdrawals.get(id) as Withdrawal;
  const { chain, asset, amount, name } = withdrawal;
  const vault = world.vaults[chain] as Vault;
  if (vault.usedNonces.has(id) || !isDue(world, vault, withdrawal, amount)) return;
  vault.usedNonces.add(id);
  move(vault, 'debit', asset, amount, holderOf(name));
  vault.log.push({ type: 'paid', id });
}

function cancel(world: World, id: number): void {
  const { chain, checkpoint } = world.withdrawals.get(id) as Withdrawal;
  const vault = world.vaults[chain] as Vault;
  if (vault.usedNonces.has(id) || checkpoint > world.checkpoint) return;
  vault.usedNonces.add(id);
  vault.log.push({ type: 'cancelled', id });
}

function open(world: World, id: number): void {
  const settlement = world.settlements.get(id) as Settlement;
  const { chain, asset, amount, commitment } = settlement;
  const vault = world.vaults[chain] as Vault;
  if (vault.lanes.has(id) || !isDue(world, vault, settlement, amount)) return;
  vault.lanes.set(id, { isOpen: true, left: amount, bought: 0n });
  move(vault, 'debit', asset, amount, commitment);
  vault.log.push({ type: 'opened', id });
}

function fill(world: World, id: number): void {
  const { chain, deadline } = world.settlements.get(id) as Settlement;
  const lane = world.vaults[chain]?.lanes.get(id);
  if (lane === undefined || !lane.isOpen || world.time > deadline) return;
  const sold = lane.left / BigInt(world.random.between(1, 5));
  lane.left -= sold;
  lane.bought += 2n * sold + (sold === 0n ? 0n : 1n);
}

/**
 * Sold out or expired. A token that blocks the lane holds its part back, until the lane is closed again.
 * @param blocked asset
 */
export function close(world: World, id: number, blocked?: number): void {
  const { chain, deadline, asset, commitment } = world.settlements.get(id) as Settlement;
  const vault = world.vaults[chain] as Vault;
  const lane = vault.lanes.get(id);
  if (lane === undefined || (lane.isOpen && lane.left !== 0n && world.time <= deadline)) return;
  const back: Pair<bigint> = asset === 0 ? [lane.left, lane.bought] : [lane.bought, lane.left];
  if (blocked !== undefined) back[blocked] = 0n;
  if (!lane.isOpen && back.every((amount) => amount === 0n)) return;
  lane.isOpen = false;
  lane.left -= back[asset] as bigint;
  lane.bought -= back[other(asset)] as bigint;
  for (const of of ASSETS) move(vault, 'credit', of, back[of], commitment);
  vault.log.push({ type: 'closed', id, back, isEmpty: lane.left === 0n && lane.bought === 0n });
}

export function closeSome(world: World, id: number): void {
  const { random } = world;
  close(world, id, random.chance(0.3) ? random.pick(ASSETS) : undefined);
}

function other(asset: number): number {
  return asset === 0 ? 1 : 0;
}

function send(world: World, id: number): void {
  const shuttle = world.shuttles.get(id) as Shuttle;
  const vault = world.vaults[shuttle.origin] as Vault;
  if (shuttle.status !== 'unsent' || !isDue(world, vault, shuttle, shuttle.input)) return;
  shuttle.status = 'sent';
  move(vault, 'send', shuttle.asset, shuttle.input);
  vault.log.push({ type: 'sent', id });
}

/** The pool pays on the destination, or gives back on the origin. */
export function land(world: World, id: number): void {
  const shuttle = world.shuttles.get(id) as Shuttle;
  if (shuttle.status !== 'sent') return;
  const isFilled = world.random.chance(0.65);
  shuttle.status = isFilled ? 'filled' : 'refunded';
  const { asset, origin, destination, input, output } = shuttle;
  move(world.vaults[isFilled ? destination : origin] as Vault, 'arrive', asset, isFilled ? output : input);
}

/** An arrival anybody can confirm; to absorb a refund takes the keeper's signatures. */
export function confirm(world: World, id: number, { keeperLives }: { keeperLives: boolean }): void {
  const shuttle = world.shuttles.get(id) as Shuttle;
  const { asset, origin, destination, input, output, status } = shuttle;
  if (shuttle.isConfirmed || !(status === 'filled' || (status === 'refunded' && keeperLives))) return;
  shuttle.isConfirmed = true;
  const isFilled = status === 'filled';
  const vault = world.vaults[isFilled ? destination : origin] as Vault;
  move(vault, 'absorb', asset, isFilled ? output : input);
  vault.log.push({ type: isFilled ? 'arrived' : 'absorbed', id });
}

// The keeper.

function change(world: World, name: Name, subaccount: number, asset: number, wad: bigint): void {
  const { balances } = world.knowledge;
  const key = balanceKey(name, subaccount, asset);
  balances.set(key, (balances.get(key) ?? 0n) + wad);
}

function owned(world: World, name: Name, subaccount: number, asset: number): bigint {
  return world.knowledge.balances.get(balanceKey(name, subaccount, asset)) ?? 0n;
}

function hold(world: World, chain: number, asset: number, difference: bigint): void {
  const holdings = world.knowledge.holdings[chain] as Pair<bigint>;
  holdings[asset] = (holdings[asset] as bigint) + difference;
}

function ingest(world: World, chain: number, upTo: number): void {
  const { log } = world.vaults[chain] as Vault;
  const { indices } = world.knowledge;
  for (let index = indices[chain] as number; index < upTo; index++) takeIn(world, chain, log[index] as Entry);
  indices[chain] = upTo;
}

function takeIn(world: World, chain: number, entry: Entry): void {
  if (entry.type === 'deposited') {
    const { name, subaccount, asset, amount } = entry;
    change(world, name, subaccount, asset, amount * unitWad(world, chain, asset));
    hold(world, chain, asset, amount);
    return;
  }
  const withdrawal = world.withdrawals.get(entry.id);
  const settlement = world.settlements.get(entry.id);
  const shuttle = world.shuttles.get(entry.id);
  if (withdrawal !== undefined) {
    if (entry.type === 'paid') hold(world, chain, withdrawal.asset, -withdrawal.amount);
    else if (withdrawal.known === 'pending') giveBack(world, withdrawal);
    withdrawal.known = 'over';
  } else if (settlement !== undefined && entry.type === 'closed') {
    // What was sold may still lie in the lane: its counters are older than the next root, so that it needs its leaf.
    if (entry.isEmpty || entry.back[settlement.asset] !== 0n) settlement.known = 'over';
    for (const asset of ASSETS) {
      change(world, settlement.name, settlement.subaccount, asset, entry.back[asset] * unitWad(world, chain, asset));
      hold(world, chain, asset, entry.back[asset]);
    }
  } else if (settlement !== undefined) {
    settlement.known = 'open';
    hold(world, chain, settlement.asset, -settlement.amount);
  } else if (shuttle !== undefined) {
    takeInShuttle(world, chain, shuttle, entry.type);
  } else throw new Error('an entry of nothing that anybody asked for');
}

function takeInShuttle(world: World, chain: number, shuttle: Shuttle, type: Entry['type']): void {
  const { asset, input, output, feeWad } = shuttle;
  if (type === 'sent') {
    shuttle.known = shuttle.known === 'early' ? 'over' : 'sent';
    hold(world, chain, asset, -input);
  } else if (type === 'arrived') {
    shuttle.known = shuttle.known === 'sent' ? 'over' : 'early';
    hold(world, chain, asset, output);
  } else {
    shuttle.known = 'over';
    hold(world, chain, asset, input);
    change(world, 'fees', 0, asset, feeWad);
  }
}

function giveBack(world: World, { name, subaccount, chain, asset, amount }: Request): void {
  change(world, name, subaccount, asset, amount * unitWad(world, chain, asset));
}

/** What was pending on a chain whose log is known to its end, and can happen no more. */
function expire(world: World): void {
  const isComplete = (chain: number) => world.knowledge.indices[chain] === world.vaults[chain]?.log.length;
  const isLate = ({ deadline }: { deadline: number }, chain: number) => world.time > deadline && isComplete(chain);
  for (const [id, withdrawal] of world.withdrawals) {
    const isUsed = world.vaults[withdrawal.chain]?.usedNonces.has(id);
    if (withdrawal.known !== 'pending' || isUsed || !isLate(withdrawal, withdrawal.chain)) continue;
    withdrawal.known = 'over';
    giveBack(world, withdrawal);
  }
  for (const [id, settlement] of world.settlements) {
    const isOpened = world.vaults[settlement.chain]?.lanes.has(id);
    if (settlement.known !== 'pending' || isOpened || !isLate(settlement, settlement.chain)) continue;
    settlement.known = 'over';
    giveBack(world, settlement);
  }
  for (const shuttle of world.shuttles.values()) {
    if (shuttle.known !== 'pending' || shuttle.status !== 'unsent' || !isLate(shuttle, shuttle.origin)) continue;
    shuttle.known = 'over';
    change(world, 'fees', 0, shuttle.asset, shuttle.feeWad);
  }
}

/** Atoms that the keeper may still promise of a vault. */
function unpromised(world: World, chain: number, asset: number): bigint {
  const requests = [...world.withdrawals.values(), ...world.settlements.values()];
  const promised = requests
    .filter((request) => request.known === 'pending' && request.chain === chain && request.asset === asset)
    .reduce((sum, { amount }) => sum + amount, 0n);
  const shuttled = [...world.shuttles.values()]
    .filter(
      ({ known, origin, asset: of }) => (known === 'pending' || known === 'early') && origin === chain && of === asset,
    )
    .reduce((sum, { input }) => sum + input, 0n);
  return (world.knowledge.holdings[chain]?.[asset] as bigint) - promised - shuttled;
}

/** What a request of the next checkpoint has in common; undefined when its account or the vault has too little. */
function request(world: World, seconds: number): Request | undefined {
  const { random, options } = world;
  const asset = random.pick(ASSETS);
  const holder = someTrader(world, asset);
  if (holder === undefined) return undefined;
  const { name, subaccount } = holder;
  const chain = options.contracts.includes(name) ? 0 : random.pick(CHAINS);
  const unit = unitWad(world, chain, asset);
  const most = smaller(spendable(world, holder, asset) / unit, unpromised(world, chain, asset));
  const amount = smaller(most, someAmount(world, chain, asset));
  if (amount <= 0n) return undefined;
  change(world, name, subaccount, asset, -amount * unit);
  const deadline = world.time + random.between(3, seconds);
  return { name, subaccount, chain, asset, amount, checkpoint: world.checkpoint + 1, deadline };
}

function requestWithdrawal(world: World): void {
  const wanted = request(world, 25);
  if (wanted !== undefined) world.withdrawals.set(world.nextId++, { ...wanted, known: 'pending' });
}

function requestSettlement(world: World): void {
  const wanted = request(world, 25);
  if (wanted === undefined) return;
  const id = world.nextId++;
  const commitment = commitmentOf(wanted.name, wanted.subaccount, saltOf(id));
  world.settlements.set(id, { ...wanted, commitment, known: 'pending' });
}

/** The fee account pays the fee at once. */
function requestShuttle(world: World): void {
  const { random } = world;
  const [origin, asset] = [random.pick(CHAINS), random.pick(ASSETS)];
  const destination = random.pick(CHAINS.filter((chain) => chain !== origin));
  const atoms = BigInt(random.between(1, MOST));
  const outputWad = (atoms - atoms / 100n) * coarsestWad(world, asset);
  const feeWad = (atoms / 100n) * coarsestWad(world, asset);
  const input = (outputWad + feeWad) / unitWad(world, origin, asset);
  if (unpromised(world, origin, asset) < input || owned(world, 'fees', 0, asset) < feeWad) return;
  change(world, 'fees', 0, asset, -feeWad);
  world.shuttles.set(world.nextId++, {
    origin,
    destination,
    asset,
    input,
    output: outputWad / unitWad(world, destination, asset),
    outputWad,
    feeWad,
    checkpoint: world.checkpoint + 1,
    deadline: world.time + random.between(3, 20),
    status: 'unsent',
    isConfirmed: false,
    known: 'pending',
  });
}

function trade(world: World): void {
  const asset = world.random.pick(ASSETS);
  const price = other(asset);
  const { lends } = world.options;
  const seller = someTrader(world, lends && world.random.chance(0.5) ? price : asset);
  const buyer = someTrader(world, price);
  if (seller === undefined || buyer === undefined) return;
  const some = (of: number, most: bigint) =>
    smaller(most, someAmount(world, 0, of) * unitWad(world, 0, of) + BigInt(world.random.below(2)));
  const most = lends ? equity(world, seller) : owned(world, seller.name, seller.subaccount, asset);
  const sold = some(asset, most);
  const paid = some(price, spendable(world, buyer, price));
  change(world, seller.name, seller.subaccount, asset, -sold);
  change(world, buyer.name, buyer.subaccount, asset, sold);
  change(world, buyer.name, buyer.subaccount, price, -paid);
  change(world, seller.name, seller.subaccount, price, paid);
}

interface Account {
  readonly name: Name;
  readonly subaccount: number;
}

/** While all assets are worth the same, which is all that this exchange goes by. */
function equity(world: World, { name, subaccount }: Account): bigint {
  return ASSETS.reduce((sum, asset) => sum + owned(world, name, subaccount, asset), 0n);
}

/** What may leave an account without making it owe more than it owns. */
function spendable(world: World, account: Account, asset: number): bigint {
  return smaller(owned(world, account.name, account.subaccount, asset), equity(world, account));
}

/** One that has something of the asset, and not only on credit. */
function someTrader(world: World, asset: number): Account | undefined {
  const accounts = TRADERS.flatMap((name) => [0, 1].map((subaccount) => ({ name, subaccount })));
  const rich = accounts.filter((account) => spendable(world, account, asset) > 0n);
  return rich.length === 0 ? undefined : world.random.pick(rich);
}

/** A checkpoint whose root stands on all chains at once. */
export function cut(world: World): void {
  world.checkpoint++;
  for (const vault of world.vaults) vault.root = world.checkpoint;
  world.saved = structuredClone({ ...world.knowledge, known: knownOf(world) });
}

function knownOf({ withdrawals, settlements, shuttles }: World): Map<number, string> {
  return new Map([...withdrawals, ...settlements, ...shuttles].map(([id, { known }]) => [id, known]));
}

/** The keeper forgets everything after its last checkpoint. What was asked for since then was never approved. */
function restart(world: World): void {
  if (world.saved === undefined) return;
  world.knowledge = structuredClone(world.saved);
  for (const things of [world.withdrawals, world.settlements, world.shuttles]) {
    for (const [id, thing] of things as Map<number, { known: string }>) {
      const known = world.knowledge.known.get(id);
      if (known === undefined) things.delete(id);
      else thing.known = known;
    }
  }
}

/** What the keeper's state says at this moment, for the trees of its newest checkpoint. */
export function exitInput(world: World): ExitInput {
  const { vaults, knowledge, options } = world;
  const places = CHAINS.flatMap((chain) => ASSETS.map((asset) => ({ chain, asset })));
  const tokenIndex = (chain: number, asset: number) => chain * ASSETS.length + asset;
  const accounts = OWNERS.flatMap((name) => [0, 1].map((subaccount) => ({ name, subaccount })));
  return {
    checkpoint: world.checkpoint,
    chains: vaults.map(({ chain, chainId }) => ({
      chainId,
      registry: registryOf(chain),
      processedIndex: knowledge.indices[chain] as number,
    })),
    owners: OWNERS.map((name) => holderOf(name)),
    ownerOf: accounts.map(({ name }) => OWNERS.indexOf(name)),
    balances: ASSETS.map((asset) => accounts.map(({ name, subaccount }) => owned(world, name, subaccount, asset))),
    // Some who owe are bankrupt at these.
    prices: options.lends ? ASSETS.map(() => BigInt(world.random.between(1, 3))) : [],
    boundTo: new Map(options.contracts.map((name) => [OWNERS.indexOf(name), [(vaults[0] as Vault).chainId]])),
    lastOwners: [OWNERS.indexOf('fees')],
    tokens: places.map(({ chain, asset }) => {
      const { chainId, moves } = vaults[chain] as Vault;
      const processed = moves.filter((of) => of.asset === asset && of.index < (knowledge.indices[chain] as number));
      return {
        chainId,
        token: tokenOf(chain, asset),
        asset,
        decimals: (options.decimals[chain] as Pair<number>)[asset] as number,
        holdings: (knowledge.holdings[chain] as Pair<bigint>)[asset] as bigint,
        net: sumOf(processed.filter(({ holder }) => holder !== undefined)),
        netOf: new Map(
          OWNERS.flatMap((name, owner) => {
            const own = processed.filter(({ holder }) => holder === holderOf(name));
            return own.length === 0 ? [] : [[owner, sumOf(own)]];
          }),
        ),
      };
    }),
    withdrawals: [...world.withdrawals.values()]
      .filter(({ known }) => known === 'pending')
      .map(({ name, chain, asset, amount }) => ({
        owner: OWNERS.indexOf(name),
        token: tokenIndex(chain, asset),
        amount,
      })),
    settlements: [...world.settlements.values()].flatMap(({ chain, asset, amount, commitment, known: status }) =>
      status === 'over' ? [] : [{ commitment, token: tokenIndex(chain, asset), sellAmount: amount, status }],
    ),
    shuttles: [...world.shuttles.values()].flatMap(({ origin, destination, asset, input, output, known: status }) =>
      status === 'over'
        ? []
        : [
            {
              origin: tokenIndex(origin, asset),
              destination: tokenIndex(destination, asset),
              inputAmount: input,
              outputAmount: output,
              status,
            },
          ],
    ),
  };
}

function sumOf(moves: readonly Move[]): bigint {
  return moves.reduce((sum, { type, amount }) => (type === 'credit' ? sum + amount : sum - amount), 0n);
}

/** One thing that may happen, with its weight. */
type Chance = readonly [weight: number, happen: (world: World) => void];

const onSome =
  (of: (world: World) => ReadonlyMap<number, unknown>, happen: (world: World, id: number) => void) =>
  (world: World): void => {
    const ids = [...of(world).keys()];
    if (ids.length > 0) happen(world, world.random.pick(ids));
  };
const onWithdrawal = (happen: (world: World, id: number) => void) => onSome((world) => world.withdrawals, happen);
const onSettlement = (happen: (world: World, id: number) => void) => onSome((world) => world.settlements, happen);
const onShuttle = (happen: (world: World, id: number) => void) => onSome((world) => world.shuttles, happen);

function depositSome(world: World): void {
  const { random } = world;
  const [chain, asset] = [random.pick(CHAINS), random.pick(ASSETS)];
  const amount = someAmount(world, chain, asset);
  deposit(world, { name: random.pick(TRADERS), subaccount: random.pick([0, 0, 1]), chain, asset, amount });
}

function ingestSome(world: World): void {
  const chain = world.random.pick(CHAINS);
  const from = world.knowledge.indices[chain] as number;
  ingest(world, chain, world.random.between(from, (world.vaults[chain] as Vault).log.length));
}

const LIFE: readonly Chance[] = [
  [5, depositSome],
  [6, trade],
  [4, requestWithdrawal],
  [4, onWithdrawal(pay)],
  [1, onWithdrawal(cancel)],
  [3, requestSettlement],
  [4, onSettlement(open)],
  [3, onSettlement(fill)],
  [4, onSettlement(closeSome)],
  [2, requestShuttle],
  [3, onShuttle(send)],
  [3, onShuttle(land)],
  [3, onShuttle((world, id) => confirm(world, id, { keeperLives: true }))],
  [6, ingestSome],
  [6, cut],
  [3, expire],
  [1, restart],
];

/** Without the keeper. */
const AFTERLIFE: readonly Chance[] = [
  [5, depositSome],
  [5, onWithdrawal(pay)],
  [4, onSettlement(open)],
  [2, onSettlement(fill)],
  [2, onShuttle(send)],
  [2, onSettlement(closeSome)],
];

function happen(world: World, chances: readonly Chance[]): void {
  world.time++;
  let left = world.random.below(chances.reduce((sum, [weight]) => sum + weight, 0));
  for (const [weight, action] of chances) {
    if (left < weight) return action(world);
    left -= weight;
  }
}

/**
 * A random life, a last checkpoint with its trees on all chains, and a little more life without the keeper. Afterwards
 * nothing opens, pays or is sent any more; what is in flight still lands.
 */
export function liveAndDie(world: World): { readonly input: ExitInput; readonly trees: readonly ExitTree[] } {
  const { random } = world;
  for (let left = random.between(20, 140); left > 0; left--) happen(world, LIFE);
  cut(world);
  const input = exitInput(world);
  const { trees } = exitTrees(input, SALT_KEY);
  for (let left = random.between(0, 12); left > 0; left--) happen(world, AFTERLIFE);
  world.time += 100;
  return { input, trees };
}
