// What an amend may change and what it costs in the queue, on both engines. Orders are named by their client ids.
import { beforeEach, describe, expect, it } from 'vitest';
import { USD } from '../support/exchange.ts';
import { FUNDS, type Market, openMarket } from '../support/market.ts';
import { createFast, createNaiveEngine, type TradingEngine } from '../support/twoEngines.ts';

type Row = readonly [rule: string, amend: string, answer: string, trades: readonly string[], book: readonly string[]];

/** Ben's order #1 of ten lots is first in the queue at 100, Cat's five lots are behind it; Ann asks for 110. */
const BOOK = ['ben buys 10 at 100 #1', 'cat buys 5 at 100', 'ann sells 5 at 110'];

const AMENDS: readonly Row[] = [
  [
    'smaller at the same price keeps its place',
    'ben amends #1 to 4',
    'filled 0, 4 rest',
    [],
    ['ben buys 4 at 100', 'cat buys 5 at 100', 'ann sells 5 at 110'],
  ],
  [
    'larger goes to the back',
    'ben amends #1 to 11',
    'filled 0, 11 rest',
    [],
    ['cat buys 5 at 100', 'ben buys 11 at 100', 'ann sells 5 at 110'],
  ],
  [
    'another price goes to the back of that price',
    'ben amends #1 at 101',
    'filled 0, 10 rest',
    [],
    ['ben buys 10 at 101', 'cat buys 5 at 100', 'ann sells 5 at 110'],
  ],
  [
    'smaller at another price goes to the back, too',
    'ben amends #1 to 3 at 99',
    'filled 0, 3 rest',
    [],
    ['cat buys 5 at 100', 'ben buys 3 at 99', 'ann sells 5 at 110'],
  ],
  [
    'the same price and size change nothing',
    'ben amends #1 to 10 at 100',
    'filled 0, 10 rest',
    [],
    ['ben buys 10 at 100', 'cat buys 5 at 100', 'ann sells 5 at 110'],
  ],
  [
    'nothing named changes nothing',
    'ben amends #1',
    'filled 0, 10 rest',
    [],
    ['ben buys 10 at 100', 'cat buys 5 at 100', 'ann sells 5 at 110'],
  ],
  [
    'a price that crosses trades, and the rest goes to the back',
    'ben amends #1 at 110',
    'filled 5, 5 rest',
    ['5 at 110: ben from ann'],
    ['ben buys 5 at 110', 'cat buys 5 at 100'],
  ],
  ['all of it may trade', 'ben amends #1 to 5 at 110', 'filled 5', ['5 at 110: ben from ann'], ['cat buys 5 at 100']],
  [
    'with post-only it must not trade',
    'ben amends #1 at 110 post-only',
    'book.postOnlyWouldCross',
    [],
    ['ben buys 10 at 100', 'cat buys 5 at 100', 'ann sells 5 at 110'],
  ],
  [
    'nobody amends the order of another',
    'cat amends #1 to 4',
    'order.unknown',
    [],
    BOOK.map((row) => row.replace(' #1', '')),
  ],
  [
    'an expiry cannot be amended',
    'ben amends #1 to 4 until 900',
    'action.invalid',
    [],
    BOOK.map((row) => row.replace(' #1', '')),
  ],
  [
    'nor self-trade prevention',
    'ben amends #1 to 4 decrement',
    'action.invalid',
    [],
    BOOK.map((row) => row.replace(' #1', '')),
  ],
  [
    'the fee it was placed with may be too high',
    'ben amends #1 to 4 max fee 499',
    'order.feeAboveMaximum',
    [],
    BOOK.map((row) => row.replace(' #1', '')),
  ],
];

