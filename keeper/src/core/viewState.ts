// The state as the API shows it. Reads only.
import { wadPer } from './assets.ts';
import { type Address, BUY, SELL } from './commands.ts';
import type { WithdrawalChanged } from './events.ts';
import { type Asset, accountsOf, type Net, type VaultToken } from './ledger.ts';
import { levelSlot, NO_ASK, NO_BID, priceAbove, priceBelow } from './levels.ts';
import { marginView, riskView } from './margin/marginViews.ts';
import type { Book } from './orderBook.ts';
import {
  accountAt,
  findOrder,
  idAt,
  nextAt,
  type OpenOrder,
  type OrderPool,
  olderAt,
  orderAt,
  remainingAt,
} from './orderPool.ts';
import type { State } from './state.ts';
import type {
  AccountView,
  AssetView,
  AtomsView,
  BalanceView,
  BookOrdersView,
  BookStatusName,
  BookView,
  DepthView,
  OrderView,
  SolvencyView,
  WithdrawalView,
} from './views.ts';
import { changed, wadOf } from './withdrawal.ts';

const STATUS_NAMES: readonly BookStatusName[] = ['open', 'postOnly', 'cancelOnly', 'closed'];

/** In the order of listing. */
export function assetViews(state: State): AssetView[] {
  const { ledger, margin } = state.exchange;
  const { assets, tokens } = ledger;
  return assets.map((asset, index) => ({
    asset: asset.id,
    symbol: asset.symbol,
    ledgerDecimals: asset.ledgerDecimals,
    risk: riskView(margin.risks[index]),
    tokens: [...tokens.values()]
      .filter((token) => token.asset === index)
      .map(({ chainId, token, decimals }) => ({ chainId, token, decimals })),
  }));
}

/** In the order of listing. */
export function bookViews(state: State): BookView[] {
  const { books, ledger } = state.exchange;
  const sideOf = (index: number) => {
    const asset = ledger.assets[index] as Asset;
    return { asset: asset.id, symbol: asset.symbol, decimals: asset.ledgerDecimals };
  };
  return books.map((book) => ({
    book: book.id,
    base: sideOf(book.base),
    quote: sideOf(book.quote),
    lotSize: String(book.lotSize),
    tickSize: String(book.tickSize),
    makerFeePpm: book.makerFeePpm,
    takerFeePpm: book.takerFeePpm,
    status: STATUS_NAMES[book.status] as BookStatusName,
  }));
}

/** The best `levels` prices of each side; undefined: no such book. */
export function depthView(
  state: State,
  { book: id, levels, sequence }: { book: number; levels: number; sequence: number },
): DepthView | undefined {
  const book = state.exchange.bookById.get(id);
  if (book === undefined) return undefined;
  const bids: DepthView['bids'][number][] = [];
  for (let at = book.bestBid; at !== NO_BID && bids.length < levels; at = priceBelow(book.levels, at)) {
    bids.push(levelView(state, book, at));
  }
  const asks: DepthView['asks'][number][] = [];
  for (let at = book.bestAsk; at !== NO_ASK && asks.length < levels; at = priceAbove(book.levels, at)) {
    asks.push(levelView(state, book, at));
  }
  return { book: id, sequence, bids, asks };
}

/** Every subaccount of an address, oldest first; empty when there is none. */
export function accountViews(state: State, address: Address, now = state.time): AccountView[] {
  const { ledger } = state.exchange;
  return accountsOf(ledger, address).map((account) => ({
    address,
    subaccount: ledger.subaccounts[account] as number,
    balances: ledger.assets
      .filter((asset) => asset.units[account] !== 0 || asset.dust[account] !== 0n)
      .map((asset) => balanceView(asset, account)),
    unlisted: (ledger.nets[account] as readonly Net[])
      .filter(({ isHeld }) => isHeld)
      .map(({ token: { chainId, token }, atoms }) => ({ chainId, token, atoms: String(atoms) })),
    margin: marginView(state.exchange, account, now),
  }));
}

