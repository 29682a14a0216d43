// The fast engine and the naive one behind the same door, so that one suite can be run on either and both can be compared.
import { createHash } from 'node:crypto';
import type { Action, Address } from '../../src/core/commands.ts';
import { BATCH_LIMIT, BUY, SELL } from '../../src/core/commands.ts';
import type { ActionResult, CoreEvent, Outcome } from '../../src/core/events.ts';
import { reserveOf } from '../../src/core/exchange.ts';
import { validateInternalState } from '../../src/core/invariants.ts';
import { balanceWad } from '../../src/core/ledger.ts';
import { withdrawalStop } from '../../src/core/margin/bankruptcy.ts';
import { ordersOf } from '../../src/core/orderBook.ts';
import { orderAt } from '../../src/core/orderPool.ts';
import { decodeEngine, encodeEngine, engineHash } from '../../src/core/snapshot.ts';
import { LOST_LIMIT } from '../../src/core/step.ts';
import { timeOf } from '../../src/core/timers.ts';
import {
  apply,
  batch,
  deposit,
  directoryLog,
  ETH,
  ETH_USD,
  EXECUTOR,
  FEES,
  GENESIS,
  HOME,
  INSURANCE,
  MEME,
  MEME_USD,
  openExchange,
  REGISTRY,
  riskListing,
  SECOND,
  TOKENS,
  USD,
} from './exchange.ts';
import { createNaive, type Naive, type NaiveBook, naiveFeeAccount, ownerOf, takeEvents } from './naiveEngine.ts';
import { naiveLiquidate, naiveStop } from './naiveLiquidation.ts';
import { naiveLookAtAll, naivePrices } from './naiveMargin.ts';
import {
  naiveBatch,
  naiveChangeBook,
  naiveCredit,
  naiveExpireOrders,
  naiveListBook,
  naiveLoseExecutor,
} from './naiveOrders.ts';
import { naiveCancelQueued, naiveCut, naiveDeposit, naiveExpire, naiveRequest } from './naiveWithdrawals.ts';

/** What an asset is scaled and capped at. */
interface Scale {
  readonly depositScaleStart: bigint;
  readonly borrowScaleStart: bigint;
  readonly borrowCap: bigint;
  readonly liquidationFeePpm: number;
}

/** One command to an engine. `sequence` grows; `time` in milliseconds, never smaller than before. */
export type Op = { readonly sequence: number; readonly time: number } & (
  | {
      readonly type: 'deposit';
      readonly account: Address;
      readonly subaccount: number;
      readonly asset: number;
      readonly units: bigint;
      /** More of MEME, in 10⁻⁹ of it: less than a ledger unit, from the second chain. */
      readonly dust?: bigint;
    }
  | {
      readonly type: 'withdraw';
      readonly account: Address;
      readonly subaccount: number;
      readonly asset: number;
      readonly units: bigint;
      readonly nonce: bigint;
    }
  | { readonly type: 'takeBack'; readonly account: Address; readonly nonce: bigint }
  | { readonly type: 'cut' }
  | {
      readonly type: 'book';
      readonly book: number;
      readonly makerFeePpm: number;
      readonly takerFeePpm: number;
      readonly status: number;
    }
  | { readonly type: 'prices'; readonly prices: readonly { asset: number; bid: bigint; ask: bigint }[] }
  | ({ readonly type: 'risk'; readonly asset: number; readonly init: number; readonly maint: number } & Scale)
  | { readonly type: 'creditTier'; readonly tier: number; readonly debtLimit: bigint }
  | { readonly type: 'credit'; readonly account: Address; readonly subaccount: number; readonly tier: number }
  | { readonly type: 'batch'; readonly makersFirst: boolean; readonly actions: readonly Action[] }
  | { readonly type: 'tick' }
  | { readonly type: 'executorLost' }
);

export interface OpResult {
  /** Of a batch, or one of anything else that may be refused; without the numbers that explain it. */
  readonly items: readonly ActionResult[];
  readonly events: readonly CoreEvent[];
}

export interface TradingEngine {
  readonly name: string;
  /** `fast`: what the fast engine answered, for what only its rounding decides. */
  apply(op: Op, fast?: OpResult): OpResult;
  /** How often that was. */
  roundings(): number;
  /** The whole state of trading, line by line: books, orders in their priority, balances, reserves, switches. */
  rows(): string[];
  /** Throws when the state contradicts itself. */
  validate(): void;
  /** Goes on from what would have been saved. */
  restart(): void;
}

