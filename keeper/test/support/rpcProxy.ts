// An RPC between a test and a real anvil that can be told to lie, to fail, or to be slow.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Address, Hex } from '../../src/core/commands.ts';

interface RpcCall {
  readonly method: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON-RPC carries
  readonly params: readonly any[];
}

export interface RawLog {
  readonly address: Address;
  readonly topics: readonly Hex[];
  readonly data: Hex;
  readonly [field: string]: unknown;
}

/** What the proxy does instead of an honest answer. */
export type Misbehaviour =
  | { readonly result: unknown }
  | { readonly error: { readonly code: number; readonly message: string } }
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly body: string }
  | 'hang'
  | 'cut';

/** Sees every call, and what anvil would answer to it; undefined lets the honest answer through. */
export type Lie = (
  call: RpcCall,
  honest: (call?: RpcCall) => Promise<unknown>,
) => Promise<Misbehaviour | undefined> | Misbehaviour | undefined;

export interface RpcProxy {
  readonly url: string;
  /** Methods that were asked, in their order. */
  readonly asked: string[];
  lie(lie: Lie | undefined): void;
  /** Refuses connections from now on. */
  stop(): Promise<void>;
}

export async function startRpcProxy(target: string): Promise<RpcProxy> {
  let lie: Lie | undefined;
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    const call = JSON.parse(body.toString()) as RpcCall & { id: number };
    asked.push(call.method);
    const honest = (other: RpcCall = call) => forward(target, { ...call, ...other });
    try {
      const misbehaviour = await lie?.(call, async (other) => {
        const { result, error } = await honest(other);
        if (error !== undefined) throw new Error(JSON.stringify(error));
        return result;
      });
      answer(response, call.id, misbehaviour ?? { body: JSON.stringify(await honest()) });
    } catch (error) {
      answer(response, call.id, { error: { code: -32603, message: `proxy: ${(error as Error).message}` } });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    lie(next) {
      lie = next;
    },
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function answer(response: ServerResponse, id: number, misbehaviour: Misbehaviour): void {
  if (misbehaviour === 'hang') return;
  if (misbehaviour === 'cut') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"jsonrpc":"2.0","id":1,"res', () => response.destroy());
    return;
  }
  const status = 'status' in misbehaviour ? misbehaviour.status : 200;
  const headers = 'headers' in misbehaviour ? misbehaviour.headers : {};
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  if ('status' in misbehaviour) response.end('{}');
  else if ('body' in misbehaviour) response.end(misbehaviour.body);
  else response.end(JSON.stringify({ jsonrpc: '2.0', id, ...misbehaviour }));
}

async function forward(target: string, call: object): Promise<{ result?: unknown; error?: unknown }> {
  const response = await fetch(target, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(call),
  });
  return (await response.json()) as { result?: unknown; error?: unknown };
}

// The lies of the tests.

/** Changes the answer to eth_getLogs. */
export function aboutLogs(change: (logs: readonly RawLog[]) => readonly RawLog[]): Lie {
  return async ({ method }, honest) =>
    method === 'eth_getLogs' ? { result: change((await honest()) as RawLog[]) } : undefined;
}

/** Answers one method with something else. */
export function always(method: string, misbehaviour: Misbehaviour): Lie {
  return (call) => (call.method === method ? misbehaviour : undefined);
}

export function otherChain(chainId: number): Lie {
  return always('eth_chainId', { result: `0x${chainId.toString(16)}` });
}

/** Knows only blocks up to this one, at whatever tag. */
export function behindAt(number: number): Lie {
  const quantity = `0x${number.toString(16)}`;
  return async ({ method, params }, honest) => {
    if (method !== 'eth_getBlockByNumber') return undefined;
    if (!String(params[0]).startsWith('0x')) return { result: await honest({ method, params: [quantity, false] }) };
    return Number(params[0]) > number ? { result: null } : undefined;
  };
}

/** Gives every block another hash. */
export const otherHashes: Lie = async ({ method }, honest) => {
  if (method !== 'eth_getBlockByNumber') return undefined;
  const block = (await honest()) as { hash: Hex } | null;
  return { result: block && { ...block, hash: `0x${'bad0'.repeat(16)}` } };
};
