import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AssertionError } from '../../src/core/assertion.ts';
import { ACTION_AMEND, ACTION_CANCEL_ALL_AFTER, BUY, SELL } from '../../src/core/commands.ts';
import type { Outcome } from '../../src/core/events.ts';
import { exitModes, windDownRefusal } from '../../src/core/exitMode.ts';
import { validateInternalState } from '../../src/core/invariants.ts';
import type { RegistryEntry } from '../../src/core/logEntries.ts';
import {
  decodeEngine,
  decodeState,
  encodeEngine,
  encodeState,
  engineHash,
  stateHash,
} from '../../src/core/snapshot.ts';
import {
  act,
  addressOf,
  apply,
  balanceOf,
  batch,
  cancel,
  cancelAll,
  deposit,
  ETH_USD,
  GENESIS,
  HOME,
  openExchange,
  place,
  registryLog,
  SECOND,
  type TestExchange,
  TOKENS,
  USD,
} from '../support/exchange.ts';

const [ANN, BEN] = [addressOf('ann'), addressOf('ben')];
const ETHER = 10n ** 18n;

let exchange: TestExchange;

/** Ann has 100 USD at home, Ben an ether on the second chain, and both have an order. */
beforeEach(() => {
  exchange = openExchange();
  deposit(exchange, TOKENS.usdHome, ANN, 100_000_000n);
  deposit(exchange, TOKENS.ethSecond, BEN, ETHER);
  act(exchange, place(ANN, ETH_USD, BUY, 200_000, 5));
  act(exchange, place(BEN, ETH_USD, SELL, 210_000, 5));
});
afterEach(() => {
  const { state } = exchange;
  validateInternalState(state);
  // It survives a restart and a recovery from chain.
  const restarted = decodeEngine(encodeEngine(state), GENESIS);
  expect(engineHash(restarted)).toBe(engineHash(state));
  expect(exitModes(decodeState(encodeState(state), GENESIS))).toEqual(exitModes(state));
});

type Said = 'entered' | 'cured' | 'final';

function says(chainId: number, ...all: readonly Said[]): Outcome {
  const types = { entered: 'exitModeEntered', cured: 'exitModeCured', final: 'exitModeFinal' } as const;
  return registryLog(
    exchange,
    chainId,
    all.map((said): RegistryEntry => ({ type: types[said] })),
  );
}

function ask(chainId = HOME): Outcome['result'] {
  const token = chainId === HOME ? TOKENS.usdHome : TOKENS.ethSecond;
  const account = chainId === HOME ? ANN : BEN;
  return apply(exchange, {
    type: 'requestWithdrawal',
    account,
    subaccount: 0,
    chainId,
    token: token.token,
    amount: 1_000_000n,
    recipient: account,
    nonce: BigInt(exchange.sequence),
    deadline: exchange.time + 60_000,
  }).result;
}

const refused = (chainId: number, phase: 'closing' | 'final' = 'closing') => ({
  code: 'exchange.windingDown',
  details: { chainId, phase, since: exchange.time },
});

