// What the exit trees of the newest checkpoint are made from, read from the state that it froze.

import { wadPer } from './assets.ts';
import type { Address } from './commands.ts';
import type { ExitInput, ExitToken } from './exitTree.ts';
import { balanceWad, type Ledger, type Net, tokensToCredit } from './ledger.ts';
import { WAD } from './margin/fixedPoint.ts';
import { chainBit, registries, type State } from './state.ts';

/** Owners are numbered in the order of their first account, tokens in the order of the ledger. */
export function exitInputOf(state: State): ExitInput {
  const { ledger } = state.exchange;
  const { owners, ownerOf, ownerByAddress } = ownersOf(ledger);
  const operators = [state.feeAccount, state.insuranceAccount].flatMap((address) => ownerByAddress.get(address) ?? []);
  return {
    checkpoint: state.cutNumber,
    chains: registries(state),
    owners,
    ownerOf,
    balances: balancesOf(ledger),
    prices: closeOutPrices(state),
    boundTo: contractChains(state, ownerOf),
    lastOwners: [...new Set(operators)],
    tokens: exitTokens(ledger, ownerOf),
    withdrawals: [
      ...[...state.withdrawals.values()].map(({ account, token, amount }) => ({ account, token, amount })),
      ...[...state.answers.values()].map(({ account, token, paid }) => ({ account, token, amount: paid })),
    ]
      .filter(({ amount }) => amount > 0n)
      .map(({ account, token, amount }) => ({ owner: ownerOf[account] as number, token: token.index, amount })),
    settlements: [],
    shuttles: [],
  };
}

/** By asset and account: also what is held of a listed token and only waits for its turn to be credited. */
function balancesOf(ledger: Ledger): bigint[][] {
  const { assets, accountCount } = ledger;
  const balances = assets.map((asset) =>
    Array.from({ length: accountCount }, (_, account) => balanceWad(asset, account)),
  );
  if (tokensToCredit(ledger).length === 0) return balances;
  for (const [account, nets] of ledger.nets.entries()) {
    for (const { token, atoms, isHeld } of nets) {
      const own = balances[token.asset];
      if (isHeld && own !== undefined) own[account] = (own[account] as bigint) + atoms * wadPer(token.decimals);
    }
  }
  return balances;
}

/** What debts are closed out at: the middle of what was believed last, however old; nothing is worth 0 that ever had a price. */
function closeOutPrices({ exchange: { ledger, margin } }: State): bigint[] {
  return ledger.assets.map(({ unitWad }, index) => {
    const price = margin.prices[index];
    return price === undefined ? 0n : ((price.bid + price.ask) * (WAD / unitWad)) / 2n;
  });
}

function ownersOf({ addresses }: Ledger) {
  const owners: Address[] = [];
  const ownerByAddress = new Map<Address, number>();
  const ownerOf = new Int32Array(addresses.length);
  for (const [account, address] of addresses.entries()) {
    const owner = ownerByAddress.get(address) ?? owners.push(address) - 1;
    ownerByAddress.set(address, owner);
    ownerOf[account] = owner;
  }
  return { owners, ownerOf, ownerByAddress };
}

function exitTokens(ledger: Ledger, ownerOf: Int32Array): ExitToken[] {
  const tokens = [...ledger.tokens.values()];
  const netOf = tokens.map(() => new Map<number, bigint>());
  for (const [account, owner] of ownerOf.entries()) {
    for (const { token, atoms } of ledger.nets[account] as readonly Net[]) {
      const nets = netOf[token.index] as Map<number, bigint>;
      nets.set(owner, (nets.get(owner) ?? 0n) + atoms);
    }
  }
  return tokens.map(({ index, chainId, token, asset, decimals, holdings }) => {
    // Nothing has come or gone that did not belong to an account: what is left of it all is in the vault.
    return { chainId, token, asset, decimals, holdings, net: holdings, netOf: netOf[index] as Map<number, bigint> };
  });
}

/** By owner: the chains on which it was a contract when a deposit came. */
function contractChains(state: State, ownerOf: Int32Array): Map<number, number[]> {
  const { codeChains } = state.exchange.ledger;
  const bits = new Map<number, number>();
  for (const [account, owner] of ownerOf.entries()) {
    const own = codeChains[account] as number;
    if (own !== 0) bits.set(owner, (bits.get(owner) ?? 0) | own);
  }
  const chainIds = [...state.chains.keys()];
  return new Map(
    [...bits].map(([owner, of]) => [owner, chainIds.filter((chainId) => (of & chainBit(state, chainId)) !== 0)]),
  );
}
