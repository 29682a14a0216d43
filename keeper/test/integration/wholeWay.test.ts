// Money comes in on one chain and leaves on another, whoever stops and starts the courier meanwhile.
import { depositRegistryAbi } from '@myrtle-wyckoff/generated';
import { concat } from 'viem';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  ALICE,
  BOB,
  CAROL,
  COUNCIL_OWNERS,
  DEPLOYER,
  developmentKey,
  GUARDIANS,
} from '../../src/cli/devnet/accounts.ts';
import type { DevnetChain } from '../../src/cli/devnet/chainAccess.ts';
import { waitUntil } from '../../src/cli/devnet/waitUntil.ts';
import type { KeeperApiError } from '../../src/client/keeperApiError.ts';
import { signWithdrawalCancel } from '../../src/client/signing.ts';
import type { Hex } from '../../src/core/commands.ts';
import { digestOf } from '../../src/core/typedMessages.ts';
import { type LiveDevnet, startLiveDevnet } from '../support/liveDevnet.ts';
import type { MwProcess } from '../support/mwProcess.ts';
import {
  accountOf,
  addressOf,
  atoms,
  balanceOf,
  balancesOf,
  deposit,
  depositAll,
  place,
  refusalOf,
  requestWithdrawal,
  type SignedWithdrawal,
  SOLVENT,
  signWithdrawal,
  solvencyDifferences,
  trade,
  untilWithdrawal,
  vaults,
  walletOf,
} from '../support/trading.ts';

/** Some blocks: time enough for a courier that wanted to pay. */
const A_WHILE_MS = 2_000;

let live: LiveDevnet;

beforeAll(async () => {
  live = await startLiveDevnet();
});
afterAll(async () => {
  await live?.stop();
});

function startCourier(name: string, gasIndex?: number): MwProcess {
  const changes = gasIndex === undefined ? {} : { privateKey: developmentKey(gasIndex).privateKey };
  return live.start('courier', '--config', live.writeCourierConfig(name, changes));
}

function isUsedOnChain(nonce: bigint, of: number): Promise<boolean> {
  const { deployment, reader } = live.home;
  const args = [addressOf(of), nonce] as const;
  return reader.readContract({
    address: deployment.registry,
    abi: depositRegistryAbi,
    functionName: 'isNonceUsed',
    args,
  });
}

/** How often the vault paid for a nonce. */
async function payments(nonce: bigint): Promise<number> {
  const { deployment, reader } = live.home;
  const event = {
    address: deployment.registry,
    abi: depositRegistryAbi,
    eventName: 'Withdrawn',
    fromBlock: 0n,
  } as const;
  const logs = await reader.getContractEvents({ ...event, strict: true });
  return logs.filter(({ args }) => args.nonce === nonce).length;
}

describe('deposits', () => {
  it('in native coin through the router are credited to whom they were sent, in his subaccount', async () => {
    const before = await walletOf(live.second, 'WETH', ALICE);
    const order = { chain: live.second, from: ALICE, symbol: 'WETH', amount: '1.5', native: true } as const;
    const sent = await deposit(live, { ...order, account: addressOf(BOB), subaccount: 7 });
    expect(sent.amount).toBe(1_500_000_000_000_000_000n);
    const bob = await waitUntil('the deposit to be credited', async () => {
      const accounts = await live.keeper.accounts({ address: addressOf(BOB) });
      return accounts.length > 0 ? accounts : undefined;
    });
    expect(bob).toMatchObject([
      { subaccount: 7, balances: [{ symbol: 'WETH', amount: '1500000000', reserved: '0', dust: '0' }], unlisted: [] },
    ]);
    expect(await live.keeper.accounts({ address: addressOf(ALICE) })).toEqual([]);
    expect(await walletOf(live.second, 'WETH', ALICE)).toBe(before);
  });

  it('of an ERC-20 for another account are credited to it, to the last atom', async () => {
    const order = { chain: live.second, from: CAROL, symbol: 'WETH', amount: '0.123456789123456789' } as const;
    await depositAll(live, [{ ...order, account: addressOf(BOB) }]);
    const [account] = (await live.keeper.accounts({ address: addressOf(BOB) })).filter(
      ({ subaccount }) => subaccount === 0,
    );
    // Nine decimals in the ledger, the rest is kept as dust.
    expect(account?.balances).toMatchObject([{ symbol: 'WETH', amount: '123456789', dust: '123456789' }]);
  });

  it('of an unlisted token are refused by the vault', async () => {
    const { registry } = live.home.deployment;
    const call = live.home.reader.simulateContract({
      address: registry,
      abi: depositRegistryAbi,
      functionName: 'deposit',
      args: [addressOf(DEPLOYER), 1n, addressOf(ALICE), 0],
      account: addressOf(ALICE),
    });
    await expect(call).rejects.toThrow('DepositRegistry_TokenNotListed');
  });
});

