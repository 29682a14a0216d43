// Which prices of one book hold orders, best first, and the two ends of each price's queue.
//
// A window of 2¹⁸ consecutive ticks around the market is a plain array, with three layers of bits above it to find the
// next price that holds orders. Any other tick up to 2⁵³ − 1 lives in sorted blocks beside the window: slower, never
// wrong, and without a size that somebody could blow up. When work piles up outside, the window moves to the market.
// Where the window stands is no part of the state: it changes how fast an answer comes, never the answer.
import { MAX_SAFE } from './assets.ts';

/** Ticks that the array covers. */
export const WINDOW = 1 << 18;
/** "Best bid" of a book without bids. */
export const NO_BID = 0;
/** "Best ask" of a book without asks: above every price. */
export const NO_ASK = 2 ** 53;

const FAR_BLOCK = 256;
const INITIAL_FAR_LEVELS = 64;
/** Touches outside the window, beyond the number of levels, after which moving it has been paid for. */
const MISSES_BEFORE_MOVE = 4096;

/** Sorted prices outside the window with the slot of each. */
interface FarBlock {
  readonly prices: Float64Array;
  readonly slots: Int32Array;
  length: number;
}

export interface Levels {
  /** Tick of slot 0. */
  start: number;
  /** First and last order of level `slot` at 2·slot and 2·slot + 1; 0 = none. Slots from `WINDOW` on are far levels. */
  ends: Int32Array;
  /** One bit per tick of the window. */
  readonly words: Int32Array;
  /** One bit per word, and one per word of those. */
  readonly summary: Int32Array;
  readonly top: Int32Array;
  readonly blocks: FarBlock[];
  /** Head of the list of free far slots (chained through `ends`), and the first slot never used. */
  freeFar: number;
  nextFar: number;
  /** How many prices hold orders. */
  count: number;
  misses: number;
}

export function createLevels(): Levels {
  return {
    start: 0,
    ends: new Int32Array(2 * (WINDOW + INITIAL_FAR_LEVELS)),
    words: new Int32Array(WINDOW >>> 5),
    summary: new Int32Array(WINDOW >>> 10),
    top: new Int32Array(WINDOW >>> 15),
    blocks: [],
    freeFar: 0,
    nextFar: WINDOW,
    count: 0,
    misses: 0,
  };
}

/** Slot of a price that holds orders. */
export function levelSlot(levels: Levels, price: number): number {
  const offset = price - levels.start;
  if (offset >= 0 && offset < WINDOW) return offset | 0;
  return farSlot(levels, price);
}

/** Slot of a price, which becomes a level when it is none. */
export function openLevel(levels: Levels, price: number): number {
  if (levels.count === 0 && !isInWindow(levels, price)) centre(levels, price);
  return placeLevel(levels, price);
}

function placeLevel(levels: Levels, price: number): number {
  const offset = price - levels.start;
  if (offset >= 0 && offset < WINDOW) {
    const slot = offset | 0;
    if (levels.ends[2 * slot] === 0) {
      setBit(levels, slot);
      levels.count++;
    }
    return slot;
  }
  levels.misses++;
  const known = farSlot(levels, price);
  if (known >= 0) return known;
  levels.count++;
  return openFar(levels, price);
}

/** Forgets a price whose last order has gone. */
export function closeLevel(levels: Levels, price: number): void {
  levels.count--;
  const offset = price - levels.start;
  if (offset >= 0 && offset < WINDOW) {
    const slot = offset | 0;
    levels.ends[2 * slot] = 0;
    levels.ends[2 * slot + 1] = 0;
    clearBit(levels, slot);
  } else {
    levels.misses++;
    closeFar(levels, price);
  }
}

/** The next higher price that holds orders, or `NO_ASK`. */
export function priceAbove(levels: Levels, price: number): number {
  const offset = price - levels.start;
  const slot = offset < WINDOW ? nextBit(levels, offset < 0 ? -1 : offset | 0) : -1;
  const inside = slot < 0 ? NO_ASK : levels.start + slot;
  if (levels.blocks.length === 0) return inside;
  return Math.min(inside, farAbove(levels, price));
}

/** The next lower price that holds orders, or `NO_BID`. */
export function priceBelow(levels: Levels, price: number): number {
  const offset = price - levels.start;
  const slot = offset > 0 ? previousBit(levels, offset > WINDOW ? WINDOW : offset | 0) : -1;
  const inside = slot < 0 ? NO_BID : levels.start + slot;
  if (levels.blocks.length === 0) return inside;
  return Math.max(inside, farBelow(levels, price));
}