describe('exit mode at one vault', () => {
  it('cancels the orders of everybody at once, and gives free what they reserved', () => {
    expect(balanceOf(exchange, ANN, USD).reserved).toBeGreaterThan(0);
    const { events } = says(SECOND, 'entered');
    expect(events).toMatchObject([
      { type: 'exitModeChanged', chainId: SECOND, phase: 'closing', since: exchange.time },
      { type: 'orderCancelled', account: { address: ANN }, reason: 'windDown' },
      { type: 'orderCancelled', account: { address: BEN }, reason: 'windDown' },
    ]);
    expect(exchange.state.exchange.orders.count).toBe(0);
    expect(balanceOf(exchange, ANN, USD)).toMatchObject({ units: 100_000_000, reserved: 0 });
  });

  it('lets nobody trade or ask for a withdrawal, at no vault', () => {
    says(SECOND, 'entered');
    const amend = place(ANN, ETH_USD, BUY, 0, 7, { kind: ACTION_AMEND, orderId: 1 });
    for (const action of [place(ANN, ETH_USD, BUY, 200_000, 1), amend]) {
      expect(act(exchange, action)).toEqual(refused(SECOND));
    }
    for (const chainId of [HOME, SECOND]) expect(ask(chainId)).toEqual(refused(SECOND));
    expect(exchange.state.withdrawals.size).toBe(0);
  });

  it('takes everything that takes back, and everything that comes in', () => {
    says(SECOND, 'entered');
    expect(act(exchange, cancelAll(ANN))).toEqual({ code: 'ok', cancelled: 0 });
    expect(act(exchange, cancel(ANN, 1))).toEqual({ code: 'order.unknown' });
    const switchOn = place(ANN, 0, BUY, 0, 0, { kind: ACTION_CANCEL_ALL_AFTER, expiry: 1 });
    expect(act(exchange, switchOn)).toEqual({ code: 'ok', cancelled: 0 });
    expect(apply(exchange, { type: 'tick', time: exchange.time + 10 }).events).toEqual([]);
    expect(deposit(exchange, TOKENS.usdSecond, ANN, ETHER).events).toMatchObject([{ type: 'credited' }]);
    expect(balanceOf(exchange, ANN, USD).units).toBe(101_000_000);
  });

  it('leaves what was asked for before: it is pending in every root that follows', () => {
    expect(ask()).toEqual({ code: 'ok' });
    says(SECOND, 'entered');
    const { events } = apply(exchange, { type: 'cutCheckpoint' });
    expect(events).toMatchObject([{ type: 'checkpointCut' }, { type: 'withdrawalChanged', status: 'posted' }]);
  });

  it('stops when it is cured, and not before the last vault is', () => {
    says(HOME, 'entered');
    says(SECOND, 'entered');
    expect(says(HOME, 'cured').events).toEqual([
      { type: 'exitModeChanged', chainId: HOME, phase: 'running', since: exchange.time },
    ]);
    expect(ask()).toEqual(refused(SECOND));
    says(SECOND, 'cured');
    expect(windDownRefusal(exchange.state)).toBeUndefined();
    expect(act(exchange, place(ANN, ETH_USD, BUY, 200_000, 5))).toMatchObject({ code: 'ok', resting: true });
    expect(ask()).toEqual({ code: 'ok' });
    says(SECOND, 'entered', 'cured', 'entered');
    expect(ask()).toEqual(refused(SECOND));
  });

  it('never stops when it is final, whatever the other vaults do', () => {
    says(HOME, 'entered');
    says(SECOND, 'entered', 'final');
    says(HOME, 'cured');
    expect(ask()).toEqual(refused(SECOND, 'final'));
    expect(act(exchange, place(ANN, ETH_USD, BUY, 200_000, 1))).toEqual(refused(SECOND, 'final'));
    expect(() => says(SECOND, 'cured')).toThrow(AssertionError);
  });

  it('answers no forced withdrawal any more when it is final, not even at another vault', () => {
    const asked = { type: 'forcedRequested', account: BEN, token: BEN, amount: 1n, recipient: BEN } as const;
    registryLog(exchange, HOME, [
      { ...asked, id: 1n },
      { ...asked, id: 2n },
    ]);
    const answer = (id: number) =>
      apply(exchange, {
        type: 'answerForced',
        chainId: HOME,
        id,
        account: ANN,
        token: TOKENS.usdHome.token,
        open: 1_000_000n,
        capacity: 2n ** 100n,
        isKeyHolder: true,
        transferFails: false,
      }).result;
    says(SECOND, 'entered');
    expect(answer(1)).toEqual({ code: 'ok' });
    says(SECOND, 'final');
    expect(answer(2)).toEqual(refused(SECOND, 'final'));
    expect(balanceOf(exchange, ANN, USD).units).toBe(99_000_000);
  });

  it('is part of what a checkpoint stands for', () => {
    const before = stateHash(exchange.state);
    says(SECOND, 'entered');
    const closing = stateHash(exchange.state);
    expect(closing).not.toBe(before);
    says(SECOND, 'final');
    expect(stateHash(exchange.state)).not.toBe(closing);
    expect(exitModes(exchange.state)).toEqual([{ chainId: SECOND, phase: 'final', since: exchange.time }]);
  });

  it.each([
    ['cured'],
    ['final'],
    ['entered', 'entered'],
    ['entered', 'final', 'final'],
    ['entered', 'final', 'entered'],
  ] as const)('cannot go another way: %s %s %s', (...all) => {
    const { state } = exchange;
    const kept = encodeEngine(state);
    expect(() => says(HOME, ...all)).toThrow(AssertionError);
    exchange.state = decodeEngine(kept, GENESIS);
  });
});

describe('a wind-down with more orders than one command may cancel', () => {
  it('cancels them with the commands that follow, and none of them trades', () => {
    deposit(exchange, TOKENS.usdHome, ANN, 10n ** 12n);
    const many = Array.from({ length: 1_000 }, (_, i) => place(ANN, ETH_USD, BUY, 1 + (i % 7), 1));
    for (let i = 0; i < 17; i++) batch(exchange, many);
    expect(exchange.state.exchange.orders.count).toBe(17_002);
    const first = says(HOME, 'entered').events.filter(({ type }) => type === 'orderCancelled');
    expect(first).toHaveLength(16_384);
    expect(act(exchange, place(BEN, ETH_USD, SELL, 1, 1))).toEqual(refused(HOME));
    expect(exchange.state.exchange.orders.count).toBe(0);
  });
});
