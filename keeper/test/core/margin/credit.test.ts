// What the Directory says about margin, through the whole core: from the entries of its log to what is refused.
import { describe, expect, it } from 'vitest';
import type { Action, Side } from '../../../src/core/commands.ts';
import { ACTION_AMEND, BUY, IMMEDIATE_OR_CANCEL, SELL } from '../../../src/core/commands.ts';
import { validateInternalState } from '../../../src/core/invariants.ts';
import { findAccount, isMargin } from '../../../src/core/ledger.ts';
import { accountHealth } from '../../../src/core/margin/accountHealth.ts';
import { totalOf } from '../../../src/core/margin/marginTotals.ts';
import { decodeEngine, encodeEngine, engineHash } from '../../../src/core/snapshot.ts';
import { accountViews, assetViews } from '../../../src/core/viewState.ts';
import {
  act,
  addressOf,
  apply,
  batch,
  deposit,
  directoryLog,
  ETH,
  ETH_USD,
  GENESIS,
  grantCredit,
  HOME,
  listings,
  log,
  MEME,
  openExchange,
  place,
  riskListing,
  type TestExchange,
  TOKENS,
  USD,
} from '../../support/exchange.ts';

const [ANN, BEN, MAKER] = ['ann', 'ben', 'maker'].map(addressOf) as [`0x${string}`, `0x${string}`, `0x${string}`];
const DOLLAR = 1_000_000n;
const ETHER = 10n ** 18n;
/** Ledger units of a whole ETH. */
const ETH_UNITS = 10n ** 9n;
/** 2 000 USD for an ETH, in ticks. A lot is 0.001 ETH. */
const PRICE = 200_000;

function see(exchange: TestExchange, prices: Readonly<Record<number, bigint>>): void {
  const time = exchange.time + 10_000;
  const seen = Object.entries(prices).map(([asset, price]) => {
    return { asset: Number(asset), time, bid: price, ask: price, confidencePpm: 0 };
  });
  apply(exchange, { type: 'prices', time, prices: seen });
}

const ETH_RISK = riskListing(ETH, { init: 200_000, maint: 100_000 });

/** ETH at 2 000 USD; Ann and Ben with 10 000 USD and a debt limit of 5 000 USD each; a funded maker on both sides. */
function open({ eth = {} as Partial<typeof ETH_RISK>, debtLimit = 5_000n * DOLLAR } = {}): TestExchange {
  const exchange = openExchange();
  directoryLog(exchange, [{ ...ETH_RISK, ...eth }, riskListing(USD, { init: 0, maint: 0 })]);
  see(exchange, { [ETH]: 2_000n * 10n ** 15n, [USD]: 10n ** 18n });
  for (const trader of [ANN, BEN]) {
    deposit(exchange, TOKENS.usdHome, trader, 10_000n * DOLLAR);
    grantCredit(exchange, trader, { debtLimit });
  }
  deposit(exchange, TOKENS.ethHome, MAKER, 100n * ETHER);
  deposit(exchange, TOKENS.usdHome, MAKER, 1_000_000n * DOLLAR);
  batch(exchange, [place(MAKER, ETH_USD, BUY, PRICE, 100_000), place(MAKER, ETH_USD, SELL, PRICE + 1, 100_000)]);
  return exchange;
}

const accountOf = ({ state }: TestExchange, owner: `0x${string}`) => findAccount(state.exchange.ledger, owner, 0);
const marginOf = ({ state }: TestExchange, owner: `0x${string}`) => accountViews(state, owner)[0]?.margin;
const total = ({ state }: TestExchange, asset: 0 | 1) => totalOf(state.exchange, asset);

/** Milli-ETH at once, or resting away from the market. */
function trade(exchange: TestExchange, owner: `0x${string}`, side: Side, quantity: number, more: Partial<Action> = {}) {
  const order = place(owner, ETH_USD, side, PRICE, quantity, {
    timeInForce: IMMEDIATE_OR_CANCEL,
    ...more,
  });
  const { code } = act(exchange, order);
  validateInternalState(exchange.state);
  return code;
}

function setTier(exchange: TestExchange, account: `0x${string}`, tier: number) {
  return directoryLog(exchange, [{ type: 'accountCreditChanged', account, subaccount: 0, tier }]).events;
}

