import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeCommand, encodeCommand } from '../../src/core/commandCodec.ts';
import { BUY, SELL } from '../../src/core/commands.ts';
import { validateInternalState } from '../../src/core/invariants.ts';
import { type Asset, addAsset, openAccount } from '../../src/core/ledger.ts';
import { FormatError } from '../../src/core/packing.ts';
import {
  decodeEngine,
  decodeState,
  encodeEngine,
  encodeState,
  engineHash,
  stateHash,
} from '../../src/core/snapshot.ts';
import { createState, type State } from '../../src/core/state.ts';
import { step } from '../../src/core/step.ts';
import {
  act,
  addressOf,
  batch,
  cancel,
  cancelAll,
  deposit,
  directoryLog,
  ETH_USD,
  GENESIS,
  HOME,
  openExchange,
  place,
  type TestExchange,
  TOKENS,
} from '../support/exchange.ts';
import { createRandom } from '../support/random.ts';
import { createPair, randomCommand } from '../support/randomCommands.ts';

const LONG_MS = 120_000;
const [ANN, BEN] = [addressOf('ann'), addressOf('ben')];

/** Everything that a state may hold: orders, dust, unlisted deposits, withdrawals of every status, used and dead nonces. */
function richExchange(): TestExchange {
  const { exchange } = createPairAfter(1_500, 11);
  deposit(exchange, { chainId: HOME, token: addressOf('unlisted one') }, ANN, 77n);
  deposit(exchange, { chainId: HOME, token: addressOf('unlisted two') }, ANN, 2n ** 90n, 3);
  deposit(exchange, { chainId: HOME, token: addressOf('unlisted two') }, BEN, 5n);
  return exchange;
}

function createPairAfter(commands: number, seed: number) {
  const pair = createPair(seed);
  for (let i = 0; i < commands; i++) randomCommand(pair);
  return pair;
}

let rich: TestExchange;
let stateBytes: Uint8Array;
let engineBytes: Uint8Array;

beforeAll(() => {
  rich = richExchange();
  stateBytes = encodeState(rich.state);
  engineBytes = encodeEngine(rich.state);
});

