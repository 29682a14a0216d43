// Who could take how much out of which vault if the keeper never answered again.
//
// The ledger knows only how much of an asset somebody owns; which vault pays it is decided here, for one checkpoint. First
// the debts are closed out, then every balance is placed on vaults that hold it. What lies on no chain at that moment,
// because a shuttle carries it, is a share of what the shuttles bring, wherever they end.
//
// The engine has no debts, settlements and shuttles of its own yet: here they are arguments, so that the rules stand first.
import { assert } from './assertion.ts';
import { wadPer } from './assets.ts';
import type { Address, Hex } from './commands.ts';

/** One token of one vault as a checkpoint knows it. Amounts in atoms. */
export interface VaultPosition {
  readonly chainId: number;
  /** Index of its asset; −1 while no asset lists it: then everybody owns what he brought. */
  readonly asset: number;
  /** At most 18; 0 while unlisted. */
  readonly decimals: number;
  /** What the vault held at `processedIndex`. */
  readonly holdings: bigint;
  /** Deposited less withdrawn up to `processedIndex`, of each owner that ever touched the token. */
  readonly netOf: ReadonlyMap<number, bigint>;
}

/** A withdrawal that was deducted and whose end is not known; it is paid from its own vault or not at all. */
export interface PendingWithdrawal {
  readonly owner: number;
  /** Index of the token. */
  readonly token: number;
  readonly amount: bigint;
}

/**
 * A settlement whose lane is not known to be closed. pending: the sell amount, deducted from its account, lies in the vault.
 * open: it has left. It stays open after a closing that brought nothing back of what was sold because the token refused: what
 * comes later can only be claimed with a leaf, the key's first movement being older than the tree.
 */
export interface ExitSettlement {
  readonly commitment: Hex;
  /** Index of the token that it sells. */
  readonly token: number;
  readonly sellAmount: bigint;
  readonly status: 'pending' | 'open';
}

/**
 * A shuttle that is not over. Its fee was charged when it was asked for, so that accounts own `outputAmount` of it.
 * pending: not known to be sent. sent: not known to have arrived. early: known to have arrived, not to be sent.
 */
export interface ExitShuttle {
  /** Indices of the tokens. */
  readonly origin: number;
  readonly destination: number;
  /** Atoms on the origin. */
  readonly inputAmount: bigint;
  /** Atoms on the destination. */
  readonly outputAmount: bigint;
  readonly status: 'pending' | 'sent' | 'early';
}

/** Everything that shares depend on. Owners, accounts, assets and tokens are known by their index. */
export interface ShareInput {
  /** Who owns accounts: each address once. */
  readonly owners: readonly Address[];
  /** Owner of each account. */
  readonly ownerOf: ArrayLike<number>;
  /** By asset and account, in 10⁻¹⁸ of the asset; negative: owed. What is pending was deducted. */
  readonly balances: readonly (readonly bigint[])[];
  /** By asset, of 10⁻¹⁸ of it in any unit of value; looked at only when somebody owes something. */
  readonly prices: readonly bigint[];
  /**
   * The chains on which an owner is a contract; its address on any other may be somebody else's. When there are several, they
   * may be two strangers: each gets at most what came in on his own.
   */
  readonly boundTo: ReadonlyMap<number, readonly number[]>;
  /** Owners that are served last, and so wait for shuttles first: the exchange's own. */
  readonly lastOwners: readonly number[];
  readonly tokens: readonly VaultPosition[];
  readonly withdrawals: readonly PendingWithdrawal[];
  readonly settlements: readonly ExitSettlement[];
  readonly shuttles: readonly ExitShuttle[];
}

/** What owners could take out of the vault of one token, in atoms, by owner. Commitments are not owners. */
export interface TokenShares {
  readonly exits: ReadonlyMap<number, bigint>;
  readonly transits: ReadonlyMap<number, bigint>;
  /**
   * What lies in the vault and is not about to leave with a shuttle. That is all exits, those of commitments included, and
   * what rounding and stranding left to nobody: it must not look like something that a shuttle brought.
   */
  readonly exitTotal: bigint;
  /** What shuttles would bring to this vault, or bring back. */
  readonly transitTotal: bigint;
}