describe('trades and withdrawals', () => {
  beforeAll(async () => {
    await depositAll(live, [
      { chain: live.home, from: ALICE, symbol: 'USDC', amount: '10000' },
      { chain: live.second, from: BOB, symbol: 'WETH', amount: '5' },
    ]);
    const { orderIds } = await trade(live, [
      place('sell', { account: addressOf(BOB), price: 300_000, quantity: 2_000 }),
      place('buy', { account: addressOf(ALICE), price: 300_000, quantity: 2_000 }),
    ]);
    expect(orderIds).toHaveLength(2);
  });
  beforeEach(async () => {
    expect(await solvencyDifferences(live.keeper)).toEqual(SOLVENT);
  });

  it('pays what was earned out of the vault of the other chain', async () => {
    const order = { chain: live.home, from: BOB, symbol: 'USDC', amount: '2500' } as const;
    const amount = atoms(live, live.home, '2500', 'USDC');
    const [wallet, balance] = [
      await walletOf(live.home, 'USDC', BOB),
      await balanceOf(live.keeper, { of: BOB, symbol: 'USDC' }),
    ];
    const nonce = await requestWithdrawal(live, order);
    expect(await balanceOf(live.keeper, { of: BOB, symbol: 'USDC' })).toBe(balance - amount);
    await untilWithdrawal(live, { of: BOB, nonce, status: 'executed' });
    expect(await walletOf(live.home, 'USDC', BOB)).toBe(wallet + amount);
    expect(await isUsedOnChain(nonce, BOB)).toBe(true);
    const { counted, real } = await vaults(live);
    expect(real).toEqual(counted);
  });

  it('pays from a subaccount, to another recipient, and the dust with the rest', async () => {
    const order = { chain: live.second, from: BOB, symbol: 'WETH' } as const;
    const wallets = () => Promise.all([CAROL, BOB].map((owner) => walletOf(live.second, 'WETH', owner)));
    const [carol, bob] = (await wallets()) as [bigint, bigint];
    const fromSubaccount = { subaccount: 7, recipient: addressOf(CAROL) };
    const nonces = [
      await requestWithdrawal(live, { ...order, amount: '1.5' }, fromSubaccount),
      await requestWithdrawal(live, { ...order, amount: '0.123456789123456789' }),
    ];
    for (const nonce of nonces) await untilWithdrawal(live, { of: BOB, nonce, status: 'executed' });
    const paid = ['1.5', '0.123456789123456789'].map((amount) => atoms(live, live.second, amount, 'WETH'));
    expect(await wallets()).toEqual([carol + (paid[0] as bigint), bob + (paid[1] as bigint)]);
    const left = await live.keeper.accounts({ address: addressOf(BOB) });
    expect(left.find(({ subaccount }) => subaccount === 7)?.balances).toEqual([]);
    const weth = left.find(({ subaccount }) => subaccount === 0)?.balances.find(({ symbol }) => symbol === 'WETH');
    expect(weth).toMatchObject({ amount: '3000000000', dust: '0' });
  });

  it('lets a Safe withdraw with the signatures of its owners, and nobody else for it', async () => {
    const safe = live.home.deployment.council;
    const from = { chain: live.home, from: ALICE, symbol: 'USDC', amount: '40' } as const;
    await depositAll(live, [{ ...from, account: safe }]);
    const wallet = await walletOf(live.home, 'USDC', CAROL);
    const wish = { account: safe, recipient: addressOf(CAROL) };
    const { message } = await signWithdrawal(live, from, wish);
    const digest = digestOf('WithdrawalRequest', live.devnet.domain, message);
    const owners = COUNCIL_OWNERS.slice(0, 3);
    for (const bad of [owners.slice(0, 2), [...owners.slice(0, 2), ALICE]]) {
      const signature = await signAsSafe(live.home, { digest, signers: bad });
      const refusal = await refusalOf(live.keeper.requestWithdrawal({ message, signature }));
      expect(refusal.code).toBe('signature.invalid');
    }
    // The Safe has this address on the other chain, too; what its owners say there does not count.
    const elsewhere = await signAsSafe(live.second, { digest, signers: owners });
    const refusal = await refusalOf(live.keeper.requestWithdrawal({ message, signature: elsewhere }));
    expect(refusal.code).toBe('signature.invalid');

    const signature = await signAsSafe(live.home, { digest, signers: owners });
    await live.keeper.requestWithdrawal({ message, signature });
    const amount = atoms(live, live.home, '40', 'USDC');
    await waitUntil('the withdrawal to be paid', async () => {
      return (await walletOf(live.home, 'USDC', CAROL)) === wallet + amount || undefined;
    });
  });

  /** EIP-1271 of a Safe: its owners sign the digest wrapped in a SafeMessage, in the order of their addresses. */
  async function signAsSafe(
    { chainId, deployment }: DevnetChain,
    { digest, signers }: { readonly digest: Hex; readonly signers: readonly number[] },
  ): Promise<Hex> {
    const ordered = signers.map(accountOf).toSorted((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1));
    const signatures = await Promise.all(
      ordered.map((owner) =>
        owner.signTypedData({
          domain: { chainId, verifyingContract: deployment.council },
          types: { SafeMessage: [{ name: 'message', type: 'bytes' }] },
          primaryType: 'SafeMessage',
          message: { message: digest },
        }),
      ),
    );
    return concat(signatures);
  }
});

