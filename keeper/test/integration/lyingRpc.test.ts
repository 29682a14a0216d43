// A keeper that reads each chain through three RPCs, of which one lies. The chains themselves are honest and real.
import { authorityAbi } from '@myrtle-wyckoff/generated';
import { decodeFunctionResult, encodeFunctionResult, toFunctionSelector } from 'viem';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ALICE, BOB } from '../../src/cli/devnet/accounts.ts';
import type { DevnetChain } from '../../src/cli/devnet/chainAccess.ts';
import { waitUntil } from '../../src/cli/devnet/waitUntil.ts';
import { toHex } from '../../src/core/bytes.ts';
import type { Hex, LogEntry } from '../../src/core/commands.ts';
import { encodeEntry } from '../../src/core/logEncoding.ts';
import { KINDS, nextHead } from '../../src/core/logEntries.ts';
import { type LiveDevnet, startLiveDevnet } from '../support/liveDevnet.ts';
import {
  aboutLogs,
  behindAt,
  type Lie,
  otherChain,
  type RawLog,
  type RpcProxy,
  startRpcProxy,
} from '../support/rpcProxy.ts';
import {
  addressOf,
  balanceOf,
  deposit,
  place,
  SOLVENT,
  solvencyDifferences,
  tokenOf,
  trade,
  untilFinal,
  untilLeading,
  vaults,
} from '../support/trading.ts';

/** Two blocks and a look: time enough to credit what would be credited. */
const LONG_ENOUGH_MS = 2_000;
const AMOUNT = '0.01';
const ONE_ANSWERS = /no quorum on .*1 of 3 RPCs answer, 2 must/;

let live: LiveDevnet;
let home: readonly RpcProxy[];
let second: readonly RpcProxy[];

const threeOf = (chain: DevnetChain) => Promise.all([1, 2, 3].map(() => startRpcProxy(chain.url)));
const rpcsOf = ({ chainId }: DevnetChain, proxies: readonly RpcProxy[]) => ({
  chainId,
  rpcUrls: proxies.map(({ url }) => url),
  quorum: 2,
});

beforeAll(async () => {
  live = await startLiveDevnet();
  await live.devnet.killKeeper();
  [home, second] = await Promise.all([threeOf(live.home), threeOf(live.second)]);
  const chains = [rpcsOf(live.home, home), rpcsOf(live.second, second)];
  await live.start('keeper', '--config', live.writeKeeperConfig('three', { chains })).ready;
  await untilLeading(live.keeper);
});
afterEach(() => {
  for (const proxy of [...home, ...second]) proxy.lie(undefined);
});
afterAll(async () => {
  await live?.stop();
  await Promise.all([...(home ?? []), ...(second ?? [])].map((proxy) => proxy.stop()));
});

const balance = (of = ALICE) => balanceOf(live.keeper, { of, symbol: 'WETH' });
const forAlice = (chain: DevnetChain = live.home) => ({
  chain,
  from: ALICE,
  symbol: 'WETH',
  amount: AMOUNT,
  native: true,
});
/** In the ledger: nine decimals. */
const CREDIT = 10_000_000n;
const aWhile = () => new Promise((resolve) => setTimeout(resolve, LONG_ENOUGH_MS));
const hostOf = ({ url }: RpcProxy) => new URL(url).host;

/** A deposit is credited, once, whatever an RPC says. */
async function expectCreditedOnce(chain: DevnetChain = live.home): Promise<void> {
  const before = await balance();
  await deposit(live, forAlice(chain));
  await waitUntil('the deposit to be credited', async () => (await balance()) !== before || undefined);
  expect(await balance()).toBe(before + CREDIT);
}

async function healthOf(proxy: RpcProxy) {
  const { problems, chains } = await live.keeper.health();
  const rpc = chains.flatMap(({ rpcs }) => rpcs).find(({ host }) => host === hostOf(proxy));
  return { ok: rpc?.ok, said: problems.find((problem) => problem.startsWith(`RPC ${hostOf(proxy)} of chain`)) ?? '' };
}

/** `/v1/health` names this RPC, and says what is wrong with it. */
async function untilNamed(proxy: RpcProxy, reason: RegExp): Promise<void> {
  const said = await waitUntil(`${hostOf(proxy)} to be named`, async () => {
    const health = await healthOf(proxy);
    return health.ok === false && reason.test(health.said) ? health.said : undefined;
  });
  expect(said).toMatch(/^RPC 127\.0\.0\.1:\d+ of chain 3133[78]: /);
  expect((await live.keeper.health()).status).toBe('degraded');
}

async function untilNoQuorum(reason = /no quorum/): Promise<void> {
  await waitUntil('a chain without a quorum', async () => {
    return reason.test((await live.keeper.health()).problems.join('\n')) || undefined;
  });
}

