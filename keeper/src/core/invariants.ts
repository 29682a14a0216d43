// What must be true of every state, checked by walking all of it. Slow; tests and the simulation call it after each
// command.
import { assert, fail } from './assertion.ts';
import { MAX_SAFE } from './assets.ts';
import { BUY, SELL } from './commands.ts';
import { type Exchange, reserveOf } from './exchange.ts';
import { forcedKey } from './forced.ts';
import { isMargin, type Ledger } from './ledger.ts';
import { levelSlot, NO_ASK, NO_BID, priceAbove, WINDOW } from './levels.ts';
import type { Share } from './margin/marginState.ts';
import { sharesOf, totalOf } from './margin/marginTotals.ts';
import { type Book, ordersOf, ordersOfAccount } from './orderBook.ts';
import {
  accountAt,
  findClientOrder,
  findOrder,
  idAt,
  nextAt,
  type OpenOrder,
  olderAt,
  orderAt,
  previousAt,
  priceAt,
} from './orderPool.ts';
import { nextCandidate, type SlotTable } from './slotTable.ts';
import type { State } from './state.ts';
import { soonestTime, type Timers } from './timers.ts';
import { solvencyOf } from './viewState.ts';

/** Throws `AssertionError` when anything in the state contradicts anything else. */
export function validateInternalState(state: State): void {
  assertConservation(state);
  assertWithdrawals(state);
  assertBalances(state.exchange.ledger);
  assertLiquidations(state.exchange);
  assertMarginTotals(state.exchange);
  const seen = assertBooks(state);
  assert(seen === state.exchange.orders.count, `${seen} orders in the books, ${state.exchange.orders.count} counted`);
  assertAccountLists(state.exchange);
  assertFreeSlots(state.exchange);
  assertTables(state.exchange, state.exchange.books);
  assertSwitches(state);
  assert(state.finalNumber <= state.cutNumber, 'a checkpoint is final that was never cut');
}

/** Σ accounts, fee account included, + pending withdrawals = Σ vaults, in 10⁻¹⁸ of each asset. */
function assertConservation(state: State): void {
  for (const [index, asset] of state.exchange.ledger.assets.entries()) {
    const { accounts, withdrawals, vaults } = solvencyOf(state, index);
    assert(accounts + withdrawals === vaults, `${asset.symbol}: owed ${accounts + withdrawals}, held ${vaults}`);
  }
  const { tokens, nets } = state.exchange.ledger;
  for (const token of tokens.values()) {
    const own = nets.flat().filter((net) => net.token === token);
    const sum = own.reduce((total, { atoms }) => total + atoms, 0n);
    assert(sum === token.holdings, `${token.token}: accounts brought ${sum}, the vault has ${token.holdings}`);
    const held = own.reduce((total, { atoms, isHeld }) => (isHeld ? total + atoms : total), 0n);
    assert(held === token.held, `${token.token}: ${held} are credited to nobody, not ${token.held}`);
    assert(token.asset >= 0 || held === token.holdings, `${token.token}: credited, and no asset lists it`);
  }
}

function assertWithdrawals(state: State): void {
  const promised = new Map<object, bigint>();
  let queued = 0;
  for (const withdrawal of state.withdrawals.values()) {
    const { token, amount, status, checkpoint } = withdrawal;
    promised.set(token, (promised.get(token) ?? 0n) + amount);
    if (status === 'queued') queued++;
    assert((status === 'queued') === (checkpoint === 0), `a withdrawal is ${status} in checkpoint ${checkpoint}`);
    assert(checkpoint <= state.cutNumber, 'a withdrawal of a checkpoint that was never cut');
    assert(status !== 'final' || checkpoint <= state.finalNumber, 'a final withdrawal of a checkpoint that is not');
  }
  for (const answer of state.answers.values()) {
    const { token, paid, account, status, checkpoint } = answer;
    promised.set(token, (promised.get(token) ?? 0n) + paid);
    assert((status === 'queued') === (checkpoint === 0), `an answer is ${status} in checkpoint ${checkpoint}`);
    assert(status !== 'final' || checkpoint <= state.finalNumber, 'a final answer of a checkpoint that is not');
    assert(answer.refusal === undefined || (paid > 0n && status === 'final'), 'a refusal beside no payment');
    assert((paid === 0n) === account < 0, `an answer of ${paid} atoms charged account ${account}`);
  }
  assertForced(state);
  assert(queued === state.queuedWithdrawals, `${queued} withdrawals queued, ${state.queuedWithdrawals} counted`);
  const pending = [...state.pendingOf.values()].reduce((sum, count) => sum + count, 0);
  assert(pending === state.withdrawals.size, `${state.withdrawals.size} withdrawals pending, ${pending} counted`);
  for (const token of state.exchange.ledger.tokens.values()) {
    assert((promised.get(token) ?? 0n) === token.promised, `${token.token}: promised does not add up`);
    assert(token.promised <= token.holdings, `${token.token}: more promised than held`);
  }
}

