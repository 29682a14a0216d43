// Cancel on disconnect: an executor who asked for it has nothing in the books when nobody is there to look after it.
import type { Address } from '../core/commands.ts';
import { OPEN_ORDER_LIMIT } from '../core/orderBook.ts';
import type { Clock } from '../core/ports.ts';
import { LOST_LIMIT } from '../core/step.ts';
import type { Sequencer } from './sequencer.ts';

/** Enough for a full exchange, twice. */
const PASSES_LIMIT = 2 * Math.ceil(OPEN_ORDER_LIMIT / LOST_LIMIT);
/** The queue is full, or the keeper does not know whether it leads. */
const RETRY_MS = 100;

export interface Guard {
  /** The line is gone: everything is cancelled, unless another guarded line of the executor is there. */
  lost(): void;
  /** The executor does not want it any more. */
  release(): void;
}

export function createOrderGuards(input: {
  readonly sequencer: Pick<Sequencer, 'state' | 'submit' | 'stopped'>;
  /** Whether cancellations are taken now. */
  readonly isOpen: () => boolean;
  readonly clock: Clock;
}): (executor: Address) => Guard {
  const { sequencer, clock } = input;
  /** Guarded lines by executor. */
  const lines = new Map<Address, number>();

  function leave(executor: Address): number {
    const left = (lines.get(executor) ?? 1) - 1;
    if (left === 0) lines.delete(executor);
    else lines.set(executor, left);
    return left;
  }

  /** Many at a time, with everybody else's commands between, until nothing is left or the executor is back. */
  async function cancelEverything(executor: Address): Promise<void> {
    for (let pass = 0; pass < PASSES_LIMIT; pass++) {
      const { state, stopped } = sequencer;
      if (stopped || lines.has(executor) || state.executor !== executor || state.exchange.orders.count === 0) return;
      const isTaken = input.isOpen() && (await submitLoss(executor));
      if (!isTaken) await new Promise<void>((resolve) => clock.after(RETRY_MS, resolve));
    }
  }

  async function submitLoss(executor: Address): Promise<boolean> {
    try {
      await sequencer.submit({ type: 'executorLost', executor });
      return true;
    } catch {
      // The queue was full; when the sequencer is broken, the process ends by itself.
      return false;
    }
  }

  return (executor) => {
    lines.set(executor, (lines.get(executor) ?? 0) + 1);
    let isOver = false;
    return {
      lost() {
        if (isOver) return;
        isOver = true;
        if (leave(executor) === 0) void cancelEverything(executor);
      },
      release() {
        if (isOver) return;
        isOver = true;
        leave(executor);
      },
    };
  };
}