/** What a contract owns beyond what may be paid to it where it lives. In 10⁻¹⁸ of the asset. */
export interface Stranded {
  readonly owner: number;
  readonly asset: number;
  readonly wad: bigint;
}

/**
 * The shares of every owner in every vault, by token. Together never more than there is. An owner gets what he owns of an
 * asset, save for fractions of an atom (less than one atom of its coarsest token, and one per vault that shuttles touch),
 * and save for what is `stranded`.
 */
export function exitShares(input: ShareInput): { tokens: readonly TokenShares[]; stranded: readonly Stranded[] } {
  const leaving = input.tokens.map((_, index) => leavingAtoms(input, index));
  const stranded: Stranded[] = [];
  const vaults = input.tokens.map((token, index): Vault => {
    const { chainId, asset, netOf } = token;
    const unitWad = wadPer(token.decimals);
    const free = token.holdings - (leaving[index] as bigint) - promisedAtoms(input, index);
    assert(free >= 0n, `more promised of token ${index} than its vault holds`);
    const weightWad = input.shuttles.reduce((sum, shuttle) => sum + touchedWad(input, shuttle, index), 0n);
    const isListed = asset >= 0;
    return {
      chainId,
      asset,
      unitWad,
      free,
      netOf,
      weightWad,
      exits: new Map(isListed ? [] : netOf),
      transits: new Map(),
    };
  });
  for (const [asset, balances] of closeOut(input.balances, input.prices).entries()) {
    const own = vaults.filter((vault) => vault.asset === asset).sort(coarsestFirst);
    const rest = sumsByOwner(balances, input);
    const carried = carriedWad(input, asset);
    assertBacked({ asset, rest, vaults: own, carried });
    placeContracts(input, own, rest, (owner, wad) => stranded.push({ owner, asset, wad }));
    placeWhereDeposited(input, own, rest);
    placeWhereRoom(input, own, rest);
    if (carried > 0n) shareShuttles(own, rest, carried);
  }
  for (const { owner, token, amount } of input.withdrawals) add((vaults[token] as Vault).exits, owner, amount);
  const tokens = vaults.map(({ exits, transits, weightWad, unitWad }, index) => ({
    exits,
    transits,
    exitTotal: (input.tokens[index] as VaultPosition).holdings - (leaving[index] as bigint),
    transitTotal: weightWad / unitWad,
  }));
  return { tokens, stranded };
}

/**
 * Balances after everybody who owes has paid, so that nobody leaves his debt behind: no balance is negative, no asset grows,
 * and everybody keeps his equity at these prices unless somebody is bankrupt.
 *
 * What there is of an asset is less than what is owned of it by what is owed of it, so everybody's share in kind is
 * `balance · (owned − owed) / owned`. Against that stands `v` = value of what he misses − value of what he owes; all `v` sum
 * to zero. Who has `v < 0` pays it from his shares in kind, pro rata, as far as they reach; who has `v > 0` gets that part of
 * everything paid which his `v` is of all such. Shares are rounded down and payments up; what that leaves is nobody's.
 * What a debtor has in flight, in withdrawals and settlements, is not reached: his health must not count it.
 *
 * @param balances by asset and account, in 10⁻¹⁸ of the asset
 * @param prices by asset
 */
