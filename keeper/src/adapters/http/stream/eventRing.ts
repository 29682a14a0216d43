// The newest commands with their events, so that a reader who lost the line can be told what he missed.
import type { StreamItem } from '../../../core/api.ts';

/** Bounds on what is kept. A batch makes up to some thousands of events, most commands make a few. */
export const MAX_RING_ITEMS = 8_192;
export const MAX_RING_EVENTS = 131_072;

export interface EventRing {
  /** Everything that happened after this sequence is here. */
  readonly floor: number;
  /** Newest sequence that was seen. */
  readonly newest: number;
  push(item: StreamItem): void;
  /** Items after a sequence that is not below the floor, oldest first. */
  after(sequence: number): readonly StreamItem[];
}

/** @param start a sequence after which nothing happened before the first item. */
export function createEventRing(start: number): EventRing {
  let items: StreamItem[] = [];
  /** Items before this place are forgotten. */
  let head = 0;
  let events = 0;
  let floor = start;
  let newest = start;

  function forgetOldest(): void {
    const oldest = items[head];
    if (oldest === undefined) throw new Error('An empty ring has nothing to forget.');
    events -= oldest.events.length;
    floor = oldest.sequence;
    head += 1;
    // Moving the rest once per full ring costs a constant per item.
    if (head >= MAX_RING_ITEMS) {
      items = items.slice(head);
      head = 0;
    }
  }

  return {
    get floor() {
      return floor;
    },
    get newest() {
      return newest;
    },
    push(item) {
      if (item.sequence <= newest) throw new Error(`Command ${item.sequence} cannot follow ${newest}.`);
      items.push(item);
      newest = item.sequence;
      events += item.events.length;
      while (items.length - head > MAX_RING_ITEMS) forgetOldest();
      while (events > MAX_RING_EVENTS && items.length - head > 1) forgetOldest();
    },
    after(sequence) {
      if (sequence < floor) throw new Error(`What follows ${sequence} is forgotten; the oldest known is ${floor}.`);
      let [low, high] = [head, items.length];
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((items[middle]?.sequence ?? 0) > sequence) high = middle;
        else low = middle + 1;
      }
      return items.slice(low);
    },
  };
}
