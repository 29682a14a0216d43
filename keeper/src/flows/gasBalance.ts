// What the gas key holds. However many people ask for the keeper's health, the RPCs hear one question now and then.
import type { CheckpointPoster, Clock } from '../core/ports.ts';

const ASK_EVERY_MS = 15_000;
/** Longer than this nobody waits for the answer; a later one still counts. */
const WAIT_MS = 2_000;

/** Gives the balance as it was at most 15 s ago, in wei; undefined when it cannot be read. */
export function createGasBalance({
  poster,
  clock,
}: {
  readonly poster: Pick<CheckpointPoster, 'gasBalance'>;
  readonly clock: Clock;
}): () => Promise<bigint | undefined> {
  let wei: bigint | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> = Promise.resolve();

  async function ask(): Promise<void> {
    const at = clock.now();
    askedAt = at;
    // Of two questions under way, the newer one counts.
    const set = (answer: bigint | undefined) => {
      if (askedAt === at) wei = answer;
    };
    const answer = poster.gasBalance().then(set, () => set(undefined));
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const cancel = clock.after(WAIT_MS, () => {
      set(undefined);
      resolve();
    });
    await Promise.race([answer, late]);
    cancel();
  }

  return async () => {
    if (clock.now() - askedAt >= ASK_EVERY_MS) asking = ask();
    await asking;
    return wei;
  };
}