/** One hash over `rows`. */
export function hashRows(rows: readonly string[]): string {
  return createHash('sha256').update(rows.join('\n')).digest('hex');
}

const ASSETS = [
  { id: ETH, symbol: 'ETH', ledgerDecimals: 9, token: TOKENS.ethHome },
  { id: USD, symbol: 'USD', ledgerDecimals: 6, token: TOKENS.usdHome },
  { id: MEME, symbol: 'MEME', ledgerDecimals: 3, token: TOKENS.memeHome },
];

/** So long a request may be taken. */
const REQUEST_MS = 60_000;

/** Atoms of the token at home that make so many units. MEME has fewer decimals there: only whole tens of its units. */
function atomsOf(asset: number, units: bigint): bigint {
  const { ledgerDecimals, token } = ASSETS.find(({ id }) => id === asset) as (typeof ASSETS)[number];
  return (units * 10n ** BigInt(token.decimals)) / 10n ** BigInt(ledgerDecimals);
}

function tokenOf(asset: number) {
  return (ASSETS.find(({ id }) => id === asset) as (typeof ASSETS)[number]).token;
}

/** Where a deposit comes in, and its atoms. */
function depositOf({ asset, units, dust }: Op & { readonly type: 'deposit' }) {
  if (dust === undefined) return { token: tokenOf(asset), amount: atomsOf(asset, units) };
  return { token: TOKENS.memeSecond, amount: units * 10n ** 6n + dust };
}

function requestOf(op: Op & { readonly type: 'withdraw' }) {
  const { account, subaccount, asset, units, nonce, time } = op;
  const { chainId, token } = tokenOf(asset);
  const amount = atomsOf(asset, units);
  const deadline = time + REQUEST_MS;
  const request = { account, subaccount, chainId, token, amount, recipient: account, nonce, deadline };
  return { type: 'requestWithdrawal', ...request } as const;
}

function withoutDetails(item: ActionResult): ActionResult {
  const { details: _, ...rest } = item as { details?: unknown };
  return rest as ActionResult;
}

/** A line per order; `null` for what an order does not have. */
function orderRow(order: {
  readonly id: number;
  readonly owner: string;
  readonly side: number;
  readonly price: number | bigint;
  readonly remaining: number | bigint;
  readonly quantity: number | bigint;
  readonly feeLimitPpm: number | bigint;
  readonly postOnly: boolean;
  readonly selfTrade: number;
  readonly expiry: number;
  readonly clientId: number;
  readonly first: readonly [number, number] | null;
  readonly reserve: number | bigint;
}): string {
  const { id, owner, side, price, remaining, quantity, feeLimitPpm, postOnly, selfTrade, expiry, clientId, first } =
    order;
  const terms = [feeLimitPpm, postOnly, selfTrade, expiry, clientId, first].join(' ');
  return `order ${id} ${owner} ${side} ${price} ${remaining}/${quantity} ${terms} ${order.reserve}`;
}

function answered({ result, events }: Outcome): OpResult {
  return { items: [{ code: result.code } as ActionResult], events };
}

// The fast one.

function listingOf(op: Op & { readonly type: 'risk' | 'creditTier' | 'credit' }) {
  switch (op.type) {
    case 'risk': {
      const { depositScaleStart, borrowScaleStart, borrowCap, liquidationFeePpm } = op;
      const scale = { depositScaleStart, borrowScaleStart, borrowCap, liquidationFeePpm };
      return riskListing(op.asset, op, scale);
    }
    case 'creditTier':
      return { type: 'creditTierChanged', tier: op.tier, debtLimit: op.debtLimit } as const;
    case 'credit':
      return { ...op, type: 'accountCreditChanged' } as const;
  }
}

