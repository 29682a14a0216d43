// A real server on a free port in front of a fake keeper, and the few words that tests speak with it.
import { privateKeyToAccount } from 'viem/accounts';
import { createSiweMessage, type SiweMessage } from 'viem/siwe';
import type { PublicBooks } from '../../../../src/adapters/http/access.ts';
import type { HttpLimits } from '../../../../src/adapters/http/limits.ts';
import { startHttpServer } from '../../../../src/adapters/http/startHttpServer.ts';
import type { Address, Hex } from '../../../../src/core/commands.ts';
import { ALICE_KEY, createFakeKeeper, EXECUTOR_KEY, type FakeKeeper, HOME_CHAIN } from './fakeKeeperApi.ts';

export const executor = privateKeyToAccount(EXECUTOR_KEY);
export const alice = privateKeyToAccount(ALICE_KEY);
export const executorAddress = executor.address.toLowerCase() as Address;
export const aliceAddress = alice.address.toLowerCase() as Address;

export interface TestServer {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly keeper: FakeKeeper;
  /** What the server logged as errors. */
  readonly errors: string[];
  close(): Promise<void>;
}

export interface JsonAnswer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it with expectations
  readonly json: any;
}

export async function startTestServer(
  input: { readonly publicBooks?: PublicBooks; readonly limits?: Partial<HttpLimits>; readonly port?: number } = {},
): Promise<TestServer> {
  const keeper = createFakeKeeper({ executor: executorAddress, alice: aliceAddress });
  const errors: string[] = [];
  const server = await startHttpServer({
    api: keeper.api,
    host: '127.0.0.1',
    port: input.port ?? 0,
    publicBooks: input.publicBooks ?? 'depth',
    limits: { bookIntervalMs: 5, ...input.limits },
    logger: {
      info() {},
      warn() {},
      error: (fields, message) => errors.push(`${message} ${JSON.stringify(fields)}`),
    },
  });
  const { host, port } = new URL(server.url);
  return { url: server.url, host, port: Number(port), keeper, errors, close: server.close };
}

export async function call(
  server: { readonly url: string },
  path: string,
  input: { readonly method?: string; readonly body?: unknown; readonly token?: string } = {},
): Promise<JsonAnswer> {
  const { method = 'GET', body, token } = input;
  const response = await fetch(server.url + path, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, json: await response.json() };
}

export const post = (server: TestServer, path: string, body?: unknown) => call(server, path, { method: 'POST', body });

type Signer = typeof alice;

/** A sign-in whose text may differ from the right one; `text` has the last word. */
export async function trySignIn(
  server: TestServer,
  signer: Signer,
  input: { readonly fields?: Partial<SiweMessage>; readonly text?: (message: string) => string } = {},
): Promise<JsonAnswer> {
  const nonce = (await post(server, '/v1/session/nonce')).json.nonce;
  const right = createSiweMessage({
    address: signer.address,
    domain: server.host,
    uri: `http://${server.host}`,
    chainId: HOME_CHAIN,
    version: '1',
    nonce,
    issuedAt: new Date(server.keeper.time),
    ...input.fields,
  });
  const message = input.text?.(right) ?? right;
  const signature = await signer.signMessage({ message });
  return post(server, '/v1/session', { message, signature });
}

export async function signIn(server: TestServer, signer: Signer): Promise<string> {
  const answer = await trySignIn(server, signer);
  if (answer.status !== 200) throw new Error(`Sign-in failed: ${JSON.stringify(answer.json)}`);
  return answer.json.token;
}

export const signature: Hex = `0x${'5a'.repeat(64)}1b`;

/** A batch as JSON, with one action changed. */
export function batchBody(action: object = {}, message: object = {}) {
  const place = {
    kind: 0,
    account: aliceAddress,
    subaccount: 0,
    book: 1,
    side: 0,
    timeInForce: 0,
    flags: 0,
    price: 250_000,
    quantity: 5,
    orderId: 0,
    clientId: 1,
    expiry: 0,
    maxFeePpm: 1000,
  };
  const head = { executor: executorAddress, epoch: 1, nonce: 1, deadline: 1_800_000_000_000, makersFirst: false };
  return { message: { ...head, actions: [{ ...place, ...action }], ...message }, signature };
}

export function withdrawalBody(message: object = {}) {
  return {
    message: {
      account: aliceAddress,
      subaccount: 0,
      chainId: HOME_CHAIN,
      token: `0x${'bb'.repeat(20)}`,
      amount: '40000000',
      recipient: aliceAddress,
      nonce: '77',
      deadline: 1_800_000_000_000,
      ...message,
    },
    signature,
  };
}
