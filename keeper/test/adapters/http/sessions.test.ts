import { hashMessage } from 'viem';
import { createSiweMessage } from 'viem/siwe';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HOME_CHAIN } from './support/fakeKeeperApi.ts';
import {
  alice,
  aliceAddress,
  call,
  executor,
  post,
  signIn,
  startTestServer,
  type TestServer,
  trySignIn,
} from './support/testServer.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let server: TestServer;

beforeEach(async () => {
  server = await startTestServer({ limits: { ip: { perSecond: 1000, burst: 100_000 } } });
});
afterEach(() => server.close());

async function expectRefused(attempt: Parameters<typeof trySignIn>[2], reason: RegExp): Promise<void> {
  const { status, json } = await trySignIn(server, alice, attempt);
  expect([status, json.code]).toEqual([401, 'session.refused']);
  expect(json.message).toMatch(reason);
}

const after = (milliseconds: number) => new Date(server.keeper.time + milliseconds);

describe('signing in', () => {
  it('gives a token that opens the account, for twelve hours', async () => {
    const { status, json } = await trySignIn(server, alice);
    expect([status, json.address, json.expiresAt]).toEqual([200, aliceAddress, server.keeper.time + 12 * HOUR_MS]);
    expect((await call(server, '/v1/account', { token: json.token })).json[0].address).toBe(aliceAddress);
    server.keeper.time += 12 * HOUR_MS;
    expect((await call(server, '/v1/account', { token: json.token })).json.code).toBe('session.unknown');
  });

  it('takes the optional fields of the standard', async () => {
    const fields = {
      statement: 'I want to see my balances.',
      requestId: 'r-1',
      resources: ['https://example.com/terms'],
      expirationTime: after(HOUR_MS),
      notBefore: after(-1),
    };
    const { status, json } = await trySignIn(server, alice, { fields });
    expect([status, json.expiresAt]).toEqual([200, server.keeper.time + HOUR_MS]);
  });

  it('takes times without milliseconds, as other libraries write them', async () => {
    const text = (message: string) => message.replace('.000Z', 'Z');
    expect((await trySignIn(server, alice, { text })).status).toBe(200);
  });

  it('refuses another domain, URI, chain or version', async () => {
    await expectRefused({ fields: { domain: 'evil.example' } }, /domain/);
    await expectRefused({ fields: { uri: 'https://evil.example' } }, /URI/);
    await expectRefused({ fields: { uri: `ftp://${server.host}` } }, /URI/);
    await expectRefused({ fields: { chainId: HOME_CHAIN + 1 } }, /chain id/);
    await expectRefused({ fields: { scheme: 'https' } }, /scheme/);
    await expectRefused({ text: (message) => message.replace('Version: 1', 'Version: 2') }, /EIP-4361/);
  });

  it('refuses a text that only looks like the standard', async () => {
    const first = /^.* wants you/;
    for (const text of [
      (message: string) => `${message}\n`,
      (message: string) => `${message}\nNote: more`,
      (message: string) => `Hello.\n${message}`,
      (message: string) => message.replace('\n\n\n', '\n\nURI: https://evil.example\nVersion: 1\n\n'),
      (message: string) => message.replace(first, `${server.host}\u0000 wants you`),
      (message: string) => message.replace('Nonce: ', 'Nonce:  '),
      () => 'sign in, please',
    ]) {
      await expectRefused({ text }, /EIP-4361|domain/);
    }
  });

  it('refuses what is expired, not valid yet, too old or of the future', async () => {
    await expectRefused({ fields: { expirationTime: after(0) } }, /expired/);
    await expectRefused({ fields: { notBefore: after(1) } }, /not valid yet/);
    await expectRefused({ fields: { issuedAt: after(2 * MINUTE_MS) } }, /future/);
    await expectRefused({ fields: { issuedAt: after(-10 * MINUTE_MS) } }, /too long ago/);
    await expectRefused({ text: (message) => message.replace(/Issued At: .*/, 'Issued At: yesterday') }, /EIP-4361/);
  });

  it('takes a nonce once only', async () => {
    const { nonce } = (await post(server, '/v1/session/nonce')).json;
    expect((await trySignIn(server, alice, { fields: { nonce } })).status).toBe(200);
    await expectRefused({ fields: { nonce } }, /used before/);
  });

  it('takes a nonce once only when two use it at the same time', async () => {
    const { nonce } = (await post(server, '/v1/session/nonce')).json;
    const answers = await Promise.all([1, 2, 3].map(() => trySignIn(server, alice, { fields: { nonce } })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401]);
  });

  it('refuses nonces that are made up, altered or too old', async () => {
    const { nonce } = (await post(server, '/v1/session/nonce')).json;
    const altered = (nonce[20] === '0' ? '1' : '0') + nonce.slice(21);
    await expectRefused({ fields: { nonce: 'abcdefgh12345678' } }, /nonce/);
    await expectRefused({ fields: { nonce: nonce.slice(0, 20) + altered } }, /nonce/);
    server.keeper.time += 5 * MINUTE_MS + 1;
    await expectRefused({ fields: { nonce } }, /nonce/);
  });

  it('does not spend the nonce of somebody whose signature is wrong', async () => {
    const { nonce } = (await post(server, '/v1/session/nonce')).json;
    await expectRefused({ fields: { nonce, address: executor.address } }, /signature/);
    expect((await trySignIn(server, alice, { fields: { nonce } })).status).toBe(200);
  });

  it('refuses a nonce of another keeper', async () => {
    const other = await startTestServer();
    const { nonce } = (await post(other, '/v1/session/nonce')).json;
    await other.close();
    await expectRefused({ fields: { nonce } }, /nonce/);
  });

  it('refuses a signature that is none', async () => {
    const message = 'x wants you to sign in with your Ethereum account:\n';
    for (const signature of ['0x', `0x${'00'.repeat(65)}`, `0x${'ff'.repeat(65)}`]) {
      expect([400, 401]).toContain((await post(server, '/v1/session', { message, signature })).status);
    }
  });
});

