import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeeperApiError } from '../../src/client/keeperApiError.ts';
import { createKeeperClient, type KeeperClient } from '../../src/client/keeperClient.ts';
import { signBatch, signWithdrawalCancel, signWithdrawalRequest } from '../../src/client/signing.ts';
import { BOOK, candleView, exitProofView, HOME_CHAIN, USDC_TOKEN } from '../adapters/http/support/fakeKeeperApi.ts';
import {
  alice,
  aliceAddress,
  batchBody,
  executor,
  executorAddress,
  startTestServer,
  type TestServer,
} from '../adapters/http/support/testServer.ts';

let server: TestServer;
let client: KeeperClient;

/** Sign-in texts carry the client's own time, so the fake keeper lives in the present here. */
async function start(input: Parameters<typeof startTestServer>[0] = {}): Promise<TestServer> {
  const started = await startTestServer(input);
  started.keeper.time = Date.now();
  return started;
}

beforeEach(async () => {
  server = await start();
  client = createKeeperClient({ url: server.url });
});
afterEach(() => server.close());

async function errorOf(attempt: Promise<unknown>): Promise<KeeperApiError> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof KeeperApiError) return error;
  throw new Error(`Expected a KeeperApiError, got ${error}`);
}

describe('what everybody may ask', () => {
  it('comes as the keeper says it', async () => {
    const { api, trades } = server.keeper;
    server.keeper.bids.set(5, { price: 5, quantity: '1', orders: 1 });
    expect((await client.health()).checkpoint).toEqual({ landed: 7, final: 6, ageMs: 4_200 });
    expect(await client.identity()).toEqual(api.identity());
    expect(await client.assets()).toEqual(api.assets());
    expect(await client.prices()).toEqual(api.prices());
    expect(await client.books()).toEqual(api.books());
    expect(await client.depth({ book: BOOK })).toEqual(api.depth(BOOK, 20));
    expect(await client.depth({ book: BOOK, levels: 1 })).toEqual(api.depth(BOOK, 1));
    expect(await client.trades({ book: BOOK, limit: 5 })).toEqual(trades);
    expect(await client.candles({ book: BOOK, interval: '1m' })).toEqual([candleView]);
    expect(await client.latestCheckpoint()).toEqual(api.latestCheckpoint());
    expect(await client.solvency()).toEqual(api.solvency());
  });

  it('includes what a courier carries, amounts as integers', async () => {
    const { api } = server.keeper;
    expect(await client.exitRoot(HOME_CHAIN)).toEqual(api.exitRoot(HOME_CHAIN));
    expect(await client.approvals(HOME_CHAIN)).toEqual(api.approvals(HOME_CHAIN));
    expect(await client.acceptance(HOME_CHAIN)).toEqual(api.acceptance(HOME_CHAIN));
    expect(await client.standby(HOME_CHAIN)).toEqual(api.standby(HOME_CHAIN));
  });

  it('includes all approvals, however many wait', async () => {
    const [approval] = server.keeper.approvals;
    if (approval === undefined) throw new Error('An approval waits.');
    const many = Array.from({ length: 1_000 }, (_, i) => ({
      ...approval,
      message: { ...approval.message, nonce: BigInt(i) },
    }));
    for (const count of [999, 1_000]) {
      server.keeper.approvals = many.slice(0, count);
      expect(await client.approvals(HOME_CHAIN)).toEqual(server.keeper.approvals);
    }
  });

  it('is undefined or empty where there is nothing yet', async () => {
    Object.assign(server.keeper.api, { latestCheckpoint: () => undefined });
    expect(await client.latestCheckpoint()).toBeUndefined();
    expect(await client.exitRoot(5)).toBeUndefined();
    expect(await client.acceptance(5)).toBeUndefined();
    expect(await client.standby(5)).toBeUndefined();
    expect(await client.approvals(5)).toEqual([]);
  });
});

describe('what is signed', () => {
  const { message } = batchBody();
  const domain = () => ({ chainId: HOME_CHAIN, verifyingContract: server.keeper.api.checkpointer });

  it('arrives as it was signed', async () => {
    const batch = { ...message, actions: message.actions };
    const signature = await signBatch({ account: executor, domain: domain(), message: batch });
    const answer = await client.submitBatch({ message: batch, signature });
    expect(answer).toMatchObject({ sequence: 101, repeated: false, result: { code: 'ok' } });
    expect(server.keeper.calls).toEqual([{ message: batch, signature }]);
  });

  it('carries amounts and nonces of any size', async () => {
    const request = {
      account: aliceAddress,
      subaccount: 0,
      chainId: HOME_CHAIN,
      token: USDC_TOKEN,
      amount: 2n ** 200n,
      recipient: aliceAddress,
      nonce: 2n ** 255n,
      deadline: 1_800_000_000_000,
    };
    const asked = await signWithdrawalRequest({ account: alice, domain: domain(), message: request });
    const view = await client.requestWithdrawal({ message: request, signature: asked });
    expect(view).toEqual(server.keeper.withdrawals[0]);
    const cancel = { account: aliceAddress, chainId: HOME_CHAIN, nonce: 2n ** 255n };
    const signature = await signWithdrawalCancel({ account: alice, domain: domain(), message: cancel });
    await client.cancelWithdrawal({ message: cancel, signature });
    expect(server.keeper.calls).toEqual([
      { message: request, signature: asked },
      { message: cancel, signature },
    ]);
  });

  it('throws the refusal with everything that the keeper said', async () => {
    const refusal = {
      code: 'withdrawal.vaultTooLow',
      message: 'The vault of this chain holds too little.',
      details: { held: '5' },
      retryable: false,
    } as const;
    server.keeper.batchAnswer = { ok: false, refusal };
    const error = await errorOf(client.submitBatch({ message, signature: `0x${'11'.repeat(65)}` }));
    expect(error).toMatchObject({ ...refusal, status: 422 });
  });
});

