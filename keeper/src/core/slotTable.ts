// A hash table from something to slots of the order pool, without an allocation per entry: every bucket is a chain of slots.
// Its links may stand in the records of the orders, so that who walks the chain finds them where it has to look anyway.
// What the key is, only the caller knows: it walks the chain of a hash with `firstCandidate` and `nextCandidate`, and
// compares the orders themselves.
import { copyInto } from './columns.ts';

const INITIAL_SIZE = 1024;

export interface SlotTable {
  /** By bucket, of which there is a power of two: the first slot of its chain; 0 = empty. At least twice the entries. */
  heads: Int32Array;
  /** At (slot << shift) | offset: the next slot of its chain; 0 = none. */
  links: Int32Array;
  readonly shift: number;
  readonly offset: number;
  count: number;
}

/** `links` are the caller's, who sees to it that every slot has one; without them the table has its own. */
export function createSlotTable(links = new Int32Array(INITIAL_SIZE), shift = 0, offset = 0): SlotTable {
  return { heads: new Int32Array(INITIAL_SIZE), links, shift, offset, count: 0 };
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

/** First slot that may have this hash, or 0. */
export function firstCandidate({ heads }: SlotTable, hash: number): number {
  return heads[hash & (heads.length - 1)] as number;
}

/** The candidate after this one, or 0. */
export function nextCandidate({ links, shift, offset }: SlotTable, slot: number): number {
  return links[(slot << shift) | offset] as number;
}

/** `hashAt` answers the hash of any slot in the table from where its key stands, for when the table grows. */
export function insertSlot<Keys>(
  table: SlotTable,
  slot: number,
  hash: number,
  keys: Keys,
  hashAt: (keys: Keys, slot: number) => number,
): void {
  if (slot << table.shift >= table.links.length) growLinks(table, slot);
  if (2 * table.count === table.heads.length) growHeads(table, keys, hashAt);
  link(table, slot, hash);
  table.count++;
}

/** Takes out a slot that was inserted with this hash. */
export function removeSlot(table: SlotTable, slot: number, hash: number): void {
  const { heads, links, shift, offset } = table;
  const bucket = hash & (heads.length - 1);
  const after = links[(slot << shift) | offset] as number;
  let before = heads[bucket] as number;
  if (before === slot) {
    heads[bucket] = after;
  } else {
    while (links[(before << shift) | offset] !== slot) before = links[(before << shift) | offset] as number;
    links[(before << shift) | offset] = after;
  }
  table.count--;
}

function link({ heads, links, shift, offset }: SlotTable, slot: number, hash: number): void {
  const bucket = hash & (heads.length - 1);
  links[(slot << shift) | offset] = heads[bucket] as number;
  heads[bucket] = slot;
}

function growLinks(table: SlotTable, slot: number): void {
  let size = 2 * table.links.length;
  while (size <= slot) size *= 2;
  table.links = copyInto(new Int32Array(size), table.links);
}

function growHeads<Keys>(table: SlotTable, keys: Keys, hashAt: (keys: Keys, slot: number) => number): void {
  const chains = table.heads;
  table.heads = new Int32Array(2 * chains.length);
  for (const head of chains) {
    let slot = head;
    while (slot !== 0) {
      const next = nextCandidate(table, slot);
      link(table, slot, hashAt(keys, slot));
      slot = next;
    }
  }
}