/** It tells the truth again, and `/v1/health` does not hold this against it any more. */
async function untilForgiven(proxy: RpcProxy, reason: RegExp): Promise<void> {
  proxy.lie(undefined);
  await waitUntil(
    `${hostOf(proxy)} to be forgiven`,
    async () => !reason.test((await healthOf(proxy)).said) || undefined,
  );
}

const isDeposit = ({ topics }: RawLog) => topics[0] === KINDS.deposited;

/** A deposit of a thousand to Bob that never was. */
function invented(): LogEntry {
  const [account, payer] = [addressOf(BOB), addressOf(BOB)];
  const token = tokenOf(live.home, 'WETH');
  return encodeEntry({ type: 'deposited', token, amount: 10n ** 21n, account, subaccount: 0, payer });
}

function logOf(index: bigint, like: Partial<RawLog> = {}): RawLog {
  const { kind, data } = invented();
  const { registry: address } = live.home.deployment;
  return { ...like, address, topics: [kind, `0x${index.toString(16).padStart(64, '0')}`], data: toHex(data) };
}

/** An RPC that is consistent in its lie: the log's head and count at the vault agree with the log that it invents. */
function perfectForgery(): Lie {
  const { registry } = live.home.deployment;
  const [headSelector, countSelector] = ['function head()', 'function count()'].map(toFunctionSelector);
  return async ({ method, params }, honest) => {
    const [{ to, address } = { to: '', address: '' }, at] = params;
    if (method === 'eth_call' && to.toLowerCase() === registry) {
      const ask = (data: Hex | undefined) => honest({ method, params: [{ to, data }, at] }) as Promise<Hex>;
      const count = Number(await ask(countSelector));
      if (params[0].data === countSelector) return { result: `0x${(count + 1).toString(16).padStart(64, '0')}` };
      if (params[0].data !== headSelector) return undefined;
      return { result: nextHead(await ask(headSelector), count, invented()) };
    }
    if (method !== 'eth_getLogs' || address.toLowerCase() !== registry) return undefined;
    const count = Number(
      await honest({ method: 'eth_call', params: [{ to: address, data: countSelector }, 'finalized'] }),
    );
    return { result: [...((await honest()) as RawLog[]), logOf(BigInt(count))] };
  };
}

