// The four self-trade preventions, on both engines: an account never trades with itself.
import { describe, expect, it } from 'vitest';
import { ETH, USD } from '../support/exchange.ts';
import { openMarket } from '../support/market.ts';
import { createFast, createNaiveEngine } from '../support/twoEngines.ts';

type Row = readonly [
  rule: string,
  order: string,
  answer: string,
  trades: readonly string[],
  losses: readonly string[],
  book: readonly string[],
];

/** Ann stands before and behind Ben's own five lots. */
const BOOK = ['ann sells 3 at 100', 'ben sells 5 at 100', 'ann sells 4 at 101'];

const RULES: readonly Row[] = [
  [
    'expire maker cancels the own order and goes on',
    'ben buys 6 at 101',
    'filled 6',
    ['3 at 100: ben from ann', '3 at 101: ben from ann'],
    ['ben loses 5 at 100: selfTrade'],
    ['ann sells 1 at 101'],
  ],
  [
    'expire taker ends the incoming order',
    'ben buys 6 at 101 expire taker',
    'filled 3, 3 gone',
    ['3 at 100: ben from ann'],
    ['ben loses 3 at 101: selfTrade'],
    ['ben sells 5 at 100', 'ann sells 4 at 101'],
  ],
  [
    'expire both ends both',
    'ben buys 6 at 101 expire both',
    'filled 3, 3 gone',
    ['3 at 100: ben from ann'],
    ['ben loses 5 at 100: selfTrade', 'ben loses 3 at 101: selfTrade'],
    ['ann sells 4 at 101'],
  ],
  [
    'decrement makes both smaller, here until the incoming one is gone',
    'ben buys 6 at 101 decrement',
    'filled 3',
    ['3 at 100: ben from ann'],
    ['ben gives 3 at 100: selfTrade', 'ben gives 3 at 101: selfTrade'],
    ['ben sells 2 at 100', 'ann sells 4 at 101'],
  ],
  [
    'decrement goes on when the resting one is gone',
    'ben buys 10 at 101 decrement',
    'filled 5',
    ['3 at 100: ben from ann', '2 at 101: ben from ann'],
    ['ben loses 5 at 100: selfTrade', 'ben gives 5 at 101: selfTrade'],
    ['ann sells 2 at 101'],
  ],
  [
    'an order that rests knows what it met: of ten, five were decremented and seven asked for',
    'ben buys 14 at 101 decrement',
    'filled 7, 2 rest',
    ['3 at 100: ben from ann', '4 at 101: ben from ann'],
    ['ben loses 5 at 100: selfTrade', 'ben gives 5 at 101: selfTrade'],
    ['ben buys 2 at 101'],
  ],
  [
    'nothing happens to orders that are not met',
    'ben buys 3 at 101 expire both',
    'filled 3',
    ['3 at 100: ben from ann'],
    [],
    ['ben sells 5 at 100', 'ann sells 4 at 101'],
  ],
  [
    'another subaccount is another account',
    'ben/7 buys 1 at 100 expire both',
    'account.unknown',
    [],
    [],
    ['ann sells 3 at 100', 'ben sells 5 at 100', 'ann sells 4 at 101'],
  ],
  [
    'FOK is refused where prevention would end it',
    'ben buys 6 at 101 FOK expire taker',
    'order.wouldNotFill',
    [],
    [],
    ['ann sells 3 at 100', 'ben sells 5 at 100', 'ann sells 4 at 101'],
  ],
  [
    'decremented lots do not fill a FOK',
    'ben buys 6 at 101 FOK decrement',
    'order.wouldNotFill',
    [],
    [],
    ['ann sells 3 at 100', 'ben sells 5 at 100', 'ann sells 4 at 101'],
  ],
  [
    'a budget ends with its taker',
    'ben buys for 9000 IOC expire taker',
    'filled 3, 5999 gone',
    ['3 at 100: ben from ann'],
    [],
    ['ben sells 5 at 100', 'ann sells 4 at 101'],
  ],
];

describe.each([
  ['fast', createFast],
  ['naive', createNaiveEngine],
] as const)('self-trade prevention of the %s engine:', (_, create) => {
  it.each(RULES)('%s', (_rule, order, answer, trades, losses, book) => {
    const market = openMarket(create());
    for (const sentence of BOOK) market.say(sentence);
    expect(market.say(order)).toEqual([answer]);
    expect(market.trades()).toEqual(trades);
    expect(market.losses()).toEqual(losses);
    expect(market.book()).toEqual(book);
  });

  it('gives back what the orders had put aside', () => {
    const market = openMarket(create());
    market.say('ben sells 5 at 100');
    market.say('ben buys 5 at 100 expire both');
    expect(market.balance('ben', ETH).reserved).toBe(0);
    expect(market.balance('ben', USD).reserved).toBe(0);
  });

  it('leaves a decremented order with the lots that were filled', () => {
    const market = openMarket(create());
    market.say('ben sells 10 at 100 #1');
    market.say('ann buys 4 at 100');
    market.say('ben buys 2 at 100 decrement');
    expect(market.book()).toEqual(['ben sells 4 at 100']);
    // Of the eight that it is for now, four are filled.
    expect(market.say('ben amends #1 to 5')).toEqual(['filled 0, 1 rest']);
  });
});
