import { describe, expect, it } from 'vitest';
import { nextDue } from '../../../src/core/cancelOrder.ts';
import { BUY, IMMEDIATE_OR_CANCEL, REDUCE_ONLY, SELL } from '../../../src/core/commands.ts';
import type { CoreEvent } from '../../../src/core/events.ts';
import { validateInternalState } from '../../../src/core/invariants.ts';
import { addWad, openAccount, setCreditTier } from '../../../src/core/ledger.ts';
import { liquidationHealth } from '../../../src/core/margin/accountHealth.ts';
import { withdrawalStop } from '../../../src/core/margin/bankruptcy.ts';
import { delayedLiquidations } from '../../../src/core/margin/liquidate.ts';
import { LIQUIDATIONS_LIMIT } from '../../../src/core/margin/marginState.ts';
import { decodeEngine, encodeEngine, engineHash } from '../../../src/core/snapshot.ts';
import { accountViews } from '../../../src/core/viewState.ts';
import {
  act,
  addressOf,
  apply,
  balanceOf,
  batch,
  cancel,
  deposit,
  ETH,
  ETH_USD,
  GENESIS,
  grantCredit,
  HOME,
  MEME,
  MEME_USD,
  place,
  registryLog,
  type TestExchange,
  TOKENS,
  USD,
} from '../../support/exchange.ts';
import {
  ANN,
  accountOf,
  BOB,
  DOLLAR,
  give,
  marginExchange,
  price,
  setPrice,
  setPrices,
  TICKS,
  weigh,
} from '../../support/marginExchange.ts';

const ETHER = 1_000_000_000;
const IOC = { timeInForce: IMMEDIATE_OR_CANCEL } as const;
const isLiquidated = (exchange: TestExchange) =>
  exchange.state.exchange.margin.liquidations.has(accountOf(exchange, ANN));
const endHealth = (exchange: TestExchange) =>
  liquidationHealth(exchange.state.exchange, accountOf(exchange, ANN), 'liquidationEnd') as bigint;
const namesOf = (events: readonly CoreEvent[]) =>
  events.map(({ type }) => type).filter((type) => type !== 'priceChanged');
const bid = (exchange: TestExchange, dollars: number, lots: number) =>
  act(exchange, place(BOB, ETH_USD, BUY, dollars * TICKS, lots));
const ask = (exchange: TestExchange, dollars: number, lots: number) =>
  act(exchange, place(BOB, ETH_USD, SELL, dollars * TICKS, lots));

/** Ann owns 2.4 ETH and owes 3 800 USD: at less than 1 759.26 USD for an ETH, her maint health is below 0. */
function leveraged(): TestExchange {
  const exchange = marginExchange();
  give(exchange, { from: ANN, to: BOB, asset: USD, units: 4_800 * Number(DOLLAR) });
  give(exchange, { from: BOB, to: ANN, asset: ETH, units: 2.4 * ETHER });
  setPrice(exchange, 1_850);
  return exchange;
}

/** Ann owns 5 000 USD and owes 2 ETH: at more than 2 272.72 USD for an ETH, her maint health is below 0. */
function short(): TestExchange {
  const exchange = marginExchange();
  give(exchange, { from: BOB, to: ANN, asset: USD, units: 4_000 * Number(DOLLAR) });
  give(exchange, { from: ANN, to: BOB, asset: ETH, units: 2 * ETHER });
  setPrice(exchange, 2_150);
  return exchange;
}