export function createFast(): TradingEngine {
  const exchange = openExchange();

  function applyOne(op: Op): OpResult {
    exchange.sequence = op.sequence - 1;
    exchange.time = op.time;
    exchange.commands.length = 0;
    switch (op.type) {
      case 'deposit': {
        const { token, amount } = depositOf(op);
        const { events } = deposit(exchange, token, op.account, amount, op.subaccount);
        return { items: [], events: events.filter(({ type }) => type !== 'credited') };
      }
      case 'book': {
        const { makerFeePpm, takerFeePpm, status } = op;
        const change = { type: 'bookChanged' as const, book: op.book, makerFeePpm, takerFeePpm, status };
        const { events } = directoryLog(exchange, [change]);
        return { items: [], events: events.filter(({ type }) => type !== 'directoryChanged') };
      }
      case 'batch': {
        const { result, events } = batch(exchange, op.actions, { makersFirst: op.makersFirst });
        if (result.code !== 'ok') throw new Error(`the batch was refused: ${result.code}`);
        return { items: (result.items ?? []).map(withoutDetails), events };
      }
      case 'prices': {
        const prices = op.prices.map((price) => ({ ...price, time: op.time, confidencePpm: 0 }));
        const { events } = apply(exchange, { type: 'prices', prices });
        return { items: [], events: events.filter(({ type }) => type !== 'priceChanged') };
      }
      case 'risk':
      case 'creditTier':
      case 'credit': {
        const { events } = directoryLog(exchange, [listingOf(op)]);
        return { items: [], events: events.filter(({ type }) => type !== 'directoryChanged') };
      }
      case 'withdraw':
        return answered(apply(exchange, requestOf(op)));
      case 'takeBack':
        return answered(
          apply(exchange, { type: 'cancelWithdrawal', chainId: HOME, account: op.account, nonce: op.nonce }),
        );
      case 'cut':
        return answered(apply(exchange, { type: 'cutCheckpoint' }));
      case 'tick':
        return { items: [], events: apply(exchange, { type: 'tick' }).events };
      case 'executorLost':
        return { items: [], events: apply(exchange, { type: 'executorLost', executor: EXECUTOR }).events };
    }
  }

  function bookRows(): string[] {
    const { books, orders } = exchange.state.exchange;
    return books.flatMap((book) => [
      `book ${book.id} ${book.makerFeePpm} ${book.takerFeePpm} ${book.status}`,
      ...[BUY, SELL].flatMap((side) =>
        [...ordersOf(orders, book, side)].map((slot) => {
          const order = orderAt(orders, slot);
          const { account, price, remaining, feeLimitPpm, clientId, firstFilled, firstRemaining } = order;
          return orderRow({
            ...order,
            owner: ownerAt(account),
            first: clientId === 0 ? null : [firstFilled, firstRemaining],
            reserve: reserveOf(book, side, price, remaining, feeLimitPpm),
          });
        }),
      ),
    ]);
  }

  function ownerAt(account: number): string {
    const { addresses, subaccounts } = exchange.state.exchange.ledger;
    return `${addresses[account]}/${subaccounts[account]}`;
  }

  return {
    name: 'fast',
    apply: applyOne,
    rows() {
      const { ledger, deadManSwitches } = exchange.state.exchange;
      const accounts = Array.from({ length: ledger.accountCount }, (_, account) => {
        const balances = ledger.assets.map((asset) => {
          const reserved = BigInt(asset.reserved[account] as number) * asset.unitWad;
          return `${asset.id}: ${balanceWad(asset, account)} ${reserved}`;
        });
        return `${ownerAt(account)} ${balances.join(', ')}, switch ${timeOf(deadManSwitches, account)}`;
      });
      const { liquidations } = exchange.state.exchange.margin;
      const liquidated = [...liquidations].map(
        ([account, { bankruptSince }]) => `liquidated ${ownerAt(account)} ${bankruptSince}`,
      );
      return [...bookRows(), ...accounts, ...liquidated, `stopped: ${withdrawalStop(exchange.state.exchange)}`];
    },
    roundings: () => 0,
    validate: () => validateInternalState(exchange.state),
    restart() {
      const restored = decodeEngine(encodeEngine(exchange.state), GENESIS);
      if (engineHash(restored) !== engineHash(exchange.state)) throw new Error('a restart changed the engine');
      exchange.state = restored;
    },
  };
}

// The naive one.

/** With the listings of `openExchange`. */
export function listNaive(naive: Naive): void {
  for (const { id, symbol, ledgerDecimals } of ASSETS) naive.assets.set(id, { id, symbol, ledgerDecimals });
  naiveListBook(naive, { id: ETH_USD, base: ETH, quote: USD, lotSize: 1_000_000, tickSize: 10 });
  naiveChangeBook(naive, { id: ETH_USD, makerFeePpm: 200, takerFeePpm: 500, status: 0 });
  naiveListBook(naive, { id: MEME_USD, base: MEME, quote: USD, lotSize: 1, tickSize: 1 });
  naiveChangeBook(naive, { id: MEME_USD, makerFeePpm: 1_000, takerFeePpm: 1_000, status: 0 });
  naiveFeeAccount(naive, FEES);
  naive.insurance = ownerOf(INSURANCE, 0);
  naive.owners.add(naive.insurance);
}

