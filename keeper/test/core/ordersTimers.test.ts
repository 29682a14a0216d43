// What time does to orders: dead-man switches, and the executor who is gone. Expiries are in orders.test.ts.
import { beforeEach, describe, expect, it } from 'vitest';
import { clearTimer, createTimers, setTimer, soonestItem, soonestTime, timeOf } from '../../src/core/timers.ts';
import { type Market, openMarket } from '../support/market.ts';
import { createRandom } from '../support/random.ts';
import { createFast, createNaiveEngine, type TradingEngine } from '../support/twoEngines.ts';

describe.each([
  ['fast', createFast],
  ['naive', createNaiveEngine],
] as const)('a dead-man switch of the %s engine', (_, create) => {
  let engine: TradingEngine;
  let market: Market;

  beforeEach(() => {
    engine = create();
    market = openMarket(engine);
    market.say('ben buys 1 at 90', 'ben sells 2 at 110', 'cat buys 3 at 90');
  });

  it('cancels all orders of the account when its time has come, and of nobody else', () => {
    expect(market.say('ben cancels all after 500')).toEqual(['cancelled 0']);
    market.wait(499);
    expect(market.book()).toHaveLength(3);
    market.wait(1);
    expect(market.losses()).toEqual(['ben loses 1 at 90: deadManSwitch', 'ben loses 2 at 110: deadManSwitch']);
    expect(market.book()).toEqual(['cat buys 3 at 90']);
  });

  it('starts anew when it is set again', () => {
    market.say('ben cancels all after 500');
    market.wait(400);
    market.say('ben cancels all after 500');
    market.wait(499);
    expect(market.book()).toHaveLength(3);
    market.wait(1);
    expect(market.book()).toEqual(['cat buys 3 at 90']);
  });

  it('is off after 0', () => {
    market.say('ben cancels all after 500');
    market.say('ben cancels all after 0');
    market.wait(10_000);
    expect(market.book()).toHaveLength(3);
  });

  it('fires once', () => {
    market.say('ben cancels all after 500');
    market.wait(500);
    market.say('ben buys 1 at 90');
    market.wait(10_000);
    expect(market.book()).toEqual(['cat buys 3 at 90', 'ben buys 1 at 90']);
  });

  it('fires before what comes at the same moment', () => {
    market.say('ben cancels all after 500');
    market.wait(499);
    market.say('cat cancels all after 1');
    market.wait(1);
    expect(market.losses().map((loss) => loss.split(' ')[0])).toEqual(['ben', 'ben', 'cat']);
  });

  it('outlives a restart', () => {
    market.say('ben cancels all after 500');
    engine.restart();
    market.wait(500);
    expect(market.book()).toEqual(['cat buys 3 at 90']);
  });

  it('cannot be set beyond the end of time', () => {
    expect(market.say(`ben cancels all after ${Number.MAX_SAFE_INTEGER}`)).toEqual(['action.invalid']);
  });

  it('is not needed when the executor is known to be gone: everybody loses everything', () => {
    market.loseExecutor();
    expect(market.losses()).toHaveLength(3);
    expect(market.losses()[0]).toBe('ben loses 1 at 90: executorLost');
    expect(market.book()).toEqual([]);
  });
});

describe('timers', () => {
  it('agree with a sorted list over random entries, renewals and removals', () => {
    const random = createRandom(3);
    const timers = createTimers();
    const expected = new Map<number, number>();
    for (let i = 0; i < 20_000; i++) {
      const item = 1 + random.below(300);
      const dice = random.below(10);
      if (dice < 6) {
        const time = 1 + random.below(50);
        setTimer(timers, item, time, item);
        expected.set(item, time);
      } else if (dice < 8) {
        clearTimer(timers, item);
        expected.delete(item);
      }
      const [soonest] = [...expected].sort((a, b) => a[1] - b[1] || a[0] - b[0]);
      expect(timers.count).toBe(expected.size);
      expect(timeOf(timers, item)).toBe(expected.get(item) ?? 0);
      expect(soonestTime(timers)).toBe(soonest?.[1] ?? Number.POSITIVE_INFINITY);
      if (soonest !== undefined) expect(soonestItem(timers)).toBe(soonest[0]);
    }
  });
});
