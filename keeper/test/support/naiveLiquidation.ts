// Liquidation as docs/margin.md tells it, for the naive engine: each rule in its turn, each number counted anew, fractions
// that are rounded only where the document says so.
import { BUY, EXPIRE_MAKER, SELL } from '../../src/core/commands.ts';
import { isUsable } from '../../src/core/oracle/priceGuard.ts';
import { ceiling, type Fraction, floor, fraction, isLess, minus, over, times, whole } from './fraction.ts';
import {
  add,
  freeWad,
  type Naive,
  type NaiveAsset,
  type NaiveBook,
  type NaiveLiquidation,
  type NaiveOrder,
  unitWad,
} from './naiveEngine.ts';
import {
  exposureOf,
  feeFactorOf,
  naiveHealthOf,
  naiveOwes,
  ordersOf,
  type Terms,
  unitsOf,
  usablePriceOf,
  worth,
} from './naiveMargin.ts';
import { accountOf, removeOrder, trade } from './naiveOrders.ts';

const PPM = 1_000_000n;
const DAY_MS = 86_400_000;
const DOLLAR = 1_000_000n;
const LITTLE = whole(10n * DOLLAR);
const LARGEST_PIECE = whole(100_000n * DOLLAR);
const PIECES = 8;
/** Of one command. */
const WORK = 1_024;
const WORK_OF_A_PIECE = 16;
const LIQUIDATIONS = 256;
const UNCARRIED_LOSSES = 32;
/** More than anybody could owe. */
const UNLIMITED = 2n ** 53n - 1n;

// Who is looked at.

/** After each command that is neither a batch nor a cut. Orders are numbered from `firstOrderId` on. */
export function naiveLiquidate(naive: Naive, firstOrderId: number): void {
  naive.nextOrderId = firstOrderId;
  naive.work = 0;
  while (naive.looksLeft > 0 && naive.work < WORK) {
    const all = [...naive.owners].filter((owner) => naive.tiers.has(owner));
    const owner = all[naive.nextLook % all.length];
    naive.looksLeft--;
    naive.nextLook = all.length === 0 ? 0 : (naive.nextLook + 1) % all.length;
    naive.work++;
    if (owner !== undefined && !dependsOnHalted(naive, owner)) lookAt(naive, owner);
  }
  noteStop(naive);
}

function lookAt(naive: Naive, owner: string): void {
  const known = naive.liquidations.get(owner);
  if (known !== undefined) {
    close(naive, owner, known);
    return;
  }
  const open = ordersOf(naive, owner);
  if (open.length === 0 && !naiveOwes(naive, owner)) return;
  const health = maintHealth(naive, owner);
  if (health === undefined) naive.events.push({ type: 'healthUnknown', account: accountOf(owner) });
  if (health === undefined || health.above >= 0n) return;
  for (const order of open.sort((a, b) => a.id - b.id)) removeOrder(naive, order, 'liquidated');
  naive.work += open.length;
  const without = weighedBalances(naive, owner, 'maint');
  if (without === undefined || without >= 0n) return;
  if (naive.liquidations.size >= LIQUIDATIONS) {
    naive.events.push({ type: 'liquidationDelayed', account: accountOf(owner), health: without });
    return;
  }
  const liquidation = { bankruptSince: 0, marked: undefined };
  naive.liquidations.set(owner, liquidation);
  naive.events.push({ type: 'liquidationBegan', account: accountOf(owner), health: without });
  close(naive, owner, liquidation);
}

function close(naive: Naive, owner: string, liquidation: NaiveLiquidation): void {
  seeBankruptcy(naive, owner, liquidation);
  for (let piece = 0; piece < PIECES; piece++) {
    const health = weighedBalances(naive, owner, 'end');
    if (health === undefined) naive.events.push({ type: 'healthUnknown', account: accountOf(owner) });
    if (health !== undefined && health > -1n) {
      done(naive, owner, liquidation);
      return;
    }
    if (health === undefined || !closePiece(naive, owner, health)) {
      dealWithRest(naive, owner, liquidation, health);
      return;
    }
  }
  // Our books go on closing it.
  liquidation.marked = undefined;
  seeBankruptcy(naive, owner, liquidation);
}

function dealWithRest(naive: Naive, owner: string, liquidation: NaiveLiquidation, health: bigint | undefined): void {
  seeBankruptcy(naive, owner, liquidation);
  if (!isToBeWoundUp(naive, owner, liquidation)) {
    if (health !== undefined) markRest(naive, owner, liquidation, health);
    return;
  }
  if (windUp(naive, owner)) done(naive, owner, liquidation);
}

