// Random order flow for two engines: every kind of order, a few users who often meet themselves, books whose terms change,
// and now and then a field that is nonsense. Seeded; what it draws next depends only on the seed and on what rested.
import {
  ACTION_AMEND,
  ACTION_CANCEL_ALL_AFTER,
  type Action,
  type Address,
  BUY,
  FILL_OR_KILL,
  GOOD_TILL_TIME,
  IMMEDIATE_OR_CANCEL,
  POST_ONLY,
  QUOTE_BUDGET,
  REDUCE_ONLY,
  SELF_TRADE_SHIFT,
  type Side,
} from '../../src/core/commands.ts';
import type { CoreEvent } from '../../src/core/events.ts';
import {
  addressOf,
  cancel,
  cancelAll,
  ETH,
  ETH_USD,
  INSURANCE,
  MEME,
  MEME_USD,
  NO_LIMIT,
  place,
  USD,
} from './exchange.ts';
import { createRandom, type Random } from './random.ts';
import {
  createMarket,
  MARKET_MAKER,
  MARKET_MAKERS_DOLLARS,
  type Market,
  middleOf,
  type Scene,
  USUAL_PRICES,
} from './randomMarket.ts';
import type { Op } from './twoEngines.ts';

const USERS = ['ann', 'ben', 'cat', 'dan', 'eve', 'fay'].map(addressOf);
/** Who trades on margin: now this one, now that one. */
const MARGIN_TRADERS = USERS.slice(4);
/** Who does so only where it may go wrong. */
const SPECULATORS = ['gil', 'hal', 'ida', 'jon'].map(addressOf);
const TIERS = [1, 2, 3];
/** Weights are so many millionths from 1, or now and then a little less or more. */
const RISKS = [
  { asset: ETH, init: 200_000, maint: 100_000 },
  { asset: USD, init: 0, maint: 0 },
  { asset: MEME, init: 600_000, maint: 300_000 },
];
const BOOKS = [ETH_USD, MEME_USD];
const MAX_ACTIONS = 32;
const REMEMBERED = 200;
/** Values at and beyond the ranges of all fields. */
const STRANGE = [
  -1,
  0.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  3,
  5,
  31,
  32,
  255,
  256,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
];
const FIELDS = [
  ...(['kind', 'subaccount', 'book', 'side', 'timeInForce', 'flags', 'price', 'quantity'] as const),
  ...(['orderId', 'clientId', 'expiry', 'maxFeePpm'] as const),
];

interface Known {
  readonly id: number;
  readonly account: Address;
  readonly subaccount: number;
  readonly price: number;
}

export interface OrderFlow {
  next(): Op;
  /** Remembers the orders that came to rest, to cancel and amend them later. */
  learn(events: readonly CoreEvent[]): void;
}

