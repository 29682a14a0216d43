// Waiting for something that others do: a named end, patience with a keeper that restarts, and news on the way.
import { setTimeout as sleep } from 'node:timers/promises';
import { KeeperApiError } from '../../client/keeperApiError.ts';
import { CommandError, UsageError } from './errors.ts';
import type { Output } from './output.ts';
import { parseInteger } from './units.ts';

/** An hour, as a default of commander: a final block is up to half an hour old, and two chains may have to be waited for. */
export const DEFAULT_TIMEOUT_SECONDS = '3600';
const POLL_MS = 500;
const SECONDS_PER_DAY = 86_400;
const INTERRUPTED_EXIT = 130;

/** Milliseconds of a --timeout in seconds. Throws `UsageError`. */
export function parseTimeout(text: string): number {
  const seconds = parseInteger(text, 'The timeout in seconds', { most: SECONDS_PER_DAY });
  if (seconds === 0) throw new UsageError('The timeout must be at least 1 second; --no-wait does not wait at all.');
  return seconds * 1000;
}

/**
 * Asks until there is an answer other than undefined. While the keeper cannot be reached it asks on. Throws
 * `CommandError` when the time is over; `what` completes "Waited 60 s for …", `hint` says what becomes of it without us: also
 * whoever interrupts is told.
 */
export async function pollUntil<T>(input: {
  readonly what: string;
  readonly timeoutMs: number;
  readonly hint: string;
  readonly ask: () => Promise<T | undefined>;
  readonly output: Output;
}): Promise<T> {
  const { output, hint } = input;
  const interrupt = () => {
    output.progress(hint);
    process.exit(INTERRUPTED_EXIT);
  };
  process.once('SIGINT', interrupt);
  try {
    return await askUntil(input);
  } finally {
    process.off('SIGINT', interrupt);
  }
}

async function askUntil<T>({ what, timeoutMs, hint, ask, output }: Parameters<typeof pollUntil<T>>[0]): Promise<T> {
  const end = Date.now() + timeoutMs;
  let silent = false;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
      silent = false;
    } catch (error) {
      if (!(error instanceof KeeperApiError) || !error.retryable) throw error;
      if (!silent) output.progress(`${error.message} Trying on …`);
      silent = true;
    }
    if (Date.now() >= end) {
      throw new CommandError(`Waited ${timeoutMs / 1000} s for ${what}.`, { code: 'timeout', hint });
    }
    await sleep(POLL_MS);
  }
}
