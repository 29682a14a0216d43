import { authorityAbi, depositRegistryAbi } from '@myrtle-wyckoff/generated';
import { encodeFunctionData, hashMessage, toHex } from 'viem';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ChainError } from '../../../src/adapters/chain/chainError.ts';
import { type ChainReaderOptions, createChainReader } from '../../../src/adapters/chain/chainReader.ts';
import { createCourierWallet } from '../../../src/adapters/chain/courierWallet.ts';
import { requestForced } from '../../../src/client/forced.ts';
import type { Address, Hex } from '../../../src/core/commands.ts';
import { decodeRegistryEntry } from '../../../src/core/logEntries.ts';
import type { ChainReader } from '../../../src/core/ports.ts';
import { ZERO_HASH } from '../../../src/core/typedMessages.ts';
import {
  deployAnswering,
  developmentKey,
  EVIDENCE,
  enclave,
  leader,
  NOBODY,
  signStandbyStep,
} from '../../support/deployContracts.ts';
import { aboutLogs, always, behindAt, type Lie, otherChain, otherHashes, type RawLog } from '../../support/rpcProxy.ts';
import {
  after,
  amounts,
  FINALITY_BLOCKS,
  failure,
  somebody,
  startThreeRpcs,
  type ThreeRpcs,
} from '../../support/threeRpcs.ts';

let rpcs: ThreeRpcs;
let untouched: Hex;

beforeAll(async () => {
  rpcs = await startThreeRpcs();
});

afterAll(() => rpcs.stop());

beforeEach(async () => {
  untouched = await rpcs.contracts.client.snapshot();
});

afterEach(async () => {
  await rpcs.contracts.client.revert({ id: untouched });
  await rpcs.renew();
});

function ok(from: ChainReader): boolean[] {
  return from.health().map((rpc) => rpc.ok);
}

