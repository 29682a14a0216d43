// Two engines, one flow of orders: a million random commands must lead to the same results, events and states.
import { describe, expect, it } from 'vitest';
import { compareEngines, shrink } from '../support/compareEngines.ts';
import { createFast, createNaiveEngine, type TradingEngine } from '../support/twoEngines.ts';

/** For a slow machine; says nothing about speed. */
const LONG_MS = 900_000;

/** What liquidations are to come to, at least so often. */
const LIQUIDATED = {
  liquidationBegan: 100,
  liquidationTraded: 500,
  settlementMarked: 500,
  bankruptcyChanged: 100,
  insuranceChanged: 20,
  lossShared: 10,
  'liquidationEnded healthy': 60,
  'liquidationEnded wound up': 30,
};

/** What the flow is to bring about; otherwise the comparison would say little. */
const EVERYTHING = [
  ...['ok', 'action.invalid', 'account.unknown', 'account.notMargin', 'book.unknown', 'book.notOpen'],
  ...['book.postOnlyWouldCross', 'order.priceOutOfRange', 'order.quantityOutOfRange', 'order.notionalOutOfRange'],
  ...['order.feeAboveMaximum', 'order.unknown', 'order.expired', 'order.wouldNotFill', 'order.alreadyFilled'],
  ...['order.wouldNotReduce', 'risk.insufficientBalance', 'risk.insufficientHealth', 'risk.priceUnknown'],
  ...['risk.borrowCap', 'risk.debtLimit', 'account.liquidated', 'fill', 'orderRested', 'checkpointCut'],
  ...['withdrawalChanged', 'withdrawal.insufficientBalance', 'withdrawal.liability', 'withdrawal.nonceUsed'],
  ...['withdrawal.notQueued', 'withdrawal.stopped', 'withdrawal.unknown', 'healthUnknown'],
  ...[
    'requested',
    'immediateOrCancel',
    'selfTrade',
    'expired',
    'bookClosed',
    'amended',
    'deadManSwitch',
    'executorLost',
    'creditLowered',
    'liquidated',
    'lossShared',
  ].map((reason) => `orderCancelled ${reason}`),
  ...['orderReduced amended', 'orderReduced selfTrade'],
  ...Object.keys(LIQUIDATED),
];

describe('the fast engine and the naive one', () => {
  it('agree on every result, event and state over 1 000 000 random commands', { timeout: LONG_MS }, () => {
    const { commands, seen, roundings, difference } = compareEngines({ seed: 1, commands: 1_000_000 });
    expect(difference?.what).toBeUndefined();
    expect(commands).toBeGreaterThanOrEqual(1_000_000);
    expect(roundings).toBeLessThan(seen.get('risk.insufficientHealth') ?? 0);
    expect([...seen.keys()].toSorted()).toEqual(EVERYTHING.toSorted());
    for (const [type, least] of Object.entries(LIQUIDATED)) expect(seen.get(type), type).toBeGreaterThanOrEqual(least);
  });
});

describe('the comparison', () => {
  it('finds an engine that forgets a rule, and shrinks the case to what shows it', { timeout: LONG_MS }, () => {
    // Takes post-only orders that would cross.
    const careless = (): TradingEngine => {
      const engine = createFast();
      return {
        ...engine,
        apply: (op) =>
          engine.apply(
            op.type === 'batch'
              ? { ...op, actions: op.actions.map((action) => ({ ...action, flags: action.flags & ~1 })) }
              : op,
          ),
      };
    };
    const create = () => [careless(), createNaiveEngine()] as const;
    const { difference } = compareEngines({ seed: 2, commands: 20_000, create });
    expect(difference).toBeDefined();
    if (difference === undefined) return;
    const { ops } = shrink(difference, create);
    expect(ops.length).toBeLessThanOrEqual(4);
    expect(ops.at(-1)).toMatchObject({ type: 'batch', actions: [{}] });
  });
});
