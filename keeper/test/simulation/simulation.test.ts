// Fixed seeds of the simulation, bounded for every run; `run.ts` beside this file runs as many as one likes.
import { describe, expect, it } from 'vitest';
import { type Counts, SimulationError, simulate } from './simulate.ts';

const seeds = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

/** The first ones, and those that found a bug: 1247 drops a checkpoint with which a keeper started, in a new epoch. */
const HONEST = [...seeds(1, 18), 1247];
const LYING = seeds(101, 8);
const EXITS = seeds(201, 6);
const MARGIN = seeds(301, 6);
const MARGIN_MS = 420_000;

/** What all of these worlds together must have seen, or they would prove little. */
const MUST_HAPPEN = [
  'a day passes',
  'a keeper dies at a write',
  'a keeper leads from chain',
  'a keeper leads from genesis',
  'a keeper leads from journal',
  'a keeper stops: SupersededError',
  'another leader is named',
  'answers repeated',
  'crash',
  'fills',
  'machine lost',
  'outage of home',
  'pause',
  'reorganisation',
  'snapshot',
  'the leader gets a new epoch',
  'states from several checkpoints',
  'withdrawal cancelled',
  'withdrawal executed',
  'withdrawal expired',
  'withdrawals taken back',
];

/** What those in which some trade on credit must have seen, at least so often. */
const LIQUIDATED = {
  'prices jump': 10,
  'prices slide': 10,
  'oracle goes wild': 1,
  liquidationBegan: 8,
  liquidationTraded: 8,
  bankruptcyChanged: 5,
  insuranceChanged: 1,
  lossShared: 2,
  liquidationEnded: 8,
  'refused withdrawal.stopped': 10,
  'refused withdrawal.liability': 1,
};

describe('the exchange', () => {
  const totals: Record<string, number> = {};
  const exitTotals: Record<string, number> = {};
  const marginTotals: Record<string, number> = {};
  const addTo = (sums: Record<string, number>) => (counts: Counts) => {
    for (const [what, times] of Object.entries(counts)) sums[what] = (sums[what] ?? 0) + times;
  };
  const [add, addExits, addMargin] = [addTo(totals), addTo(exitTotals), addTo(marginTotals)];

  it.each(HONEST)('keeps every promise in the world of seed %i', async (seed) => {
    add(await simulate({ seed }));
  });

  it('met everything in these worlds that they are made for', () => {
    expect(MUST_HAPPEN.filter((what) => (totals[what] ?? 0) === 0)).toEqual([]);
    expect(totals['batches accepted']).toBeGreaterThan(500);
    expect(totals['withdrawals paid']).toBeGreaterThan(200);
  });

  it.each(EXITS)('pays nobody twice when vaults enter exit mode, in the world of seed %i', async (seed) => {
    const counts = await simulate({ seed, exits: true });
    addExits(counts);
  });

  it('cured vaults, closed them for good, and paid withdrawals meanwhile', () => {
    for (const phase of ['closing', 'running', 'final'])
      expect(exitTotals[`exit mode known as ${phase}`]).toBeGreaterThan(0);
    expect(exitTotals['exit mode: governor']).toBeGreaterThan(0);
    expect(exitTotals['withdrawals paid']).toBeGreaterThan(20);
  });

  it.each(MARGIN)('liquidates whom it must and nobody else, in the world of seed %i', async (seed) => {
    addMargin(await simulate({ seed, margin: true, durationMs: MARGIN_MS }));
  });

  it('stopped withdrawals, wound up accounts and shared losses in these worlds', () => {
    for (const [what, least] of Object.entries(LIQUIDATED))
      expect(marginTotals[what] ?? 0, what).toBeGreaterThanOrEqual(least);
  });

  it.each(LYING)('keeps what it can promise on lying disks in the world of seed %i', async (seed) => {
    const counts = await simulate({ seed, disks: 'lying' });
    expect(counts['checkpoints final']).toBeGreaterThan(0);
  });
});

describe('the simulation', () => {
  it('gives the same world for the same seed', async () => {
    const lines: string[][] = [[], []];
    for (const list of lines) await simulate({ seed: 7, durationMs: 60_000, log: (line) => list.push(line) });
    expect(lines[0]?.length).toBeGreaterThan(5);
    expect(lines[0]).toEqual(lines[1]);
  });

  it('notices, and says how to see it again, when a disk loses what it confirmed although it is called honest', async () => {
    const failures: Error[] = [];
    for (const seed of seeds(1, 4))
      await simulate({ seed, disks: 'lyingInSecret' }).catch((error) => failures.push(error));
    expect(failures.length).toBeGreaterThan(0);
    expect(failures[0]).toBeInstanceOf(SimulationError);
    expect(failures[0]?.message).toMatch(
      /^Seed \d+ after \d+ ms: .*\nAgain: node keeper\/test\/simulation\/run\.ts --seed \d+/s,
    );
  });
});
