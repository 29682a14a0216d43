// One RPC: JSON-RPC with timeout and retries, answers checked for their shape, and what is known about its health.
import {
  BaseError,
  type Client,
  createClient,
  HttpRequestError,
  http,
  ResponseBodyTooLargeError,
  RpcRequestError,
} from 'viem';
import type { Address, Block, Hex } from '../../core/commands.ts';
import type { RpcHealth } from '../../core/ports.ts';

const RETRIES = 2;
const RETRY_DELAY_MS = 150;
/** All attempts together, in timeouts: an RPC that asks for patience (Retry-After) gets no more than this. */
const TIMEOUTS_PER_REQUEST = 3;
const SUMMARY_LENGTH = 200;
/** Stands for viem's limit of 10 MB in place of a JSON-RPC code. */
const TOO_LARGE = 0;

/** What an RPC can be bad at. A problem stays until it does better at the same. */
export type Virtue = 'connection' | 'chain' | 'block' | 'state' | 'logs';

export interface RpcLog {
  readonly address: Address;
  readonly topics: readonly Hex[];
  readonly data: Hex;
}

/** A block by tag or number. */
type BlockName = 'latest' | 'finalized' | 'safe' | number;

/** The RPC understood the question and gives no answer that we take: a revert, an unknown block, too much of it. */
export class RpcRefusal extends Error {
  override readonly name = 'RpcRefusal';
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** No answer in time. */
export class RpcTimeout extends Error {
  override readonly name = 'RpcTimeout';
}

export interface Rpc {
  readonly host: string;
  chainId(): Promise<number>;
  /** Fails when the RPC does not have the block. */
  block(name: BlockName): Promise<Block>;
  call(input: {
    readonly to: Address;
    readonly from?: Address;
    readonly data: Hex;
    readonly blockHash: Hex;
  }): Promise<Hex>;
  code(input: { readonly address: Address; readonly blockHash: Hex }): Promise<Hex>;
  /** Transactions that the account has sent, as a quantity. */
  nonce(input: { readonly address: Address; readonly blockHash: Hex }): Promise<Hex>;
  logs(input: {
    readonly address: Address;
    readonly kind?: Hex;
    readonly fromBlock: number;
    readonly toBlock: number;
  }): Promise<readonly RpcLog[]>;
  /** Writes down a problem, or that there is none (any more). */
  judge(virtue: Virtue, problem?: string): void;
  has(virtue: Virtue): boolean;
  health(): RpcHealth;
}

export function createRpc(input: { readonly url: string; readonly timeoutMs: number }): Rpc {
  const host = new URL(input.url).host;
  const client = createClient({
    transport: http(input.url, { timeout: input.timeoutMs, retryCount: RETRIES, retryDelay: RETRY_DELAY_MS }),
  });
  const problems = new Map<Virtue, { readonly text: string; readonly times: number }>();
  let lastError: string | undefined;

  function judge(virtue: Virtue, problem?: string): void {
    if (problem === undefined) {
      problems.delete(virtue);
      return;
    }
    lastError = problem;
    problems.set(virtue, { text: problem, times: (problems.get(virtue)?.times ?? 0) + 1 });
  }

  /** Throws `RpcRefusal`, or `Error` with the host and what went wrong. */
  async function ask<T>(method: string, params: readonly unknown[], read: (result: unknown) => T): Promise<T> {
    try {
      const answer = read(await request(client, { method, params, timeoutMs: input.timeoutMs }));
      judge('connection');
      return answer;
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal !== undefined) {
        judge('connection');
        throw refusal;
      }
      const problem = `${method}: ${summaryOf(error)}`;
      judge('connection', problem);
      throw new (isTimeout(error) ? RpcTimeout : Error)(`${host}: ${problem}`);
    }
  }

