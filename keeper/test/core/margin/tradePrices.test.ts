import { describe, expect, it } from 'vitest';
import { BUY, SELL } from '../../../src/core/commands.ts';
import { accountHealth } from '../../../src/core/margin/accountHealth.ts';
import { decodeEngine, encodeEngine } from '../../../src/core/snapshot.ts';
import {
  act,
  addressOf,
  apply,
  deposit,
  ETH,
  ETH_USD,
  GENESIS,
  place,
  type TestExchange,
  TOKENS,
  USD,
} from '../../support/exchange.ts';
import { ANN, accountOf, BOB, DOLLAR, give, marginExchange, TICKS } from '../../support/marginExchange.ts';

const CAT = addressOf('cat');

/** Bob and Cat, or one who is both of them, trade a lot at that price. */
function tradeAt(exchange: TestExchange, dollars: number): void {
  act(exchange, place(BOB, ETH_USD, SELL, dollars * TICKS, 1));
  act(exchange, place(CAT, ETH_USD, BUY, dollars * TICKS, 1));
}

/** Ann owns or owes a whole ETH at 2 000 USD, and 1 000 USD. */
function holding(sign: 1 | -1): TestExchange {
  const exchange = marginExchange();
  deposit(exchange, TOKENS.usdHome, CAT, 1_000_000n * DOLLAR);
  const [from, to] = sign > 0 ? [BOB, ANN] : [ANN, BOB];
  give(exchange, { from, to, asset: ETH, units: 1_000_000_000 });
  return exchange;
}
const dollarsOf = (exchange: TestExchange, kind: 'init' | 'maint') =>
  Number(accountHealth(exchange.state.exchange, accountOf(exchange, ANN), kind)) / 1e6;

describe('a trade in our own book', () => {
  it('makes the price worse for whoever adds risk', () => {
    const owner = holding(1);
    expect(dollarsOf(owner, 'init')).toBe(1_000 + 2_000 * 0.8);
    tradeAt(owner, 1_900);
    expect(dollarsOf(owner, 'init')).toBe(1_000 + 1_900 * 0.8);
    const debtor = holding(-1);
    expect(dollarsOf(debtor, 'init')).toBe(1_000 - 2_000 * 1.2);
    tradeAt(debtor, 2_100);
    expect(dollarsOf(debtor, 'init')).toBe(1_000 - 2_100 * 1.2);
  });

  it('never makes it better', () => {
    const owner = holding(1);
    tradeAt(owner, 2_100);
    expect(dollarsOf(owner, 'init')).toBe(1_000 + 2_000 * 0.8);
    const debtor = holding(-1);
    tradeAt(debtor, 1_900);
    expect(dollarsOf(debtor, 'init')).toBe(1_000 - 2_000 * 1.2);
  });

  it('is believed no further than a tenth from the oracle', () => {
    const owner = holding(1);
    tradeAt(owner, 1);
    expect(dollarsOf(owner, 'init')).toBe(1_000 + 1_800 * 0.8);
    const debtor = holding(-1);
    tradeAt(debtor, 9_000);
    expect(dollarsOf(debtor, 'init')).toBe(1_000 - 2_200 * 1.2);
  });

  it('liquidates nobody', () => {
    const owner = holding(1);
    tradeAt(owner, 1_900);
    expect(dollarsOf(owner, 'maint')).toBe(1_000 + 2_000 * 0.9);
  });

  it('is forgotten after a minute, and not by a restart', () => {
    const exchange = holding(1);
    const tradedAt = exchange.time;
    tradeAt(exchange, 1_900);
    exchange.state = decodeEngine(encodeEngine(exchange.state), GENESIS);
    expect(dollarsOf(exchange, 'init')).toBe(1_000 + 1_900 * 0.8);
    const one = 10n ** 18n;
    const see = (time: number) =>
      apply(exchange, {
        type: 'prices',
        time,
        prices: [
          { asset: ETH, time, bid: 2_000n * 10n ** 15n, ask: 2_000n * 10n ** 15n, confidencePpm: 0 },
          { asset: USD, time, bid: one, ask: one, confidencePpm: 0 },
        ],
      });
    see(tradedAt + 60_000);
    expect(dollarsOf(exchange, 'init')).toBe(1_000 + 1_900 * 0.8);
    see(tradedAt + 60_001);
    expect(dollarsOf(exchange, 'init')).toBe(1_000 + 2_000 * 0.8);
  });
});
