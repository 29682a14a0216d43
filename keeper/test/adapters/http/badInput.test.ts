import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  alice,
  batchBody,
  call,
  post,
  signature,
  startTestServer,
  type TestServer,
  withdrawalBody,
} from './support/testServer.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ limits: { ip: { perSecond: 1000, burst: 100_000 } } });
});
afterAll(() => server.close());

/** Whatever came in: an envelope without inner life went out, nothing was handed on, and the server goes on. */
async function expectRefused(
  answer: { readonly status: number; readonly json: Record<string, unknown> },
  status: number,
  code: string,
): Promise<void> {
  expect([answer.status, answer.json.code]).toEqual([status, code]);
  expect(Object.keys(answer.json).sort()).toEqual(['code', 'details', 'message', 'retryable']);
  expect(JSON.stringify(answer.json)).not.toMatch(/node_modules|\.ts:|at \w+ \(|FST_/);
  expect((await call(server, '/v1/assets')).status).toBe(200);
}

/** Bytes as they are, and everything that comes back until the server hangs up. */
function sendRaw(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(server.port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (data) => {
      received += data;
    });
    socket.on('close', () => resolve(received));
    socket.on('error', reject);
  });
}

describe('a body', () => {
  it('that is not JSON is refused', async () => {
    for (const body of ['{"message":', 'nonsense', '', '{"a":1}}', '\u0000']) {
      await expectRefused(await post(server, '/v1/batches', body), 400, 'request.malformed');
    }
  });

  it('of another type than JSON is refused', async () => {
    for (const type of [
      'text/plain',
      'application/xml',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      const response = await fetch(`${server.url}/v1/batches`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: JSON.stringify(batchBody()),
      });
      await expectRefused(
        { status: response.status, json: (await response.json()) as Record<string, unknown> },
        415,
        'request.mediaType',
      );
    }
  });

  it('that is missing, or no object, is refused', async () => {
    for (const body of ['null', '[]', '1', '"text"', '{}']) {
      await expectRefused(await post(server, '/v1/withdrawals', body), 400, 'request.invalid');
    }
    await expectRefused(await call(server, '/v1/withdrawals', { method: 'POST' }), 400, 'request.invalid');
  });

  it('that is huge is refused before it is read', async () => {
    const huge = JSON.stringify({ ...batchBody(), filler: 'x'.repeat(600 * 1024) });
    await expectRefused(await post(server, '/v1/batches', huge), 413, 'request.tooLarge');
    const smaller = JSON.stringify({ ...withdrawalBody(), filler: 'x'.repeat(20 * 1024) });
    await expectRefused(await post(server, '/v1/withdrawals', smaller), 413, 'request.tooLarge');
    const announced = await sendRaw(
      'POST /v1/batches HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99999999999\r\n\r\n{',
    );
    expect(announced).toMatch(/^HTTP\/1\.1 413 /);
    expect(announced).toContain('"code":"request.tooLarge"');
  });

  it('that is nested a hundred thousand deep is refused', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    await expectRefused(await post(server, '/v1/batches', deep), 400, 'request.invalid');
    const inside = `{"message":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)},"signature":"0x"}`;
    await expectRefused(await post(server, '/v1/batches', inside), 400, 'request.invalid');
  });

  it('that reaches for prototypes is refused and changes none', async () => {
    const text = JSON.stringify(withdrawalBody());
    for (const key of ['__proto__', 'constructor', 'prototype', 'toString']) {
      const poison = `"${key}":{"prototype":{"polluted":true},"polluted":true}`;
      const around = await post(server, '/v1/withdrawals', text.replace('{', `{${poison},`));
      const within = await post(server, '/v1/withdrawals', text.replace('"message":{', `"message":{${poison},`));
      for (const refused of [around, within]) await expectRefused(refused, 400, 'request.invalid');
    }
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    await expectRefused(await call(server, '/v1/trades?book=1&__proto__=1'), 400, 'request.invalid');
  });

  it('with fields that nobody asked for is refused, and says which', async () => {
    const { json } = await post(server, '/v1/batches', { ...batchBody(), extra: 1 });
    expect(json).toMatchObject({ code: 'request.invalid', details: { part: 'body', path: '/extra' } });
    const inner = await post(server, '/v1/batches', batchBody({ leverage: 100 }));
    expect(inner.json).toMatchObject({
      message: 'The body at /message/actions/0/leverage is not a known field.',
      details: { path: '/message/actions/0/leverage' },
    });
    const choice = await call(server, '/v1/candles?book=1&interval=7m');
    expect(choice.json).toMatchObject({ message: 'The query at /interval must be one of 1m, 5m, 15m, 1h, 4h, 1d.' });
  });
});

