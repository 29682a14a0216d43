import { describe, expect, it } from 'vitest';
import { AssertionError } from '../../src/core/assertion.ts';
import { wadPer } from '../../src/core/assets.ts';
import {
  type Asset,
  accountIdOf,
  accountsOf,
  addAsset,
  addNet,
  addWad,
  balanceWad,
  createLedger,
  creditHeld,
  depositChainsOf,
  freeWad,
  isMargin,
  type Ledger,
  largestRecordBytes,
  NO_CREDIT,
  openAccount,
  openToken,
  recordBytes,
  setCreditTier,
  supplyOf,
  takeChanged,
  tokensToCredit,
  type VaultToken,
} from '../../src/core/ledger.ts';
import { addressOf } from '../support/exchange.ts';

const UNIT = wadPer(6);

function ledgerWith(assetCount: number): { ledger: Ledger; assets: readonly Asset[] } {
  const ledger = createLedger();
  for (let id = 1; id <= assetCount; id++) addAsset(ledger, { id, symbol: `X${id}`, ledgerDecimals: 6 });
  return { ledger, assets: ledger.assets };
}

function listed(token: VaultToken, asset: number, decimals: number): VaultToken {
  token.asset = asset;
  token.decimals = decimals;
  return token;
}

describe('an account', () => {
  it('keeps everything it has while the exchange outgrows the arrays it started with', () => {
    const { ledger, assets } = ledgerWith(2);
    const [first, second] = assets as [Asset, Asset];
    const count = 300;
    const tierOf = (account: number) => account % 4;
    for (let i = 0; i < count; i++) {
      const account = openAccount(ledger, addressOf(`owner ${i % 100}`), i);
      expect(account).toBe(i);
      addWad(ledger, first, account, BigInt(i + 1) * UNIT + 5n);
      addWad(ledger, second, account, BigInt(i + 2) * UNIT + BigInt(i));
      second.reserved[account] = 1;
      ledger.depositChains[account] = 1 << (i % 3);
      ledger.codeChains[account] = 1 << (i % 5);
      ledger.firstOrder[account] = i + 10;
      ledger.lastOrder[account] = i + 20;
      setCreditTier(ledger, account, tierOf(i));
    }
    for (let i = 0; i < count; i++) {
      expect({
        id: accountIdOf(ledger, i),
        subaccount: ledger.subaccounts[i],
        first: balanceWad(first, i),
        second: balanceWad(second, i),
        free: freeWad(second, i),
        depositChains: ledger.depositChains[i],
        codeChains: ledger.codeChains[i],
        orders: [ledger.firstOrder[i], ledger.lastOrder[i]],
        tier: ledger.creditTier[i],
      }).toEqual({
        id: { address: addressOf(`owner ${i % 100}`), subaccount: i },
        subaccount: i,
        first: BigInt(i + 1) * UNIT + 5n,
        second: BigInt(i + 2) * UNIT + BigInt(i),
        free: BigInt(i + 1) * UNIT + BigInt(i),
        depositChains: 1 << (i % 3),
        codeChains: 1 << (i % 5),
        orders: [i + 10, i + 20],
        tier: tierOf(i),
      });
    }
    expect(accountsOf(ledger, addressOf('owner 7'))).toEqual([7, 107, 207]);
    expect(takeChanged(ledger)).toEqual(Array.from({ length: count }, (_, i) => i));
  });

  it('is known by every chain from which a deposit to any of its subaccounts came', () => {
    const { ledger } = ledgerWith(1);
    const ann = addressOf('ann');
    for (const [subaccount, chains] of [0b001, 0b100, 0b100].entries()) {
      ledger.depositChains[openAccount(ledger, ann, subaccount)] = chains;
    }
    ledger.depositChains[openAccount(ledger, addressOf('ben'), 0)] = 0b010;
    expect(depositChainsOf(ledger, ann)).toBe(0b101);
    expect(depositChainsOf(ledger, addressOf('nobody'))).toBe(0);
  });
});

