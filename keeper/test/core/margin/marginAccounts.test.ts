import { describe, expect, it } from 'vitest';
import type { Action } from '../../../src/core/commands.ts';
import {
  ACTION_AMEND,
  BUY,
  FILL_OR_KILL,
  IMMEDIATE_OR_CANCEL,
  QUOTE_BUDGET,
  REDUCE_ONLY,
  SELL,
} from '../../../src/core/commands.ts';
import { exitInputOf } from '../../../src/core/exitInput.ts';
import { validateInternalState } from '../../../src/core/invariants.ts';
import { findAccount } from '../../../src/core/ledger.ts';
import { accountHealth } from '../../../src/core/margin/accountHealth.ts';
import { MARGIN_ORDER_LIMIT } from '../../../src/core/margin/credit.ts';
import { simulate } from '../../../src/core/margin/marginViews.ts';
import { decodeEngine, encodeEngine, engineHash } from '../../../src/core/snapshot.ts';
import { accountViews } from '../../../src/core/viewState.ts';
import {
  act,
  apply,
  cancel,
  deposit,
  ETH_USD,
  GENESIS,
  NO_LIMIT,
  place,
  registryLog,
  type TestExchange,
  TOKENS,
  USD,
} from '../../support/exchange.ts';
import { ANN, accountOf, BOB, DOLLAR, marginExchange, setPrice, TICKS } from '../../support/marginExchange.ts';

/** 2 000 USD for an ETH. */
const TICKS_2000 = 2_000 * TICKS;

const balances = ({ state }: TestExchange, address: `0x${string}`) =>
  state.exchange.ledger.assets.slice(0, 2).map(({ units }) => units[findAccount(state.exchange.ledger, address, 0)]);
const healthOf = (exchange: TestExchange, kind: 'init' | 'maint' = 'init') =>
  accountHealth(exchange.state.exchange, accountOf(exchange, ANN), kind);

/** Quantities in lots of 0.001 ETH. */
function order(exchange: TestExchange, account: `0x${string}`, fields: Partial<Action>) {
  const { code } = act(exchange, place(account, ETH_USD, BUY, TICKS_2000, 100, fields));
  validateInternalState(exchange.state);
  return code;
}

