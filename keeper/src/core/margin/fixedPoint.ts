// Exact division of integers with the direction in the name. Divisors are positive.

/** Prices are in 10⁻¹⁸ value units per ledger unit, weights and ratios in 10⁻¹⁸. */
export const WAD = 10n ** 18n;
/** 1 in millionths. */
export const PPM_ONE = 1_000_000n;
const WAD_PER_PPM = WAD / PPM_ONE;

/** ⌊numerator / denominator⌋. */
export function divDown(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  return numerator < 0n && quotient * denominator !== numerator ? quotient - 1n : quotient;
}

/** ⌈numerator / denominator⌉. */
export function divUp(numerator: bigint, denominator: bigint): bigint {
  return -divDown(-numerator, denominator);
}

/** Millionths as 10⁻¹⁸. */
export function wadOfPpm(ppm: number): bigint {
  return BigInt(ppm) * WAD_PER_PPM;
}

export function minOf(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

export function maxOf(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
