import { expect, it } from 'vitest';
import { batchCost, createBuckets, ipKey } from '../../../src/adapters/http/rateLimit.ts';
import type { Action } from '../../../src/core/commands.ts';

it('knows IPv6 customers by their /64', () => {
  expect(ipKey('2001:db8:1:2:3:4:5:6')).toBe('ip 2001:db8:1:2::/64');
  expect(ipKey('2001:db8:1:2::9')).toBe('ip 2001:db8:1:2::/64');
  expect(ipKey('2001:db8::1')).toBe('ip 2001:db8:0:0::/64');
  expect(ipKey('::1')).toBe('ip 0:0:0:0::/64');
  expect(ipKey('::ffff:10.0.0.1')).toBe('ip 10.0.0.1');
  expect(ipKey('10.0.0.1')).toBe('ip 10.0.0.1');
});

it('forgets who was not seen for the longest time rather than grow', () => {
  const buckets = createBuckets(() => 0);
  const rate = { perSecond: 1, burst: 1 };
  buckets.take({ key: 'first', rate, cost: 1 });
  expect(() => buckets.take({ key: 'first', rate, cost: 1 })).toThrow('Too many requests');
  for (let i = 0; i < 20_000; i++) buckets.take({ key: `other ${i}`, rate, cost: 1 });
  expect(() => buckets.take({ key: 'first', rate, cost: 1 })).not.toThrow();
});

it('does not give anything away when the clock goes back', () => {
  let now = 10_000;
  const buckets = createBuckets(() => now);
  const rate = { perSecond: 1, burst: 2 };
  buckets.take({ key: 'x', rate, cost: 2 });
  now = 0;
  expect(() => buckets.take({ key: 'x', rate, cost: 1 })).toThrow('Too many requests');
});

it('never fills a bucket above its burst', () => {
  let now = 0;
  const buckets = createBuckets(() => now);
  const rate = { perSecond: 10, burst: 2 };
  buckets.refund({ key: 'x', rate, cost: 100 });
  now = 60_000;
  buckets.take({ key: 'x', rate, cost: 2 });
  expect(() => buckets.take({ key: 'x', rate, cost: 1 })).toThrow('try again in 100 ms');
});

it('prices a batch by what it does', () => {
  const actions = [0, 3, 1, 2, 4].map((kind) => ({ kind }) as Action);
  expect(batchCost(actions)).toBeCloseTo(2.3);
});