function done(naive: Naive, owner: string, liquidation: NaiveLiquidation): void {
  seeBankruptcy(naive, owner, liquidation);
  naive.liquidations.delete(owner);
  naive.events.push({ type: 'liquidationEnded', account: accountOf(owner) });
}

// How healthy.

/** Prices that were believed last, however old. */
function lastTerms(naive: Naive, asset: NaiveAsset, kind: 'maint' | 'end'): Terms | undefined {
  const price = naive.prices.get(asset.id);
  const risk = naive.risks.get(asset.id);
  if (price === undefined || risk === undefined) return undefined;
  const [ownedWeight, owedWeight] =
    kind === 'maint' ? [risk.maintAssetWeight, risk.maintLiabilityWeight] : [risk.assetWeight, risk.liabilityWeight];
  return {
    owned: worth(price.bid),
    owed: worth(price.ask),
    ownedWeight: fraction(ownedWeight, PPM),
    owedWeight: fraction(owedWeight, PPM),
  };
}

/** With the open orders at their worst. undefined: something that is owed has no price that may be used. */
function maintHealth(naive: Naive, owner: string): Fraction | undefined {
  if (owesUnpriced(naive, owner)) return undefined;
  const open = ordersOf(naive, owner).map(exposureOf);
  return naiveHealthOf(naive, owner, open, (asset) => lastTerms(naive, asset, 'maint'));
}

/** Without orders, each asset's value rounded to the account's harm. */
function weighedBalances(naive: Naive, owner: string, kind: 'maint' | 'end'): bigint | undefined {
  if (owesUnpriced(naive, owner)) return undefined;
  let health = 0n;
  for (const asset of naive.assets.values()) {
    const units = unitsOf(naive, owner, asset);
    const terms = lastTerms(naive, asset, kind);
    if (terms === undefined && units < 0n) return undefined;
    if (terms === undefined) continue;
    health +=
      units >= 0n
        ? floor(times(times(whole(units), terms.owned), terms.ownedWeight))
        : -ceiling(times(times(whole(-units), terms.owed), terms.owedWeight));
  }
  return health;
}

function owesUnpriced(naive: Naive, owner: string): boolean {
  return [...naive.assets.values()].some(
    (asset) => unitsOf(naive, owner, asset) < 0n && usablePriceOf(naive, asset) === undefined,
  );
}

/** What is owned and owed is worth, in 10⁻⁶ US dollars, not weighted, at the prices that were believed last. */
function worthOf(naive: Naive, owner: string): { readonly owned: bigint; readonly owed: bigint } | undefined {
  let [owned, owed] = [0n, 0n];
  for (const asset of naive.assets.values()) {
    const units = unitsOf(naive, owner, asset);
    const terms = lastTerms(naive, asset, 'maint');
    if (terms === undefined && units < 0n) return undefined;
    if (terms === undefined) continue;
    if (units >= 0n) owned += floor(times(whole(units), terms.owned));
    else owed += ceiling(times(whole(-units), terms.owed));
  }
  return { owned, owed };
}

/** A price that is more than three times off, seen within ten minutes, and on which the account's health depends. */
function dependsOnHalted(naive: Naive, owner: string): boolean {
  if (!naiveOwes(naive, owner)) return false;
  return [...naive.assets.values()].some((asset) => {
    const price = naive.prices.get(asset.id);
    if (price?.held === undefined || !price.halted || !isUsable(price.held, naive.now)) return false;
    const units = unitsOf(naive, owner, asset);
    const terms = lastTerms(naive, asset, 'maint');
    if (units < 0n) return true;
    if (terms === undefined) return false;
    const counts = floor(times(times(whole(units), terms.owned), terms.ownedWeight));
    return !isLess(whole(counts), LITTLE);
  });
}

// What is traded.

interface Move {
  readonly book: NaiveBook;
  readonly side: 0 | 1;
  readonly sold: NaiveAsset;
  readonly bought: NaiveAsset;
  readonly gain: Fraction;
}

/** Trades the best piece that our books offer; false: there is none. */
function closePiece(naive: Naive, owner: string, health: bigint): boolean {
  const moves: Move[] = [];
  for (const book of naive.books.values()) {
    if (book.status !== 0) continue;
    for (const side of [SELL, BUY] as const) {
      const [sold, bought] = side === SELL ? [book.base, book.quote] : [book.quote, book.base];
      const gain = gainOf(naive, owner, sold, bought);
      const isOwed = unitsOf(naive, owner, bought) < 0n;
      if (gain !== undefined && (isOwed || gain.above > 0n)) moves.push({ book, side, sold, bought, gain });
    }
  }
  // Where two help as much, the book that was listed first.
  for (const move of moves.sort((a, b) => (isLess(b.gain, a.gain) ? -1 : isLess(a.gain, b.gain) ? 1 : 0))) {
    const order = pieceOf(naive, owner, move, health);
    if (order === undefined) continue;
    tradePiece(naive, order);
    return true;
  }
  return false;
}