/** Every request is undecided, or has an answer that is not executed, or is over. */
function assertForced({ forced, answers }: State): void {
  for (const [chainId, { asked, decided, reopened }] of forced) {
    assert(decided <= asked, `chain ${chainId}: decided forced withdrawal ${decided} of ${asked}`);
    for (const id of reopened) {
      assert(id <= decided && !answers.has(forcedKey(chainId, id)), `chain ${chainId}: ${id} waits and is answered`);
    }
  }
  for (const { chainId, id } of answers.values()) {
    assert(id <= (forced.get(chainId)?.decided ?? 0), `an answer to forced withdrawal ${id}, which was not decided`);
  }
}

/** Only margin accounts may owe, or have more put aside than they own. */
function assertBalances(ledger: Ledger): void {
  const margin = Array.from({ length: ledger.accountCount }, (_, account) => account).filter((account) =>
    isMargin(ledger, account),
  );
  assert(margin.join() === ledger.marginAccounts.join(), `margin accounts ${margin}, not ${ledger.marginAccounts}`);
  for (const { symbol, units, reserved, dust, unitWad } of ledger.assets) {
    for (let account = 0; account < ledger.accountCount; account++) {
      const balance = units[account] as number;
      const aside = reserved[account] as number;
      const isWhole = Number.isSafeInteger(balance) && Number.isSafeInteger(aside);
      assert(
        isWhole && aside >= 0 && balance <= MAX_SAFE && (aside <= balance || isMargin(ledger, account)),
        `${symbol}: ${aside} of ${balance} reserved`,
      );
      assert((dust[account] as bigint) < unitWad, `${symbol}: dust of a whole unit`);
    }
    for (let account = ledger.accountCount; account < units.length; account++) {
      assert(units[account] === 0 && reserved[account] === 0 && dust[account] === 0n, `${symbol}: owned by nobody`);
    }
  }
}

/** Who is liquidated is a margin account, whose orders were cancelled. */
function assertLiquidations(exchange: Exchange): void {
  for (const account of exchange.margin.liquidations.keys()) {
    assert(isMargin(exchange.ledger, account), `account ${account} is liquidated and funded`);
    assert(exchange.ledger.firstOrder[account] === 0, `account ${account} is liquidated and has open orders`);
  }
}

/** What margin accounts hold and owe together is the sum of what each does, and funded ones count nothing. */
function assertMarginTotals(exchange: Exchange): void {
  const { ledger, margin } = exchange;
  const sums = ledger.assets.map(() => ({ held: 0n, owed: 0n, mayOwe: 0n, arriving: 0n }));
  for (let account = 0; account < ledger.accountCount; account++) {
    if (!isMargin(ledger, account)) continue;
    for (const [asset, share] of sharesOf(exchange, account).entries()) {
      const sum = sums[asset] as Record<keyof Share, bigint>;
      for (const key of ['held', 'owed', 'mayOwe', 'arriving'] as const) sum[key] += share[key];
    }
  }
  for (const [asset, sum] of sums.entries()) {
    const counted = totalOf(exchange, asset);
    for (const key of ['held', 'owed', 'mayOwe', 'arriving'] as const) {
      assert(counted[key] === sum[key], `asset ${asset}: margin accounts have ${key} ${sum[key]}, not ${counted[key]}`);
    }
  }
  for (const account of margin.totals.shares.keys()) {
    assert(isMargin(ledger, account), `funded account ${account} is counted among the margin accounts`);
  }
}