describe('of three RPCs', () => {
  it('none lies: deposits on both chains are credited and nothing is wrong with any', async () => {
    await expectCreditedOnce(live.home);
    await expectCreditedOnce(live.second);
    for (const proxy of [...home, ...second]) expect(await healthOf(proxy)).toEqual({ ok: true, said: '' });
  });

  // The RPC that nothing is known against is asked for logs first: each of these three is the first one in its turn.
  it('one leaves out a deposit: it is credited once, and the liar is named', async () => {
    const [liar] = home as [RpcProxy];
    liar.lie(aboutLogs((logs) => logs.filter((log) => !isDeposit(log))));
    await expectCreditedOnce();
    await untilNamed(liar, /do not lead to the head/);
  });

  it('one changes an amount: the right one is credited once, and the liar is named', async () => {
    const [, liar] = home as [RpcProxy, RpcProxy];
    const tenfold = (log: RawLog): RawLog => {
      const amount = BigInt(`0x${log.data.slice(66, 130)}`) * 10n;
      return {
        ...log,
        data: `${log.data.slice(0, 66)}${amount.toString(16).padStart(64, '0')}${log.data.slice(130)}` as Hex,
      };
    };
    liar.lie(aboutLogs((logs) => logs.map((log) => (isDeposit(log) ? tenfold(log) : log))));
    await expectCreditedOnce();
    await untilNamed(liar, /do not lead to the head/);
  });

  it('one invents a deposit: only the real one is credited, and the liar is named', async () => {
    const [, , liar] = home as [RpcProxy, RpcProxy, RpcProxy];
    liar.lie(
      aboutLogs((logs) =>
        logs.flatMap((log) => (isDeposit(log) ? [log, logOf(BigInt(log.topics[1] as Hex) + 1n, log)] : [log])),
      ),
    );
    await expectCreditedOnce();
    await untilNamed(liar, /do not lead to the head/);
    expect(await balance(BOB)).toBe(0n);
  });

  it('any one forges log, head and count alike: nothing is credited, and it is named', async () => {
    for (const liar of home) {
      liar.lie(perfectForgery());
      await untilNamed(liar, /disagrees with the others/);
      await aWhile();
      expect(await balance(BOB)).toBe(0n);
      await untilForgiven(liar, /disagrees with the others/);
    }
    await expectCreditedOnce();
  });

  it('one names another leader: the keeper goes on, and the liar is named', async () => {
    const liar = home[1] as RpcProxy;
    liar.lie(async ({ method, params }, honest) => {
      if (method !== 'eth_call' || params[0].to.toLowerCase() !== live.home.deployment.authority) return undefined;
      const signers = { abi: authorityAbi, functionName: 'signers' } as const;
      if (params[0].data !== toFunctionSelector('function signers()')) return undefined;
      const [enclave, , epoch] = decodeFunctionResult({ ...signers, data: (await honest()) as Hex });
      return { result: encodeFunctionResult({ ...signers, result: [enclave, addressOf(BOB), epoch + 1n, false] }) };
    });
    await untilNamed(liar, /disagrees with the others/);
    expect(await live.keeper.health()).toMatchObject({ role: 'leader', epoch: 1 });
    await expectCreditedOnce();
    await untilForgiven(liar, /disagrees with the others/);
  });

  it('one answers for another chain: it is left out and named', async () => {
    const liar = second[0] as RpcProxy;
    liar.lie(otherChain(live.home.chainId));
    await expectCreditedOnce(live.second);
    await untilNamed(liar, /answers for chain 31337 instead of 31338/);
    await untilForgiven(liar, /answers for chain/);
  });

  it('one says nothing any more: deposits are credited all the same, and it is named', async () => {
    const silent = second[1] as RpcProxy;
    silent.lie(() => 'hang');
    await expectCreditedOnce(live.second);
    await untilNamed(silent, /timed out|timeout|took too long/i);
    await untilForgiven(silent, /timed out|timeout|took too long/i);
  });

  it('one lags far behind: deposits are credited once as soon as the others have them', async () => {
    const { number } = await live.second.reader.getBlock({ blockTag: 'finalized' });
    (second[0] as RpcProxy).lie(behindAt(Number(number)));
    await expectCreditedOnce(live.second);
    await expectCreditedOnce(live.second);
  });

  it('two are down on one chain: it is not credited there, health says so, and it recovers', async () => {
    const [one, other] = second as [RpcProxy, RpcProxy];
    const before = await balance();
    for (const proxy of [one, other]) proxy.lie(() => ({ status: 503 }));
    await deposit(live, forAlice(live.second));
    for (const proxy of [one, other]) await untilNamed(proxy, /HTTP 503/);
    await untilNoQuorum(ONE_ANSWERS);
    await aWhile();
    expect(await balance()).toBe(before);
    expect((await live.keeper.health()).status).toBe('degraded');
    // The other chain does not mind.
    await expectCreditedOnce(live.home);
    for (const proxy of [one, other]) proxy.lie(undefined);
    const both = before + 2n * CREDIT;
    await waitUntil('both deposits to be credited', async () => (await balance()) === both || undefined);
    for (const proxy of [one, other]) await untilForgiven(proxy, /HTTP 503/);
  });

  it('two are down on the home chain: nothing is signed or credited there, and it recovers', async () => {
    const [one, other] = home as [RpcProxy, RpcProxy];
    const before = await balance();
    for (const proxy of [one, other]) proxy.lie(() => 'cut');
    await deposit(live, forAlice());
    const { checkpoint } = await live.keeper.health();
    await untilNoQuorum(ONE_ANSWERS);
    await aWhile();
    expect(await balance()).toBe(before);
    const health = await live.keeper.health();
    expect(health.checkpoint.final).toBeLessThanOrEqual(checkpoint.landed);
    for (const proxy of [one, other]) proxy.lie(undefined);
    const credited = before + CREDIT;
    await waitUntil('the deposit to be credited', async () => (await balance()) === credited || undefined);
    for (const proxy of [one, other]) await untilForgiven(proxy, /eth_/);
    const { sequence } = await trade(live, [
      place('sell', { account: addressOf(ALICE), price: 10_000_000, quantity: 1 }),
    ]);
    await untilFinal(live.keeper, sequence);
  });

  it('two lie in different ways: there is no quorum and nothing is credited until one is honest', async () => {
    const [one, other] = home as [RpcProxy, RpcProxy];
    const before = await balance();
    one.lie(perfectForgery());
    other.lie(otherChain(1));
    await deposit(live, forAlice());
    await untilNoQuorum();
    await aWhile();
    expect([await balance(), await balance(BOB)]).toEqual([before, 0n]);
    other.lie(undefined);
    const credited = before + CREDIT;
    await waitUntil('the deposit to be credited', async () => (await balance()) === credited || undefined);
    expect(await balance(BOB)).toBe(0n);
  });

  it('one refuses connections for good: the exchange goes on', async () => {
    const gone = home[2] as RpcProxy;
    await gone.stop();
    await expectCreditedOnce();
    await untilNamed(gone, /ECONNREFUSED/);
  });

  it('whatever they said, everything that is credited is in the vaults', async () => {
    expect(await solvencyDifferences(live.keeper)).toEqual(SOLVENT);
    const { counted, real } = await vaults(live);
    expect(real).toEqual(counted);
  });
});