describe('a log read through honest RPCs', () => {
  it('gives the entries of many blocks in their order', async () => {
    await rpcs.deposit(1, 2, 3);
    await rpcs.finalise();
    const segment = await rpcs.reader().readLog(rpcs.contracts.registry, rpcs.genesis(), 'finalized');
    expect(amounts(segment)).toEqual([1, 2, 3]);
    expect(segment.firstIndex).toBe(0);
    // The vault lists its token in its constructor.
    expect(segment.entries).toHaveLength(4);
  });

  it('gives several entries of one block', async () => {
    await rpcs.contracts.client.setAutomine(false);
    const sent: Promise<void>[] = [];
    for (const amount of [1, 2]) {
      sent.push(rpcs.deposit(amount));
      await expect.poll(() => rpcs.contracts.client.getTxpoolStatus()).toMatchObject({ pending: amount });
    }
    await rpcs.contracts.client.mine({ blocks: 1 });
    await Promise.all(sent);
    await rpcs.contracts.client.setAutomine(true);
    await rpcs.finalise();
    const segment = await rpcs.reader().readLog(rpcs.contracts.registry, rpcs.genesis(), 'finalized');
    expect(amounts(segment)).toEqual([1, 2]);
  });

  it('goes on from a position', async () => {
    const from = rpcs.reader();
    await rpcs.deposit(1);
    await rpcs.finalise();
    const first = await from.readLog(rpcs.contracts.registry, rpcs.genesis(), 'finalized');
    await rpcs.deposit(2, 3);
    await rpcs.finalise();
    const second = await from.readLog(rpcs.contracts.registry, after(rpcs.genesis(), first), 'finalized');
    expect(amounts(second)).toEqual([2, 3]);
    expect(second.firstIndex).toBe(2);
    expect(second.block.number).toBeGreaterThan(first.block.number);
  });

  it('gives nothing at the head, and the block up to which nothing happened', async () => {
    const from = rpcs.reader();
    await rpcs.deposit(1);
    await rpcs.finalise();
    const first = await from.readLog(rpcs.contracts.registry, rpcs.genesis(), 'finalized');
    await rpcs.contracts.client.mine({ blocks: 5 });
    const second = await from.readLog(rpcs.contracts.registry, after(rpcs.genesis(), first), 'finalized');
    expect(second).toMatchObject({ firstIndex: 2, entries: [], block: { number: first.block.number + 5 } });
  });

  it('gives nothing of a contract to which nothing ever happened', async () => {
    await rpcs.finalise();
    const { checkpointer } = rpcs.contracts;
    const segment = await rpcs.reader().readLog(checkpointer, rpcs.genesis(checkpointer), 'finalized');
    expect(segment).toMatchObject({ firstIndex: 0, entries: [] });
  });

  it('gives what is final, and at latest what is not', async () => {
    await rpcs.deposit(1);
    await rpcs.finalise();
    await rpcs.deposit(2);
    expect(amounts(await rpcs.reader().readLog(rpcs.contracts.registry, rpcs.genesis(), 'finalized'))).toEqual([1]);
    expect(amounts(await rpcs.reader().readLog(rpcs.contracts.registry, rpcs.genesis(), 'latest'))).toEqual([1, 2]);
    expect(
      amounts(
        await rpcs.reader({ finality: { depth: 1 } }).readLog(rpcs.contracts.registry, rpcs.genesis(), 'finalized'),
      ),
    ).toEqual([1]);
    expect(
      amounts(
        await rpcs.reader({ finality: { depth: 0 } }).readLog(rpcs.contracts.registry, rpcs.genesis(), 'finalized'),
      ),
    ).toEqual([1, 2]);
  });

  it('proves entries of kinds that the ABI of the reader does not know', async () => {
    await rpcs.finalise();
    const segment = await rpcs
      .reader()
      .readLog(rpcs.contracts.authority, rpcs.genesis(rpcs.contracts.authority), 'finalized');
    expect(segment.entries).toHaveLength(1);
    expect(decodeRegistryEntry(segment.entries[0] as never, 'entry')).toBeUndefined();
  });

  it('reads a long log in pieces when the RPCs refuse many blocks at once', async () => {
    await rpcs.deposit(1, 2, 3, 4);
    await rpcs.finalise();
    const limited: Lie = ({ method, params }) => {
      const [{ fromBlock, toBlock }] = params.length > 0 ? params : [{}];
      if (method !== 'eth_getLogs' || Number(toBlock) - Number(fromBlock) < 3) return undefined;
      return { error: { code: -32602, message: 'exceed maximum block range: 3' } };
    };
    for (const proxy of rpcs.proxies) proxy.lie(limited);
    const from = rpcs.reader();
    expect(amounts(await from.readLog(rpcs.contracts.registry, rpcs.genesis(), 'finalized'))).toEqual([1, 2, 3, 4]);
    expect(ok(from)).toEqual([true, true, true]);
  });

  it('reads a long log in pieces when an answer with many blocks takes too long', async () => {
    await rpcs.deposit(1, 2, 3);
    await rpcs.finalise();
    const slow: Lie = ({ method, params }) =>
      method === 'eth_getLogs' && params[0].fromBlock === '0x0' && Number(params[0].toBlock) > 4 ? 'hang' : undefined;
    for (const proxy of rpcs.proxies) proxy.lie(slow);
    const segment = await rpcs.reader({ timeoutMs: 500 }).readLog(rpcs.contracts.registry, rpcs.genesis(), 'finalized');
    expect(amounts(segment)).toEqual([1, 2, 3]);
  });

  it('agrees on the final block once for several reads in a row', async () => {
    await rpcs.deposit(1);
    await rpcs.finalise();
    let now = Date.now();
    const from = rpcs.reader({ finalReuseMs: 1_000, now: () => now });
    const first = await from.readLog(rpcs.contracts.registry, rpcs.genesis(), 'finalized');
    const asked = rpcs.proxies[0]?.asked.length;
    await rpcs.finalise();
    const again = await from.readLog(rpcs.contracts.registry, rpcs.genesis(), 'finalized');
    expect(again).toEqual(first);
    expect(rpcs.proxies[0]?.asked.slice(asked)).not.toContain('eth_getBlockByNumber');
    now += 1_000;
    const later = await from.readLog(rpcs.contracts.registry, rpcs.genesis(), 'finalized');
    expect(later.block.number).toBe(first.block.number + FINALITY_BLOCKS);
  });

  it('says which contract does not answer', async () => {
    const error = await failure(rpcs.reader().readLog(NOBODY, rpcs.genesis(NOBODY), 'latest'));
    expect(error).toMatchObject({ code: 'configuration', retryable: false });
    expect(error.message).toContain(NOBODY);
  });
});

