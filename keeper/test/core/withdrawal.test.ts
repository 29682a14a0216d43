import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AssertionError } from '../../src/core/assertion.ts';
import { BUY, type WithdrawalRequestCommand, ZERO_ADDRESS } from '../../src/core/commands.ts';
import type { Outcome } from '../../src/core/events.ts';
import { validateInternalState } from '../../src/core/invariants.ts';
import type { WithdrawalLimit } from '../../src/core/ports.ts';
import { decodeState, encodeState } from '../../src/core/snapshot.ts';
import { hasExpiredWithdrawal } from '../../src/core/state.ts';
import {
  finalWithdrawals,
  fitsAtOf,
  fittingWithdrawals,
  vaultTokenKey,
  type WithdrawalToSign,
  withdrawalsOfCheckpoint,
} from '../../src/core/withdrawal.ts';
import {
  addressOf,
  apply,
  balanceOf,
  batch,
  deposit,
  ETH_USD,
  GENESIS,
  HOME,
  hashOf,
  log,
  openExchange,
  place,
  REGISTRY,
  registryLog,
  SECOND,
  type TestExchange,
  TOKENS,
  USD,
} from '../support/exchange.ts';

const [ANN, BEN] = [addressOf('ann'), addressOf('ben')];
const DAY_MS = 86_400_000;

let exchange: TestExchange;

/** Ann has 100 USD at home, Ben 50 USD on the second chain. */
beforeEach(() => {
  exchange = openExchange();
  deposit(exchange, TOKENS.usdHome, ANN, 100_000_000n);
  deposit(exchange, TOKENS.usdSecond, BEN, 50n * 10n ** 18n);
});

afterEach(() => {
  validateInternalState(exchange.state);
});

function request(more: Partial<WithdrawalRequestCommand> = {}): Outcome {
  return apply(exchange, {
    type: 'requestWithdrawal',
    account: ANN,
    subaccount: 0,
    chainId: HOME,
    token: TOKENS.usdHome.token,
    amount: 30_000_000n,
    recipient: ANN,
    nonce: 1n,
    deadline: exchange.time + 60_000,
    ...more,
  });
}

function cut(): void {
  apply(exchange, { type: 'cutCheckpoint' });
}

/** The next checkpoint stands in a final block. */
function finalise(): Outcome {
  const hashes = { parent: hashOf(1), stateHash: hashOf(2), payloadHash: hashOf(3), withdrawalsHash: hashOf(4) };
  const number = exchange.state.finalNumber + 1;
  return log(exchange, { chainId: HOME, contract: GENESIS.checkpointer }, [
    { type: 'checkpointed', number, epoch: 1, ...hashes, settlementsHash: hashOf(5), journalIndex: 1 },
  ]);
}

function pay(more: object = {}): Outcome {
  return registryLog(exchange, HOME, [
    {
      type: 'withdrawn',
      account: ANN,
      token: TOKENS.usdHome.token,
      amount: 30_000_000n,
      recipient: ANN,
      nonce: 1n,
      ...more,
    },
  ]);
}

function statusesOf(outcome: Outcome): string[] {
  return outcome.events.flatMap((event) => (event.type === 'withdrawalChanged' ? [event.status] : []));
}

