// Time that stands still until a test moves it on.
import type { Clock } from '../../src/core/ports.ts';

export const START = 1_800_000_000_000;

export interface FakeClock extends Clock {
  /** Lets so much time pass, with everything that becomes due in it. */
  advance(milliseconds: number): Promise<void>;
  /** Lets so much time pass in which nothing runs, as if the machine slept. */
  skip(milliseconds: number): void;
  /** Goes to the next thing that is due, and does it. False when nothing is. */
  runNext(): Promise<boolean>;
}

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

export function createFakeClock(start = START): FakeClock {
  let now = start;
  // In the order of their making: of those due at the same time, the first made is the first called.
  const timers = new Set<Timer>();

  function nextDue(): Timer | undefined {
    let due: Timer | undefined;
    for (const timer of timers) if (due === undefined || timer.at < due.at) due = timer;
    return due;
  }

  async function run(timer: Timer): Promise<void> {
    timers.delete(timer);
    now = Math.max(now, timer.at);
    timer.callback();
    await settle();
  }

  return {
    now: () => now,
    after(milliseconds, callback) {
      const timer = { at: now + milliseconds, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(milliseconds) {
      await settle();
      const until = now + milliseconds;
      for (let timer = nextDue(); timer !== undefined && timer.at <= until; timer = nextDue()) await run(timer);
      now = until;
    },
    skip(milliseconds) {
      now += milliseconds;
    },
    async runNext() {
      const timer = nextDue();
      if (timer === undefined) return false;
      await run(timer);
      return true;
    },
  };
}

/** Until every promise that can go on without a timer has done so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
