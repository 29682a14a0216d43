import { beforeEach, describe, expect, it } from 'vitest';
import { BUY, SELL } from '../../src/core/commands.ts';
import type { WithdrawalChanged } from '../../src/core/events.ts';
import {
  accountViews,
  assetViews,
  bookOrdersView,
  bookViews,
  depthView,
  orderViews,
  solvencyViews,
  withdrawalView,
  withdrawalViews,
} from '../../src/core/viewState.ts';
import {
  act,
  addressOf,
  apply,
  batch,
  cancel,
  deposit,
  ETH,
  ETH_USD,
  HOME,
  MEME_USD,
  openExchange,
  place,
  registryLog,
  SECOND,
  type TestExchange,
  TOKENS,
  USD,
} from '../support/exchange.ts';

const [ANN, BEN] = [addressOf('ann'), addressOf('ben')];

let exchange: TestExchange;

beforeEach(() => {
  exchange = openExchange();
  deposit(exchange, TOKENS.ethHome, ANN, 10n ** 18n + 7n);
  deposit(exchange, TOKENS.usdHome, BEN, 10n ** 10n);
  deposit(exchange, TOKENS.usdSecond, BEN, 10n ** 19n, 2);
});

describe('what the API shows', () => {
  it('of assets: every token by chain', () => {
    expect(assetViews(exchange.state)[1]).toEqual({
      asset: USD,
      risk: null,
      symbol: 'USD',
      ledgerDecimals: 6,
      tokens: [
        { chainId: HOME, token: TOKENS.usdHome.token, decimals: 6 },
        { chainId: SECOND, token: TOKENS.usdSecond.token, decimals: 18 },
      ],
    });
  });

  it('of books: both assets, sizes, fees and status', () => {
    expect(bookViews(exchange.state)[0]).toEqual({
      book: ETH_USD,
      base: { asset: ETH, symbol: 'ETH', decimals: 9 },
      quote: { asset: USD, symbol: 'USD', decimals: 6 },
      lotSize: '1000000',
      tickSize: '10',
      makerFeePpm: 200,
      takerFeePpm: 500,
      status: 'open',
    });
  });

  it('of the orders of a book: everybody’s on one side, best price first, then the oldest, page by page', () => {
    const sell = (owner: typeof ANN, price: number) => act(exchange, place(owner, ETH_USD, SELL, price, 1));
    const buy = (price: number) => act(exchange, place(BEN, ETH_USD, BUY, price, 1));
    for (const price of [102, 101, 2 ** 30, 101]) sell(ANN, price);
    for (const price of [90, 99, 90]) buy(price);
    const page = (side: 'buy' | 'sell', more: object = {}) =>
      bookOrdersView(exchange.state, { book: ETH_USD, side, limit: 9, sequence: 7, ...more });
    const sells = page('sell')?.orders ?? [];
    expect(sells.map(({ price }) => price)).toEqual([101, 101, 102, 2 ** 30]);
    expect(Number(sells[0]?.orderId)).toBeLessThan(Number(sells[1]?.orderId));
    expect(sells[0]).toMatchObject({ address: ANN, subaccount: 0, book: ETH_USD, side: 'sell', remaining: 1 });
    expect(page('buy')?.orders.map(({ price }) => price)).toEqual([99, 90, 90]);
    for (const [index, { orderId }] of sells.entries()) {
      const rest = page('sell', { after: Number(orderId), limit: 2 })?.orders;
      expect(rest).toEqual(sells.slice(index + 1, index + 3));
    }
    expect(page('buy', { after: Number(sells[0]?.orderId) })).toBeUndefined();
    expect(page('buy', { after: 5 })).toBeUndefined();
    expect(page('buy', { book: 99 })).toBeUndefined();
    expect(page('buy', { book: MEME_USD })).toEqual({ book: MEME_USD, sequence: 7, orders: [] });
  });

  it('of the depth: the best levels outwards, with all their lots and orders', () => {
    batch(exchange, [
      place(BEN, ETH_USD, BUY, 100, 1),
      place(BEN, ETH_USD, BUY, 90, 2),
      place(BEN, ETH_USD, BUY, 100, 3),
      place(BEN, ETH_USD, BUY, 1, 4),
      place(ANN, ETH_USD, SELL, 101, 5),
      place(ANN, ETH_USD, SELL, 2 ** 30, 6),
    ]);
    expect(depthView(exchange.state, { book: ETH_USD, levels: 2, sequence: 9 })).toEqual({
      book: ETH_USD,
      sequence: 9,
      bids: [
        { price: 100, quantity: '4', orders: 2 },
        { price: 90, quantity: '2', orders: 1 },
      ],
      asks: [
        { price: 101, quantity: '5', orders: 1 },
        { price: 2 ** 30, quantity: '6', orders: 1 },
      ],
    });
    expect(depthView(exchange.state, { book: MEME_USD, levels: 2, sequence: 9 })).toMatchObject({ bids: [], asks: [] });
    expect(depthView(exchange.state, { book: 7, levels: 2, sequence: 9 })).toBeUndefined();
  });

  it('of an account: every subaccount, what is reserved and free, dust, and what is not listed', () => {
    act(exchange, place(BEN, ETH_USD, BUY, 100, 1));
    deposit(exchange, { chainId: HOME, token: addressOf('odd') }, ANN, 12n);
    expect(accountViews(exchange.state, ANN)).toEqual([
      {
        address: ANN,
        subaccount: 0,
        balances: [
          {
            asset: ETH,
            symbol: 'ETH',
            decimals: 9,
            amount: '1000000000',
            reserved: '0',
            free: '1000000000',
            dust: '7',
          },
        ],
        unlisted: [{ chainId: HOME, token: addressOf('odd'), atoms: '12' }],
        margin: null,
      },
    ]);
    const ben = accountViews(exchange.state, BEN);
    expect(ben.map(({ subaccount, balances }) => [subaccount, balances[0]?.reserved, balances[0]?.free])).toEqual([
      [0, '1001', '9999998999'],
      [2, '0', '10000000'],
    ]);
    expect(accountViews(exchange.state, addressOf('stranger'))).toEqual([]);
  });

  it('of orders: what still rests', () => {
    const expiry = exchange.time + 5_000;
    act(exchange, place(BEN, ETH_USD, BUY, 100, 10, { clientId: 77, timeInForce: 1, expiry }));
    const orderId = String(exchange.sequence * 1024);
    act(exchange, place(ANN, ETH_USD, SELL, 100, 4));
    act(exchange, place(BEN, ETH_USD, BUY, 2 ** 40, 1, { subaccount: 2 }));
    expect(orderViews(exchange.state, { address: BEN, limit: 10 })).toEqual([
      {
        orderId,
        clientId: '77',
        address: BEN,
        subaccount: 0,
        book: ETH_USD,
        side: 'buy',
        price: 100,
        quantity: 10,
        remaining: 6,
        expiry,
      },
    ]);
    expect(orderViews(exchange.state, { address: ANN, limit: 10 })).toEqual([]);
  });

  it('of many orders: the newest of all subaccounts first, page by page, wherever a page ends', () => {
    const subaccounts = [0, 2, 0, 0, 2, 0, 2];
    batch(
      exchange,
      subaccounts.map((subaccount, i) => place(BEN, ETH_USD, BUY, 10 + i, 1, { subaccount })),
    );
    const page = (before?: number, limit = 3) =>
      orderViews(exchange.state, { address: BEN, limit, ...(before === undefined ? {} : { before }) });
    const pricesOf = (views: readonly { price: number }[]) => views.map(({ price }) => price);
    const first = page();
    expect(pricesOf(first)).toEqual([16, 15, 14]);
    const last = Number(first.at(-1)?.orderId);
    expect(pricesOf(page(last))).toEqual([13, 12, 11]);
    expect(pricesOf(page(last - 3))).toEqual([10]);
    expect(page(last - 4)).toEqual([]);
    expect(pricesOf(page(last + 1000, 100))).toEqual([16, 15, 14, 13, 12, 11, 10]);
    act(exchange, cancel(BEN, last, { subaccount: 2 }));
    expect(pricesOf(page(last))).toEqual([13, 12, 11]);
    expect(pricesOf(page(undefined, 4))).toEqual([16, 15, 13, 12]);
  });

  it('of withdrawals: the pending ones and those that ended lately, in the chain’s atoms', () => {
    const request = { account: BEN, subaccount: 0, chainId: HOME, token: TOKENS.usdHome.token, recipient: ANN };
    for (const nonce of [1n, 2n]) {
      apply(exchange, { type: 'requestWithdrawal', ...request, amount: 10n + nonce, nonce, deadline: exchange.time });
    }
    apply(exchange, { type: 'cutCheckpoint' });
    registryLog(exchange, HOME, [{ type: 'withdrawn', ...request, amount: 11n, nonce: 1n }]);
    const views = withdrawalViews(exchange.state, BEN);
    expect(views.map(({ nonce, status, atoms, checkpoint }) => [nonce, status, atoms, checkpoint])).toEqual([
      ['2', 'posted', '12', 1],
      ['1', 'executed', '11', 1],
    ]);
    expect(views[0]).toMatchObject({ address: BEN, recipient: ANN, chainId: HOME, symbol: 'USD', decimals: 6 });
    const cancelled = apply(exchange, {
      type: 'requestWithdrawal',
      ...request,
      amount: 9n,
      nonce: 3n,
      deadline: exchange.time,
    });
    expect(withdrawalView(exchange.state, cancelled.events[0] as WithdrawalChanged)).toMatchObject({
      nonce: '3',
      atoms: '9',
      status: 'queued',
      deadline: 0,
    });
    expect(withdrawalViews(exchange.state, ANN)).toEqual([]);
  });

  it('of solvency: accounts, withdrawals and vaults, with a difference of nothing', () => {
    act(exchange, place(BEN, ETH_USD, BUY, 100, 10));
    act(exchange, place(ANN, ETH_USD, SELL, 100, 4));
    apply(exchange, {
      type: 'requestWithdrawal',
      account: BEN,
      subaccount: 0,
      chainId: SECOND,
      token: TOKENS.usdSecond.token,
      amount: 3n,
      recipient: BEN,
      nonce: 1n,
      deadline: exchange.time,
    });
    const usd = solvencyViews(exchange.state)[1];
    expect(usd).toMatchObject({
      asset: USD,
      accounts: String(10n ** 22n + 10n ** 19n - 3n),
      withdrawals: '3',
      vaults: String(10n ** 22n + 10n ** 19n),
      difference: '0',
    });
    expect(usd?.perChain.map(({ chainId, atoms }) => [chainId, atoms])).toEqual([
      [HOME, String(10n ** 10n)],
      [SECOND, String(10n ** 19n)],
    ]);
  });
});