describe.each([
  ['fast', createFast],
  ['naive', createNaiveEngine],
] as const)('an amend of the %s engine:', (_, create) => {
  let engine: TradingEngine;
  let market: Market;

  beforeEach(() => {
    engine = create();
    market = openMarket(engine);
  });

  it.each(AMENDS)('%s', (_rule, amend, answer, trades, book) => {
    for (const sentence of BOOK) market.say(sentence);
    expect(market.say(amend)).toEqual([answer]);
    expect(market.trades()).toEqual(trades);
    expect(market.book()).toEqual(book);
  });

  it('counts what was filled: the size is that of the whole order', () => {
    market.say('ben buys 10 at 100 #1', 'cat buys 5 at 100');
    market.say('ann sells 4 at 100');
    expect(market.say('ben amends #1 to 9')).toEqual(['filled 0, 5 rest']);
    expect(market.book()).toEqual(['ben buys 5 at 100', 'cat buys 5 at 100']);
    // One more than there was: to the back.
    expect(market.say('ben amends #1 to 10')).toEqual(['filled 0, 6 rest']);
    expect(market.book()).toEqual(['cat buys 5 at 100', 'ben buys 6 at 100']);
  });

  it.each([3, 4])('to %i lots of an order of which four are filled is refused', (lots) => {
    market.say('ben buys 10 at 100 #1');
    market.say('ann sells 4 at 100');
    expect(market.say(`ben amends #1 to ${lots}`)).toEqual(['order.alreadyFilled']);
    expect(market.book()).toEqual(['ben buys 6 at 100']);
  });

  it('of an order that is filled finds none', () => {
    market.say('ben buys 10 at 100 #1');
    market.say('ann sells 10 at 100');
    expect(market.say('ben amends #1 to 12')).toEqual(['order.unknown']);
  });

  it('keeps id, client id and expiry', () => {
    market.say('ben buys 10 at 100 until 1000 #1');
    const [before] = engine.rows().filter((row) => row.startsWith('order'));
    market.say('ben amends #1 to 20 at 101');
    const [after] = engine.rows().filter((row) => row.startsWith('order'));
    expect(after?.split(' ')[1]).toBe(before?.split(' ')[1]);
    expect(market.say('ben buys 3 at 50 #1')).toEqual(['filled 0, 10 rest']);
    market.wait(1_000);
    expect(market.losses()).toEqual(['ben loses 20 at 101: expired']);
  });

  it('keeps the place in the account: the oldest order is cancelled first', () => {
    market.say('ben buys 1 at 100 #1', 'ben buys 2 at 100 #2');
    market.say('ben amends #1 to 3');
    engine.restart();
    market.say('ben cancels all');
    expect(market.losses()).toEqual(['ben loses 3 at 100: requested', 'ben loses 2 at 100: requested']);
  });

  it('tells whoever follows that the order left, what traded, and what rests', () => {
    market.say('ben buys 10 at 100 #1', 'ann sells 4 at 110');
    market.say('ben amends #1 at 110');
    expect(market.losses()).toEqual(['ben loses 10 at 100: amended']);
    market.say('ben amends #1 to 8');
    expect(market.losses()).toEqual(['ben gives 2 at 110: amended']);
  });

  it('gives back and puts aside what the change needs', () => {
    market.say('ben buys 10 at 100 #1');
    expect(market.balance('ben', USD).reserved).toBe(10_000 + 5);
    market.say('ben amends #1 to 4');
    expect(market.balance('ben', USD).reserved).toBe(4_000 + 2);
    market.say('ben amends #1 to 20 at 200');
    expect(market.balance('ben', USD).reserved).toBe(40_000 + 20);
  });

  it('may use what the order itself has put aside, and no more', () => {
    const lots = Math.floor(FUNDS / 1_000.5);
    market.say(`ben buys ${lots} at 100 #1`);
    expect(market.say(`ben amends #1 to ${lots - 1} at 100`)).toEqual([`filled 0, ${lots - 1} rest`]);
    expect(market.say(`ben amends #1 to ${lots} at 100`)).toEqual([`filled 0, ${lots} rest`]);
    expect(market.say(`ben amends #1 to ${lots} at 101`)).toEqual(['risk.insufficientBalance']);
    expect(market.book()).toEqual([`ben buys ${lots} at 100`]);
  });

  it('of a post-only order never trades, and never pays more than makers do', () => {
    market.say('ben buys 10 at 100 post-only #1', 'ann sells 4 at 110');
    expect(market.say('ben amends #1 at 110')).toEqual(['book.postOnlyWouldCross']);
    expect(market.say('ben amends #1 at 109')).toEqual(['filled 0, 10 rest']);
  });

  it('prevents self-trade as the order was placed with', () => {
    market.say('ben buys 10 at 100 expire taker #1', 'ben sells 4 at 110');
    expect(market.say('ben amends #1 at 110')).toEqual(['filled 0, 10 gone']);
    expect(market.losses()).toEqual(['ben loses 10 at 100: amended', 'ben loses 10 at 110: selfTrade']);
    expect(market.book()).toEqual(['ben sells 4 at 110']);
  });
});
