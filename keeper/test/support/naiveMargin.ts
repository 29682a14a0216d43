// Margin accounts of the naive engine: health, fair prices, caps and limits as docs/margin.md publishes them, in fractions that
// are never rounded, everything counted anew each time. What is believed of a price is taken from the oracle's guard,
// which has tests of its own.
import { BUY } from '../../src/core/commands.ts';
import type { RejectCode } from '../../src/core/events.ts';
import { type GuardedPrice, guardPrice, isFresh, isUsable } from '../../src/core/oracle/priceGuard.ts';
import { type Fraction, floor, fraction, isLess, lesser, minus, over, plus, times, ZERO } from './fraction.ts';
import type { Naive, NaiveAsset, NaiveBook, NaiveOrder } from './naiveEngine.ts';
import { unitWad } from './naiveEngine.ts';

const PPM = 1_000_000n;
const WAD = 10n ** 18n;
const SAFE = 2n ** 53n - 1n;
const ORDER_LIMIT = 256;
const MINUTE_MS = 60_000;

/** What the Directory says of an asset: init and maint weights in millionths, then values and units. */
export interface NaiveRisk {
  readonly assetWeight: bigint;
  readonly liabilityWeight: bigint;
  readonly maintAssetWeight: bigint;
  readonly maintLiabilityWeight: bigint;
  readonly depositScaleStart: bigint;
  readonly borrowScaleStart: bigint;
  readonly borrowCap: bigint;
  /** What whoever takes a position over may earn at the asset. */
  readonly liquidationFeePpm: number;
}

/** An order that is open, or might be. */
export interface Exposure {
  readonly book: NaiveBook;
  readonly side: number;
  readonly price: bigint;
  /** Units of what it pays with. */
  readonly reserve: bigint;
  readonly feeLimitPpm: bigint;
}

/** In 10⁻⁶ US dollars per unit, and weights as fractions. */
export interface Terms {
  readonly owned: Fraction;
  readonly owed: Fraction;
  readonly ownedWeight: Fraction;
  readonly owedWeight: Fraction;
}

/** 10⁻⁶ US dollars that rounding may take from health: one for each asset, and one for what orders add. */
const ROUNDING: Fraction = { above: 5n, below: 1n };

// What is told.

export function naivePrices(
  naive: Naive,
  { time, prices }: { time: number; prices: readonly { asset: number; bid: bigint; ask: bigint }[] },
): void {
  for (const { asset, bid, ask } of prices) {
    const observation = { bid, ask, time, confidencePpm: 0 };
    const verdict = guardPrice(naive.prices.get(asset), observation, { now: time, confidenceLimitPpm: 20_000 });
    if (!('price' in verdict)) throw new Error(`a price of asset ${asset} is refused: ${verdict.code}`);
    naive.prices.set(asset, verdict.price);
    if (verdict.code === 'accepted') naiveLookAtAll(naive);
  }
}

/** Prices or weights have changed: whoever trades on margin is to be looked at. */
export function naiveLookAtAll(naive: Naive): void {
  naive.looksLeft = naive.tiers.size;
}

export function isNaiveMargin(naive: Naive, owner: string): boolean {
  return naive.tiers.has(owner);
}

export function naiveOwes(naive: Naive, owner: string): boolean {
  return [...naive.assets.values()].some((asset) => unitsOf(naive, owner, asset) < 0n);
}

// What is asked.

/** Why a margin account may not put `order` in the place of the open order `replaced`, or beside all. */
export function naiveMarginRefusal(
  naive: Naive,
  order: NaiveOrder,
  reserve: bigint,
  replaced: NaiveOrder | undefined,
): RejectCode | undefined {
  const { owner, book, side, price, feeLimitPpm } = order;
  const open = ordersOf(naive, owner);
  if (replaced === undefined && open.length >= ORDER_LIMIT) return 'risk.tooManyOrders';
  const kept = open.filter((other) => other !== replaced).map(exposureOf);
  const before = open.map(exposureOf);
  const after = [...kept, { book, side, price, reserve, feeLimitPpm }];
  const health = initHealthOf(naive, owner, after);
  if (health === undefined) return 'risk.priceUnknown';
  return isTooLow(naive, order, health, before)
    ? 'risk.insufficientHealth'
    : creditRefusal(naive, owner, before, after);
}

/**
 * Below 0, and lower than before or unfair. The fast engine rounds health down: where less than what that may come to decides,
 * its word is taken, and counted.
 */
