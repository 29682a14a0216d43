// A price that follows the oracle slowly, so that nobody gains by moving the oracle for a moment. After Mango v4
// (programs/mango-v4/src/state/stable_price.rs), in exact integers: prices in 10⁻¹⁸, times in seconds.
import { divDown, maxOf, minOf, PPM_ONE } from './fixedPoint.ts';

/** Hourly averages that the delayed price is taken from. */
export const DELAYS = 24;
const DELAY_SECONDS = 3_600;
/** Steps are at least so long, and longer ones count as so long. */
const SHORTEST_STEP_SECONDS = 10;
const LONGEST_STEP_SECONDS = 600;
/** An hourly average differs from the one before by at most 6 %. */
const DELAY_GROWTH_PPM = 60_000n;
/** The stable price moves by at most 0.03 % a second, and less the further it is from the delayed price. */
const STABLE_GROWTH_PPM = 300n;

export interface StablePrice {
  readonly price: bigint;
  /** Of the newest step. */
  readonly updatedAt: number;
  /** Of each hour, in a ring: the one that runs will overwrite the oldest, which stands in its place until then. */
  readonly delayed: readonly bigint[];
  /** Σ price · seconds and Σ seconds of the hour that runs. */
  readonly weightedSum: bigint;
  readonly weightSeconds: number;
}

/** Starts at a price, as if it had always been that. */
export function startStablePrice(price: bigint, seconds: number): StablePrice {
  return {
    price,
    updatedAt: seconds,
    delayed: new Array<bigint>(DELAYS).fill(price),
    weightedSum: 0n,
    weightSeconds: 0,
  };
}

/** The stable price after the oracle said `oracle` (above 0) at `seconds`. */
export function nextStablePrice(stable: StablePrice, oracle: bigint, seconds: number): StablePrice {
  const elapsed = seconds - stable.updatedAt;
  if (elapsed < SHORTEST_STEP_SECONDS) return stable;
  const step = Math.min(elapsed, LONGEST_STEP_SECONDS);
  const summed = {
    weightedSum: stable.weightedSum + oracle * BigInt(step),
    weightSeconds: stable.weightSeconds + step,
  };
  const hours = hourOf(seconds) - hourOf(stable.updatedAt);
  const delayed = hours > 0 ? storeAverage(stable, summed, hours) : stable.delayed;
  const delay = delayed[hourOf(seconds) % DELAYS] as bigint;
  const near = minOf(stable.price, delay);
  const far = maxOf(stable.price, delay);
  const growth = divDown(stable.price * STABLE_GROWTH_PPM * near * near * BigInt(step), PPM_ONE * far * far);
  return {
    price: clampAround(oracle, stable.price, growth),
    updatedAt: seconds,
    delayed,
    ...(hours > 0 ? { weightedSum: 0n, weightSeconds: 0 } : summed),
  };
}

/** The hours that have ended since the last step get their average, which may not differ much from the one before. */
function storeAverage(
  stable: StablePrice,
  { weightedSum, weightSeconds }: { weightedSum: bigint; weightSeconds: number },
  hours: number,
): bigint[] {
  const first = hourOf(stable.updatedAt);
  const before = stable.delayed[(first + DELAYS - 1) % DELAYS] as bigint;
  const growth = divDown(before * DELAY_GROWTH_PPM, PPM_ONE);
  const average = clampAround(weightedSum / BigInt(weightSeconds), before, growth);
  const delayed = [...stable.delayed];
  for (let hour = 0; hour < Math.min(hours, DELAYS); hour++) delayed[(first + hour) % DELAYS] = average;
  return delayed;
}

/** Never 0: a price that has fallen to nothing could not rise again. */
function clampAround(target: bigint, center: bigint, distance: bigint): bigint {
  return maxOf(minOf(maxOf(target, center - distance), center + distance), 1n);
}

function hourOf(seconds: number): number {
  return Math.floor(seconds / DELAY_SECONDS);
}