export function createOrderFlow(seed: number): OrderFlow {
  const random = createRandom(seed);
  const known: Known[] = [];
  let sequence = 10;
  let time = 1_700_000_000_000;
  let deposits = 0;
  let priced = 0;
  let nonce = 0;
  const market = createMarket(random);
  const episode: Scene[] = [];
  const setup: object[] = [
    ...TIERS.map((tier) => ({ type: 'creditTier', tier, debtLimit: NO_LIMIT })),
    ...RISKS.map((risk) => randomRisk(random, risk)),
    ...MARGIN_TRADERS.map((account) => ({ type: 'credit', account, subaccount: 0, tier: 1 })),
    ...[...USUAL_PRICES].map(([asset, price]) => {
      const units = (BigInt(MARKET_MAKERS_DOLLARS) * 10n ** 24n) / price;
      return { type: 'deposit', account: MARKET_MAKER, subaccount: 0, asset, units };
    }),
  ];

  return {
    next() {
      sequence += 1 + random.below(3);
      const scene = setup.length === 0 ? episode.shift() : undefined;
      time += scene?.afterMs ?? (random.below(50) === 0 ? random.below(20_000) : random.below(40));
      return { sequence, time, ...(scene === undefined ? randomOp() : played(scene)) } as Op;
    },
    learn(events) {
      for (const event of events) {
        if (event.type !== 'orderRested') continue;
        const { address, subaccount } = event.account;
        known.push({ id: event.orderId, account: address, subaccount, price: event.price });
      }
      if (known.length > 2 * REMEMBERED) known.splice(0, known.length - REMEMBERED);
    },
  };

  function randomOp(): object {
    const listed = setup.shift();
    if (listed !== undefined) return listed;
    // Everybody has something at first; later deposits make up for fees.
    if (deposits < 60 || random.below(100) === 0) {
      deposits++;
      return randomDeposit(random);
    }
    const dice = random.below(1000);
    if (dice < 12) return randomBookChange(random);
    if (dice < 20) return { type: 'tick' };
    if (dice < 21) return { type: 'executorLost' };
    if (dice < 24) return randomCredit(random);
    if (dice < 27) return randomRisk(random, random.pick(RISKS));
    if (dice < 42) return randomPrices();
    if (dice < 52) return randomWithdrawal();
    if (dice < 54) return { type: 'cut' };
    if (dice < 62) episode.push(...market.episode([...MARGIN_TRADERS, ...SPECULATORS]));
    return randomBatch();
  }

  function played({ op }: Scene): object {
    if (op === 'prices') return randomPrices();
    if (op === 'batch') return randomBatch();
    if (op === 'withdraw') return randomWithdrawal();
    return op();
  }

  function randomPrices(): object {
    if (time === priced) return { type: 'tick' };
    priced = time;
    return { type: 'prices', prices: market.look() };
  }

  /** Of a new request, or of one that was made before. */
  function randomWithdrawal(): object {
    const account = random.pick([...USERS, ...SPECULATORS]);
    if (random.below(3) === 0) return { type: 'takeBack', account, nonce: BigInt(nonce - random.below(6)) };
    const asset = random.pick([ETH, USD, MEME]);
    const units = BigInt(10 * (1 + random.below(10 ** (2 + random.below(7)))));
    nonce += random.below(8) === 0 ? 0 : 1;
    return { type: 'withdraw', account, subaccount: random.below(4) === 0 ? 7 : 0, asset, units, nonce: BigInt(nonce) };
  }

  function randomBatch(): object {
    const actions = Array.from({ length: 1 + random.below(MAX_ACTIONS) }, () => randomAction());
    return { type: 'batch', makersFirst: random.below(3) === 0, actions };
  }

  function randomAction(): Action {
    const account = random.below(60) === 0 ? random.pick([addressOf('stranger'), INSURANCE]) : random.pick(USERS);
    const subaccount = random.below(4) === 0 ? 7 : 0;
    const action = sensibleAction(account, subaccount);
    if (random.below(50) !== 0) return action;
    return { ...action, [random.pick(FIELDS)]: random.pick(STRANGE) };
  }

  function sensibleAction(account: Address, subaccount: number): Action {
    const dice = random.below(1000);
    if (dice < 640) return randomOrder(random, { account, subaccount, time, market });
    const order = known[known.length - 1 - random.below(random.pick([8, 40, REMEMBERED]))];
    if (dice < 800 && order !== undefined) {
      return cancel(order.account, order.id, {
        subaccount: order.subaccount,
        book: random.below(10) === 0 ? random.pick(BOOKS) : 0,
      });
    }
    if (dice < 840) return cancel(account, 0, { subaccount, clientId: random.below(20) });
    if (dice < 980) return randomAmend(random, { account, subaccount }, order);
    if (dice < 984) return cancelAll(account, random.pick([0, 0, 1, 2, 9]), { subaccount });
    const expiry = random.pick([0, 0, 0, 0, 1, 500, 30_000, 60_000]);
    return { ...place(account, 0, BUY, 0, 0), kind: ACTION_CANCEL_ALL_AFTER, subaccount, expiry };
  }
}

function randomDeposit(random: Random): object {
  // Less than a unit is kept as dust.
  if (random.below(8) === 0) {
    const dust = BigInt(random.below(10 ** 6));
    return { type: 'deposit', account: random.pick(USERS), subaccount: 0, asset: MEME, units: 10n, dust };
  }
  if (random.below(8) === 0) {
    const units = BigInt(10 * (1 + random.below(20_000_000)));
    return { type: 'deposit', account: INSURANCE, subaccount: 0, asset: random.pick([USD, USD, MEME]), units };
  }
  const asset = random.pick([ETH, USD, MEME]);
  const whole = asset === USD ? 2_000_000_000 : asset === ETH ? 1_000_000_000 : 2_000_000;
  return {
    type: 'deposit',
    account: random.pick(USERS),
    subaccount: random.below(3) === 0 ? 7 : 0,
    asset,
    units: BigInt(10 * (1 + random.below(whole / 10))),
  };
}

function randomCredit(random: Random): object {
  if (random.below(2) === 0) {
    const debtLimit = random.pick([0n, 500_000_000n, 4_000_000_000n, 20_000_000_000n, NO_LIMIT]);
    return { type: 'creditTier', tier: random.pick(TIERS), debtLimit };
  }
  const subaccount = random.below(4) === 0 ? 7 : 0;
  return {
    type: 'credit',
    account: random.pick(MARGIN_TRADERS),
    subaccount,
    tier: random.pick([0, ...TIERS, ...TIERS]),
  };
}

