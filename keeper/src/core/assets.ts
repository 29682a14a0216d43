// Three ways to count one asset, and the exact conversions between them:
// - atoms: a chain's token, bigint, with the token's own decimals (at most 18);
// - wad: 10⁻¹⁸ of the asset, bigint, in which all chains and the ledger can be compared;
// - units: the ledger's safe integers, 10^-ledgerDecimals of the asset (ledgerDecimals at most 18).

/** Decimals of a wad; no token and no asset may have more. */
export const WAD_DECIMALS = 18;
/** Largest amount, price, quantity and id: 2⁵³ − 1. */
export const MAX_SAFE = Number.MAX_SAFE_INTEGER;
/** Fees are in millionths. */
export const PPM = 1_000_000;

/** How many 10⁻¹⁸ make one unit of something with that many decimals. */
export function wadPer(decimals: number): bigint {
  return 10n ** BigInt(WAD_DECIMALS - decimals);
}

/** Is this an integer in 1 … 2⁵³ − 1? */
export function isPositiveSafe(value: number): boolean {
  return value >= 1 && value <= MAX_SAFE && Math.floor(value) === value;
}

/** Below this product, quotients by 10⁶ are so finely spaced that rounding one cannot carry it over an integer. */
const CEILS_EXACTLY_BELOW = 2 ** 50;

/**
 * ⌈notional · feePpm / 10⁶⌉, exact for every notional below 2⁵³ and feePpm ≤ 10⁶, although the product may exceed 2⁵³:
 * with notional = m·10⁶ + r the fee is m·feePpm + ⌈r·feePpm / 10⁶⌉, which holds for any split, so that m may be
 * estimated with a rounded multiplication.
 */
export function feeUp(notional: number, feePpm: number): number {
  const product = notional * feePpm;
  if (product < CEILS_EXACTLY_BELOW) return Math.ceil(product / PPM);
  const millions = Math.floor(notional * 1e-6);
  const rest = notional - millions * PPM;
  return millions * feePpm + Math.ceil((rest * feePpm) / PPM);
}

/** The same number. From an array of floats it may be an object of its own, which a small integer need not be: for what is kept. */
export function compact(value: number): number {
  const small = value | 0;
  return small === value ? small : value;
}