/** Queues, best prices, tables, and reserves that add up to what the accounts have put aside. Answers how many orders. */
function assertBooks({ exchange, time }: State): number {
  const { ledger, orders, books } = exchange;
  const reserved = ledger.assets.map(() => new Float64Array(ledger.accountCount));
  let seen = 0;
  for (const book of books) {
    assert(book.bestBid < book.bestAsk, `book ${book.id} is crossed: ${book.bestBid} bid, ${book.bestAsk} asked`);
    for (const side of [BUY, SELL]) {
      for (const slot of ordersOf(orders, book, side)) {
        seen++;
        const order = orderAt(orders, slot);
        assert(order.side === side && order.book === book.index, `order ${order.id} stands in the wrong place`);
        assertOrder(exchange, time, order, slot);
        const sums = reserved[side === BUY ? book.quote : book.base] as Float64Array;
        const reserve = reserveOf(book, side, order.price, order.remaining, order.feeLimitPpm);
        sums[order.account] = (sums[order.account] as number) + reserve;
      }
    }
    assertLevels(exchange, book);
  }
  for (const [index, asset] of ledger.assets.entries()) {
    for (let account = 0; account < ledger.accountCount; account++) {
      const sum = (reserved[index] as Float64Array)[account];
      assert(
        sum === asset.reserved[account],
        `${asset.symbol}: orders put ${sum} aside, not ${asset.reserved[account]}`,
      );
    }
  }
  return seen;
}

function assertOrder({ orders }: Exchange, time: number, order: OpenOrder, slot: number): void {
  const { id, clientId, account, remaining, quantity, expiry } = order;
  assert(remaining > 0 && remaining <= quantity, `order ${id} has ${remaining} lots of ${quantity}`);
  assert(findOrder(orders, id) === slot, `order ${id} is not found`);
  assert(clientId === 0 || findClientOrder(orders, account, clientId) === slot, `client id ${clientId} is not found`);
  assert(expiry === 0 || expiry > time, `order ${id} should have expired at ${expiry}`);
}

/** Ends and links of every queue, and no level that holds nothing. */
function assertLevels({ orders }: Exchange, book: Book): void {
  const { levels } = book;
  let count = 0;
  for (let price = priceAbove(levels, NO_BID); price !== NO_ASK; price = priceAbove(levels, price)) {
    count++;
    assert(price <= book.bestBid || price >= book.bestAsk, `book ${book.id}: a level at ${price} inside the spread`);
    const level = levelSlot(levels, price);
    let before = 0;
    let slot = levels.ends[2 * level] as number;
    assert(slot !== 0, `book ${book.id}: an empty level at ${price}`);
    for (; slot !== 0; slot = nextAt(orders, slot)) {
      const id = idAt(orders, slot);
      assert(previousAt(orders, slot) === before, `book ${book.id}: a torn queue at ${price}`);
      assert(priceAt(orders, slot) === price, `book ${book.id}: order ${id} is out of place`);
      before = slot;
    }
    assert(levels.ends[2 * level + 1] === before, `book ${book.id}: a queue at ${price} without its end`);
  }
  assert(count === levels.count, `book ${book.id}: ${count} levels, ${levels.count} counted`);
  assertBits(book);
}

/** Each layer of bits says which parts of the one below hold something, and every far level has a slot of its own. */
function assertBits({ id, levels }: Book): void {
  const { ends, words, summary, top, blocks, count } = levels;
  const inside = assertLayer(summary, words, `book ${id}: words`);
  assertLayer(top, summary, `book ${id}: groups`);
  // That each bit leads to a queue, the walk through the levels has shown; here that nothing lies between them. Only near
  // them: to look at the whole window would take longer than everything else.
  for (const [index, word] of words.entries()) {
    if (word === 0) continue;
    for (let bit = 0; bit < 32; bit++) {
      const isSet = ((word >>> bit) & 1) === 1;
      if (isSet !== (ends[2 * (32 * index + bit)] !== 0))
        fail(`book ${id}: the bit of slot ${32 * index + bit} is wrong`);
    }
  }

  const far = new Set<number>();
  for (const block of blocks) {
    assert(block.length > 0, `book ${id}: an empty block`);
    for (const slot of block.slots.subarray(0, block.length)) far.add(slot);
  }
  let free = 0;
  for (let slot = levels.freeFar; slot !== 0; slot = ends[2 * slot] as number) {
    assert(!far.has(slot), `book ${id}: far slot ${slot} is free and used`);
    free++;
  }
  assert(inside + far.size === count, `book ${id}: ${inside} + ${far.size} levels, ${count} counted`);
  assert(far.size + free === levels.nextFar - WINDOW, `book ${id}: a far slot is lost`);
}

