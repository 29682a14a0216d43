// Token buckets. Who asks pays: a stranger from the bucket of his IP address, a session or a proved signer from its own.
import type { IncomingHttpHeaders } from 'node:http';
import { isIPv6 } from 'node:net';
import type { Action } from '../../core/commands.ts';
import { ACTION_CANCEL, ACTION_CANCEL_ALL, ACTION_CANCEL_ALL_AFTER } from '../../core/commands.ts';
import { createBoundedMap } from './boundedMap.ts';
import { HttpError } from './errors.ts';

/** Buckets that are remembered; a forgotten one is full again. */
const MAX_BUCKETS = 16_384;

const ORDER_COST = 1;
const CANCEL_COST = 0.1;

/** Reading, parsing and checking this much of a body costs about what one more request does. */
const BODY_BYTES_PER_TOKEN = 4096;

export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

export interface Buckets {
  /** Takes the cost; throws `limit.requests` (429) when the bucket holds less. */
  take(input: { readonly key: string; readonly rate: Rate; readonly cost: number }): void;
  /** Throws as `take` when the bucket is in debt; takes nothing, so naming somebody else's key does him no harm. */
  check(input: { readonly key: string; readonly rate: Rate }): void;
  /** Takes the cost afterwards, into debt when it must be. */
  charge(input: { readonly key: string; readonly rate: Rate; readonly cost: number }): void;
  /** Gives back what was taken in advance. */
  refund(input: { readonly key: string; readonly rate: Rate; readonly cost: number }): void;
}

/** @param now milliseconds */
export function createBuckets(now: () => number): Buckets {
  const buckets = createBoundedMap<string, { readonly tokens: number; readonly at: number }>(MAX_BUCKETS);

  function tokens(key: string, rate: Rate): number {
    const bucket = buckets.get(key);
    if (bucket === undefined) return rate.burst;
    const elapsedMs = Math.max(0, now() - bucket.at);
    return Math.min(rate.burst, bucket.tokens + (elapsedMs * rate.perSecond) / 1000);
  }

  function require(key: string, rate: Rate, wanted: number): number {
    const have = tokens(key, rate);
    if (have >= wanted) return have;
    const retryAfterMs = Math.ceil(((wanted - have) * 1000) / rate.perSecond);
    throw new HttpError({
      code: 'limit.requests',
      message: `Too many requests; try again in ${retryAfterMs} ms.`,
      details: { retryAfterMs, perSecond: rate.perSecond, burst: rate.burst },
      retryable: true,
      retryAfterSeconds: Math.ceil(retryAfterMs / 1000),
    });
  }

  return {
    take({ key, rate, cost }) {
      const have = require(key, rate, Math.min(cost, rate.burst));
      buckets.set(key, { tokens: have - cost, at: now() });
    },
    check({ key, rate }) {
      require(key, rate, 0);
    },
    charge({ key, rate, cost }) {
      buckets.set(key, { tokens: tokens(key, rate) - cost, at: now() });
    },
    refund({ key, rate, cost }) {
      buckets.set(key, { tokens: Math.min(rate.burst, tokens(key, rate) + cost), at: now() });
    },
  };
}

/** Who is behind an address: one IPv4 address, or the /64 that one IPv6 customer gets. */
export function ipKey(remoteAddress: string | undefined): string {
  const address = (remoteAddress ?? 'unknown').replace(/^::ffff:/, '');
  if (!isIPv6(address)) return `ip ${address}`;
  const [head = '', tail = ''] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const zeros = address.includes('::') ? Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0') : [];
  return `ip ${[...left, ...zeros, ...right].slice(0, 4).join(':')}::/64`;
}

/** What a body costs whoever sends it, known before it is read. One that does not say its length costs the most. */
export function bodyCost(headers: IncomingHttpHeaders, limitBytes: number): number {
  const said = headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : limitBytes;
  return Math.floor(Math.min(said, limitBytes) / BODY_BYTES_PER_TOKEN);
}

/** What a batch costs its signer: getting out of the market is ten times cheaper than getting in. */
export function batchCost(actions: readonly Action[]): number {
  let cost = 0;
  for (const { kind } of actions) {
    const cancels = kind === ACTION_CANCEL || kind === ACTION_CANCEL_ALL || kind === ACTION_CANCEL_ALL_AFTER;
    cost += cancels ? CANCEL_COST : ORDER_COST;
  }
  return cost;
}