describe('one liar among three', () => {
  const liar = 0;
  const changeFirst = (change: (log: RawLog) => RawLog) =>
    aboutLogs(([first, ...rest]) => (first === undefined ? [] : [change(first), ...rest]));
  const lies: Record<string, Lie> = {
    'leaves out the first log': aboutLogs((logs) => logs.slice(1)),
    'leaves out the last log': aboutLogs((logs) => logs.slice(0, -1)),
    'leaves out all logs': aboutLogs(() => []),
    'changes an amount': aboutLogs((logs) =>
      logs.map((log) => ({ ...log, data: log.data.replace(/0{63}2/, `${'0'.repeat(61)}999`) as Hex })),
    ),
    'changes a kind': changeFirst((log) => ({ ...log, topics: [hashMessage('other'), ...log.topics.slice(1)] })),
    'invents a log before the others': aboutLogs((logs) => [
      { ...(logs[1] as RawLog), topics: logs[0]?.topics ?? [] },
      ...logs,
    ]),
    'invents a log at the end': aboutLogs((logs) => [
      ...logs,
      { ...(logs[3] as RawLog), topics: [logs[3]?.topics[0] as Hex, `0x${'4'.padStart(64, '0')}`] },
    ]),
    'swaps two logs': aboutLogs((logs) => [logs[0], logs[2], logs[1], ...logs.slice(3)] as RawLog[]),
    'swaps what two logs say': aboutLogs((logs) =>
      logs.map((log, i) => ({ ...log, data: (i === 1 ? logs[2]?.data : i === 2 ? logs[1]?.data : log.data) as Hex })),
    ),
  };

  beforeEach(async () => {
    await rpcs.deposit(1, 2, 3);
    await rpcs.finalise();
  });

  for (const [name, what] of Object.entries(lies)) {
    it(`that ${name} changes nothing and is marked`, async () => {
      rpcs.lie(liar, what);
      const from = rpcs.reader();
      const segment = await from.readLog(rpcs.contracts.registry, rpcs.genesis(), 'finalized');
      expect(amounts(segment)).toEqual([1, 2, 3]);
      expect(ok(from)).toEqual([false, true, true]);
      expect(from.health()[liar]?.lastError).toContain('do not lead to the head');
    });
  }

  const failures: Record<string, Lie> = {
    'answers for another chain': otherChain(1),
    'gives other block hashes': otherHashes,
    'invents a far final block': always('eth_getBlockByNumber', {
      result: { number: '0xffffff', hash: `0x${'ab'.repeat(32)}`, timestamp: '0xffffffff' },
    }),
    'says that the vault has another head': always('eth_call', { result: `0x${'77'.repeat(32)}` }),
    'answers with status 500': () => ({ status: 500 }),
    'answers with garbage': () => ({ body: '<html>out of order</html>' }),
    'answers with the wrong shape': () => ({ result: { garbage: [1, 2, 3] } }),
    'breaks off in the middle': () => 'cut',
    'asks for an hour of patience': () => ({ status: 429, headers: { 'retry-after': '3600' } }),
  };
  for (const [name, what] of Object.entries(failures)) {
    it(`that ${name} changes nothing and is marked`, async () => {
      rpcs.lie(liar, what);
      const from = rpcs.reader();
      expect(amounts(await from.readLog(rpcs.contracts.registry, rpcs.genesis(), 'finalized'))).toEqual([1, 2, 3]);
      // The quorum does not wait for it; its own answers may come a little later.
      await expect.poll(() => ok(from), { timeout: 10_000 }).toEqual([false, true, true]);
    });
  }

  it('that never answers changes nothing and is marked', async () => {
    rpcs.lie(liar, () => 'hang');
    const from = rpcs.reader({ stragglerMs: 50 });
    expect(amounts(await from.readLog(rpcs.contracts.registry, rpcs.genesis(), 'finalized'))).toEqual([1, 2, 3]);
    await expect.poll(() => ok(from), { timeout: 10_000 }).toEqual([false, true, true]);
  });

  it('that refuses connections changes nothing and is marked', async () => {
    const from = rpcs.reader();
    await rpcs.proxies[liar]?.stop();
    expect(amounts(await from.readLog(rpcs.contracts.registry, rpcs.genesis(), 'finalized'))).toEqual([1, 2, 3]);
    await expect.poll(() => ok(from)).toEqual([false, true, true]);
  });

  it('that lags holds up nobody', async () => {
    const latest = Number(await rpcs.contracts.client.getBlockNumber({ cacheTime: 0 }));
    rpcs.lie(liar, behindAt(latest - 5));
    const from = rpcs.reader();
    const segment = await from.readLog(rpcs.contracts.registry, rpcs.genesis(), 'finalized');
    expect(amounts(segment)).toEqual([1, 2, 3]);
    expect(segment.block.number).toBe(latest - FINALITY_BLOCKS);
  });

  it('is trusted again when it has mended its ways, and asked last until then', async () => {
    const from = rpcs.reader();
    rpcs.lie(
      0,
      aboutLogs(() => []),
    );
    await from.readLog(rpcs.contracts.registry, rpcs.genesis(), 'finalized');
    const asked = rpcs.proxies[0]?.asked.length;
    await from.readLog(rpcs.contracts.registry, rpcs.genesis(), 'finalized');
    expect(rpcs.proxies[0]?.asked.slice(asked)).not.toContain('eth_getLogs');
    rpcs.lie(0, () => undefined);
    rpcs.lie(
      1,
      aboutLogs(() => []),
    );
    rpcs.lie(
      2,
      aboutLogs(() => []),
    );
    expect(amounts(await from.readLog(rpcs.contracts.registry, rpcs.genesis(), 'finalized'))).toEqual([1, 2, 3]);
    expect(ok(from)).toEqual([true, false, false]);
  });
});