/** Decodes, or answers the error; anything but a `FormatError` fails the test. */
function attempt(decode: () => State): State | FormatError {
  try {
    return decode();
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
}

describe('a state as bytes', () => {
  it('comes back with the same hash, the same books and every invariant', () => {
    const state = decodeState(stateBytes, GENESIS);
    expect(stateHash(state)).toBe(stateHash(rich.state));
    const engine = decodeEngine(engineBytes, GENESIS);
    expect(engineHash(engine)).toBe(engineHash(rich.state));
    expect(engine.sequence).toBe(rich.state.sequence);
    expect(engine.exchange.orders.count).toBeGreaterThan(20);
    validateInternalState(state);
    validateInternalState(engine);
  });

  it('holds a state as if all orders were cancelled', () => {
    const engine = decodeEngine(engineBytes, GENESIS);
    const { accountCount, addresses, subaccounts } = engine.exchange.ledger;
    const actions = Array.from({ length: accountCount }, (_, account) =>
      cancelAll(addresses[account] as `0x${string}`, 0, { subaccount: subaccounts[account] as number }),
    );
    const before = stateHash(engine);
    step(engine, engine.sequence + 1, { ...batchOf(rich), actions });
    expect(engine.exchange.orders.count).toBe(0);
    // The nonce of the batch is the one thing that differs.
    engine.batchNonce--;
    expect(stateHash(engine)).toBe(before);
    const recovered = decodeState(stateBytes, GENESIS);
    expect(recovered.exchange.orders.count).toBe(0);
    expect(recovered.exchange.ledger.assets.every(({ reserved }) => reserved.every((units) => units === 0))).toBe(true);
  });

  it('goes on after a restart exactly as without one', { timeout: LONG_MS }, () => {
    for (const seed of [21, 22, 23]) {
      const { exchange } = createPairAfter(1_200, seed);
      const half = 600;
      const first = createState(GENESIS);
      for (const { sequence, command } of exchange.commands.slice(0, half)) step(first, sequence, command);
      const restarted = decodeEngine(encodeEngine(first), GENESIS);
      for (const { sequence, command } of exchange.commands.slice(half)) {
        expect(step(restarted, sequence, command)).toEqual(step(first, sequence, command));
      }
      expect(engineHash(restarted)).toBe(engineHash(exchange.state));
      validateInternalState(restarted);
    }
  });

  it('is the same after the same commands from the journal, byte for byte', () => {
    const { exchange } = createPairAfter(1_200, 31);
    const replayed = createState(GENESIS);
    for (const { sequence, command } of exchange.commands) {
      step(replayed, sequence, decodeCommand(encodeCommand(command)));
    }
    expect(encodeEngine(replayed)).toEqual(encodeEngine(exchange.state));
  });

  it('does not depend on where the window of a book stands, nor on how orders came into their slots', () => {
    const exchange = openExchange();
    deposit(exchange, TOKENS.ethHome, ANN, 10n ** 21n);
    const first = act(exchange, place(ANN, ETH_USD, SELL, 7, 1));
    const far = act(exchange, place(ANN, ETH_USD, SELL, 2 ** 45, 1, { clientId: 8 }));
    act(exchange, cancel(ANN, 'orderId' in first ? first.orderId : 0));
    act(exchange, place(ANN, ETH_USD, SELL, 900_000, 2));
    const again = decodeEngine(encodeEngine(exchange.state), GENESIS);
    expect(engineHash(again)).toBe(engineHash(exchange.state));
    expect(act({ ...exchange, state: again }, place(ANN, ETH_USD, SELL, 5, 5, { clientId: 8 }))).toEqual(far);
  });

  it('is refused with bytes too many or too few', () => {
    for (const bytes of [stateBytes, engineBytes]) {
      const decode = bytes === stateBytes ? decodeState : decodeEngine;
      expect(() => decode(new Uint8Array([...bytes, 0]), GENESIS)).toThrow(FormatError);
      for (let length = 0; length < bytes.length; length += 1 + Math.floor(length / 50)) {
        expect(() => decode(bytes.subarray(0, length), GENESIS)).toThrow(FormatError);
      }
    }
  });

  it('has exactly one encoding: damaged bytes are refused, or are another state’s bytes', { timeout: LONG_MS }, () => {
    const damage = fc.array(fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) }), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(damage, fc.boolean(), (changes, isEngine) => {
        const bytes = (isEngine ? engineBytes : stateBytes).slice();
        for (const { at, byte } of changes) bytes[at % bytes.length] = byte;
        const found = attempt(() => (isEngine ? decodeEngine : decodeState)(bytes, GENESIS));
        if (!(found instanceof FormatError)) expect((isEngine ? encodeEngine : encodeState)(found)).toEqual(bytes);
      }),
      { numRuns: 500 },
    );
  });

  it('is refused, and never worse, when the bytes are random', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(), (noise, cut) => {
        const start = stateBytes.subarray(0, cut % stateBytes.length);
        for (const bytes of [noise, new Uint8Array([...start, ...noise])]) {
          const found = attempt(() => decodeState(bytes, GENESIS));
          if (!(found instanceof FormatError)) expect(encodeState(found)).toEqual(bytes);
          expect(attempt(() => decodeEngine(bytes, GENESIS))).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is refused when it belongs to another exchange, and says in what', () => {
    for (const name of ['authority', 'checkpointer', 'directory'] as const) {
      expect(() => decodeState(stateBytes, { ...GENESIS, [name]: ANN })).toThrow(`its ${name} is ${GENESIS[name]}`);
    }
    expect(() => decodeState(stateBytes, { ...GENESIS, homeChainId: 1 })).toThrow('its homeChainId is 31337');
  });

  it('is refused in another version', () => {
    const other = stateBytes.slice();
    other[0] = 99;
    expect(() => decodeState(other, GENESIS)).toThrow('version 99');
  });

  it('knows what has changed since the last cut only as an engine', () => {
    const { ledger } = decodeState(stateBytes, GENESIS).exchange;
    expect([ledger.changedAccounts, ledger.changed.some((changed) => changed !== 0)]).toEqual([[], false]);
    const engine = decodeEngine(engineBytes, GENESIS);
    const sorted = (state: State) => state.exchange.ledger.changedAccounts.toSorted((a, b) => a - b);
    expect(sorted(engine)).toEqual(sorted(rich.state));
    expect(sorted(engine).length).toBeGreaterThan(0);
    expect(engine.changedNonces).toEqual(rich.state.changedNonces);
  });

  it('takes at most 75 bytes per account of six assets', () => {
    const random = createRandom(1);
    const state = createState(GENESIS);
    const { ledger } = state.exchange;
    for (let id = 1; id <= 6; id++) addAsset(ledger, { id, symbol: `A${id}`, ledgerDecimals: 9 });
    const empty = encodeState(state).length;
    const accounts = 2_000;
    for (let i = 0; i < accounts; i++) {
      const account = openAccount(ledger, addressOf(`user ${i}`), 0);
      for (const asset of ledger.assets)
        fund(asset, account, Math.floor(random.next() * 1e13), i % 10 === 0 ? 12_345_678n : 0n);
    }
    expect((encodeState(state).length - empty) / accounts).toBeLessThan(75);
  });
});

function fund(asset: Asset, account: number, units: number, dust: bigint): void {
  asset.units[account] = units;
  asset.dust[account] = dust;
}

function batchOf({ state, time }: TestExchange) {
  const { executor, epoch } = state;
  return {
    type: 'batch' as const,
    time,
    executor,
    epoch,
    nonce: state.batchNonce + 1,
    deadline: time,
    makersFirst: false,
  };
}

describe('an engine as bytes', () => {
  it('is refused when an order is not covered by its account', () => {
    const exchange = openExchange();
    deposit(exchange, TOKENS.usdHome, BEN, 10_000_000n);
    batch(exchange, [place(BEN, ETH_USD, BUY, 1_000, 900)]);
    expect(exchange.state.exchange.orders.count).toBe(1);
    const asset = exchange.state.exchange.ledger.assets[1] as Asset;
    asset.units.fill(9_000_000);
    expect(() => decodeEngine(encodeEngine(exchange.state), GENESIS)).toThrow('is not covered');
  });

  it('knows a book that was closed after orders had rested', () => {
    const exchange = openExchange();
    deposit(exchange, TOKENS.usdHome, BEN, 10_000_000n);
    batch(exchange, [place(BEN, ETH_USD, BUY, 1_000, 900)]);
    directoryLog(exchange, [{ type: 'bookChanged', book: ETH_USD, makerFeePpm: 0, takerFeePpm: 0, status: 3 }]);
    const again = decodeEngine(encodeEngine(exchange.state), GENESIS);
    expect(again.exchange.orders.count).toBe(0);
    expect(act({ ...exchange, state: again }, place(BEN, ETH_USD, BUY, 1, 1))).toEqual({ code: 'book.notOpen' });
  });
});
