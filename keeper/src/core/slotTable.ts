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

/**
 * Hash of a safe integer and a 32-bit integer, as a 32-bit integer. Sixteen integers in a row get hashes in a row: orders
 * of one batch lie side by side in the table.
 */
export function hashOf(integer: number, other: number): number {
  const low = integer | 0;
  const high = (integer * 2 ** -32) | 0;
  const group = (low >>> 4) ^ Math.imul(high ^ Math.imul(other, 0x85ebca6b), 0xc2b2ae35);
  const mixed = Math.imul(group, 0x9e3779b1);
  return ((mixed ^ (mixed >>> 15)) + (low & 15)) | 0;
}

/** First slot with this hash, or 0. */
export function firstCandidate(table: SlotTable, hash: number): number {
  return candidateFrom(table, hash, hash & table.mask);
}

/** The slot after the last one answered, or 0 when there are no more. */
export function nextCandidate(table: SlotTable, hash: number): number {
  return candidateFrom(table, hash, (table.cursor + 1) & table.mask);
}

function candidateFrom(table: SlotTable, hash: number, start: number): number {
  const { pairs, mask } = table;
  let at = start;
  let slot = pairs[2 * at] as number;
  while (slot !== 0 && pairs[2 * at + 1] !== hash) {
    at = (at + 1) & mask;
    slot = pairs[2 * at] as number;
  }
  table.cursor = at;
  return slot;
}

export function insertSlot(table: SlotTable, hash: number, slot: number): void {
  if (2 * table.count > table.mask) grow(table);
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
    // The pair at `at` may move to the gap unless its home lies (cyclically) after the gap.
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
