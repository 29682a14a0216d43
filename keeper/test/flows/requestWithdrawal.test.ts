import { describe, expect, it } from 'vitest';
import { fromHex } from '../../src/core/bytes.ts';
import { BUY } from '../../src/core/commands.ts';
import { digestOf } from '../../src/core/typedMessages.ts';
import { addressOf, ETH_USD, HOME, place, REGISTRY, SECOND, TOKENS } from '../support/exchange.ts';
import { cancelNonce, makeDeposit, nameLeader, refillBucket } from '../support/fakeChain.ts';
import { fakeSigner } from '../support/fakeKeys.ts';
import { deadNetwork, quickNetwork } from '../support/fakeReader.ts';
import {
  ALICE,
  API_DOMAIN,
  accepted,
  BLOCK_MS,
  BOB,
  carry,
  deposit,
  type FakeWorld,
  openWorld,
  type RunningKeeper,
  refusalOf,
  signBatch,
  signCancel,
  signWithdrawal,
  stateOf,
} from '../support/fakeWorld.ts';

type World = FakeWorld & { running: RunningKeeper };

const ETHER = 10n ** 18n;
const tenth = { chainId: HOME, token: TOKENS.ethHome.token, amount: ETHER / 10n };

/** Alice has an ether at home; a root stands on both chains. */
async function openVaults(): Promise<World> {
  const world = await openWorld();
  deposit(world, TOKENS.ethHome, ALICE, ETHER);
  deposit(world, TOKENS.usdSecond, BOB, 10_000n * ETHER);
  await runAndCarry(world, 10);
  return world;
}

async function runAndCarry(world: World, blocks: number): Promise<void> {
  for (let i = 0; i < blocks; i++) {
    carry(world, world.running.keeper.api);
    await world.clock.advance(BLOCK_MS);
  }
}

function request(world: World, ...input: Parameters<typeof signWithdrawal>) {
  return world.running.keeper.api.requestWithdrawal(signWithdrawal(...input));
}

function cancel(world: World, ...input: Parameters<typeof signCancel>) {
  return world.running.keeper.api.cancelWithdrawal(signCancel(...input));
}

function ethOf(world: World, owner = ALICE): bigint {
  const [account] = world.running.keeper.api.accounts(owner.address);
  const eth = account?.balances.find(({ symbol }) => symbol === 'ETH');
  return BigInt(eth?.amount ?? 0);
}

