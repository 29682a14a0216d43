// Orders of the naive engine: every rule of the books in its plainest words. Amounts in ledger units, lots and ticks.
import {
  ACTION_AMEND,
  ACTION_CANCEL,
  ACTION_CANCEL_ALL,
  ACTION_CANCEL_ALL_AFTER,
  ACTION_PLACE,
  type Action,
  type Address,
  BUY,
  DECREMENT,
  EXPIRE_BOTH,
  EXPIRE_MAKER,
  EXPIRE_TAKER,
  FILL_OR_KILL,
  GOOD_TILL_TIME,
  IMMEDIATE_OR_CANCEL,
  POST_ONLY,
  QUOTE_BUDGET,
  REDUCE_ONLY,
} from '../../src/core/commands.ts';
import type { ActionResult, CancelReason, RejectCode } from '../../src/core/events.ts';
import {
  addUnits,
  freeWad,
  type Naive,
  type NaiveAsset,
  type NaiveBook,
  type NaiveOrder,
  ownerOf,
  unitWad,
} from './naiveEngine.ts';
import { isNaiveMargin, naiveMarginRefusal, naiveOwes, naiveReducibleLots } from './naiveMargin.ts';

const SAFE = 2n ** 53n - 1n;
const SAFE_NUMBER = Number.MAX_SAFE_INTEGER;
const PPM = 1_000_000n;
/** Statuses of a book. */
const OPEN = 0;
const ONLY_POST = 1;
/** Prices of an order that takes any. */
const ANY_PRICE = SAFE;

// Listings.

export function naiveListBook(
  naive: Naive,
  listing: { id: number; base: number; quote: number; lotSize: number; tickSize: number },
): void {
  naive.books.set(listing.id, {
    id: listing.id,
    base: naive.assets.get(listing.base) as NaiveAsset,
    quote: naive.assets.get(listing.quote) as NaiveAsset,
    lotSize: BigInt(listing.lotSize),
    tickSize: BigInt(listing.tickSize),
    makerFeePpm: 0n,
    takerFeePpm: 0n,
    status: 3,
    last: undefined,
    queues: new Map(),
    prices: [[], []],
  });
}

export function naiveChangeBook(
  naive: Naive,
  change: { id: number; makerFeePpm: number; takerFeePpm: number; status: number },
): void {
  const book = naive.books.get(change.id) as NaiveBook;
  book.makerFeePpm = BigInt(change.makerFeePpm);
  book.takerFeePpm = BigInt(change.takerFeePpm);
  book.status = change.status;
  if (change.status !== 3) return;
  const open = [0, 1].flatMap((side) =>
    [...(book.prices[side] as bigint[])].reverse().flatMap((price) => [...(book.queues.get(price) as NaiveOrder[])]),
  );
  for (const order of open) removeOrder(naive, order, 'bookClosed');
}

/** The Directory gives a tier, or, with 0, takes it away. */
export function naiveCredit(naive: Naive, { owner, tier }: { owner: string; tier: number }): void {
  const known = naive.tiers.get(owner);
  if (tier === 0 && known === undefined) return;
  naive.owners.add(owner);
  const limitOf = (of: number) => naive.debtLimits.get(of) ?? 0n;
  naive.tiers.set(owner, tier);
  if (known !== undefined && (tier === 0 || limitOf(tier) < limitOf(known))) {
    for (const order of ordersOf(naive, owner)) removeOrder(naive, order, 'creditLowered');
  }
  if (tier === 0 && !naiveOwes(naive, owner) && !naive.liquidations.has(owner)) naive.tiers.delete(owner);
  // Nobody is left out by it.
  if (naive.looksLeft > 0 && (known !== undefined) !== naive.tiers.has(owner)) naive.looksLeft = naive.tiers.size;
}

// Time.

