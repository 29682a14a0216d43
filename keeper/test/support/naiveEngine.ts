// The exchange written the obvious way: Map, arrays and bigint, one rule after the other, nothing clever. It says what the
// fast engine must do, and is compared with it command by command. It knows no logs and no hashes: deposits, payments and
// listings are told to it directly. Amounts in 10⁻¹⁸ of the asset where a name says wad, ledger units otherwise.
import {
  ACTION_AMEND,
  ACTION_CANCEL,
  ACTION_CANCEL_ALL,
  ACTION_CANCEL_ALL_AFTER,
  ACTION_PLACE,
  type Action,
  type Address,
  BUY,
  type WithdrawalCancelCommand,
  type WithdrawalRequestCommand,
} from '../../src/core/commands.ts';
import type { ActionResult, CancelReason, CoreEvent, RejectCode, WithdrawalStatus } from '../../src/core/events.ts';

const SAFE = 2n ** 53n - 1n;
const PPM = 1_000_000n;
const DAY_SECONDS = 86_400;

export interface NaiveAsset {
  readonly id: number;
  readonly symbol: string;
  readonly ledgerDecimals: number;
}

export interface NaiveToken {
  readonly chainId: number;
  readonly token: Address;
  readonly asset: number;
  readonly decimals: number;
}

export interface NaiveOrder {
  readonly id: number;
  readonly clientId: number;
  readonly owner: string;
  readonly book: NaiveBook;
  readonly side: number;
  readonly price: bigint;
  remaining: bigint;
  readonly feeLimitPpm: bigint;
  readonly firstFilled: bigint;
  readonly firstRemaining: bigint;
}

export interface NaiveBook {
  readonly id: number;
  readonly base: NaiveAsset;
  readonly quote: NaiveAsset;
  readonly lotSize: bigint;
  readonly tickSize: bigint;
  makerFeePpm: bigint;
  takerFeePpm: bigint;
  status: number;
  /** Queue of each price; the prices of each side, best last. */
  readonly queues: Map<bigint, NaiveOrder[]>;
  readonly prices: readonly [buy: bigint[], sell: bigint[]];
}

interface NaiveWithdrawal {
  readonly request: WithdrawalRequestCommand;
  readonly token: NaiveToken;
  status: 'queued' | 'posted' | 'final';
  checkpoint: number;
  deadline: number;
}

export interface Naive {
  readonly assets: Map<number, NaiveAsset>;
  readonly tokens: Map<string, NaiveToken>;
  readonly books: Map<number, NaiveBook>;
  readonly registries: Map<number, Address>;
  /** Wad by owner and asset; reserved wad likewise. */
  readonly balances: Map<string, bigint>;
  readonly reserved: Map<string, bigint>;
  readonly owners: Set<string>;
  feeAccount: Address | undefined;
  readonly orders: Map<number, NaiveOrder>;
  /** By owner and client id. */
  readonly clientOrders: Map<string, NaiveOrder>;
  /** Atoms by chain and token. */
  readonly holdings: Map<string, bigint>;
  readonly withdrawals: Map<string, NaiveWithdrawal>;
  readonly usedNonces: Map<string, number>;
  cutNumber: number;
  events: CoreEvent[];
}

export function createNaive(): Naive {
  return {
    assets: new Map(),
    tokens: new Map(),
    books: new Map(),
    registries: new Map(),
    balances: new Map(),
    reserved: new Map(),
    owners: new Set(),
    feeAccount: undefined,
    orders: new Map(),
    clientOrders: new Map(),
    holdings: new Map(),
    withdrawals: new Map(),
    usedNonces: new Map(),
    cutNumber: 0,
    events: [],
  };
}

/** The events since the last call. */
export function takeEvents(naive: Naive): CoreEvent[] {
  const { events } = naive;
  naive.events = [];
  return events;
}

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

export function naiveFeeAccount(naive: Naive, account: Address): void {
  naive.feeAccount = account;
  naive.owners.add(ownerOf(account, 0));
}

// Deposits and withdrawals.

export function naiveDeposit(
  naive: Naive,
  deposit: { chainId: number; token: Address; account: Address; subaccount: number; amount: bigint },
): void {
  const key = `${deposit.chainId}:${deposit.token}`;
  const token = naive.tokens.get(key) as NaiveToken;
  const owner = ownerOf(deposit.account, deposit.subaccount);
  naive.owners.add(owner);
  naive.holdings.set(key, (naive.holdings.get(key) ?? 0n) + deposit.amount);
  add(naive.balances, `${owner}|${token.asset}`, deposit.amount * 10n ** BigInt(18 - token.decimals));
}