describe('a field', () => {
  it('of a batch with the wrong type or out of range is refused', async () => {
    const calls = server.keeper.calls.length;
    const wrong: readonly (readonly [object, object?])[] = [
      [{ price: '250000' }],
      [{ price: 1.5 }],
      [{ price: -1 }],
      [{ price: 2 ** 53 }],
      [{ price: null }],
      [{ quantity: 1e300 }],
      [{ kind: 256 }],
      [{ side: true }],
      [{ subaccount: 2 ** 32 }],
      [{ maxFeePpm: 2 ** 32 }],
      [{ account: '0x1234' }],
      [{ account: alice.address.toUpperCase() }],
      [{}, { epoch: '1' }],
      [{}, { nonce: -1 }],
      [{}, { makersFirst: 0 }],
      [{}, { actions: [] }],
      [{}, { actions: {} }],
    ];
    for (const [action, message] of wrong) {
      await expectRefused(await post(server, '/v1/batches', batchBody(action, message)), 400, 'request.invalid');
    }
    const { message } = batchBody();
    for (const bad of ['0x', signature.slice(0, -2), `${signature}00`, signature.slice(2), 7]) {
      await expectRefused(await post(server, '/v1/batches', { message, signature: bad }), 400, 'request.invalid');
    }
    expect(server.keeper.calls).toHaveLength(calls);
  });

  it('with an address whose checksum is wrong is refused', async () => {
    const letter = alice.address.search(/[a-f]/);
    const mistyped =
      alice.address.slice(0, letter) + alice.address.charAt(letter).toUpperCase() + alice.address.slice(letter + 1);
    const answer = await post(server, '/v1/withdrawals', withdrawalBody({ recipient: mistyped }));
    await expectRefused(answer, 400, 'request.invalid');
    expect(answer.json.message).toContain('/message/recipient must be lower-case or carry the right EIP-55 checksum');
  });

  it('of a withdrawal that is no uint256 in decimal is refused', async () => {
    for (const amount of [40, '-1', '1.5', '1e3', '0x10', '007', '', ' 1', '１', String(2n ** 256n), '9'.repeat(79)]) {
      await expectRefused(await post(server, '/v1/withdrawals', withdrawalBody({ amount })), 400, 'request.invalid');
    }
    for (const chainId of ['31337', 0, -1, 1.5]) {
      await expectRefused(await post(server, '/v1/withdrawals', withdrawalBody({ chainId })), 400, 'request.invalid');
    }
  });

  it('that is missing is refused by name', async () => {
    const { recipient: _, ...message } = withdrawalBody().message;
    const answer = await post(server, '/v1/withdrawals', { message, signature });
    expect(answer.json.message).toContain('recipient');
    await expectRefused(answer, 400, 'request.invalid');
  });
});

describe('a batch', () => {
  it('of 1024 actions is handed on, of one more refused', async () => {
    const action = batchBody().message.actions[0];
    const body = (count: number) => batchBody({}, { actions: Array(count).fill(action) });
    expect((await post(server, '/v1/batches', body(1024))).status).toBe(200);
    await expectRefused(await post(server, '/v1/batches', body(1025)), 400, 'request.invalid');
  });
});

describe('a query', () => {
  it('that is not plain digits, too large or repeated is refused', async () => {
    const wrong = [
      '/v1/trades',
      '/v1/trades?book=',
      '/v1/trades?book=one',
      '/v1/trades?book=0x1',
      '/v1/trades?book=1.0',
      '/v1/trades?book=01',
      '/v1/trades?book=%201',
      '/v1/trades?book=1&book=1',
      '/v1/trades?book=1&limit=0',
      '/v1/trades?book=1&limit=501',
      '/v1/trades?book=1&other=1',
      '/v1/trades?book=4294967296',
      '/v1/books/1/depth?levels=201',
      '/v1/books/one/depth',
      '/v1/books/-1/depth',
      '/v1/exit-roots',
      '/v1/approvals?chain=0',
      '/v1/acceptance?chain=99999999999999999999',
    ];
    for (const path of wrong) await expectRefused(await call(server, path), 400, 'request.invalid');
  });
});

describe('a request', () => {
  it('for something that does not exist is answered 404', async () => {
    for (const path of [
      '/',
      '/v1',
      '/v2/health',
      '/v1/health/',
      '/v1/batches',
      '/v1/books/1',
      '/v1/../etc/passwd',
      '/v1/stream',
    ]) {
      await expectRefused(await call(server, path), 404, 'route.unknown');
    }
    await expectRefused(await call(server, '/v1/health', { method: 'DELETE' }), 404, 'route.unknown');
  });

  it('with a path that is no path is refused', async () => {
    await expectRefused(await call(server, '/v1/books/%zz/depth'), 400, 'request.malformed');
    const long = await call(server, `/v1/books/${'1'.repeat(5000)}/depth`);
    expect([400, 404]).toContain(long.status);
  });

  it('that is not HTTP is told so', async () => {
    for (const bytes of [
      'hello\r\n\r\n',
      '\u0016\u0003\u0001\u0002\u0000',
      'GET /v1/health HTTP/9.9\r\n\r\n',
      'GET  HTTP/1.1\r\n\r\n',
    ]) {
      const answer = await sendRaw(bytes);
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer).toContain('"code":"request.malformed"');
    }
  });

  it('with two lengths, as in request smuggling, is refused', async () => {
    const answer = await sendRaw(
      'POST /v1/batches HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('with enormous headers is refused', async () => {
    const answer = await sendRaw(`GET /v1/health HTTP/1.1\r\nhost: x\r\nx-filler: ${'x'.repeat(40_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(answer).toContain('"code":"request.headersTooLarge"');
  });

  it('that the keeper fails at says nothing about the inside', async () => {
    server.keeper.broken = true;
    const answer = await call(server, '/v1/solvency');
    server.keeper.broken = false;
    await expectRefused(answer, 500, 'internal');
    expect(JSON.stringify(answer.json)).not.toContain('0xdeadbeef');
    expect(server.errors).toHaveLength(1);
    expect(server.errors[0]).toContain('/v1/solvency');
  });
});