/** What is due at a time expires before anything else happens then. */
export function naiveExpireOrders(naive: Naive, time: number): void {
  const due = [...naive.orders.values()].filter(({ expiry }) => expiry !== 0 && expiry <= time);
  for (const order of due.sort((a, b) => a.expiry - b.expiry || a.id - b.id)) removeOrder(naive, order, 'expired');
  const owners = [...naive.owners];
  const fired = [...naive.switches].filter(([, at]) => at <= time);
  for (const [owner] of fired.sort((a, b) => a[1] - b[1] || owners.indexOf(a[0]) - owners.indexOf(b[0]))) {
    naive.switches.delete(owner);
    for (const order of ordersOf(naive, owner)) removeOrder(naive, order, 'deadManSwitch');
  }
}

/** The executor is gone: so many orders go, of those first who came first. */
export function naiveLoseExecutor(naive: Naive, limit: number): void {
  const all = [...naive.owners].flatMap((owner) => ordersOf(naive, owner));
  for (const order of all.slice(0, limit)) removeOrder(naive, order, 'executorLost');
}

/** Open orders of an owner, oldest first. */
function ordersOf(naive: Naive, owner: string): NaiveOrder[] {
  return [...naive.orders.values()].filter((order) => order.owner === owner).sort((a, b) => a.id - b.id);
}

// Batches.

export function naiveBatch(
  naive: Naive,
  {
    sequence,
    time,
    actions,
    makersFirst,
  }: { sequence: number; time: number; actions: readonly Action[]; makersFirst: boolean },
  fast?: readonly ActionResult[],
): ActionResult[] {
  const indices = actions.map((_, index) => index);
  const neverTakes = (index: number) => {
    const { kind, flags } = actions[index] as Action;
    return kind === ACTION_PLACE || kind === ACTION_AMEND ? (flags & POST_ONLY) !== 0 : true;
  };
  const order = makersFirst
    ? [...indices.filter(neverTakes), ...indices.filter((index) => !neverTakes(index))]
    : indices;
  const items: ActionResult[] = [];
  for (const index of order) {
    naive.fastRefusesForHealth = fast && fast[index]?.code === 'risk.insufficientHealth';
    items[index] = naiveAction(naive, actions[index] as Action, sequence * 1024 + index, time);
  }
  return items;
}

export function naiveAction(naive: Naive, action: Action, orderId: number, time: number): ActionResult {
  if (!isWellFormed(action)) return { code: 'action.invalid' };
  const owner = ownerOf(action.account, action.subaccount);
  if (!naive.owners.has(owner)) return { code: 'account.unknown' };
  const book = naive.books.get(action.book);
  switch (action.kind) {
    case ACTION_PLACE:
      return book === undefined ? { code: 'book.unknown' } : naivePlace(naive, book, owner, action, orderId, time);
    case ACTION_CANCEL: {
      const order = namedOrder(naive, owner, action);
      if (order === undefined) return { code: 'order.unknown' };
      removeOrder(naive, order, 'requested');
      return { code: 'ok', cancelled: 1 };
    }
    case ACTION_CANCEL_ALL: {
      if (action.book !== 0 && book === undefined) return { code: 'book.unknown' };
      const open = ordersOf(naive, owner).filter((order) => book === undefined || order.book === book);
      for (const order of open) removeOrder(naive, order, 'requested');
      return { code: 'ok', cancelled: open.length };
    }
    case ACTION_AMEND: {
      const order = namedOrder(naive, owner, action);
      return order === undefined ? { code: 'order.unknown' } : amend(naive, order, action);
    }
    default:
      if (time + action.expiry > SAFE_NUMBER) return { code: 'action.invalid' };
      if (action.expiry === 0) naive.switches.delete(owner);
      else naive.switches.set(owner, time + action.expiry);
      return { code: 'ok', cancelled: 0 };
  }
}