/** Weight of what is bought less ff · the weight of what is sold. undefined: nothing to sell, or no price. */
function gainOf(naive: Naive, owner: string, sold: NaiveAsset, bought: NaiveAsset): Fraction | undefined {
  if (unitsOf(naive, owner, sold) <= 0n) return undefined;
  if (usablePriceOf(naive, sold) === undefined || usablePriceOf(naive, bought) === undefined) return undefined;
  const [terms, other] = [lastTerms(naive, sold, 'end'), lastTerms(naive, bought, 'end')];
  if (terms === undefined || other === undefined) return undefined;
  const weight = unitsOf(naive, owner, bought) < 0n ? other.owedWeight : other.ownedWeight;
  return minus(weight, times(feeFactorOf(naive, sold, bought), terms.ownedWeight));
}

/** repaid = min(−health / (pL·wL − pL·ff·wA), owned · pA / (pL·ff), owed), given = repaid · pL·ff / pA. */
function closingOf(
  naive: Naive,
  owner: string,
  { sold, bought, health }: { readonly sold: NaiveAsset; readonly bought: NaiveAsset; readonly health: bigint },
): { readonly repaid: bigint; readonly given: bigint } {
  const [asset, other] = [lastTerms(naive, sold, 'end'), lastTerms(naive, bought, 'end')] as [Terms, Terms];
  const owned = unitsOf(naive, owner, sold);
  const owed = -unitsOf(naive, owner, bought);
  const [price, weight] = owed > 0n ? [other.owed, other.owedWeight] : [other.owned, other.ownedWeight];
  const paid = times(price, feeFactorOf(naive, sold, bought));
  const gain = minus(times(price, weight), times(paid, asset.ownedWeight));
  const bounds = [floor(over(times(whole(owned), asset.owned), paid)), owed > 0n ? owed : UNLIMITED];
  if (gain.above > 0n) bounds.push(ceiling(over(whole(-health), gain)));
  const repaid = leastOf(bounds);
  return { repaid, given: leastOf([ceiling(over(times(whole(repaid), paid), asset.owned)), owned]) };
}

/** An order of whole lots that would trade now. */
function pieceOf(
  naive: Naive,
  owner: string,
  { book, side, sold, bought }: Move,
  health: bigint,
): NaiveOrder | undefined {
  const price = fairPrice(naive, book, side);
  const best = book.prices[1 - side]?.at(-1);
  if (price === undefined || price <= 0n || best === undefined) return undefined;
  if (side === BUY ? best > price : best < price) return undefined;
  const { repaid, given } = closingOf(naive, owner, { sold, bought, health });
  const base = lastTerms(naive, book.base, 'end') as Terms;
  const lot = whole(book.lotSize);
  const lots = leastOf([
    ceiling(over(whole(side === SELL ? given : repaid), lot)),
    ceiling(over(LARGEST_PIECE, times(lot, side === SELL ? base.owned : base.owed))),
    affordable(book, side, price, unitsOf(naive, owner, sold)),
  ]);
  if (lots <= 0n) return undefined;
  return {
    id: naive.nextOrderId++,
    clientId: 0,
    owner,
    book,
    side,
    price,
    remaining: lots,
    quantity: lots,
    feeLimitPpm: book.takerFeePpm,
    postOnly: false,
    reduces: true,
    selfTrade: EXPIRE_MAKER,
    expiry: 0,
    first: { filled: 0, remaining: 0 },
  };
}

/** In ticks, rounded in the account's favour: a sell takes no less, a buy pays no more. */
function fairPrice(naive: Naive, book: NaiveBook, side: number): bigint | undefined {
  const [base, quote] = [usablePriceOf(naive, book.base), usablePriceOf(naive, book.quote)];
  if (base === undefined || quote === undefined) return undefined;
  const factor = feeFactorOf(naive, book.base, book.quote);
  const ticksOf = (perUnit: Fraction) => over(times(perUnit, whole(book.lotSize)), whole(book.tickSize));
  const charged = (fee: bigint) => fraction(PPM + fee, PPM);
  return side === SELL
    ? ceiling(ticksOf(over(worth(base.bid), times(times(worth(quote.ask), factor), charged(-book.takerFeePpm)))))
    : floor(ticksOf(over(times(worth(base.ask), factor), times(worth(quote.bid), charged(book.takerFeePpm)))));
}

