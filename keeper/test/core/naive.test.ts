// The fast engine against the obvious one: same results, same events, same balances, command by command.
import { describe, expect, it } from 'vitest';
import { validateInternalState } from '../../src/core/invariants.ts';
import { decodeEngine, encodeEngine, engineHash } from '../../src/core/snapshot.ts';
import { GENESIS, type TestExchange } from '../support/exchange.ts';
import { compareBalances, createPair, type Pair, randomCommand } from '../support/randomCommands.ts';

/** For a slow machine; says nothing about speed. */
const LONG_MS = 300_000;

/** Everything that the random commands are to bring about; otherwise the comparison would say little. */
const EVERYTHING = [
  ...['ok', 'account.unknown', 'action.invalid', 'book.notOpen', 'book.unknown'],
  ...['book.postOnlyWouldCross', 'order.expired', 'order.wouldNotFill'],
  ...['order.feeAboveMaximum', 'order.notionalOutOfRange', 'order.priceOutOfRange', 'order.quantityOutOfRange'],
  ...['order.unknown', 'risk.insufficientBalance', 'withdrawal.badRecipient', 'withdrawal.deadlineTooFar'],
  ...['withdrawal.expired', 'withdrawal.insufficientBalance', 'withdrawal.nonceUsed', 'withdrawal.notQueued'],
  ...[
    'withdrawal.unknown',
    'withdrawal.unknownChain',
    'withdrawal.unlistedToken',
    'withdrawal.vaultTooLow',
    'withdrawal.zeroAmount',
  ],
  ...['fill', 'orderRested', 'orderCancelled', 'checkpointCut'],
  ...['queued', 'posted', 'final', 'executed', 'cancelled', 'expired'],
];

/** Runs one seed and answers what happened in it. */
function compare(seed: number, commands: number): Pair['seen'] {
  const pair = createPair(seed);
  for (let i = 0; i < commands; i++) {
    randomCommand(pair);
    pair.exchange.commands.length = 0;
    if (i % 16 === 0) compareBalances(pair);
    if (i % 64 === 0) validateInternalState(pair.exchange.state);
    if (i % 4_000 === 0) restart(pair.exchange);
  }
  compareBalances(pair);
  validateInternalState(pair.exchange.state);
  return pair.seen;
}

/** The rest of the run goes on with a state that came from its own bytes. */
function restart(exchange: TestExchange): void {
  const restored = decodeEngine(encodeEngine(exchange.state), GENESIS);
  expect(engineHash(restored)).toBe(engineHash(exchange.state));
  exchange.state = restored;
}

describe('the fast engine and the naive one', () => {
  it('agree on every result, event and balance over 104 000 random commands', { timeout: LONG_MS }, () => {
    const seen = new Set<string>();
    for (const seed of [1, 2, 3, 4]) for (const what of compare(seed, 26_000).keys()) seen.add(what);
    expect([...seen].toSorted()).toEqual(EVERYTHING.toSorted());
  });

  it('keep every invariant after each single command', { timeout: LONG_MS }, () => {
    const pair = createPair(5);
    for (let i = 0; i < 3_000; i++) {
      randomCommand(pair);
      compareBalances(pair);
      validateInternalState(pair.exchange.state);
    }
  });
});
