import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssertionError } from '../../src/core/assertion.ts';
import { feeUp, isPositiveSafe, PPM, wadPer } from '../../src/core/assets.ts';
import {
  type Asset,
  accountsOf,
  addAsset,
  addWad,
  balanceWad,
  createLedger,
  findAccount,
  freeWad,
  type Ledger,
  openAccount,
} from '../../src/core/ledger.ts';
import { addressOf } from '../support/exchange.ts';

const MAX = Number.MAX_SAFE_INTEGER;
const decimals = fc.integer({ min: 0, max: 18 });

function oneAsset(ledgerDecimals: number): { ledger: Ledger; asset: Asset; account: number } {
  const ledger = createLedger();
  const account = openAccount(ledger, addressOf('ann'), 0);
  return { ledger, asset: ledger.assets[addAsset(ledger, { id: 1, symbol: 'X', ledgerDecimals })] as Asset, account };
}

describe('fees', () => {
  it('are rounded up exactly, for every amount and rate', () => {
    const amounts = fc.oneof(
      fc.integer({ min: 0, max: MAX }),
      fc.integer({ min: 0, max: 3_000_000 }),
      fc.constant(MAX),
    );
    fc.assert(
      fc.property(amounts, fc.integer({ min: 0, max: PPM }), (notional, feePpm) => {
        const exact = (BigInt(notional) * BigInt(feePpm) + BigInt(PPM) - 1n) / BigInt(PPM);
        expect(BigInt(feeUp(notional, feePpm))).toBe(exact);
      }),
      { numRuns: 3_000 },
    );
  });

  it('are exact beside every multiple of a million', () => {
    for (let k = 1; k <= 9_007_199_254; k = k * 3 + 1) {
      for (const notional of [k * PPM - 1, k * PPM, k * PPM + 1]) {
        for (const feePpm of [1, 3, 500, 999_999]) {
          expect(feeUp(notional, feePpm)).toBe(Number((BigInt(notional) * BigInt(feePpm) + 999_999n) / 1_000_000n));
        }
      }
    }
  });
});

describe('the ledger', () => {
  it('keeps every 10^-18 of what it is given, whatever the decimals of token and ledger', () => {
    fc.assert(
      fc.property(
        decimals,
        decimals,
        fc.array(fc.bigInt({ min: 0n, max: 10n ** 15n })),
        (ofLedger, ofToken, deposits) => {
          const { ledger, asset, account } = oneAsset(ofLedger);
          const scale = wadPer(ofToken);
          const total = deposits.reduce((sum, atoms) => sum + atoms * scale, 0n);
          fc.pre(total / asset.unitWad <= BigInt(MAX));
          for (const atoms of deposits) addWad(ledger, asset, account, atoms * scale);
          expect(balanceWad(asset, account)).toBe(total);
          expect(asset.dust[account]).toBe(total % asset.unitWad);
          for (const atoms of deposits) addWad(ledger, asset, account, -(atoms * scale));
          expect([asset.units[account], asset.dust[account]]).toEqual([0, 0n]);
        },
      ),
    );
  });

  it('pays a withdrawal from units and dust together', () => {
    const { ledger, asset, account } = oneAsset(6);
    addWad(ledger, asset, account, 3n * 10n ** 12n + 7n);
    addWad(ledger, asset, account, -(10n ** 12n + 8n));
    expect([asset.units[account], asset.dust[account]]).toEqual([1, 999_999_999_999n]);
  });

  it('counts dust as free and reserved units not', () => {
    const { ledger, asset, account } = oneAsset(6);
    addWad(ledger, asset, account, 3n * 10n ** 12n + 7n);
    asset.reserved[account] = 2;
    expect(freeWad(asset, account)).toBe(10n ** 12n + 7n);
    expect(() => addWad(ledger, asset, account, -(10n ** 12n + 8n))).toThrow(AssertionError);
  });

  it('stops at a balance below zero or above 2^53 - 1 units', () => {
    const { ledger, asset, account } = oneAsset(18);
    expect(() => addWad(ledger, asset, account, -1n)).toThrow(AssertionError);
    addWad(ledger, asset, account, BigInt(MAX));
    expect(() => addWad(ledger, asset, account, 1n)).toThrow(AssertionError);
    expect(asset.units[account]).toBe(MAX);
  });

  it('numbers accounts in the order of their first deposit and tells subaccounts apart', () => {
    const ledger = createLedger();
    const [ann, ben] = [addressOf('ann'), addressOf('ben')];
    const asset = addAsset(ledger, { id: 1, symbol: 'X', ledgerDecimals: 0 });
    expect(openAccount(ledger, ann, 7)).toBe(0);
    expect(openAccount(ledger, ben, 0)).toBe(1);
    expect(openAccount(ledger, ann, 0)).toBe(2);
    expect(openAccount(ledger, ann, 7)).toBe(0);
    addWad(ledger, ledger.assets[asset] as Asset, 1, 5n * 10n ** 18n);
    for (let i = 0; i < 500; i++) openAccount(ledger, addressOf(`user ${i}`), 4_294_967_295);
    expect(accountsOf(ledger, ann)).toEqual([0, 2]);
    expect(findAccount(ledger, ann, 1)).toBe(-1);
    expect(findAccount(ledger, addressOf('user 499'), 4_294_967_295)).toBe(502);
    expect(ledger.assets[asset]?.units[1]).toBe(5);
  });
});

describe('a safe positive integer', () => {
  it.each([
    [1, true],
    [MAX, true],
    [0, false],
    [-1, false],
    [1.5, false],
    [MAX + 1, false],
    [Number.NaN, false],
    [Number.POSITIVE_INFINITY, false],
  ])('%d: %s', (value, expected) => {
    expect(isPositiveSafe(value)).toBe(expected);
  });
});