describe('a withdrawal', () => {
  it('is deducted at once, posted with the next checkpoint, final with that, and over when it is paid', () => {
    const queued = request();
    expect(queued.events).toMatchObject([{ type: 'withdrawalChanged', status: 'queued', checkpoint: 0, deadline: 0 }]);
    expect(balanceOf(exchange, ANN, USD).units).toBe(70_000_000);
    expect(exchange.state.queuedWithdrawals).toBe(1);

    const posted = apply(exchange, { type: 'cutCheckpoint', time: exchange.time + 999 });
    const deadline = Math.floor(exchange.time / 1000) + 86_400;
    expect(posted.events).toMatchObject([
      { type: 'checkpointCut', number: 1 },
      { status: 'posted', checkpoint: 1, deadline },
    ]);
    const message = { account: ANN, token: TOKENS.usdHome.token, amount: 30_000_000n, recipient: ANN, nonce: 1n };
    const toSign = [{ chainId: HOME, registry: REGISTRY, message: { ...message, checkpoint: 1, deadline } }];
    expect(withdrawalsOfCheckpoint(exchange.state, 1)).toEqual(toSign);
    expect(finalWithdrawals(exchange.state, 1)).toEqual([]);

    expect(statusesOf(finalise())).toEqual(['final']);
    expect(finalWithdrawals(exchange.state, 1)).toEqual(toSign);
    expect(finalWithdrawals(exchange.state, 0)).toEqual([]);

    expect(statusesOf(pay())).toEqual(['executed']);
    expect(exchange.state.withdrawals.size).toBe(0);
    expect(exchange.state.exchange.ledger.tokens.get(`${HOME}:${TOKENS.usdHome.token}`)).toMatchObject({
      holdings: 70_000_000n,
      promised: 0n,
    });
  });

  it('goes out on another chain than the money came in, in that chain’s atoms', () => {
    const token = TOKENS.usdSecond.token;
    expect(request({ chainId: SECOND, token, amount: 10n ** 12n + 1n }).result.code).toBe('ok');
    // A millionth of a USD and 10^-18 of one: the units go down by two, the rest becomes dust.
    expect(balanceOf(exchange, ANN, USD)).toMatchObject({ units: 99_999_998, dust: 10n ** 12n - 1n });
  });

  it('pays out dust', () => {
    deposit(exchange, TOKENS.usdSecond, ANN, 5n);
    const chain = { chainId: SECOND, token: TOKENS.usdSecond.token };
    expect(request({ ...chain, amount: 5n }).result.code).toBe('ok');
    expect(balanceOf(exchange, ANN, USD)).toMatchObject({ units: 100_000_000, dust: 0n });
  });

  it('of one subaccount leaves the others alone', () => {
    deposit(exchange, TOKENS.usdHome, ANN, 8_000_000n, 4);
    expect(request({ subaccount: 4, amount: 8_000_000n }).result.code).toBe('ok');
    expect(balanceOf(exchange, ANN, USD, 4).units).toBe(0);
    expect(balanceOf(exchange, ANN, USD).units).toBe(100_000_000);
  });

  it.each([
    ['an unknown chain', { chainId: 5 }, { code: 'withdrawal.unknownChain' }],
    ['an unlisted token', { token: ANN }, { code: 'withdrawal.unlistedToken' }],
    ['a token of another chain', { token: TOKENS.usdSecond.token }, { code: 'withdrawal.unlistedToken' }],
    ['nothing', { amount: 0n }, { code: 'withdrawal.zeroAmount' }],
    ['nobody', { recipient: ZERO_ADDRESS }, { code: 'withdrawal.badRecipient' }],
    ['the vault itself', { recipient: REGISTRY }, { code: 'withdrawal.badRecipient' }],
    ['an account without a deposit', { account: addressOf('cat') }, { code: 'account.unknown' }],
    ['a subaccount without a deposit', { subaccount: 1 }, { code: 'account.unknown' }],
    [
      'more than the free balance',
      { amount: 100_000_001n },
      {
        code: 'withdrawal.insufficientBalance',
        details: { symbol: 'USD', decimals: 6, requested: '100000001', free: '100000000' },
      },
    ],
    [
      'more than the vault holds',
      { chainId: SECOND, token: TOKENS.usdSecond.token, amount: 50n * 10n ** 18n + 1n },
      {
        code: 'withdrawal.vaultTooLow',
        details: { symbol: 'USD', decimals: 18, holds: '50000000000000000000', alreadyPromised: '0' },
      },
    ],
  ])('to or of %s is refused, and changes nothing', (_, wrong, refusal) => {
    expect(request(wrong)).toEqual({ result: refusal, events: [] });
    expect(balanceOf(exchange, ANN, USD).units).toBe(100_000_000);
  });

  it('takes nothing that an order has put aside', () => {
    batch(exchange, [place(ANN, ETH_USD, BUY, 1_000, 5_000)]);
    const reserved = 50_000_000 + 25_000;
    expect(request({ amount: BigInt(100_000_001 - reserved) }).result).toMatchObject({ details: { free: '49975000' } });
    expect(request({ amount: BigInt(100_000_000 - reserved) }).result.code).toBe('ok');
  });

  it('is refused when the vault has promised its money to others', () => {
    const token = TOKENS.usdSecond.token;
    expect(request({ chainId: SECOND, token, amount: 40n * 10n ** 18n }).result.code).toBe('ok');
    const other = request({ account: BEN, chainId: SECOND, token, amount: 11n * 10n ** 18n });
    expect(other.result).toMatchObject({
      code: 'withdrawal.vaultTooLow',
      details: { holds: `${50n * 10n ** 18n}`, alreadyPromised: `${40n * 10n ** 18n}` },
    });
  });

  it('must be asked for before its deadline, which lies at most a day ahead', () => {
    const { time } = exchange;
    expect(request({ deadline: time - 1 }).result.code).toBe('withdrawal.expired');
    expect(request({ deadline: time + DAY_MS + 1 }).result).toEqual({
      code: 'withdrawal.deadlineTooFar',
      details: { deadline: time + DAY_MS + 1, latest: time + DAY_MS },
    });
    expect(request({ deadline: time }).result.code).toBe('ok');
    expect(request({ deadline: time + DAY_MS, nonce: 2n }).result.code).toBe('ok');
  });

  it('is refused when too many wait: 32 of one address, 512 in all', () => {
    for (let nonce = 1n; nonce <= 32n; nonce++) expect(request({ nonce, amount: 1n }).result.code).toBe('ok');
    expect(request({ nonce: 33n, amount: 1n }).result.code).toBe('withdrawal.tooMany');
    for (let i = 32; i < 512; i++) {
      const account = addressOf(`user ${i % 15}`);
      if (i < 47) deposit(exchange, TOKENS.usdHome, account, 100n);
      expect(request({ account, nonce: BigInt(i), amount: 1n }).result.code).toBe('ok');
      // A checkpoint has no room for all of them at once.
      if (i % 64 === 0) cut();
    }
    deposit(exchange, TOKENS.usdHome, addressOf('late'), 100n);
    const late = { account: addressOf('late'), amount: 1n };
    expect(request(late).result.code).toBe('withdrawal.tooMany');
    cut();
    expect(request(late).result.code).toBe('withdrawal.tooMany');
    registryLog(exchange, HOME, [{ type: 'withdrawalCancelled', account: addressOf('user 1'), nonce: 511n }]);
    expect(request(late).result.code).toBe('ok');
  });

  it('is refused when its address asked for 32 others before their deadlines, whatever became of them', () => {
    const deadline = exchange.time + 60_000;
    for (let nonce = 1n; nonce <= 32n; nonce++) {
      expect(request({ nonce, amount: 1n, deadline }).result.code).toBe('ok');
      apply(exchange, { type: 'cancelWithdrawal', account: ANN, chainId: HOME, nonce });
    }
    expect(request({ nonce: 33n, amount: 1n, deadline }).result.code).toBe('withdrawal.tooMany');
    exchange.state = decodeState(encodeState(exchange.state), GENESIS);
    expect(request({ nonce: 33n, amount: 1n, deadline }).result.code).toBe('withdrawal.tooMany');
    exchange.time = deadline + 1;
    cut();
    // Then it may ask for as many again.
    const next = deadline + 60_000;
    for (let nonce = 33n; nonce <= 64n; nonce++) {
      expect(request({ nonce, amount: 1n, deadline: next }).result.code).toBe('ok');
      apply(exchange, { type: 'cancelWithdrawal', account: ANN, chainId: HOME, nonce });
    }
    expect(request({ nonce: 65n, amount: 1n, deadline: next }).result.code).toBe('withdrawal.tooMany');
  });

  it('goes into the next checkpoint with room: 128 fit into one, the oldest first', () => {
    for (let i = 0; i < 150; i++) {
      const account = addressOf(`user ${i % 15}`);
      if (i < 15) deposit(exchange, TOKENS.usdHome, account, 100n);
      expect(request({ account, nonce: BigInt(i), amount: 1n }).result.code).toBe('ok');
    }
    const left = () => [...exchange.state.withdrawals.values()].filter(({ status }) => status === 'queued');
    cut();
    expect(left().map(({ nonce }) => nonce)).toEqual(Array.from({ length: 22 }, (_, i) => BigInt(128 + i)));
    expect(exchange.state.queuedWithdrawals).toBe(22);
    cut();
    expect(left()).toEqual([]);
    expect(exchange.state.queuedWithdrawals).toBe(0);
  });
});