describe('a contract account', () => {
  const wallet = '0x00000000000000000000000000000000000000C1';
  /** What the contract's owner signs, for the contract. */
  const attempt = { fields: { address: wallet, chainId: HOME_CHAIN + 1 } } as const;

  it('signs in on its own chain when it accepts the signature there', async () => {
    server.keeper.contractRefusal = undefined;
    let signed = '';
    const { status, json } = await trySignIn(server, alice, {
      ...attempt,
      text: (message) => {
        signed = message;
        return message;
      },
    });
    expect([status, json.address]).toEqual([200, wallet.toLowerCase()]);
    expect(server.keeper.calls.at(-1)).toEqual({
      account: wallet.toLowerCase(),
      chainId: HOME_CHAIN + 1,
      digest: hashMessage(signed),
      signature: await alice.signMessage({ message: signed }),
    });
    const own = await call(server, '/v1/account', { token: json.token });
    expect([own.status, own.json]).toEqual([200, []]);
  });

  it('does not when it refuses the signature', async () => {
    await expectRefused(attempt, /signature/);
  });

  it('is told to come again when its chain cannot be asked, and its nonce is still good', async () => {
    const { nonce } = (await post(server, '/v1/session/nonce')).json;
    const again = { fields: { ...attempt.fields, nonce } };
    server.keeper.contractRefusal = { code: 'keeper.notReady', message: 'No RPC answers.', retryable: true };
    const { status, json } = await trySignIn(server, alice, again);
    expect([status, json.code, json.retryable]).toEqual([503, 'keeper.notReady', true]);
    server.keeper.contractRefusal = undefined;
    expect((await trySignIn(server, alice, again)).status).toBe(200);
    await expectRefused(again, /used before/);
  });

  it('may have signatures of other lengths than an EOA', async () => {
    server.keeper.contractRefusal = undefined;
    const { nonce } = (await post(server, '/v1/session/nonce')).json;
    const issuedAt = new Date(server.keeper.time);
    const common = { domain: server.host, uri: server.url, version: '1', nonce, issuedAt } as const;
    const message = createSiweMessage({ ...common, ...attempt.fields });
    for (const [bytes, expected] of [
      [4_097, 400],
      [130, 200],
    ] as const) {
      const signature = `0x${'ab'.repeat(bytes)}`;
      expect((await post(server, '/v1/session', { message, signature })).status).toBe(expected);
    }
  });

  it('is not asked for when an EOA has signed on a foreign chain', async () => {
    server.keeper.contractRefusal = undefined;
    await expectRefused({ fields: { chainId: HOME_CHAIN + 1 } }, /chain id must be 31337/);
    expect(server.keeper.calls).toEqual([]);
  });
});

describe('a session', () => {
  it('ends when its owner signs out', async () => {
    const token = await signIn(server, alice);
    const { status, json } = await call(server, '/v1/session', { method: 'DELETE', token });
    expect([status, json]).toEqual([200, { closed: true }]);
    expect((await call(server, '/v1/account', { token })).status).toBe(401);
    expect((await call(server, '/v1/session', { method: 'DELETE', token })).status).toBe(401);
  });

  it('is not opened by anything that is no token', async () => {
    for (const token of ['x', '', '../..', '__proto__', 'constructor', 'a'.repeat(200)]) {
      const { status, json } = await call(server, '/v1/account', { token });
      expect([status, json.code]).toEqual([401, 'session.unknown']);
    }
    const response = await fetch(`${server.url}/v1/account`, { headers: { authorization: 'Basic YTpi' } });
    expect(response.status).toBe(401);
  });

  it('that is unknown is refused also where none is needed', async () => {
    expect((await call(server, '/v1/trades?book=1', { token: 'x' })).json.code).toBe('session.unknown');
  });
});