  return {
    host,
    judge,
    has: (virtue) => !problems.has(virtue),
    chainId: () => ask('eth_chainId', [], readNumber),
    block: (name) => ask('eth_getBlockByNumber', [typeof name === 'number' ? quantity(name) : name, false], readBlock),
    call: ({ blockHash, ...call }) => ask('eth_call', [call, { blockHash }], readHex),
    code: ({ address, blockHash }) => ask('eth_getCode', [address, { blockHash }], readHex),
    nonce: ({ address, blockHash }) =>
      ask('eth_getTransactionCount', [address, { blockHash }], (count) => quantity(readNumber(count))),
    logs: ({ address, kind, fromBlock, toBlock }) =>
      ask(
        'eth_getLogs',
        [
          {
            address,
            fromBlock: quantity(fromBlock),
            toBlock: quantity(toBlock),
            ...(kind === undefined ? {} : { topics: [kind] }),
          },
        ],
        readLogs,
      ),
    health() {
      const failuresInARow = Math.max(0, ...[...problems.values()].map(({ times }) => times));
      // What is still wrong says more than what went wrong last.
      const current = [...problems.values()].at(-1)?.text;
      return { host, ok: problems.size === 0, failuresInARow, lastError: current ?? lastError };
    },
  };
}

function request(
  client: Client,
  { method, params, timeoutMs }: { method: string; params: readonly unknown[]; timeoutMs: number },
): Promise<unknown> {
  const signal = AbortSignal.timeout(timeoutMs * TIMEOUTS_PER_REQUEST);
  return client.request({ method, params } as never, { signal });
}

function refusalOf(error: unknown): RpcRefusal | undefined {
  if (!(error instanceof BaseError)) return undefined;
  const inner = error.walk((cause) => cause instanceof RpcRequestError || cause instanceof ResponseBodyTooLargeError);
  if (inner instanceof RpcRequestError) return new RpcRefusal(inner.code, inner.details.slice(0, SUMMARY_LENGTH));
  return inner === null ? undefined : new RpcRefusal(TOO_LARGE, 'the answer is too large');
}

function isTimeout(error: unknown): boolean {
  if (!(error instanceof BaseError)) return error instanceof Error && error.name === 'TimeoutError';
  return error.walk((cause) => (cause as Error | null)?.name === 'TimeoutError') !== null;
}

/** Without the URL and the body of the request, which viem's own messages carry. */
export function summaryOf(error: unknown): string {
  const root = error instanceof BaseError ? error.walk() : error;
  if (root instanceof HttpRequestError && root.status !== undefined) return `HTTP ${root.status}`;
  const { code, shortMessage, message } = root as { code?: unknown; shortMessage?: string; message?: string };
  const summary = typeof code === 'string' ? code : (shortMessage ?? message ?? String(root));
  return summary.slice(0, SUMMARY_LENGTH);
}

function quantity(number: number): Hex {
  return `0x${number.toString(16)}`;
}

// Answers. What has another shape than the protocol's is a failure of the RPC.

function readHex(value: unknown): Hex {
  if (typeof value !== 'string' || !/^0x(?:[0-9a-f]{2})*$/i.test(value)) throw new Error('the answer is not hex');
  return value.toLowerCase() as Hex;
}

function readNumber(value: unknown): number {
  const number = typeof value === 'string' && /^0x[0-9a-f]{1,14}$/i.test(value) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(number)) throw new Error('the answer is not a number');
  return number;
}

function readBlock(value: unknown): Block {
  if (value === null) throw new Error('it does not have the block');
  const { number, hash, timestamp } = readObject(value);
  return { number: readNumber(number), hash: readHash(hash), timestamp: readNumber(timestamp) };
}

function readLogs(value: unknown): RpcLog[] {
  if (!Array.isArray(value)) throw new Error('the answer is not a list');
  return value.map((item) => {
    const { address, topics, data } = readObject(item);
    if (!Array.isArray(topics)) throw new Error('the answer is not a list of logs');
    return { address: readHex(address), topics: topics.map(readHash), data: readHex(data) };
  });
}

function readHash(value: unknown): Hex {
  const hash = readHex(value);
  if (hash.length !== 66) throw new Error('the answer is not a hash');
  return hash;
}

function readObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw new Error('the answer is not an object');
  return value as Readonly<Record<string, unknown>>;
}