describe('two liars among three', () => {
  beforeEach(async () => {
    await rpcs.deposit(1, 2, 3);
    await rpcs.finalise();
  });

  it('that agree on logs are overruled by the head', async () => {
    const what = aboutLogs((logs) => logs.slice(0, -1));
    rpcs.lie(0, what);
    rpcs.lie(1, what);
    expect(amounts(await rpcs.reader().readLog(rpcs.contracts.registry, rpcs.genesis(), 'finalized'))).toEqual([
      1, 2, 3,
    ]);
  });

  it('that agree on logs give nothing when the third is down', async () => {
    const what = aboutLogs((logs) => logs.slice(0, -1));
    rpcs.lie(0, what);
    rpcs.lie(1, what);
    await rpcs.proxies[2]?.stop();
    const error = await failure(rpcs.reader().readLog(rpcs.contracts.registry, rpcs.genesis(), 'finalized'));
    expect(error).toMatchObject({ code: 'logNotProven', retryable: true });
  });

  it('that tell different blocks give nothing', async () => {
    rpcs.lie(0, otherHashes);
    rpcs.lie(
      1,
      always('eth_getBlockByNumber', { result: { number: '0x5', hash: `0x${'cd'.repeat(32)}`, timestamp: '0x1' } }),
    );
    const error = await failure(rpcs.reader().readLog(rpcs.contracts.registry, rpcs.genesis(), 'finalized'));
    expect(error).toMatchObject({ code: 'noQuorum', retryable: true });
  });

  it('that are down give nothing, and it helps to try again', async () => {
    const from = rpcs.reader();
    rpcs.lie(0, () => ({ status: 503 }));
    rpcs.lie(1, () => ({ status: 503 }));
    const error = await failure(from.readLog(rpcs.contracts.registry, rpcs.genesis(), 'finalized'));
    expect(error).toMatchObject({ code: 'unreachable', retryable: true });
    expect(error.message).toContain('1 of 3 RPCs answer, 2 must');
    expect(ok(from)).toEqual([false, false, true]);
    rpcs.lie(0, () => undefined);
    expect(amounts(await from.readLog(rpcs.contracts.registry, rpcs.genesis(), 'finalized'))).toEqual([1, 2, 3]);
  });

  it('that answer for another chain give nothing', async () => {
    rpcs.lie(0, otherChain(1));
    rpcs.lie(1, otherChain(1));
    const error = await failure(rpcs.reader().readLog(rpcs.contracts.registry, rpcs.genesis(), 'finalized'));
    expect(error).toMatchObject({ code: 'unreachable', retryable: true });
    expect(error.message).toContain('answers for chain 1');
  });
});

