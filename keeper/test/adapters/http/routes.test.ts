import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STATUS } from '../../../src/adapters/http/errors.ts';
import * as schemas from '../../../src/adapters/http/schemas.ts';
import * as signedSchemas from '../../../src/adapters/http/signedSchemas.ts';
import { BOOK, exitProofView, HOME_CHAIN, REGISTRY } from './support/fakeKeeperApi.ts';
import {
  alice,
  aliceAddress,
  batchBody,
  call,
  executor,
  executorAddress,
  type JsonAnswer,
  post,
  signIn,
  startTestServer,
  type TestServer,
  withdrawalBody,
} from './support/testServer.ts';

let server: TestServer;
let aliceToken: string;
let executorToken: string;

beforeAll(async () => {
  server = await startTestServer({ limits: { ip: { perSecond: 1000, burst: 100_000 } } });
  aliceToken = await signIn(server, alice);
  executorToken = await signIn(server, executor);
});
afterAll(() => server.close());

function expectShape(answer: JsonAnswer, schema: TSchema): void {
  expect({ status: answer.status, problems: Compile(schema).Errors(answer.json) }).toEqual({
    status: 200,
    problems: [],
  });
}

describe('what everybody may read', () => {
  it('tells how the keeper feels', async () => {
    const answer = await call(server, '/v1/health');
    expectShape(answer, schemas.HealthAnswer);
    expect(answer.json).toMatchObject({ status: 'degraded', checkpoint: { landed: 7, final: 6, ageMs: 4200 } });
    expect(answer.json.chains[0].rpcs).toEqual([
      { host: 'one.example', ok: true, failuresInARow: 0 },
      { host: 'two.example', ok: false, failuresInARow: 3, lastError: 'It did not answer in time.' },
    ]);
  });

  it('tells who the keeper is', async () => {
    const answer = await call(server, '/v1/identity');
    expectShape(answer, schemas.IdentityAnswer);
    expect(answer.json).toMatchObject({ mode: 'SIMULATED', homeChainId: HOME_CHAIN, executor: executorAddress });
  });

  it('lists assets and books', async () => {
    const [assets, books] = [await call(server, '/v1/assets'), await call(server, '/v1/books')];
    expectShape(assets, schemas.AssetsAnswer);
    expectShape(books, schemas.BooksAnswer);
    expect(assets.json.map(({ symbol }: { symbol: string }) => symbol)).toEqual(['WETH', 'USDC']);
    expect(books.json[0]).toMatchObject({ book: BOOK, lotSize: '1000000', tickSize: '10', status: 'open' });
  });

  it('shows as many levels of a book as are asked for', async () => {
    for (const price of [10, 11, 12]) server.keeper.bids.set(price, { price, quantity: '7', orders: 1 });
    const answer = await call(server, `/v1/books/${BOOK}/depth?levels=2`);
    expectShape(answer, schemas.DepthAnswer);
    expect(answer.json.bids.map(({ price }: { price: number }) => price)).toEqual([12, 11]);
    expect((await call(server, `/v1/books/${BOOK}/depth`)).json.bids).toHaveLength(3);
    server.keeper.bids.clear();
  });

  it('shows the newest trades of a book', async () => {
    const answer = await call(server, `/v1/trades?book=${BOOK}&limit=1`);
    expectShape(answer, schemas.TradesAnswer);
    expect(answer.json).toEqual(server.keeper.trades);
  });

  it('shows candles of the length that is asked for, and of no other than the usual ones', async () => {
    const answer = await call(server, `/v1/candles?book=${BOOK}&interval=4h&before=1767225600000&limit=7`);
    expectShape(answer, schemas.CandlesAnswer);
    expect(answer.json[0]).toMatchObject({ interval: '4h', open: 250_000, volume: '12' });
    expect(server.keeper.calls.at(-1)).toEqual({ book: BOOK, interval: '4h', before: 1_767_225_600_000, limit: 7 });
    for (const query of ['', '&interval=2m', '&interval=toString', '&interval=1m&limit=0', '&interval=1m&limit=1001']) {
      expect((await call(server, `/v1/candles?book=${BOOK}${query}`)).json.code).toBe('request.invalid');
    }
  });

  it('says 404 for a book that does not exist', async () => {
    for (const path of ['/v1/books/9/depth', '/v1/trades?book=9', '/v1/candles?book=9&interval=1m']) {
      const { status, json } = await call(server, path);
      expect({ status, json }).toMatchObject({ status: 404, json: { code: 'book.unknown', details: { book: 9 } } });
    }
  });

  it('shows the newest checkpoint and the sum of everything', async () => {
    const [checkpoint, solvency] = [await call(server, '/v1/checkpoints/latest'), await call(server, '/v1/solvency')];
    expectShape(checkpoint, schemas.CheckpointAnswer);
    expectShape(solvency, schemas.SolvencyAnswer);
    expect(solvency.json[0]).toMatchObject({ symbol: 'USDC', difference: '0' });
  });

  it('gives couriers what they carry', async () => {
    const root = await call(server, `/v1/exit-roots?chain=${HOME_CHAIN}`);
    const approvals = await call(server, `/v1/approvals?chain=${HOME_CHAIN}`);
    const acceptance = await call(server, `/v1/acceptance?chain=${HOME_CHAIN}`);
    expectShape(root, signedSchemas.ExitRootAnswer);
    expectShape(approvals, signedSchemas.ApprovalsAnswer);
    const answers = await call(server, `/v1/forced-answers?chain=${HOME_CHAIN}`);
    expectShape(answers, signedSchemas.ForcedAnswersAnswer);
    expect(answers.json).toMatchObject([{ registry: REGISTRY, message: { id: '3', paid: '40000000', reason: 0 } }]);
    expectShape(acceptance, signedSchemas.AcceptanceAnswer);
    expectShape(await call(server, `/v1/standby?chain=${HOME_CHAIN}`), signedSchemas.StandbyAnswer);
    expect(approvals.json[0]).toMatchObject({
      registry: REGISTRY,
      message: { amount: '40000000', nonce: String(2n ** 200n) },
    });
  });

  it('gives couriers 500 approvals at once, and the others to those who skip these', async () => {
    const before = server.keeper.approvals;
    const [approval] = before;
    if (approval === undefined) throw new Error('An approval waits.');
    server.keeper.approvals = Array.from({ length: 501 }, (_, i) => ({
      ...approval,
      message: { ...approval.message, nonce: BigInt(i) },
    }));
    const noncesOf = async (query: string) => {
      const { json } = await call(server, `/v1/approvals?chain=${HOME_CHAIN}${query}`);
      return json.map(({ message }: { message: { nonce: string } }) => Number(message.nonce));
    };
    expect(await noncesOf('')).toEqual(Array.from({ length: 500 }, (_, i) => i));
    expect(await noncesOf('&skip=499')).toEqual([499, 500]);
    expect(await noncesOf('&skip=501')).toEqual([]);
    server.keeper.approvals = before;
  });

  it('says 404, worth a retry, for what is not signed yet', async () => {
    const root = await call(server, '/v1/exit-roots?chain=5');
    const acceptance = await call(server, '/v1/acceptance?chain=5');
    expect([root.status, root.json]).toMatchObject([404, { code: 'exitRoot.none', retryable: true }]);
    expect([acceptance.status, acceptance.json]).toMatchObject([404, { code: 'acceptance.none', retryable: true }]);
    const standby = await call(server, '/v1/standby?chain=5');
    expect([standby.status, standby.json]).toMatchObject([404, { code: 'standby.none', retryable: true }]);
    expect((await call(server, '/v1/approvals?chain=5')).json).toEqual([]);
  });

  it('lets pages of any origin ask', async () => {
    const preflight = await fetch(`${server.url}/v1/withdrawals`, { method: 'OPTIONS' });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-methods')).toContain('DELETE');
    const { headers } = await call(server, '/v1/assets');
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('access-control-allow-credentials')).toBeNull();
  });
});

