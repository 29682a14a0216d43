// The rules of orders, each as a row: what rests, what comes, and what must become of both. Every row is run on the fast
// engine and on the naive one.
import { beforeEach, describe, expect, it } from 'vitest';
import { ETH, USD } from '../support/exchange.ts';
import { FUNDS, LOT, type Market, openMarket, TICK } from '../support/market.ts';
import { createFast, createNaiveEngine } from '../support/twoEngines.ts';

const MAKER_PPM = 200;
const TAKER_PPM = 500;
const feeUp = (notional: number, ppm: number) => Math.ceil((notional * ppm) / 1_000_000);

type Row = readonly [
  rule: string,
  resting: readonly string[],
  order: string,
  answer: string,
  trades: readonly string[],
  book: readonly string[],
];

describe.each([
  ['fast', createFast],
  ['naive', createNaiveEngine],
] as const)('orders of the %s engine,', (_, create) => {
  let market: Market;

  beforeEach(() => {
    market = openMarket(create());
  });

  function check([, resting, order, answer, trades, book]: Row): void {
    for (const sentence of resting) market.say(sentence);
    expect(market.say(order)).toEqual([answer]);
    expect(market.trades()).toEqual(trades);
    expect(market.book()).toEqual(book);
  }

  const PRIORITY: readonly Row[] = [
    [
      'the better price trades first',
      ['ann sells 5 at 102', 'cat sells 5 at 101'],
      'ben buys 7 at 102',
      'filled 7',
      ['5 at 101: ben from cat', '2 at 102: ben from ann'],
      ['ann sells 3 at 102'],
    ],
    [
      'at one price, the older order trades first',
      ['ann sells 5 at 100', 'cat sells 5 at 100'],
      'ben buys 6 at 100',
      'filled 6',
      ['5 at 100: ben from ann', '1 at 100: ben from cat'],
      ['cat sells 4 at 100'],
    ],
    [
      'the maker sets the price',
      ['ben buys 5 at 105'],
      'ann sells 5 at 100',
      'filled 5',
      ['5 at 105: ben from ann'],
      [],
    ],
  ];

  const TIME_IN_FORCE: readonly Row[] = [
    [
      'GTC trades what it can and rests with the rest',
      ['ann sells 5 at 100'],
      'ben buys 8 at 100',
      'filled 5, 3 rest',
      ['5 at 100: ben from ann'],
      ['ben buys 3 at 100'],
    ],
    [
      'GTT does the same',
      ['ann sells 5 at 100'],
      'ben buys 8 at 100 until 1000',
      'filled 5, 3 rest',
      ['5 at 100: ben from ann'],
      ['ben buys 3 at 100'],
    ],
    ['GTT must end in the future', [], 'ben buys 8 at 100 until 0', 'order.expired', [], []],
    [
      'IOC trades what it can and is gone with the rest',
      ['ann sells 5 at 100'],
      'ben buys 8 at 100 IOC',
      'filled 5, 3 gone',
      ['5 at 100: ben from ann'],
      [],
    ],
    ['IOC that meets nothing is gone', [], 'ben buys 8 at 100 IOC', 'filled 0, 8 gone', [], []],
    [
      'FOK trades all of it, over several prices',
      ['ann sells 5 at 100', 'cat sells 5 at 101'],
      'ben buys 8 at 101 FOK',
      'filled 8',
      ['5 at 100: ben from ann', '3 at 101: ben from cat'],
      ['cat sells 2 at 101'],
    ],
    [
      'FOK that almost fits changes nothing',
      ['ann sells 5 at 100', 'cat sells 2 at 101', 'cat sells 9 at 102'],
      'ben buys 8 at 101 FOK',
      'order.wouldNotFill',
      [],
      ['ann sells 5 at 100', 'cat sells 2 at 101', 'cat sells 9 at 102'],
    ],
    ['FOK that meets nothing changes nothing', [], 'ben buys 8 at 100 FOK', 'order.wouldNotFill', [], []],
    [
      'FOK does not count own orders, which it would cancel',
      ['ben sells 5 at 100', 'ann sells 5 at 100'],
      'ben buys 8 at 100 FOK',
      'order.wouldNotFill',
      [],
      ['ben sells 5 at 100', 'ann sells 5 at 100'],
    ],
    [
      'FOK cancels own orders in its way once it fills',
      ['ben sells 5 at 100', 'ann sells 5 at 100'],
      'ben buys 5 at 100 FOK',
      'filled 5',
      ['5 at 100: ben from ann'],
      [],
    ],
  ];

  const POST_ONLY: readonly Row[] = [
    [
      'post-only rests beside the market',
      ['ann sells 5 at 100'],
      'ben buys 5 at 99 post-only',
      'filled 0, 5 rest',
      [],
      ['ben buys 5 at 99', 'ann sells 5 at 100'],
    ],
    [
      'post-only that would trade is refused',
      ['ann sells 5 at 100'],
      'ben buys 5 at 100 post-only',
      'book.postOnlyWouldCross',
      [],
      ['ann sells 5 at 100'],
    ],
    [
      'post-only is refused for an own order, too',
      ['ben sells 5 at 100'],
      'ben buys 5 at 100 post-only',
      'book.postOnlyWouldCross',
      [],
      ['ben sells 5 at 100'],
    ],
    ['post-only may be GTT', [], 'ben buys 5 at 99 until 10 post-only', 'filled 0, 5 rest', [], ['ben buys 5 at 99']],
    ['post-only cannot be IOC', [], 'ben buys 5 at 99 IOC post-only', 'action.invalid', [], []],
    ['post-only cannot be FOK', [], 'ben buys 5 at 99 FOK post-only', 'action.invalid', [], []],
  ];

  // A lot at 100 costs 1000 units and a fee of 0.5, rounded up.
  const BUDGETS: readonly Row[] = [
    [
      'a buy spends its budget, fees included',
      ['ann sells 50 at 100'],
      'ben buys for 5003 IOC',
      'filled 5',
      ['5 at 100: ben from ann'],
      ['ann sells 45 at 100'],
    ],
    [
      'what would not pay for one more lot is left over',
      ['ann sells 50 at 100'],
      'ben buys for 5002 IOC',
      'filled 4, 1000 gone',
      ['4 at 100: ben from ann'],
      ['ann sells 46 at 100'],
    ],
    [
      'it goes through the prices up to the worst one',
      ['ann sells 2 at 100', 'cat sells 9 at 110', 'cat sells 9 at 120'],
      'ben buys for 10000 at 110 IOC',
      'filled 9, 295 gone',
      ['2 at 100: ben from ann', '7 at 110: ben from cat'],
      ['cat sells 2 at 110', 'cat sells 9 at 120'],
    ],
    [
      'a sell goes on until its trades have come to the budget',
      ['ann buys 2 at 110', 'cat buys 50 at 100'],
      'ben sells for 5200 at 90 IOC',
      'filled 5',
      ['2 at 110: ann from ben', '3 at 100: cat from ben'],
      ['cat buys 47 at 100'],
    ],
    [
      'a sell needs a worst price, which bounds what it may take',
      ['ann buys 2 at 110'],
      'ben sells for 5000 IOC',
      'order.priceOutOfRange',
      [],
      ['ann buys 2 at 110'],
    ],
    ['a budget cannot rest', [], 'ben buys for 5000 at 100', 'action.invalid', [], []],
    ['a budget that meets nothing is left over', [], 'ben buys for 5000 IOC', 'filled 0, 5000 gone', [], []],
    [
      'a budget must be there',
      ['ann sells 5 at 100'],
      `ben buys for ${FUNDS + 1} IOC`,
      'risk.insufficientBalance',
      [],
      ['ann sells 5 at 100'],
    ],
    [
      'a budget for less than a lot buys nothing',
      ['ann sells 5 at 100'],
      'ben buys for 1000 IOC',
      'filled 0, 1000 gone',
      [],
      ['ann sells 5 at 100'],
    ],
  ];

  const OTHERS: readonly Row[] = [
    ['reduce-only is for margin accounts', [], 'ben buys 5 at 100 reduce-only', 'account.notMargin', [], []],
    ['an order without a price is refused', [], 'ben buys 5', 'order.priceOutOfRange', [], []],
    ['an order without a size is refused', [], 'ben buys 0 at 100', 'order.quantityOutOfRange', [], []],
  ];

  describe.each([
    ['price-time priority', PRIORITY],
    ['time in force', TIME_IN_FORCE],
    ['post-only', POST_ONLY],
    ['a budget', BUDGETS],
    ['all orders', OTHERS],
  ] as const)('%s:', (_topic, rows) => {
    it.each(rows)('%s', (...row) => check(row));
  });

  describe('good till time:', () => {
    it('expires at its time, before anything else happens then', () => {
      market.say('ben buys 5 at 100 until 1000');
      market.wait(999);
      expect(market.book()).toEqual(['ben buys 5 at 100']);
      market.wait(1);
      expect(market.losses()).toEqual(['ben loses 5 at 100: expired']);
      expect(market.book()).toEqual([]);
      expect(market.balance('ben', USD).reserved).toBe(0);
    });

    it('expires soonest first, and the older order first at one time', () => {
      market.say('ben buys 1 at 100 until 900', 'ben buys 2 at 100 until 800', 'ben buys 3 at 100 until 800');
      market.wait(5_000);
      expect(market.losses().map((loss) => loss.split(' ')[2])).toEqual(['2', '3', '1']);
    });

    it('cannot trade any more with an order of the same moment', () => {
      market.say('ben buys 5 at 100 until 1000');
      market.wait(1_000);
      expect(market.say('ann sells 5 at 100 IOC')).toEqual(['filled 0, 5 gone']);
    });

    it('is forgotten when the order is filled or cancelled before', () => {
      market.say('ben buys 5 at 100 until 1000 #1', 'cat buys 5 at 100 until 1000', 'ben cancels #1');
      market.say('ann sells 5 at 100');
      market.wait(2_000);
      expect(market.losses()).toEqual([]);
    });
  });

  describe('fees and reserves:', () => {
    it('put aside a buy with the highest fee that it may pay, and a sell in base', () => {
      market.say('ben buys 3 at 100', 'ann sells 4 at 200');
      expect(market.balance('ben', USD).reserved).toBe(300 * TICK + feeUp(300 * TICK, TAKER_PPM));
      expect(market.balance('ann', ETH).reserved).toBe(4 * LOT);
    });

    it('put aside a post-only order with the fee of makers: it never takes', () => {
      market.say('ben buys 3 at 100 post-only');
      expect(market.balance('ben', USD).reserved).toBe(300 * TICK + feeUp(300 * TICK, MAKER_PPM));
    });

    it('charge makers and takers their own rate', () => {
      market.say('ann sells 30 at 100');
      market.say('ben buys 30 at 100');
      const notional = 30 * 100 * TICK;
      expect(market.balance('ann', USD).units).toBe(FUNDS + notional - feeUp(notional, MAKER_PPM));
      expect(market.balance('ben', USD).units).toBe(FUNDS - notional - feeUp(notional, TAKER_PPM));
    });

    it.each([
      ['ben buys 1 at 100 max fee 499', 'order.feeAboveMaximum'],
      ['ben buys 1 at 100 max fee 500', 'filled 0, 1 rest'],
      ['ben buys 1 at 100 post-only max fee 200', 'filled 0, 1 rest'],
      ['ben buys 1 at 100 post-only max fee 199', 'order.feeAboveMaximum'],
      ['ben buys for 5000 IOC max fee 499', 'order.feeAboveMaximum'],
    ])('respect the signed maximum: %s', (sentence, answer) => {
      expect(market.say(sentence)).toEqual([answer]);
    });

    it('never rise above what an order was placed with', () => {
      market.say('ben buys 30 at 100');
      market.setBook({ makerFeePpm: 90_000, takerFeePpm: 90_000 });
      market.say('ann sells 30 at 100');
      expect(market.balance('ben', USD)).toEqual({
        units: FUNDS - 30_000 - feeUp(30_000, TAKER_PPM),
        reserved: 0,
      });
    });
  });

  describe('client ids:', () => {
    it('give the first answer again while the order is open, whatever the repeat says', () => {
      market.say('ann sells 4 at 100');
      expect(market.say('ben buys 10 at 100 #3')).toEqual(['filled 4, 6 rest']);
      market.say('ann sells 1 at 100');
      expect(market.say('ben buys 99 at 200 #3')).toEqual(['filled 4, 6 rest']);
      market.setBook({ status: 1 });
      expect(market.say('ben buys 10 at 100 #3 FOK')).toEqual(['filled 4, 6 rest']);
      expect(market.trades()).toEqual([]);
    });

    it('are free again once the order is gone, and belong to one account', () => {
      market.say('ben buys 5 at 100 #3', 'cat buys 5 at 100 #3');
      expect(market.book()).toHaveLength(2);
      market.say('ben cancels #3', 'ben buys 7 at 100 #3');
      expect(market.book()).toEqual(['cat buys 5 at 100', 'ben buys 7 at 100']);
    });
  });

  describe('the status of a book:', () => {
    it.each([
      ['open', 0, 'ben buys 5 at 90', 'filled 0, 5 rest'],
      ['post-only', 1, 'ben buys 5 at 90', 'book.notOpen'],
      ['post-only', 1, 'ben buys 5 at 90 IOC', 'book.notOpen'],
      ['post-only', 1, 'ben buys 5 at 90 post-only', 'filled 0, 5 rest'],
      ['post-only', 1, 'ben buys 5 at 100 post-only', 'book.postOnlyWouldCross'],
      ['post-only', 1, 'ann amends #1 to 9 at 101', 'filled 0, 9 rest'],
      ['post-only', 1, 'ann amends #1 at 80', 'book.postOnlyWouldCross'],
      ['post-only', 1, 'ann cancels #1', 'cancelled 1'],
      ['cancel-only', 2, 'ben buys 5 at 90 post-only', 'book.notOpen'],
      ['cancel-only', 2, 'ann amends #1 to 3', 'filled 0, 3 rest'],
      ['cancel-only', 2, 'ann amends #1 to 6', 'book.notOpen'],
      ['cancel-only', 2, 'ann cancels all', 'cancelled 1'],
      ['closed', 3, 'ben buys 5 at 90', 'book.notOpen'],
      ['closed', 3, 'ann amends #1 to 3', 'order.unknown'],
    ])('%s (%i): %s → %s', (_status, status, sentence, answer) => {
      market.say('ann sells 5 at 100 #1', 'cat buys 5 at 80');
      market.setBook({ status });
      expect(market.say(sentence)).toEqual([answer]);
    });

    it('closed: all its orders are cancelled', () => {
      market.say('ann sells 5 at 100', 'ben buys 5 at 80');
      market.setBook({ status: 3 });
      expect(market.losses()).toEqual(['ben loses 5 at 80: bookClosed', 'ann loses 5 at 100: bookClosed']);
    });
  });

  describe('makers-first batches:', () => {
    it('apply cancels and post-only orders before everything else, each kind in the order of the items', () => {
      market.say('cat sells 5 at 100 #1');
      const answers = market.sayMakersFirst(
        'ben buys 5 at 105',
        'ann sells 5 at 103 post-only',
        'cat cancels #1',
        'ann sells 5 at 102 post-only',
      );
      expect(answers).toEqual(['filled 5', 'filled 0, 5 rest', 'cancelled 1', 'filled 0, 5 rest']);
      expect(market.trades()).toEqual(['5 at 102: ben from ann']);
    });

    it('count amends as makers when they say post-only', () => {
      market.say('ann sells 5 at 110 #1');
      const answers = market.sayMakersFirst('ben buys 5 at 105', 'ann amends #1 at 104 post-only');
      expect(answers).toEqual(['filled 5', 'filled 0, 5 rest']);
    });

    it('go on from the same state after a restart', () => {
      const engine = create();
      const other = openMarket(engine);
      other.sayMakersFirst('ben buys 5 at 80', 'ben buys 6 at 80 post-only', 'ben buys 7 at 80');
      expect(other.book()).toEqual(['ben buys 6 at 80', 'ben buys 5 at 80', 'ben buys 7 at 80']);
      const before = engine.rows();
      engine.restart();
      expect(engine.rows()).toEqual(before);
      other.say('ben cancels all');
      expect(other.losses().map((loss) => loss.split(' ')[2])).toEqual(['5', '6', '7']);
    });
  });
});