it('names hosts and never URLs, which may carry keys', async () => {
  const rpcUrls = rpcs.proxies.map(({ url }) => `${url}/v3/secret-key?token=secret`);
  for (const proxy of rpcs.proxies) proxy.lie(() => ({ status: 500 }));
  const from = rpcs.reader({ rpcUrls });
  const error = await failure(from.readTip(rpcs.contracts.checkpointer, 'latest'));
  const told = JSON.stringify([
    from.health(),
    error.message,
    String(error.cause),
    (error.cause as AggregateError).errors,
  ]);
  expect(told).toContain(new URL(rpcUrls[0] as string).host);
  expect(told).not.toContain('secret');
});

describe('authority, checkpoints and roots', () => {
  it('reads leader, epoch and proposal', async () => {
    const proposal = [leader, 1n, hashMessage('evidence')] as const;
    const propose = encodeFunctionData({ abi: authorityAbi, functionName: 'proposeLeader', args: proposal });
    await rpcs.contracts.send({ to: rpcs.contracts.authority, data: propose });
    expect(await rpcs.reader().readAuthority(rpcs.contracts.authority, 'latest')).toMatchObject({
      enclave,
      leader: NOBODY,
      epoch: 0,
      paused: false,
      proposal: { candidate: leader, epoch: 1 },
    });
    await rpcs.contracts.electLeader();
    expect(await rpcs.reader().readAuthority(rpcs.contracts.authority, 'latest')).toMatchObject({
      leader,
      epoch: 1,
      proposal: { candidate: NOBODY, epoch: 0, readyAt: 0 },
    });
  });

  it('reads how far a standby is, and how long nobody was heard', async () => {
    const { authority, client, chainId, registry } = rpcs.contracts;
    const read = () => rpcs.reader().readStandby(authority, leader, 'latest');
    expect(await read()).toBeUndefined();
    await rpcs.contracts.proposeStandby();
    expect(await read()).toMatchObject({
      evidenceDigest: EVIDENCE,
      listed: false,
      announcedAt: 0,
      leader: NOBODY,
      tip: ZERO_HASH,
    });
    const wallet = createCourierWallet({
      chainId,
      rpcUrls: rpcs.proxies.map(({ url }) => url),
      privateKey: developmentKey(9),
      authority,
      registry,
      pollMs: 20,
    });
    for (const type of ['accept', 'announce'] as const) {
      await wallet.helpStandby(await signStandbyStep(rpcs.contracts, type));
    }
    await client.increaseTime({ seconds: 50 });
    await client.mine({ blocks: 1 });
    const standing = await read();
    expect(standing).toMatchObject({ listed: true, epoch: 0, paused: false, staleAfterSeconds: 0 });
    const { announcedAt = 0, heardAt = 0, waitedSeconds = 0, silenceSeconds = 0, block } = standing ?? {};
    expect(waitedSeconds).toBe((block?.timestamp ?? 0) - announcedAt);
    expect(silenceSeconds).toBe((block?.timestamp ?? 0) - heardAt);
    expect(waitedSeconds).toBeGreaterThanOrEqual(50);
    const pause = encodeFunctionData({ abi: authorityAbi, functionName: 'pause' });
    await rpcs.contracts.send({ to: authority, data: pause });
    const paused = await read();
    await client.increaseTime({ seconds: 50 });
    await client.mine({ blocks: 1 });
    expect(await read()).toMatchObject({ paused: true, waitedSeconds: paused?.waitedSeconds });
  });

  it('believes two of three about the leader', async () => {
    await rpcs.contracts.electLeader();
    rpcs.lie(1, always('eth_call', { result: `0x${'11'.repeat(128)}` }));
    const from = rpcs.reader();
    expect(await from.readAuthority(rpcs.contracts.authority, 'latest')).toMatchObject({ leader, epoch: 1 });
    await expect.poll(() => ok(from)).toEqual([true, false, true]);
  });

  it('reads the newest root, which is epoch 0 before the first', async () => {
    const { timestamp } = await rpcs.contracts.client.getBlock();
    const root = await rpcs.reader().readNewestRoot(rpcs.contracts.registry, 'latest');
    expect(root).toMatchObject({ epoch: 0, checkpoint: 0 });
    expect(root.issuedAt).toBeLessThanOrEqual(Number(timestamp));
  });

  it('knows no checkpoint before the first', async () => {
    expect(await rpcs.reader().readTip(rpcs.contracts.checkpointer, 'latest')).toMatchObject({ number: 0 });
  });
});