describe('a cancellation', () => {
  const order = () => ({ chain: live.home, from: ALICE, symbol: 'USDC', amount: '10' }) as const;
  // What is approved waits for a courier.
  beforeAll(() => live.devnet.killCourier());

  it('gives back what is queued, and only that', async () => {
    const approved = await signWithdrawal(live, order());
    const { nonce } = approved.message;
    await live.keeper.requestWithdrawal(approved);
    await untilWithdrawal(live, { of: ALICE, nonce, status: 'final' });
    const refusal = await refusalOf(live.keeper.cancelWithdrawal(await cancellationOf(approved)));
    expect(refusal).toMatchObject({ code: 'withdrawal.notQueued', status: 409 });
    expect(refusal.message).toContain('cancel its nonce in the registry of its chain');

    const tooLate: bigint[] = [];
    const before = await balancesOf(live.keeper, [ALICE]);
    const cancelled = await waitUntil('a cancellation before the next checkpoint', async () => {
      const queued = await signWithdrawal(live, order());
      const cancellation = await cancellationOf(queued);
      expect(await live.keeper.requestWithdrawal(queued)).toMatchObject({ status: 'queued', checkpoint: 0 });
      const outcome = await live.keeper.cancelWithdrawal(cancellation).catch((error: KeeperApiError) => error);
      if ('status' in outcome && outcome.status === 'cancelled') return queued.message.nonce;
      expect(outcome).toMatchObject({ code: 'withdrawal.notQueued' });
      tooLate.push(queued.message.nonce);
      return undefined;
    });
    if (tooLate.length === 0) expect(await balancesOf(live.keeper, [ALICE])).toEqual(before);

    const courier = startCourier('after the cancellation');
    for (const paid of [nonce, ...tooLate]) await untilWithdrawal(live, { of: ALICE, nonce: paid, status: 'executed' });
    expect(await isUsedOnChain(cancelled, ALICE)).toBe(false);
    await courier.kill();
  });

  async function cancellationOf({ message: { account, chainId, nonce } }: SignedWithdrawal) {
    const message = { account, chainId, nonce };
    const { domain } = live.devnet;
    return { message, signature: await signWithdrawalCancel({ account: accountOf(ALICE), domain, message }) };
  }
});

