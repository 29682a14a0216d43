// Everything that happens by chance comes from one seed.

export interface Random {
  /** An integer from 0 to below n. */
  below(n: number): number;
  /** An integer, both ends included. */
  between(from: number, to: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
}

/** Mulberry32. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  const random: Random = {
    below: (n) => Math.floor(next() * n),
    between: (from, to) => from + random.below(to - from + 1),
    chance: (probability) => next() < probability,
    pick: (items) => items[random.below(items.length)] as (typeof items)[number],
  };
  return random;
}