export function naiveRequest(naive: Naive, request: WithdrawalRequestCommand): 'ok' | RejectCode {
  const { chainId, amount, recipient, time, deadline } = request;
  const registry = naive.registries.get(chainId);
  if (registry === undefined) return 'withdrawal.unknownChain';
  const token = naive.tokens.get(`${chainId}:${request.token}`);
  if (token === undefined) return 'withdrawal.unlistedToken';
  if (amount === 0n) return 'withdrawal.zeroAmount';
  if (BigInt(recipient) === 0n || recipient === registry) return 'withdrawal.badRecipient';
  if (deadline < time) return 'withdrawal.expired';
  if (deadline > time + DAY_SECONDS * 1000) return 'withdrawal.deadlineTooFar';
  const key = nonceOf(request);
  const isUsed = naive.withdrawals.has(key) || (naive.usedNonces.get(key) ?? -1) >= time;
  if (isUsed) return 'withdrawal.nonceUsed';
  const owner = ownerOf(request.account, request.subaccount);
  if (!naive.owners.has(owner)) return 'account.unknown';
  const wad = amount * 10n ** BigInt(18 - token.decimals);
  if (wad > freeWad(naive, owner, token.asset)) return 'withdrawal.insufficientBalance';
  const pending = [...naive.withdrawals.values()];
  const promised = pending
    .filter((other) => other.token === token)
    .reduce((sum, other) => sum + other.request.amount, 0n);
  if (amount > (naive.holdings.get(`${chainId}:${request.token}`) ?? 0n) - promised) return 'withdrawal.vaultTooLow';
  const own = pending.filter((other) => other.request.account === request.account).length;
  const remembered = [...naive.usedNonces.keys()].filter((used) => used.includes(request.account)).length;
  if (pending.length >= 512 || own >= 32 || remembered >= 32) return 'withdrawal.tooMany';

  add(naive.balances, `${owner}|${token.asset}`, -wad);
  naive.usedNonces.set(key, deadline);
  const withdrawal: NaiveWithdrawal = { request, token, status: 'queued', checkpoint: 0, deadline: 0 };
  naive.withdrawals.set(key, withdrawal);
  tell(naive, withdrawal, 'queued');
  return 'ok';
}

export function naiveCancelQueued(naive: Naive, command: WithdrawalCancelCommand): 'ok' | RejectCode {
  const withdrawal = naive.withdrawals.get(nonceOf(command));
  if (withdrawal === undefined) return 'withdrawal.unknown';
  if (withdrawal.status !== 'queued') return 'withdrawal.notQueued';
  giveBack(naive, withdrawal, 'cancelled');
  return 'ok';
}

export function naiveCut(naive: Naive, time: number): void {
  naive.cutNumber++;
  naive.events.push({ type: 'checkpointCut', number: naive.cutNumber });
  for (const [key, until] of naive.usedNonces) if (until < time) naive.usedNonces.delete(key);
  const queued = [...naive.withdrawals.values()].filter(({ status }) => status === 'queued');
  for (const withdrawal of queued.slice(0, 128)) {
    withdrawal.status = 'posted';
    withdrawal.checkpoint = naive.cutNumber;
    withdrawal.deadline = Math.floor(time / 1000) + DAY_SECONDS;
    tell(naive, withdrawal, 'posted');
  }
}

/** The events of the checkpoint itself are not told: only the fast engine knows its digest. */
export function naiveFinal(naive: Naive, number: number): void {
  for (const withdrawal of naive.withdrawals.values()) {
    if (withdrawal.status !== 'posted' || withdrawal.checkpoint > number) continue;
    withdrawal.status = 'final';
    tell(naive, withdrawal, 'final');
  }
}

export function naivePaid(naive: Naive, nonce: { chainId: number; account: Address; nonce: bigint }): void {
  const withdrawal = naive.withdrawals.get(nonceOf(nonce)) as NaiveWithdrawal;
  naive.withdrawals.delete(nonceOf(nonce));
  const { chainId, token, amount } = withdrawal.request;
  add(naive.holdings, `${chainId}:${token}`, -amount);
  tell(naive, withdrawal, 'executed');
}

export function naiveCancelledOnChain(naive: Naive, nonce: { chainId: number; account: Address; nonce: bigint }): void {
  const withdrawal = naive.withdrawals.get(nonceOf(nonce));
  if (withdrawal !== undefined) giveBack(naive, withdrawal, 'cancelled');
}