/** Thousands of dollars, or no limit at all; a cap is a few thousand dollars' worth. */
function randomRisk(random: Random, { asset, init, maint }: (typeof RISKS)[number]): object {
  const start = () => random.pick([0n, 1_000_000_000n, 5_000_000_000n, 50_000_000_000n, NO_LIMIT, NO_LIMIT]);
  const thousand = (1_000_000_000n * 10n ** 18n) / (USUAL_PRICES.get(asset) as bigint);
  const borrowCap = random.pick([0n, thousand, 5n * thousand, 50n * thousand, NO_LIMIT, NO_LIMIT]);
  const liquidationFeePpm = asset === USD ? 0 : random.pick([0, 20_000, 50_000]);
  const scale = { depositScaleStart: start(), borrowScaleStart: start(), borrowCap, liquidationFeePpm };
  const more = asset === USD ? 0 : random.pick([0, 0, 0, -30_000, 50_000]);
  return { type: 'risk', asset, init: init + more, maint: maint + more, ...scale };
}

function randomBookChange(random: Random): object {
  return {
    type: 'book',
    book: random.pick(BOOKS),
    makerFeePpm: random.pick([0, 200, 1_000, 33_333]),
    takerFeePpm: random.pick([0, 500, 1_000, 33_333]),
    status: random.below(8) === 0 ? random.pick([1, 2, 3]) : 0,
  };
}

/** Mostly on the own side of the middle; about one in four crosses it. */
function randomPrice(random: Random, { factorOf }: Market, book: number, side: Side): number {
  const middle = middleOf(factorOf, book);
  const width = book === ETH_USD ? 40 : 12;
  const distance = random.below(width) - Math.floor(width / 4);
  if (random.below(100) === 0) return random.pick([0, 1, 2, 2 ** 20, 2 ** 31, 2 ** 40, 2 ** 53 - 1, 900_000]);
  return side === BUY ? middle - distance : middle + distance;
}

function randomOrder(
  random: Random,
  {
    account,
    subaccount,
    time,
    market,
  }: { readonly account: Address; readonly subaccount: number; readonly time: number; readonly market: Market },
): Action {
  const book = random.below(60) === 0 ? 9 : random.pick(BOOKS);
  const side = random.below(2) as Side;
  const timeInForce = random.pick([0, 0, 0, GOOD_TILL_TIME, IMMEDIATE_OR_CANCEL, FILL_OR_KILL]);
  const isBudget = timeInForce === IMMEDIATE_OR_CANCEL && random.below(2) === 0;
  const postOnly = timeInForce <= GOOD_TILL_TIME && random.below(4) === 0 ? POST_ONLY : 0;
  const rare = random.below(80) === 0 ? random.pick([POST_ONLY, REDUCE_ONLY, QUOTE_BUDGET]) : 0;
  const reduces = timeInForce >= IMMEDIATE_OR_CANCEL && !isBudget && random.below(4) === 0 ? REDUCE_ONLY : 0;
  const quantity = 1 + random.below(random.pick([3, 30, 3_000]));
  const price = randomPrice(random, market, book, side);
  return place(account, book, side, isBudget && random.below(2) === 0 ? 0 : price, quantity, {
    subaccount,
    timeInForce,
    flags:
      (isBudget ? QUOTE_BUDGET : 0) | postOnly | rare | reduces | (random.pick([0, 0, 1, 2, 3]) << SELF_TRADE_SHIFT),
    ...(isBudget ? { quantity: quantity * (book === ETH_USD ? 20_000 : 10) } : {}),
    ...(random.below(150) === 0 ? { quantity: random.pick([0, 2 ** 33, 2 ** 53 - 1]) } : {}),
    clientId: random.below(3) === 0 ? random.below(20) : 0,
    maxFeePpm: random.below(20) === 0 ? random.pick([100, 300, 500, 2_000]) : 0,
    expiry: timeInForce === GOOD_TILL_TIME ? time + random.below(4_000) - 20 : random.below(100) === 0 ? 5 : 0,
  });
}

function randomAmend(
  random: Random,
  { account, subaccount }: { readonly account: Address; readonly subaccount: number },
  order: Known | undefined,
): Action {
  const byClientId = order === undefined || random.below(4) === 0;
  const price = random.pick([0, order?.price ?? 0, (order?.price ?? 1) + random.below(9) - 4]);
  const name = byClientId
    ? { account, subaccount, clientId: random.below(20) }
    : { account: order.account, subaccount: order.subaccount, orderId: order.id };
  return {
    ...place(
      account,
      random.below(10) === 0 ? random.pick(BOOKS) : 0,
      BUY,
      price,
      random.pick([0, 1 + random.below(30), 1 + random.below(3_000)]),
    ),
    kind: ACTION_AMEND,
    ...name,
    flags: random.below(5) === 0 ? POST_ONLY : 0,
    maxFeePpm: random.below(20) === 0 ? random.pick([100, 500, 2_000]) : 0,
  };
}
