const POLL_EVERY_MS = 200;
/** Longer than anything takes that works: blocks come every second and are final two blocks later. */
const GIVE_UP_AFTER_MS = 90_000;

/**
 * Asks again and again until there is an answer other than undefined. Errors count as "not yet"; when the time is over,
 * the last one is told. `what` completes the sentence "Waited 90 s for …".
 */
export async function waitUntil<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + GIVE_UP_AFTER_MS;
  for (let last: unknown; ; ) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) {
      const reason = last instanceof Error ? `: ${last.message}` : '';
      throw new Error(`Waited ${GIVE_UP_AFTER_MS / 1000} s for ${what}${reason}`, { cause: last });
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_EVERY_MS));
  }
}
