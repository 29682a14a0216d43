import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCourierWallet } from '../../../src/adapters/chain/courierWallet.ts';
import { type Anvil, startAnvil } from '../../../src/cli/devnet/anvil.ts';
import { requestForced } from '../../../src/client/forced.ts';
import type { ApprovalView } from '../../../src/core/api.ts';
import type { Address, Hex } from '../../../src/core/commands.ts';
import type { CourierChain } from '../../../src/core/courierPorts.ts';
import { ZERO_HASH } from '../../../src/core/typedMessages.ts';
import {
  deployContracts,
  developmentKey,
  leader,
  NOBODY,
  signAcceptance,
  signApproval,
  signExitRoot,
  signForcedAnswer,
  signStandbyStep,
  type TestContracts,
} from '../../support/deployContracts.ts';
import { startRpcProxy } from '../../support/rpcProxy.ts';
import { failure, somebody } from '../../support/threeRpcs.ts';

const alice = somebody(1);

let anvil: Anvil;
let contracts: TestContracts;
let untouched: Hex;
let wallet: CourierChain;

beforeAll(async () => {
  anvil = await startAnvil({ chainId: 31338, slotsInAnEpoch: 1 });
  contracts = await deployContracts(anvil.url);
  await contracts.deposit({ account: alice, amount: 1_000n });
  untouched = await contracts.client.snapshot();
});

afterAll(() => anvil.stop());

beforeEach(async () => {
  await contracts.client.revert({ id: untouched });
  untouched = await contracts.client.snapshot();
  wallet = walletAt(anvil.url);
});

function walletAt(url: string): CourierChain {
  const { chainId, authority, registry } = contracts;
  const privateKey = developmentKey(9);
  return createCourierWallet({ chainId, rpcUrls: [url], privateKey, authority, registry, pollMs: 20 });
}

async function acceptance() {
  const { chainId, authority } = contracts;
  const message = { candidate: leader, epoch: 1, expectedTip: ZERO_HASH };
  return { chainId, authority, message, signature: await signAcceptance({ chainId, authority }) };
}

async function now(): Promise<number> {
  return Number((await contracts.client.getBlock()).timestamp);
}

/** Roots grow by one checkpoint a second: time passes first. */
async function exitRoot(checkpoint: number) {
  await contracts.client.increaseTime({ seconds: 10 });
  await contracts.client.mine({ blocks: 1 });
  return signExitRoot(contracts, { checkpoint, issuedAt: await now(), processedIndex: 1 });
}

async function approve(withdrawal: { nonce: bigint; amount: bigint; recipient?: Address; checkpoint?: number }) {
  const deadline = (await now()) + 3_600;
  return signApproval(contracts, { account: alice, recipient: alice, checkpoint: 1, deadline, ...withdrawal });
}

function balance(account: Address): Promise<bigint> {
  return contracts.client.readContract({
    address: contracts.token,
    abi: [
      {
        type: 'function',
        name: 'balanceOf',
        stateMutability: 'view',
        inputs: [{ name: '', type: 'address' }],
        outputs: [{ name: '', type: 'uint256' }],
      },
    ],
    functionName: 'balanceOf',
    args: [account],
  });
}