describe('the scaling of weights', () => {
  it('is that of the vector, from the entries of the Directory on', () => {
    const exchange = openExchange();
    // T1, T2, T3 of 9, 6 and 3 ledger decimals at 1, 5 and 10 dollars, scaled from 1 000, 5 000 and 10 000 dollars on.
    const [t1, t2, t3] = [ETH, USD, MEME];
    const start = (dollars: bigint) => ({ depositScaleStart: dollars * DOLLAR });
    directoryLog(exchange, [
      riskListing(t1, { init: 200_000, maint: 100_000 }, start(1_000n)),
      riskListing(t2, { init: 500_000, maint: 300_000 }, start(5_000n)),
      riskListing(t3, { init: 500_000, maint: 300_000 }, start(10_000n)),
    ]);
    see(exchange, { [t1]: 10n ** 15n, [t2]: 5n * 10n ** 18n, [t3]: 10n * 10n ** 21n });
    grantCredit(exchange, ANN);
    grantCredit(exchange, BEN);
    deposit(exchange, TOKENS.ethHome, ANN, 100n * ETHER);
    deposit(exchange, TOKENS.usdHome, ANN, 100n * DOLLAR);
    deposit(exchange, TOKENS.memeHome, ANN, 100n * 100n);
    const healthOfAnn = () => accountHealth(exchange.state.exchange, accountOf(exchange, ANN), 'init') as bigint;
    // 100 · 0.8 + 500 · 0.5 + 1 000 · 0.5, and what funded accounts have changes nothing.
    expect(healthOfAnn()).toBe(830n * DOLLAR);
    deposit(exchange, TOKENS.usdHome, MAKER, 1_400n * DOLLAR);
    expect(healthOfAnn()).toBe(830n * DOLLAR);
    // Of all margin accounts together: 100, 1 500 and 10 000.
    deposit(exchange, TOKENS.usdHome, BEN, 1_400n * DOLLAR);
    deposit(exchange, TOKENS.memeHome, BEN, 9_900n * 100n);
    expect(Number(healthOfAnn()) / 1e6).toBeCloseTo(296.6667, 4);
    validateInternalState(exchange.state);
  });

  it('weighs a debt the more, the more of the asset is owed, and what an order may owe before it does', () => {
    const exchange = open({ eth: { borrowScaleStart: 2_000n * DOLLAR } });
    const healthOf = (owner: `0x${string}`) =>
      accountHealth(exchange.state.exchange, accountOf(exchange, owner), 'init');
    expect(trade(exchange, BEN, SELL, 1_000)).toBe('ok');
    // 12 000 − 1 of fees − 2 000 · 1.2
    expect(healthOf(BEN)).toBe(11_999n * DOLLAR - 2_400n * DOLLAR);
    expect(trade(exchange, ANN, SELL, 1_000)).toBe('ok');
    // Twice as much is owed as the start: 2 000 · 2.4
    expect(healthOf(BEN)).toBe(11_999n * DOLLAR - 4_800n * DOLLAR);
    expect(healthOf(ANN)).toBe(healthOf(BEN));
  });

  it('takes what open orders would bring in as held', () => {
    const exchange = open({ eth: { depositScaleStart: 2_000n * DOLLAR } });
    deposit(exchange, TOKENS.ethHome, BEN, ETHER);
    const health = () => accountHealth(exchange.state.exchange, accountOf(exchange, BEN), 'init');
    expect(health()).toBe(11_600n * DOLLAR);
    // Fees may be 5 of 10 000, which count as if they bought, too.
    expect(trade(exchange, ANN, BUY, 1_000, { price: PRICE / 2, timeInForce: 0 })).toBe('ok');
    expect(total(exchange, 0)).toMatchObject({ held: ETH_UNITS, arriving: (ETH_UNITS * 10_005n) / 10_000n });
    expect(Number(health()) / 1e6).toBeCloseTo(10_000 + (1_600 * 1) / 2.0005, 5);
  });
});

describe('a borrow cap', () => {
  it('is never passed, not by orders that rest either, and frees what is paid back', () => {
    const exchange = open({ eth: { borrowCap: 2n * ETH_UNITS } });
    expect(trade(exchange, ANN, SELL, 1_500)).toBe('ok');
    expect(trade(exchange, BEN, SELL, 501)).toBe('risk.borrowCap');
    expect(trade(exchange, BEN, SELL, 400, { price: PRICE + 5, timeInForce: 0, clientId: 1 })).toBe('ok');
    expect(total(exchange, 0)).toMatchObject({ owed: (3n * ETH_UNITS) / 2n, mayOwe: (19n * ETH_UNITS) / 10n });
    const amend = (quantity: number) =>
      act(exchange, place(BEN, ETH_USD, 0, 0, quantity, { kind: ACTION_AMEND, clientId: 1 })).code;
    expect(amend(501)).toBe('risk.borrowCap');
    expect(amend(500)).toBe('ok');
    expect(trade(exchange, ANN, SELL, 1)).toBe('risk.borrowCap');
    expect(trade(exchange, ANN, BUY, 300, { price: PRICE + 1 })).toBe('ok');
    expect(trade(exchange, ANN, SELL, 300)).toBe('ok');
  });

  it('that falls below what is owed stops what adds to it, and nothing that pays it back', () => {
    const exchange = open();
    expect(trade(exchange, ANN, SELL, 1_500)).toBe('ok');
    directoryLog(exchange, [{ ...ETH_RISK, borrowCap: 0n }]);
    expect(trade(exchange, ANN, SELL, 1)).toBe('risk.borrowCap');
    expect(trade(exchange, BEN, SELL, 1)).toBe('risk.borrowCap');
    expect(trade(exchange, ANN, BUY, 1_500, { price: PRICE + 1 })).toBe('ok');
    expect(total(exchange, 0).owed).toBe(0n);
  });

  it('does not bind who owns what is sold', () => {
    const exchange = open({ eth: { borrowCap: 0n } });
    deposit(exchange, TOKENS.ethHome, ANN, ETHER);
    expect(trade(exchange, ANN, SELL, 1_000)).toBe('ok');
    expect(trade(exchange, ANN, SELL, 1)).toBe('risk.borrowCap');
  });
});