/** Lots that are owned, or that can be paid for at that price with the fee. */
function affordable(book: NaiveBook, side: number, price: bigint, owned: bigint): bigint {
  if (side === SELL) return owned / book.lotSize;
  const costOf = (lots: bigint) => {
    const notional = lots * price * book.tickSize;
    return notional + ceiling(fraction(notional * book.takerFeePpm, PPM));
  };
  let lots = owned / (price * book.tickSize);
  while (lots > 0n && costOf(lots) > owned) {
    const excess = (costOf(lots) - owned) / (2n * price * book.tickSize);
    lots -= excess > 1n ? excess : 1n;
  }
  return lots;
}

function tradePiece(naive: Naive, order: NaiveOrder): void {
  naive.work += WORK_OF_A_PIECE;
  const { id, owner, book, side, price, quantity } = order;
  const { filled } = trade(naive, order);
  naive.events.push({
    type: 'liquidationTraded',
    account: accountOf(owner),
    book: book.id,
    orderId: id,
    side: side as 0 | 1,
    price: Number(price),
    quantity: Number(quantity),
    filled: Number(filled),
  });
}

/** The pair that helps most is to be closed elsewhere. Said when it is another, or another amount, than before. */
function markRest(naive: Naive, owner: string, liquidation: NaiveLiquidation, health: bigint): void {
  let best:
    | { readonly gain: Fraction; readonly sell: number; readonly buy: number; amounts: [bigint, bigint] }
    | undefined;
  for (const sold of naive.assets.values()) {
    for (const bought of naive.assets.values()) {
      const gain = unitsOf(naive, owner, bought) < 0n ? gainOf(naive, owner, sold, bought) : undefined;
      if (gain === undefined || (best !== undefined && !isLess(best.gain, gain))) continue;
      const { repaid, given } = closingOf(naive, owner, { sold, bought, health });
      if (repaid > 0n) best = { gain, sell: sold.id, buy: bought.id, amounts: [given, repaid] };
    }
  }
  const marked = best && `${best.sell} ${best.buy} ${best.amounts.join(' ')}`;
  const isNew = marked !== liquidation.marked;
  liquidation.marked = marked;
  if (best === undefined || !isNew) return;
  const [sellUnits, buyUnits] = best.amounts.map(Number) as [number, number];
  const { sell, buy } = best;
  naive.events.push({ type: 'settlementMarked', account: accountOf(owner), sell, buy, sellUnits, buyUnits });
}

// Who cannot pay.

function seeBankruptcy(naive: Naive, owner: string, liquidation: NaiveLiquidation): void {
  const value = worthOf(naive, owner);
  const bankrupt = value !== undefined && value.owed > value.owned;
  if (bankrupt === liquidation.bankruptSince > 0) return;
  liquidation.bankruptSince = bankrupt ? naive.now : 0;
  naive.events.push({ type: 'bankruptcyChanged', account: accountOf(owner), bankrupt });
}

/** What it owns is little: all of it at prices that may be used, or after a day of bankruptcy. */
function isToBeWoundUp(naive: Naive, owner: string, { bankruptSince }: NaiveLiquidation): boolean {
  const value = worthOf(naive, owner);
  if (value === undefined) return false;
  const isLittle = isLess(whole(value.owned), LITTLE);
  if (bankruptSince > 0 && naive.now - bankruptSince >= DAY_MS) {
    return isLittle || value.owned < value.owed / 100n;
  }
  const hasUnpriced = [...naive.assets.values()].some(
    (asset) => unitsOf(naive, owner, asset) > 0n && usablePriceOf(naive, asset) === undefined,
  );
  return isLittle && !hasUnpriced;
}

