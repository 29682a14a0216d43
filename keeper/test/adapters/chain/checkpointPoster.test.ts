import { parseEther, parseGwei } from 'viem';
import { privateKeyToAddress } from 'viem/accounts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createChainReader } from '../../../src/adapters/chain/chainReader.ts';
import { createCheckpointPoster } from '../../../src/adapters/chain/checkpointPoster.ts';
import { type Anvil, startAnvil } from '../../../src/cli/devnet/anvil.ts';
import type { Hex } from '../../../src/core/commands.ts';
import type { CheckpointPoster, SignedCheckpoint } from '../../../src/core/ports.ts';
import { ZERO_HASH } from '../../../src/core/typedMessages.ts';
import { deployContracts, developmentKey, signCheckpoint, type TestContracts } from '../../support/deployContracts.ts';
import { always, type RpcProxy, startRpcProxy } from '../../support/rpcProxy.ts';
import { failure } from '../../support/threeRpcs.ts';

const gasKey = developmentKey(8);
const gasAddress = privateKeyToAddress(gasKey);

let anvil: Anvil;
let contracts: TestContracts;
let untouched: Hex;

beforeAll(async () => {
  anvil = await startAnvil({ chainId: 31337, slotsInAnEpoch: 1 });
  contracts = await deployContracts(anvil.url);
  await contracts.electLeader();
  untouched = await contracts.client.snapshot();
});

afterAll(() => anvil.stop());

beforeEach(async () => {
  await contracts.client.request({ method: 'anvil_dropAllTransactions' } as never);
  await contracts.client.revert({ id: untouched });
  untouched = await contracts.client.snapshot();
  await contracts.client.setAutomine(true);
});

function poster(options: Partial<Parameters<typeof createCheckpointPoster>[0]> = {}): CheckpointPoster {
  const { chainId, checkpointer } = contracts;
  return createCheckpointPoster({
    chainId,
    checkpointer,
    rpcUrls: [anvil.url],
    privateKey: gasKey,
    timeoutMs: 1_000,
    ...options,
  });
}

function first(payload: Uint8Array = Uint8Array.of(1, 2, 3)) {
  return signCheckpoint(contracts, { number: 1, parent: ZERO_HASH, payload });
}

function tip() {
  const { chainId, checkpointer } = contracts;
  const reader = createChainReader({ chainId, rpcUrls: [anvil.url], quorum: 1, finality: 'finalized' });
  return reader.readTip(checkpointer, 'latest');
}

/** Posts and waits until it is mined. */
async function land(from: CheckpointPoster, signed: SignedCheckpoint): Promise<Hex> {
  const hash = await from.post(signed);
  await contracts.client.waitForTransactionReceipt({ hash });
  return hash;
}

describe('posting a checkpoint', () => {
  it('lands it with payload, withdrawals and ciphertexts', async () => {
    const signed = await first(new Uint8Array(5_000).fill(7));
    const hash = await land(poster(), signed);
    expect(await contracts.client.getTransactionReceipt({ hash })).toMatchObject({ status: 'success' });
    expect(await tip()).toEqual({ number: 1, digest: signed.digest });
  });

  it('does nothing when the same checkpoint has landed meanwhile', async () => {
    const from = poster();
    const signed = await first();
    const hash = await land(from, signed);
    expect(await from.post(signed)).toBe(hash);
    expect(await contracts.client.getTransactionCount({ address: gasAddress })).toBe(1);
  });

  it('replaces one that is not mined by the same at a higher fee', async () => {
    await contracts.client.setAutomine(false);
    const from = poster();
    const signed = await first();
    const hashes = [await from.post(signed), await from.post(signed), await from.post(signed)];
    const [one, two, three] = await Promise.all(
      hashes.map((hash) => contracts.client.getTransaction({ hash }).catch(() => undefined)),
    );
    expect([one, two]).toEqual([undefined, undefined]);
    expect(three).toMatchObject({ nonce: 0, blockNumber: null });
    await contracts.client.mine({ blocks: 1 });
    expect(await tip()).toEqual({ number: 1, digest: signed.digest });
    expect(await from.post(signed)).toBe(hashes[2]);
  });

  it('replaces what an earlier run left in the pool, whose fee it does not know', async () => {
    await contracts.client.setAutomine(false);
    const signed = await first();
    const earlier = poster();
    await earlier.post(signed);
    await earlier.post(signed);
    const hash = await poster().post(signed);
    await contracts.client.mine({ blocks: 1 });
    expect(await contracts.client.getTransactionReceipt({ hash })).toMatchObject({ status: 'success' });
  });

  it('pays more each time, and never more than the limit', async () => {
    await contracts.client.setAutomine(false);
    const signed = await first();
    const { maxFeePerGas } = await contracts.client.estimateFeesPerGas();
    const from = poster({ maxFeePerGas: (maxFeePerGas * 14n) / 10n });
    await from.post(signed);
    await from.post(signed);
    expect(await failure(from.post(signed))).toMatchObject({ code: 'gas', retryable: true });
  });

  it('posts one after the other', async () => {
    const from = poster();
    const one = await first();
    const two = await signCheckpoint(contracts, { number: 2, parent: one.digest, payload: Uint8Array.of(2) });
    await land(from, one);
    await land(from, two);
    expect(await tip()).toEqual({ number: 2, digest: two.digest });
  });
});

