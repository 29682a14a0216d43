// What an account shows of its risk: numbers to look at, from which nothing is decided.
import { divDown, divUp, PPM_ONE, WAD } from './fixedPoint.ts';
import { assetValueDown, type HealthTerms, liabilityValueUp } from './health.ts';

export interface AccountRisk {
  /** Value units, not weighted. */
  readonly assets: bigint;
  readonly liabilities: bigint;
  readonly equity: bigint;
  /** assets / equity, rounded up; undefined when the equity is not above 0. */
  readonly leveragePpm: bigint | undefined;
  /**
   * By how much everything that is owned may fall against everything that is owed before the liquidation starts, rounded
   * down: 1 − weighted liabilities / weighted assets. Below 0 it has started; undefined when nothing is owned.
   */
  readonly distanceToLiquidationPpm: bigint | undefined;
}

/** `terms` of kind maint, as for `healthOf`. undefined: something is owed at a price that may not be used. */
export function riskOf(
  terms: readonly (HealthTerms | undefined)[],
  balances: readonly bigint[],
): AccountRisk | undefined {
  const sums = { assets: 0n, liabilities: 0n, weightedAssets: 0n, weightedLiabilities: 0n };
  for (const [asset, balance] of balances.entries()) {
    const known = terms[asset];
    if (known === undefined) {
      if (balance < 0n) return undefined;
    } else if (balance >= 0n) {
      sums.assets += assetValueDown(balance, known.assetPrice, WAD);
      sums.weightedAssets += assetValueDown(balance, known.assetPrice, known.assetWeight);
    } else {
      sums.liabilities += liabilityValueUp(-balance, known.liabilityPrice, WAD);
      sums.weightedLiabilities += liabilityValueUp(-balance, known.liabilityPrice, known.liabilityWeight);
    }
  }
  const { assets, liabilities, weightedAssets, weightedLiabilities } = sums;
  const equity = assets - liabilities;
  return {
    assets,
    liabilities,
    equity,
    leveragePpm: equity > 0n ? divUp(assets * PPM_ONE, equity) : undefined,
    distanceToLiquidationPpm:
      weightedAssets > 0n ? divDown((weightedAssets - weightedLiabilities) * PPM_ONE, weightedAssets) : undefined,
  };
}
