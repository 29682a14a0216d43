// One HTTP request for JSON with a bound on everything: time, size, patience.
import { OracleError } from './oracleError.ts';

/** A quote is a few kilobytes. */
const ANSWER_LIMIT_BYTES = 262_144;
const SUMMARY_LENGTH = 200;
/** Longest silence that a source may ask for. */
const LONGEST_RETRY_AFTER_MS = 300_000;
const DEFAULT_RETRY_AFTER_MS = 10_000;

/** The answer's body when its status is 200. Throws `OracleError`. */
export async function requestJson(
  url: URL,
  { timeoutMs, ...init }: RequestInit & { readonly timeoutMs: number },
): Promise<Readonly<Record<string, unknown>>> {
  const { host } = url;
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
    text = await readBounded(response, host);
  } catch (cause) {
    if (cause instanceof OracleError) throw cause;
    throw new OracleError({ code: 'unreachable', message: `${host} does not answer: ${messageOf(cause)}`, cause });
  }
  if (response.status === 429) {
    const retryAfterMs = retryAfter(response.headers.get('retry-after'));
    throw new OracleError({ code: 'rateLimited', message: `${host} asks for patience.`, retryAfterMs });
  }
  const summary = `${host} answers ${response.status}: ${text.slice(0, SUMMARY_LENGTH)}`;
  if (response.status >= 500) throw new OracleError({ code: 'sourceFailed', message: summary });
  if (response.status !== 200) throw new OracleError({ code: 'noQuote', message: summary });
  return parse(text, host);
}

async function readBounded(response: Response, host: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > ANSWER_LIMIT_BYTES) {
      throw new OracleError({ code: 'badAnswer', message: `${host} answers more than ${ANSWER_LIMIT_BYTES} bytes.` });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string, host: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new OracleError({ code: 'badAnswer', message: `${host} answers no JSON.`, cause });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new OracleError({ code: 'badAnswer', message: `${host} answers no JSON object.` });
}

/** Seconds; the other form of the header, a date, counts as not given. */
function retryAfter(header: string | null): number {
  const seconds = Number(header ?? Number.NaN);
  if (!Number.isFinite(seconds) || seconds < 0) return DEFAULT_RETRY_AFTER_MS;
  return Math.min(seconds * 1000, LONGEST_RETRY_AFTER_MS);
}

/** A decimal string of an integer below 2²⁵⁶, above 0 unless `orZero`. */
export function amountOf(
  fields: Readonly<Record<string, unknown>>,
  name: string,
  host: string,
  orZero: 'orZero' | 'positive' = 'positive',
): bigint {
  const value = fields[name];
  if (typeof value === 'string' && /^\d{1,77}$/.test(value)) {
    const amount = BigInt(value);
    if (amount > 0n || orZero === 'orZero') return amount;
  }
  throw new OracleError({ code: 'badAnswer', message: `${host} answers no amount in ${name}: ${String(value)}` });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