/** A bit of `upper` for each word of `lower` that is not empty, and no other; answers the bits of `lower`. */
function assertLayer(upper: Int32Array, lower: Int32Array, what: string): number {
  let bits = 0;
  for (const [index, word] of lower.entries()) {
    const isSet = (((upper[index >>> 5] as number) >>> (index & 31)) & 1) === 1;
    if (isSet !== (word !== 0)) fail(`${what}: the bit of ${index} is wrong`);
    for (let left = word; left !== 0; left &= left - 1) bits++;
  }
  return bits;
}

function assertAccountLists({ ledger, orders }: Exchange): void {
  let seen = 0;
  for (let account = 0; account < ledger.accountCount; account++) {
    let before = 0;
    let newest = 0;
    for (const slot of ordersOfAccount(orders, ledger, account)) {
      seen++;
      assert(accountAt(orders, slot) === account, `account ${account} lists somebody else's order`);
      assert(olderAt(orders, slot) === before, `account ${account} has a torn list`);
      const id = idAt(orders, slot);
      assert(id > newest, `account ${account} lists order ${id} after ${newest}`);
      assert(id <= orders.highestId, `order ${id} rests, and ${orders.highestId} is the highest that ever did`);
      newest = id;
      before = slot;
    }
    assert(ledger.lastOrder[account] === before, `account ${account} has a list without its end`);
  }
  assert(seen === orders.count, `${seen} orders in the accounts' lists, ${orders.count} counted`);
}

function assertFreeSlots({ orders }: Exchange): void {
  let free = 0;
  for (let slot = orders.free; slot !== 0; slot = nextAt(orders, slot)) free++;
  assert(free + orders.count === orders.nextSlot - 1, 'a slot of the order pool is lost');
}

/** Every order stands in the tables that it belongs to, and nothing else does. */
function assertTables({ orders }: Exchange, books: readonly Book[]): void {
  let withClientId = 0;
  let expiring = 0;
  for (const book of books) {
    for (const side of [BUY, SELL]) {
      for (const slot of ordersOf(orders, book, side)) {
        const { clientId, expiry } = orderAt(orders, slot);
        if (clientId !== 0) withClientId++;
        if (expiry !== 0) expiring++;
      }
    }
  }
  assertTable(orders.byId, orders.count, 'ids');
  assertTable(orders.byClientId, withClientId, 'client ids');
  assertTimers(orders.expiries, expiring, 'expiries');
}

function assertTable(table: SlotTable, expected: number, what: string): void {
  const { heads, count } = table;
  let seen = 0;
  for (const head of heads) {
    for (let slot = head; slot !== 0 && seen <= count; slot = nextCandidate(table, slot)) seen++;
  }
  assert(count === expected && seen === expected, `${seen} ${what} in a table of ${count}, ${expected} expected`);
}

/** The heap is in order, and finds each of its items. */
function assertTimers({ times, ranks, items, placeOf, count }: Timers, expected: number, what: string): void {
  assert(count === expected, `${count} ${what}, ${expected} expected`);
  for (let place = 0; place < count; place++) {
    assert(placeOf[items[place] as number] === place + 1, `${what}: item ${items[place]} is elsewhere`);
    if (place === 0) continue;
    const above = (place - 1) >> 1;
    const later = (times[place] as number) - (times[above] as number);
    const isLater = later > 0 || (later === 0 && (ranks[place] as number) > (ranks[above] as number));
    assert(isLater, `${what}: item ${items[place]} is due before what stands above it`);
  }
  const known = placeOf.reduce((sum, place) => sum + (place === 0 ? 0 : 1), 0);
  assert(known === count, `${known} ${what} are known, ${count} wait`);
}

/** Switches of accounts that exist, none of which should have fired. */
function assertSwitches({ exchange, time }: State): void {
  const { deadManSwitches, ledger } = exchange;
  assertTimers(deadManSwitches, deadManSwitches.count, 'switches');
  for (const account of deadManSwitches.items.subarray(0, deadManSwitches.count)) {
    assert(account < ledger.accountCount, `a switch of account ${account}, which does not exist`);
  }
  assert(soonestTime(deadManSwitches) > time, 'a dead-man switch should have fired');
}