describe('the liquidation of a margin account', () => {
  it('waits while a vault is in exit mode, and goes on when it is cured', () => {
    const exchange = leveraged();
    bid(exchange, 1_700, 100);
    registryLog(exchange, HOME, [{ type: 'exitModeEntered' }]);
    expect(namesOf(setPrice(exchange, 1_759).events)).toEqual([]);
    expect(isLiquidated(exchange)).toBe(false);
    expect(nextDue(exchange.state.exchange)).toBe(Number.POSITIVE_INFINITY);
    expect(namesOf(registryLog(exchange, HOME, [{ type: 'exitModeCured' }]).events)).toContain('liquidationBegan');
  });

  it('begins when its maint health is below 0, and not before', () => {
    const exchange = leveraged();
    expect(namesOf(setPrice(exchange, 1_760).events)).toEqual([]);
    const { events } = setPrice(exchange, 1_759);
    expect(events).toContainEqual(
      // 2.4 · 1 759 · 0.9 − 3 800
      { type: 'liquidationBegan', account: { address: ANN, subaccount: 0 }, health: -560_000n },
    );
    validateInternalState(exchange.state);
  });

  it('begins with its orders, which may be all that was wrong', () => {
    const exchange = marginExchange();
    expect(act(exchange, place(ANN, ETH_USD, BUY, 1_990 * TICKS, 2_400)).code).toBe('ok');
    expect(namesOf(setPrice(exchange, 1_850).events)).toEqual([]);
    // Filled, 3 778 USD would be owed against 0.9 · 2.4 · 1 700.
    const { events } = setPrice(exchange, 1_700);
    expect(namesOf(events)).toEqual(['orderCancelled']);
    expect(events).toContainEqual(expect.objectContaining({ type: 'orderCancelled', reason: 'liquidated' }));
    expect(isLiquidated(exchange)).toBe(false);
  });

  it('sells what is owned in our own book until the liquidation-end health is not below 0', () => {
    const exchange = leveraged();
    bid(exchange, 1_745, 10_000);
    const { events } = setPrice(exchange, 1_750);
    expect(namesOf(events)).toEqual(['liquidationBegan', 'fill', 'liquidationTraded', 'liquidationEnded']);
    // 2.4 · 1 750 · 0.8 − 3 800 = −440; −440 / (1 − 1.0404 · 0.8) = 2 624.05 are repaid for 1.561 ETH at the worst price.
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'liquidationTraded', side: SELL, quantity: 1_561, filled: 1_561 }),
    );
    expect(endHealth(exchange) >= 0n).toBe(true);
    expect(balanceOf(exchange, ANN, ETH).units).toBe(2.4 * ETHER - 1.561 * ETHER);
    validateInternalState(exchange.state);
  });

  it('buys what is owed', () => {
    const exchange = short();
    ask(exchange, 2_300, 10_000);
    const { events } = setPrice(exchange, 2_280);
    expect(namesOf(events)).toEqual(['liquidationBegan', 'fill', 'liquidationTraded', 'liquidationEnded']);
    expect(events).toContainEqual(expect.objectContaining({ type: 'liquidationTraded', side: BUY }));
    expect(endHealth(exchange) >= 0n).toBe(true);
    expect(balanceOf(exchange, ANN, ETH).units).toBeLessThan(0);
    validateInternalState(exchange.state);
  });

  it('takes no price that is worse than the oracle’s by more than both fees, the taker’s fee included', () => {
    // 1 750 / 1.0404 / 0.9995 = 1 682.886…
    const exchange = leveraged();
    bid(exchange, 1_682.88, 5_000);
    expect(namesOf(setPrice(exchange, 1_750).events)).toEqual(['liquidationBegan', 'settlementMarked']);
    bid(exchange, 1_682.89, 1);
    expect(setPrice(exchange, 1_750).events).toContainEqual(
      expect.objectContaining({ type: 'liquidationTraded', price: 168_289, filled: 1 }),
    );
    // 2 280 · 1.0404 / 1.0005 = 2 370.927…
    const other = short();
    ask(other, 2_370.93, 5_000);
    expect(namesOf(setPrice(other, 2_280).events)).toEqual(['liquidationBegan', 'settlementMarked']);
    ask(other, 2_370.92, 1);
    expect(setPrice(other, 2_280).events).toContainEqual(
      expect.objectContaining({ type: 'liquidationTraded', price: 237_092, filled: 1 }),
    );
  });

  it('closes at most eight pieces of 100 000 dollars between two prices', () => {
    const exchange = marginExchange();
    deposit(exchange, TOKENS.ethHome, BOB, 10_000n * 10n ** 18n);
    deposit(exchange, TOKENS.usdHome, BOB, 9_000_000n * DOLLAR);
    give(exchange, { from: BOB, to: ANN, asset: ETH, units: 2_400 * ETHER });
    give(exchange, { from: ANN, to: BOB, asset: USD, units: 3_801_000 * Number(DOLLAR) });
    setPrice(exchange, 1_850);
    bid(exchange, 1_750, 4_000_000);
    const pieces = () => setPrice(exchange, 1_750).events.filter(({ type }) => type === 'liquidationTraded');
    const first = pieces();
    expect(first).toHaveLength(8);
    // ⌈100 000 / 1.75⌉ lots.
    for (const piece of first) expect(piece).toMatchObject({ quantity: 57_143, filled: 57_143 });
    expect(isLiquidated(exchange)).toBe(true);
    while (isLiquidated(exchange)) expect(pieces().length).toBeGreaterThan(0);
    expect(endHealth(exchange) >= 0n).toBe(true);
    validateInternalState(exchange.state);
  });

  it('marks for settlement what our own books do not close: 257.30 for 535.38 as in Mango v4', () => {
    const exchange = marginExchange();
    deposit(exchange, TOKENS.memeHome, BOB, 100_000n);
    weigh(exchange, USD, { init: [600_000, 1_400_000], maint: [700_000, 1_300_000], fee: 20_000 });
    weigh(exchange, MEME, { init: [600_000, 1_400_000], maint: [700_000, 1_300_000], fee: 20_000 });
    give(exchange, { from: ANN, to: BOB, asset: USD, units: 32 * Number(DOLLAR) });
    give(exchange, { from: ANN, to: BOB, asset: MEME, units: 350_000 });
    const { events } = setPrices(exchange, { [USD]: price(1, 6), [MEME]: price(2, 3) });
    expect(accountViews(exchange.state, ANN)[0]?.margin?.liquidation).toEqual({
      since: exchange.time,
      bankrupt: false,
      settlement: {
        sell: { asset: USD, symbol: 'USD', decimals: 6, amount: '535383598' },
        buy: { asset: MEME, symbol: 'MEME', decimals: 3, amount: '257297' },
      },
    });
    // A MEME has a thousand units.
    expect(events).toContainEqual({
      type: 'settlementMarked',
      account: { address: ANN, subaccount: 0 },
      sell: USD,
      buy: MEME,
      sellUnits: 535_383_598,
      buyUnits: 257_297,
    });
    validateInternalState(exchange.state);
  });

  it('closes a debt through a third asset when no book leads there at once', () => {
    const exchange = marginExchange();
    weigh(exchange, MEME, { init: [500_000, 1_500_000], maint: [700_000, 1_300_000], fee: 20_000 });
    deposit(exchange, TOKENS.memeHome, BOB, 1_000_000n);
    give(exchange, { from: ANN, to: BOB, asset: USD, units: 1_000 * Number(DOLLAR) });
    give(exchange, { from: BOB, to: ANN, asset: ETH, units: ETHER });
    give(exchange, { from: ANN, to: BOB, asset: MEME, units: 1_500_000 });
    bid(exchange, 2_000, 10_000);
    act(exchange, place(BOB, MEME_USD, SELL, 1_000, 1_000_000));
    const { events } = setPrices(exchange, { [ETH]: price(2_000, 9), [USD]: price(1, 6), [MEME]: price(1, 3) });
    expect(namesOf(events)).toEqual([
      'liquidationBegan',
      'fill',
      'liquidationTraded',
      'fill',
      'liquidationTraded',
      'liquidationEnded',
    ]);
    validateInternalState(exchange.state);
  });

  it('is not brought about by an oracle’s silence', () => {
    const exchange = leveraged();
    setPrice(exchange, 1_765);
    for (let minute = 0; minute < 12; minute++) {
      exchange.time += 60_000;
      expect(namesOf(setPrices(exchange, { [USD]: price(1, 6) }).events)).toEqual([]);
    }
    expect(isLiquidated(exchange)).toBe(false);
  });

  it('waits, and says so, while what is owed has no price', () => {
    const exchange = short();
    for (let minute = 0; minute < 12; minute++) {
      exchange.time += 60_000;
      setPrices(exchange, { [USD]: price(1, 6) });
    }
    expect(setPrices(exchange, { [USD]: price(1, 6) }).events).toContainEqual({
      type: 'healthUnknown',
      account: { address: ANN, subaccount: 0 },
    });
  });

  it('may come from new weights as well', () => {
    const exchange = leveraged();
    const { events } = weigh(exchange, ETH, { init: [500_000, 1_500_000], maint: [600_000, 1_400_000] });
    expect(namesOf(events)).toContain('liquidationBegan');
  });

  it('looks at no more accounts in one command than it may; the next ones go on, but batches', () => {
    const exchange = marginExchange();
    const { ledger, margin } = exchange.state.exchange;
    for (let index = 0; index < 1_500; index++)
      setCreditTier(ledger, openAccount(ledger, addressOf(`m${index}`), 0), 1);
    // So many new accounts fill the next checkpoint.
    apply(exchange, { type: 'cutCheckpoint' });
    setPrice(exchange, 2_000);
    expect(margin.looksLeft).toBe(1_501 - 1_024);
    expect(nextDue(exchange.state.exchange)).toBe(exchange.time);
    batch(exchange, []);
    expect(margin.looksLeft).toBe(1_501 - 1_024);
    apply(exchange, { type: 'tick' });
    expect(margin.looksLeft).toBe(0);
    expect(nextDue(exchange.state.exchange)).toBe(Number.POSITIVE_INFINITY);
  });

  it('leaves nobody out when somebody gets credit before all were looked at', () => {
    const exchange = leveraged();
    const { ledger, margin } = exchange.state.exchange;
    const early = addressOf('early');
    deposit(exchange, TOKENS.usdHome, early, DOLLAR);
    for (let index = 0; index < 1_100; index++) {
      setCreditTier(ledger, openAccount(ledger, addressOf(`m${index}`), 0), 1);
    }
    const last = addressOf('last');
    grantCredit(exchange, last);
    give(exchange, { from: BOB, to: last, asset: ETH, units: 10_000_000 });
    give(exchange, { from: last, to: BOB, asset: USD, units: 16 * Number(DOLLAR) });
    setPrice(exchange, 1_770);
    expect(margin.looksLeft).toBe(78);
    // Its place in the list is before all of them.
    grantCredit(exchange, early);
    while (margin.looksLeft > 0) apply(exchange, { type: 'tick' });
    expect([...margin.liquidations.keys()]).toContain(accountOf(exchange, last));
  });

  it('is that of so many accounts at the same time; the others lose their orders, wait, and everybody is told', () => {
    const exchange = marginExchange();
    const { ledger, margin } = exchange.state.exchange;
    for (let index = 0; index < LIQUIDATIONS_LIMIT; index++) {
      const owner = addressOf(`m${index}`);
      grantCredit(exchange, owner);
      give(exchange, { from: BOB, to: owner, asset: ETH, units: 10_000_000 });
      give(exchange, { from: owner, to: BOB, asset: USD, units: 19 * Number(DOLLAR) });
    }
    give(exchange, { from: ANN, to: BOB, asset: USD, units: 4_800 * Number(DOLLAR) });
    give(exchange, { from: BOB, to: ANN, asset: ETH, units: 2.4 * ETHER });
    apply(exchange, { type: 'cutCheckpoint' });
    setPrice(exchange, 1_850);
    apply(exchange, { type: 'cutCheckpoint' });
    while (margin.looksLeft > 0) apply(exchange, { type: 'tick' });
    const late = addressOf('late');
    grantCredit(exchange, late);
    give(exchange, { from: BOB, to: late, asset: ETH, units: 10_000_000 });
    give(exchange, { from: late, to: BOB, asset: USD, units: 10 * Number(DOLLAR) });
    const order = act(exchange, place(late, ETH_USD, BUY, 1_500 * TICKS, 1));
    expect(order).toMatchObject({ code: 'ok', resting: true });
    expect(delayedLiquidations(exchange.state.exchange)).toBe(0);
    give(exchange, { from: late, to: BOB, asset: USD, units: 9 * Number(DOLLAR) });
    const events = [...setPrice(exchange, 1_750).events];
    while (margin.looksLeft > 0) events.push(...apply(exchange, { type: 'tick' }).events);
    expect(margin.liquidations.size).toBe(LIQUIDATIONS_LIMIT);
    expect(ledger.marginAccounts).toHaveLength(LIQUIDATIONS_LIMIT + 2);
    const account = { address: late, subaccount: 0 };
    expect(events).toContainEqual(expect.objectContaining({ type: 'orderCancelled', account, reason: 'liquidated' }));
    expect(events).toContainEqual({ type: 'liquidationDelayed', account, health: -3_250_000n });
    // Ann as well.
    expect(delayedLiquidations(exchange.state.exchange)).toBe(2);
    validateInternalState(exchange.state);
  });

  it('waits for the next checkpoint when that has no room for those who would trade', () => {
    const exchange = leveraged();
    bid(exchange, 1_745, 10_000);
    const { ledger } = exchange.state.exchange;
    ledger.changedBytes = 2 ** 20;
    expect(namesOf(setPrice(exchange, 1_750).events)).toEqual(['liquidationBegan']);
    expect(nextDue(exchange.state.exchange)).toBe(Number.POSITIVE_INFINITY);
    // Not in the same command: what the checkpoint stands for is settled.
    expect(namesOf(apply(exchange, { type: 'cutCheckpoint' }).events)).toEqual(['checkpointCut']);
    expect(ledger.changedBytes).toBe(0);
    expect(nextDue(exchange.state.exchange)).toBe(exchange.time);
    expect(namesOf(apply(exchange, { type: 'tick' }).events)).toContain('liquidationEnded');
  });

  it('is not put off by whoever fills the checkpoint with small trades', () => {
    const exchange = leveraged();
    const crowd = Array.from({ length: 900 }, (_, index) => addressOf(`taker ${index}`));
    for (const [index, taker] of crowd.entries()) {
      deposit(exchange, TOKENS.usdHome, taker, 100n * DOLLAR);
      if (index % 300 === 299) apply(exchange, { type: 'cutCheckpoint' });
    }
    bid(exchange, 1_745, 10_000);
    ask(exchange, 2_000, 2_000);
    const results = crowd.map((taker) => act(exchange, place(taker, ETH_USD, BUY, 2_000 * TICKS, 1, IOC)));
    expect(results.at(-1)).toMatchObject({ code: 'ok', filled: 0 });
    expect(namesOf(setPrice(exchange, 1_750).events)).toContain('liquidationEnded');
    validateInternalState(exchange.state);
  });

  it('stops withdrawals of what nobody can pay, however full the next checkpoint is', () => {
    const exchange = leveraged();
    exchange.state.exchange.ledger.changedBytes = 2 ** 20;
    for (const dollars of [1_700, 1_550]) setPrice(exchange, dollars);
    expect(withdrawalStop(exchange.state.exchange)).toBe('bankruptAccount');
  });

  it('leaves funded accounts and healthy margin accounts exactly as they are', () => {
    const exchange = leveraged();
    grantCredit(exchange, BOB);
    bid(exchange, 1_000, 1);
    const before = balanceOf(exchange, BOB, USD);
    setPrice(exchange, 1_750);
    expect(balanceOf(exchange, BOB, USD)).toEqual(before);
    expect(isLiquidated(exchange)).toBe(true);
  });

  it('goes on after a restart as if there had been none', () => {
    const exchange = leveraged();
    setPrice(exchange, 1_750);
    const restarted = { ...exchange, state: decodeEngine(encodeEngine(exchange.state), GENESIS) };
    expect(engineHash(restarted.state)).toBe(engineHash(exchange.state));
    for (const each of [exchange, restarted]) {
      bid(each, 1_700, 10_000);
      setPrice(each, 1_745);
      expect(isLiquidated(each)).toBe(false);
    }
    expect(engineHash(restarted.state)).toBe(engineHash(exchange.state));
  });
});