describe('a margin account', () => {
  it('may owe, with credit or after it ended; a funded one may not', () => {
    const { ledger, assets } = ledgerWith(1);
    const [asset] = assets as [Asset];
    const account = openAccount(ledger, addressOf('ann'), 0);
    for (const tier of [1, NO_CREDIT]) {
      setCreditTier(ledger, account, tier);
      expect(isMargin(ledger, account)).toBe(true);
      addWad(ledger, asset, account, -1n);
      expect(balanceWad(asset, account)).toBe(-1n);
      addWad(ledger, asset, account, 1n);
    }
    setCreditTier(ledger, account, 0);
    expect(isMargin(ledger, account)).toBe(false);
    expect(() => addWad(ledger, asset, account, -1n)).toThrow(AssertionError);
  });

  it('may owe what the ledger can count, and no more', () => {
    const { ledger, assets } = ledgerWith(1);
    const [asset] = assets as [Asset];
    const account = openAccount(ledger, addressOf('ann'), 0);
    setCreditTier(ledger, account, 1);
    addWad(ledger, asset, account, -BigInt(Number.MAX_SAFE_INTEGER) * UNIT);
    expect(() => addWad(ledger, asset, account, -1n)).toThrow('leaves the range');
  });

  it('is listed among those that may be liquidated from its first credit to its last, whoever comes and goes', () => {
    const { ledger } = ledgerWith(1);
    for (const name of ['a', 'b', 'c', 'd']) openAccount(ledger, addressOf(name), 0);
    const steps: readonly [account: number, tier: number, listed: readonly number[]][] = [
      [2, 1, [2]],
      [0, 2, [0, 2]],
      [3, 1, [0, 2, 3]],
      [1, 1, [0, 1, 2, 3]],
      [2, 3, [0, 1, 2, 3]],
      [2, NO_CREDIT, [0, 1, 2, 3]],
      [0, 0, [1, 2, 3]],
      [0, 0, [1, 2, 3]],
      [2, 0, [1, 3]],
      [3, 0, [1]],
    ];
    for (const [account, tier, listed] of steps) {
      setCreditTier(ledger, account, tier);
      expect(ledger.marginAccounts).toEqual(listed);
    }
  });

  it('is counted anew after each change; a funded one is not counted', () => {
    const { ledger, assets } = ledgerWith(1);
    const [asset] = assets as [Asset];
    const [funded, margin] = ['a', 'b'].map((name) => openAccount(ledger, addressOf(name), 0)) as [number, number];
    setCreditTier(ledger, margin, 1);
    ledger.uncounted.clear();
    takeChanged(ledger);
    addWad(ledger, asset, funded, UNIT);
    expect([...ledger.uncounted]).toEqual([]);
    for (let time = 0; time < 2; time++) {
      addWad(ledger, asset, margin, UNIT);
      expect([...ledger.uncounted]).toEqual([margin]);
      ledger.uncounted.clear();
    }
    setCreditTier(ledger, margin, 0);
    expect([...ledger.uncounted]).toEqual([margin]);
  });
});

describe('what a vault holds', () => {
  it('is deposited less withdrawn, of each token, account and of all', () => {
    const { ledger } = ledgerWith(1);
    const token = listed(openToken(ledger, 1, addressOf('usdc')), 0, 6);
    const other = listed(openToken(ledger, 2, addressOf('usdc')), 0, 6);
    const [ann, ben] = ['ann', 'ben'].map((name) => openAccount(ledger, addressOf(name), 0)) as [number, number];
    for (const [of, account, atoms] of [
      [token, ann, 100n],
      [token, ben, 7n],
      [other, ann, 5n],
      [token, ann, -30n],
    ] as const) {
      addNet(ledger, of, account, atoms);
    }
    expect([token.holdings, other.holdings]).toEqual([77n, 5n]);
    expect(ledger.nets[ann]?.map(({ token: of, atoms }) => [of, atoms])).toEqual([
      [token, 70n],
      [other, 5n],
    ]);
    expect(ledger.nets[ben]?.map(({ token: of, atoms }) => [of, atoms])).toEqual([[token, 7n]]);
  });

  it.each([1n, -1n])('stops where a vault cannot count further: %s · 2^112', (sign) => {
    const { ledger } = ledgerWith(1);
    const token = listed(openToken(ledger, 1, addressOf('usdc')), 0, 18);
    const ann = openAccount(ledger, addressOf('ann'), 0);
    addNet(ledger, token, ann, sign * (2n ** 112n - 1n));
    expect(() => addNet(ledger, token, ann, sign)).toThrow('more of');
  });

  it('is the supply of an asset on all chains, in whole units', () => {
    const { ledger } = ledgerWith(2);
    const ann = openAccount(ledger, addressOf('ann'), 0);
    const holdings: readonly [chainId: number, asset: number, decimals: number, atoms: bigint][] = [
      [1, 0, 6, 5n],
      [2, 0, 18, 2n * UNIT - 1n],
      [3, 1, 6, 1_000n],
      [4, -1, 0, 9n],
    ];
    for (const [chainId, asset, decimals, atoms] of holdings) {
      addNet(ledger, listed(openToken(ledger, chainId, addressOf('usdc')), asset, decimals), ann, atoms);
    }
    expect([supplyOf(ledger, 0), supplyOf(ledger, 1)]).toEqual([6n, 1_000n]);
  });
});