export function closeOut(
  balances: readonly (readonly bigint[])[],
  prices: readonly bigint[],
): readonly (readonly bigint[])[] {
  if (!balances.some((column) => column.some((balance) => balance < 0n))) return balances;
  const shares = balances.map(sharesInKind);
  const accounts = (balances[0] as readonly bigint[]).length;
  const worth = (column: readonly bigint[], asset: number, account: number) =>
    (column[account] as bigint) * (prices[asset] as bigint);

  const claims = Array.from({ length: accounts }, (_, account) =>
    balances.reduce(
      // For a debt the share is 0: what is missed less what is owed is balance − share in both cases.
      (sum, column, asset) =>
        sum + worth(column, asset, account) - worth(shares[asset] as readonly bigint[], asset, account),
      0n,
    ),
  );
  const claimed = claims.reduce((sum, claim) => (claim > 0n ? sum + claim : sum), 0n);
  const pools = shares.map(() => 0n);
  for (const [account, claim] of claims.entries()) {
    if (claim >= 0n) continue;
    const owned = shares.reduce((sum, column, asset) => sum + worth(column, asset, account), 0n);
    if (owned === 0n) continue;
    const due = smaller(-claim, owned);
    for (const [asset, column] of shares.entries()) {
      const paid = divUp((column[account] as bigint) * due, owned);
      column[account] = (column[account] as bigint) - paid;
      pools[asset] = (pools[asset] as bigint) + paid;
    }
  }
  for (const [account, claim] of claims.entries()) {
    if (claim <= 0n) continue;
    for (const [asset, column] of shares.entries()) {
      column[account] = (column[account] as bigint) + ((pools[asset] as bigint) * claim) / claimed;
    }
  }
  return shares;
}

function sharesInKind(balances: readonly bigint[]): bigint[] {
  const owned = balances.reduce((sum, balance) => (balance > 0n ? sum + balance : sum), 0n);
  const held = balances.reduce((sum, balance) => sum + balance, 0n);
  assert(held >= 0n, 'more is owed of an asset than is owned of it');
  return balances.map((balance) => (balance > 0n ? (balance * held) / owned : 0n));
}

interface Vault {
  readonly chainId: number;
  readonly asset: number;
  /** 10⁻¹⁸ of the asset per atom. */
  readonly unitWad: bigint;
  /** Atoms on which balances may still be placed. */
  free: bigint;
  readonly netOf: ReadonlyMap<number, bigint>;
  /** What shuttles may bring or bring back, in 10⁻¹⁸ of the asset. */
  readonly weightWad: bigint;
  readonly exits: Map<number, bigint>;
  readonly transits: Map<number, bigint>;
}

/** So that fractions of a coarse atom may find room among finer ones. */
function coarsestFirst(a: Vault, b: Vault): number {
  return Number(b.unitWad - a.unitWad);
}

/** Moves as much as possible, in whole atoms, from what the owner has left to the vault. */
function place(vault: Vault, rest: bigint[], owner: number, limit: bigint): void {
  const left = (rest[owner] as bigint) / vault.unitWad;
  const atoms = smaller(left, smaller(vault.free, limit));
  if (atoms <= 0n) return;
  vault.free -= atoms;
  rest[owner] = (rest[owner] as bigint) - atoms * vault.unitWad;
  add(vault.exits, owner, atoms);
}

/** First, because no other chain will do. What finds no room there is nobody's until those vaults hold more. */
function placeContracts(
  { boundTo }: ShareInput,
  vaults: readonly Vault[],
  rest: bigint[],
  strand: (owner: number, wad: bigint) => void,
): void {
  for (const [owner, chainIds] of boundTo) {
    const own = vaults.filter(({ chainId }) => chainIds.includes(chainId));
    for (const vault of own) {
      place(vault, rest, owner, chainIds.length === 1 ? vault.free : (vault.netOf.get(owner) ?? 0n));
    }
    const left = rest[owner] as bigint;
    if (left >= (own.at(-1)?.unitWad ?? 1n)) strand(owner, left);
    rest[owner] = 0n;
  }
}

/** Who did not trade can take out what he brought where he brought it: his offset is 0. */
function placeWhereDeposited({ boundTo }: ShareInput, vaults: readonly Vault[], rest: bigint[]): void {
  for (const vault of vaults) {
    for (const [owner, net] of vault.netOf) if (!boundTo.has(owner)) place(vault, rest, owner, net);
  }
}