describe('a withdrawal that is over', () => {
  it('is told to those who ask how it ended, with the last 4096 of all', () => {
    const { state } = exchange;
    const end = (nonce: bigint) => {
      request({ nonce });
      apply(exchange, { type: 'cancelWithdrawal', account: ANN, chainId: HOME, nonce });
    };
    end(1n);
    expect(state.endedWithdrawals).toMatchObject([{ account: { address: ANN }, nonce: 1n, status: 'cancelled' }]);
    const [first] = state.endedWithdrawals as [(typeof state.endedWithdrawals)[number]];
    while (state.endedWithdrawals.length < 4_096) state.endedWithdrawals.push({ ...first, nonce: 0n });
    end(2n);
    expect(state.endedWithdrawals.length).toBe(4_096);
    expect([state.endedWithdrawals.at(0)?.nonce, state.endedWithdrawals.at(-1)?.nonce]).toEqual([0n, 2n]);
  });
});

describe('a request', () => {
  it.each([
    ['an amount', { amount: 2n ** 256n }],
    ['a negative amount', { amount: -1n }],
    ['a nonce', { nonce: 2n ** 256n }],
    ['a negative nonce', { nonce: -1n }],
  ])('with %s that no chain can express stops the keeper: the gateway lets none in', (_, wrong) => {
    expect(() => request(wrong)).toThrow('no uint256');
    exchange = openExchange();
  });
});

