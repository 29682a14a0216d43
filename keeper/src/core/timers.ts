// When something is due, soonest first: a binary heap in typed arrays. An item (a slot of the order pool, an account) has
// one moment at most; items of the same moment are due in the order of their ranks, so that the order in which they were
// entered, which a restart does not know, plays no part. Entering and taking out cost the logarithm of how many wait.
import { copyInto } from './columns.ts';

const INITIAL_SIZE = 64;

export interface Timers {
  count: number;
  /** The heap, from 0: both children of place p are at 2p + 1 and 2p + 2, and due no sooner. */
  times: Float64Array;
  ranks: Float64Array;
  items: Int32Array;
  /** By item, its place + 1; 0 = it waits for nothing. */
  placeOf: Int32Array;
}

export function createTimers(): Timers {
  return {
    count: 0,
    times: new Float64Array(INITIAL_SIZE),
    ranks: new Float64Array(INITIAL_SIZE),
    items: new Int32Array(INITIAL_SIZE),
    placeOf: new Int32Array(INITIAL_SIZE),
  };
}

/** Milliseconds of what is due first; infinite when nothing waits. */
export function soonestTime(timers: Timers): number {
  return timers.count === 0 ? Number.POSITIVE_INFINITY : (timers.times[0] as number);
}

/** What is due first, where something waits. */
export function soonestItem(timers: Timers): number {
  return timers.items[0] as number;
}

/** What `timeOf` reads. */
export type DueTimes = Pick<Timers, 'count' | 'times' | 'items' | 'placeOf'>;

/** As they are now, whatever becomes of the timers. */
export function copyDueTimes({ count, times, items, placeOf }: DueTimes): DueTimes {
  return { count, times: times.slice(0, count), items: items.slice(0, count), placeOf: placeOf.slice() };
}

/** When an item is due; 0 when it does not wait. */
export function timeOf(timers: DueTimes, item: number): number {
  const place = (timers.placeOf[item] ?? 0) - 1;
  return place < 0 ? 0 : (timers.times[place] as number);
}

/** Lets an item wait until `time`, and no longer for what it waited for. `rank` orders items of the same moment. */
export function setTimer(timers: Timers, item: number, time: number, rank: number): void {
  clearTimer(timers, item);
  if (timers.count === timers.items.length) growHeap(timers);
  if (item >= timers.placeOf.length) growPlaces(timers, item);
  rise(timers, timers.count++, item, time, rank);
}

/** An item waits no longer, if it did. */
export function clearTimer(timers: Timers, item: number): void {
  const place = (timers.placeOf[item] ?? 0) - 1;
  if (place < 0) return;
  timers.placeOf[item] = 0;
  const last = --timers.count;
  if (place === last) return;
  const moved = timers.items[last] as number;
  const time = timers.times[last] as number;
  const rank = timers.ranks[last] as number;
  const above = (place - 1) >> 1;
  if (place > 0 && isSooner(timers, time, rank, above)) rise(timers, place, moved, time, rank);
  else sink(timers, place, moved, time, rank);
}

/** Is (time, rank) due before what stands at a place? */
function isSooner(timers: Timers, time: number, rank: number, place: number): boolean {
  const other = timers.times[place] as number;
  return time < other || (time === other && rank < (timers.ranks[place] as number));
}

/** Moves what is due later down from an empty place upwards, until the item fits. */
function rise(timers: Timers, empty: number, item: number, time: number, rank: number): void {
  let place = empty;
  while (place > 0) {
    const above = (place - 1) >> 1;
    if (!isSooner(timers, time, rank, above)) break;
    put(timers, place, timers.items[above] as number, timers.times[above] as number, timers.ranks[above] as number);
    place = above;
  }
  put(timers, place, item, time, rank);
}

/** Moves what is due sooner up from an empty place downwards, until the item fits. */
function sink(timers: Timers, empty: number, item: number, time: number, rank: number): void {
  let place = empty;
  for (let below = soonerChild(timers, place); below > 0; below = soonerChild(timers, place)) {
    if (isSooner(timers, time, rank, below)) break;
    put(timers, place, timers.items[below] as number, timers.times[below] as number, timers.ranks[below] as number);
    place = below;
  }
  put(timers, place, item, time, rank);
}

/** The child of a place that is due first; 0 when it has none. */
function soonerChild(timers: Timers, place: number): number {
  const left = 2 * place + 1;
  const right = left + 1;
  if (left >= timers.count) return 0;
  if (right === timers.count) return left;
  const isRight = isSooner(timers, timers.times[right] as number, timers.ranks[right] as number, left);
  return isRight ? right : left;
}

function put(timers: Timers, place: number, item: number, time: number, rank: number): void {
  timers.times[place] = time;
  timers.ranks[place] = rank;
  timers.items[place] = item;
  timers.placeOf[item] = place + 1;
}

function growHeap(timers: Timers): void {
  const size = 2 * timers.items.length;
  timers.times = copyInto(new Float64Array(size), timers.times);
  timers.ranks = copyInto(new Float64Array(size), timers.ranks);
  timers.items = copyInto(new Int32Array(size), timers.items);
}

function growPlaces(timers: Timers, item: number): void {
  let size = 2 * timers.placeOf.length;
  while (size <= item) size *= 2;
  timers.placeOf = copyInto(new Int32Array(size), timers.placeOf);
}