/** The insurance account takes what is left and pays what it has; the rest is lost by all who own any. */
function windUp(naive: Naive, owner: string): boolean {
  const owes = (asset: NaiveAsset) => unitsOf(naive, owner, asset) < 0n;
  const assets = [...naive.assets.values()];
  if (naive.uncarriedLosses + assets.filter(owes).length > UNCARRIED_LOSSES) return false;
  const insurance = naive.insurance === owner ? undefined : naive.insurance;
  const account = accountOf(owner);
  for (const asset of assets) {
    const key = `${owner}|${asset.id}`;
    const wad = naive.balances.get(key) ?? 0n;
    if (insurance === undefined || owes(asset) || wad === 0n) continue;
    naive.events.push({
      type: 'insuranceChanged',
      account,
      asset: asset.id,
      units: Number(unitsOf(naive, owner, asset)),
    });
    move(naive, { from: owner, to: insurance, asset, wad });
  }
  for (const asset of assets.filter(owes)) {
    if (insurance !== undefined) {
      const free = floor(fraction(freeWad(naive, insurance, asset.id), unitWad(asset)));
      const paid = leastOf([free, -unitsOf(naive, owner, asset)]);
      if (paid > 0n) {
        move(naive, { from: insurance, to: owner, asset, wad: paid * unitWad(asset) });
        naive.events.push({ type: 'insuranceChanged', account, asset: asset.id, units: -Number(paid) });
      }
    }
    if (owes(asset)) shareLoss(naive, owner, asset, insurance);
  }
  return true;
}

/** Each owner loses ⌈units · debt / owned⌉; where all that is owned is owed, with the dust. */
function shareLoss(naive: Naive, owner: string, asset: NaiveAsset, insurance: string | undefined): void {
  const debt = -unitsOf(naive, owner, asset);
  const owners = [...naive.owners].filter((other) => unitsOf(naive, other, asset) >= 0n);
  const owned = owners.reduce((sum, other) => sum + unitsOf(naive, other, asset), 0n);
  const losses = [];
  let taken = 0n;
  for (const other of owners) {
    const units = unitsOf(naive, other, asset);
    const key = `${other}|${asset.id}`;
    const lost = debt >= owned ? units : ceiling(fraction(units * debt, owned));
    const wad = debt >= owned ? (naive.balances.get(key) ?? 0n) : lost * unitWad(asset);
    taken += wad;
    add(naive.balances, key, -wad);
    if (lost === 0n) continue;
    losses.push({ account: accountOf(other), units: Number(lost) });
    if (!naive.tiers.has(other)) cancelUncovered(naive, other, asset);
  }
  const paid = leastOf([debt * unitWad(asset), taken]);
  add(naive.balances, `${owner}|${asset.id}`, paid);
  add(naive.balances, `${insurance ?? owner}|${asset.id}`, taken - paid);
  naive.uncarriedLosses++;
  const account = accountOf(owner);
  naive.events.push({ type: 'lossShared', account, asset: asset.id, units: Number(debt), owned, losses });
}

/** Newest first, until what is put aside is there. */
function cancelUncovered(naive: Naive, owner: string, asset: NaiveAsset): void {
  const paying = ordersOf(naive, owner)
    .filter(({ book, side }) => (side === BUY ? book.quote : book.base) === asset)
    .sort((a, b) => b.id - a.id);
  for (const order of paying) {
    if (freeWad(naive, owner, asset.id) >= 0n) return;
    removeOrder(naive, order, 'lossShared');
  }
}

function move(
  naive: Naive,
  {
    from,
    to,
    asset,
    wad,
  }: { readonly from: string; readonly to: string; readonly asset: NaiveAsset; readonly wad: bigint },
): void {
  add(naive.balances, `${from}|${asset.id}`, -wad);
  add(naive.balances, `${to}|${asset.id}`, wad);
}

// Withdrawals.

/** Why nobody may withdraw now. Stops take a day in all; a minute without one gives back a minute. */
export function naiveStop(naive: Naive): 'bankruptAccount' | 'priceHalted' | undefined {
  const { isStopped, stoppedMs, stopNoted } = naive;
  const isUsedUp = isStopped && stoppedMs + naive.now - stopNoted >= DAY_MS;
  return isUsedUp ? undefined : reasonToStop(naive);
}

function reasonToStop(naive: Naive): 'bankruptAccount' | 'priceHalted' | undefined {
  if ([...naive.liquidations.values()].some(({ bankruptSince }) => bankruptSince > 0)) return 'bankruptAccount';
  return [...naive.tiers.keys()].some((owner) => dependsOnHalted(naive, owner)) ? 'priceHalted' : undefined;
}

function noteStop(naive: Naive): void {
  const passed = naive.now - naive.stopNoted;
  naive.stoppedMs = naive.isStopped
    ? Math.min(DAY_MS, naive.stoppedMs + passed)
    : Math.max(0, naive.stoppedMs - passed);
  naive.stopNoted = naive.now;
  naive.isStopped = reasonToStop(naive) !== undefined;
}

function leastOf(amounts: readonly bigint[]): bigint {
  const [first, ...others] = amounts as [bigint, ...bigint[]];
  let least = first;
  for (const amount of others) if (amount < least) least = amount;
  return least;
}