describe('a deposit of a token that no asset lists', () => {
  it('is held until the token is listed, and then credited once, to whom it belongs', () => {
    const { ledger, assets } = ledgerWith(1);
    const [asset] = assets as [Asset];
    const token = openToken(ledger, 1, addressOf('new'));
    expect(token).toMatchObject({ asset: -1, decimals: 0, holdings: 0n, promised: 0n, held: 0n });
    const [ann, ben, cat] = ['ann', 'ben', 'cat'].map((name) => openAccount(ledger, addressOf(name), 0)) as [
      number,
      number,
      number,
    ];
    addNet(ledger, token, ann, 3n);
    addNet(ledger, token, ben, 4n);
    addNet(ledger, token, ann, 5n);
    expect([token.holdings, token.held]).toEqual([12n, 12n]);
    expect([creditHeld(ledger, token, ann), tokensToCredit(ledger)]).toEqual([0n, []]);

    listed(token, 0, 6);
    expect(tokensToCredit(ledger)).toEqual([token]);
    addNet(ledger, token, cat, 9n);
    expect([ann, ann, ben, cat].map((account) => creditHeld(ledger, token, account))).toEqual([8n, 0n, 4n, 0n]);
    expect([ann, ben, cat].map((account) => balanceWad(asset, account))).toEqual([8n * UNIT, 4n * UNIT, 0n]);
    expect([token.holdings, token.held, tokensToCredit(ledger)]).toEqual([21n, 0n, []]);
  });

  it('waits for its credit also when it is one atom', () => {
    const { ledger } = ledgerWith(1);
    const token = openToken(ledger, 1, addressOf('new'));
    addNet(ledger, token, openAccount(ledger, addressOf('ann'), 0), 1n);
    listed(token, 0, 6);
    expect(tokensToCredit(ledger)).toEqual([token]);
  });

  it('cannot be taken out again before it is credited', () => {
    const { ledger } = ledgerWith(1);
    const token = openToken(ledger, 1, addressOf('new'));
    const ann = openAccount(ledger, addressOf('ann'), 0);
    addNet(ledger, token, ann, 3n);
    listed(token, 0, 6);
    expect(() => addNet(ledger, token, ann, -1n)).toThrow('before what was held of it is credited');
  });
});

describe('what changed since the last checkpoint', () => {
  it('is every account once, and what their records take at most, until the next is cut', () => {
    const { ledger, assets } = ledgerWith(2);
    const [first, second] = assets as [Asset, Asset];
    const token = listed(openToken(ledger, 1, addressOf('usdc')), 0, 6);
    const [ann, ben] = ['ann', 'ben'].map((name) => openAccount(ledger, addressOf(name), 0)) as [number, number];
    expect(takeChanged(ledger)).toEqual([ann, ben]);
    expect(ledger.changedBytes).toBe(0);

    addWad(ledger, second, ben, UNIT);
    addWad(ledger, first, ann, 1n);
    addNet(ledger, token, ann, 1n);
    addNet(ledger, token, ben, 1n);
    addNet(ledger, token, ann, 1n);
    expect(ledger.changedBytes).toBeGreaterThanOrEqual(recordBytes(ledger, ann) + recordBytes(ledger, ben));
    expect(takeChanged(ledger)).toEqual([ann, ben]);
    expect([ledger.changedBytes, takeChanged(ledger)]).toEqual([0, []]);
    addWad(ledger, first, ben, 1n);
    expect(takeChanged(ledger)).toEqual([ben]);
    // Credit is in the record as well.
    setCreditTier(ledger, ann, 1);
    expect(takeChanged(ledger)).toEqual([ann]);
  });

  it('takes more with each balance, be it dust alone, and each token', () => {
    const { ledger, assets } = ledgerWith(2);
    const [first, second] = assets as [Asset, Asset];
    const ann = openAccount(ledger, addressOf('ann'), 0);
    const sizes = [recordBytes(ledger, ann)];
    const grow = (change: () => void) => {
      change();
      sizes.push(recordBytes(ledger, ann));
    };
    grow(() => addWad(ledger, first, ann, UNIT));
    grow(() => addWad(ledger, second, ann, 1n));
    grow(() => addNet(ledger, openToken(ledger, 1, addressOf('usdc')), ann, 1n));
    const steps = sizes.slice(1).map((size, i) => size - (sizes[i] as number));
    expect(steps.every((step) => step > 0)).toBe(true);
    // It has everything that one can have.
    expect(largestRecordBytes(ledger)).toBeGreaterThanOrEqual(recordBytes(ledger, ann));
    addWad(ledger, first, ann, -UNIT);
    addWad(ledger, second, ann, -1n);
    expect(recordBytes(ledger, ann)).toBe((sizes[0] as number) + (steps[2] as number));
  });
});