function placeWhereRoom({ lastOwners }: ShareInput, vaults: readonly Vault[], rest: bigint[]): void {
  const isLast = new Set(lastOwners);
  for (const vault of vaults) {
    for (let owner = 0; owner < rest.length && vault.free > 0n; owner++) {
      if (rest[owner] !== 0n && !isLast.has(owner)) place(vault, rest, owner, vault.free);
    }
    for (const owner of lastOwners) place(vault, rest, owner, vault.free);
  }
}

/**
 * What found no room in a vault is on its way to one. Everybody holds the same share of every shuttle. Together no more than
 * they carry: nobody has a whole atom left unless all vaults are full, and no more is owned than is held and carried.
 */
function shareShuttles(vaults: readonly Vault[], rest: readonly bigint[], carried: bigint): void {
  const coarsestWad = (vaults[0] as Vault).unitWad;
  for (const [owner, wad] of rest.entries()) {
    const whole = wad - (wad % coarsestWad);
    for (const { transits, weightWad, unitWad } of vaults) {
      const atomsDown = (whole * weightWad) / (carried * unitWad);
      if (atomsDown > 0n) transits.set(owner, atomsDown);
    }
  }
}

function add(amounts: Map<number, bigint>, owner: number, amount: bigint): void {
  amounts.set(owner, (amounts.get(owner) ?? 0n) + amount);
}

function sumsByOwner(balances: readonly bigint[], { owners, ownerOf }: ShareInput): bigint[] {
  const sums = new Array<bigint>(owners.length).fill(0n);
  for (const [account, balance] of balances.entries()) {
    const owner = ownerOf[account] as number;
    if (balance !== 0n) sums[owner] = (sums[owner] as bigint) + balance;
  }
  return sums;
}

/** Atoms that lie in the vault but will leave with a shuttle, or have already: its arrival was seen, its sending was not. */
function leavingAtoms({ shuttles }: ShareInput, token: number): bigint {
  return shuttles.reduce((sum, { origin, inputAmount, status }) => {
    return origin === token && status !== 'sent' ? sum + inputAmount : sum;
  }, 0n);
}

/** Atoms of the vault that are no longer in any balance, but wait for one withdrawal or one lane. */
function promisedAtoms({ withdrawals, settlements }: ShareInput, token: number): bigint {
  const payments = withdrawals.reduce((sum, item) => (item.token === token ? sum + item.amount : sum), 0n);
  return settlements.reduce((sum, { token: of, sellAmount, status }) => {
    return of === token && status === 'pending' ? sum + sellAmount : sum;
  }, payments);
}

/** What accounts own of an asset and shuttles carry, or will. */
function carriedWad({ tokens, shuttles }: ShareInput, asset: number): bigint {
  return shuttles.reduce((sum, { destination, outputAmount, status }) => {
    const token = tokens[destination] as VaultPosition;
    return token.asset === asset && status !== 'early' ? sum + outputAmount * wadPer(token.decimals) : sum;
  }, 0n);
}

/** What a shuttle may bring to the vault of a token: it arrives there, or comes back. */
function touchedWad({ tokens }: ShareInput, shuttle: ExitShuttle, token: number): bigint {
  if (shuttle.status === 'early' || (shuttle.origin !== token && shuttle.destination !== token)) return 0n;
  return shuttle.outputAmount * wadPer((tokens[shuttle.destination] as VaultPosition).decimals);
}

function assertBacked(input: {
  readonly asset: number;
  readonly rest: readonly bigint[];
  readonly vaults: readonly Vault[];
  readonly carried: bigint;
}): void {
  const owned = input.rest.reduce((sum, wad) => sum + wad, 0n);
  const held = input.vaults.reduce((sum, { free, unitWad }) => sum + free * unitWad, input.carried);
  assert(owned <= held, `asset ${input.asset}: ${owned} owned, ${held} held`);
}

function smaller(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}

function divUp(numerator: bigint, denominator: bigint): bigint {
  return (numerator + denominator - 1n) / denominator;
}