describe('what is signed', () => {
  it('hands a batch on with lower-case addresses and answers per item', async () => {
    const body = batchBody({ account: alice.address }, { executor: executor.address });
    const answer = await post(server, '/v1/batches', body);
    expectShape(answer, schemas.BatchAnswer);
    expect(answer.json.result.items).toHaveLength(3);
    expect(server.keeper.calls.at(-1)).toEqual(batchBody({ account: aliceAddress }, { executor: executorAddress }));
  });

  it('says 403 when a user signs trades for himself', async () => {
    const before = server.keeper.batchAnswer;
    server.keeper.batchAnswer = {
      ok: false,
      refusal: {
        code: 'signature.notExecutor',
        message: `Only the executor ${executorAddress} may submit trades; this batch is signed by ${aliceAddress}.`,
        details: { executor: executorAddress, signer: aliceAddress },
        retryable: false,
      },
    };
    const { status, json } = await post(server, '/v1/batches', batchBody());
    expect(status).toBe(403);
    expect(json).toEqual((server.keeper.batchAnswer as { refusal: object }).refusal);
    server.keeper.batchAnswer = before;
  });

  it('says the same when a repeated batch had been refused as a whole', async () => {
    const before = server.keeper.batchAnswer;
    const result = { code: 'batch.wrongEpoch', details: { epoch: 2 } } as const;
    server.keeper.batchAnswer = { ok: true, value: { sequence: 55, result, repeated: true } };
    const { status, json } = await post(server, '/v1/batches', batchBody());
    expect([status, json]).toMatchObject([409, { code: 'batch.wrongEpoch', details: { epoch: 2, sequence: 55 } }]);
    server.keeper.batchAnswer = before;
  });

  it('gives every refusal of the keeper its status, and passes code and details on', async () => {
    const before = server.keeper.batchAnswer;
    for (const [code, status] of Object.entries(STATUS)) {
      const refusal = { code: code as never, message: 'No.', details: { held: '5' }, retryable: true };
      server.keeper.batchAnswer = { ok: false, refusal };
      const answer = await post(server, '/v1/batches', batchBody());
      expect([answer.status, answer.json]).toEqual([status, refusal]);
      expect(answer.headers.get('retry-after')).toBe(status === 429 || status === 503 ? '1' : null);
    }
    server.keeper.batchAnswer = before;
  });

  it('hands withdrawals on as integers and answers with where they stand', async () => {
    const amount = String(2n ** 256n - 1n);
    const asked = await post(server, '/v1/withdrawals', withdrawalBody({ amount, recipient: alice.address }));
    expectShape(asked, schemas.WithdrawalAnswer);
    expect(asked.json).toMatchObject({ status: 'queued', atoms: '40000000', address: aliceAddress });
    expect(server.keeper.calls.at(-1)).toMatchObject({
      message: { amount: 2n ** 256n - 1n, nonce: 77n, chainId: HOME_CHAIN, recipient: aliceAddress },
    });

    const message = { account: alice.address, chainId: HOME_CHAIN, nonce: '77' };
    const { signature } = withdrawalBody();
    const cancelled = await call(server, '/v1/withdrawals', { method: 'DELETE', body: { message, signature } });
    expectShape(cancelled, schemas.WithdrawalAnswer);
    expect(server.keeper.calls.at(-1)).toEqual({
      message: { account: aliceAddress, chainId: HOME_CHAIN, nonce: 77n },
      signature,
    });
  });
});

