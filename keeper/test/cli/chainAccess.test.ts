import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { privateKeyToAccount } from 'viem/accounts';
import { afterEach, expect, it } from 'vitest';
import { developmentKey } from '../../src/cli/devnet/accounts.ts';
import { walletOf } from '../../src/cli/support/chainAccess.ts';

let server: Server | undefined;
afterEach(() => server?.close());

it('gives a transaction a fifth more gas than its estimate, and changes no other answer', async () => {
  server = createServer((request, response) => {
    request.resume().once('end', () => {
      response.setHeader('content-type', 'application/json').end('{"jsonrpc":"2.0","id":1,"result":"0x64"}');
    });
  });
  await new Promise<void>((listening) => server?.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const address = `0x${'00'.repeat(20)}` as const;
  const chain = {
    chainId: 31_337,
    name: 'home',
    rpcUrl: `http://127.0.0.1:${port}`,
    registry: address,
    router: address,
  };
  const wallet = walletOf(chain, privateKeyToAccount(developmentKey(1).privateKey));
  expect(await wallet.request({ method: 'eth_estimateGas', params: [{}] })).toBe('0x78');
  expect(await wallet.request({ method: 'eth_blockNumber' } as never)).toBe('0x64');
});