/** Open orders of all subaccounts of an address, newest first; only those older than the order `before`. */
export function orderViews(
  state: State,
  { address, before = Number.POSITIVE_INFINITY, limit }: { address: Address; before?: number; limit: number },
): OrderView[] {
  const { ledger, orders } = state.exchange;
  const slots = accountsOf(ledger, address).flatMap((account) => newestOrders(state, { account, before, limit }));
  const newest = slots.map((slot) => orderAt(orders, slot)).sort((one, other) => other.id - one.id);
  return newest.slice(0, limit).map((order) => orderView(state, order));
}

/**
 * Everybody's orders on one side of a book in price-time priority, from the one behind the order `after` on; undefined: no
 * such book, or no such order on that side any more.
 */
export function bookOrdersView(
  state: State,
  query: { book: number; side: 'buy' | 'sell'; after?: number; limit: number; sequence: number },
): BookOrdersView | undefined {
  const { bookById, orders } = state.exchange;
  const book = bookById.get(query.book);
  if (book === undefined) return undefined;
  const side = query.side === 'buy' ? BUY : SELL;
  let next: number | undefined = firstOrder(book, side);
  if (query.after !== undefined) {
    const known = findOrder(orders, query.after);
    const isThere = known !== 0 && orderAt(orders, known).book === book.index && orderAt(orders, known).side === side;
    if (!isThere) return undefined;
    next = orderBehind(orders, book, known);
  }
  const views: OrderView[] = [];
  for (; next !== undefined && views.length < query.limit; next = orderBehind(orders, book, next)) {
    views.push(orderView(state, orderAt(orders, next)));
  }
  return { book: book.id, sequence: query.sequence, orders: views };
}

/** Slot of the order that is matched first; undefined when the side is empty. */
function firstOrder(book: Book, side: number): number | undefined {
  const price = side === BUY ? book.bestBid : book.bestAsk;
  return price === NO_BID || price === NO_ASK ? undefined : book.levels.ends[2 * levelSlot(book.levels, price)];
}

/** Slot of the order that is matched after the one in this slot; undefined after the last. */
function orderBehind(orders: OrderPool, book: Book, slot: number): number | undefined {
  const next = nextAt(orders, slot);
  if (next !== 0) return next;
  const { price, side } = orderAt(orders, slot);
  const worse = side === BUY ? priceBelow(book.levels, price) : priceAbove(book.levels, price);
  return worse === NO_BID || worse === NO_ASK ? undefined : book.levels.ends[2 * levelSlot(book.levels, worse)];
}

function orderView({ exchange: { ledger, books } }: State, order: OpenOrder): OrderView {
  return {
    orderId: String(order.id),
    clientId: String(order.clientId),
    address: ledger.addresses[order.account] as Address,
    subaccount: ledger.subaccounts[order.account] as number,
    book: (books[order.book] as Book).id,
    side: order.side === BUY ? 'buy' : 'sell',
    price: order.price,
    quantity: order.quantity,
    remaining: order.remaining,
    expiry: order.expiry === 0 ? null : order.expiry,
  };
}

/** Slots of one account's orders: its list is in the order of their ids. */
function newestOrders(
  state: State,
  { account, before, limit }: { account: number; before: number; limit: number },
): number[] {
  const { ledger, orders } = state.exchange;
  const known = Number.isFinite(before) ? findOrder(orders, before) : 0;
  const isOwn = known !== 0 && accountAt(orders, known) === account;
  let slot = isOwn ? olderAt(orders, known) : (ledger.lastOrder[account] as number);
  while (slot !== 0 && idAt(orders, slot) >= before) slot = olderAt(orders, slot);
  const slots: number[] = [];
  for (; slot !== 0 && slots.length < limit; slot = olderAt(orders, slot)) slots.push(slot);
  return slots;
}

/** Pending withdrawals of an address in the order of the requests, then the ended ones that are still remembered. */
export function withdrawalViews(state: State, address: Address): WithdrawalView[] {
  const own = new Set(accountsOf(state.exchange.ledger, address));
  const pending: WithdrawalChanged[] = [];
  const count = state.pendingOf.get(address) ?? 0;
  for (const withdrawal of count === 0 ? [] : state.withdrawals.values()) {
    if (own.has(withdrawal.account)) pending.push(changed(state, withdrawal, withdrawal.status));
    if (pending.length === count) break;
  }
  const ended = state.endedWithdrawals.filter(({ account }) => account.address === address);
  return [...pending, ...ended].map((withdrawal) => withdrawalView(state, withdrawal));
}

