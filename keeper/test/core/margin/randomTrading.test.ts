import { describe, expect, it } from 'vitest';
import { BUY, GOOD_TILL_CANCELLED, IMMEDIATE_OR_CANCEL, SELL } from '../../../src/core/commands.ts';
import { validateInternalState } from '../../../src/core/invariants.ts';
import { findAccount, isMargin } from '../../../src/core/ledger.ts';
import { accountHealth } from '../../../src/core/margin/accountHealth.ts';
import { decodeEngine, encodeEngine, engineHash } from '../../../src/core/snapshot.ts';
import {
  act,
  addressOf,
  apply,
  cancelAll,
  deposit,
  directoryLog,
  ETH,
  ETH_USD,
  GENESIS,
  grantCredit,
  MEME,
  MEME_USD,
  openExchange,
  place,
  riskListing,
  type TestExchange,
  TOKENS,
  USD,
} from '../../support/exchange.ts';
import { createRandom, type Random } from '../../support/random.ts';

const STEPS = 400;
const TRADERS = ['ann', 'ben', 'cy', 'dee'].map(addressOf);

/** Two funded and two margin accounts, three weighed assets, two books. */
function start(): TestExchange {
  const exchange = openExchange();
  for (const [asset, init, maint] of [
    [ETH, 200_000, 100_000],
    [USD, 0, 0],
    [MEME, 600_000, 400_000],
  ] as const) {
    directoryLog(exchange, [riskListing(asset, { init, maint })]);
  }
  for (const [index, trader] of TRADERS.entries()) {
    deposit(exchange, TOKENS.ethHome, trader, 5n * 10n ** 18n);
    deposit(exchange, TOKENS.usdHome, trader, 10_000n * 10n ** 6n);
    deposit(exchange, TOKENS.memeHome, trader, 500_000n);
    if (index >= 2) grantCredit(exchange, trader);
  }
  return exchange;
}

/** ETH near 2 000 USD, MEME near 1 USD, both a little off each time. */
function movePrices(exchange: TestExchange, random: Random): void {
  const time = exchange.time + 10_000;
  const near = (price: bigint) => (price * BigInt(950 + random.below(100))) / 1000n;
  const eth = near(2_000n * 10n ** 15n);
  const meme = near(10n ** 21n);
  const one = 10n ** 18n;
  const seen = (asset: number, bid: bigint, ask: bigint) => ({ asset, time, bid, ask, confidencePpm: 100 });
  apply(exchange, {
    type: 'prices',
    time,
    prices: [seen(ETH, eth, eth + eth / 1000n), seen(USD, one, one), seen(MEME, meme, meme + meme / 200n)],
  });
}

function forgetTrades({ state }: TestExchange): void {
  for (const book of state.exchange.books) book.lastPrice = 0;
}

function tradeOnce(exchange: TestExchange, random: Random): void {
  const trader = random.pick(TRADERS);
  if (random.below(20) === 0) {
    act(exchange, cancelAll(trader));
    return;
  }
  const isEth = random.below(2) === 0;
  const middle = isEth ? 200_000 : 1_000;
  const price = Math.round(middle * (0.93 + random.next() * 0.14));
  const quantity = 1 + random.below(isEth ? 3_000 : 200_000);
  const timeInForce = random.pick([GOOD_TILL_CANCELLED, IMMEDIATE_OR_CANCEL]);
  const order = place(trader, isEth ? ETH_USD : MEME_USD, random.pick([BUY, SELL]), price, quantity, { timeInForce });

  const { exchange: engine } = exchange.state;
  const account = findAccount(engine.ledger, trader, 0);
  // Both at the oracle's prices: a trade makes them worse for whoever trades next.
  forgetTrades(exchange);
  const before = isMargin(engine.ledger, account) ? accountHealth(engine, account, 'init') : undefined;
  const { code } = act(exchange, order);
  if (before === undefined || code !== 'ok') return;
  forgetTrades(exchange);
  const after = accountHealth(engine, account, 'init') as bigint;
  // Fees of a fill are rounded up; each fill by less than one unit of money.
  const rounded = BigInt(exchange.state.exchange.orders.count + 8);
  expect(after >= -rounded || after >= before - rounded).toBe(true);
}

describe('funded and margin accounts in the same books, at random,', () => {
  it.each([1, 2, 3])('keep every invariant and their health (seed %i)', (seed) => {
    const random = createRandom(seed);
    const exchange = start();
    const owed = new Set<number>();
    for (let step = 0; step < STEPS; step++) {
      if (step % 5 === 0) movePrices(exchange, random);
      tradeOnce(exchange, random);
      validateInternalState(exchange.state);
      const { ledger } = exchange.state.exchange;
      for (const { id, units } of ledger.assets) {
        for (let account = 0; account < ledger.accountCount; account++) {
          if ((units[account] as number) < 0) owed.add(id * 1_000 + account);
        }
      }
    }
    // The run was worth something: there were debts, of several assets or accounts.
    expect(owed.size).toBeGreaterThan(1);
    const restarted = decodeEngine(encodeEngine(exchange.state), GENESIS);
    validateInternalState(restarted);
    expect(engineHash(restarted)).toBe(engineHash(exchange.state));
  });
});
