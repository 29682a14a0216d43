import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS, type HttpLimits } from '../../../src/adapters/http/limits.ts';
import { createKeeperClient } from '../../../src/client/keeperClient.ts';
import { BATCH_LIMIT, type Hex } from '../../../src/core/commands.ts';
import type { BatchMessage } from '../../../src/core/typedMessages.ts';
import {
  alice,
  batchBody,
  call,
  executor,
  executorAddress,
  post,
  signIn,
  startTestServer,
  type TestServer,
  withdrawalBody,
} from './support/testServer.ts';

let server: TestServer;
const sockets: Socket[] = [];

async function start(limits: Partial<HttpLimits>): Promise<TestServer> {
  server = await startTestServer({ limits });
  return server;
}

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.close();
});

/** A connection on which the test decides what is sent; resolves once it stands. */
function open(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1', () => resolve(socket));
    // A reset counts as closed.
    socket.on('error', reject);
    sockets.push(socket);
  });
}

/** Everything that comes until the server hangs up. */
function untilClosed(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    socket.on('data', (data) => {
      received += data;
    });
    socket.on('close', () => resolve(received));
  });
}

/** As many orders as a batch may hold. */
function fullBatch(): { readonly message: BatchMessage; readonly signature: Hex } {
  const { message, signature } = batchBody({ price: Number.MAX_SAFE_INTEGER, quantity: Number.MAX_SAFE_INTEGER });
  return { message: { ...message, actions: Array(BATCH_LIMIT).fill(message.actions[0]) }, signature };
}

/** The keeper takes its time with batches until it is released. */
function stallBatches(): { readonly entered: Promise<void>; readonly release: () => void } {
  const entered = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const { submitBatch } = server.keeper.api;
  Object.assign(server.keeper.api, {
    async submitBatch(request: Parameters<typeof submitBatch>[0]) {
      entered.resolve();
      await released.promise;
      return submitBatch(request);
    },
  });
  return { entered: entered.promise, release: released.resolve };
}