describe('a nonce', () => {
  it('is used while its withdrawal is pending, whatever the request said', () => {
    request({ deadline: exchange.time + 5 });
    cut();
    exchange.time += DAY_MS / 2;
    expect(request().result.code).toBe('withdrawal.nonceUsed');
  });

  it('is one per address and chain, whatever the subaccount', () => {
    deposit(exchange, TOKENS.usdHome, ANN, 100n, 4);
    request();
    expect(request({ subaccount: 4, amount: 1n }).result.code).toBe('withdrawal.nonceUsed');
    expect(request({ account: BEN, amount: 1n }).result.code).toBe('ok');
    expect(request({ chainId: SECOND, token: TOKENS.usdSecond.token, amount: 1n }).result.code).toBe('ok');
  });

  it('cannot be played again before the request’s deadline, also after a cut forgot what is older', () => {
    const deadline = exchange.time + 60_000;
    request({ deadline });
    apply(exchange, { type: 'cancelWithdrawal', account: ANN, chainId: HOME, nonce: 1n });
    cut();
    exchange.time = deadline;
    expect(request({ deadline }).result.code).toBe('withdrawal.nonceUsed');
    exchange.time = deadline + 1;
    expect(request({ deadline }).result.code).toBe('withdrawal.expired');
    expect(exchange.state.usedNonces.size).toBe(1);
    cut();
    expect(exchange.state.usedNonces.size).toBe(0);
    expect(request({ deadline: deadline + 5 }).result.code).toBe('ok');
  });

  it('that anybody cancels on chain without a request leaves no trace in the state', () => {
    const before = encodeState(exchange.state).length;
    const cancels = Array.from({ length: 100 }, (_, i) => ({ account: addressOf(`stranger ${i}`), nonce: BigInt(i) }));
    registryLog(
      exchange,
      HOME,
      cancels.map((cancel) => ({ type: 'withdrawalCancelled', ...cancel })),
    );
    expect(encodeState(exchange.state).length - before).toBeLessThan(10);
  });

  it('that was refused may be used again', () => {
    expect(request({ amount: 10n ** 20n }).result.code).toBe('withdrawal.insufficientBalance');
    expect(request().result.code).toBe('ok');
  });
});