describe('what goes wrong is said', () => {
  it('when the contract refuses: its error with its arguments', async () => {
    const third = await signCheckpoint(contracts, { number: 3, parent: ZERO_HASH, payload: Uint8Array.of(3) });
    const error = await failure(poster().post(third));
    expect(error).toMatchObject({ code: 'reverted', retryable: false });
    expect(error.message).toContain('Checkpointer_WrongNumber(3, 1)');
    expect(await contracts.client.getTransactionCount({ address: gasAddress })).toBe(0);
  });

  it('when somebody else has posted a checkpoint of that number', async () => {
    await land(poster({ privateKey: developmentKey(7) }), await first(Uint8Array.of(9)));
    const error = await failure(poster().post(await first()));
    expect(error).toMatchObject({ code: 'reverted' });
    expect(error.message).toContain('Checkpointer_WrongNumber(1, 2)');
  });

  it('when the gas key is empty', async () => {
    await contracts.client.setBalance({ address: gasAddress, value: 1_000n });
    const from = poster();
    const error = await failure(from.post(await first()));
    expect(error).toMatchObject({ code: 'gas', retryable: true });
    expect(error.message).toContain(gasAddress.toLowerCase());
    expect(error.message).toContain('holds 0.000000000000001 ETH');
    expect(await from.gasBalance()).toBe(1_000n);
    await contracts.client.setBalance({ address: gasAddress, value: parseEther('1') });
    await land(from, await first());
    expect((await tip()).number).toBe(1);
  });

  it('when an RPC wants too much for gas', async () => {
    const proxy = await startRpcProxy(anvil.url);
    proxy.lie(always('eth_maxPriorityFeePerGas', { result: `0x${parseGwei('100000').toString(16)}` }));
    const error = await failure(poster({ rpcUrls: [proxy.url] }).post(await first()));
    expect(error).toMatchObject({ code: 'gas' });
    expect(error.message).toContain('the limit is 500');
    await proxy.stop();
  });
});

describe('several RPCs', () => {
  let proxies: RpcProxy[];

  beforeEach(async () => {
    proxies = await Promise.all([0, 1].map(() => startRpcProxy(anvil.url)));
    return () => Promise.all(proxies.map((proxy) => proxy.stop()));
  });

  const through = () => poster({ rpcUrls: proxies.map(({ url }) => url) });

  it('are enough when one is down', async () => {
    await proxies[0]?.stop();
    await land(through(), await first());
    expect((await tip()).number).toBe(1);
  });

  it('are all sent the transaction', async () => {
    await through().post(await first());
    expect(proxies.map(({ asked }) => asked.filter((method) => method === 'eth_sendRawTransaction'))).toEqual([
      ['eth_sendRawTransaction'],
      ['eth_sendRawTransaction'],
    ]);
  });

  it('are tried in turn when the first tells nonsense about the nonce', async () => {
    proxies[0]?.lie(always('eth_getTransactionCount', { result: '0x0' }));
    const from = through();
    const one = await first();
    await land(from, one);
    const two = await signCheckpoint(contracts, { number: 2, parent: one.digest, payload: Uint8Array.of(2) });
    expect(await failure(from.post(two))).toMatchObject({ code: 'pending', retryable: true });
    await land(from, two);
    expect((await tip()).number).toBe(2);
  });

  it('that are all down are a reason to try again', async () => {
    for (const proxy of proxies) proxy.lie(() => ({ status: 502 }));
    const error = await failure(through().post(await first()));
    expect(error).toMatchObject({ code: 'unreachable', retryable: true });
    expect(error.message).toContain('HTTP 502');
  });
});
