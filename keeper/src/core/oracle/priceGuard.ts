// What the exchange believes of an asset's price. Observations come in as commands; each is refused, held until others
// agree, or accepted. What was accepted grows stale.
import { PPM_ONE } from '../margin/fixedPoint.ts';
import { nextStablePrice, type StablePrice, startStablePrice } from '../margin/stablePrice.ts';
import type { Observation } from './observe.ts';

/** Half-spread that is believed, of most assets and of those that trade thinly. */
export const CONFIDENCE_LIMIT_PPM = 20_000;
export const TAIL_CONFIDENCE_LIMIT_PPM = 50_000;
/** How old a price may be for whatever adds risk, and for everything. */
export const FRESH_MS = 60_000;
export const USABLE_MS = 600_000;
/** A price that moves further waits until so many observations agree over so long. */
export const MOVE_LIMIT_PPM = 100_000n;
const AGREEING = 3;
const AGREE_MS = 60_000;
/** Beyond this factor nothing that depends on prices goes on, and agreement takes an hour. */
const HALT_FACTOR = 3n;
const HALT_AGREE_MS = 3_600_000;
/** No asset is worth more: a bound for the arithmetic. */
const HIGHEST_PRICE = 10n ** 36n;

/** An observation that is too far from what is believed. */
export interface HeldPrice {
  /** The first of those that agree. */
  readonly mid: bigint;
  readonly since: number;
  /** Of the newest of them. */
  readonly time: number;
  /** Observations that agreed, the first included. */
  readonly count: number;
}

export interface GuardedPrice {
  /** Value units · 10⁻¹⁸ per ledger unit. */
  readonly bid: bigint;
  readonly ask: bigint;
  /** Milliseconds. */
  readonly time: number;
  readonly stable: StablePrice;
  readonly held: HeldPrice | undefined;
  /** The held price is more than three times, or less than a third of, what is believed. */
  readonly halted: boolean;
}

export type PriceRefusal =
  | 'price.notPositive'
  | 'price.outOfRange'
  | 'price.crossed'
  | 'price.uncertain'
  | 'price.stale'
  | 'price.notNewer';

/** `held`: it was too far from what is believed, and waits. */
export type PriceVerdict =
  | { readonly code: 'accepted' | 'held' | 'halted'; readonly price: GuardedPrice }
  | { readonly code: PriceRefusal };

/** What becomes of the price when an observation arrives at `now` (milliseconds). Changes nothing. */
export function guardPrice(
  known: GuardedPrice | undefined,
  observation: Observation,
  { now, confidenceLimitPpm }: { now: number; confidenceLimitPpm: number },
): PriceVerdict {
  const { bid, ask, time } = observation;
  const refusal = observationRefusal(observation, now, confidenceLimitPpm);
  if (refusal !== undefined) return { code: refusal };
  if (known === undefined) {
    const stable = startStablePrice(midOf(observation), seconds(now));
    return { code: 'accepted', price: { bid, ask, time, stable, held: undefined, halted: false } };
  }
  if (time <= Math.max(known.time, known.held?.time ?? 0)) return { code: 'price.notNewer' };
  const mid = midOf(observation);
  const believed = midOf(known);
  if (!isFar(mid, believed)) return { code: 'accepted', price: accept(known, observation, now) };

  const halted = mid > believed * HALT_FACTOR || mid * HALT_FACTOR < believed;
  const agrees = known.held !== undefined && !isFar(mid, known.held.mid);
  const held =
    agrees && known.held !== undefined
      ? { ...known.held, time, count: known.held.count + 1 }
      : { mid, since: time, time, count: 1 };
  const hasAgreed = held.count >= AGREEING && time - held.since >= (halted ? HALT_AGREE_MS : AGREE_MS);
  if (hasAgreed) return { code: 'accepted', price: accept(known, observation, now) };
  return { code: halted ? 'halted' : 'held', price: { ...known, held, halted } };
}

/** What is wrong with an observation, whatever was believed before. */
function observationRefusal(
  { bid, ask, time, confidencePpm }: Observation,
  now: number,
  confidenceLimitPpm: number,
): PriceRefusal | undefined {
  if (bid <= 0n || ask <= 0n) return 'price.notPositive';
  if (ask > HIGHEST_PRICE) return 'price.outOfRange';
  if (bid > ask) return 'price.crossed';
  if (!(confidencePpm >= 0 && confidencePpm <= confidenceLimitPpm)) return 'price.uncertain';
  return time > now || now - time > FRESH_MS ? 'price.stale' : undefined;
}

/** May the price be used for what adds risk (fresh), or for anything (usable)? */
export function isFresh({ time }: GuardedPrice, now: number): boolean {
  return now - time <= FRESH_MS;
}

export function isUsable({ time }: Pick<GuardedPrice, 'time'>, now: number): boolean {
  return now - time <= USABLE_MS;
}

function accept(known: GuardedPrice, observation: Observation, now: number): GuardedPrice {
  const { bid, ask, time } = observation;
  const stable = nextStablePrice(known.stable, midOf(observation), seconds(now));
  return { bid, ask, time, stable, held: undefined, halted: false };
}

function isFar(mid: bigint, other: bigint): boolean {
  const difference = mid > other ? mid - other : other - mid;
  return difference * PPM_ONE > other * MOVE_LIMIT_PPM;
}

function midOf({ bid, ask }: { readonly bid: bigint; readonly ask: bigint }): bigint {
  return (bid + ask) / 2n;
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