describe('what an account sees', () => {
  const paths = {
    '/v1/account': schemas.AccountsAnswer,
    '/v1/orders': schemas.OrdersAnswer,
    '/v1/fills': schemas.FillsAnswer,
    '/v1/withdrawals': schemas.WithdrawalsAnswer,
  };

  it('shows its own balances, orders, fills and withdrawals', async () => {
    for (const [path, schema] of Object.entries(paths)) {
      const answer = await call(server, path, { token: aliceToken });
      expectShape(answer, schema);
      expect(answer.json).toHaveLength(1);
    }
  });

  it('shows its exit proof, and the executor those of others', async () => {
    expect(await call(server, '/v1/exit-proof', { token: aliceToken })).toMatchObject({
      status: 404,
      json: { code: 'exitProof.none', retryable: true },
    });
    server.keeper.exitProof = exitProofView;
    const own = await call(server, '/v1/exit-proof', { token: aliceToken });
    expectShape(own, signedSchemas.ExitProofAnswer);
    expect(own.json).toEqual({ ...exitProofView, address: aliceAddress });
    const path = `/v1/exit-proof?address=${aliceAddress}`;
    expect((await call(server, path, { token: executorToken })).json.address).toBe(aliceAddress);
    expect((await call(server, `/v1/exit-proof?address=${executorAddress}`, { token: aliceToken })).status).toBe(403);
    expect((await call(server, path)).status).toBe(401);
    server.keeper.exitProof = undefined;
  });

  it('tries what its health would be, and the executor that of others; nobody else', async () => {
    const path = '/v1/account/simulate';
    const simulate = (body: object, token?: string) =>
      call(server, path, { method: 'POST', body, ...(token === undefined ? {} : { token }) });
    const own = await simulate({ changes: [{ asset: 2, units: '-5' }] }, aliceToken);
    expectShape(own, schemas.SimulateAnswer);
    expect(own.json.allowed).toBe(true);
    expect((await simulate({ address: aliceAddress }, executorToken)).status).toBe(200);
    expect((await simulate({ address: executorAddress }, aliceToken)).status).toBe(403);
    expect((await simulate({})).status).toBe(401);
    expect((await simulate({ subaccount: 5 }, aliceToken)).json.code).toBe('account.unknown');
    expect((await simulate({ changes: [{ asset: 77, units: '1' }] }, aliceToken)).json.code).toBe('asset.unknown');
    for (const units of ['1.5', '+1', '--1', '', '12345678901234567']) {
      expect((await simulate({ changes: [{ asset: 2, units }] }, aliceToken)).json.code).toBe('request.invalid');
    }
    const many = new Array(33).fill({ book: 1, side: 'buy', price: 1, quantity: 1 });
    expect((await simulate({ orders: many }, aliceToken)).json.code).toBe('request.invalid');
  });

  it('hands paging on', async () => {
    await call(server, '/v1/fills?before=90&limit=7', { token: aliceToken });
    expect(server.keeper.calls.at(-1)).toEqual({ address: aliceAddress, before: 90, limit: 7 });
  });

  it('gives orders page by page', async () => {
    const before = server.keeper.orders;
    const [order] = before;
    if (order === undefined) throw new Error('Alice has an order.');
    server.keeper.orders = Array.from({ length: 1_200 }, (_, i) => ({ ...order, orderId: String(5_000 - i) }));
    const page = async (query: string) => (await call(server, `/v1/orders${query}`, { token: aliceToken })).json;
    expect([(await page('')).length, (await page('?limit=1000')).length]).toEqual([500, 1_000]);
    expect((await page('?before=4001&limit=3')).map(({ orderId }: { orderId: string }) => orderId)).toEqual([
      '4000',
      '3999',
      '3998',
    ]);
    expect((await page('?limit=1001')).code).toBe('request.invalid');
    server.keeper.orders = before;
  });

  it('wants a session', async () => {
    for (const path of Object.keys(paths)) {
      const { status, json } = await call(server, path);
      expect([status, json.code]).toEqual([401, 'session.required']);
    }
  });

  it('shows the executor every account, in either spelling of the address', async () => {
    for (const [path, schema] of Object.entries(paths)) {
      for (const address of [alice.address, aliceAddress]) {
        const answer = await call(server, `${path}?address=${address}`, { token: executorToken });
        expectShape(answer, schema);
        expect(answer.json).toHaveLength(1);
      }
      expect((await call(server, path, { token: executorToken })).json).toEqual([]);
    }
  });

  it('shows nobody else anybody else', async () => {
    for (const path of Object.keys(paths)) {
      const { status, json } = await call(server, `${path}?address=${executorAddress}`, { token: aliceToken });
      expect([status, json.code]).toEqual([403, 'access.notExecutor']);
    }
  });

  it('shows the executor, and nobody else, all orders of a book', async () => {
    const path = `/v1/books/${BOOK}/orders?side=buy`;
    const answer = await call(server, path, { token: executorToken });
    expectShape(answer, schemas.BookOrdersAnswer);
    expect(answer.json.orders).toEqual(server.keeper.orders);
    expect((await call(server, path.replace('buy', 'sell'), { token: executorToken })).json.orders).toEqual([]);
    const gone = await call(server, `${path}&after=404`, { token: executorToken });
    expect([gone.status, gone.json]).toMatchObject([404, { code: 'order.unknown', retryable: true }]);
    const nowhere = await call(server, '/v1/books/9/orders?side=buy&after=404', { token: executorToken });
    expect([nowhere.status, nowhere.json.code]).toEqual([404, 'book.unknown']);
    expect((await call(server, path, { token: aliceToken })).json.code).toBe('access.notExecutor');
    expect((await call(server, path)).json.code).toBe('session.required');
  });

  it('takes the right away with the role', async () => {
    server.keeper.executor = aliceAddress;
    const { status } = await call(server, `/v1/account?address=${aliceAddress}`, { token: executorToken });
    server.keeper.executor = executorAddress;
    expect(status).toBe(403);
  });
});

