// Fractions of whole numbers, never rounded: for whoever computes once more what the engine computes in rounded integers.

export interface Fraction {
  readonly above: bigint;
  /** Positive. */
  readonly below: bigint;
}

export const ZERO: Fraction = { above: 0n, below: 1n };

export function fraction(above: bigint, below: bigint): Fraction {
  return { above, below };
}

export function whole(amount: bigint): Fraction {
  return fraction(amount, 1n);
}

export function plus(a: Fraction, b: Fraction): Fraction {
  if (a.below === b.below) return fraction(a.above + b.above, a.below);
  return fraction(a.above * b.below + b.above * a.below, a.below * b.below);
}

export function minus(a: Fraction, b: Fraction): Fraction {
  return plus(a, fraction(-b.above, b.below));
}

export function times(a: Fraction, b: Fraction): Fraction {
  return fraction(a.above * b.above, a.below * b.below);
}

/** `b` is positive. */
export function over(a: Fraction, b: Fraction): Fraction {
  return fraction(a.above * b.below, a.below * b.above);
}

export function isLess(a: Fraction, b: Fraction): boolean {
  return a.above * b.below < b.above * a.below;
}

export function lesser(a: Fraction, b: Fraction): Fraction {
  return isLess(a, b) ? a : b;
}

/** ⌊a⌋. */
export function floor({ above, below }: Fraction): bigint {
  const towardsZero = above / below;
  return above < 0n && towardsZero * below !== above ? towardsZero - 1n : towardsZero;
}

/** ⌈a⌉. */
export function ceiling({ above, below }: Fraction): bigint {
  return -floor(fraction(-above, below));
}