export function withdrawalView(state: State, withdrawal: WithdrawalChanged): WithdrawalView {
  const { ledger } = state.exchange;
  const token = ledger.tokens.get(`${withdrawal.chainId}:${withdrawal.token}`) as VaultToken;
  return {
    ...atomsView(state, token, withdrawal.amount),
    address: withdrawal.account.address,
    subaccount: withdrawal.account.subaccount,
    recipient: withdrawal.recipient,
    nonce: String(withdrawal.nonce),
    status: withdrawal.status,
    checkpoint: withdrawal.checkpoint,
    deadline: withdrawal.deadline,
    // What the state knows, the vaults' limits not among it.
    fitsAt: null,
  };
}

/** Per asset: what is owed against what the vaults hold. `difference` is 0, or something is badly wrong. */
export function solvencyViews(state: State): SolvencyView[] {
  const { ledger } = state.exchange;
  return ledger.assets.map((asset, index) => {
    const sums = solvencyOf(state, index);
    const held = [...ledger.tokens.values()].filter((token) => token.asset === index);
    return {
      asset: asset.id,
      symbol: asset.symbol,
      accounts: String(sums.accounts),
      withdrawals: String(sums.withdrawals),
      vaults: String(sums.vaults),
      difference: String(sums.vaults - sums.accounts - sums.withdrawals),
      perChain: held.map((token) => atomsView(state, token, token.holdings)),
    };
  });
}

/** In 10⁻¹⁸ of the asset with that index. */
export function solvencyOf(
  state: State,
  index: number,
): { readonly accounts: bigint; readonly withdrawals: bigint; readonly vaults: bigint } {
  const { ledger } = state.exchange;
  const asset = ledger.assets[index] as Asset;
  let accounts = sumOf(asset, ledger.accountCount);
  let withdrawals = 0n;
  for (const withdrawal of state.withdrawals.values()) {
    if (withdrawal.token.asset === index) withdrawals += wadOf(withdrawal);
  }
  for (const { token, paid } of state.answers.values()) {
    if (token.asset === index) withdrawals += paid * wadPer(token.decimals);
  }
  let vaults = 0n;
  for (const token of ledger.tokens.values()) {
    if (token.asset !== index) continue;
    vaults += token.holdings * wadPer(token.decimals);
    accounts += token.held * wadPer(token.decimals);
  }
  return { accounts, withdrawals, vaults };
}

/** All balances, in 10⁻¹⁸. The ledger holds no more units of an asset than a number can count. */
function sumOf(asset: Asset, accountCount: number): bigint {
  let units = 0;
  let whole = 0n;
  let dust = 0n;
  for (let account = 0; account < accountCount; account++) {
    const balance = asset.units[account] as number;
    // What is owned and owed may come to more than a number can count, although their sum does not.
    if (!Number.isSafeInteger(units + balance)) {
      whole += BigInt(units);
      units = 0;
    }
    units += balance;
    const own = asset.dust[account] as bigint;
    if (own !== 0n) dust += own;
  }
  return (whole + BigInt(units)) * asset.unitWad + dust;
}

function levelView(state: State, book: Book, price: number): DepthView['bids'][number] {
  const { orders } = state.exchange;
  let quantity = 0n;
  let count = 0;
  let slot = book.levels.ends[2 * levelSlot(book.levels, price)] as number;
  for (; slot !== 0; slot = nextAt(orders, slot)) {
    quantity += BigInt(remainingAt(orders, slot));
    count++;
  }
  return { price, quantity: String(quantity), orders: count };
}

function balanceView(asset: Asset, account: number): BalanceView {
  const units = asset.units[account] as number;
  const reserved = asset.reserved[account] as number;
  return {
    asset: asset.id,
    symbol: asset.symbol,
    decimals: asset.ledgerDecimals,
    amount: String(units),
    reserved: String(reserved),
    free: String(units - reserved),
    dust: String(asset.dust[account]),
  };
}

function atomsView(state: State, token: VaultToken, atoms: bigint): AtomsView {
  const asset = state.exchange.ledger.assets[token.asset] as Asset;
  return {
    chainId: token.chainId,
    token: token.token,
    asset: asset.id,
    symbol: asset.symbol,
    decimals: token.decimals,
    atoms: String(atoms),
  };
}