function isWellFormed(action: Action): boolean {
  const isUpTo = (value: number, limit: number) => Number.isInteger(value) && value >= 0 && value <= limit;
  return (
    isUpTo(action.kind, ACTION_CANCEL_ALL_AFTER) &&
    [action.subaccount, action.book, action.maxFeePpm].every((value) => isUpTo(value, 2 ** 32 - 1)) &&
    [action.side, action.timeInForce, action.flags].every((value) => isUpTo(value, 255)) &&
    [action.orderId, action.clientId, action.expiry].every((value) => isUpTo(value, SAFE_NUMBER))
  );
}

function namedOrder(naive: Naive, owner: string, { orderId, clientId, book }: Action): NaiveOrder | undefined {
  const order = orderId === 0 ? naive.clientOrders.get(`${owner}|${clientId}`) : naive.orders.get(orderId);
  if (order === undefined || order.owner !== owner) return undefined;
  return book === 0 || order.book.id === book ? order : undefined;
}

// Placing.

export function naivePlace(
  naive: Naive,
  book: NaiveBook,
  owner: string,
  action: Action,
  orderId: number,
  time: number,
): ActionResult {
  const known = action.clientId === 0 ? undefined : naive.clientOrders.get(`${owner}|${action.clientId}`);
  if (known !== undefined) return { code: 'ok', orderId: known.id, ...known.first, resting: true };
  const refusal = refusalOf(naive, book, owner, action, time);
  if (refusal !== undefined) return { code: refusal };
  const order: NaiveOrder = {
    id: orderId,
    clientId: action.clientId,
    owner,
    book,
    side: action.side,
    price: BigInt(action.price),
    remaining: BigInt(action.quantity),
    quantity: BigInt(action.quantity),
    feeLimitPpm: feeLimitOf(book, action),
    postOnly: has(action, POST_ONLY),
    reduces: has(action, REDUCE_ONLY),
    selfTrade: action.flags >> 3,
    expiry: action.expiry,
    first: { filled: 0, remaining: 0 },
  };
  if (has(action, QUOTE_BUDGET)) return placeBudget(naive, order, BigInt(action.quantity));

  const unfunded = fundsRefusal(naive, order, order.remaining);
  if (unfunded !== undefined) return { code: unfunded };
  if (order.postOnly && crosses(order)) return { code: 'book.postOnlyWouldCross' };
  if (action.timeInForce === FILL_OR_KILL && !canFill(order)) return { code: 'order.wouldNotFill' };
  const { filled, stopped } = trade(naive, order);
  const remaining = Number(order.remaining);
  const rests = remaining > 0 && !stopped && action.timeInForce <= GOOD_TILL_TIME;
  const answer = { filled: Number(filled), remaining };
  if (rests) rest(naive, { ...order, quantity: filled + order.remaining, first: answer });
  else if (remaining > 0) tellCancelled(naive, order, stopped ? 'selfTrade' : 'immediateOrCancel');
  return { code: 'ok', orderId, ...answer, resting: rests };
}

function refusalOf(naive: Naive, book: NaiveBook, owner: string, action: Action, time: number): RejectCode | undefined {
  const { side, timeInForce, flags, price, quantity, expiry, maxFeePpm } = action;
  const isBudget = has(action, QUOTE_BUDGET);
  if (side > 1 || timeInForce > FILL_OR_KILL || flags > 31 || action.orderId !== 0) return 'action.invalid';
  if ((timeInForce === GOOD_TILL_TIME) !== (expiry !== 0)) return 'action.invalid';
  if (isBudget && timeInForce !== IMMEDIATE_OR_CANCEL) return 'action.invalid';
  if (has(action, POST_ONLY) && [IMMEDIATE_OR_CANCEL, FILL_OR_KILL].includes(timeInForce)) return 'action.invalid';
  const reduces = has(action, REDUCE_ONLY);
  if (reduces && !isNaiveMargin(naive, owner)) return 'account.notMargin';
  if (reduces && (timeInForce <= GOOD_TILL_TIME || isBudget)) return 'action.invalid';
  const needsNoPrice = isBudget && side === BUY && price === 0;
  if (!needsNoPrice && !isPositive(price)) return 'order.priceOutOfRange';
  if (!isPositive(quantity)) return 'order.quantityOutOfRange';
  if (reduces && BigInt(quantity) > naiveReducibleLots(naive, owner, book, side)) return 'order.wouldNotReduce';
  const isTaken = book.status === OPEN || (book.status === ONLY_POST && has(action, POST_ONLY));
  if (!isTaken || naive.feeAccount === undefined) return 'book.notOpen';
  if (timeInForce === GOOD_TILL_TIME && expiry <= time) return 'order.expired';
  if (maxFeePpm !== 0 && feeLimitOf(book, action) > BigInt(maxFeePpm)) return 'order.feeAboveMaximum';
  return undefined;
}

