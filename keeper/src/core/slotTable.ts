// A hash table from something to slots of the order pool, without an allocation per entry: open addressing with linear
// probing in one array of (slot, hash) pairs, kept at most half full. What the key is, only the caller knows: it walks
// the candidates of a hash with `firstCandidate` and `nextCandidate` and compares the orders themselves.

const INITIAL_SIZE = 1024;

export interface SlotTable {
  /** slot at 2·i (0 = empty), its hash at 2·i + 1. */
  pairs: Int32Array;
  /** Number of pairs − 1; a power of two − 1. */
  mask: number;
  /** Where the last look-up stands. */
  cursor: number;
  count: number;
}

export function createSlotTable(): SlotTable {
  return { pairs: new Int32Array(2 * INITIAL_SIZE), mask: INITIAL_SIZE - 1, cursor: 0, count: 0 };
}

/** Hash of a safe integer and a 32-bit integer. */
export function hashOf(integer: number, other: number): number {
  const high = Math.floor(integer * 2 ** -32) | 0;
  let hash = Math.imul((integer | 0) ^ Math.imul(high ^ Math.imul(other, 0x85ebca6b), 0xc2b2ae35), 0x9e3779b1);
  hash ^= hash >>> 15;
  return Math.imul(hash, 0x2c1b3c6d) ^ (hash >>> 13);
}

/** First slot that may have this hash, or 0. */
export function firstCandidate(table: SlotTable, hash: number): number {
  table.cursor = hash & table.mask;
  return table.pairs[2 * table.cursor] as number;
}

/** The slot after the last one answered, or 0 when there are no more. */
export function nextCandidate(table: SlotTable): number {
  table.cursor = (table.cursor + 1) & table.mask;
  return table.pairs[2 * table.cursor] as number;
}

export function insertSlot(table: SlotTable, hash: number, slot: number): void {
  if (2 * (table.count + 1) > table.mask + 1) grow(table);
  place(table, hash, slot);
  table.count++;
}

/** Takes out a slot that was inserted with this hash, and closes the gap behind it. */
export function removeSlot(table: SlotTable, hash: number, slot: number): void {
  const { pairs, mask } = table;
  let gap = hash & mask;
  while (pairs[2 * gap] !== slot) gap = (gap + 1) & mask;
  for (let at = (gap + 1) & mask; pairs[2 * at] !== 0; at = (at + 1) & mask) {
    const home = (pairs[2 * at + 1] as number) & mask;
    // May the pair at `at` move to the gap? Only if its home does not lie cyclically after the gap.
    if (((at - home) & mask) < ((at - gap) & mask)) continue;
    pairs[2 * gap] = pairs[2 * at] as number;
    pairs[2 * gap + 1] = pairs[2 * at + 1] as number;
    gap = at;
  }
  pairs[2 * gap] = 0;
  table.count--;
}

function place(table: SlotTable, hash: number, slot: number): void {
  const { pairs, mask } = table;
  let at = hash & mask;
  while (pairs[2 * at] !== 0) at = (at + 1) & mask;
  pairs[2 * at] = slot;
  pairs[2 * at + 1] = hash;
}

function grow(table: SlotTable): void {
  const old = table.pairs;
  table.pairs = new Int32Array(2 * old.length);
  table.mask = old.length - 1;
  for (let i = 0; i < old.length; i += 2) {
    const slot = old[i] as number;
    if (slot !== 0) place(table, old[i + 1] as number, slot);
  }
}