describe('an account that is being liquidated', () => {
  it('only cancels and reduces, at fair prices; the rest of its batch goes on', () => {
    const exchange = leveraged();
    setPrice(exchange, 1_750);
    bid(exchange, 1_600, 1_000);
    const reduce = { ...IOC, flags: REDUCE_ONLY } as const;
    const { result } = batch(exchange, [
      place(ANN, ETH_USD, SELL, 1_750 * TICKS, 1),
      place(ANN, ETH_USD, SELL, 1_600 * TICKS, 1, IOC),
      place(ANN, ETH_USD, SELL, 1_600 * TICKS, 1, reduce),
      place(ANN, ETH_USD, SELL, 1_700 * TICKS, 1, reduce),
      cancel(ANN, 7),
      place(BOB, ETH_USD, SELL, 1_900 * TICKS, 1),
    ]);
    expect(result.code === 'ok' && result.items?.map(({ code }) => code)).toEqual([
      'account.liquidated',
      'account.liquidated',
      'risk.insufficientHealth',
      'ok',
      'order.unknown',
      'ok',
    ]);
    validateInternalState(exchange.state);
  });

  it('cannot be kept by a friend who buys below the fair price', () => {
    const exchange = leveraged();
    setPrice(exchange, 1_770);
    bid(exchange, 1_500, 2_400);
    // Init health would not fall: 0.8 of the price is what it counts for.
    expect(act(exchange, place(ANN, ETH_USD, SELL, 1_500 * TICKS, 2_400, IOC)).code).toBe('risk.insufficientHealth');
  });

  it('may be saved by a deposit', () => {
    const exchange = leveraged();
    setPrice(exchange, 1_750);
    deposit(exchange, TOKENS.usdHome, ANN, 500n * DOLLAR);
    expect(namesOf(setPrice(exchange, 1_750).events)).toEqual(['liquidationEnded']);
    expect(act(exchange, place(ANN, ETH_USD, SELL, 1_800 * TICKS, 1)).code).toBe('ok');
  });

  it('is not done when only dust of a health is missing', () => {
    const exchange = leveraged();
    setPrice(exchange, 1_750);
    const { ledger } = exchange.state.exchange;
    const usd = ledger.assets[1];
    if (usd === undefined) throw new Error('no dollars');
    addWad(ledger, usd, accountOf(exchange, ANN), (-endHealth(exchange) - 1n) * 10n ** 12n);
    expect(endHealth(exchange)).toBe(-1n);
    setPrice(exchange, 1_750);
    expect(isLiquidated(exchange)).toBe(true);
  });
});