describe('the courier on a chain', () => {
  it('sees what stands there', async () => {
    expect(await wallet.standing()).toEqual({
      proposal: { candidate: NOBODY, epoch: 0 },
      newestRoot: { epoch: 0, checkpoint: 0 },
    });
    await contracts.proposeLeader();
    expect(await wallet.standing()).toMatchObject({ proposal: { candidate: leader, epoch: 1 } });
  });

  it('carries the acceptance of a leader', async () => {
    await contracts.proposeLeader();
    expect(await wallet.acceptLeader(await acceptance())).toMatchObject({ ok: true });
    expect(await wallet.standing()).toMatchObject({ proposal: { candidate: NOBODY, epoch: 0 } });
  });

  it('says what the contract says when nobody is proposed', async () => {
    const carried = await wallet.acceptLeader(await acceptance());
    expect(carried).toMatchObject({ ok: false, reason: expect.stringContaining('Authority_NoProposal()') });
  });

  it('helps a standby from its proposal to the lead, each step once', async () => {
    const help = async (type: 'accept' | 'announce' | 'takeOver') =>
      wallet.helpStandby(await signStandbyStep(contracts, type));
    expect(await help('accept')).toMatchObject({ ok: false, reason: expect.stringContaining('NoProposal()') });
    await contracts.proposeStandby();
    expect(await help('announce')).toMatchObject({ ok: false, reason: expect.stringContaining('NotStandby(') });
    for (const type of ['accept', 'announce'] as const) {
      expect(await help(type)).toMatchObject({ ok: true });
      expect(await help(type)).toBeUndefined();
    }
    expect(await help('takeOver')).toMatchObject({ ok: false, reason: expect.stringContaining('TooEarly(') });
    await contracts.client.increaseTime({ seconds: 300 });
    await contracts.client.mine({ blocks: 1 });
    const elsewhere = { ...(await signStandbyStep(contracts, 'takeOver')), authority: contracts.token };
    expect(await wallet.helpStandby(elsewhere)).toMatchObject({
      ok: false,
      reason: expect.stringContaining('we serve'),
    });
    expect(await help('takeOver')).toMatchObject({ ok: true });
    expect(await help('takeOver')).toBeUndefined();
    expect(await wallet.helpStandby({ ...elsewhere, step: null })).toBeUndefined();
  });

  it('answers a forced withdrawal once, and takes the fee', async () => {
    await contracts.electLeader();
    const { client, registry, token } = contracts;
    const owner = client.account.address.toLowerCase() as Address;
    await contracts.deposit({ account: owner, amount: 500n });
    const wish = { token, amount: 200n, recipient: alice };
    const access = { reader: client as never, wallet: client as never, chainId: contracts.chainId, registry };
    expect(await requestForced(access, wish)).toMatchObject({ id: 1n });
    const answer = await signForcedAnswer(contracts, { id: 1n, paid: 200n, reason: 0, checkpoint: 1 });
    expect(await wallet.awaitsAnswer(answer)).toBe(true);
    expect(await wallet.answerForced(answer)).toMatchObject({
      ok: false,
      reason: expect.stringContaining('DepositRegistry_CheckpointNotPosted'),
    });
    await wallet.postExitRoot(await exitRoot(1));
    expect(await wallet.answerForced(answer)).toMatchObject({ ok: true });
    expect(await balance(alice)).toBe(200n);
    expect(await client.getBalance({ address: registry })).toBe(0n);
    expect(await wallet.awaitsAnswer(answer)).toBe(false);
    const another = createCourierWallet({ ...options(), privateKey: developmentKey(7) });
    expect(await another.answerForced(answer)).toMatchObject({
      ok: false,
      reason: expect.stringContaining('ExitHatch_RequestNotOpen'),
    });
    const elsewhere = { ...answer, registry: token };
    expect(await wallet.answerForced(elsewhere)).toMatchObject({
      ok: false,
      reason: expect.stringContaining('we serve'),
    });
  });

  it('posts an exit root once', async () => {
    await contracts.electLeader();
    const root = await exitRoot(1);
    expect(await wallet.postExitRoot(root)).toMatchObject({ ok: true });
    expect((await wallet.standing()).newestRoot).toEqual({ epoch: 1, checkpoint: 1 });
    // Another courier was faster.
    const again = await createCourierWallet({ ...options(), privateKey: developmentKey(7) }).postExitRoot(root);
    expect(again).toMatchObject({ ok: false, reason: expect.stringContaining('DepositRegistry_RootNotNewer(1, 1)') });
  });

  it('sends only to its own contracts', async () => {
    await contracts.electLeader();
    const root = await exitRoot(1);
    const elsewhere = await wallet.postExitRoot({ ...root, registry: contracts.token });
    expect(elsewhere).toMatchObject({
      ok: false,
      reason: expect.stringContaining(`the keeper means ${contracts.token}`),
    });
    expect(await wallet.postExitRoot({ ...root, chainId: 31337 })).toMatchObject({ ok: false });
    const garbage = { ...root, treeRoot: '0x12' } as const;
    expect(await wallet.postExitRoot(garbage)).toMatchObject({ ok: false, reason: expect.stringContaining('encoded') });
    expect((await wallet.standing()).newestRoot).toEqual({ epoch: 0, checkpoint: 0 });
  });

  it('is not stopped by the machine of a dead RPC, and says so when all are dead', async () => {
    const proxy = await startRpcProxy(anvil.url);
    const two = createCourierWallet({ ...options(), rpcUrls: [proxy.url, anvil.url] });
    await proxy.stop();
    expect(await two.standing()).toMatchObject({ newestRoot: { epoch: 0 } });
    expect(await failure(walletAt(proxy.url).standing())).toMatchObject({ code: 'unreachable', retryable: true });
  });

  function options() {
    const { chainId, authority, registry } = contracts;
    return { chainId, rpcUrls: [anvil.url], privateKey: developmentKey(9), authority, registry, pollMs: 20 };
  }
});

