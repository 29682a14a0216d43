import { beforeEach, describe, expect, it } from 'vitest';
import { BUY } from '../../src/core/commands.ts';
import { createViewCache, type ViewCache } from '../../src/flows/viewCache.ts';
import {
  act,
  addressOf,
  deposit,
  ETH_USD,
  openExchange,
  place,
  type TestExchange,
  TOKENS,
} from '../support/exchange.ts';

const BEN = addressOf('ben');

let exchange: TestExchange;
let now: number;
let views: ViewCache;

beforeEach(() => {
  exchange = openExchange();
  now = 1_000;
  views = createViewCache({ now: () => now });
  deposit(exchange, TOKENS.usdHome, BEN, 10n ** 10n);
});

describe('the sum of everything', () => {
  it('is made once a second at most, and only when something has changed', () => {
    const first = views.solvency(exchange);
    deposit(exchange, TOKENS.usdHome, BEN, 1n);
    now += 999;
    expect(views.solvency(exchange)).toBe(first);
    now += 1;
    const second = views.solvency(exchange);
    expect(second).not.toBe(first);
    expect(second[1]?.vaults).toBe(String((10n ** 10n + 1n) * 10n ** 12n));
    now += 60_000;
    expect(views.solvency(exchange)).toBe(second);
  });
});

describe('the depth of a book', () => {
  const pricesOf = (levels: number) => views.depth(exchange, { book: ETH_USD, levels })?.bids.map(({ price }) => price);

  it('is always that of the newest command', () => {
    act(exchange, place(BEN, ETH_USD, BUY, 100, 1));
    expect(pricesOf(5)).toEqual([100]);
    act(exchange, place(BEN, ETH_USD, BUY, 101, 1));
    expect(pricesOf(5)).toEqual([101, 100]);
  });

  it('has as many levels as are asked for, whatever was asked before', () => {
    for (const price of [1, 2, 3]) act(exchange, place(BEN, ETH_USD, BUY, price, 1));
    expect([2, 1, 3, 2, 200].map(pricesOf)).toEqual([[3, 2], [3], [3, 2, 1], [3, 2], [3, 2, 1]]);
    expect(views.depth(exchange, { book: 99, levels: 1 })).toBeUndefined();
  });

  it('is looked up once for everybody who asks meanwhile', () => {
    act(exchange, place(BEN, ETH_USD, BUY, 100, 1));
    const first = views.depth(exchange, { book: ETH_USD, levels: 5 });
    const second = views.depth(exchange, { book: ETH_USD, levels: 1 });
    expect(second?.bids[0]).toBe(first?.bids[0]);
  });
});