describe('a withdrawal request', () => {
  it('above the whole bucket of its vault is refused at once, with what would fit at most', async () => {
    const world = await openVaults();
    world.home.send(refillBucket({ capacity: tenth.amount - 1n, used: 0n }));
    await world.clock.advance(BLOCK_MS);
    const answer = await request(world, ALICE, tenth);
    const details = {
      symbol: 'ETH',
      decimals: 18,
      requested: String(tenth.amount),
      capacity: String(tenth.amount - 1n),
    };
    expect(answer).toMatchObject({ refusal: { code: 'withdrawal.overLimit', details, retryable: false } });
    expect(ethOf(world)).toBe(1_000_000_000n);
    accepted(await request(world, ALICE, { ...tenth, amount: tenth.amount - 1n }));
  });

  it('is deducted at once and paid on its chain, once', async () => {
    const world = await openVaults();
    expect(accepted(await request(world, ALICE, tenth))).toMatchObject({
      status: 'queued',
      atoms: String(ETHER / 10n),
    });
    expect(ethOf(world)).toBe(900_000_000n);
    await runAndCarry(world, 12);
    expect(world.home.newest.contracts.vault.get(TOKENS.ethHome.token)).toBe((ETHER * 9n) / 10n);
    expect(world.running.keeper.api.withdrawals(ALICE.address)).toMatchObject([{ status: 'executed' }]);
    expect(ethOf(world)).toBe(900_000_000n);
    stateOf(world.running);
  });

  it('signed by somebody else, or altered, is refused', async () => {
    const world = await openVaults();
    const signed = signWithdrawal(ALICE, tenth);
    const { api } = world.running.keeper;
    const foreign = { ...signed, signature: signWithdrawal(BOB, { ...tenth, account: ALICE.address }).signature };
    expect(refusalOf(await api.requestWithdrawal(foreign))).toBe('signature.invalid');
    for (const alteration of [
      { amount: ETHER },
      { recipient: BOB.address },
      { nonce: 2n },
      { chainId: SECOND },
      { subaccount: 1 },
      { deadline: signed.message.deadline + 1 },
    ]) {
      const message = { ...signed.message, ...alteration };
      expect(refusalOf(await api.requestWithdrawal({ ...signed, message }))).toBe('signature.invalid');
    }
    expect(ethOf(world)).toBe(1_000_000_000n);
  });

  it('that the core refuses says why, with the numbers behind it', async () => {
    const world = await openVaults();
    const second = { chainId: SECOND, token: TOKENS.ethSecond.token };
    const cases: [Parameters<typeof signWithdrawal>[1], string, RegExp][] = [
      [{ ...tenth, chainId: 5 }, 'withdrawal.unknownChain', /No vault/],
      [{ ...tenth, token: addressOf('junk') }, 'withdrawal.unlistedToken', /not listed/],
      [{ ...tenth, amount: 0n }, 'withdrawal.zeroAmount', /greater than zero/],
      [{ ...tenth, recipient: REGISTRY }, 'withdrawal.badRecipient', /recipient/],
      [{ ...tenth, deadline: world.clock.now() - 1 }, 'withdrawal.expired', /sign a new one/],
      [{ ...tenth, deadline: world.clock.now() + 8 * 86_400_000 }, 'withdrawal.deadlineTooFar', /a day/],
      [
        { ...tenth, amount: ETHER + 1n },
        'withdrawal.insufficientBalance',
        /requested 1000000000000000001, free 10{18}\b/,
      ],
      [{ ...second, amount: 1n }, 'withdrawal.vaultTooLow', /holds 0/],
    ];
    for (const [message, code, text] of cases) {
      const answer = await request(world, ALICE, message);
      expect(refusalOf(answer)).toBe(code);
      expect(answer.ok ? '' : answer.refusal.message).toMatch(text);
    }
    const stranger = await request(world, fakeSigner('stranger'), tenth);
    expect(refusalOf(stranger)).toBe('account.unknown');
  });

  it('that is repeated is refused, because its nonce is used', async () => {
    const world = await openVaults();
    accepted(await request(world, ALICE, tenth));
    expect(refusalOf(await request(world, ALICE, tenth))).toBe('withdrawal.nonceUsed');
    expect(refusalOf(await request(world, ALICE, { ...tenth, amount: 1n }))).toBe('withdrawal.nonceUsed');
    expect(ethOf(world)).toBe(900_000_000n);
  });

  it('cannot take what an open order has put aside', async () => {
    const world = await openVaults();
    const order = place(BOB.address, ETH_USD, BUY, 900_000, 1_000);
    accepted(await world.running.keeper.api.submitBatch(signBatch([order], { nonce: 1 })));
    const dollars = { chainId: SECOND, token: TOKENS.usdSecond.token, amount: 10_000n * ETHER };
    expect(refusalOf(await request(world, BOB, dollars))).toBe('withdrawal.insufficientBalance');
  });
});

describe('the signature of a contract account', () => {
  const wallet = addressOf('wallet');
  const request1271 = {
    account: wallet,
    subaccount: 0,
    recipient: BOB.address,
    nonce: 1n,
    ...tenth,
    deadline: signWithdrawal(ALICE, tenth).message.deadline,
  };
  const digest = digestOf('WithdrawalRequest', API_DOMAIN, request1271);

  /** A contract that was deposited for on the given chain first, and stands there. */
  async function openWallet(first: 'home' | 'second'): Promise<World> {
    const world = await openVaults();
    world.wallets.set(wallet, (asked, signature) => asked === digest && fromHex(signature).length === 3);
    const [chain, token] = first === 'home' ? [world.home, TOKENS.ethHome] : [world.second, TOKENS.ethSecond];
    chain.send(makeDeposit({ token: token.token, amount: ETHER, account: wallet }));
    await runAndCarry(world, 8);
    return world;
  }

  it('is what the contract says on the chain of its deposits', async () => {
    const world = await openWallet('home');
    const { api } = world.running.keeper;
    const wrong = await api.requestWithdrawal({ message: request1271, signature: '0xabcd' });
    expect(refusalOf(wrong)).toBe('signature.invalid');
    expect(accepted(await api.requestWithdrawal({ message: request1271, signature: '0xabcdef' })).status).toBe(
      'queued',
    );
  });

  it('is not asked for on chains without a deposit, where the address may be somebody else', async () => {
    const world = await openWallet('second');
    world.networks.second = deadNetwork;
    const answer = await world.running.keeper.api.requestWithdrawal({ message: request1271, signature: '0xabcdef' });
    expect(answer).toMatchObject({ ok: false, refusal: { code: 'keeper.notReady', retryable: true } });
  });

  it('must be good on every chain with a deposit where code stands: nobody binds an address by paying for it', async () => {
    const world = await openWallet('home');
    world.second.send(makeDeposit({ token: TOKENS.ethSecond.token, amount: 1n, account: wallet }));
    await runAndCarry(world, 8);
    const { api } = world.running.keeper;
    world.networks.second = deadNetwork;
    const unasked = await api.requestWithdrawal({ message: request1271, signature: '0xabcdef' });
    expect(unasked).toMatchObject({ ok: false, refusal: { code: 'keeper.notReady' } });
    world.networks.second = quickNetwork;
    const signed = await api.requestWithdrawal({ message: request1271, signature: '0xabcdef' });
    expect(accepted(signed).status).toBe('queued');
  });

  it('opens a session on a chain of its deposits only, and under the same conditions', async () => {
    const world = await openWallet('second');
    const { api } = world.running.keeper;
    const signIn = async (chainId: number, signature: `0x${string}`) =>
      (await api.checkContractSignature({ account: wallet, chainId, digest, signature }))?.code;
    expect(await signIn(SECOND, '0xabcdef')).toBeUndefined();
    expect(await signIn(SECOND, '0xabcd')).toBe('signature.invalid');
    expect(await signIn(HOME, '0xabcdef')).toBe('signature.invalid');
    expect(await signIn(1, '0xabcdef')).toBe('signature.invalid');
    world.networks.second = deadNetwork;
    expect(await signIn(SECOND, '0xabcdef')).toBe('keeper.notReady');
  });

  it('is not believed where no contract stands', async () => {
    const world = await openWallet('home');
    world.wallets.delete(wallet);
    const answer = await world.running.keeper.api.requestWithdrawal({ message: request1271, signature: '0xabcdef' });
    expect(refusalOf(answer)).toBe('signature.invalid');
  });
});

