// One book as the stream tells it: what was told last, what changed since, and the newest changes once more for readers
// who missed some. Levels come from the engine's own depth, so there is no second book that could drift away.
import type { KeeperApi } from '../../../core/api.ts';
import type { BookDelta } from '../../../core/streamViews.ts';
import type { DepthView } from '../../../core/views.ts';

/** Levels per side that are followed: deltas keep a copy of these, deeper ones are for `GET …/depth`. */
export const STREAM_LEVELS = 100;
const MAX_DELTAS = 1_024;

type Levels = DepthView['bids'];

export interface BookChange {
  readonly seq: number;
  readonly prevSeq: number;
  readonly delta: BookDelta;
}

export interface BookFeed {
  /** How many orders have to be counted to look at it again, by what was told last. */
  readonly orders: number;
  /** Sequence up to which the book was told. */
  readonly seq: number;
  /** Changes after this sequence are still known. */
  readonly floor: number;
  /** What whoever follows has. */
  snapshot(): BookDelta;
  /** Looks at the book again; undefined when nothing changed. */
  refresh(): BookChange | undefined;
  /** Changes after a sequence that is not below the floor. */
  since(seq: number): readonly BookChange[];
}

/** undefined: no such book. */
export function createBookFeed(api: Pick<KeeperApi, 'depth'>, book: number): BookFeed | undefined {
  const first = api.depth(book, STREAM_LEVELS);
  if (first === undefined) return undefined;
  let told: DepthView = first;
  let floor = told.sequence;
  let changes: BookChange[] = [];

  return {
    get orders() {
      return ordersIn(told);
    },
    get seq() {
      return told.sequence;
    },
    get floor() {
      return floor;
    },
    snapshot: () => ({ bids: told.bids, asks: told.asks }),
    refresh() {
      const depth = api.depth(book, STREAM_LEVELS);
      if (depth === undefined) return undefined;
      const delta = { bids: changedLevels(told.bids, depth.bids), asks: changedLevels(told.asks, depth.asks) };
      if (delta.bids.length === 0 && delta.asks.length === 0) return undefined;
      const change = { seq: depth.sequence, prevSeq: told.sequence, delta };
      told = depth;
      changes.push(change);
      if (changes.length >= 2 * MAX_DELTAS) {
        changes = changes.slice(MAX_DELTAS);
        floor = changes[0]?.prevSeq ?? told.sequence;
      }
      return change;
    },
    since(seq) {
      if (seq < floor) throw new Error(`What follows ${seq} is forgotten; the oldest known is ${floor}.`);
      return changes.filter((change) => change.seq > seq);
    },
  };
}

/** Orders on all levels that are shown. */
export function ordersIn({ bids, asks }: Pick<DepthView, 'bids' | 'asks'>): number {
  return [...bids, ...asks].reduce((sum, level) => sum + level.orders, 0);
}

/** Levels that are new or different, and those that went away with quantity 0. */
function changedLevels(before: Levels, after: Levels): Levels {
  const old = new Map(before.map((level) => [level.price, level]));
  const changed = after.filter((level) => {
    const known = old.get(level.price);
    old.delete(level.price);
    return known === undefined || known.quantity !== level.quantity || known.orders !== level.orders;
  });
  const gone = [...old.keys()].map((price) => ({ price, quantity: '0', orders: 0 }));
  return [...changed, ...gone];
}
