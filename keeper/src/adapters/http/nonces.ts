// Nonces for sign-ins. They prove by themselves that they are ours and young, so handing them out costs no memory and
// nobody can push somebody else's out of a table. Only used ones are remembered, until they are too old anyway.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { HttpError } from './errors.ts';

export const NONCE_LIFE_MS = 5 * 60_000;

const TIME_DIGITS = 12;
const RANDOM_BYTES = 16;
const TAG_DIGITS = 32;
const BODY_DIGITS = TIME_DIGITS + 2 * RANDOM_BYTES;

export interface Nonces {
  /** Hex digits: time, random bytes, and a tag over both. */
  issue(): string;
  /** Ours, young and not used yet. */
  isGood(nonce: string): boolean;
  /**
   * Uses up a good nonce; false when somebody else was quicker. Throws `session.tooMany` when as many as can be
   * remembered were used within their life: better than to forget one.
   */
  use(nonce: string): boolean;
}

/** @param input.now milliseconds */
export function createNonces({ now, maxUsed }: { readonly now: () => number; readonly maxUsed: number }): Nonces {
  const key = randomBytes(32);
  /** Nonce to the time when it dies, in the order of use. */
  const used = new Map<string, number>();
  const tagOf = (body: string) => createHmac('sha256', key).update(body).digest('hex').slice(0, TAG_DIGITS);
  const diesAt = (nonce: string) => Number.parseInt(nonce.slice(0, TIME_DIGITS), 16) + NONCE_LIFE_MS;

  return {
    issue() {
      const time = now().toString(16).padStart(TIME_DIGITS, '0');
      const body = time + randomBytes(RANDOM_BYTES).toString('hex');
      return body + tagOf(body);
    },
    isGood(nonce) {
      if (nonce.length !== BODY_DIGITS + TAG_DIGITS || !/^[0-9a-f]+$/.test(nonce)) return false;
      const [body, tag] = [nonce.slice(0, BODY_DIGITS), nonce.slice(BODY_DIGITS)];
      if (!timingSafeEqual(Buffer.from(tag), Buffer.from(tagOf(body)))) return false;
      return diesAt(nonce) >= now() && !used.has(nonce);
    },
    use(nonce) {
      if (used.has(nonce)) return false;
      if (used.size >= maxUsed) for (const [old, death] of used) if (death < now()) used.delete(old);
      if (used.size >= maxUsed) {
        const message = 'Too many sign-ins at the moment.';
        throw new HttpError({ code: 'session.tooMany', message, retryable: true });
      }
      used.set(nonce, diesAt(nonce));
      return true;
    },
  };
}