function isTooLow(naive: Naive, order: NaiveOrder, health: Fraction, before: readonly Exposure[]): boolean {
  const isWithinRounding = (difference: Fraction) =>
    isLess(difference, ROUNDING) && isLess(minus(ZERO, ROUNDING), difference);
  const word = naive.fastRefusesForHealth;
  if (isWithinRounding(health)) naive.roundings++;
  if (isWithinRounding(health) && word !== undefined) return word;
  if (health.above >= 0n) return false;
  const healthBefore = initHealthOf(naive, order.owner, before);
  if (healthBefore === undefined || !isFair(naive, order)) return true;
  const gained = minus(health, healthBefore);
  if (isWithinRounding(gained)) naive.roundings++;
  return isWithinRounding(gained) && word !== undefined ? word : gained.above < 0n;
}

function creditRefusal(
  naive: Naive,
  owner: string,
  before: readonly Exposure[],
  after: readonly Exposure[],
): RejectCode | undefined {
  for (const asset of naive.assets.values()) {
    const mayOwe = mayOweOf(naive, owner, asset, after);
    if (mayOwe <= mayOweOf(naive, owner, asset, before)) continue;
    let all = mayOwe;
    for (const other of naive.tiers.keys()) {
      if (other !== owner) all += mayOweOf(naive, other, asset, ordersOf(naive, other).map(exposureOf));
    }
    if (all > least(naive.risks.get(asset.id)?.borrowCap ?? 0n, SAFE - supplyOf(naive, asset))) return 'risk.borrowCap';
  }
  const limit = naive.debtLimits.get(naive.tiers.get(owner) ?? 0) ?? 0n;
  const debt = debtOf(naive, owner, after);
  return debt > limit && debt > debtOf(naive, owner, before) ? 'risk.debtLimit' : undefined;
}

/** Lots of the base that are owned and not offered, or owed and not asked for, in any book. */
export function naiveReducibleLots(naive: Naive, owner: string, book: NaiveBook, side: number): bigint {
  const open = ordersOf(naive, owner);
  const balance = unitsOf(naive, owner, book.base);
  const isSameSide = (order: NaiveOrder) => order.side === side && order.book.base === book.base;
  const asked = open.filter(isSameSide).reduce((sum, order) => sum + order.remaining * order.book.lotSize, 0n);
  // What buys with the base as money has put it aside, too.
  const aside = side === BUY ? asked : asideOf(open.map(exposureOf), book.base);
  const left = side === BUY ? -balance - aside : balance - aside;
  return left <= 0n ? 0n : left / book.lotSize;
}

/** An account below 0 gives at most what it gets after the highest fee, times what a liquidation may cost. */
function isFair(naive: Naive, { book, side, price, feeLimitPpm }: NaiveOrder): boolean {
  const base = usablePriceOf(naive, book.base);
  const quote = usablePriceOf(naive, book.quote);
  if (base === undefined || quote === undefined) return false;
  const factor = feeFactorOf(naive, book.base, book.quote);
  const paid = fraction(price * book.tickSize, 1n);
  const lot = fraction(book.lotSize, 1n);
  const [fee, one] = [feeLimitPpm, PPM];
  if (side === BUY) {
    const given = times(times(paid, fraction(one + fee, one)), worth(quote.bid));
    return !isLess(times(times(lot, worth(base.ask)), factor), given);
  }
  const got = times(times(paid, fraction(one - fee, one)), worth(quote.ask));
  return !isLess(times(got, factor), times(lot, worth(base.bid)));
}

/** What it may cost to give one of two assets for the other in a liquidation. */
export function feeFactorOf(naive: Naive, one: NaiveAsset, other: NaiveAsset): Fraction {
  const withFee = ({ id }: NaiveAsset) => fraction(PPM + BigInt(naive.risks.get(id)?.liquidationFeePpm ?? 0), PPM);
  return times(withFee(one), withFee(other));
}

export function usablePriceOf(naive: Naive, { id }: NaiveAsset): GuardedPrice | undefined {
  const price = naive.prices.get(id);
  return price !== undefined && isUsable(price, naive.now) ? price : undefined;
}

// Health.

function initHealthOf(naive: Naive, owner: string, open: readonly Exposure[]): Fraction | undefined {
  return naiveHealthOf(naive, owner, open, (asset) => termsOf(naive, owner, asset, open));
}

/** Whether an account's open orders would stay affordable with its balances; undefined: cannot be said. */
export function naiveCanAfford(naive: Naive, owner: string): boolean | undefined {
  const health = initHealthOf(naive, owner, ordersOf(naive, owner).map(exposureOf));
  return health === undefined ? undefined : health.above >= 0n;
}

/**
 * Σ value of what is left when all orders have taken what they put aside, and of what comes back for it: per book the worse
 * of all base and all quote, weighed as if it came last of all that can come. undefined: cannot be said.
 */
