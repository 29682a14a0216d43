// dstack's guest agent: JSON over a unix socket, bytes as lower-case hex without 0x. It is inside the trusted box, but a
// wrong or half answer must never become a key, so every field that is used is checked.
import { request } from 'node:http';
import { fromHex, toHex } from '../../core/bytes.ts';
import type { Hex } from '../../core/commands.ts';
import { TeeError } from './teeError.ts';

const TIMEOUT_MS = 20_000;
/** The largest answers carry an event log. */
const ANSWER_LIMIT_BYTES = 4 * 1024 * 1024;
const REPORT_DATA_SIZE = 64;
/** Where report data and the length of the signature stand in a TDX quote, version 4. */
const QUOTE_REPORT_DATA = 568;
const QUOTE_SIGNED_SIZE = 632;

export interface DerivedKey {
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** The app key's signature over the derived public key, and the KMS root's over the app key: 65 bytes each. */
  readonly signatureChain: readonly [Hex, Hex];
}

export interface Quote {
  readonly quote: Uint8Array;
  /** JSON. */
  readonly eventLog: string;
  /** JSON. */
  readonly vmConfig: string;
}

export interface AgentInfo {
  /** 20 bytes. */
  readonly appId: Hex;
  /** Empty when the application asks for none. */
  readonly instanceId: Hex;
  /** 32 bytes. */
  readonly composeHash: Hex;
  readonly deviceId: Hex;
  readonly appName: string;
  /** JSON. */
  readonly keyProviderInfo: string;
  /** JSON; empty when it is not public. */
  readonly tcbInfo: string;
}

export interface GuestAgent {
  /** The key depends on the path alone; the purpose only on the signature. */
  getKey(path: string, purpose: string): Promise<DerivedKey>;
  /** A quote over at most 64 bytes, filled up with zeros. */
  getQuote(reportData: Uint8Array): Promise<Quote>;
  info(): Promise<AgentInfo>;
}

/** A client of the agent behind a unix socket. Its methods throw `TeeError`. */
export function createGuestAgent(socketPath: string, timeoutMs: number = TIMEOUT_MS): GuestAgent {
  const call = async (method: string, body: object) =>
    readAnswer(method, await post({ socketPath, timeoutMs, method, body }));
  return {
    async getKey(path, purpose) {
      const answer = await call('GetKey', { path, purpose, algorithm: 'secp256k1' });
      const key = answer.bytes('key', 32);
      const [first, second, ...rest] = answer.list('signature_chain');
      if (first === undefined || second === undefined || rest.length > 0)
        throw answer.wrong('signature_chain', 'two signatures');
      return {
        key,
        signatureChain: [
          toHex(answer.bytesOf(first, 'signature_chain', 65)),
          toHex(answer.bytesOf(second, 'signature_chain', 65)),
        ],
      };
    },
    async getQuote(reportData) {
      if (reportData.length > REPORT_DATA_SIZE)
        throw new RangeError(`report data has at most ${REPORT_DATA_SIZE} bytes`);
      const answer = await call('GetQuote', { report_data: toHex(reportData).slice(2) });
      const quote = answer.bytes('quote');
      const padded = new Uint8Array(REPORT_DATA_SIZE);
      padded.set(reportData);
      const quoted = quote.subarray(QUOTE_REPORT_DATA, QUOTE_SIGNED_SIZE);
      if (toHex(quoted) !== toHex(padded)) throw answer.wrong('quote', 'a quote over the given report data');
      return { quote, eventLog: answer.text('event_log'), vmConfig: answer.text('vm_config') };
    },
    async info() {
      const answer = await call('Info', {});
      return {
        appId: toHex(answer.bytes('app_id', 20)),
        instanceId: toHex(answer.bytes('instance_id')),
        composeHash: toHex(answer.bytes('compose_hash', 32)),
        deviceId: toHex(answer.bytes('device_id')),
        appName: answer.text('app_name'),
        keyProviderInfo: answer.text('key_provider_info'),
        tcbInfo: answer.text('tcb_info'),
      };
    },
  };
}

interface Call {
  readonly socketPath: string;
  readonly timeoutMs: number;
  readonly method: string;
  readonly body: object;
}

/** The body of the answer, when its status is 200. */
function post({ socketPath, timeoutMs, method, body }: Call): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (problem: string, cause?: unknown) =>
      reject(new TeeError(`the guest agent at ${socketPath} ${problem} (${method})`, { cause }));
    const signal = AbortSignal.timeout(timeoutMs);
    const headers = { 'content-type': 'application/json' };
    const outgoing = request({ socketPath, path: `/${method}`, method: 'POST', headers, signal }, (answer) => {
      const chunks: Buffer[] = [];
      let size = 0;
      answer.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > ANSWER_LIMIT_BYTES) outgoing.destroy(new Error(`more than ${ANSWER_LIMIT_BYTES} bytes`));
        chunks.push(chunk);
      });
      answer.on('error', (cause) => fail('broke off its answer', cause));
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        if (answer.statusCode === 200) resolve(text);
        else fail(`answered ${answer.statusCode}: ${text.slice(0, 200)}`);
      });
    });
    outgoing.on('error', (cause) =>
      fail(signal.aborted ? `did not answer within ${timeoutMs} ms` : `cannot be asked: ${cause.message}`, cause),
    );
    outgoing.end(JSON.stringify(body));
  });
}

const LOWER_HEX = /^(?:[0-9a-f]{2})*$/;

/** The fields of an answer, each of the right kind or a `TeeError` that names it. */
function readAnswer(method: string, text: string) {
  const wrong = (field: string, expected: string) =>
    new TeeError(`the guest agent answered ${method} without ${expected} in "${field}"`);
  const answer = parseObject(text) ?? {};
  const bytesOf = (value: unknown, field: string, size?: number): Uint8Array => {
    const isHex =
      typeof value === 'string' && LOWER_HEX.test(value) && (size === undefined || value.length === 2 * size);
    if (!isHex) throw wrong(field, size === undefined ? 'lower-case hex' : `${size} bytes in lower-case hex`);
    return fromHex(`0x${value}`);
  };
  return {
    wrong,
    bytesOf,
    bytes: (field: string, size?: number) => bytesOf(answer[field], field, size),
    list(field: string): readonly unknown[] {
      const value = answer[field];
      if (!Array.isArray(value)) throw wrong(field, 'a list');
      return value;
    },
    text(field: string): string {
      const value = answer[field];
      if (typeof value !== 'string') throw wrong(field, 'a text');
      return value;
    },
  };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
