import { beforeEach, describe, expect, it } from 'vitest';
import { changeRoom, TRANSACTION_LIMIT_BYTES } from '../../src/core/checkpointRoom.ts';
import type { CoreEvent } from '../../src/core/events.ts';
import { exitInputOf } from '../../src/core/exitInput.ts';
import { exitShares } from '../../src/core/exitShares.ts';
import { validateInternalState } from '../../src/core/invariants.ts';
import { encodePart } from '../../src/core/rollingSnapshot.ts';
import { decodeState, encodeState, indexState } from '../../src/core/snapshot.ts';
import { accountViews } from '../../src/core/viewState.ts';
import {
  addressOf,
  apply,
  balanceOf,
  deposit,
  directoryLog,
  GENESIS,
  HOME,
  openExchange,
  registryLog,
  type TestExchange,
} from '../support/exchange.ts';

const ASSET = 9;
const NEW = { chainId: HOME, token: addressOf('new token') };
/** Whom one checkpoint could not carry together. */
const STRANGERS = 4_300;

const stranger = (i: number) => addressOf(`stranger ${i}`);
let exchange: TestExchange;

function cut(): number {
  expect(apply(exchange, { type: 'cutCheckpoint' }).result.code).toBe('ok');
  const { state } = exchange;
  return encodePart(indexState(state), { number: state.cutNumber, slices: 16, changes: state.lastChanges }).length;
}

function list(): readonly CoreEvent[] {
  return directoryLog(exchange, [
    { type: 'assetListed', asset: ASSET, symbol: 'NEW', ledgerDecimals: 6 },
    { type: 'assetTokenListed', asset: ASSET, ...NEW, decimals: 6 },
  ]).events;
}

const creditedIn = (events: readonly CoreEvent[]) => events.filter(({ type }) => type === 'credited').length;
const lastBalance = () => balanceOf(exchange, stranger(STRANGERS - 1), ASSET).units;

/** What an address could take out of the vault of the new token now. */
function exitOf(address: string): bigint | undefined {
  const input = exitInputOf(exchange.state);
  const index = input.tokens.findIndex(({ token }) => token === NEW.token);
  return exitShares(input).tokens[index]?.exits.get(input.owners.indexOf(address as `0x${string}`));
}

beforeEach(() => {
  exchange = openExchange();
  for (let i = 0; i < STRANGERS; i++) {
    deposit(exchange, NEW, stranger(i), 5n);
    if (i % 300 === 299) cut();
  }
  cut();
});

describe('deposits of a token that many had before it was listed', () => {
  it('are credited over as many checkpoints as it takes, each of which can be posted, and to each once', () => {
    let credited = creditedIn(list());
    expect(credited).toBeGreaterThan(100);
    expect(credited).toBeLessThan(STRANGERS);
    for (let rounds = 0; credited < STRANGERS; rounds++) {
      expect(rounds).toBeLessThan(100);
      validateInternalState(exchange.state);
      expect(exchange.state.exchange.ledger.changedBytes).toBeLessThan(changeRoom(exchange.state) / 2);
      expect(cut()).toBeLessThan(TRANSACTION_LIMIT_BYTES);
      credited += creditedIn(registryLog(exchange, HOME, []).events);
    }
    for (const i of [0, 1_000, STRANGERS - 1]) expect(balanceOf(exchange, stranger(i), ASSET).units).toBe(5);
    expect(cut()).toBeLessThan(TRANSACTION_LIMIT_BYTES);
    expect(creditedIn(registryLog(exchange, HOME, []).events)).toBe(0);
    validateInternalState(exchange.state);
  });

  it('belong to their owners in the exit, before their turn as after it', () => {
    list();
    expect([lastBalance(), exitOf(stranger(STRANGERS - 1)), exitOf(stranger(0))]).toEqual([0, 5n, 5n]);
    expect(accountViews(exchange.state, stranger(STRANGERS - 1))[0]?.unlisted).toEqual([{ ...NEW, atoms: '5' }]);
    expect(accountViews(exchange.state, stranger(0))[0]?.unlisted).toEqual([]);
  });

  it('are credited before anything else happens to them', () => {
    list();
    const { events } = deposit(exchange, NEW, stranger(STRANGERS - 1), 2n);
    expect(events).toMatchObject([
      { type: 'credited', amount: 5n, logIndex: -1 },
      { type: 'credited', amount: 2n, logIndex: expect.any(Number) },
    ]);
    expect(lastBalance()).toBe(7);
    const other = stranger(STRANGERS - 2);
    registryLog(exchange, HOME, [
      { type: 'forcedRequested', id: 1n, account: other, token: NEW.token, amount: 5n, recipient: other },
    ]);
    const facts = { open: 5n, capacity: 100n, transferFails: false, isKeyHolder: true };
    expect(apply(exchange, { type: 'answerForced', ...NEW, id: 1, account: other, ...facts }).result.code).toBe('ok');
    expect([...exchange.state.answers.values()]).toMatchObject([{ reason: 'paid', paid: 5n }]);
    validateInternalState(exchange.state);
  });

  it('go on being credited after a recovery from the middle', () => {
    list();
    cut();
    const state = decodeState(encodeState(exchange.state), GENESIS);
    validateInternalState(state);
    expect(encodeState(state)).toEqual(encodeState(exchange.state));
    const recovered = { ...exchange, state };
    const { events } = registryLog(recovered, HOME, []);
    expect(events).toEqual(registryLog(exchange, HOME, []).events);
    expect(creditedIn(events)).toBeGreaterThan(100);
    expect(encodeState(state)).toEqual(encodeState(exchange.state));
  });
});
