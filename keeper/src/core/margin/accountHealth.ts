// Health of one account of the ledger, with its open orders and perhaps one more.
import { BUY } from '../commands.ts';
import type { RejectCode } from '../events.ts';
import { type Exchange, reserveOf } from '../exchange.ts';
import type { Asset } from '../ledger.ts';
import { type Book, ordersOfAccount } from '../orderBook.ts';
import { orderAt } from '../orderPool.ts';
import { worstFairPrice } from './fairPrice.ts';
import { type BookExposure, type HealthKind, healthOf } from './health.ts';
import { lastTerms, marginTerms, usablePrice } from './marginState.ts';
import { worsenByTrades } from './tradePrices.ts';

/** Most open orders of a margin account: its health looks at each of them. */
export const MARGIN_ORDER_LIMIT = 256;

/** An order that is not open yet. `replaces`: slot of the open order whose place it takes; 0: none. */
export interface OrderOnTrial {
  readonly book: Book;
  readonly side: number;
  /** Worst price, in ticks. */
  readonly price: number;
  /** What it puts aside: quote units of a buy, base units of a sell. */
  readonly reserve: number;
  readonly feeLimitPpm: number;
  readonly replaces: number;
}

/** Ledger units that an account has more, or, negative, less of an asset. */
export interface BalanceChange {
  /** Index of the asset. */
  readonly asset: number;
  readonly units: bigint;
}

/** What is not so yet. `now` in milliseconds: the time of the newest command when left out. */
export interface Trial {
  readonly orders?: readonly OrderOnTrial[];
  readonly changes?: readonly BalanceChange[];
  readonly now?: number;
}

/** In value units, at the time of the command. undefined: cannot be said, see `healthOf`. */
export function accountHealth(
  exchange: Exchange,
  account: number,
  kind: HealthKind,
  { orders = [], changes = [], now = exchange.margin.now }: Trial = {},
): bigint | undefined {
  const { ledger, margin } = exchange;
  const terms = marginTerms(margin, { kind, now, assets: ledger.assets.length });
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

/** Ledger units of every asset, dust left out. */
export function balancesOf({ ledger }: Exchange, account: number): bigint[] {
  return ledger.assets.map(({ units }) => BigInt(units[account] as number));
}

/**
 * Why a margin account may not place this order: its init health would be below 0, and lower than without. Nothing else is
 * looked at: what an order pays with need not be there.
 */
export function healthRefusal(exchange: Exchange, account: number, order: OrderOnTrial): RejectCode | undefined {
  if (order.replaces === 0 && openOrders(exchange, account) >= MARGIN_ORDER_LIMIT) return 'risk.tooManyOrders';
  const after = accountHealth(exchange, account, 'init', { orders: [order] });
  if (after === undefined) return 'risk.priceUnknown';
  if (after >= 0n) return undefined;
  const before = accountHealth(exchange, account, 'init');
  const isHelpful = before !== undefined && after >= before && isFair(exchange, order);
  return isHelpful ? undefined : 'risk.insufficientHealth';
}

/**
 * Weights leave so much room that an account below 0 could give half of what it owns to a friend without lowering its health:
 * it trades at no worse a price than whoever liquidates it.
 */
export function isFair(exchange: Exchange, { book, side, price }: OrderOnTrial): boolean {
  const worst = worstFairPrice(exchange, book, side);
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

function openOrders({ orders, ledger }: Exchange, account: number): number {
  let count = 0;
  for (const _ of ordersOfAccount(orders, ledger, account)) count++;
  return count;
}

function exposuresOf(exchange: Exchange, account: number, onTrial: readonly OrderOnTrial[]): BookExposure[] {
  const byBook = new Map<Book, Exposure>();
  for (const slot of ordersOfAccount(exchange.orders, exchange.ledger, account)) {
    if (onTrial.some(({ replaces }) => replaces === slot)) continue;
    const { book: index, side, price, remaining, feeLimitPpm } = orderAt(exchange.orders, slot);
    const book = exchange.books[index] as Book;
    expose(byBook, { book, side, price, reserve: reserveOf(book, side, price, remaining, feeLimitPpm), feeLimitPpm });
  }
  for (const order of onTrial) expose(byBook, order);
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