describe('a margin account', () => {
  it('buys more than it can pay for, as far as its init health goes', () => {
    const exchange = marginExchange();
    order(exchange, BOB, { side: SELL, quantity: 10_000 });
    // 1 000 USD and x ETH bought at 2 000: 1 000 − 2 000x · 1.0005 + 2 000x · 0.8 ≥ 0 up to 2.4937 ETH.
    expect(order(exchange, ANN, { side: BUY, quantity: 2_494, timeInForce: IMMEDIATE_OR_CANCEL })).toBe(
      'risk.insufficientHealth',
    );
    expect(order(exchange, ANN, { side: BUY, quantity: 2_493, timeInForce: IMMEDIATE_OR_CANCEL })).toBe('ok');
    expect(balances(exchange, ANN)).toEqual([2_493_000_000, 1_000_000_000 - 4_986_000_000 - 2_493_000]);
    expect(healthOf(exchange)).toBe(307_000n);
  });

  it('sells what it does not have, and owes it', () => {
    const exchange = marginExchange();
    order(exchange, BOB, { side: BUY, quantity: 10_000 });
    expect(order(exchange, ANN, { side: SELL, quantity: 2_490, timeInForce: IMMEDIATE_OR_CANCEL })).toBe('ok');
    expect(balances(exchange, ANN)[0]).toBe(-2_490_000_000);
    expect(order(exchange, ANN, { side: SELL, quantity: 20, timeInForce: IMMEDIATE_OR_CANCEL })).toBe(
      'risk.insufficientHealth',
    );
  });

  it('has its open orders weighed at their worst, whichever way they go', () => {
    const exchange = marginExchange();
    expect(order(exchange, ANN, { side: BUY, price: TICKS_2000 - 1, quantity: 2_400 })).toBe('ok');
    expect(order(exchange, ANN, { side: SELL, price: TICKS_2000 + 1, quantity: 2_400 })).toBe('ok');
    expect(order(exchange, ANN, { side: BUY, price: TICKS_2000 - 1, quantity: 200 })).toBe('risk.insufficientHealth');
    expect(order(exchange, ANN, { side: SELL, price: TICKS_2000 + 1, quantity: 200 })).toBe('risk.insufficientHealth');
  });

  it('may not buy far above the price: the loss would be in the health at once', () => {
    const exchange = marginExchange();
    expect(order(exchange, ANN, { side: BUY, price: 2 * TICKS_2000, quantity: 500 })).toBe('risk.insufficientHealth');
    expect(order(exchange, ANN, { side: BUY, price: 2 * TICKS_2000, quantity: 400 })).toBe('ok');
    expect(order(exchange, ANN, { side: SELL, price: 1, quantity: 500 })).toBe('risk.insufficientHealth');
  });

  it('may do what does not lower its health, even below 0', () => {
    const exchange = marginExchange();
    order(exchange, BOB, { side: SELL, quantity: 10_000 });
    order(exchange, ANN, { side: BUY, quantity: 2_400, timeInForce: IMMEDIATE_OR_CANCEL });
    setPrice(exchange, 1_850);
    expect((healthOf(exchange) as bigint) < 0n).toBe(true);
    expect(order(exchange, ANN, { side: BUY, price: 185_000, quantity: 1 })).toBe('risk.insufficientHealth');
    expect(order(exchange, ANN, { side: SELL, price: 186_000, quantity: 500 })).toBe('ok');
    expect(order(exchange, ANN, { side: SELL, price: 100_000, quantity: 500 })).toBe('risk.insufficientHealth');
  });

  it('waits while no fresh price is known, but can always cancel', () => {
    const exchange = marginExchange();
    order(exchange, ANN, { side: BUY, price: 100_000, quantity: 10, clientId: 7 });
    exchange.time += 60_001;
    expect(order(exchange, ANN, { side: SELL, quantity: 10 })).toBe('risk.priceUnknown');
    expect(act(exchange, cancel(ANN, 0, { clientId: 7 }))).toMatchObject({ cancelled: 1 });
  });

  it('places no market order without a worst price', () => {
    const exchange = marginExchange();
    const budget = { side: BUY, flags: QUOTE_BUDGET, quantity: 1_000_000, timeInForce: IMMEDIATE_OR_CANCEL } as const;
    expect(order(exchange, ANN, { ...budget, price: 0 })).toBe('order.priceOutOfRange');
    expect(order(exchange, ANN, { ...budget, price: TICKS_2000 })).toBe('ok');
    expect(order(exchange, ANN, { ...budget, price: TICKS_2000, quantity: 6_000_000_000 })).toBe(
      'risk.insufficientHealth',
    );
  });

  it('amends within its health, its order counting once', () => {
    const exchange = marginExchange();
    order(exchange, ANN, { side: BUY, price: TICKS_2000 - 10, quantity: 2_000, clientId: 5 });
    const amend = (quantity: number) =>
      act(exchange, place(ANN, ETH_USD, 0, 0, quantity, { kind: ACTION_AMEND, clientId: 5 })).code;
    expect(amend(2_480)).toBe('ok');
    expect(amend(2_600)).toBe('risk.insufficientHealth');
    validateInternalState(exchange.state);
  });

  it('has a bounded number of open orders', () => {
    const exchange = marginExchange();
    for (let i = 0; i < MARGIN_ORDER_LIMIT; i++) {
      act(exchange, place(ANN, ETH_USD, BUY, 1 + i, 1));
    }
    expect(order(exchange, ANN, { side: BUY, price: 1, quantity: 1 })).toBe('risk.tooManyOrders');
  });

  it('withdraws nothing while it owes anything, and keeps what its open orders need', () => {
    const exchange = marginExchange();
    let nonce = 0n;
    const withdraw = (dollars: bigint) =>
      apply(exchange, {
        type: 'requestWithdrawal',
        account: ANN,
        subaccount: 0,
        chainId: TOKENS.usdHome.chainId,
        token: TOKENS.usdHome.token,
        amount: dollars * DOLLAR,
        recipient: ANN,
        nonce: nonce++,
        deadline: exchange.time + 60_000,
      }).result.code;
    expect(withdraw(10n)).toBe('ok');
    order(exchange, ANN, { side: SELL, price: TICKS_2000 + 1, quantity: 1_000 });
    // Selling 1 ETH that is not there needs 400 USD of health.
    expect(withdraw(900n)).toBe('risk.insufficientHealth');
    expect(withdraw(500n)).toBe('ok');
    order(exchange, BOB, { side: BUY, price: TICKS_2000 + 1, quantity: 1_000 });
    expect(balances(exchange, ANN)[0]).toBe(-1_000_000_000);
    expect(withdraw(1n)).toBe('withdrawal.liability');
  });

  it('cannot force out what stands for its debts, nor what its open orders need', () => {
    const exchange = marginExchange();
    const force = (id: number, dollars: bigint) => {
      registryLog(exchange, TOKENS.usdHome.chainId, [
        { type: 'forcedRequested', id: BigInt(id), account: ANN, token: ANN, amount: 1n, recipient: ANN },
      ]);
      const { chainId, token } = TOKENS.usdHome;
      const facts = { open: dollars * DOLLAR, capacity: 2n ** 100n, isKeyHolder: true, transferFails: false };
      apply(exchange, { type: 'answerForced', chainId, id, account: ANN, token, ...facts });
      validateInternalState(exchange.state);
      const answer = [...exchange.state.answers.values()].find((given) => given.id === id);
      return [answer?.reason, answer?.paid];
    };
    order(exchange, ANN, { side: SELL, price: TICKS_2000 + 1, quantity: 1_000 });
    expect(force(1, 900n)).toEqual(['paid', 900n * DOLLAR]);
    expect(exchange.state.exchange.orders.count).toBe(0);
    deposit(exchange, TOKENS.usdHome, ANN, 900n * DOLLAR);
    order(exchange, BOB, { side: BUY, quantity: 1_000 });
    order(exchange, ANN, { side: SELL, quantity: 1_000, timeInForce: IMMEDIATE_OR_CANCEL });
    expect(force(2, 1n)).toEqual(['debt', 0n]);
  });

  it('pays its debts with what is deposited', () => {
    const exchange = marginExchange();
    order(exchange, BOB, { side: BUY, quantity: 10_000 });
    order(exchange, ANN, { side: SELL, quantity: 1_000, timeInForce: IMMEDIATE_OR_CANCEL });
    deposit(exchange, TOKENS.ethHome, ANN, 15n * 10n ** 17n + 1n);
    expect(balances(exchange, ANN)[0]).toBe(500_000_000);
    validateInternalState(exchange.state);
  });

  it('is the same after a restart, debts and orders included', () => {
    const exchange = marginExchange();
    order(exchange, BOB, { side: BUY, quantity: 500 });
    order(exchange, ANN, { side: SELL, quantity: 1_500 });
    deposit(exchange, TOKENS.ethHome, ANN, 1n);
    const restarted = decodeEngine(encodeEngine(exchange.state), GENESIS);
    validateInternalState(restarted);
    expect(engineHash(restarted)).toBe(engineHash(exchange.state));
    expect(restarted.exchange.ledger.assets[0]?.units[accountOf(exchange, ANN)]).toBe(-500_000_000);
    expect(restarted.exchange.ledger.creditTier[accountOf(exchange, ANN)]).toBe(1);
  });

  it('is closed out at the prices that were believed when everybody has to leave', () => {
    const exchange = marginExchange();
    order(exchange, BOB, { side: BUY, quantity: 500 });
    order(exchange, ANN, { side: SELL, quantity: 500, timeInForce: IMMEDIATE_OR_CANCEL });
    const { prices, balances: columns } = exitInputOf(exchange.state);
    // Of 10⁻¹⁸ of the asset: 2 000 USD for an ETH, in a unit in which 10⁻¹⁸ USD is 10⁶.
    expect((prices[0] as bigint) / (prices[1] as bigint)).toBe(2_000n);
    expect(columns[0]?.some((wad) => wad < 0n)).toBe(true);
  });
});