describe('forced withdrawals', () => {
  it('reads what is asked, by whom, and whether the token would move there', async () => {
    const { client, registry, token, chainId } = rpcs.contracts;
    const owner = client.account.address.toLowerCase() as Address;
    const reader = rpcs.reader();
    expect(await reader.readForced(registry, 1, 'latest')).toBeUndefined();
    const access = { reader: client as never, wallet: client as never, chainId, registry };
    await rpcs.contracts.deposit({ account: owner, amount: 500n });
    await requestForced(access, { token, amount: 300n, recipient: somebody(1) });
    const request = { account: owner, token, open: 300n, isKeyHolder: true, transferFails: false };
    expect(await reader.readForced(registry, 1, 'latest')).toEqual(request);
    expect(await reader.readForced(registry, 2, 'latest')).toBeUndefined();
  });

  it('tells a contract that asks from somebody with a key, and a token that refuses', async () => {
    const { client, registry, token } = rpcs.contracts;
    const contract = somebody(7);
    await client.setCode({ address: contract, bytecode: '0x60016000526001601ff3' });
    await client.setNonce({ address: contract, nonce: 1 });
    await client.impersonateAccount({ address: contract });
    await client.setBalance({ address: contract, value: 10n ** 18n });
    const data = encodeFunctionData({
      abi: depositRegistryAbi,
      functionName: 'requestForcedWithdrawal',
      args: [token, 5n, somebody(1)],
    });
    await client.request({
      method: 'eth_sendTransaction',
      params: [{ from: contract, to: registry, data, value: toHex(10n ** 15n) }],
    } as never);
    await client.mine({ blocks: 1 });
    const reader = rpcs.reader();
    expect(await reader.readForced(registry, 1, 'latest')).toMatchObject({ account: contract, isKeyHolder: false });
    // Gone after it has asked: an account without code, and without transactions.
    await client.setCode({ address: contract, bytecode: '0x' });
    await client.setNonce({ address: contract, nonce: 0 });
    await client.mine({ blocks: 1 });
    expect(await reader.readForced(registry, 1, 'latest')).toMatchObject({ isKeyHolder: false });
    // Code that a key delegates to.
    await client.setCode({ address: contract, bytecode: `0xef0100${'77'.repeat(20)}` });
    await client.setNonce({ address: contract, nonce: 1 });
    await client.mine({ blocks: 1 });
    expect(await reader.readForced(registry, 1, 'latest')).toMatchObject({ isKeyHolder: true });
    // A token that says no, and one that reverts.
    for (const bytecode of ['0x60006000526020600af3', '0x60006000fd'] as const) {
      await client.setCode({ address: token, bytecode });
      await client.mine({ blocks: 1 });
      expect(await reader.readForced(registry, 1, 'latest')).toMatchObject({ transferFails: true });
    }
  });
});

