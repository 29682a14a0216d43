import { describe, expect, it } from 'vitest';
import { wadOfPpm } from '../../../src/core/margin/fixedPoint.ts';
import { marginTerms } from '../../../src/core/margin/marginState.ts';
import { priceViews } from '../../../src/core/margin/marginViews.ts';
import { decodeEngine, decodeState, encodeEngine, encodeState, engineHash } from '../../../src/core/snapshot.ts';
import { apply, directoryLog, ETH, GENESIS, openExchange, type TestExchange, USD } from '../../support/exchange.ts';

const MINUTE = 60_000;
const RISK = {
  initAssetWeightPpm: 800_000,
  initLiabilityWeightPpm: 1_200_000,
  maintAssetWeightPpm: 900_000,
  maintLiabilityWeightPpm: 1_100_000,
  liquidationFeePpm: 25_000,
  depositScaleStart: 7n,
  borrowScaleStart: 8n,
  borrowCap: 9n,
};

function weigh(exchange: TestExchange, asset = ETH, risk = RISK): void {
  directoryLog(exchange, [{ type: 'assetRiskChanged', asset, ...risk }]);
}

/** An observation of now, later by `after`. */
function show(exchange: TestExchange, price: bigint, { after = 10_000, asset = ETH, confidencePpm = 1_000 } = {}) {
  const time = exchange.time + after;
  const prices = [{ asset, time, bid: price, ask: price + 2n, confidencePpm }];
  return apply(exchange, { type: 'prices', time, prices }).events;
}

function exchangeWithPrice(): TestExchange {
  const exchange = openExchange();
  weigh(exchange);
  show(exchange, 2_000n);
  return exchange;
}

const termsNow = (exchange: TestExchange, kind: 'init' | 'maint', now = exchange.time) =>
  marginTerms(exchange.state.exchange.margin, { kind, now, assets: 3 });

describe('prices', () => {
  it('enter the state by command, and give terms together with the Directory’s weights', () => {
    const exchange = openExchange();
    expect(show(exchange, 2_000n)).toEqual([{ type: 'priceChanged', asset: ETH, verdict: 'accepted', halted: false }]);
    expect(termsNow(exchange, 'maint')).toEqual([undefined, undefined, undefined]);
    weigh(exchange);
    expect(termsNow(exchange, 'maint')[0]).toEqual({
      assetPrice: 2_000n,
      liabilityPrice: 2_002n,
      assetWeight: wadOfPpm(900_000),
      liabilityWeight: wadOfPpm(1_100_000),
    });
    expect(termsNow(exchange, 'init')[0]?.assetWeight).toBe(wadOfPpm(800_000));
  });

  it('that cannot be believed change nothing, and are told', () => {
    const exchange = exchangeWithPrice();
    const before = encodeState(exchange.state);
    expect(show(exchange, 0n, { after: 0 })).toMatchObject([{ verdict: 'price.notPositive' }]);
    expect(show(exchange, 2_000n, { after: 0 })).toMatchObject([{ verdict: 'price.notNewer' }]);
    expect(show(exchange, 2_000n, { after: 0, asset: 77 })).toMatchObject([
      { verdict: 'price.unknownAsset', asset: 77 },
    ]);
    expect(encodeState(exchange.state)).toEqual(before);
  });

  it('may be less certain for an asset that counts for less than half', () => {
    const exchange = exchangeWithPrice();
    expect(show(exchange, 2_000n, { confidencePpm: 30_000 })).toMatchObject([{ verdict: 'price.uncertain' }]);
    weigh(exchange, ETH, { ...RISK, initAssetWeightPpm: 499_999 });
    expect(show(exchange, 2_000n, { confidencePpm: 30_000 })).toMatchObject([{ verdict: 'accepted' }]);
  });

  it('add no risk after a minute, and say nothing after ten', () => {
    const exchange = exchangeWithPrice();
    const at = (later: number) => [
      termsNow(exchange, 'init', exchange.time + later)[0] !== undefined,
      termsNow(exchange, 'maint', exchange.time + later)[0] !== undefined,
      priceViews(exchange.state, exchange.time + later)[0]?.status,
    ];
    expect(at(MINUTE)).toEqual([true, true, 'fresh']);
    expect(at(MINUTE + 1)).toEqual([false, true, 'stale']);
    expect(at(10 * MINUTE)).toEqual([false, true, 'stale']);
    expect(at(10 * MINUTE + 1)).toEqual([false, false, 'unusable']);
  });

  it('more than three times off halt the exchange until they come back', () => {
    const exchange = exchangeWithPrice();
    expect(show(exchange, 7_000n)).toMatchObject([{ verdict: 'halted', halted: true }]);
    expect(priceViews(exchange.state, exchange.time)[0]?.status).toBe('halted');
    expect(show(exchange, 2_050n)).toMatchObject([{ verdict: 'accepted', halted: false }]);
  });

  it('survive a restart with all that led to them, and a recovery from chain with what is believed', () => {
    const exchange = exchangeWithPrice();
    for (let hour = 0; hour < 3; hour++) show(exchange, 2_100n, { after: 60 * MINUTE });
    show(exchange, 2_900n);
    const restarted = decodeEngine(encodeEngine(exchange.state), GENESIS);
    expect(restarted.exchange.margin).toEqual(exchange.state.exchange.margin);
    expect(engineHash(restarted)).toBe(engineHash(exchange.state));

    const recovered = decodeState(encodeState(exchange.state), GENESIS);
    const { bid, ask, time, stable } = recovered.exchange.margin.prices[0] as NonNullable<
      (typeof recovered.exchange.margin.prices)[0]
    >;
    expect(recovered.exchange.margin.risks).toEqual([RISK]);
    expect(exchange.state.exchange.margin.prices[0]).toMatchObject({ bid, ask, time, stable: { price: stable.price } });
    expect(encodeState(recovered)).toEqual(encodeState(exchange.state));
  });

  it('are shown with weights, or as unknown', () => {
    const exchange = exchangeWithPrice();
    const [eth, usd] = priceViews(exchange.state, exchange.time);
    expect(eth).toEqual({
      asset: ETH,
      symbol: 'ETH',
      ledgerDecimals: 9,
      valueDecimals: 6,
      price: { bid: '2000', ask: '2002', stable: '2001', time: exchange.time },
      status: 'fresh',
      weights: { initAsset: 800_000, initLiability: 1_200_000, maintAsset: 900_000, maintLiability: 1_100_000 },
    });
    expect(usd).toMatchObject({ asset: USD, price: null, status: 'unusable', weights: null });
  });

  it('come from a Directory that keeps its weights in order, or the keeper stops', () => {
    expect(() => weigh(openExchange(), ETH, { ...RISK, initAssetWeightPpm: 900_001 })).toThrow('weights out of order');
    expect(() => weigh(openExchange(), 77)).toThrow('asset 77 is not listed');
  });
});
