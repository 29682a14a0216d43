// The walk through the state notices when any structure of the books contradicts another.
import { describe, expect, it } from 'vitest';
import { BUY, SELL } from '../../src/core/commands.ts';
import type { Exchange } from '../../src/core/exchange.ts';
import { validateInternalState } from '../../src/core/invariants.ts';
import type { Book } from '../../src/core/orderBook.ts';
import { linkAccount, linkQueue, setQuantity, setRemaining } from '../../src/core/orderPool.ts';
import { act, addressOf, batch, deposit, ETH_USD, openExchange, place, TOKENS } from '../support/exchange.ts';

const BEN = addressOf('ben');
const FAR = 2 ** 40;

/** Ben has five orders: two in one queue, one far outside the window, one with an expiry and a client id, one sold. */
function tradingExchange() {
  const exchange = openExchange();
  deposit(exchange, TOKENS.usdHome, BEN, 10n ** 12n);
  deposit(exchange, TOKENS.ethHome, BEN, 10n ** 20n);
  batch(exchange, [
    place(BEN, ETH_USD, BUY, 100, 1),
    place(BEN, ETH_USD, BUY, 100, 2),
    place(BEN, ETH_USD, SELL, FAR, 3),
    place(BEN, ETH_USD, BUY, 90, 4, { timeInForce: 1, expiry: exchange.time + 1_000, clientId: 7 }),
    place(BEN, ETH_USD, SELL, 200, 5),
  ]);
  act(exchange, { ...place(BEN, 0, BUY, 0, 0), kind: 4, expiry: 5_000 });
  return exchange;
}

type Corruption = readonly [what: string, corrupt: (exchange: Exchange, book: Book) => void];

const CORRUPTIONS: readonly Corruption[] = [
  [
    'a lot more than was put aside',
    ({ orders }) => {
      setRemaining(orders, 1, 2);
    },
  ],
  [
    'more left than the order is for',
    ({ orders }) => {
      setQuantity(orders, 1, 0);
    },
  ],
  [
    'a torn queue',
    ({ orders }) => {
      linkQueue(orders, 1, 0);
    },
  ],
  [
    "a torn list of an account's orders",
    ({ orders }) => {
      linkAccount(orders, 1, 0);
    },
  ],
  [
    'another id',
    ({ orders }) => {
      orders.numbers[8] = 5; // The first number of the first record.
    },
  ],
  [
    'a lost slot',
    ({ orders }) => {
      orders.nextSlot++;
    },
  ],
  [
    'a wrong count',
    ({ orders }) => {
      orders.count++;
    },
  ],
  [
    'an id that the table has forgotten',
    ({ orders }) => {
      orders.byId.heads.fill(0);
    },
  ],
  [
    'a client id that the table has forgotten',
    ({ orders }) => {
      orders.byClientId.heads.fill(0);
    },
  ],
  [
    'a chain of the table that leads to itself',
    ({ orders }) => {
      orders.byClientId.links.fill(1);
    },
  ],
  [
    'an id above the highest',
    ({ orders }) => {
      orders.highestId = 1;
    },
  ],
  [
    'an expiry that has passed',
    ({ orders }) => {
      orders.expiries.times[0] = 1;
    },
  ],
  [
    'an expiry that is forgotten',
    ({ orders }) => {
      orders.expiries.count = 0;
    },
  ],
  [
    'a switch that should have fired',
    ({ deadManSwitches }) => {
      deadManSwitches.times[0] = 1;
    },
  ],
  [
    'a switch that cannot be found',
    ({ deadManSwitches }) => {
      deadManSwitches.placeOf.fill(0);
    },
  ],
  [
    'another best price',
    (_, book) => {
      book.bestBid = 90;
    },
  ],
  [
    'a missing bit',
    (_, book) => {
      book.levels.words.fill(0);
    },
  ],
  [
    'a bit of nothing',
    (_, { levels }) => {
      levels.summary[0] = (levels.summary[0] as number) ^ (1 << 31);
    },
  ],
  [
    'a level without its bit',
    (_, { levels }) => {
      levels.ends[2 * 101] = 1;
    },
  ],
  [
    'a lost far level',
    (_, { levels }) => {
      levels.nextFar++;
    },
  ],
  [
    'a level that was not counted',
    (_, { levels }) => {
      levels.count++;
    },
  ],
];

describe('the walk through the state', () => {
  it('finds nothing wrong with a state as it should be', () => {
    expect(() => validateInternalState(tradingExchange().state)).not.toThrow();
  });

  it.each(CORRUPTIONS)('notices %s', (_what, corrupt) => {
    const { state } = tradingExchange();
    corrupt(state.exchange, state.exchange.bookById.get(ETH_USD) as Book);
    expect(() => validateInternalState(state)).toThrow();
  });
});