describe('books that the operator hides', () => {
  const visible = { dark: [403, 403, 403], trades: [403, 200, 200], depth: [200, 200, 200] } as const;

  for (const [publicBooks, statuses] of Object.entries(visible)) {
    it(`shows strangers what "${publicBooks}" allows, and the executor everything`, async () => {
      const other = await startTestServer({ publicBooks: publicBooks as keyof typeof visible });
      try {
        const paths = [`/v1/books/${BOOK}/depth`, `/v1/trades?book=${BOOK}`, `/v1/candles?book=${BOOK}&interval=1m`];
        const answers = await Promise.all(paths.map((path) => call(other, path)));
        expect(answers.map(({ status }) => status)).toEqual(statuses);
        for (const { status, json } of answers) if (status === 403) expect(json.code).toBe('access.notPublic');

        const token = await signIn(other, executor);
        const toExecutor = await Promise.all(paths.map((path) => call(other, path, { token })));
        expect(toExecutor.map(({ status }) => status)).toEqual([200, 200, 200]);
        const asAlice = await call(other, paths[0] ?? '', { token: await signIn(other, alice) });
        expect(asAlice.status).toBe(statuses[0]);
      } finally {
        await other.close();
      }
    });
  }
});

describe('a candidate', () => {
  it('answers only who and how it is, and couriers', async () => {
    const refusal = { code: 'keeper.notReady', message: 'This keeper is a candidate.', retryable: true } as const;
    server.keeper.refusal = refusal;
    try {
      const couriers = ['acceptance', 'standby', 'exit-roots', 'approvals'].map(
        (what) => `/v1/${what}?chain=${HOME_CHAIN}`,
      );
      for (const path of ['/v1/health', '/v1/identity', '/v1/openapi.json', '/metrics', ...couriers]) {
        expect((await fetch(server.url + path)).status).toBe(200);
      }
      for (const path of ['/v1/assets', '/v1/books', '/v1/solvency', '/v1/checkpoints/latest']) {
        const { status, json, headers } = await call(server, path);
        expect([status, json]).toEqual([503, { ...refusal, details: {} }]);
        expect(headers.get('retry-after')).toBe('1');
      }
      expect((await post(server, '/v1/batches', batchBody())).status).toBe(503);
    } finally {
      server.keeper.refusal = undefined;
    }
  });
});

