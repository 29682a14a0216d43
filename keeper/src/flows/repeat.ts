// Work that is done again and again: at once, and then a while after it has ended.
import type { Clock } from '../core/ports.ts';

export interface Repeated {
  start(): void;
  /** What is being done goes on to its end. */
  stop(): void;
}

/** Work that fails is not caught here: whoever gives it says what a failure means. */
export function repeat(
  work: () => Promise<void>,
  { clock, pollMs }: { readonly clock: Clock; readonly pollMs: number },
): Repeated {
  let running = false;
  let cancelTimer: (() => void) | undefined;

  async function round(): Promise<void> {
    await work();
    if (running) cancelTimer = clock.after(pollMs, () => void round());
  }

  return {
    start() {
      running = true;
      void round();
    },
    stop() {
      running = false;
      cancelTimer?.();
    },
  };
}
