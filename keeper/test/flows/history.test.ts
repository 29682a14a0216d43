import { describe, expect, it } from 'vitest';
import { BUY, SELL } from '../../src/core/commands.ts';
import { bookViews } from '../../src/core/viewState.ts';
import { createHistory } from '../../src/flows/history.ts';
import { addressOf, batch, deposit, ETH_USD, MEME_USD, openExchange, place, TOKENS } from '../support/exchange.ts';

const [alice, bob] = [addressOf('alice'), addressOf('bob')];

function setUp(fillsInAll?: number) {
  const exchange = openExchange();
  const history = createHistory(fillsInAll);
  deposit(exchange, TOKENS.ethHome, alice, 10n ** 20n);
  deposit(exchange, TOKENS.usdHome, bob, 10n ** 13n);
  deposit(exchange, TOKENS.usdHome, alice, 10n ** 13n);
  /** Alice sells, then Bob buys. Answers the sequence of the trade. */
  function trade(price: number, quantity: number): number {
    for (const action of [place(alice, ETH_USD, SELL, price, quantity), place(bob, ETH_USD, BUY, price, quantity)]) {
      const outcome = batch(exchange, [action]);
      const { command } = exchange.commands.at(-1) as (typeof exchange.commands)[number];
      history.record({ sequence: exchange.sequence, command, outcome });
    }
    return exchange.sequence;
  }
  const fills = (address: typeof alice, limit: number, before?: number) =>
    history.fills({ address, limit, books: bookViews(exchange.state), ...(before === undefined ? {} : { before }) });
  return { exchange, history, trade, fills };
}

describe('the history', () => {
  it('tells the newest trades of a book first, and no more than asked for', () => {
    const { history, trade } = setUp();
    const sequences = [100, 200, 300].map((price) => trade(price * 1_000, 2));
    expect(history.trades({ book: ETH_USD, limit: 2 })).toMatchObject([
      { sequence: sequences[2], price: 300_000, quantity: 2, takerSide: 'buy', book: ETH_USD },
      { sequence: sequences[1], price: 200_000 },
    ]);
    expect(history.trades({ book: MEME_USD, limit: 10 })).toEqual([]);
  });

  it('tells each side of a trade its own role, order and fee', () => {
    const { trade, fills } = setUp();
    trade(200_000, 100);
    const [sold] = fills(alice, 10);
    const [bought] = fills(bob, 10);
    expect(sold).toMatchObject({ side: 'sell', role: 'maker', fee: { amount: '40000', symbol: 'USD' } });
    expect(bought).toMatchObject({ side: 'buy', role: 'taker', fee: { amount: '100000', symbol: 'USD' } });
    expect(sold?.orderId).not.toBe(bought?.orderId);
    expect(fills(addressOf('stranger'), 10)).toEqual([]);
  });

  it('goes back from a sequence', () => {
    const { trade, fills } = setUp();
    const [first, second, third] = [1, 2, 3].map(() => trade(200_000, 1));
    expect(fills(alice, 10, third).map(({ sequence }) => sequence)).toEqual([second, first]);
    expect(fills(alice, 10, first)).toEqual([]);
  });

  it('forgets the oldest of very many', () => {
    const { history, trade } = setUp();
    for (let i = 0; i < 2_500; i++) trade(200_000, 1);
    const trades = history.trades({ book: ETH_USD, limit: 10_000 });
    expect(trades.length).toBeGreaterThanOrEqual(1_000);
    expect(trades.length).toBeLessThan(2_000);
    expect(trades.map(({ sequence }) => sequence)).toEqual(
      trades.map(({ sequence }) => sequence).toSorted((a, b) => b - a),
    );
  });

  it('keeps so many fills of all accounts together, and those the newest', () => {
    const { trade, fills } = setUp(20);
    const sequences = Array.from({ length: 100 }, () => trade(200_000, 1));
    const kept = fills(alice, 1_000).map(({ sequence }) => sequence);
    expect(kept.length).toBeGreaterThanOrEqual(5);
    expect(kept.length).toBeLessThanOrEqual(10);
    expect(kept).toEqual(sequences.slice(-kept.length).toReversed());
    expect(fills(bob, 1_000).map(({ sequence }) => sequence)).toEqual(kept);
  });
});