describe('what an account is shown', () => {
  it('is its health, leverage and distance; nothing of it for a funded account', () => {
    const exchange = marginExchange();
    order(exchange, BOB, { side: SELL, quantity: 1_000 });
    order(exchange, ANN, { side: BUY, quantity: 1_000, timeInForce: IMMEDIATE_OR_CANCEL });
    // 1 ETH owned, 1 001 USD owed.
    expect(accountViews(exchange.state, ANN)[0]?.margin).toEqual({
      tier: 1,
      debtLimit: String(NO_LIMIT),
      valueDecimals: 6,
      initHealth: '599000000',
      maintHealth: '799000000',
      assets: '2000000000',
      liabilities: '1001000000',
      leveragePpm: '2002003',
      distanceToLiquidationPpm: '443888',
      liquidation: null,
    });
    expect(accountViews(exchange.state, BOB)[0]?.margin).toBeNull();
    expect(accountViews(exchange.state, ANN, exchange.time + 600_001)[0]?.margin).toMatchObject({
      initHealth: null,
      maintHealth: null,
      leveragePpm: null,
    });
  });

  it('is what would be with other balances and orders, and then is exactly that', () => {
    const exchange = marginExchange();
    const { state, time: now } = exchange;
    const account = accountOf(exchange, ANN);
    const buys = { book: ETH_USD, side: 'buy', price: TICKS_2000, quantity: 2_000 } as const;
    const tried = simulate(state, { account, now, changes: [{ asset: USD, units: 100_000_000n }], orders: [buys] });
    expect(tried).toMatchObject({ allowed: true, before: { initHealth: '1000000000' } });
    expect(simulate(state, { account, now, changes: [], orders: [{ ...buys, quantity: 3_000 }] })).toMatchObject({
      allowed: false,
    });
    order(exchange, ANN, { side: BUY, quantity: 2_000 });
    deposit(exchange, TOKENS.usdHome, ANN, 100n * DOLLAR);
    expect(simulate(state, { account, now, changes: [], orders: [] })).toMatchObject({
      before: (tried as { after: object }).after,
    });
  });

  it('is refused for what does not exist', () => {
    const { state, time: now } = marginExchange();
    const empty = { account: 0, now, changes: [], orders: [] };
    expect(simulate(state, { ...empty, changes: [{ asset: 77, units: 1n }] })).toBe('asset.unknown');
    const buys = { book: ETH_USD, side: 'buy', price: 1, quantity: 1 } as const;
    expect(simulate(state, { ...empty, orders: [{ ...buys, book: 77 }] })).toBe('book.unknown');
    expect(simulate(state, { ...empty, orders: [{ ...buys, price: 0 }] })).toBe('order.notionalOutOfRange');
    expect(simulate(state, { ...empty, orders: [{ ...buys, price: 2 ** 52 }] })).toBe('order.notionalOutOfRange');
  });
});