describe('a session', () => {
  it('shows all orders, however many there are', async () => {
    const [order] = server.keeper.orders;
    if (order === undefined) throw new Error('Alice has an order.');
    const orders = Array.from({ length: 2_000 }, (_, i) => ({ ...order, orderId: String(9_000 - i) }));
    await client.signIn(alice);
    for (const count of [2_000, 1_001]) {
      server.keeper.orders = orders.slice(0, count);
      expect(await client.allOrders()).toEqual(server.keeper.orders);
    }
    expect(await client.orders({ limit: 2 })).toEqual(orders.slice(0, 2));
  });

  it('shows the account', async () => {
    const session = await client.signIn(alice);
    expect(session.address).toBe(aliceAddress);
    expect(session.expiresAt).toBeGreaterThan(server.keeper.time);
    expect(await client.accounts()).toEqual(server.keeper.accounts);
    const tried = await client.simulate({ orders: [{ book: BOOK, side: 'buy', price: 5, quantity: 1 }] });
    expect([tried.before.initHealth, tried.after.initHealth, tried.allowed]).toEqual(['250000000', '-1', false]);
    expect(await client.orders()).toEqual(server.keeper.orders);
    expect(await client.orders({ before: '101377' })).toEqual([]);
    expect(await client.allOrders()).toEqual(server.keeper.orders);
    expect(await client.fills({ limit: 3, before: 500 })).toEqual(server.keeper.fills);
    expect(await client.withdrawals()).toEqual(server.keeper.withdrawals);
    expect(await client.exitProof()).toBeUndefined();
    server.keeper.exitProof = exitProofView;
    expect(await client.exitProof()).toEqual({ ...exitProofView, address: aliceAddress });
  });

  it('shows the executor any account, and hidden books', async () => {
    await server.close();
    server = await start({ publicBooks: 'dark' });
    client = createKeeperClient({ url: server.url });
    expect((await errorOf(client.depth({ book: BOOK }))).code).toBe('access.notPublic');
    await client.signIn(executor);
    expect(await client.accounts({ address: aliceAddress })).toEqual(server.keeper.accounts);
    expect(await client.trades({ book: BOOK })).toEqual(server.keeper.trades);
    expect((await client.depth({ book: BOOK })).book).toBe(BOOK);
    const { orders } = await client.bookOrders({ book: BOOK, side: 'buy', limit: 5 });
    expect(orders).toEqual(server.keeper.orders);
    expect((await errorOf(client.bookOrders({ book: BOOK, side: 'buy', after: '404' }))).code).toBe('order.unknown');
  });

  it('is opened again when the keeper forgot it, once for all who wait', async () => {
    let signatures = 0;
    const counting: typeof alice.signMessage = (input) => {
      signatures += 1;
      return alice.signMessage(input);
    };
    await client.signIn({ ...alice, signMessage: counting });
    const { port } = server;
    await server.close();
    server = await start({ port });
    const answers = await Promise.all([client.accounts(), client.orders(), client.withdrawals()]);
    expect(answers.map((answer) => answer.length)).toEqual([1, 1, 1]);
    expect(signatures).toBe(2);
  });

  it('ends with signing out', async () => {
    await client.signIn(alice);
    await client.signOut();
    await client.signOut();
    const error = await errorOf(client.accounts());
    expect([error.code, error.status]).toEqual(['session.required', 401]);
  });

  it('names the domain that the caller knows, never one that the keeper says', async () => {
    const other = createKeeperClient({ url: server.url, domain: 'exchange.example' });
    const error = await errorOf(other.signIn(alice));
    expect(error).toMatchObject({ code: 'session.refused', status: 401 });
    expect(error.message).toContain(`The domain must be ${server.host}`);
  });
});

describe('a keeper that does not answer', () => {
  it('is an error that is worth a retry', async () => {
    const { url } = server;
    await server.close();
    const error = await errorOf(createKeeperClient({ url }).assets());
    expect(error).toMatchObject({ code: 'network.failed', status: 0, retryable: true });
    expect(error.message).toContain('ECONNREFUSED');
    expect(error.cause).toBeInstanceOf(Error);
  });

  it('in time is one as well', async () => {
    Object.assign(server.keeper.api, { health: () => new Promise(() => {}) });
    const error = await errorOf(createKeeperClient({ url: server.url, timeoutMs: 50 }).health());
    expect(error).toMatchObject({ code: 'network.timeout', status: 0, retryable: true });
  });

  it('as a keeper is told from one that refuses', async () => {
    const stranger = createServer((_request, response) => response.writeHead(404).end('<html>Not here</html>'));
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`;
    const error = await errorOf(createKeeperClient({ url }).assets());
    stranger.close();
    expect(error).toMatchObject({ code: 'network.notKeeper', status: 404, retryable: false });
  });
});

it('gives the executor his own address in any spelling', async () => {
  await client.signIn({ ...executor, address: executorAddress });
  expect(await client.accounts()).toEqual([]);
});