/** Moves the window to the market once enough has happened outside it to pay for the move. */
export function followMarket(levels: Levels, price: number): void {
  if (levels.misses < MISSES_BEFORE_MOVE + levels.count) return;
  levels.misses = 0;
  const offset = price - levels.start;
  if (offset >= WINDOW / 4 && offset < (WINDOW / 4) * 3) return;
  moveWindow(levels, price);
}

function moveWindow(levels: Levels, price: number): void {
  const moved: { price: number; first: number; last: number }[] = [];
  for (let at = priceAbove(levels, 0); at !== NO_ASK; at = priceAbove(levels, at)) {
    const slot = levelSlot(levels, at);
    moved.push({ price: at, first: levels.ends[2 * slot] as number, last: levels.ends[2 * slot + 1] as number });
  }
  for (const array of [levels.ends, levels.words, levels.summary, levels.top]) array.fill(0);
  levels.blocks.length = 0;
  levels.freeFar = 0;
  levels.nextFar = WINDOW;
  levels.count = 0;
  centre(levels, price);
  for (const level of moved) {
    const slot = placeLevel(levels, level.price);
    levels.ends[2 * slot] = level.first;
    levels.ends[2 * slot + 1] = level.last;
  }
  levels.misses = 0;
}

function isInWindow(levels: Levels, price: number): boolean {
  const offset = price - levels.start;
  return offset >= 0 && offset < WINDOW;
}

function centre(levels: Levels, price: number): void {
  levels.start = Math.min(Math.max(price - WINDOW / 2, 0), MAX_SAFE + 1 - WINDOW);
}

// Bits of the window.

function setBit(levels: Levels, slot: number): void {
  const word = slot >>> 5;
  const group = slot >>> 10;
  levels.words[word] = (levels.words[word] as number) | (1 << slot);
  levels.summary[group] = (levels.summary[group] as number) | (1 << word);
  levels.top[group >>> 5] = (levels.top[group >>> 5] as number) | (1 << group);
}

function clearBit(levels: Levels, slot: number): void {
  const word = slot >>> 5;
  const left = (levels.words[word] as number) & ~(1 << slot);
  levels.words[word] = left;
  if (left !== 0) return;
  const group = slot >>> 10;
  const leftOfGroup = (levels.summary[group] as number) & ~(1 << word);
  levels.summary[group] = leftOfGroup;
  if (leftOfGroup !== 0) return;
  levels.top[group >>> 5] = (levels.top[group >>> 5] as number) & ~(1 << group);
}

/** Lowest set bit above `slot`, or −1. */
function nextBit(levels: Levels, slot: number): number {
  let word = (slot + 1) >>> 5;
  if (word === levels.words.length) return -1;
  let bits = (levels.words[word] as number) & (-1 << (slot + 1));
  if (bits === 0) {
    word = nextInSummary(levels, word);
    if (word < 0) return -1;
    bits = levels.words[word] as number;
  }
  return (word << 5) + lowestBit(bits);
}

function nextInSummary(levels: Levels, word: number): number {
  let group = (word + 1) >>> 5;
  if (group === levels.summary.length) return -1;
  let bits = (levels.summary[group] as number) & (-1 << (word + 1));
  if (bits === 0) {
    let top = (group + 1) >>> 5;
    if (top === levels.top.length) return -1;
    let topBits = (levels.top[top] as number) & (-1 << (group + 1));
    while (topBits === 0) {
      if (++top === levels.top.length) return -1;
      topBits = levels.top[top] as number;
    }
    group = (top << 5) + lowestBit(topBits);
    bits = levels.summary[group] as number;
  }
  return (group << 5) + lowestBit(bits);
}

/** Highest set bit below `slot`, or −1. `slot` ≥ 1. */
function previousBit(levels: Levels, slot: number): number {
  let word = (slot - 1) >>> 5;
  let bits = (levels.words[word] as number) & (-1 >>> (31 - ((slot - 1) & 31)));
  if (bits === 0) {
    if (word === 0) return -1;
    word = previousInSummary(levels, word);
    if (word < 0) return -1;
    bits = levels.words[word] as number;
  }
  return (word << 5) + highestBit(bits);
}

