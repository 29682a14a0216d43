import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { depositRegistryAbi } from '@myrtle-wyckoff/generated';
import { createPublicClient, createWalletClient, encodeFunctionData, erc20Abi, http, type PublicClient } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Anvil, startAnvil } from '../../src/cli/devnet/anvil.ts';
import { chainWithGasMargin, succeeded, TransactionError } from '../../src/client/chain.ts';
import type { Hex } from '../../src/core/commands.ts';
import { deployContracts, developmentKey, type TestContracts } from '../support/deployContracts.ts';
import { always, startRpcProxy } from '../support/rpcProxy.ts';

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

function settingsFor(url: string) {
  const chain = chainWithGasMargin({
    id: 31_337,
    name: 'home',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [url] } },
  });
  return { chain, transport: http(url), pollingInterval: 20 };
}

const olderUrl = () => `http://127.0.0.1:${(olderNode.address() as AddressInfo).port}`;

it.each([
  ['fills in what a transaction lacks', () => anvil.url, []],
  ['only estimates', olderUrl, ['eth_fillTransaction']],
])('gives a transaction a fifth more gas than its estimate when the RPC %s', async (_, url, expectedRefusals) => {
  const settings = settingsFor(url());
  const account = privateKeyToAccount(developmentKey(1));
  const wallet = createWalletClient({ ...settings, account });
  const hash = await wallet.sendTransaction({ to: account.address, value: 1n });
  const { gas } = await createPublicClient(settings).getTransaction({ hash });
  expect(gas).toBe((ESTIMATE * 12n) / 10n);
  expect(refused.splice(0)).toEqual(expectedRefusals);
});

describe('a transaction that is mined and fails', () => {
  const account = privateKeyToAccount(developmentKey(0));
  let contracts: TestContracts;
  beforeAll(async () => {
    contracts = await deployContracts(anvil.url);
  });

  /** Without an estimate, which would have refused what fails. */
  function send(data: Hex, gas: bigint, to = contracts.registry): Promise<Hex> {
    return createWalletClient({ transport: http(anvil.url), account }).sendTransaction({
      chain: null,
      to,
      data,
      gas,
    });
  }
  const deposit = () => {
    const args = [contracts.token, 1n, account.address, 0] as const;
    return encodeFunctionData({ abi: depositRegistryAbi, functionName: 'deposit', args });
  };
  const enterExitMode = encodeFunctionData({ abi: depositRegistryAbi, functionName: 'enterExitMode' });
  const readerAt = (url: string) => createPublicClient(settingsFor(url)) as PublicClient;

  it('is told with the error of the contract and its values', async () => {
    const attempt = succeeded(readerAt(anvil.url), await send(enterExitMode, 1_000_000n));
    await expect(attempt).rejects.toThrow(TransactionError);
    await expect(attempt).rejects.toThrow(/failed: ExitHatch_NotLongEnough\([0-9]+, [0-9]+, 604800\)\. /);
  });

  it.each([
    ['at once', 30_000n],
    ['in a call inside, which fails with another error', 60_000n],
  ])('is told to have run out of gas %s', async (_, gas) => {
    const attempt = succeeded(readerAt(anvil.url), await send(deposit(), gas));
    await expect(attempt).rejects.toThrow(`failed: its ${gas} gas were too little. `);
  });

  it('is told to have come second where the block before would have let it pass', async () => {
    const { client, token } = contracts;
    await client.setAutomine(false);
    const revoke = encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [contracts.registry, 0n] });
    await send(revoke, 100_000n, token);
    const hash = await send(deposit(), 1_000_000n);
    await client.mine({ blocks: 1 });
    await client.setAutomine(true);
    await expect(succeeded(readerAt(anvil.url), hash)).rejects.toThrow(/another transaction of its block/);
  });

  it('is told without a reason where the RPC does not know the block before any more', async () => {
    const proxy = await startRpcProxy(anvil.url);
    proxy.lie(always('eth_call', { error: { code: -32_000, message: 'missing trie node' } }));
    try {
      const attempt = succeeded(readerAt(proxy.url), await send(enterExitMode, 1_000_000n));
      await expect(attempt).rejects.toThrow(/failed: the RPC does not say why \(missing trie node\)\. /);
    } finally {
      await proxy.stop();
    }
  });
});
