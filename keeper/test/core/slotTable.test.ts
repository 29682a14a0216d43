import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createSlotTable,
  firstCandidate,
  hashOf,
  insertSlot,
  nextCandidate,
  removeSlot,
} from '../../src/core/slotTable.ts';

function candidates(table: ReturnType<typeof createSlotTable>, hash: number): number[] {
  const found: number[] = [];
  for (let slot = firstCandidate(table, hash); slot !== 0; slot = nextCandidate(table, hash)) found.push(slot);
  return found;
}

describe('the table of slots', () => {
  it('finds what was put in and not taken out, also when hashes collide', () => {
    // Few hashes, some of them neighbours across the end of the table.
    const hashes = fc.constantFrom(0, 1, 2, 1021, 1022, 1023, 1024, 2047, -1, -2, 77);
    fc.assert(
      fc.property(fc.array(fc.record({ hash: hashes, remove: fc.boolean() }), { maxLength: 1_500 }), (steps) => {
        const table = createSlotTable();
        const model: { slot: number; hash: number }[] = [];
        for (const [index, { hash, remove }] of steps.entries()) {
          const victim = remove ? model.splice(index % (model.length || 1), 1)[0] : undefined;
          if (victim !== undefined) removeSlot(table, victim.hash, victim.slot);
          else {
            insertSlot(table, hash, index + 1);
            model.push({ slot: index + 1, hash });
          }
        }
        expect(table.count).toBe(model.length);
        for (const { hash } of model) {
          const expected = model.filter((entry) => entry.hash === hash).map((entry) => entry.slot);
          expect(candidates(table, hash).toSorted()).toEqual(expected.toSorted());
        }
        expect(candidates(table, 123_456)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('grows past its first size and stays at most half full', () => {
    const table = createSlotTable();
    for (let slot = 1; slot <= 5_000; slot++) insertSlot(table, hashOf(slot * 1024, 0), slot);
    expect(table.mask + 1).toBeGreaterThanOrEqual(10_000);
    for (let slot = 1; slot <= 5_000; slot++) expect(candidates(table, hashOf(slot * 1024, 0))).toContain(slot);
  });

  it('spreads the ids of orders, in batches and alone, and those above 2^32', () => {
    const idsInBatches = Array.from({ length: 20_000 }, (_, i) => (Math.floor(i / 100) + 1) * 1024 + (i % 100));
    const idsAlone = Array.from({ length: 20_000 }, (_, i) => (i + 1) * 1024);
    const idsAfterRecovery = idsInBatches.map((id) => id + 2 ** 42);
    for (const ids of [idsInBatches, idsAlone, idsAfterRecovery]) {
      const homes = new Set(ids.map((id) => hashOf(id, 0) & 65_535));
      expect(homes.size).toBeGreaterThan(15_000);
    }
  });
});