function previousInSummary(levels: Levels, word: number): number {
  let group = (word - 1) >>> 5;
  let bits = (levels.summary[group] as number) & (-1 >>> (31 - ((word - 1) & 31)));
  if (bits === 0) {
    if (group === 0) return -1;
    let top = (group - 1) >>> 5;
    let topBits = (levels.top[top] as number) & (-1 >>> (31 - ((group - 1) & 31)));
    while (topBits === 0) {
      if (--top < 0) return -1;
      topBits = levels.top[top] as number;
    }
    group = (top << 5) + highestBit(topBits);
    bits = levels.summary[group] as number;
  }
  return (group << 5) + highestBit(bits);
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

function highestBit(bits: number): number {
  return 31 - Math.clz32(bits);
}

// Levels outside the window.

/** Index of the last block that starts at or below `price`, or −1. */
function blockOf(levels: Levels, price: number): number {
  let low = 0;
  let high = levels.blocks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (((levels.blocks[middle] as FarBlock).prices[0] as number) <= price) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Number of prices in the block that are at or below `price`. */
function rankIn(block: FarBlock, price: number): number {
  let low = 0;
  let high = block.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((block.prices[middle] as number) <= price) low = middle + 1;
    else high = middle;
  }
  return low;
}

function farSlot(levels: Levels, price: number): number {
  const block = levels.blocks[blockOf(levels, price)];
  if (block === undefined) return -1;
  const at = rankIn(block, price) - 1;
  return block.prices[at] === price ? (block.slots[at] as number) : -1;
}

function farAbove(levels: Levels, price: number): number {
  const index = blockOf(levels, price);
  const block = levels.blocks[index];
  if (block !== undefined) {
    const at = rankIn(block, price);
    if (at < block.length) return block.prices[at] as number;
  }
  return levels.blocks[index + 1]?.prices[0] ?? NO_ASK;
}

function farBelow(levels: Levels, price: number): number {
  const index = blockOf(levels, price - 1);
  const block = levels.blocks[index];
  return block === undefined ? NO_BID : (block.prices[rankIn(block, price - 1) - 1] as number);
}

function openFar(levels: Levels, price: number): number {
  const slot = takeFarSlot(levels);
  const index = Math.max(blockOf(levels, price), 0);
  let block = levels.blocks[index];
  if (block === undefined) {
    block = createBlock();
    levels.blocks.push(block);
  } else if (block.length === FAR_BLOCK) {
    const upper = splitBlock(block);
    levels.blocks.splice(index + 1, 0, upper);
    if (price > (upper.prices[0] as number)) block = upper;
  }
  const at = rankIn(block, price);
  block.prices.copyWithin(at + 1, at, block.length);
  block.slots.copyWithin(at + 1, at, block.length);
  block.prices[at] = price;
  block.slots[at] = slot;
  block.length++;
  return slot;
}

function closeFar(levels: Levels, price: number): void {
  const index = blockOf(levels, price);
  const block = levels.blocks[index] as FarBlock;
  const at = rankIn(block, price) - 1;
  const slot = block.slots[at] as number;
  block.prices.copyWithin(at, at + 1, block.length);
  block.slots.copyWithin(at, at + 1, block.length);
  block.length--;
  if (block.length === 0) levels.blocks.splice(index, 1);
  levels.ends[2 * slot] = levels.freeFar;
  levels.ends[2 * slot + 1] = 0;
  levels.freeFar = slot;
}

function takeFarSlot(levels: Levels): number {
  let slot = levels.freeFar;
  if (slot !== 0) {
    levels.freeFar = levels.ends[2 * slot] as number;
  } else {
    slot = levels.nextFar++;
    if (2 * slot === levels.ends.length) {
      const grown = new Int32Array(2 * (WINDOW + 2 * (slot - WINDOW)));
      grown.set(levels.ends);
      levels.ends = grown;
    }
  }
  levels.ends[2 * slot] = 0;
  levels.ends[2 * slot + 1] = 0;
  return slot;
}

function createBlock(): FarBlock {
  return { prices: new Float64Array(FAR_BLOCK), slots: new Int32Array(FAR_BLOCK), length: 0 };
}

/** Moves the upper half into a block of its own. */
function splitBlock(block: FarBlock): FarBlock {
  const upper = createBlock();
  const half = FAR_BLOCK / 2;
  upper.prices.set(block.prices.subarray(half));
  upper.slots.set(block.slots.subarray(half));
  upper.length = FAR_BLOCK - half;
  block.length = half;
  return upper;
}