function isPositive(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}

function has({ flags }: Action, flag: number): boolean {
  return (flags & flag) !== 0;
}

function feeLimitOf(book: NaiveBook, action: Action): bigint {
  if (action.timeInForce === IMMEDIATE_OR_CANCEL || action.timeInForce === FILL_OR_KILL) return book.takerFeePpm;
  return has(action, POST_ONLY) ? book.makerFeePpm : max(book.makerFeePpm, book.takerFeePpm);
}

/** May the owner put aside what so many lots need, in the place of what an open order has? */
function fundsRefusal(naive: Naive, order: NaiveOrder, lots: bigint, replaced?: NaiveOrder): RejectCode | undefined {
  const { book, price, side, owner } = order;
  const cost = reserveOf(order, lots);
  if (cost > SAFE || lots * price * book.tickSize > SAFE || lots * book.lotSize > SAFE)
    return 'order.notionalOutOfRange';
  if (isBarred(naive, order)) return 'account.liquidated';
  if (isNaiveMargin(naive, owner)) return naiveMarginRefusal(naive, order, cost, replaced);
  const released = replaced === undefined ? 0n : reserveOf(replaced, replaced.remaining);
  const paidWith = side === BUY ? book.quote : book.base;
  const free = freeWad(naive, owner, paidWith.id) / unitWad(paidWith);
  return cost - released > free ? 'risk.insufficientBalance' : undefined;
}

/** Who is liquidated does nothing but reduce. */
function isBarred(naive: Naive, { owner, reduces }: NaiveOrder): boolean {
  return naive.liquidations.has(owner) && !reduces;
}

/** A buyer pays at most the budget; a seller sells for at most the budget, fees not counted. */
function placeBudget(naive: Naive, order: NaiveOrder, budget: bigint): ActionResult {
  const { book, side } = order;
  const worst = order.price === 0n ? ANY_PRICE : order.price;
  if (side === BUY && isNaiveMargin(naive, order.owner)) {
    if (isBarred(naive, order)) return { code: 'account.liquidated' };
    if (order.price === 0n) return { code: 'order.priceOutOfRange' };
    const refusal = naiveMarginRefusal(naive, order, budget, undefined);
    if (refusal !== undefined) return { code: refusal };
  } else if (side === BUY) {
    if (budget > freeWad(naive, order.owner, book.quote.id) / unitWad(book.quote))
      return { code: 'risk.insufficientBalance' };
  } else {
    const unfunded = fundsRefusal(naive, order, budget / (worst * book.tickSize));
    if (unfunded !== undefined) return { code: unfunded };
  }
  let left = budget;
  let filled = 0n;
  for (;;) {
    const price = bestAgainst(order);
    if (price === undefined || (side === BUY ? price > worst : price < worst)) break;
    const lots = mostLots(order, price, left);
    if (lots === 0n) break;
    order.price = price;
    order.remaining = lots;
    const level = trade(naive, order);
    filled += level.filled;
    const prevented = lots - level.filled - order.remaining;
    left -= level.notional + prevented * price * book.tickSize + (side === BUY ? level.fees : 0n);
    if (level.stopped) break;
  }
  return { code: 'ok', orderId: order.id, filled: Number(filled), remaining: Number(left), resting: false };
}

