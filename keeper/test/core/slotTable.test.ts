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

type Table = ReturnType<typeof createSlotTable>;

function candidates(table: Table, hash: number): number[] {
  const found: number[] = [];
  for (let slot = firstCandidate(table, hash); slot !== 0; slot = nextCandidate(table, slot)) found.push(slot);
  return found;
}

/** A table whose slots have the hashes of a list. */
function insert(table: Table, hashes: number[], slot: number): void {
  insertSlot(table, slot, hashes[slot] as number, hashes, (known, of) => known[of] as number);
}

describe('the table of slots', () => {
  it('finds what was put in and not taken out, also when hashes collide', () => {
    // Few hashes, some of them neighbours across the end of the table.
    const hashes = fc.constantFrom(0, 1, 2, 1021, 1022, 1023, 1024, 2047, -1, -2, 77);
    fc.assert(
      fc.property(fc.array(fc.record({ hash: hashes, remove: fc.boolean() }), { maxLength: 1_500 }), (steps) => {
        const table = createSlotTable();
        const hashOfSlot = [0, ...steps.map(({ hash }) => hash)];
        const model: number[] = [];
        for (const [index, { remove }] of steps.entries()) {
          const victim = remove ? model.splice(index % (model.length || 1), 1)[0] : undefined;
          if (victim !== undefined) removeSlot(table, victim, hashOfSlot[victim] as number);
          else {
            insert(table, hashOfSlot, index + 1);
            model.push(index + 1);
          }
        }
        expect(table.count).toBe(model.length);
        for (const hash of new Set(hashOfSlot)) {
          const sameHash = candidates(table, hash).filter((slot) => hashOfSlot[slot] === hash);
          expect(sameHash.toSorted()).toEqual(model.filter((slot) => hashOfSlot[slot] === hash).toSorted());
        }
      }),
      { numRuns: 60 },
    );
  });

  it('grows past its first size, and its chains stay short', () => {
    const table = createSlotTable();
    const hashes = Array.from({ length: 5_001 }, (_, slot) => hashOf(slot * 1024, 0));
    for (let slot = 1; slot <= 5_000; slot++) insert(table, hashes, slot);
    for (let slot = 1; slot <= 5_000; slot++) {
      const found = candidates(table, hashes[slot] as number);
      expect(found).toContain(slot);
      expect(found.length).toBeLessThan(10);
    }
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
