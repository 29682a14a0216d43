import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createBookFeed, STREAM_LEVELS } from '../../../src/adapters/http/stream/bookFeed.ts';
import type { BookDelta } from '../../../src/core/streamViews.ts';
import type { DepthView } from '../../../src/core/views.ts';

type Level = DepthView['bids'][number];

/** A book whose levels a test sets, with the depth that an engine would show of it. */
function createBook() {
  const sides = { bids: new Map<number, number>(), asks: new Map<number, number>() };
  let sequence = 1;
  const levels = (side: 'bids' | 'asks', count: number): Level[] =>
    [...sides[side]]
      .sort(([a], [b]) => (side === 'asks' ? a - b : b - a))
      .slice(0, count)
      .map(([price, lots]) => ({ price, quantity: String(lots), orders: 1 + (lots % 3) }));
  return {
    set(side: 'bids' | 'asks', price: number, lots: number): void {
      sequence += 1;
      if (lots === 0) sides[side].delete(price);
      else sides[side].set(price, lots);
    },
    depth: (_book: number, count: number): DepthView => ({
      book: 1,
      sequence,
      bids: levels('bids', count),
      asks: levels('asks', count),
    }),
  };
}

/** What docs/api.md tells a client to do. */
function apply(levels: readonly Level[], changed: readonly Level[]): Level[] {
  const byPrice = new Map(levels.map((level) => [level.price, level]));
  for (const level of changed) {
    if (level.quantity === '0') byPrice.delete(level.price);
    else byPrice.set(level.price, level);
  }
  return [...byPrice.values()];
}

const bestFirst = (book: BookDelta): BookDelta => ({
  bids: [...book.bids].sort((a, b) => b.price - a.price),
  asks: [...book.asks].sort((a, b) => a.price - b.price),
});

const change = fc.record({
  side: fc.constantFrom('bids' as const, 'asks' as const),
  price: fc.integer({ min: 1, max: 260 }),
  lots: fc.integer({ min: 0, max: 5 }),
  told: fc.boolean(),
});

it('keeps a follower at exactly the best levels, whatever happens, and one who comes back as well', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 400 }), fc.nat(), (changes, leaveAt) => {
      const book = createBook();
      for (let price = 1; price <= 120; price++) book.set('bids', price, 1);
      const feed = createBookFeed(book, 1);
      if (feed === undefined) throw new Error('The book exists.');
      let follower = feed.snapshot();
      let left = { seq: feed.seq, book: follower };
      for (const [index, { side, price, lots, told }] of changes.entries()) {
        book.set(side, price, lots);
        if (!told) continue;
        const { delta } = feed.refresh() ?? { delta: { bids: [], asks: [] } };
        follower = { bids: apply(follower.bids, delta.bids), asks: apply(follower.asks, delta.asks) };
        if (index <= leaveAt % (changes.length + 1)) left = { seq: feed.seq, book: follower };
        const { bids, asks } = book.depth(1, STREAM_LEVELS);
        expect(bestFirst(follower)).toEqual({ bids, asks });
      }
      const missed = feed.since(left.seq);
      const back = missed.reduce(
        (known, { delta }) => ({ bids: apply(known.bids, delta.bids), asks: apply(known.asks, delta.asks) }),
        left.book,
      );
      expect(bestFirst(back)).toEqual(bestFirst(feed.snapshot()));
    }),
    { numRuns: 60 },
  );
});

it('knows how far back it can tell', () => {
  const book = createBook();
  const feed = createBookFeed(book, 1);
  if (feed === undefined) throw new Error('The book exists.');
  const start = feed.seq;
  for (let i = 1; i <= 3_000; i++) {
    book.set('bids', 5, i);
    feed.refresh();
  }
  expect(feed.floor).toBeGreaterThan(start);
  expect(() => feed.since(start)).toThrow('is forgotten');
  expect(feed.since(feed.seq)).toEqual([]);
  const oldest = feed.since(feed.floor);
  expect(oldest[0]?.prevSeq).toBe(feed.floor);
  expect(oldest.length).toBeGreaterThanOrEqual(1_024);
});