export function createNaiveEngine(): TradingEngine {
  const naive = createNaive();
  for (const token of Object.values(TOKENS)) naive.tokens.set(`${token.chainId}:${token.token}`, token);
  for (const chainId of [HOME, SECOND]) naive.registries.set(chainId, REGISTRY);
  listNaive(naive);

  function applyOne(op: Op, fast: OpResult | undefined): readonly ActionResult[] {
    naive.now = op.time;
    naiveExpireOrders(naive, op.time);
    switch (op.type) {
      case 'deposit': {
        const { token, amount } = depositOf(op);
        naiveDeposit(naive, { ...op, ...token, amount });
        naiveExpire(naive, token.chainId, Math.floor(op.time / 1000));
        return [];
      }
      case 'withdraw':
        return [{ code: naiveRequest(naive, { ...requestOf(op), time: op.time }) } as ActionResult];
      case 'takeBack': {
        const { account, nonce, time } = op;
        const code = naiveCancelQueued(naive, { type: 'cancelWithdrawal', chainId: HOME, account, nonce, time });
        return [{ code } as ActionResult];
      }
      case 'cut':
        naiveCut(naive, op.time);
        return [{ code: 'ok' } as ActionResult];
      case 'book':
        naiveChangeBook(naive, { ...op, id: op.book });
        return [];
      case 'prices':
        naivePrices(naive, op);
        return [];
      case 'risk':
        naive.risks.set(op.asset, {
          ...op,
          assetWeight: BigInt(1_000_000 - op.init),
          liabilityWeight: BigInt(1_000_000 + op.init),
          maintAssetWeight: BigInt(1_000_000 - op.maint),
          maintLiabilityWeight: BigInt(1_000_000 + op.maint),
        });
        naiveLookAtAll(naive);
        return [];
      case 'creditTier':
        naive.debtLimits.set(op.tier, op.debtLimit);
        return [];
      case 'credit':
        naiveCredit(naive, { owner: ownerOf(op.account, op.subaccount), tier: op.tier });
        return [];
      case 'batch':
        return naiveBatch(naive, op, fast?.items);
      case 'tick':
        return [];
      case 'executorLost':
        naiveLoseExecutor(naive, LOST_LIMIT);
        return [];
    }
  }

  function sideRows(book: NaiveBook, side: number): string[] {
    const best = [...(book.prices[side] as bigint[])].reverse();
    const orders = best.flatMap((price) => book.queues.get(price) ?? []);
    return orders.map((order) => {
      const { clientId, first, remaining, price, feeLimitPpm } = order;
      const notional = remaining * price * book.tickSize;
      const fee = (notional * feeLimitPpm + 999_999n) / 1_000_000n;
      const reserve = side === BUY ? notional + fee : remaining * book.lotSize;
      return orderRow({ ...order, first: clientId === 0 ? null : [first.filled, first.remaining], reserve });
    });
  }

  return {
    name: 'naive',
    apply(op, fast) {
      const items = applyOne(op, fast);
      if (op.type !== 'batch' && op.type !== 'cut') naiveLiquidate(naive, op.sequence * BATCH_LIMIT);
      return { items, events: takeEvents(naive) };
    },
    rows() {
      const books = [...naive.books.values()].flatMap((book) => [
        `book ${book.id} ${book.makerFeePpm} ${book.takerFeePpm} ${book.status}`,
        ...[BUY, SELL].flatMap((side) => sideRows(book, side)),
      ]);
      const accounts = [...naive.owners].map((owner) => {
        const balances = [...naive.assets.keys()].map((id) => {
          const key = `${owner}|${id}`;
          return `${id}: ${naive.balances.get(key) ?? 0n} ${naive.reserved.get(key) ?? 0n}`;
        });
        return `${owner} ${balances.join(', ')}, switch ${naive.switches.get(owner) ?? 0}`;
      });
      const liquidated = [...naive.liquidations].map(
        ([owner, { bankruptSince }]) => `liquidated ${owner} ${bankruptSince}`,
      );
      return [...books, ...accounts, ...liquidated, `stopped: ${naiveStop(naive)}`];
    },
    roundings: () => naive.roundings,
    // Nothing in it is kept twice.
    validate() {},
    restart() {},
  };
}
