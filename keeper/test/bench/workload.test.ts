// The flows that the benchmark measures: what they are made of, and that the engines it compares agree about them.
import { describe, expect, it } from 'vitest';
import { CPP_TRADER_SHAPE, createCppTraderWorkload } from '../../bench/cppTraderWorkload.ts';
import { createNaiveBench } from '../../bench/naive.ts';
import { createNodejsOrderBook } from '../../bench/nodejsOrderBook.ts';
import { createOurs } from '../../bench/ours.ts';
import { createOursByCommand } from '../../bench/oursByCommand.ts';
import { CANCEL, createWorkload, PLACE, REDUCE, USUAL_SHAPE, type Workload } from '../../bench/workload.ts';

const OPERATIONS = 20_000;

const usual = (seed: number) => createWorkload(OPERATIONS, { ...USUAL_SHAPE, resting: 2_000, accounts: 100, seed });
const cppTrader = (seed: number) =>
  createCppTraderWorkload(OPERATIONS, { ...CPP_TRADER_SHAPE, resting: 2_000, accounts: 100, books: 10, seed });

/** Shares of the operations after the first orders. */
function sharesOf({ kind, shape }: Workload) {
  const measured = kind.subarray(shape.resting);
  const shareOf = (wanted: number) => measured.filter((one) => one === wanted).length / measured.length;
  return { place: shareOf(PLACE), cancel: shareOf(CANCEL), reduce: shareOf(REDUCE) };
}

describe('the usual workload', () => {
  it('places 65 of 100 orders and cancels 35', () => {
    const { place, cancel } = sharesOf(usual(1));
    expect(place).toBeCloseTo(0.65, 1);
    expect(cancel).toBeCloseTo(0.35, 1);
  });

  it('is the same for the same seed, and another for another', () => {
    expect(usual(7).price).toEqual(usual(7).price);
    expect(usual(8).price).not.toEqual(usual(7).price);
  });

  it('comes to the same trades in every engine', () => {
    const workload = usual(3);
    const [expected, ...others] = [createOurs, createOursByCommand, createNaiveBench, createNodejsOrderBook].map(
      (create) => {
        const engine = create(workload);
        engine.run(0, workload.length);
        return engine.totals();
      },
    );
    expect(expected?.trades).toBeGreaterThan(4_000);
    for (const totals of others) expect(totals).toEqual(expected);
  });
});

describe("CppTrader's workload", () => {
  it('adds and deletes 48 each of 100, reduces 2.2 and executes 1.8', () => {
    const { place, cancel, reduce } = sharesOf(cppTrader(1));
    expect(place).toBeCloseTo(0.498, 1);
    expect(cancel).toBeCloseTo(0.48, 1);
    expect(Math.abs(reduce - 0.022)).toBeLessThan(0.005);
  });

  it('comes to the same trades in every engine that reduces orders in place', () => {
    const workload = cppTrader(3);
    const [expected, ...others] = [createOurs, createOursByCommand, createNaiveBench].map((create) => {
      const engine = create(workload);
      engine.run(0, workload.length);
      return engine.totals();
    });
    expect(expected?.trades).toBeGreaterThan(300);
    for (const totals of others) expect(totals).toEqual(expected);
  });
});
