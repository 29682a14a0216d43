// How much of a debt to close, and what its owner gives for it. After Mango v4
// (programs/mango-v4/src/instructions/token_liq_with_token.rs): just enough for the liquidation to end, as far as the asset
// reaches. Rounded in the vault's favour: more is given, and less of the debt is forgiven.
import { divDown, divUp, minOf, PPM_ONE, WAD } from './fixedPoint.ts';
import type { HealthTerms } from './health.ts';

export interface CloseInput {
  /** Of kind liquidationEnd, in value units; below 0. */
  readonly health: bigint;
  /** What the account owns of the asset and owes of the liability, in their ledger units; both above 0. */
  readonly owned: bigint;
  readonly owed: bigint;
  /** Both of kind liquidationEnd. */
  readonly asset: HealthTerms;
  readonly liability: HealthTerms;
  /** What whoever takes the position over may earn at each of the two assets. */
  readonly assetFeePpm: bigint;
  readonly liabilityFeePpm: bigint;
}

export interface Close {
  /** Units of the liability that are paid back. */
  readonly repaid: bigint;
  /** Units of the asset that are given for them. */
  readonly given: bigint;
}

/** A fee factor of 1. */
export const FACTOR_ONE = PPM_ONE * PPM_ONE;

/** (1 + liability's fee) · (1 + asset's fee), in 10⁻¹². */
export function feeFactor(assetFeePpm: bigint, liabilityFeePpm: bigint): bigint {
  return (PPM_ONE + liabilityFeePpm) * (PPM_ONE + assetFeePpm);
}

/**
 * repaid = min(needed, possible, owed) with
 * needed = −health / (pL·wL − pL·ff·wA) and possible = owned · pA / (pL·ff); given = repaid · pL·ff / pA.
 * Where closing would not raise the health, all that is possible is closed: the positions have to end all the same.
 */
export function closeAmounts({ health, owned, owed, asset, liability, ...fees }: CloseInput): Close {
  const factor = feeFactor(fees.assetFeePpm, fees.liabilityFeePpm);
  const paidPrice = liability.liabilityPrice * factor;
  // Value that each unit of the liability gains, in 10⁻¹⁸ · 10⁻¹⁸ · 10⁻¹².
  const gain = liability.liabilityPrice * FACTOR_ONE * liability.liabilityWeight - paidPrice * asset.assetWeight;
  const possible = divDown(owned * asset.assetPrice * FACTOR_ONE, paidPrice);
  const most = minOf(possible, owed);
  const repaid = gain <= 0n ? most : minOf(divUp(-health * WAD * WAD * FACTOR_ONE, gain), most);
  const given = minOf(divUp(repaid * paidPrice, asset.assetPrice * FACTOR_ONE), owned);
  return { repaid, given };
}