/** The most lots that a budget pays for (buy, with fee) or that are not worth more than it (sell), by halving. */
function mostLots({ book, side, feeLimitPpm }: NaiveOrder, price: bigint, budget: bigint): bigint {
  const worth = (lots: bigint) => {
    const notional = lots * price * book.tickSize;
    return side === BUY ? notional + ceil(notional * feeLimitPpm, PPM) : notional;
  };
  let low = 0n;
  let high = budget / (price * book.tickSize) + 1n;
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (worth(middle) <= budget) low = middle;
    else high = middle;
  }
  return low;
}

// Amending.

function amend(naive: Naive, order: NaiveOrder, action: Action): ActionResult {
  const { price, quantity, flags, maxFeePpm } = action;
  const { book } = order;
  if ((flags !== 0 && flags !== POST_ONLY) || action.timeInForce !== 0 || action.expiry !== 0)
    return { code: 'action.invalid' };
  if (price !== 0 && !isPositive(price)) return { code: 'order.priceOutOfRange' };
  if (quantity !== 0 && !isPositive(quantity)) return { code: 'order.quantityOutOfRange' };
  if (maxFeePpm !== 0 && order.feeLimitPpm > BigInt(maxFeePpm)) return { code: 'order.feeAboveMaximum' };
  const filledBefore = order.quantity - order.remaining;
  const wanted = quantity === 0 ? order.quantity : BigInt(quantity);
  const lots = wanted - filledBefore;
  if (lots <= 0n) return { code: 'order.alreadyFilled' };
  const newPrice = price === 0 ? order.price : BigInt(price);
  if (newPrice === order.price && lots <= order.remaining) {
    if (lots < order.remaining) reduce(naive, order, order.remaining - lots, 'amended');
    return { code: 'ok', orderId: order.id, filled: 0, remaining: Number(lots), resting: true };
  }

  if (book.status !== OPEN && book.status !== ONLY_POST) return { code: 'book.notOpen' };
  const changed = { ...order, price: newPrice, remaining: lots };
  const unfunded = fundsRefusal(naive, changed, lots, order);
  if (unfunded !== undefined) return { code: unfunded };
  const mustNotTake = order.postOnly || flags === POST_ONLY || book.status === ONLY_POST;
  if (mustNotTake && crosses(changed)) return { code: 'book.postOnlyWouldCross' };
  removeOrder(naive, order, 'amended');
  const { filled, stopped } = trade(naive, changed);
  changed.quantity = filledBefore + filled + changed.remaining;
  const rests = changed.remaining > 0n && !stopped;
  if (rests) rest(naive, changed);
  else if (changed.remaining > 0n) tellCancelled(naive, changed, 'selfTrade');
  const remaining = Number(changed.remaining);
  return { code: 'ok', orderId: order.id, filled: Number(filled), remaining, resting: rests };
}

// Matching.

/** The best price on the other side. */
function bestAgainst({ book, side }: NaiveOrder): bigint | undefined {
  return (book.prices[1 - side] as bigint[]).at(-1);
}

function crosses(order: NaiveOrder): boolean {
  const best = bestAgainst(order);
  return best !== undefined && (order.side === BUY ? best <= order.price : best >= order.price);
}

/** Whether all of it would trade at once. */
function canFill(order: NaiveOrder): boolean {
  const { book, side, price } = order;
  let lots = order.remaining;
  for (const at of [...(book.prices[1 - side] as bigint[])].reverse()) {
    if (side === BUY ? at > price : at < price) break;
    for (const maker of book.queues.get(at) as NaiveOrder[]) {
      const isOwn = maker.owner === order.owner;
      if (isOwn && order.selfTrade !== EXPIRE_MAKER) return false;
      if (!isOwn) lots -= maker.remaining;
      if (lots <= 0n) return true;
    }
  }
  return false;
}

interface Traded {
  filled: bigint;
  notional: bigint;
  fees: bigint;
  /** By self-trade prevention. */
  stopped: boolean;
}

