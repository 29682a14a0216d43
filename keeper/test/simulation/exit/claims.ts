// The day after: what the hatch pays to whom, by its formulas, whoever comes first.
import { wadPer } from '../../../src/core/assets.ts';
import { closeOut } from '../../../src/core/exitShares.ts';
import type { ExitInput, ExitTree, Holder } from '../../../src/core/exitTree.ts';
import {
  ASSETS,
  CHAINS,
  close,
  closeSome,
  confirm,
  counterKey,
  holderOf,
  land,
  type Name,
  OWNERS,
  type Pair,
  smaller,
  tokenOf,
  unitWad,
  type Vault,
  type World,
} from './world.ts';

export interface Claim {
  readonly chain: number;
  readonly asset: number;
  readonly holder: Holder;
  /** Atoms; 0n also for what a vault refuses, because it knows nothing of that holder. */
  readonly paid: bigint;
  /** How many moves the vault had made before. */
  readonly afterMoves: number;
}

/** What one vault has paid so far. */
interface Hatch {
  readonly claimedTotal: Pair<bigint>;
  /** By `counterKey`, and by tier. */
  readonly claimed: Map<string, [bigint, bigint]>;
}

export interface ExitDay {
  /** In 10⁻¹⁸ of the asset, by name and asset. */
  readonly paid: ReadonlyMap<string, bigint>;
  readonly claims: readonly Claim[];
}

export function paidKey(name: Name, asset: number): string {
  return `${name} ${asset}`;
}

/**
 * Everybody claims everything, lanes are closed as far as tokens let them, shuttles land and arrivals are confirmed, all in a random order; then what
 * had to wait for something else, and three times everything again. Throws when a vault would pay more than it has.
 */
export function exitDay(world: World, trees: readonly ExitTree[]): ExitDay {
  const { random } = world;
  const hatches = CHAINS.map((): Hatch => ({ claimedTotal: [0n, 0n], claimed: new Map() }));
  const paid = new Map<string, bigint>();
  const claims: Claim[] = [];

  const claim = (chain: number, asset: number, name: Name, holder: Holder) => () => {
    const vault = world.vaults[chain] as Vault;
    const amount = claimOnce({ vault, hatch: hatches[chain] as Hatch, tree: trees[chain] as ExitTree, asset, holder });
    claims.push({ chain, asset, holder, paid: amount, afterMoves: vault.moves.length });
    const key = paidKey(name, asset);
    paid.set(key, (paid.get(key) ?? 0n) + amount * unitWad(world, chain, asset));
  };
  const lands = [...world.settlements.keys()].map((id) => () => close(world, id));
  const early = [...world.settlements.keys()].map((id) => () => closeSome(world, id));
  for (const id of world.shuttles.keys()) {
    for (const acts of [early, lands]) {
      acts.push(() => land(world, id));
      acts.push(() => confirm(world, id, { keeperLives: false }));
    }
  }
  const places = CHAINS.flatMap((chain) => ASSETS.map((asset) => ({ chain, asset })));
  const everybody = places.flatMap(({ chain, asset }) => [
    ...OWNERS.map((name) => claim(chain, asset, name, holderOf(name))),
    ...[...world.settlements.values()].map(({ name, commitment }) => claim(chain, asset, name, commitment)),
  ]);

  const shuffled = [...early, ...everybody];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [shuffled[i], shuffled[j]] = [shuffled[j] as () => void, shuffled[i] as () => void];
  }
  for (const act of shuffled) act();
  for (const act of lands) act();
  for (let round = 0; round < 3; round++) for (const act of everybody) act();
  return { paid, claims };
}

interface ClaimInput {
  readonly vault: Vault;
  readonly hatch: Hatch;
  readonly tree: ExitTree;
  readonly asset: number;
  readonly holder: Holder;
}

