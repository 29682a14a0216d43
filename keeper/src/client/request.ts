// One HTTP request to a keeper: JSON in, JSON out, an error for everything else.
import { KeeperApiError } from './keeperApiError.ts';

export type Query = Readonly<Record<string, string | number | undefined>>;

/** A kept connection that the keeper has closed meanwhile fails at once; what changes nothing is asked once more. */
const SAFE_ATTEMPTS = 2;

interface Request {
  readonly url: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly query?: Query;
  readonly body?: unknown;
  readonly token?: string | undefined;
  readonly timeoutMs: number;
}

/** Throws `KeeperApiError`. */
export async function request<T>(input: Request): Promise<T> {
  const url = new URL(input.path, input.url);
  for (const [name, value] of Object.entries(input.query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  const { ok, status, text } = await send(input, url, input.method === 'GET' ? SAFE_ATTEMPTS : 1);
  const data = parse(text);
  if (ok && data !== undefined) return data as T;
  throw refused(status, data, url);
}

async function send(
  input: Request,
  url: URL,
  attempts: number,
): Promise<{ readonly ok: boolean; readonly status: number; readonly text: string }> {
  const headers: Record<string, string> = {};
  if (input.body !== undefined) headers['content-type'] = 'application/json';
  if (input.token !== undefined) headers.authorization = `Bearer ${input.token}`;
  try {
    const response = await fetch(url, {
      method: input.method,
      headers,
      ...(input.body === undefined ? {} : { body: JSON.stringify(input.body) }),
      signal: AbortSignal.timeout(input.timeoutMs),
      redirect: 'error',
    });
    return { ok: response.ok, status: response.status, text: await response.text() };
  } catch (cause) {
    const error = unreachable(input, cause);
    if (attempts > 1 && error.code === 'network.failed') return send(input, url, attempts - 1);
    throw error;
  }
}

function unreachable(input: { readonly url: string; readonly timeoutMs: number }, cause: unknown): KeeperApiError {
  const late = cause instanceof Error && cause.name === 'TimeoutError';
  const reason = cause instanceof Error && cause.cause instanceof Error ? `: ${cause.cause.message}` : '';
  return new KeeperApiError({
    code: late ? 'network.timeout' : 'network.failed',
    message: late
      ? `The keeper at ${input.url} did not answer within ${input.timeoutMs} ms.`
      : `The keeper at ${input.url} cannot be reached${reason}.`,
    retryable: true,
    status: 0,
    cause,
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refused(status: number, data: unknown, url: URL): KeeperApiError {
  const { code, message, details, retryable } = (data ?? {}) as Partial<KeeperApiError>;
  if (typeof code === 'string' && typeof message === 'string') {
    return new KeeperApiError({ code, message, details: details ?? {}, retryable: retryable === true, status });
  }
  const text = `${url.origin} answered ${status} in a form that no keeper uses; is the address right?`;
  return new KeeperApiError({ code: 'network.notKeeper', message: text, retryable: status >= 500, status });
}