export function trade(naive: Naive, taker: NaiveOrder): Traded {
  const done = { filled: 0n, notional: 0n, fees: 0n, stopped: false };
  while (taker.remaining > 0n && !done.stopped && crosses(taker)) {
    const price = bestAgainst(taker) as bigint;
    const maker = (taker.book.queues.get(price) as NaiveOrder[])[0] as NaiveOrder;
    if (maker.owner === taker.owner) {
      preventSelfTrade(naive, maker, taker);
      done.stopped = taker.selfTrade === EXPIRE_TAKER || taker.selfTrade === EXPIRE_BOTH;
    } else {
      fill(naive, maker, taker, done);
    }
  }
  return done;
}

function preventSelfTrade(naive: Naive, maker: NaiveOrder, taker: NaiveOrder): void {
  if (taker.selfTrade === EXPIRE_TAKER) return;
  if (taker.selfTrade !== DECREMENT) {
    removeOrder(naive, maker, 'selfTrade');
    return;
  }
  const lots = min(maker.remaining, taker.remaining);
  if (lots === maker.remaining) removeOrder(naive, maker, 'selfTrade');
  else reduce(naive, maker, lots, 'selfTrade');
  taker.remaining -= lots;
  tellReduced(naive, taker, lots, 'selfTrade');
}

function fill(naive: Naive, maker: NaiveOrder, taker: NaiveOrder, done: Traded): void {
  const { book } = maker;
  const quantity = min(maker.remaining, taker.remaining);
  const notional = quantity * maker.price * book.tickSize;
  const [buyer, seller] = taker.side === BUY ? [taker, maker] : [maker, taker];
  const feeOf = (order: NaiveOrder): bigint => {
    const rate = min(order === taker ? book.takerFeePpm : book.makerFeePpm, order.feeLimitPpm);
    const fee = ceil(notional * rate, PPM);
    if (order.side !== BUY) return fee;
    // Never more than what the buyer's reserve held for these lots.
    return min(fee, reserveOf(order, order.remaining) - reserveOf(order, order.remaining - quantity) - notional);
  };
  const makerFee = feeOf(maker);
  const takerFee = feeOf(taker);
  const buyerFee = buyer === taker ? takerFee : makerFee;
  const sellerFee = seller === taker ? takerFee : makerFee;
  const makerAsset = maker.side === BUY ? book.quote : book.base;
  const released = reserveOf(maker, maker.remaining) - reserveOf(maker, maker.remaining - quantity);
  addUnits(naive.reserved, maker.owner, makerAsset, -released);
  addUnits(naive.balances, buyer.owner, book.quote, -(notional + buyerFee));
  addUnits(naive.balances, buyer.owner, book.base, quantity * book.lotSize);
  addUnits(naive.balances, seller.owner, book.base, -(quantity * book.lotSize));
  addUnits(naive.balances, seller.owner, book.quote, notional - sellerFee);
  addUnits(naive.balances, ownerOf(naive.feeAccount as Address, 0), book.quote, makerFee + takerFee);
  maker.remaining -= quantity;
  taker.remaining -= quantity;
  book.last = { price: maker.price, time: naive.now };
  done.filled += quantity;
  done.notional += notional;
  done.fees += takerFee;
  naive.events.push({
    type: 'fill',
    book: book.id,
    makerOrderId: maker.id,
    takerOrderId: taker.id,
    maker: accountOf(maker.owner),
    taker: accountOf(taker.owner),
    takerSide: taker.side as 0 | 1,
    price: Number(maker.price),
    quantity: Number(quantity),
    makerFee: Number(makerFee),
    takerFee: Number(takerFee),
    makerRemaining: Number(maker.remaining),
  });
  if (maker.remaining === 0n) forget(naive, maker);
}

