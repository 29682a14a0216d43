import { describe, expect, it } from 'vitest';
import { type Action, BUY, SELL } from '../../../src/core/commands.ts';
import type { CoreEvent } from '../../../src/core/events.ts';
import { validateInternalState } from '../../../src/core/invariants.ts';
import { balancesOf, liquidationHealth } from '../../../src/core/margin/accountHealth.ts';
import { riskOf } from '../../../src/core/margin/accountRisk.ts';
import { withdrawalStop } from '../../../src/core/margin/bankruptcy.ts';
import { healthOf } from '../../../src/core/margin/health.ts';
import { lastTerms } from '../../../src/core/margin/marginState.ts';
import { decodeEngine, encodeEngine, engineHash } from '../../../src/core/snapshot.ts';
import {
  addressOf,
  batch,
  cancelAll,
  deposit,
  ETH,
  ETH_USD,
  GENESIS,
  grantCredit,
  INSURANCE,
  MEME,
  MEME_USD,
  place,
  type TestExchange,
  TOKENS,
  USD,
} from '../../support/exchange.ts';
import { accountOf, BOB, DOLLAR, give, marginExchange, price, setPrices, weigh } from '../../support/marginExchange.ts';
import { createRandom, type Random } from '../../support/random.ts';

const SEEDS = Array.from({ length: 60 }, (_, seed) => seed + 1);
const STEPS = 40;
const DEBTORS = Array.from({ length: 8 }, (_, index) => addressOf(`debtor ${index}`));
/** Looks within which everything ends once makers take all at fair prices. */
const LAST_LOOKS = 6;

interface Market {
  eth: number;
  meme: number;
}

/** Eight margin accounts, each with what it was lent of one asset and has of others; Bob makes the market. */
function start(random: Random): TestExchange {
  const exchange = marginExchange();
  weigh(exchange, MEME, { init: [500_000, 1_500_000], maint: [700_000, 1_300_000], fee: 50_000 });
  deposit(exchange, TOKENS.ethHome, BOB, 10_000n * 10n ** 18n);
  deposit(exchange, TOKENS.usdHome, BOB, 20_000_000n * DOLLAR);
  deposit(exchange, TOKENS.memeHome, BOB, 2_000_000_000n);
  if (random.below(2) === 0) deposit(exchange, TOKENS.usdHome, INSURANCE, BigInt(random.below(20_000)) * DOLLAR);
  quote(exchange, random, { eth: 2_000, meme: 1 });
  for (const debtor of DEBTORS) {
    deposit(exchange, TOKENS.usdHome, debtor, BigInt(1 + random.below(5_000)) * DOLLAR);
    grantCredit(exchange, debtor);
    const pairs = [
      [ETH, USD],
      [MEME, USD],
      [USD, ETH],
      [USD, MEME],
      [ETH, MEME],
      [MEME, ETH],
    ] as const;
    const [owned, owed] = random.pick(pairs);
    // As much as it may: half of it, again and again, until it would be liquidated.
    for (let dollars = 8_000; dollars > 20; dollars /= 2) {
      give(exchange, { from: BOB, to: debtor, asset: owned, units: unitsOf(owned, dollars) });
      give(exchange, { from: debtor, to: BOB, asset: owed, units: unitsOf(owed, dollars) });
      const health = liquidationHealth(
        exchange.state.exchange,
        accountOf(exchange, debtor),
        'liquidationEnd',
      ) as bigint;
      if (health >= 0n) continue;
      give(exchange, { from: debtor, to: BOB, asset: owned, units: unitsOf(owned, dollars) });
      give(exchange, { from: BOB, to: debtor, asset: owed, units: unitsOf(owed, dollars) });
    }
  }
  return exchange;
}

/** At 2 000 and 1 USD. */
function unitsOf(asset: number, dollars: number): number {
  if (asset === ETH) return Math.floor((dollars / 2_000) * 1e9);
  return Math.floor(dollars * (asset === USD ? 1e6 : 1e3));
}

function quote(exchange: TestExchange, random: Random, market: Market): readonly CoreEvent[] {
  const step = () => 0.92 + random.next() * 0.16;
  market.eth *= step();
  market.meme *= step();
  return see(exchange, market);
}

function see(exchange: TestExchange, { eth, meme }: Market): readonly CoreEvent[] {
  return setPrices(exchange, { [ETH]: price(eth, 9), [USD]: price(1, 6), [MEME]: price(meme, 3) }).events;
}

