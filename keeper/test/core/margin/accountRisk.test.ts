import { describe, expect, it } from 'vitest';
import { riskOf } from '../../../src/core/margin/accountRisk.ts';
import { healthOf } from '../../../src/core/margin/health.ts';
import { termsOfCases, units } from './vectors.ts';

describe('what an account shows of its risk', () => {
  const maint = termsOfCases('maint');

  it('is leverage as assets by equity, and the fall of all it owns that starts the liquidation', () => {
    // 1 000 of T1 owned, 60 · 10 of T3 owed: equity 400; 1000 · 0.9 against 600 · 1.3.
    expect(riskOf(maint, [units(1000), 0n, units(-60)])).toEqual({
      assets: units(1000),
      liabilities: units(600),
      equity: units(400),
      leveragePpm: 2_500_000n,
      distanceToLiquidationPpm: 133_333n,
    });
  });

  it('reaches 0 exactly where the maintenance health does', () => {
    const fallen = termsOfCases('maint', [{ price: 780 / 900 }]);
    const balances = [units(1000), 0n, units(-60)];
    expect(riskOf(fallen, balances)?.distanceToLiquidationPpm).toBe(0n);
    expect(Math.abs(Number(healthOf(fallen, balances, [])))).toBeLessThan(1000);
  });

  it('has no leverage without equity, and no distance without assets', () => {
    expect(riskOf(maint, [0n, 0n, units(-60)])).toMatchObject({
      leveragePpm: undefined,
      distanceToLiquidationPpm: undefined,
    });
    expect(riskOf(maint, [units(500), 0n, units(-60)])).toMatchObject({ leveragePpm: undefined });
  });

  it('cannot be said when something is owed at a price that may not be used', () => {
    expect(riskOf([maint[0], undefined], [units(1), -1n])).toBeUndefined();
    expect(riskOf([maint[0], undefined], [units(1), 5n])).toMatchObject({ assets: units(1) });
  });
});
