import { expect, it } from 'vitest';
import { createBoundedMap } from '../../../src/adapters/http/boundedMap.ts';

it('forgets what was not used for the longest time', () => {
  const map = createBoundedMap<string, number>(3);
  for (const [index, key] of ['a', 'b', 'c'].entries()) map.set(key, index);
  map.get('a');
  map.set('d', 3);
  expect(['a', 'b', 'c', 'd'].map((key) => map.get(key))).toEqual([0, undefined, 2, 3]);
  map.set('c', 9);
  map.set('e', 4);
  expect([map.size, map.get('a'), map.get('c')]).toEqual([3, undefined, 9]);
  expect([map.delete('c'), map.get('c'), map.size]).toEqual([true, undefined, 2]);
});