describe('the OpenAPI document', () => {
  it('describes every route with request, answer and error', async () => {
    const { json } = await call(server, '/v1/openapi.json');
    expect(json.openapi).toBe('3.1.0');
    const routes = Object.entries(json.paths).flatMap(([path, methods]) =>
      Object.keys(methods as object).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(routes.sort()).toEqual([
      'DELETE /v1/session',
      'DELETE /v1/withdrawals',
      'GET /metrics',
      'GET /v1/acceptance',
      'GET /v1/account',
      'GET /v1/approvals',
      'GET /v1/assets',
      'GET /v1/books',
      'GET /v1/books/{id}/depth',
      'GET /v1/books/{id}/orders',
      'GET /v1/candles',
      'GET /v1/checkpoints/latest',
      'GET /v1/exit-proof',
      'GET /v1/exit-roots',
      'GET /v1/fills',
      'GET /v1/forced-answers',
      'GET /v1/health',
      'GET /v1/identity',
      'GET /v1/openapi.json',
      'GET /v1/orders',
      'GET /v1/prices',
      'GET /v1/solvency',
      'GET /v1/standby',
      'GET /v1/trades',
      'GET /v1/withdrawals',
      'POST /v1/account/simulate',
      'POST /v1/batches',
      'POST /v1/session',
      'POST /v1/session/nonce',
      'POST /v1/withdrawals',
    ]);
    const batch = json.paths['/v1/batches'].post;
    const action = batch.requestBody.content['application/json'].schema.properties.message.properties.actions;
    expect(action).toMatchObject({ maxItems: 1024, items: { additionalProperties: false } });
    expect(batch.responses.default.content['application/json'].schema).toEqual({ $ref: '#/components/schemas/Error' });
    const { code } = json.components.schemas.Error.properties;
    expect([code.enum, code['x-status']]).toEqual([Object.keys(STATUS), STATUS]);
    expect(json.paths['/v1/books/{id}/depth'].get.parameters).toMatchObject([
      { name: 'id', in: 'path', required: true },
      { name: 'levels', in: 'query', required: false, schema: { type: 'integer', maximum: 200 } },
    ]);
    expect(json.paths['/v1/account'].get.security).toEqual([{ session: [] }]);
  });
});