export function naiveExpire(naive: Naive, chainId: number, timestamp: number): void {
  for (const withdrawal of naive.withdrawals.values()) {
    const isOver = withdrawal.status !== 'queued' && withdrawal.deadline < timestamp;
    if (isOver && withdrawal.request.chainId === chainId) giveBack(naive, withdrawal, 'expired');
  }
}

function giveBack(naive: Naive, withdrawal: NaiveWithdrawal, status: 'cancelled' | 'expired'): void {
  const { request, token } = withdrawal;
  naive.withdrawals.delete(nonceOf(request));
  const owner = ownerOf(request.account, request.subaccount);
  add(naive.balances, `${owner}|${token.asset}`, request.amount * 10n ** BigInt(18 - token.decimals));
  tell(naive, withdrawal, status);
}

function tell(naive: Naive, { request, token, checkpoint, deadline }: NaiveWithdrawal, status: WithdrawalStatus): void {
  naive.events.push({
    type: 'withdrawalChanged',
    account: { address: request.account, subaccount: request.subaccount },
    asset: token.asset,
    chainId: request.chainId,
    token: request.token,
    amount: request.amount,
    recipient: request.recipient,
    nonce: request.nonce,
    status,
    checkpoint,
    deadline,
  });
}

// Orders.

export function naiveBatch(
  naive: Naive,
  sequence: number,
  actions: readonly Action[],
  makersFirst: boolean,
): ActionResult[] {
  const indices = actions.map((_, index) => index);
  const isCancel = (index: number) => [ACTION_CANCEL, ACTION_CANCEL_ALL].includes((actions[index] as Action).kind);
  const order = makersFirst ? [...indices.filter(isCancel), ...indices.filter((index) => !isCancel(index))] : indices;
  const items: ActionResult[] = [];
  for (const index of order) items[index] = naiveAction(naive, actions[index] as Action, sequence * 1024 + index);
  return items;
}

export function naiveAction(naive: Naive, action: Action, orderId: number): ActionResult {
  if (action.kind === ACTION_AMEND || action.kind === ACTION_CANCEL_ALL_AFTER) return { code: 'action.unsupported' };
  if (![ACTION_PLACE, ACTION_CANCEL, ACTION_CANCEL_ALL].includes(action.kind)) return { code: 'action.invalid' };
  const owner = ownerOf(action.account, action.subaccount);
  if (!naive.owners.has(owner)) return { code: 'account.unknown' };
  const book = naive.books.get(action.book);
  if (action.kind === ACTION_PLACE) {
    return book === undefined ? { code: 'book.unknown' } : naivePlace(naive, book, owner, action, orderId);
  }
  if (action.kind === ACTION_CANCEL) {
    const order =
      action.orderId === 0 ? naive.clientOrders.get(`${owner}|${action.clientId}`) : naive.orders.get(action.orderId);
    if (order === undefined || order.owner !== owner) return { code: 'order.unknown' };
    if (action.book !== 0 && order.book.id !== action.book) return { code: 'order.unknown' };
    removeOrder(naive, order, 'requested');
    return { code: 'ok', cancelled: 1 };
  }
  if (action.book !== 0 && book === undefined) return { code: 'book.unknown' };
  const open = [...naive.orders.values()].filter(
    (order) => order.owner === owner && (book === undefined || order.book === book),
  );
  for (const order of open) removeOrder(naive, order, 'requested');
  return { code: 'ok', cancelled: open.length };
}

export function naivePlace(
  naive: Naive,
  book: NaiveBook,
  owner: string,
  action: Action,
  orderId: number,
): ActionResult {
  const refusal = refusalOf(naive, book, action);
  if (refusal !== undefined) return { code: refusal };
  const known = action.clientId === 0 ? undefined : naive.clientOrders.get(`${owner}|${action.clientId}`);
  if (known !== undefined) {
    const filled = Number(known.firstFilled);
    return { code: 'ok', orderId: known.id, filled, remaining: Number(known.firstRemaining), resting: true };
  }
  const price = BigInt(action.price);
  const quantity = BigInt(action.quantity);
  const isIoc = action.timeInForce === 2;
  const feeLimitPpm = isIoc ? book.takerFeePpm : max(book.makerFeePpm, book.takerFeePpm);
  const order: NaiveOrder = {
    id: orderId,
    clientId: action.clientId,
    owner,
    book,
    side: action.side,
    price,
    remaining: quantity,
    feeLimitPpm,
    firstFilled: 0n,
    firstRemaining: 0n,
  };
  const notional = quantity * price * book.tickSize;
  const cost = reserveOf(order, quantity);
  if (cost > SAFE || notional > SAFE || quantity * book.lotSize > SAFE) return { code: 'order.notionalOutOfRange' };
  const paidWith = action.side === BUY ? book.quote : book.base;
  if (cost > freeWad(naive, owner, paidWith.id) / unitWad(paidWith)) return { code: 'risk.insufficientBalance' };

  trade(naive, order);
  const filled = Number(quantity - order.remaining);
  const remaining = Number(order.remaining);
  if (order.remaining > 0n && !isIoc)
    rest(naive, { ...order, firstFilled: BigInt(filled), firstRemaining: order.remaining });
  else if (order.remaining > 0n) tellCancelled(naive, order, 'immediateOrCancel');
  return { code: 'ok', orderId, filled, remaining, resting: remaining > 0 && !isIoc };
}