describe('the courier', () => {
  beforeAll(() => live.devnet.killCourier());
  const order = () => ({ chain: live.home, from: ALICE, symbol: 'USDC', amount: '25' }) as const;
  const approved = async (nonce: bigint) =>
    waitUntil('an approval', async () => {
      const approvals = await live.keeper.approvals(live.home.chainId);
      return approvals.find(({ message }) => message.nonce === nonce);
    });

  it('is missed by nobody who cancels his nonce on chain: credited back when that is final, and never paid', async () => {
    const before = await balancesOf(live.keeper, [ALICE]);
    const wallet = await walletOf(live.home, 'USDC', ALICE);
    const nonce = await requestWithdrawal(live, order());
    await approved(nonce);
    const hash = await live.home.wallet(ALICE).writeContract({
      address: live.home.deployment.registry,
      abi: depositRegistryAbi,
      functionName: 'cancelWithdrawal',
      args: [nonce],
    });
    expect(await live.home.reader.waitForTransactionReceipt({ hash })).toMatchObject({ status: 'success' });
    await untilWithdrawal(live, { of: ALICE, nonce, status: 'cancelled' });
    expect(await balancesOf(live.keeper, [ALICE])).toEqual(before);
    await waitUntil('the approval to be withdrawn', async () => {
      return (await live.keeper.approvals(live.home.chainId)).length === 0 || undefined;
    });
    const again = await signWithdrawal(live, order(), { nonce });
    expect((await refusalOf(live.keeper.requestWithdrawal(again))).code).toBe('withdrawal.nonceUsed');
    expect(await walletOf(live.home, 'USDC', ALICE)).toBe(wallet);
  });

  it('carries what has waited for it as soon as it is started again', async () => {
    const wallet = await walletOf(live.home, 'USDC', ALICE);
    const nonce = await requestWithdrawal(live, order());
    await approved(nonce);
    await new Promise((resolve) => setTimeout(resolve, A_WHILE_MS));
    expect(await isUsedOnChain(nonce, ALICE)).toBe(false);
    const courier = startCourier('courier-again');
    await untilWithdrawal(live, { of: ALICE, nonce, status: 'executed' });
    expect((await walletOf(live.home, 'USDC', ALICE)) - wallet).toBe(atoms(live, live.home, '25', 'USDC'));
    expect(await payments(nonce)).toBe(1);
    await courier.kill();
  });

  it('may be killed at any moment and may be several: each withdrawal is paid exactly once', async () => {
    const wallet = await walletOf(live.home, 'USDC', ALICE);
    const nonces: bigint[] = [];
    for (let i = 0; i < 3; i++) nonces.push(await requestWithdrawal(live, order()));
    // One with the same gas key as another, one with its own.
    const couriers = [startCourier('one'), startCourier('two'), startCourier('three', GUARDIANS[0])];
    await untilWithdrawal(live, { of: ALICE, nonce: nonces[0] as bigint, status: 'final' });
    await couriers[0]?.kill();
    for (let i = 0; i < 3; i++) nonces.push(await requestWithdrawal(live, order()));
    couriers.push(startCourier('four', GUARDIANS[1]));
    await couriers[2]?.kill();
    for (const nonce of nonces) await untilWithdrawal(live, { of: ALICE, nonce, status: 'executed' });
    expect(await Promise.all(nonces.map(payments))).toEqual([1, 1, 1, 1, 1, 1]);
    expect((await walletOf(live.home, 'USDC', ALICE)) - wallet).toBe(atoms(live, live.home, '150', 'USDC'));
    for (const courier of [couriers[1], couriers[3]]) expect(courier?.isRunning()).toBe(true);
  });

  it('leaves an exchange behind in which every atom is accounted for', async () => {
    const { counted, real } = await vaults(live);
    expect(real).toEqual(counted);
    expect(await solvencyDifferences(live.keeper)).toEqual(SOLVENT);
    expect(live.lost).toEqual([]);
  });
});