describe('contract accounts', () => {
  const signed = { digest: hashMessage('withdraw'), signature: '0x1234' } as const;
  const magic: Hex = `0x1626ba7e${'0'.repeat(56)}`;

  it('tells a contract from nobody', async () => {
    expect(await rpcs.reader().hasCode(rpcs.contracts.token, 'latest')).toBe(true);
    expect(await rpcs.reader().hasCode(somebody(1), 'latest')).toBe(false);
  });

  it('accepts what the contract accepts, and nothing else', async () => {
    const willing = await deployAnswering(rpcs.contracts, magic);
    const unwilling = await deployAnswering(rpcs.contracts, `0x${'0'.repeat(64)}`);
    const sloppy = await deployAnswering(rpcs.contracts, `0x1626ba7e${'0'.repeat(55)}1`);
    const from = rpcs.reader();
    expect(await from.isValidContractSignature({ account: willing, ...signed })).toBe(true);
    expect(await from.isValidContractSignature({ account: unwilling, ...signed })).toBe(false);
    expect(await from.isValidContractSignature({ account: sloppy, ...signed })).toBe(false);
    // No such function: reverts.
    expect(await from.isValidContractSignature({ account: rpcs.contracts.token, ...signed })).toBe(false);
    expect(await from.isValidContractSignature({ account: somebody(1), ...signed })).toBe(false);
    expect(ok(from)).toEqual([true, true, true]);
  });

  it('is not talked into a signature by one RPC', async () => {
    const unwilling = await deployAnswering(rpcs.contracts, `0x${'0'.repeat(64)}`);
    rpcs.lie(0, always('eth_call', { result: magic }));
    expect(await rpcs.reader().isValidContractSignature({ account: unwilling, ...signed })).toBe(false);
    rpcs.lie(1, () => ({ status: 500 }));
    expect(await failure(rpcs.reader().isValidContractSignature({ account: unwilling, ...signed }))).toMatchObject({
      code: 'noQuorum',
    });
  });
});

describe('settings', () => {
  const urls = ['https://a.example/key', 'https://b.example/key', 'https://c.example/key'];
  const create = (options: Partial<ChainReaderOptions>) => () =>
    createChainReader({ chainId: 1, rpcUrls: urls, quorum: 2, finality: 'finalized', ...options });

  it('accepts 2 of 3 anywhere, and 1 of 1 on the development chains', () => {
    expect(create({})().chainId).toBe(1);
    expect(create({ chainId: 31337, rpcUrls: ['http://127.0.0.1:8545'], quorum: 1 })().chainId).toBe(31337);
    expect(create({ chainId: 31338, rpcUrls: ['http://127.0.0.1:8546'], quorum: 1 })().chainId).toBe(31338);
  });

  const refused: Record<string, [Partial<ChainReaderOptions>, RegExp]> = {
    'one RPC elsewhere': [{ rpcUrls: ['https://a.example'], quorum: 1 }, /31337 and 31338 only/],
    'half of the RPCs': [{ rpcUrls: urls.slice(0, 2), quorum: 1 }, /more than half/],
    'more than there are': [{ quorum: 4 }, /more than half/],
    'a broken number': [{ quorum: 1.7 }, /more than half/],
    'no RPC': [{ rpcUrls: [], quorum: 1 }, /more than half/],
    'the same operator twice': [{ rpcUrls: [...urls, 'https://a.example/other-key'], quorum: 3 }, /same host/],
    'unencrypted RPCs': [{ rpcUrls: [...urls.slice(0, 2), 'http://c.example'] }, /https/],
    'what is no URL': [{ rpcUrls: [...urls.slice(0, 2), 'c.example'] }, /no valid URL/],
  };
  for (const [name, [options, message]] of Object.entries(refused)) {
    it(`refuses ${name}`, () => {
      expect(create(options)).toThrow(ChainError);
      expect(create(options)).toThrow(message);
    });
  }
});