export function naiveHealthOf(
  naive: Naive,
  owner: string,
  open: readonly Exposure[],
  termsOfAsset: (asset: NaiveAsset) => Terms | undefined,
): Fraction | undefined {
  const terms = new Map([...naive.assets.values()].map((asset) => [asset, termsOfAsset(asset)]));
  const left = new Map<NaiveAsset, Fraction>();
  for (const asset of naive.assets.values()) {
    const balance = unitsOf(naive, owner, asset);
    const spot = balance - asideOf(open, asset);
    if (terms.get(asset) === undefined && (balance < 0n || spot < 0n)) return undefined;
    left.set(asset, fraction(spot, 1n));
  }
  const books = [...new Set(open.map(({ book }) => book))].map((book) => outcomes(book, open, terms));
  let health = ZERO;
  for (const [asset, spot] of left) health = plus(health, weighed(terms.get(asset), spot));
  for (const { book, base, quote } of books) {
    const last = (asset: NaiveAsset, amount: Fraction) => {
      let total = left.get(asset) as Fraction;
      for (const other of books) {
        if (other.book.base === asset) total = plus(total, other.base);
        if (other.book.quote === asset) total = plus(total, other.quote);
      }
      return minus(weighed(terms.get(asset), total), weighed(terms.get(asset), minus(total, amount)));
    };
    if (terms.get(book.base) === undefined || terms.get(book.quote) === undefined) continue;
    const [allBase, allQuote] = [last(book.base, base), last(book.quote, quote)];
    health = plus(health, isLess(allBase, allQuote) ? allBase : allQuote);
  }
  return health;
}

/** What all orders of one book would come to in base, and what in quote. */
function outcomes(
  book: NaiveBook,
  open: readonly Exposure[],
  terms: ReadonlyMap<NaiveAsset, Terms | undefined>,
): { readonly book: NaiveBook; readonly base: Fraction; readonly quote: Fraction } {
  const own = open.filter((order) => order.book === book);
  const [buys, sells] = [own.filter(({ side }) => side === BUY), own.filter(({ side }) => side !== BUY)];
  const [rb, rq] = [sells, buys].map((orders) => orders.reduce((sum, { reserve }) => sum + reserve, 0n)) as [
    bigint,
    bigint,
  ];
  const [base, quote] = [terms.get(book.base), terms.get(book.quote)];
  if (base === undefined || quote === undefined) return { book, base: fraction(rb, 1n), quote: fraction(rq, 1n) };
  const feePpm = own.reduce((highest, { feeLimitPpm }) => most(feeLimitPpm, highest), 0n);
  const kept = fraction(PPM - feePpm, PPM);
  const [sold, paid] = [times(fraction(rb, 1n), kept), times(fraction(rq, 1n), kept)];
  const lotCost = (price: bigint) => fraction(price * book.tickSize, book.lotSize);
  let bought = over(times(paid, quote.owned), base.owed);
  for (const { price } of buys) bought = lesser(bought, over(paid, lotCost(price)));
  let earned = over(times(sold, base.owned), quote.owed);
  for (const { price } of sells) earned = lesser(earned, times(sold, lotCost(price)));
  return { book, base: plus(fraction(rb, 1n), bought), quote: plus(fraction(rq, 1n), earned) };
}

/** Prices and scaled weights of init health; undefined without a fresh price. */
function termsOf(naive: Naive, owner: string, asset: NaiveAsset, open: readonly Exposure[]): Terms | undefined {
  const risk = naive.risks.get(asset.id);
  const price = naive.prices.get(asset.id);
  if (risk === undefined || price === undefined || !isFresh(price, naive.now)) return undefined;
  let [held, owed] = [0n, 0n];
  let arriving = ZERO;
  for (const other of naive.tiers.keys()) {
    const isOwn = other === owner;
    const orders = isOwn ? open : ordersOf(naive, other).map(exposureOf);
    const balance = unitsOf(naive, other, asset);
    if (balance > 0n) held += balance;
    owed += isOwn ? mayOweOf(naive, other, asset, orders) : most(-balance, 0n);
    for (const order of orders) arriving = plus(arriving, arrivalOf(order, asset));
  }
  const high = worth(most(price.ask, price.stable.price));
  const heldValue = times(plus(fraction(held, 1n), arriving), high);
  const owedValue = times(fraction(owed, 1n), high);
  const ownedWeight = fraction(risk.assetWeight, PPM);
  const owedWeight = fraction(risk.liabilityWeight, PPM);
  const depositStart = fraction(risk.depositScaleStart, 1n);
  const borrowStart = fraction(most(risk.borrowScaleStart, 1n), 1n);
  return {
    ...worsened(naive, asset, { owned: worth(least(price.bid, price.stable.price)), owed: high }),
    ownedWeight: isLess(depositStart, heldValue) ? over(times(ownedWeight, depositStart), heldValue) : ownedWeight,
    owedWeight: isLess(borrowStart, owedValue) ? over(times(owedWeight, owedValue), borrowStart) : owedWeight,
  };
}