describe('a debt limit', () => {
  it('bounds the value of all that one account may come to owe', () => {
    const exchange = open();
    expect(trade(exchange, ANN, SELL, 2_501)).toBe('risk.debtLimit');
    expect(trade(exchange, ANN, SELL, 2_000)).toBe('ok');
    // 4 000 of 5 000 are owed; the order may owe 500 more on top of the 13 999 that there are.
    expect(trade(exchange, ANN, BUY, 14_000, { price: PRICE / 2, timeInForce: 0 })).toBe('ok');
    expect(trade(exchange, ANN, BUY, 2_000, { price: PRICE / 2, timeInForce: 0 })).toBe('risk.debtLimit');
    expect(trade(exchange, BEN, SELL, 2_500)).toBe('ok');
  });

  it('grows with the price of what is owed; then only less is allowed', () => {
    const exchange = open();
    expect(trade(exchange, ANN, SELL, 2_500)).toBe('ok');
    see(exchange, { [ETH]: 2_100n * 10n ** 15n, [USD]: 10n ** 18n });
    expect(trade(exchange, ANN, SELL, 1)).toBe('risk.debtLimit');
    expect(trade(exchange, ANN, BUY, 100, { price: PRICE + 1 })).toBe('ok');
    expect(trade(exchange, ANN, SELL, 10)).toBe('risk.debtLimit');
  });

  it('is that of the tier, for everybody of it, and 0 for a tier that was never listed', () => {
    const exchange = open();
    expect(marginOf(exchange, ANN)).toMatchObject({ tier: 1, debtLimit: '5000000000' });
    directoryLog(exchange, [{ type: 'creditTierChanged', tier: 1, debtLimit: 2n * DOLLAR }]);
    expect(trade(exchange, BEN, SELL, 2)).toBe('risk.debtLimit');
    expect(trade(exchange, BEN, SELL, 1)).toBe('ok');
    setTier(exchange, ANN, 200);
    expect(marginOf(exchange, ANN)).toMatchObject({ tier: 200, debtLimit: '0' });
    expect(trade(exchange, ANN, SELL, 1)).toBe('risk.debtLimit');
    expect(trade(exchange, ANN, BUY, 4_000, { price: PRICE + 1 })).toBe('ok');
    expect(trade(exchange, ANN, SELL, 4_000)).toBe('ok');
  });
});

