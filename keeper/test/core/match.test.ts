import { describe, expect, it } from 'vitest';
import { BUY, SELL } from '../../src/core/commands.ts';
import { validateInternalState } from '../../src/core/invariants.ts';
import {
  decodeEngine,
  decodeState,
  encodeEngine,
  encodeState,
  engineHash,
  stateHash,
} from '../../src/core/snapshot.ts';
import {
  addressOf,
  balanceOf,
  batch,
  deposit,
  ETH,
  ETH_USD,
  FEES,
  GENESIS,
  openExchange,
  place,
  TOKENS,
  USD,
} from '../support/exchange.ts';

describe('matching', () => {
  it('trades at the price of the maker and charges both fees in quote, rounded up', () => {
    const exchange = openExchange();
    const [alice, bob] = [addressOf('alice'), addressOf('bob')];
    deposit(exchange, TOKENS.ethHome, alice, 10n ** 18n);
    deposit(exchange, TOKENS.usdHome, bob, 10_000_000_000n);
    const { result, events } = batch(exchange, [
      place(alice, ETH_USD, SELL, 200_000, 100),
      place(bob, ETH_USD, BUY, 210_000, 150),
    ]);
    expect(result).toMatchObject({
      code: 'ok',
      items: [{ resting: true }, { filled: 100, remaining: 50, resting: true }],
    });
    expect(events.map((event) => event.type)).toEqual(['orderRested', 'fill', 'orderRested']);
    expect(balanceOf(exchange, alice, USD).units).toBe(200_000_000 - 40_000);
    expect(balanceOf(exchange, bob, ETH).units).toBe(100_000_000);
    expect(balanceOf(exchange, FEES, USD).units).toBe(40_000 + 100_000);
    validateInternalState(exchange.state);
    const again = decodeEngine(encodeEngine(exchange.state), GENESIS);
    expect(engineHash(again)).toBe(engineHash(exchange.state));
    expect(stateHash(decodeState(encodeState(exchange.state), GENESIS))).toBe(stateHash(exchange.state));
    validateInternalState(again);
  });
});