describe('a withdrawal that is taken back', () => {
  it('is credited while it is queued', async () => {
    const world = await openVaults();
    const before = world.running.poster.posted.length;
    accepted(await request(world, ALICE, tenth));
    expect(accepted(await cancel(world, ALICE, { chainId: HOME, nonce: 1n })).status).toBe('cancelled');
    expect(ethOf(world)).toBe(1_000_000_000n);
    await runAndCarry(world, 12);
    expect(world.running.poster.posted.slice(before).flatMap(({ withdrawals }) => withdrawals)).toEqual([]);
    expect(refusalOf(await cancel(world, ALICE, { chainId: HOME, nonce: 1n }))).toBe('withdrawal.unknown');
  });

  it('by somebody else is refused', async () => {
    const world = await openVaults();
    accepted(await request(world, ALICE, tenth));
    const signed = signCancel(BOB, { chainId: HOME, nonce: 1n });
    const message = { ...signed.message, account: ALICE.address };
    const answer = await world.running.keeper.api.cancelWithdrawal({ ...signed, message });
    expect(refusalOf(answer)).toBe('signature.invalid');
  });

  it('is not credited once a checkpoint carries it: then its chain decides', async () => {
    const world = await openVaults();
    accepted(await request(world, ALICE, tenth));
    await world.clock.advance(3 * BLOCK_MS);
    expect(refusalOf(await cancel(world, ALICE, { chainId: HOME, nonce: 1n }))).toBe('withdrawal.notQueued');
    world.home.send(cancelNonce(ALICE.address, 1n));
    await runAndCarry(world, 12);
    expect(world.running.keeper.api.withdrawals(ALICE.address)).toMatchObject([{ status: 'cancelled' }]);
    expect(ethOf(world)).toBe(1_000_000_000n);
    expect(world.home.newest.contracts.vault.get(TOKENS.ethHome.token)).toBe(ETHER);
    stateOf(world.running);
  });

  it('is credited once nobody can execute it any more, and not before', async () => {
    const world = await openVaults();
    accepted(await request(world, ALICE, tenth));
    await world.clock.advance(10_000);
    world.clock.skip(24 * 3_600_000 - 30_000);
    await world.clock.advance(19_000);
    expect(ethOf(world)).toBe(900_000_000n);
    await world.clock.advance(20_000);
    expect(world.running.keeper.api.withdrawals(ALICE.address)).toMatchObject([{ status: 'expired' }]);
    expect(ethOf(world)).toBe(1_000_000_000n);
    stateOf(world.running);
  });

  it('is not taken back by a keeper that is not the leader', async () => {
    const world = await openVaults();
    accepted(await request(world, ALICE, tenth));
    world.home.send(nameLeader(fakeSigner('other').address, 2));
    await world.clock.advance(2 * BLOCK_MS);
    expect(refusalOf(await cancel(world, ALICE, { chainId: HOME, nonce: 1n }))).toBe('keeper.notLeader');
    expect(refusalOf(await request(world, ALICE, { ...tenth, nonce: 2n }))).toBe('keeper.notLeader');
  });
});
