import { describe, expect, it } from 'vitest';
import { accountsOf, createAccountEvents, addressOf as ownerOf } from '../../../src/adapters/http/stream/eventViews.ts';
import { accountKey, deltasOf } from '../../../src/adapters/http/stream/topics.ts';
import { BUY } from '../../../src/core/commands.ts';
import type { Outcome } from '../../../src/core/events.ts';
import type { AccountEventView } from '../../../src/core/streamViews.ts';
import { assetViews, bookViews } from '../../../src/core/viewState.ts';
import {
  act,
  addressOf,
  deposit,
  ETH,
  ETH_USD,
  place,
  type TestExchange,
  TOKENS,
  USD,
} from '../../support/exchange.ts';
import { ANN, BOB, DOLLAR, give, marginExchange, setPrice, TICKS } from '../../support/marginExchange.ts';

const CAT = addressOf('cat');

/** What each topic is told of a command. */
function told(exchange: TestExchange, { events }: Outcome, topics: readonly string[]) {
  const { state, time } = exchange;
  const accountEvents = createAccountEvents({ assets: () => assetViews(state), books: () => bookViews(state) });
  const item = { sequence: state.sequence, time, events };
  const topicsNow = { wanted: (key: string) => topics.includes(key), followed: () => topics };
  const deltas = deltasOf(item, topicsNow, accountEvents);
  return (topic: string) => {
    const delta = deltas.get(topic) as { events: readonly AccountEventView[] } | undefined;
    return delta?.events ?? [];
  };
}

describe('what the stream tells of a liquidation', () => {
  it('is every step, to the account itself and to the executor; and to all others what they have lost', () => {
    const exchange = marginExchange();
    deposit(exchange, TOKENS.usdHome, CAT, 1_000n * DOLLAR);
    give(exchange, { from: ANN, to: BOB, asset: USD, units: 4_800 * Number(DOLLAR) });
    give(exchange, { from: BOB, to: ANN, asset: ETH, units: 2_400_000_000 });
    setPrice(exchange, 1_850);
    const topics = [accountKey(ANN), accountKey(CAT), 'executor'];
    const began = told(exchange, setPrice(exchange, 1_700), topics);
    const ann = { address: ANN, subaccount: 0 };
    const amount = (asset: number, symbol: string, decimals: number, units: string) => ({
      asset,
      symbol,
      decimals,
      amount: units,
    });
    expect(began(accountKey(ANN))).toEqual([
      { type: 'liquidationBegan', ...ann, health: '-128000000', valueDecimals: 6 },
      // (3 800 − 2.4 · 1 700 · 0.8) / (1 − 1.0404 · 0.8) = 3 196.56 USD for that, at most 1.0404 times as much in ETH.
      {
        type: 'settlementMarked',
        ...ann,
        sell: amount(ETH, 'ETH', 9, '1956297711'),
        buy: amount(USD, 'USD', 6, '3196564886'),
      },
    ]);
    expect(began('executor')).toEqual(began(accountKey(ANN)));
    expect(began(accountKey(CAT))).toEqual([]);

    setPrice(exchange, 1_550);
    act(exchange, place(BOB, ETH_USD, BUY, 1_500 * TICKS, 2_400));
    const ended = told(exchange, setPrice(exchange, 1_510), topics);
    const types = ended(accountKey(ANN)).map(({ type }) => type);
    expect(types).toEqual(['fill', 'liquidationTraded', 'debtShared', 'bankruptcyChanged', 'liquidationEnded']);
    expect(ended('executor').filter((view) => ownerOf(view) === ANN)).toEqual(ended(accountKey(ANN)));
    expect(ended('executor').map(({ type }) => type)).not.toContain('lossShared');
    const shared = ended(accountKey(ANN)).find((view) => view.type === 'debtShared');
    expect(shared?.debt.amount).toBe('201800000');
    const exact = (1_000n * DOLLAR * 201_800_000n) / BigInt(shared?.owned ?? 0);
    const lost = amount(USD, 'USD', 6, String(exact + 1n));
    expect(ended(accountKey(CAT))).toEqual([{ type: 'lossShared', address: CAT, subaccount: 0, lost }]);
  });

  it('names everybody who has a part in it', () => {
    const account = { address: ANN, subaccount: 0 };
    const losses = [{ account: { address: CAT, subaccount: 3 }, units: 5 }];
    const event = { type: 'lossShared', account, asset: USD, units: 5, owned: 9n, losses } as const;
    expect(accountsOf(event).map(({ address }) => address)).toEqual([ANN, CAT]);
  });
});
