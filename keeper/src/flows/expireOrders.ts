// Orders that are good till a time, and dead-man switches, need nobody to come along: when nothing else happens, a command
// that only says the time goes through the queue at the moment at which something is due.
import { nextDue } from '../core/cancelOrder.ts';
import type { Clock } from '../core/ports.ts';
import type { Sequencer } from './sequencer.ts';

/** Bounds how often that happens, however many orders expire one after the other. */
const LEAST_WAIT_MS = 10;
/** The clock may be set, and timers do not wait for months: looked at again after so long. */
const MOST_WAIT_MS = 60_000;

export interface OrderExpiry {
  start(): void;
  stop(): void;
}

export function createOrderExpiry({
  sequencer,
  clock,
}: {
  readonly sequencer: Pick<Sequencer, 'state' | 'now' | 'submit' | 'subscribe'>;
  readonly clock: Clock;
}): OrderExpiry {
  /** What the timer waits for; infinite while there is none. */
  let awaited = Number.POSITIVE_INFINITY;
  let cancelTimer: (() => void) | undefined;
  let unsubscribe: (() => void) | undefined;

  function wait(): void {
    cancelTimer?.();
    cancelTimer = undefined;
    awaited = nextDue(sequencer.state.exchange);
    if (awaited === Number.POSITIVE_INFINITY) return;
    const left = Math.min(Math.max(awaited - sequencer.now(), LEAST_WAIT_MS), MOST_WAIT_MS);
    cancelTimer = clock.after(left, () => {
      cancelTimer = undefined;
      if (awaited > sequencer.now()) wait();
      // A queue that is full is busy with commands that do the same; one that is broken ends the process by itself.
      else sequencer.submit({ type: 'tick' }).catch(wait);
    });
  }

  return {
    start() {
      unsubscribe = sequencer.subscribe(() => {
        if (nextDue(sequencer.state.exchange) !== awaited) wait();
      });
      wait();
    },
    stop() {
      unsubscribe?.();
      cancelTimer?.();
    },
  };
}