describe('withdrawals', () => {
  const badly = (approval: ApprovalView): ApprovalView => ({ ...approval, leaderSignature: approval.enclaveSignature });

  beforeEach(async () => {
    await contracts.electLeader();
    await wallet.postExitRoot(await exitRoot(1));
  });

  it('are paid together', async () => {
    const approvals = [await approve({ nonce: 1n, amount: 100n }), await approve({ nonce: 2n, amount: 50n })];
    expect(await wallet.wouldPay(approvals)).toEqual([true, true]);
    expect(await wallet.withdrawMany(approvals)).toMatchObject({ ok: true, paid: 2 });
    expect(await balance(alice)).toBe(150n);
  });

  it('that would fail are told from those that would not', async () => {
    const approvals = [
      await approve({ nonce: 1n, amount: 100n }),
      badly(await approve({ nonce: 2n, amount: 100n })),
      await approve({ nonce: 3n, amount: 5_000n }),
      await approve({ nonce: 4n, amount: 100n, checkpoint: 2 }),
      await approve({ nonce: 1n, amount: 100n }),
      await approve({ nonce: 5n, amount: 900n }),
    ];
    expect(await wallet.wouldPay(approvals)).toEqual([true, false, false, false, false, true]);
  });

  it('that spoil the whole call are told from the others', async () => {
    const good = await approve({ nonce: 1n, amount: 100n });
    const strange = { ...(await approve({ nonce: 2n, amount: 1n })), registry: contracts.token };
    const garbage = { ...good, message: { ...good.message, recipient: '0x12' as Hex } };
    expect(await wallet.wouldPay([strange, good, garbage])).toEqual([false, true, false]);
  });

  it('say why they are not paid', async () => {
    const tooMuch = await approve({ nonce: 1n, amount: 5_000n });
    expect(await wallet.whyNotPaid(tooMuch)).toEqual({
      done: false,
      reason: expect.stringMatching(/DepositRegistry_VaultHoldsTooLittle\(0x\w{40}, 5000, 1000\)/),
    });
    const unsigned = badly(await approve({ nonce: 2n, amount: 1n }));
    expect(await wallet.whyNotPaid(unsigned)).toMatchObject({ done: false });
    const good = await approve({ nonce: 3n, amount: 1n });
    expect(await wallet.whyNotPaid(good)).toBeUndefined();
    await wallet.withdrawMany([good]);
    expect(await wallet.whyNotPaid(good)).toMatchObject({ done: true, reason: expect.stringContaining('NonceUsed') });
    expect(await wallet.whyNotPaid({ ...good, chainId: 1 })).toMatchObject({ done: false });
  });

  it('of twenty in one transaction all have enough gas', async () => {
    const approvals: ApprovalView[] = [];
    for (let nonce = 0n; nonce < 20n; nonce++) {
      approvals.push(await approve({ nonce, amount: 10n, recipient: somebody(100 + Number(nonce)) }));
    }
    expect(await wallet.wouldPay(approvals)).toEqual(approvals.map(() => true));
    expect(await wallet.withdrawMany(approvals)).toMatchObject({ ok: true, paid: 20 });
  });
});
