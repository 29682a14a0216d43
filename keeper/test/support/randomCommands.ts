// Random commands, each given to the fast engine and to the naive one: same result, same events, or the test fails.
import { expect } from 'vitest';
import {
  ACTION_CANCEL_ALL_AFTER,
  type Action,
  type Address,
  BUY,
  type Side,
  ZERO_ADDRESS,
} from '../../src/core/commands.ts';
import type { CoreEvent, Outcome } from '../../src/core/events.ts';
import { balanceWad } from '../../src/core/ledger.ts';
import { withdrawalsOfCheckpoint } from '../../src/core/withdrawal.ts';
import {
  addressOf,
  apply,
  batch,
  cancel,
  cancelAll,
  deposit,
  directoryLog,
  ETH,
  ETH_USD,
  GENESIS,
  HOME,
  hashOf,
  log,
  MEME_USD,
  openExchange,
  place,
  REGISTRY,
  registryLog,
  SECOND,
  type TestExchange,
  TOKENS,
  USD,
} from './exchange.ts';
import { createNaive, type Naive, ownerOf, takeEvents } from './naiveEngine.ts';
import { naiveBatch, naiveChangeBook, naiveExpireOrders } from './naiveOrders.ts';
import {
  naiveCancelledOnChain,
  naiveCancelQueued,
  naiveCut,
  naiveDeposit,
  naiveExpire,
  naiveFinal,
  naivePaid,
  naiveRequest,
} from './naiveWithdrawals.ts';
import { createRandom, type Random } from './random.ts';
import { listNaive } from './twoEngines.ts';

const USERS = ['ann', 'ben', 'cat', 'dan', 'eve', 'fay'].map(addressOf);
const BOOKS = [ETH_USD, MEME_USD];

export interface Pair {
  exchange: TestExchange;
  readonly naive: Naive;
  readonly random: Random;
  /** Ids of orders that rested at some time; most of them are gone. */
  readonly orderIds: { id: number; account: Address; subaccount: number }[];
  /** Withdrawals that were asked for. */
  readonly requests: { chainId: number; account: Address; nonce: bigint }[];
  nonce: number;
  /** Codes and event types that have been seen, and how often. */
  readonly seen: Map<string, number>;
}

export function createPair(seed: number): Pair {
  const exchange = openExchange();
  const naive = createNaive();
  for (const token of Object.values(TOKENS)) naive.tokens.set(`${token.chainId}:${token.token}`, token);
  for (const chainId of [HOME, SECOND]) naive.registries.set(chainId, REGISTRY);
  listNaive(naive);
  return { exchange, naive, random: createRandom(seed), orderIds: [], requests: [], nonce: 0, seen: new Map() };
}

function note({ seen }: Pair, what: string): void {
  seen.set(what, (seen.get(what) ?? 0) + 1);
}

/** Results of a batch without the numbers that explain a refusal. */
function itemsOf({ result }: Outcome) {
  if (result.code !== 'ok') return result.code;
  return (result.items ?? []).map((item) => {
    const { details: _, ...rest } = item as { details?: unknown };
    return rest;
  });
}

export function compareBalances({ exchange, naive }: Pair): void {
  const { ledger } = exchange.state.exchange;
  for (const asset of ledger.assets) {
    for (let account = 0; account < ledger.accountCount; account++) {
      const key = `${ownerOf(ledger.addresses[account] as Address, ledger.subaccounts[account] as number)}|${asset.id}`;
      const reserved = BigInt(asset.reserved[account] as number) * asset.unitWad;
      if (
        balanceWad(asset, account) !== (naive.balances.get(key) ?? 0n) ||
        reserved !== (naive.reserved.get(key) ?? 0n)
      ) {
        expect.fail(`the balances of ${key} differ`);
      }
    }
  }
  for (const token of ledger.tokens.values()) {
    expect(token.holdings).toBe(naive.holdings.get(`${token.chainId}:${token.token}`) ?? 0n);
  }
}

// One random command each, to both; answers the fast one's events.

