// One of two vaults enters exit mode while the keeper lives: what is paid there is paid nowhere else.
import { authorityAbi, depositRegistryAbi } from '@myrtle-wyckoff/generated';
import { createTestClient, createWalletClient, http } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALICE, BOB } from '../../src/cli/devnet/accounts.ts';
import type { DevnetChain } from '../../src/cli/devnet/chainAccess.ts';
import { waitUntil } from '../../src/cli/devnet/waitUntil.ts';
import { createExitCommands, type ExitCommands } from '../support/exitCommands.ts';
import { type LiveDevnet, startLiveDevnet } from '../support/liveDevnet.ts';
import { addressOf, depositAll, place, refusalOf, sign, signWithdrawal, trade, walletOf } from '../support/trading.ts';

const HOUR = 3_600;
const DAY = 24 * HOUR;
const PEOPLE = { alice: ALICE, bob: BOB };
const WINDING_DOWN = { code: 'exchange.windingDown', status: 409 };

let live: LiveDevnet;
let exits: ExitCommands;

beforeAll(async () => {
  live = await startLiveDevnet();
  exits = createExitCommands(live, PEOPLE);
  await depositAll(live, [
    { chain: live.second, from: ALICE, symbol: 'WETH', amount: '2' },
    { chain: live.home, from: BOB, symbol: 'WETH', amount: '2' },
    { chain: live.home, from: BOB, symbol: 'USDC', amount: '10000' },
  ]);
});
afterAll(async () => {
  await live?.stop();
});

async function later(seconds: number): Promise<void> {
  await live.letTimePass(seconds);
  await Promise.all(
    [live.home, live.second].map(({ url }) =>
      createTestClient({ mode: 'anvil', transport: http(url) }).mine({ blocks: 1 }),
    ),
  );
}

/** The keeper's time follows the chains, which are ahead of this machine. */
async function deadline(): Promise<number> {
  const { timestamp } = await live.home.reader.getBlock();
  return Number(timestamp) * 1000 + 600_000;
}

const order = () => place('buy', { account: addressOf(BOB), price: 200_000, quantity: 5 });
const rests = async () => (await live.keeper.orders({ address: addressOf(BOB) })).length;

async function tradeRefused() {
  return refusalOf(live.keeper.submitBatch(await sign(live, [order()], { deadline: await deadline() })));
}

async function withdrawalRefused(chain: DevnetChain, from: number) {
  const wish = { chain, from, symbol: 'WETH', amount: '1' };
  return refusalOf(live.keeper.requestWithdrawal(await signWithdrawal(live, wish, { deadline: await deadline() })));
}

/** What the keeper says of the vaults, as soon as it is that. */
async function untilExits(...wanted: readonly (readonly [DevnetChain, 'closing' | 'final'])[]): Promise<void> {
  const expected = wanted.map(([{ chainId }, phase]) => `${chainId} ${phase}`).join();
  await waitUntil(`exits ${expected}`, async () => {
    const { exits: known } = await live.keeper.health();
    return known.map(({ chainId, phase }) => `${chainId} ${phase}`).join() === expected || undefined;
  });
}

function read({ reader, deployment }: DevnetChain) {
  const at = { address: deployment.registry, abi: depositRegistryAbi } as const;
  return {
    root: async () => Number((await reader.readContract({ ...at, functionName: 'newestRoot' }))[1]),
    forced: async (id: bigint) =>
      (await reader.readContract({ ...at, functionName: 'forcedRequest', args: [id] })).open,
  };
}

/** Both vaults go by the same roots, which did not change for a while. Answers their checkpoint. */
function untilLevel(): Promise<number> {
  return waitUntil('roots that stay', async () => {
    const before = await read(live.home).root();
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    const after = await Promise.all([live.home, live.second].map((chain) => read(chain).root()));
    return after.every((root) => root === before) ? before : undefined;
  });
}

