import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPublicClient, createWalletClient, http } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Anvil, startAnvil } from '../../src/cli/devnet/anvil.ts';
import { chainWithGasMargin } from '../../src/client/chain.ts';
import { developmentKey } from '../support/deployContracts.ts';

/** What a plain transfer costs. */
const ESTIMATE = 21_000n;

let anvil: Anvil;
let olderNode: Server;
/** Of what the older node was asked. */
const refused: string[] = [];

beforeAll(async () => {
  anvil = await startAnvil({ chainId: 31_337 });
  // The same chain by an RPC that does not know the method with which newer ones fill in what a transaction lacks.
  olderNode = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const { id, method } = JSON.parse(body) as { id: number; method: string };
    response.setHeader('content-type', 'application/json');
    if (method === 'eth_fillTransaction') {
      refused.push(method);
      response.end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32_601, message: 'Method not found' } }));
      return;
    }
    const answer = await fetch(anvil.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    response.end(await answer.text());
  });
  await new Promise<void>((listening) => olderNode.listen(0, '127.0.0.1', listening));
});
afterAll(async () => {
  olderNode.close();
  await anvil.stop();
});

const olderUrl = () => `http://127.0.0.1:${(olderNode.address() as AddressInfo).port}`;

it.each([
  ['fills in what a transaction lacks', () => anvil.url, []],
  ['only estimates', olderUrl, ['eth_fillTransaction']],
])('gives a transaction a fifth more gas than its estimate when the RPC %s', async (_, url, expectedRefusals) => {
  const settings = {
    chain: chainWithGasMargin({
      id: 31_337,
      name: 'home',
      nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
      rpcUrls: { default: { http: [url()] } },
    }),
    transport: http(url()),
  };
  const account = privateKeyToAccount(developmentKey(1));
  const wallet = createWalletClient({ ...settings, account });
  const hash = await wallet.sendTransaction({ to: account.address, value: 1n });
  const { gas } = await createPublicClient(settings).getTransaction({ hash });
  expect(gas).toBe((ESTIMATE * 12n) / 10n);
  expect(refused.splice(0)).toEqual(expectedRefusals);
});