describe('a reduce-only order', () => {
  const now = { timeInForce: IMMEDIATE_OR_CANCEL, flags: REDUCE_ONLY } as const;

  it('is for margin accounts, and for IOC and FOK', () => {
    const exchange = marginExchange();
    expect(order(exchange, BOB, { side: SELL, ...now })).toBe('account.notMargin');
    expect(order(exchange, ANN, { side: SELL, flags: REDUCE_ONLY })).toBe('action.invalid');
    expect(order(exchange, ANN, { side: SELL, ...now, flags: REDUCE_ONLY | QUOTE_BUDGET })).toBe('action.invalid');
  });

  it('sells at most what is owned, less what open orders sell', () => {
    const exchange = marginExchange();
    deposit(exchange, TOKENS.ethHome, ANN, 10n ** 17n);
    order(exchange, ANN, { side: SELL, price: 300_000, quantity: 40 });
    expect(order(exchange, ANN, { side: SELL, ...now, quantity: 61 })).toBe('order.wouldNotReduce');
    expect(order(exchange, ANN, { side: SELL, ...now, quantity: 60 })).toBe('ok');
    expect(order(exchange, ANN, { side: BUY, ...now, quantity: 1 })).toBe('order.wouldNotReduce');
  });

  it('buys at most what is owed, less what open orders buy', () => {
    const exchange = marginExchange();
    order(exchange, BOB, { side: BUY, quantity: 100 });
    order(exchange, ANN, { side: SELL, quantity: 100, timeInForce: IMMEDIATE_OR_CANCEL });
    order(exchange, ANN, { side: BUY, price: 100_000, quantity: 40 });
    expect(order(exchange, ANN, { side: BUY, ...now, quantity: 61 })).toBe('order.wouldNotReduce');
    expect(order(exchange, ANN, { side: BUY, ...now, quantity: 60, timeInForce: FILL_OR_KILL })).toBe(
      'order.wouldNotFill',
    );
    expect(order(exchange, ANN, { side: BUY, ...now, quantity: 60 })).toBe('ok');
  });
});