async function enterByGovernor({ url, reader, deployment }: DevnetChain): Promise<void> {
  const { authority, registry } = deployment;
  const account = await reader.readContract({ address: authority, abi: authorityAbi, functionName: 'governor' });
  const anvil = createTestClient({ mode: 'anvil', transport: http(url) });
  await anvil.setBalance({ address: account, value: 10n ** 18n });
  await anvil.impersonateAccount({ address: account });
  const wallet = createWalletClient({ account, transport: http(url) });
  const call = { address: registry, abi: depositRegistryAbi, functionName: 'enterExitModeByGovernor' } as const;
  const hash = await wallet.writeContract({ ...call, chain: null });
  expect((await reader.waitForTransactionReceipt({ hash })).status).toBe('success');
}

describe('a vault whose request was not answered in time', () => {
  it('enters exit mode, and trading and withdrawals end at both', async () => {
    await trade(live, [order()]);
    await live.devnet.killCourier();
    const asked = await exits.mw(
      'force',
      'bob',
      '0.5',
      live.home.deployment.tokens.WETH as string,
      '--chain',
      'home',
      '--no-wait',
    );
    expect([asked.code, asked.stderr]).toEqual([0, '']);
    await later(7 * DAY);
    expect(await rests()).toBe(1);
    const entered = await exits.mw('enter', 'alice', '--chain', 'home', '--request', '1');
    expect([entered.code, entered.stderr]).toEqual([0, '']);
    await untilExits([live.home, 'closing']);
    expect(await rests()).toBe(0);
    expect(await tradeRefused()).toMatchObject({ ...WINDING_DOWN, retryable: true });
    for (const [chain, from] of [
      [live.home, BOB],
      [live.second, ALICE],
    ] as const) {
      expect(await withdrawalRefused(chain, from)).toMatchObject(WINDING_DOWN);
    }
  });

  it('is cured by the answer, which a courier brings, and trading goes on', async () => {
    const before = await walletOf(live.home, 'WETH', BOB);
    live.start('courier', '--config', live.writeCourierConfig('second courier'));
    await untilExits();
    expect(await walletOf(live.home, 'WETH', BOB)).toBe(before + 5n * 10n ** 17n);
    await trade(live, [order()], { deadline: await deadline() });
    expect(await rests()).toBe(1);
  });
});

describe('a vault that the governor closes', () => {
  it('goes by the last roots, as the other one does', async () => {
    await enterByGovernor(live.second);
    await untilExits([live.second, 'closing']);
    expect(await rests()).toBe(0);
    await untilLevel().then(() => later(13 * HOUR));
    const level = await untilLevel();
    const kept = await exits.mw('watch', 'alice', '--once');
    expect([kept.code, kept.stderr]).toEqual([0, '']);
    await later(73 * HOUR);
    expect(await untilLevel()).toBe(level);
  });

  it('pays what Alice owns, and then nothing of it can be had at the other', async () => {
    const before = await walletOf(live.second, 'WETH', ALICE);
    const claimed = await exits.mw('claim', 'alice', '--chain', 'second');
    expect([claimed.code, claimed.stderr]).toEqual([0, '']);
    expect(await walletOf(live.second, 'WETH', ALICE)).toBe(before + 2n * 10n ** 18n);
    await untilExits([live.second, 'final']);
    const root = await read(live.home).root();

    expect(await withdrawalRefused(live.home, ALICE)).toMatchObject({ ...WINDING_DOWN, retryable: false });
    expect(await tradeRefused()).toMatchObject({ ...WINDING_DOWN, retryable: false });
    const weth = live.home.deployment.tokens.WETH as string;
    expect(await exits.mw('force', 'alice', '1', weth, '--chain', 'home', '--no-wait')).toMatchObject({ code: 0 });
    await live.devnet.killKeeper();
    await live.devnet.startKeeper();
    await untilExits([live.second, 'final']);
    expect(await withdrawalRefused(live.home, ALICE)).toMatchObject(WINDING_DOWN);
    expect(await untilLevel()).toBe(root);
    expect(await read(live.home).forced(2n)).toBe(10n ** 18n);
    expect(await live.keeper.forcedAnswers(live.home.chainId)).toEqual([]);
    expect(await live.keeper.approvals(live.home.chainId)).toEqual([]);
    // Who lost his proofs gets them again, under the roots that count.
    const proof = await waitUntil('the proofs', () => live.keeper.exitProof({ address: addressOf(ALICE) }));
    expect(proof.roots.checkpoint).toBe(root);
  });
});