/** Atoms paid by one claim. The formulas are those of the hatch, rounding included. */
function claimOnce({ vault, hatch, tree, asset, holder }: ClaimInput): bigint {
  const key = counterKey(holder, asset);
  const counter = vault.counters.get(key);
  const token = tokenOf(vault.chain, asset);
  const found = tree.leavesOf(holder).find(({ leaf }) => leaf.token === token);
  const isNew = counter !== undefined && counter.firstIndex >= tree.processedIndex;
  if (found === undefined && !isNew) return 0n;

  const { offset, transit } = found?.leaf ?? { offset: 0n, transit: 0n };
  const totals = tree.tokenLeaves.find(({ leaf }) => leaf.token === token);
  if (totals === undefined) throw new Error(`no totals of token ${asset}`);
  const { offsetTotal, transitTotal } = totals.leaf;
  const payable = max0(offset + (counter?.deposited ?? 0n) - (counter?.withdrawn ?? 0n));
  const holdings = (vault.balance[asset] as bigint) + (hatch.claimedTotal[asset] as bigint);
  const owed = offsetTotal + netOfAll(vault, asset);
  const before = hatch.claimed.get(key) ?? [0n, 0n];
  const due: [bigint, bigint] = [
    holdings >= owed ? payable : (payable * holdings) / owed,
    transit === 0n ? 0n : (transit * smaller(max0(holdings - owed), transitTotal)) / transitTotal,
  ];
  const first = max0(due[0] - before[0]);
  const second = max0(due[1] - before[1]);
  const amount = first + second;
  if (amount > (vault.balance[asset] as bigint)) throw new Error('a claim of more than what is there');
  hatch.claimed.set(key, [before[0] + first, before[1] + second]);
  hatch.claimedTotal[asset] = (hatch.claimedTotal[asset] as bigint) + amount;
  vault.balance[asset] = (vault.balance[asset] as bigint) - amount;
  vault.accounted[asset] = (vault.accounted[asset] as bigint) - amount;
  return amount;
}

/** Deposited less withdrawn, of all keys. */
function netOfAll({ counters }: Vault, asset: number): bigint {
  let net = 0n;
  for (const [key, { deposited, withdrawn }] of counters) if (key.endsWith(` ${asset}`)) net += deposited - withdrawn;
  return net;
}

/**
 * What everybody owns at the end, in 10⁻¹⁸ of the asset: at the last checkpoint, when all debts are closed out, and by what
 * came after it.
 */
export function entitlements(world: World, input: ExitInput): ReadonlyMap<string, bigint> {
  const owned = new Map<string, bigint>();
  const add = (name: Name, asset: number, wad: bigint) => {
    owned.set(paidKey(name, asset), (owned.get(paidKey(name, asset)) ?? 0n) + wad);
  };
  for (const [asset, balances] of closeOut(input.balances, input.prices).entries()) {
    for (const [account, balance] of balances.entries())
      add(OWNERS[input.ownerOf[account] as number] as Name, asset, balance);
  }
  for (const { owner, token, amount } of input.withdrawals) {
    const { asset, decimals } = input.tokens[token] as ExitInput['tokens'][number];
    add(OWNERS[owner] as Name, asset, amount * wadPer(decimals));
  }
  const nameOf = new Map<Holder, Name>(OWNERS.map((name) => [holderOf(name), name]));
  for (const { name, commitment } of world.settlements.values()) nameOf.set(commitment, name);
  for (const { commitment, token, sellAmount, status } of input.settlements) {
    const { asset, decimals } = input.tokens[token] as ExitInput['tokens'][number];
    if (status === 'pending') add(nameOf.get(commitment) as Name, asset, sellAmount * wadPer(decimals));
  }
  for (const { chain, moves } of world.vaults) {
    const { processedIndex } = input.chains[chain] as ExitInput['chains'][number];
    for (const { index, type, holder, asset, amount } of moves) {
      if (holder === undefined || index < processedIndex) continue;
      const wad = amount * unitWad(world, chain, asset);
      add(nameOf.get(holder) as Name, asset, type === 'credit' ? wad : -wad);
    }
  }
  return owned;
}

function max0(value: bigint): bigint {
  return value > 0n ? value : 0n;
}
