import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkHistory, type History, WORLDS } from './checkHistory.ts';

const LONG_MS = 120_000;
const HISTORIES = 300;

describe('after the keeper is gone, everybody gets what he owns from the exit trees of its last checkpoint', () => {
  it.each(Object.entries(WORLDS))(
    'in worlds of %s',
    (_, options) => {
      const histories: History[] = [];
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 2 ** 31 }), (seed) => {
          histories.push(checkHistory(seed, options));
        }),
        { numRuns: HISTORIES },
      );
      // They were no empty histories.
      const sum = (what: 'claims' | 'settlements' | 'shuttles') =>
        histories.reduce((total, history) => total + history[what], 0);
      expect(sum('claims')).toBeGreaterThan(10 * HISTORIES);
      expect(sum('settlements')).toBeGreaterThan(HISTORIES / 3);
      expect(sum('shuttles')).toBeGreaterThan(HISTORIES / 3);
    },
    LONG_MS,
  );
});