function randomDeposit({ exchange, naive, random }: Pair): CoreEvent[] {
  // Mostly at home, so that the other vaults run low.
  const token = random.pick(Object.values(TOKENS).filter(({ chainId }) => chainId === HOME || random.below(4) === 0));
  const account = random.pick(USERS);
  const subaccount = random.below(3) === 0 ? 7 : 0;
  const scale = 10n ** BigInt(token.decimals);
  const whole = token.asset === USD ? 5_000n : token.asset === ETH ? 2n : 40_000n;
  const amount = (BigInt(random.below(1_000_000) + 1) * whole * scale) / 1_000_000n + BigInt(random.below(1000));
  const { events } = deposit(exchange, token, account, amount, subaccount);
  naiveDeposit(naive, { ...token, account, subaccount, amount });
  naiveExpire(naive, token.chainId, Math.floor(exchange.time / 1000));
  return events.filter(({ type }) => type !== 'credited');
}

function randomBatch(pair: Pair): CoreEvent[] {
  const { exchange, naive, random, orderIds } = pair;
  const actions = Array.from({ length: 1 + random.below(4) }, () => randomAction(pair));
  const makersFirst = random.below(2) === 0;
  const outcome = batch(exchange, actions, { makersFirst });
  const expected = naiveBatch(naive, { sequence: exchange.sequence, time: exchange.time, actions, makersFirst });
  expect(itemsOf(outcome)).toEqual(expected);
  for (const item of expected) note(pair, item.code);
  for (const event of outcome.events) {
    if (event.type === 'orderRested') orderIds.push({ id: event.orderId, ...addressAndSub(event.account) });
  }
  if (orderIds.length > 200) orderIds.splice(0, 100);
  return [...outcome.events];
}

function addressAndSub({ address, subaccount }: { address: Address; subaccount: number }) {
  return { account: address, subaccount };
}

function randomAction({ random, orderIds }: Pair): Action {
  const account = random.below(40) === 0 ? addressOf('stranger') : random.pick(USERS);
  const subaccount = random.below(4) === 0 ? 7 : 0;
  const dice = random.below(100);
  if (dice < 70) return randomOrder(random, account, subaccount);
  if (dice < 90 && orderIds.length > 0) {
    const order = random.pick(orderIds.slice(random.below(4) === 0 ? 0 : -25));
    const more = random.below(10) === 0 ? { book: random.pick([1, 2, 3]) } : {};
    return cancel(order.account, order.id, { subaccount: order.subaccount, ...more });
  }
  if (dice < 96) return cancel(account, 0, { subaccount, clientId: random.below(20) });
  if (dice < 97 && random.below(4) === 0) return cancelAll(account, random.pick([0, 0, 1, 2, 9]), { subaccount });
  return { ...place(account, 1, 0, 1, 1), kind: random.pick([3, ACTION_CANCEL_ALL_AFTER, 17]) };
}

function randomOrder(random: Random, account: Address, subaccount: number): Action {
  const book = random.below(50) === 0 ? 9 : random.pick(BOOKS);
  const middle = book === ETH_USD ? 200_000 : 100;
  const width = book === ETH_USD ? 40 : 12;
  const side = random.below(2) as Side;
  // Mostly on the own side of the middle; about one in four crosses it.
  const distance = random.below(width) - Math.floor(width / 4);
  let price = side === BUY ? middle - distance : middle + distance;
  if (random.below(60) === 0) price = random.pick([0, 1, 2, 2 ** 20, 2 ** 31, 2 ** 40, 2 ** 53 - 1, 900_000]);
  let quantity = 1 + random.below(random.pick([3, 30, 3000]));
  if (random.below(100) === 0) quantity = random.pick([0, 2 ** 33, 2 ** 53 - 1]);
  return place(account, book, side, price, quantity, {
    subaccount,
    timeInForce: random.below(30) === 0 ? random.below(5) : random.pick([0, 0, 0, 2]),
    flags: random.below(50) === 0 ? 1 : 0,
    clientId: random.below(3) === 0 ? random.below(20) : 0,
    maxFeePpm: random.below(20) === 0 ? random.pick([100, 300, 500, 2_000]) : 0,
    expiry: random.below(100) === 0 ? 5 : 0,
  });
}