function refusalOf(naive: Naive, book: NaiveBook, action: Action): RejectCode | undefined {
  const isIoc = action.timeInForce === 2;
  if (action.side !== 0 && action.side !== 1) return 'action.invalid';
  if (action.flags !== 0 || (action.timeInForce !== 0 && !isIoc)) return 'action.unsupported';
  if (action.expiry !== 0 || action.orderId !== 0) return 'action.invalid';
  if (action.price < 1 || action.price > Number(SAFE)) return 'order.priceOutOfRange';
  if (action.quantity < 1 || action.quantity > Number(SAFE)) return 'order.quantityOutOfRange';
  if (book.status !== 0 || naive.feeAccount === undefined) return 'book.notOpen';
  const highest = isIoc ? book.takerFeePpm : max(book.makerFeePpm, book.takerFeePpm);
  if (action.maxFeePpm !== 0 && highest > BigInt(action.maxFeePpm)) return 'order.feeAboveMaximum';
  return undefined;
}

function trade(naive: Naive, taker: NaiveOrder): void {
  const { book, side } = taker;
  const prices = book.prices[1 - side] as bigint[];
  for (;;) {
    const price = prices.at(-1);
    if (taker.remaining === 0n || price === undefined) return;
    if (side === BUY ? price > taker.price : price < taker.price) return;
    const maker = (book.queues.get(price) as NaiveOrder[])[0] as NaiveOrder;
    if (maker.owner === taker.owner) removeOrder(naive, maker, 'selfTrade');
    else fill(naive, maker, taker);
  }
}

function fill(naive: Naive, maker: NaiveOrder, taker: NaiveOrder): void {
  const { book } = maker;
  const quantity = min(maker.remaining, taker.remaining);
  const notional = quantity * maker.price * book.tickSize;
  const [buyer, seller] = taker.side === BUY ? [taker, maker] : [maker, taker];
  const feeOf = (order: NaiveOrder): bigint => {
    const rate = order === taker ? book.takerFeePpm : min(book.makerFeePpm, order.feeLimitPpm);
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
    quantity: Number(order.remaining),
  });
}

export function removeOrder(naive: Naive, order: NaiveOrder, reason: CancelReason): void {
  const { book, side } = order;
  addUnits(naive.reserved, order.owner, side === BUY ? book.quote : book.base, -reserveOf(order, order.remaining));
  tellCancelled(naive, order, reason);
  forget(naive, order);
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

function freeWad(naive: Naive, owner: string, asset: number): bigint {
  const key = `${owner}|${asset}`;
  return (naive.balances.get(key) ?? 0n) - (naive.reserved.get(key) ?? 0n);
}

function addUnits(map: Map<string, bigint>, owner: string, asset: NaiveAsset, units: bigint): void {
  add(map, `${owner}|${asset.id}`, units * unitWad(asset));
}

function unitWad(asset: NaiveAsset): bigint {
  return 10n ** BigInt(18 - asset.ledgerDecimals);
}

function add(map: Map<string, bigint>, key: string, amount: bigint): void {
  map.set(key, (map.get(key) ?? 0n) + amount);
}

export function ownerOf(account: Address, subaccount: number): string {
  return `${account}/${subaccount}`;
}

function accountOf(owner: string): { address: Address; subaccount: number } {
  const [address, subaccount] = owner.split('/');
  return { address: address as Address, subaccount: Number(subaccount) };
}

function nonceOf({ chainId, account, nonce }: { chainId: number; account: Address; nonce: bigint }): string {
  return `${chainId}:${account}:${nonce}`;
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
