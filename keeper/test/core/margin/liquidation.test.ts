import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WAD } from '../../../src/core/margin/fixedPoint.ts';
import { type HealthTerms, healthOf } from '../../../src/core/margin/health.ts';
import { type CloseInput, closeAmounts } from '../../../src/core/margin/liquidation.ts';
import { ONE, price18, units, wad } from './vectors.ts';

function terms(price: number, assetWeight: number, liabilityWeight: number): HealthTerms {
  return {
    assetPrice: price18(price),
    liabilityPrice: price18(price),
    assetWeight: wad(assetWeight),
    liabilityWeight: wad(liabilityWeight),
  };
}

const inNumbers = (amount: bigint) => Number(amount) / Number(ONE);

describe('closing a debt', () => {
  const vector: CloseInput = {
    health: units(-399.2),
    owned: units(1000 - 32),
    owed: units(350),
    asset: terms(1, 0.6, 1.4),
    liability: terms(2, 0.6, 1.4),
    assetFeePpm: 20_000n,
    liabilityFeePpm: 20_000n,
  };

  it('is that of Mango v4 (tests/cases/test_liq_tokens.rs): 257.30 for 535.38', () => {
    const { repaid, given } = closeAmounts(vector);
    expect(inNumbers(repaid)).toBeCloseTo(257.3, 2);
    expect(inNumbers(given)).toBeCloseTo(535.385, 2);
    const after = healthOf(
      [vector.asset, vector.liability],
      [vector.owned - given, repaid - vector.owed],
      [],
    ) as bigint;
    expect(healthOf([vector.asset, vector.liability], [vector.owned, -vector.owed], [])).toBe(units(-399.2));
    expect(Math.abs(inNumbers(after))).toBeLessThan(1e-6);
  });

  it('takes no more than is owned', () => {
    const { repaid, given } = closeAmounts({ ...vector, owned: units(100) });
    expect(inNumbers(given)).toBeCloseTo(100, 6);
    expect(inNumbers(repaid)).toBeCloseTo(100 / (2 * 1.0404), 6);
  });

  it('pays back no more than is owed', () => {
    expect(closeAmounts({ ...vector, owed: units(50) }).repaid).toBe(units(50));
  });

  it('closes all that is possible where closing raises no health', () => {
    const { repaid, given } = closeAmounts({
      ...vector,
      asset: terms(1, 1, 1),
      liability: terms(2, 1, 1),
      owned: units(100),
    });
    expect(given).toBeLessThanOrEqual(units(100));
    expect(inNumbers(repaid)).toBeCloseTo(100 / (2 * 1.0404), 6);
  });

  it('is rounded in the vault’s favour, and never leaves what there is', () => {
    const PRICE = fc.bigInt({ min: 1n, max: 10n ** 22n });
    const AMOUNT = fc.bigInt({ min: 1n, max: 2n ** 53n });
    fc.assert(
      fc.property(
        fc.record({
          assetPrice: PRICE,
          liabilityPrice: PRICE,
          assetWeight: fc.bigInt({ min: 0n, max: WAD }),
          liabilityWeight: fc.bigInt({ min: WAD, max: 2n * WAD }),
          owned: AMOUNT,
          owed: AMOUNT,
          health: AMOUNT,
          fee: fc.bigInt({ min: 0n, max: 50_000n }),
        }),
        ({ assetPrice, liabilityPrice, assetWeight, liabilityWeight, owned, owed, health, fee }) => {
          const asset = { assetPrice, liabilityPrice: assetPrice, assetWeight, liabilityWeight: WAD };
          const liability = { assetPrice: liabilityPrice, liabilityPrice, assetWeight: WAD, liabilityWeight };
          const { repaid, given } = closeAmounts({
            health: -health,
            owned,
            owed,
            asset,
            liability,
            assetFeePpm: fee,
            liabilityFeePpm: fee,
          });
          expect(repaid >= 0n && repaid <= owed && given >= 0n && given <= owned).toBe(true);
          // What is given is worth at least what is paid back, at the price with both fees.
          const factor = (1_000_000n + fee) * (1_000_000n + fee);
          expect(given * assetPrice * 10n ** 12n).toBeGreaterThanOrEqual(repaid * liabilityPrice * factor);
        },
      ),
    );
  });
});