function randomRequest(pair: Pair): CoreEvent[] {
  const { exchange, naive, random } = pair;
  const token = random.pick(Object.values(TOKENS));
  const nonce = BigInt(++pair.nonce);
  const known = random.below(12) === 0 ? pair.requests.at(-1 - random.below(10)) : undefined;
  const request = {
    type: 'requestWithdrawal' as const,
    time: exchange.time,
    subaccount: random.below(4) === 0 ? 7 : 0,
    ...(known ?? { account: random.pick(USERS), chainId: random.below(40) === 0 ? 5 : token.chainId, nonce }),
    token: random.below(40) === 0 ? addressOf('junk') : token.token,
    amount:
      (BigInt(random.below(40) === 0 ? 0 : random.below(1_000_000)) * 10n ** BigInt(token.decimals)) /
      BigInt(random.pick([1, 1000, 500_000])),
    recipient: random.below(40) === 0 ? random.pick([ZERO_ADDRESS, REGISTRY]) : random.pick(USERS),
    deadline: exchange.time + random.pick([60_000, 60_000, 3_600_000, -1, 7 * 86_400_000 + 1]),
  };
  const outcome = apply(exchange, request);
  expect(outcome.result.code).toBe(naiveRequest(naive, request));
  note(pair, outcome.result.code);
  const { account, chainId } = request;
  if (chainId !== 5) pair.requests.push({ chainId, account, nonce: request.nonce });
  return [...outcome.events];
}

function randomEnd(pair: Pair): CoreEvent[] {
  const { exchange, naive, random, requests } = pair;
  const { state } = exchange;
  const posted = [...Array(state.cutNumber).keys()].flatMap((number) => withdrawalsOfCheckpoint(state, number + 1));
  const known = requests.at(-1 - random.below(6)) ?? { chainId: HOME, account: random.pick(USERS), nonce: 0n };
  const dice = random.below(10);
  if (dice < 3) {
    const cancelCommand = { type: 'cancelWithdrawal' as const, time: exchange.time, ...known };
    const outcome = apply(exchange, cancelCommand);
    expect(outcome.result.code).toBe(naiveCancelQueued(naive, cancelCommand));
    note(pair, outcome.result.code);
    return [...outcome.events];
  }
  if (dice < 5 || posted.length === 0) {
    naiveCancelledOnChain(naive, known);
    const { events } = registryLog(exchange, known.chainId, [{ type: 'withdrawalCancelled', ...known }]);
    naiveExpire(naive, known.chainId, Math.floor(exchange.time / 1000));
    return [...events];
  }
  const { chainId, message } = random.pick(posted);
  naivePaid(naive, { chainId, account: message.account, nonce: message.nonce });
  const { events } = registryLog(exchange, chainId, [{ type: 'withdrawn', ...message }]);
  naiveExpire(naive, chainId, Math.floor(exchange.time / 1000));
  return [...events];
}

function randomCheckpoint({ exchange, naive, random }: Pair): CoreEvent[] {
  const { state } = exchange;
  if (random.below(2) === 0 || state.finalNumber === state.cutNumber) {
    naiveCut(naive, exchange.time);
    return [...apply(exchange, { type: 'cutCheckpoint' }).events];
  }
  const number = state.finalNumber + 1;
  naiveFinal(naive, number);
  const hashes = { parent: hashOf(1), stateHash: hashOf(2), payloadHash: hashOf(3), withdrawalsHash: hashOf(4) };
  const { events } = log(exchange, { chainId: HOME, contract: GENESIS.checkpointer }, [
    { type: 'checkpointed', number, epoch: 1, ...hashes, settlementsHash: hashOf(5), journalIndex: 9 },
  ]);
  return events.filter(({ type }) => type !== 'checkpointFinal');
}

function randomBookChange({ exchange, naive, random }: Pair): CoreEvent[] {
  const id = random.pick(BOOKS);
  const change = {
    makerFeePpm: random.pick([0, 200, 1_000, 999_999]),
    takerFeePpm: random.pick([0, 500, 1_000, 33_333]),
    status: random.pick([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3]),
  };
  naiveChangeBook(naive, { id, ...change });
  const { events } = directoryLog(exchange, [{ type: 'bookChanged', book: id, ...change }]);
  return events.filter(({ type }) => type !== 'directoryChanged');
}

/** One more command, of a random kind. */
export function randomCommand(pair: Pair): void {
  const { exchange, random } = pair;
  exchange.time += random.below(20) === 0 ? random.below(40_000_000) : random.below(500);
  naiveExpireOrders(pair.naive, exchange.time);
  const dice = random.below(1000);
  const events =
    dice < 40
      ? randomDeposit(pair)
      : dice < 880
        ? randomBatch(pair)
        : dice < 940
          ? randomRequest(pair)
          : dice < 975
            ? randomEnd(pair)
            : dice < 996
              ? randomCheckpoint(pair)
              : randomBookChange(pair);
  expect(events).toEqual(takeEvents(pair.naive));
  for (const event of events) note(pair, event.type === 'withdrawalChanged' ? event.status : event.type);
}