describe('requests', () => {
  it('of a stranger are counted, answered 429 with Retry-After, and welcome again later', async () => {
    await start({ ip: { perSecond: 2, burst: 3 } });
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push((await call(server, '/v1/assets')).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
    const { json, headers } = await call(server, '/v1/assets');
    expect(json).toMatchObject({ code: 'limit.requests', retryable: true, details: { retryAfterMs: 500 } });
    expect(headers.get('retry-after')).toBe('1');
    server.keeper.time += 500;
    expect((await call(server, '/v1/assets')).status).toBe(200);
    expect((await call(server, '/v1/assets')).status).toBe(429);
  });

  it('that lead nowhere count, too', async () => {
    await start({ ip: { perSecond: 1, burst: 2 } });
    for (const path of ['/nowhere', '/v1/trades?book=x']) await call(server, path);
    expect((await call(server, '/v1/assets')).status).toBe(429);
  });

  it('of a session are paid by its account', async () => {
    await start({ ip: { perSecond: 1, burst: 10 }, account: { perSecond: 1, burst: 2 } });
    const token = await signIn(server, alice);
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await call(server, '/v1/account', { token })).status);
    expect(statuses).toEqual([200, 200, 429]);
    expect((await call(server, '/v1/assets')).status).toBe(200);
  });

  it('with good signatures are paid by the signer, with bad ones by the stranger', async () => {
    await start({ ip: { perSecond: 1, burst: 4 } });
    for (let i = 0; i < 20; i++) expect((await post(server, '/v1/batches', batchBody())).status).toBe(200);
    const refusal = { code: 'signature.invalid', message: 'No.', retryable: false } as const;
    server.keeper.batchAnswer = { ok: false, refusal };
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await post(server, '/v1/batches', batchBody())).status);
    expect(statuses).toEqual([401, 401, 429]);
  });

  it('that name the executor without his signature cost him nothing', async () => {
    await start({ executor: { perSecond: 1, burst: 2 } });
    const good = server.keeper.batchAnswer;
    const refusal = { code: 'signature.invalid', message: 'No.', retryable: false } as const;
    server.keeper.batchAnswer = { ok: false, refusal };
    for (let i = 0; i < 10; i++) await post(server, '/v1/batches', batchBody());
    server.keeper.batchAnswer = good;
    expect((await post(server, '/v1/batches', batchBody())).status).toBe(200);
  });

  it('of the executor are counted by item, cancels at a tenth', async () => {
    await start({ executor: { perSecond: 1, burst: 3 } });
    const action = batchBody().message.actions[0];
    const orders = batchBody({}, { actions: [action, action, action, action] });
    const cancels = batchBody({}, { actions: [1, 2, 4].map((kind) => ({ ...action, kind })) });
    for (let i = 0; i < 10; i++) expect((await post(server, '/v1/batches', cancels)).status).toBe(200);
    server.keeper.time += 3_000;
    expect((await post(server, '/v1/batches', orders)).status).toBe(200);
    const late = await post(server, '/v1/batches', cancels);
    expect([late.status, late.json.details.retryAfterMs]).toEqual([429, 1000]);
    server.keeper.time += 1_000;
    expect((await post(server, '/v1/batches', cancels)).status).toBe(200);
  });

  it('that repeat an answered batch cost the executor nothing', async () => {
    await start({ executor: { perSecond: 1, burst: 1 } });
    const { batchAnswer } = server.keeper;
    if (!batchAnswer.ok) throw new Error('The fake keeper accepts batches.');
    server.keeper.batchAnswer = { ok: true, value: { ...batchAnswer.value, repeated: true } };
    const action = batchBody().message.actions[0];
    for (let i = 0; i < 3; i++) {
      const answer = await post(server, '/v1/batches', batchBody({}, { actions: [action, action] }));
      expect([answer.status, answer.json.repeated]).toEqual([200, true]);
    }
  });

  it('that repeat an answered batch cost whoever sends them, since anybody may have seen it', async () => {
    await start({ ip: { perSecond: 1, burst: 4 } });
    const { batchAnswer } = server.keeper;
    if (!batchAnswer.ok) throw new Error('The fake keeper accepts batches.');
    server.keeper.batchAnswer = { ok: true, value: { ...batchAnswer.value, repeated: true } };
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await post(server, '/v1/batches', batchBody())).status);
    expect(statuses).toEqual([200, 200, 429]);
  });

  it('with large bodies cost a stranger by their length, before they are read', async () => {
    await start({});
    const refusal = { code: 'signature.invalid', message: 'No.', retryable: false } as const;
    server.keeper.batchAnswer = { ok: false, refusal };
    const body = JSON.stringify(fullBatch());
    const cost = 2 + Math.floor(body.length / 4096);
    const statuses = await Promise.all(
      Array.from({ length: 40 }, async () => (await post(server, '/v1/batches', body)).status),
    );
    const checked = Math.floor(DEFAULT_LIMITS.ip.burst / cost);
    expect(checked).toBeLessThan(8);
    expect(statuses.filter((status) => status === 401)).toHaveLength(checked);
    expect(statuses.filter((status) => status === 429)).toHaveLength(40 - checked);
    expect(server.keeper.calls).toHaveLength(checked);
  });

  it('that do not say how long they are cost as much as the longest', async () => {
    await start({ ip: { perSecond: 1, burst: 200 } });
    const send = async () => {
      const socket = await open();
      const headers = 'host: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\nconnection: close';
      socket.write(`POST /v1/batches HTTP/1.1\r\n${headers}\r\n\r\n2\r\n{}\r\n0\r\n\r\n`);
      return (await untilClosed(socket)).slice(0, 12);
    };
    expect([await send(), await send()]).toEqual(['HTTP/1.1 400', 'HTTP/1.1 429']);
    expect((await call(server, '/v1/assets')).status).toBe(200);
  });

  it('to nowhere pay for their bodies, too, which may not be large', async () => {
    await start({ ip: { perSecond: 1, burst: 5 } });
    expect((await post(server, '/v1/nowhere', { x: 'x'.repeat(12_000) })).status).toBe(404);
    expect((await post(server, '/v1/nowhere', { x: 'x'.repeat(12_000) })).status).toBe(429);
    server.keeper.time += 5_000;
    expect((await post(server, '/v1/nowhere', { x: 'x'.repeat(100_000) })).status).toBe(413);
  });

  it('with large bodies are paid by the executor from the beginning when they come with its session', async () => {
    await start({ ip: { perSecond: 1, burst: 80 } });
    server.keeper.time = Date.now();
    const client = createKeeperClient({ url: server.url });
    const large = fullBatch();
    const stalled = stallBatches();
    const first = client.submitBatch(large);
    await stalled.entered;
    await expect(client.submitBatch(large)).rejects.toMatchObject({ code: 'limit.requests' });
    stalled.release();
    await first;

    await client.signIn(executor);
    const again = stallBatches();
    const both = [client.submitBatch(large), client.submitBatch(large)];
    await again.entered;
    again.release();
    expect(await Promise.all(both)).toHaveLength(2);
  });

  it('for batches of others than the executor are refused before their actions are looked at', async () => {
    await start({});
    const other = { executor: alice.address, actions: [{ kind: 'anything' }] };
    const { status, json } = await post(server, '/v1/batches', batchBody({}, other));
    const signer = alice.address.toLowerCase();
    expect([status, json]).toMatchObject([
      403,
      { code: 'signature.notExecutor', details: { executor: executorAddress, signer }, retryable: false },
    ]);
    for (const executor of [undefined, 5, null, {}, 'somebody', `${alice.address}00`]) {
      const answer = await post(server, '/v1/batches', batchBody({}, { executor }));
      expect([answer.status, answer.json.code]).toEqual([400, 'request.invalid']);
    }
    expect(server.keeper.calls).toEqual([]);
  });

  it('for a book cost more the more orders have to be counted', async () => {
    await start({ ip: { perSecond: 1, burst: 10 } });
    server.keeper.bids.set(5, { price: 5, quantity: '9', orders: 4_500 });
    server.keeper.asks.set(6, { price: 6, quantity: '9', orders: 4_499 });
    const statuses = [];
    const token = await signIn(server, alice);
    server.keeper.time += 10_000;
    for (let i = 0; i < 3; i++) statuses.push((await call(server, '/v1/books/1/depth')).status);
    expect(statuses).toEqual([200, 200, 429]);
    expect((await call(server, '/v1/account', { token })).status).toBe(200);
  });

  it('for withdrawals are counted per account', async () => {
    await start({ account: { perSecond: 1, burst: 1 } });
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await post(server, '/v1/withdrawals', withdrawalBody())).status);
    expect(statuses).toEqual([200, 200, 429]);
    const other = withdrawalBody({ account: executorAddress });
    expect((await post(server, '/v1/withdrawals', other)).status).toBe(200);
  });

  it('for sign-ins cost a stranger most', async () => {
    await start({ ip: { perSecond: 1, burst: 12 } });
    await signIn(server, alice);
    await signIn(server, alice);
    expect((await post(server, '/v1/session/nonce')).status).toBe(429);
  });
});