describe('a credit', () => {
  it('is given before the first deposit, or later, to one subaccount', () => {
    const exchange = open();
    const stranger = addressOf('stranger');
    grantCredit(exchange, stranger, { subaccount: 3 });
    deposit(exchange, TOKENS.usdHome, stranger, DOLLAR, 3);
    deposit(exchange, TOKENS.usdHome, stranger, DOLLAR);
    expect(accountViews(exchange.state, stranger).map(({ margin }) => margin?.tier ?? null)).toEqual([1, null]);
    setTier(exchange, addressOf('nobody'), 0);
    expect(accountViews(exchange.state, addressOf('nobody'))).toEqual([]);
  });

  it('that is taken away leaves the debt, cancels the open orders, and lets no more be owed', () => {
    const exchange = open();
    expect(trade(exchange, ANN, SELL, 1_000)).toBe('ok');
    expect(trade(exchange, ANN, SELL, 1_000, { price: PRICE + 5, timeInForce: 0 })).toBe('ok');
    expect(setTier(exchange, ANN, 0)).toMatchObject([
      { type: 'directoryChanged', what: 'accountCredit' },
      { type: 'orderCancelled', reason: 'creditLowered', quantity: 1_000 },
    ]);
    validateInternalState(exchange.state);
    expect(marginOf(exchange, ANN)).toMatchObject({ tier: 0, debtLimit: '0', liabilities: '2000000000' });
    expect(trade(exchange, ANN, SELL, 1)).toBe('risk.debtLimit');
    // It stays a margin account, at its own keeper's restart, too, until it is named or left alone again.
    const restarted = decodeEngine(encodeEngine(exchange.state), GENESIS);
    expect(engineHash(restarted)).toBe(engineHash(exchange.state));
    expect(isMargin(restarted.exchange.ledger, accountOf(exchange, ANN))).toBe(true);
    expect(trade(exchange, ANN, BUY, 1_000, { price: PRICE + 1 })).toBe('ok');
    setTier(exchange, ANN, 0);
    expect(marginOf(exchange, ANN)).toBeNull();
    expect(trade(exchange, ANN, SELL, 1)).toBe('risk.insufficientBalance');
    validateInternalState(exchange.state);
  });

  it('that becomes smaller cancels the open orders; one that grows does not', () => {
    const exchange = open();
    directoryLog(exchange, [
      { type: 'creditTierChanged', tier: 2, debtLimit: 6_000n * DOLLAR },
      { type: 'creditTierChanged', tier: 3, debtLimit: 4_999n * DOLLAR },
    ]);
    expect(trade(exchange, ANN, SELL, 1_000, { price: PRICE + 5, timeInForce: 0 })).toBe('ok');
    expect(setTier(exchange, ANN, 2)).toHaveLength(1);
    expect(setTier(exchange, ANN, 3)).toMatchObject([{}, { type: 'orderCancelled', reason: 'creditLowered' }]);
  });

  it('of a funded account leaves its open orders where they are', () => {
    const exchange = open();
    const before = exchange.state.exchange.orders.count;
    grantCredit(exchange, MAKER);
    expect(exchange.state.exchange.orders.count).toBe(before);
    validateInternalState(exchange.state);
    expect(total(exchange, 0)).toMatchObject({ held: 100n * ETH_UNITS, mayOwe: 0n });
    setTier(exchange, MAKER, 0);
    validateInternalState(exchange.state);
    expect(total(exchange, 0)).toMatchObject({ held: 0n, arriving: 0n });
    expect(marginOf(exchange, MAKER)).toBeNull();
  });

  it('is counted in the room that deposits leave', () => {
    const exchange = open({ debtLimit: 2n ** 53n - 1n });
    // Nobody may come to own more units than can be counted, whatever the cap is.
    deposit(exchange, TOKENS.ethSecond, MAKER, (2n ** 53n - 1n - 100n * ETH_UNITS - ETH_UNITS) * 10n ** 9n);
    expect(trade(exchange, ANN, SELL, 1_001)).toBe('risk.borrowCap');
    expect(trade(exchange, ANN, SELL, 1_000)).toBe('ok');
  });
});

describe('the Directory', () => {
  it('is shown: what an asset counts for and is capped at', () => {
    const exchange = open({ eth: { liquidationFeePpm: 20_000, borrowCap: 7n } });
    const [eth, , meme] = assetViews(exchange.state);
    expect(eth?.risk).toEqual({
      initAssetWeightPpm: 800_000,
      initLiabilityWeightPpm: 1_200_000,
      maintAssetWeightPpm: 900_000,
      maintLiabilityWeightPpm: 1_100_000,
      liquidationFeePpm: 20_000,
      valueDecimals: 6,
      depositScaleStart: '9007199254740991',
      borrowScaleStart: '9007199254740991',
      borrowCap: '7',
    });
    expect(meme?.risk).toBeNull();
  });

  it('that says what ours never would is none, and stops the keeper', () => {
    const refused = (entry: Parameters<typeof directoryLog>[1][number]) => () => {
      const exchange = openExchange();
      directoryLog(exchange, [entry]);
    };
    const credit = { type: 'accountCreditChanged', account: ANN, subaccount: 0 } as const;
    expect(refused({ ...credit, tier: 255 })).toThrow('credit of tier 255');
    expect(refused({ type: 'creditTierChanged', tier: 0, debtLimit: 1n })).toThrow('credit of tier 0');
    expect(refused({ type: 'creditTierChanged', tier: 255, debtLimit: 1n })).toThrow('credit of tier 255');
    expect(refused({ ...ETH_RISK, liquidationFeePpm: 200_001 })).toThrow('a liquidation fee of 200001 ppm');
    expect(refused({ ...ETH_RISK, initAssetWeightPpm: 900_000, liquidationFeePpm: 150_000 })).toThrow(
      'liquidation fee',
    );
    expect(listings().some(({ type }) => type === 'assetRiskChanged')).toBe(false);
    expect(log(openExchange(), { chainId: HOME, contract: GENESIS.directory }, [ETH_RISK]).result.code).toBe('ok');
  });
});