function rest(naive: Naive, order: NaiveOrder): void {
  const { book, side, price } = order;
  const queue = book.queues.get(price);
  if (queue === undefined) {
    book.queues.set(price, [order]);
    const prices = book.prices[side] as bigint[];
    prices.splice(rankOf(prices, side, price), 0, price);
  } else {
    queue.push(order);
  }
  naive.orders.set(order.id, order);
  if (order.clientId !== 0) naive.clientOrders.set(`${order.owner}|${order.clientId}`, order);
  addUnits(naive.reserved, order.owner, side === BUY ? book.quote : book.base, reserveOf(order, order.remaining));
  naive.events.push({
    type: 'orderRested',
    book: book.id,
    orderId: order.id,
    clientId: order.clientId,
    account: accountOf(order.owner),
    side: side as 0 | 1,
    price: Number(price),
    quantity: Number(order.quantity),
    remaining: Number(order.remaining),
    expiry: order.expiry,
  });
}

export function removeOrder(naive: Naive, order: NaiveOrder, reason: CancelReason): void {
  const { book, side } = order;
  addUnits(naive.reserved, order.owner, side === BUY ? book.quote : book.base, -reserveOf(order, order.remaining));
  tellCancelled(naive, order, reason);
  forget(naive, order);
}

/** Takes lots from an open order, which keeps its place. */
function reduce(naive: Naive, order: NaiveOrder, lots: bigint, reason: CancelReason): void {
  const { book, side, owner } = order;
  const released = reserveOf(order, order.remaining) - reserveOf(order, order.remaining - lots);
  addUnits(naive.reserved, owner, side === BUY ? book.quote : book.base, -released);
  order.remaining -= lots;
  order.quantity -= lots;
  tellReduced(naive, order, lots, reason);
}

function tellReduced(naive: Naive, order: NaiveOrder, lots: bigint, reason: CancelReason): void {
  naive.events.push({
    type: 'orderReduced',
    book: order.book.id,
    orderId: order.id,
    account: accountOf(order.owner),
    side: order.side as 0 | 1,
    price: Number(order.price),
    quantity: Number(lots),
    reason,
    remaining: Number(order.remaining),
  });
}

function tellCancelled(naive: Naive, order: NaiveOrder, reason: CancelReason): void {
  naive.events.push({
    type: 'orderCancelled',
    book: order.book.id,
    orderId: order.id,
    account: accountOf(order.owner),
    side: order.side as 0 | 1,
    price: Number(order.price),
    quantity: Number(order.remaining),
    reason,
  });
}

function forget(naive: Naive, order: NaiveOrder): void {
  const { book, side, price } = order;
  naive.orders.delete(order.id);
  if (order.clientId !== 0) naive.clientOrders.delete(`${order.owner}|${order.clientId}`);
  const queue = book.queues.get(price) as NaiveOrder[];
  queue.splice(queue.indexOf(order), 1);
  if (queue.length > 0) return;
  book.queues.delete(price);
  const prices = book.prices[side] as bigint[];
  prices.splice(rankOf(prices, side, price), 1);
}

/** Where a price stands, or belongs, in its side's prices: bids ascend, asks descend, so that the best is last. */
function rankOf(prices: readonly bigint[], side: number, price: bigint): number {
  let low = 0;
  let high = prices.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const isBefore = side === BUY ? (prices[middle] as bigint) < price : (prices[middle] as bigint) > price;
    if (isBefore) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What an order puts aside for that many lots, in units of what it pays with. */
function reserveOf({ book, side, price, feeLimitPpm }: NaiveOrder, lots: bigint): bigint {
  if (side !== BUY) return lots * book.lotSize;
  const notional = lots * price * book.tickSize;
  return notional + ceil(notional * feeLimitPpm, PPM);
}

export function accountOf(owner: string): { address: Address; subaccount: number } {
  const [address, subaccount] = owner.split('/');
  return { address: address as Address, subaccount: Number(subaccount) };
}

function ceil(numerator: bigint, denominator: bigint): bigint {
  return (numerator + denominator - 1n) / denominator;
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
