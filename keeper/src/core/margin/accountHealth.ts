// Health of one account of the ledger, with its open orders and perhaps one more.
import { BUY } from '../commands.ts';
import type { Exchange } from '../exchange.ts';
import type { Asset } from '../ledger.ts';
import { type Book, ordersOfAccount } from '../orderBook.ts';
import { orderAt } from '../orderPool.ts';
import { worstFairPrice } from './fairPrice.ts';
import { type BookExposure, type HealthKind, healthOf } from './health.ts';
import { type AssetAmounts, lastTerms, marginTerms, usablePrice } from './marginState.ts';
import { shareOf, sharesOf, totalOf } from './marginTotals.ts';
import { worsenByTrades } from './tradePrices.ts';
import { type OrderOnTrial, openOrdersOf, type Trial } from './trial.ts';

/** In value units, at the time of the command. undefined: cannot be said, see `healthOf`. */
export function accountHealth(
  exchange: Exchange,
  account: number,
  kind: HealthKind,
  trial: Trial = {},
): bigint | undefined {
  const { ledger, margin } = exchange;
  const { orders = [], changes = [], now = margin.now } = trial;
  const amounts = kind === 'init' ? amountsFor(exchange, account, trial) : [];
  const terms = marginTerms(margin, { kind, now, assets: ledger.assets.length, amounts });
  if (kind === 'init') worsenByTrades(exchange, terms, now);
  const balances = balancesOf(exchange, account);
  for (const { asset, units } of changes) balances[asset] = (balances[asset] as bigint) + units;
  return healthOf(terms, balances, exposuresOf(exchange, account, orders));
}

/**
 * The health by which an account is liquidated. That an oracle is silent liquidates nobody: what is owned counts at the price
 * that was believed last. undefined: something is owed whose price may not be used.
 */
export function liquidationHealth(
  exchange: Exchange,
  account: number,
  kind: 'maint' | 'liquidationEnd',
): bigint | undefined {
  const { ledger, margin } = exchange;
  const balances = balancesOf(exchange, account);
  if (balances.some((balance, index) => balance < 0n && usablePrice(margin, index) === undefined)) return undefined;
  return healthOf(lastTerms(margin, kind, ledger.assets.length), balances, exposuresOf(exchange, account, []));
}

/** What all other margin accounts have and owe, and what this one would: at worst, so that no fill makes it heavier. */
function amountsFor(exchange: Exchange, account: number, trial: Trial): AssetAmounts[] {
  return sharesOf(exchange, account, trial).map((own, asset) => {
    const all = totalOf(exchange, asset);
    const counted = shareOf(exchange, account, asset);
    return {
      deposits: all.held - counted.held + own.held,
      potentialDeposits: all.arriving - counted.arriving + own.arriving,
      borrows: all.owed - counted.owed + own.mayOwe,
    };
  });
}

/** Ledger units of every asset, dust left out. */
export function balancesOf({ ledger }: Exchange, account: number): bigint[] {
  return ledger.assets.map(({ units }) => BigInt(units[account] as number));
}

/**
 * Weights leave so much room that an account below 0 could give half of what it owns to a friend without lowering its health:
 * it trades at no worse a price than whoever liquidates it.
 */
export function isFair(exchange: Exchange, { book, side, price, feeLimitPpm }: OrderOnTrial): boolean {
  const worst = worstFairPrice(exchange, book, side, feeLimitPpm);
  return worst !== undefined && (side === BUY ? price <= worst : price >= worst);
}

/** Does the account owe anything? */
export function hasLiability({ ledger }: Exchange, account: number): boolean {
  return ledger.assets.some(({ units }) => (units[account] as number) < 0);
}

/**
 * Lots of a reduce-only order that only make a position smaller: a sell what is owned of the base, a buy what is owed of it,
 * less what other open orders of that side may take.
 */
export function reducibleLots(exchange: Exchange, account: number, book: Book, side: number): number {
  const { units, reserved } = exchange.ledger.assets[book.base] as Asset;
  const balance = units[account] as number;
  if (side !== BUY) return Math.max(0, Math.floor((balance - (reserved[account] as number)) / book.lotSize));
  let bought = 0;
  for (const slot of ordersOfAccount(exchange.orders, exchange.ledger, account)) {
    const order = orderAt(exchange.orders, slot);
    const other = exchange.books[order.book] as Book;
    if (order.side === BUY && other.base === book.base) bought += order.remaining * other.lotSize;
  }
  return Math.max(0, Math.floor((-balance - bought) / book.lotSize));
}

function exposuresOf(exchange: Exchange, account: number, onTrial: readonly OrderOnTrial[]): BookExposure[] {
  const byBook = new Map<Book, Exposure>();
  for (const order of openOrdersOf(exchange, account, onTrial)) expose(byBook, order);
  return [...byBook.values()];
}

type Exposure = { -readonly [K in keyof BookExposure]: BookExposure[K] };

function expose(
  byBook: Map<Book, Exposure>,
  { book, side, price, reserve, feeLimitPpm }: Omit<OrderOnTrial, 'replaces'>,
): void {
  const exposure = byBook.get(book) ?? {
    base: book.base,
    quote: book.quote,
    reservedBase: 0n,
    reservedQuote: 0n,
    highestBid: undefined,
    lowestAsk: undefined,
    lotSize: BigInt(book.lotSize),
    feePpm: 0n,
  };
  byBook.set(book, exposure);
  const lotPrice = BigInt(price) * BigInt(book.tickSize);
  if (side === BUY) {
    exposure.reservedQuote += BigInt(reserve);
    if (exposure.highestBid === undefined || lotPrice > exposure.highestBid) exposure.highestBid = lotPrice;
  } else {
    exposure.reservedBase += BigInt(reserve);
    if (exposure.lowestAsk === undefined || lotPrice < exposure.lowestAsk) exposure.lowestAsk = lotPrice;
  }
  if (BigInt(feeLimitPpm) > exposure.feePpm) exposure.feePpm = BigInt(feeLimitPpm);
}
