import { expect, it } from 'vitest';
import { createEventRing, MAX_RING_EVENTS, MAX_RING_ITEMS } from '../../../src/adapters/http/stream/eventRing.ts';
import type { StreamItem } from '../../../src/core/api.ts';

const item = (sequence: number, events = 1): StreamItem => ({
  sequence,
  time: 0,
  events: Array(events).fill({ type: 'checkpointCut', number: 1 }),
});
const sequences = (items: readonly StreamItem[]) => items.map(({ sequence }) => sequence);

it('gives what came after a sequence, also one at which nothing happened', () => {
  const ring = createEventRing(10);
  for (const sequence of [11, 15, 16]) ring.push(item(sequence));
  expect(sequences(ring.after(10))).toEqual([11, 15, 16]);
  expect(sequences(ring.after(11))).toEqual([15, 16]);
  expect(sequences(ring.after(13))).toEqual([15, 16]);
  expect(sequences(ring.after(16))).toEqual([]);
  expect([ring.floor, ring.newest]).toEqual([10, 16]);
});

it('forgets the oldest items beyond its bound, and says so', () => {
  const ring = createEventRing(0);
  const count = 3 * MAX_RING_ITEMS + 7;
  for (let sequence = 1; sequence <= count; sequence++) ring.push(item(sequence));
  expect(ring.floor).toBe(count - MAX_RING_ITEMS);
  expect(ring.after(ring.floor)).toHaveLength(MAX_RING_ITEMS);
  expect(sequences(ring.after(count - 2))).toEqual([count - 1, count]);
  expect(() => ring.after(ring.floor - 1)).toThrow('is forgotten');
});

it('bounds the events, too, but keeps the newest item', () => {
  const ring = createEventRing(0);
  for (let sequence = 1; sequence <= 200; sequence++) ring.push(item(sequence, 1_024));
  expect(ring.after(ring.floor)).toHaveLength(MAX_RING_EVENTS / 1_024);
  ring.push(item(201, 2 * MAX_RING_EVENTS));
  expect(sequences(ring.after(ring.floor))).toEqual([201]);
});

it('takes no sequence twice', () => {
  const ring = createEventRing(5);
  ring.push(item(6));
  expect(() => ring.push(item(6))).toThrow('cannot follow');
});