/** Bids and asks of Bob, some of them too far away for a liquidation. `depth` in dollars; `far` from the price in parts of it. */
function makeMarket(exchange: TestExchange, { eth, meme }: Market, depth: () => number, far: () => number): void {
  const order = (book: number, side: typeof BUY | typeof SELL): Action => {
    const middle = book === ETH_USD ? eth * 100 : meme * 1_000;
    const ticks = Math.max(1, Math.round(middle * (side === BUY ? 1 - far() : 1 + far())));
    const lotDollars = book === ETH_USD ? eth / 1_000 : meme / 1_000;
    return place(BOB, book, side, ticks, Math.max(1, Math.floor(depth() / lotDollars)));
  };
  const { result } = batch(exchange, [
    cancelAll(BOB),
    ...[ETH_USD, MEME_USD].flatMap((book) => [order(book, BUY), order(book, SELL)]),
  ]);
  expect(result.code).toBe('ok');
}

/** What prices that are known now say of balances. */
function weighed(exchange: TestExchange, balances: readonly bigint[]) {
  const { margin } = exchange.state.exchange;
  const maint = lastTerms(margin, 'maint', balances.length);
  return {
    maint: healthOf(maint, balances, []) as bigint,
    end: healthOf(lastTerms(margin, 'liquidationEnd', balances.length), balances, []) as bigint,
    debts: riskOf(maint, balances)?.liabilities as bigint,
  };
}

/** Looks at every margin account before and after new prices. Answers the events. */
function watch(exchange: TestExchange, look: () => readonly CoreEvent[]): readonly CoreEvent[] {
  const engine = exchange.state.exchange;
  const accounts = DEBTORS.map((debtor) => accountOf(exchange, debtor));
  const before = accounts.map((account) => balancesOf(engine, account));
  const wasOpen = accounts.map((account) => engine.margin.liquidations.has(account));
  const events = look();
  validateInternalState(exchange.state);
  const fills = BigInt(events.filter(({ type }) => type === 'fill').length);
  const losers = new Set(
    events.flatMap((event) => (event.type === 'lossShared' ? event.losses : [])).map(({ account }) => account.address),
  );
  for (const [index, account] of accounts.entries()) {
    const debtor = DEBTORS[index] as (typeof DEBTORS)[number];
    const then = weighed(exchange, before[index] as bigint[]);
    const balances = balancesOf(engine, account);
    const now = weighed(exchange, balances);
    if (wasOpen[index] !== true && then.maint >= 0n) {
      // Who is well is not touched.
      if (!losers.has(debtor)) expect(balances).toEqual(before[index]);
    } else if (!losers.has(debtor)) {
      // Every step owes less, or owes the same and weighs more; fees are rounded up by less than a unit a fill.
      expect(now.debts <= then.debts).toBe(true);
      expect(now.end >= then.end - 2n * fills - 2n).toBe(true);
    }
    if (!engine.margin.liquidations.has(account)) expect(now.maint >= 0n || losers.has(debtor)).toBe(true);
    // Who owns nothing more owes nothing more.
    if (balances.every((balance) => balance <= 0n)) expect(balances.every((balance) => balance === 0n)).toBe(true);
  }
  return events;
}

describe('liquidations along random prices', () => {
  const seen = new Map<string, number>();

  it.each(SEEDS)('conserve value, touch nobody who is well, make progress and end (seed %i)', (seed) => {
    const random = createRandom(seed);
    const exchange = start(random);
    const market: Market = { eth: 2_000, meme: 1 };
    for (let step = 0; step < STEPS; step++) {
      makeMarket(
        exchange,
        market,
        () => random.below(4_000),
        () => random.next() * 0.12,
      );
      for (const { type } of watch(exchange, () => quote(exchange, random, market))) {
        seen.set(type, (seen.get(type) ?? 0) + 1);
      }
    }
    for (let look = 0; look < LAST_LOOKS; look++) {
      makeMarket(
        exchange,
        market,
        () => 1_000_000,
        () => 0.001,
      );
      watch(exchange, () => see(exchange, market));
    }
    expect([...exchange.state.exchange.margin.liquidations.keys()]).toEqual([]);
    expect(withdrawalStop(exchange.state.exchange)).toBeUndefined();
    const restarted = decodeEngine(encodeEngine(exchange.state), GENESIS);
    expect(engineHash(restarted)).toBe(engineHash(exchange.state));
  });

  it('met everything that can happen in them', () => {
    for (const type of [
      'liquidationBegan',
      'liquidationTraded',
      'settlementMarked',
      'bankruptcyChanged',
      'insuranceChanged',
      'lossShared',
      'liquidationEnded',
    ]) {
      expect(seen.get(type) ?? 0, type).toBeGreaterThan(5);
    }
  });
});