describe('connections', () => {
  it('beyond the limit are answered 429 and closed, the others go on', async () => {
    await start({ maxConnectionsPerIp: 2 });
    const first = await open();
    const second = await open();
    const third = await open();
    third.write('GET /v1/assets HTTP/1.1\r\nhost: x\r\n\r\n');
    const refused = await untilClosed(third);
    expect(refused).toMatch(/^HTTP\/1\.1 429 /);
    expect(refused).toContain('"code":"limit.connections"');
    expect(refused.toLowerCase()).toContain('retry-after: 1');

    second.write('GET /v1/assets HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    expect(await untilClosed(second)).toMatch(/^HTTP\/1\.1 200 /);
    first.destroy();
    const answer = await call(server, '/v1/assets');
    expect(answer.status).toBe(200);
  });

  it('far beyond the limit are dropped without harm', async () => {
    await start({ maxConnections: 1 });
    const many = await Promise.all(Array.from({ length: 100 }, () => open().catch(() => undefined)));
    for (const socket of many) socket?.destroy();
    await expect
      .poll(() =>
        call(server, '/v1/assets').then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200);
  });
});

describe('slow clients', () => {
  const short = { headersTimeoutMs: 100, requestTimeoutMs: 200, keepAliveTimeoutMs: 200, idleTimeoutMs: 400 };

  it('that never finish their headers are told 408 and closed', async () => {
    await start(short);
    const socket = await open();
    socket.write('GET /v1/assets HTTP/1.1\r\nx-slow: ');
    const answer = await untilClosed(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain('"code":"request.timeout"');
  });

  it('that never finish their body are told 408 and closed', async () => {
    await start(short);
    const socket = await open();
    socket.write(
      'POST /v1/batches HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
    );
    expect(await untilClosed(socket)).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('that say nothing at all are closed', async () => {
    await start(short);
    await untilClosed(await open());
    expect((await call(server, '/v1/assets')).status).toBe(200);
  });

  it('that do not read their answers are closed', async () => {
    await start({ idleTimeoutMs: 1_000, ip: { perSecond: 1, burst: 100_000 }, maxConnectionsPerIp: 1 });
    const socket = await open();
    socket.pause();
    socket.write('GET /v1/openapi.json HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(400));
    // While the slow one is there, nobody else of this address is let in.
    const statusForOthers = () =>
      call(server, '/v1/assets').then(
        ({ status }) => status,
        () => undefined,
      );
    await expect.poll(statusForOthers).toBe(429);
    await expect.poll(statusForOthers, { timeout: 60_000, interval: 100 }).toBe(200);
  });
});

describe('closing', () => {
  it('finishes what is being answered and then takes nothing more', async () => {
    await start({});
    const stalled = stallBatches();
    const answer = post(server, '/v1/batches', batchBody());
    await stalled.entered;
    const closing = server.close();
    stalled.release();
    expect((await answer).status).toBe(200);
    await closing;
    await expect(call(server, '/v1/assets')).rejects.toThrow();
    expect(server.keeper.listeners).toBe(0);
  });

  it('does not wait for ever for clients that do not hang up', async () => {
    await start({});
    const socket = await open();
    socket.write('POST /v1/batches HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n');
    const closed = untilClosed(socket);
    await server.close();
    await closed;
  });

  it('says so when the port is taken', async () => {
    await start({});
    await expect(startTestServer({ port: server.port })).rejects.toThrow('EADDRINUSE');
  });
});