/** The newest trades of its books within a minute make a price worse, by a tenth at most. */
function worsened(naive: Naive, asset: NaiveAsset, { owned, owed }: Pick<Terms, 'owned' | 'owed'>) {
  const price = naive.prices.get(asset.id) as GuardedPrice;
  const worse = { owned, owed };
  for (const { base, quote, last, tickSize, lotSize } of naive.books.values()) {
    const seen = naive.prices.get(quote.id);
    if (base !== asset || last === undefined || naive.now - last.time > MINUTE_MS) continue;
    if (seen === undefined || !isFresh(seen, naive.now)) continue;
    const paid = fraction(last.price * tickSize, lotSize);
    const low = times(paid, worth(least(seen.bid, seen.stable.price)));
    const high = times(paid, worth(most(seen.ask, seen.stable.price)));
    const [lowest, highest] = [times(worth(price.bid), fraction(9n, 10n)), times(worth(price.ask), fraction(11n, 10n))];
    worse.owned = lesser(worse.owned, isLess(low, lowest) ? lowest : low);
    const bounded = lesser(high, highest);
    if (isLess(worse.owed, bounded)) worse.owed = bounded;
  }
  return worse;
}

/** Units of the asset that an order brings in at its price, with the fee of a buy. */
function arrivalOf({ book, side, price, reserve }: Exposure, asset: NaiveAsset): Fraction {
  if (asset !== (side === BUY ? book.base : book.quote)) return ZERO;
  const lotCost = price * book.tickSize;
  return side === BUY ? fraction(reserve * book.lotSize, lotCost) : fraction(reserve * lotCost, book.lotSize);
}

/** What would be owed if all that is put aside were gone. */
function mayOweOf(naive: Naive, owner: string, asset: NaiveAsset, open: readonly Exposure[]): bigint {
  return most(asideOf(open, asset) - unitsOf(naive, owner, asset), 0n);
}

/** The same of all assets in value, each rounded up. */
function debtOf(naive: Naive, owner: string, open: readonly Exposure[]): bigint {
  let debt = 0n;
  for (const asset of naive.assets.values()) {
    const price = naive.prices.get(asset.id);
    if (price === undefined || !isFresh(price, naive.now)) continue;
    const value = mayOweOf(naive, owner, asset, open) * most(price.ask, price.stable.price);
    debt += (value + WAD - 1n) / WAD;
  }
  return debt;
}

function asideOf(open: readonly Exposure[], asset: NaiveAsset): bigint {
  return open
    .filter(({ book, side }) => asset === (side === BUY ? book.quote : book.base))
    .reduce((sum, { reserve }) => sum + reserve, 0n);
}

export function exposureOf({ book, side, price, remaining, feeLimitPpm }: NaiveOrder): Exposure {
  const notional = remaining * price * book.tickSize;
  const reserve = side === BUY ? notional + (notional * feeLimitPpm + PPM - 1n) / PPM : remaining * book.lotSize;
  return { book, side, price, reserve, feeLimitPpm };
}

export function ordersOf(naive: Naive, owner: string): NaiveOrder[] {
  return [...naive.orders.values()].filter((order) => order.owner === owner);
}

export function unitsOf(naive: Naive, owner: string, asset: NaiveAsset): bigint {
  // What is owed is rounded up.
  return floor(fraction(naive.balances.get(`${owner}|${asset.id}`) ?? 0n, unitWad(asset)));
}

function supplyOf(naive: Naive, asset: NaiveAsset): bigint {
  let wad = 0n;
  for (const [key, atoms] of naive.holdings) {
    const token = naive.tokens.get(key);
    if (token?.asset === asset.id) wad += atoms * 10n ** BigInt(18 - token.decimals);
  }
  return wad / unitWad(asset);
}

export function worth(price: GuardedPrice['bid']): Fraction {
  return fraction(price, WAD);
}

function weighed(terms: Terms | undefined, amount: Fraction): Fraction {
  if (terms === undefined) return ZERO;
  return amount.above >= 0n
    ? times(times(amount, terms.owned), terms.ownedWeight)
    : times(times(amount, terms.owed), terms.owedWeight);
}

function most(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