describe('what was deducted comes back', () => {
  it('when the account takes it back while it is queued, and not later', () => {
    request();
    const taken = apply(exchange, { type: 'cancelWithdrawal', account: ANN, chainId: HOME, nonce: 1n });
    expect(statusesOf(taken)).toEqual(['cancelled']);
    expect(balanceOf(exchange, ANN, USD).units).toBe(100_000_000);
    request({ nonce: 2n });
    cut();
    const late = apply(exchange, { type: 'cancelWithdrawal', account: ANN, chainId: HOME, nonce: 2n });
    expect(late.result).toEqual({ code: 'withdrawal.notQueued', details: { status: 'posted', checkpoint: 1 } });
    expect(balanceOf(exchange, ANN, USD).units).toBe(70_000_000);
    const other = apply(exchange, { type: 'cancelWithdrawal', account: BEN, chainId: HOME, nonce: 2n });
    expect(other.result).toEqual({ code: 'withdrawal.unknown' });
  });

  it.each(['queued', 'posted', 'final'])('when the account cancels the nonce on its chain while it is %s', (status) => {
    request();
    if (status !== 'queued') cut();
    if (status === 'final') finalise();
    const { events } = registryLog(exchange, HOME, [{ type: 'withdrawalCancelled', account: ANN, nonce: 1n }]);
    expect(events).toMatchObject([{ type: 'withdrawalChanged', status: 'cancelled' }]);
    expect(balanceOf(exchange, ANN, USD).units).toBe(100_000_000);
    expect(exchange.state.queuedWithdrawals).toBe(0);
  });

  it('when the council revokes the nonce', () => {
    request();
    cut();
    const { events } = registryLog(exchange, HOME, [{ type: 'withdrawalRevoked', account: ANN, nonce: 1n }]);
    expect(events).toMatchObject([{ type: 'withdrawalChanged', status: 'cancelled' }]);
    expect(balanceOf(exchange, ANN, USD).units).toBe(100_000_000);
  });

  it('when the chain has passed the deadline without a payment', () => {
    request();
    cut();
    const { deadline } = withdrawalsOfCheckpoint(exchange.state, 1)[0]?.message ?? { deadline: 0 };
    const log = { chainId: HOME, contract: REGISTRY };
    expect(hasExpiredWithdrawal(exchange.state, { ...log, timestamp: deadline })).toBe(false);
    expect(registryLog(exchange, HOME, [], { timestamp: deadline }).events).toEqual([]);
    expect(hasExpiredWithdrawal(exchange.state, { ...log, timestamp: deadline + 1 })).toBe(true);
    expect(hasExpiredWithdrawal(exchange.state, { ...log, contract: ANN, timestamp: deadline + 1 })).toBe(false);
    expect(hasExpiredWithdrawal(exchange.state, { ...log, chainId: SECOND, timestamp: deadline + 1 })).toBe(false);
    expect(registryLog(exchange, SECOND, [], { timestamp: deadline + 1 }).events).toEqual([]);
    expect(statusesOf(registryLog(exchange, HOME, [], { timestamp: deadline + 1 }))).toEqual(['expired']);
    expect(balanceOf(exchange, ANN, USD).units).toBe(100_000_000);
  });

  it('but not when the same log says that it was paid, however late the block', () => {
    request();
    cut();
    const entry = { account: ANN, token: TOKENS.usdHome.token, amount: 30_000_000n, recipient: ANN, nonce: 1n };
    const { events } = registryLog(exchange, HOME, [{ type: 'withdrawn', ...entry }], { timestamp: exchange.time });
    expect(events).toMatchObject([{ status: 'executed' }]);
    expect(balanceOf(exchange, ANN, USD).units).toBe(70_000_000);
  });

  it('never while it is only queued, however long', () => {
    request();
    expect(registryLog(exchange, HOME, [], { timestamp: 10 ** 11 }).events).toEqual([]);
    expect(exchange.state.withdrawals.size).toBe(1);
  });
});

describe('a payment', () => {
  it.each([
    ['that nobody asked for', { nonce: 9n }],
    ['of another amount', { amount: 30_000_001n }],
    ['to somebody else', { recipient: BEN }],
    ['from another account', { account: BEN }],
    ['in another token', { token: TOKENS.ethHome.token }],
  ])('%s stops the keeper, which must not guess', (_, wrong) => {
    request();
    cut();
    expect(() => pay(wrong)).toThrow(AssertionError);
    expect(() => pay(wrong)).toThrow('no such withdrawal is pending');
    exchange = openExchange();
  });

  it('of what no checkpoint carries yet stops the keeper', () => {
    request();
    expect(() => pay()).toThrow('no such withdrawal is pending');
    exchange = openExchange();
  });

  it('may be seen before the checkpoint is seen to be final: logs of two chains arrive in any order', () => {
    request();
    cut();
    expect(statusesOf(pay())).toEqual(['executed']);
    expect(statusesOf(finalise())).toEqual([]);
    expect(exchange.state.finalNumber).toBe(1);
  });
});

describe('after a recovery from a checkpoint', () => {
  it('withdrawals stand where they stood and can end in every way', () => {
    request();
    request({ nonce: 2n, amount: 1n });
    cut();
    request({ nonce: 3n, amount: 2n });
    exchange.state = decodeState(encodeState(exchange.state), GENESIS);
    expect(exchange.state).toMatchObject({ queuedWithdrawals: 1, cutNumber: 1, finalNumber: 0 });
    expect(statusesOf(finalise())).toEqual(['final', 'final']);
    expect(statusesOf(pay())).toEqual(['executed']);
    const dead = registryLog(exchange, HOME, [{ type: 'withdrawalCancelled', account: ANN, nonce: 2n }]);
    expect(statusesOf(dead)).toEqual(['cancelled']);
    expect(statusesOf(apply(exchange, { type: 'cancelWithdrawal', account: ANN, chainId: HOME, nonce: 3n }))).toEqual([
      'cancelled',
    ]);
    expect(balanceOf(exchange, ANN, USD).units).toBe(70_000_000);
  });
});

describe('what fits into the bucket of a token', () => {
  const of = (amount: bigint, token = ANN): WithdrawalToSign => ({
    chainId: HOME,
    registry: REGISTRY,
    message: { account: ANN, token, amount, recipient: ANN, nonce: amount, checkpoint: 1, deadline: 1 },
  });
  const limits = new Map([[vaultTokenKey(of(0n)), { capacity: 10n, used: 3n, time: 1_000, refillSeconds: 100 }]]);
  const fitting = (amounts: readonly bigint[], signed: readonly bigint[] = []) =>
    fittingWithdrawals(
      amounts.map((amount) => of(amount)),
      limits,
      ({ message }) => signed.includes(message.amount),
    ).map(({ message }) => message.amount);

  it('is the oldest that fit together, and nobody overtakes one that must wait', () => {
    expect(fitting([4n, 3n, 1n])).toEqual([4n, 3n]);
    expect(fitting([4n, 5n, 1n])).toEqual([4n]);
    expect(fitting([8n, 1n])).toEqual([]);
  });

  it('is nothing beyond the whole bucket, which holds up nobody', () => {
    expect(fitting([11n, 7n])).toEqual([7n]);
  });

  it('leaves room for what is signed and not yet paid, wherever it stands', () => {
    expect(fitting([3n, 6n], [6n])).toEqual([6n]);
    expect(fitting([1n, 6n], [6n])).toEqual([1n, 6n]);
    expect(fitting([9n, 1n], [9n])).toEqual([9n]);
  });

  it('is nothing new where the bucket is not known, and each token has its own', () => {
    const other = of(1n, BEN);
    expect(fittingWithdrawals([of(8n), other], limits, () => false)).toEqual([]);
    expect(fittingWithdrawals([other], limits, () => true)).toEqual([other]);
    const both = new Map([
      ...limits,
      [vaultTokenKey(other), { capacity: 1n, used: 0n, time: 1_000, refillSeconds: 0 }] as const,
    ]);
    expect(fittingWithdrawals([of(8n), other], both, () => false)).toEqual([other]);
  });

  it('will be more when the bucket has emptied, for each behind those before it, rounded up', () => {
    const fitsAt = (
      amounts: readonly bigint[],
      limit: Partial<WithdrawalLimit> = {},
      signed: readonly bigint[] = [],
    ) => {
      const changed = new Map([...limits].map(([key, before]) => [key, { ...before, ...limit }]));
      const waiting = amounts.map((amount) => of(amount));
      const times = fitsAtOf(waiting, changed, ({ message }) => signed.includes(message.amount));
      return [...times].map(([{ message }, time]) => [message.amount, time]);
    };
    // Ten atoms take a hundred seconds.
    expect(fitsAt([4n, 5n, 1n])).toEqual([
      [5n, 1_020],
      [1n, 1_030],
    ]);
    expect(fitsAt([5n, 8n], {}, [5n])).toEqual([[8n, 1_060]]);
    expect(fitsAt([8n], { refillSeconds: 7 })).toEqual([[8n, 1_001]]);
    expect(fitsAt([8n], { refillSeconds: 0 })).toEqual([]);
    expect(fitsAt([11n, 7n])).toEqual([]);
  });
});
