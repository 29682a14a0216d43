import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { SHARE_LIMIT_BYTES } from '../../src/core/checkpointRoom.ts';
import type { Command } from '../../src/core/commands.ts';
import { BUY, SELL } from '../../src/core/commands.ts';
import { validateInternalState } from '../../src/core/invariants.ts';
import { keccak256Hex } from '../../src/core/keccak.ts';
import { type Asset, addAsset, markChanged, openAccount } from '../../src/core/ledger.ts';
import { FormatError } from '../../src/core/packing.ts';
import { addPart, assembledState, beginAssembly, encodePart, missingOf } from '../../src/core/rollingSnapshot.ts';
import { decodeEngine, decodeState, encodeEngine, encodeState, indexState } from '../../src/core/snapshot.ts';
import { createState, nonceKey, type State, takeChanges } from '../../src/core/state.ts';
import { step } from '../../src/core/step.ts';
import { rememberNonce } from '../../src/core/withdrawal.ts';
import {
  addressOf,
  apply,
  batch,
  deposit,
  ETH_USD,
  FEES,
  GENESIS,
  HOME,
  openExchange,
  place,
  TOKENS,
} from '../support/exchange.ts';
import { createRandom } from '../support/random.ts';
import { createPair, randomCommand } from '../support/randomCommands.ts';

const LONG_MS = 120_000;
const [ANN, BEN, CAT] = [addressOf('ann'), addressOf('ben'), addressOf('cat')];

/** What a checkpoint stands for, and what it carries. */
interface Rolled {
  readonly number: number;
  readonly slices: number;
  readonly state: Uint8Array;
  readonly part: Uint8Array;
}

type Commands = readonly { readonly sequence: number; readonly command: Command }[];

function commandsOf(seed: number, count: number): Commands {
  const pair = createPair(seed);
  for (let i = 0; i < count; i++) randomCommand(pair);
  return pair.exchange.commands;
}

function roll(state: State, slices: number): Rolled {
  const indexed = indexState(state);
  const number = state.cutNumber;
  return {
    number,
    slices,
    state: indexed.bytes,
    part: encodePart(indexed, { number, slices, changes: state.lastChanges }),
  };
}

/** Applies the commands and keeps what each cut would post; the first is the oldest. */
function rollOver(
  commands: Commands,
  {
    slicesAt,
    restartsAt = () => false,
  }: { readonly slicesAt: (number: number) => number; readonly restartsAt?: (sequence: number) => boolean },
): Rolled[] {
  const rolled: Rolled[] = [];
  let state = createState(GENESIS);
  for (const { sequence, command } of commands) {
    const { result } = step(state, sequence, command);
    if (command.type === 'cutCheckpoint' && result.code === 'ok') rolled.push(roll(state, slicesAt(state.cutNumber)));
    if (restartsAt(sequence)) state = decodeEngine(encodeEngine(state), GENESIS);
  }
  return rolled;
}

/** Goes back from the newest of them; answers the bytes of the state and how many parts it took. */
function assemble(parts: readonly Uint8Array[]): { readonly bytes: Uint8Array; readonly read: number } {
  const newestFirst = parts.toReversed();
  const assembly = beginAssembly(newestFirst[0] as Uint8Array);
  let read = 1;
  while (missingOf(assembly) > 0 && read < newestFirst.length) addPart(assembly, newestFirst[read++] as Uint8Array);
  return { bytes: assembledState(assembly), read };
}

const partsOf = (rolled: readonly Rolled[]) => rolled.map(({ part }) => part);

describe('a snapshot that rolls over k checkpoints', () => {
  it('comes back from the last k of them, wherever the history ends', { timeout: LONG_MS }, () => {
    for (const slices of [1, 2, 3, 7]) {
      const rolled = rollOver(commandsOf(100 + slices, 4_000), { slicesAt: () => slices });
      expect(rolled.length).toBeGreaterThan(2 * slices);
      for (const [i, { state }] of rolled.entries()) {
        const { bytes, read } = assemble(partsOf(rolled.slice(Math.max(0, i + 1 - slices), i + 1)));
        expect(bytes).toEqual(state);
        expect(read).toBeLessThanOrEqual(slices);
        validateInternalState(decodeState(bytes, GENESIS));
      }
    }
  });

  it('needs no more than the old and the new k after a change of k, less one', { timeout: LONG_MS }, () => {
    const commands = commandsOf(201, 4_000);
    for (const [before, after] of [
      [2, 7],
      [7, 2],
      [1, 5],
      [5, 1],
      [4, 8],
    ] as const) {
      const rolled = rollOver(commands, { slicesAt: (number) => (number <= 8 ? before : after) });
      expect(rolled.length).toBeGreaterThan(16);
      for (const [i, { state }] of rolled.entries()) {
        const { bytes, read } = assemble(partsOf(rolled.slice(0, i + 1)));
        expect(bytes).toEqual(state);
        expect(read).toBeLessThanOrEqual(before + after - 1);
      }
    }
  });

  it('comes back whatever k was at each checkpoint', { timeout: LONG_MS }, () => {
    const commands = commandsOf(301, 3_000);
    for (const seed of [1, 2, 3]) {
      const random = createRandom(seed);
      const rolled = rollOver(commands, { slicesAt: () => 1 + random.below(9) });
      for (const [i, { state }] of rolled.entries()) {
        expect(assemble(partsOf(rolled.slice(0, i + 1))).bytes).toEqual(state);
      }
    }
  });

  it('is the same, byte for byte, when the keeper starts again between any two commands', { timeout: LONG_MS }, () => {
    const commands = commandsOf(401, 1_500);
    const random = createRandom(4);
    const once = rollOver(commands, { slicesAt: () => 5 });
    const again = rollOver(commands, { slicesAt: () => 5, restartsAt: () => random.below(10) === 0 });
    expect(again).toEqual(once);
    expect(once.length).toBeGreaterThan(8);
  });

  it('goes on after a recovery from it, with the checkpoints before the recovery', () => {
    const commands = commandsOf(501, 2_000);
    const rolled = rollOver(commands, { slicesAt: () => 6 });
    const { bytes } = assemble(partsOf(rolled));
    const recovered = decodeState(bytes, GENESIS);
    const exchange = { ...openExchange(), state: recovered, sequence: 10 ** 6, time: recovered.time, block: 10 ** 6 };
    const later = [...rolled];
    for (let i = 0; i < 4; i++) {
      deposit(exchange, TOKENS.usdHome, addressOf(`new ${i}`), 5n);
      apply(exchange, { type: 'cutCheckpoint' });
      later.push(roll(recovered, 6));
      const { bytes: again, read } = assemble(partsOf(later));
      expect(again).toEqual(encodeState(recovered));
      expect(read).toBeLessThanOrEqual(6);
    }
  });
});

describe('a part', () => {
  const accountsOf = (part: Uint8Array) => [...beginAssembly(part).records.keys()].sort((a, b) => a - b);

  it('carries the accounts that changed since the last cut and its share of the others, nobody else', () => {
    const exchange = openExchange();
    const { ledger } = exchange.state.exchange;
    for (let i = 0; i < 30; i++) deposit(exchange, TOKENS.usdHome, addressOf(`user ${i}`), 10n ** 9n);
    deposit(exchange, TOKENS.ethHome, ANN, 10n ** 18n);
    deposit(exchange, TOKENS.usdHome, BEN, 10n ** 12n);
    const indexOf = (address: typeof ANN) => ledger.accountByKey.get(address) as number;
    const cut = () => {
      apply(exchange, { type: 'cutCheckpoint' });
      return roll(exchange.state, 10);
    };
    const share = (number: number) => [...Array(ledger.accountCount).keys()].filter((i) => i % 10 === number % 10);
    const sorted = (...accounts: readonly number[]) => [...new Set(accounts)].sort((a, b) => a - b);

    expect(accountsOf(cut().part)).toEqual([...Array(ledger.accountCount).keys()]);
    expect(accountsOf(cut().part)).toEqual(share(2));
    // An order that only rests changes nobody; one that trades changes both sides and who takes the fees.
    batch(exchange, [place(ANN, ETH_USD, SELL, 1_000, 10)]);
    expect(accountsOf(cut().part)).toEqual(share(3));
    batch(exchange, [place(BEN, ETH_USD, BUY, 1_000, 4)]);
    const traded = [ANN, BEN, FEES].map(indexOf);
    expect(accountsOf(cut().part)).toEqual(sorted(...traded, ...share(4)));
    deposit(exchange, { chainId: HOME, token: addressOf('unlisted') }, addressOf('user 7'), 5n);
    expect(accountsOf(cut().part)).toEqual(sorted(indexOf(addressOf('user 7')), ...share(5)));
    requestWithdrawal(1n);
    expect(accountsOf(cut().part)).toEqual(sorted(indexOf(ANN), ...share(6)));
    // That it was posted stands in the head.
    expect(accountsOf(cut().part)).toEqual(share(7));

    function requestWithdrawal(nonce: bigint) {
      apply(exchange, {
        type: 'requestWithdrawal',
        account: ANN,
        subaccount: 0,
        chainId: HOME,
        token: TOKENS.ethHome.token,
        amount: 5n,
        recipient: ANN,
        nonce,
        deadline: exchange.time + 1_000,
      });
    }
  });

  it('carries used nonces as it carries accounts, and they are forgotten in all parts at once', () => {
    const exchange = openExchange();
    const { state } = exchange;
    deposit(exchange, TOKENS.ethHome, ANN, 10n ** 18n);
    const account = state.exchange.ledger.accountByKey.get(ANN) as number;
    const parts: Uint8Array[] = [];
    const cut = () => {
      apply(exchange, { type: 'cutCheckpoint' });
      parts.push(roll(state, 8).part);
      const { bytes } = assemble(parts);
      expect(bytes).toEqual(encodeState(state));
      return decodeState(bytes, GENESIS).usedNonces.size;
    };
    for (let i = 0; i < 5; i++) {
      rememberNonce(state, nonceKey(HOME, ANN, BigInt(i)), { account, until: exchange.time + 1_000 * (i + 1) });
    }
    expect(cut()).toBe(5);
    const carried = () => beginAssembly(parts.at(-1) as Uint8Array).rows.size;
    expect(carried()).toBe(5);
    for (const left of [5, 4, 3, 2, 1, 0]) {
      exchange.time += left === 5 ? 500 : 1_000;
      expect(cut()).toBe(left);
      expect(carried()).toBe(state.cutNumber % 8 === account % 8 ? left : 0);
    }
  });

  it('remembers a nonce that is used again after it was forgotten', () => {
    const exchange = openExchange();
    const { state } = exchange;
    deposit(exchange, TOKENS.ethHome, ANN, 10n ** 18n);
    deposit(exchange, TOKENS.ethHome, ANN, 10n ** 18n, 1);
    const account = state.exchange.ledger.accountByKey.get(ANN) as number;
    const key = nonceKey(HOME, ANN, 9n);
    const parts: Uint8Array[] = [];
    for (const [who, ms] of [
      [account, 100],
      [account, 100],
      [account + 1, 100],
      [account + 1, 10 ** 6],
    ] as const) {
      rememberNonce(state, key, { account: who, until: exchange.time + ms });
      apply(exchange, { type: 'cutCheckpoint' });
      parts.push(roll(state, 9).part);
      expect(assemble(parts).bytes).toEqual(encodeState(state));
      exchange.time += 101;
    }
  });
});

describe('a share', () => {
  /** Six assets each, as the engine's largest accounts have. */
  function largeState(accounts: number): State {
    const random = createRandom(1);
    const state = createState(GENESIS);
    const { ledger } = state.exchange;
    for (let id = 1; id <= 6; id++) addAsset(ledger, { id, symbol: `A${id}`, ledgerDecimals: 9 });
    for (let i = 0; i < accounts; i++) {
      const account = openAccount(ledger, addressOf(`user ${i}`), 0);
      for (const asset of ledger.assets as Asset[]) asset.units[account] = Math.floor(random.next() * 1e13);
    }
    takeChanges(state);
    return state;
  }

  function cutLarge(state: State, slices: number): Rolled {
    state.cutNumber++;
    state.lastChanges = takeChanges(state);
    return roll(state, slices);
  }

  it('never grows beyond what a transaction can bear, and everybody comes round', { timeout: LONG_MS }, () => {
    const state = largeState(3_000);
    const head = indexState(state).headLength;
    const parts: Uint8Array[] = [];
    for (let i = 0; i < 40; i++) {
      const { part } = cutLarge(state, 3);
      expect(part.length).toBeLessThan(SHARE_LIMIT_BYTES * 1.02 + head + 32);
      parts.push(part);
    }
    const { bytes, read } = assemble(parts);
    expect(bytes).toEqual(encodeState(state));
    // 3 · 8 shares of 125 accounts; 3 · 4 would be too large.
    expect(read).toBe(12);
  });

  it('stays small when somebody places his accounts so that they would all fall into one', { timeout: LONG_MS }, () => {
    const state = largeState(600);
    const { ledger } = state.exchange;
    const fat = [...Array(ledger.accountCount).keys()].filter((account) => account % 8 === 3);
    for (const account of fat) {
      for (let nonce = 0; nonce < 32; nonce++) {
        const key = nonceKey(HOME, ledger.addresses[account] as typeof ANN, 2n ** 255n + BigInt(nonce));
        rememberNonce(state, key, { account, until: 10 ** 15 });
      }
    }
    state.changedNonces.clear();
    const head = indexState(state).headLength;
    const parts: Uint8Array[] = [];
    for (let i = 0; i < 72; i++) {
      const { part } = cutLarge(state, 8);
      expect(part.length).toBeLessThan(SHARE_LIMIT_BYTES * 1.02 + head + 32);
      parts.push(part);
    }
    const { bytes } = assemble(parts);
    expect(bytes).toEqual(encodeState(state));
  });

  it('is everything while that is little, when k is 1', () => {
    const state = largeState(200);
    const { part } = cutLarge(state, 1);
    expect(assemble([part]).bytes).toEqual(encodeState(state));
  });

  it('does not matter to what changed', () => {
    const state = largeState(2_000);
    for (let account = 0; account < 1_000; account++) markChanged(state.exchange.ledger, account);
    expect(beginAssembly(cutLarge(state, 100).part).records.size).toBe(1_000 + 10);
  });
});

describe('parts that are not what was written', () => {
  let rolled: Rolled[];
  let parts: Uint8Array[];
  let newest: Rolled;

  beforeAll(() => {
    rolled = rollOver(commandsOf(601, 1_500), { slicesAt: () => 4 });
    parts = partsOf(rolled);
    newest = rolled.at(-1) as Rolled;
  });

  it('never give the state that was signed: one that is missing, doubled, swapped or of another history', () => {
    const history = (first: number) => {
      const exchange = openExchange();
      const user = (i: number) => addressOf(`user ${i}`);
      // The shares of these few checkpoints are the first accounts.
      for (let i = 6; i < 12; i++) deposit(exchange, TOKENS.usdHome, user(i), 10n ** 9n);
      for (let i = 0; i < 6; i++) deposit(exchange, TOKENS.usdHome, user(i), 10n ** 9n);
      return [...Array(6).keys()].map((i) => {
        apply(exchange, { type: 'cutCheckpoint' });
        const cut = roll(exchange.state, 50);
        deposit(exchange, TOKENS.usdHome, user((first + i) % 6), 10n ** 9n);
        return cut;
      });
    };
    const right = history(0);
    const expected = right.at(-1)?.state as Uint8Array;
    const [genuine, others] = [partsOf(right), partsOf(history(1))];
    expect(assemble(genuine)).toEqual({ bytes: expected, read: 6 });
    const wrong = [
      ...[1, 2, 3, 4].map((i) => genuine.toSpliced(i, 1)),
      ...[1, 2, 3, 4].map((i) => genuine.with(i, genuine[5 - i] as Uint8Array)),
      ...[1, 2, 3, 4].map((i) => genuine.with(i, others[i] as Uint8Array)),
    ];
    for (const parts of wrong) expect(assemble(parts).bytes).not.toEqual(expected);
    expect(() => assemble(genuine.slice(1))).toThrow(FormatError);
  });

  it('are refused, or give another hash, when a byte differs', { timeout: LONG_MS }, () => {
    const expected = keccak256Hex(newest.state);
    const change = fc.record({
      back: fc.integer({ min: 1, max: 4 }),
      at: fc.nat(),
      byte: fc.integer({ min: 1, max: 255 }),
    });
    fc.assert(
      fc.property(change, ({ back, at, byte }) => {
        const damaged = (parts.at(-back) as Uint8Array).slice();
        const place = at % damaged.length;
        damaged[place] = (damaged[place] as number) ^ byte;
        let found: { bytes: Uint8Array };
        try {
          found = assemble(parts.with(-back, damaged));
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
          return;
        }
        // What stands in a newer part, or in the head of an older one, does not count.
        if (back === 1) expect(keccak256Hex(found.bytes)).not.toBe(expected);
      }),
      { numRuns: 400 },
    );
  });

  it('are refused, or give another hash, whichever byte of the newest differs', { timeout: LONG_MS }, () => {
    const expected = keccak256Hex(newest.state);
    for (const place of newest.part.keys()) {
      const damaged = newest.part.slice();
      damaged[place] = (damaged[place] as number) ^ 1;
      try {
        expect(keccak256Hex(assemble(parts.with(-1, damaged)).bytes), `byte ${place}`).not.toBe(expected);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }
  });

  it('are refused, and never worse, when they are cut off, too long or random', () => {
    const { part } = newest;
    for (let length = 0; length < part.length; length += 1 + Math.floor(length / 50)) {
      expect(() => beginAssembly(part.subarray(0, length))).toThrow(FormatError);
    }
    expect(() => beginAssembly(new Uint8Array([...part, 0]))).toThrow(FormatError);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
        expect(() => beginAssembly(noise)).toThrow(FormatError);
      }),
    );
  });

  it('say so when they have more accounts than later ones, or are of another version', () => {
    const exchange = openExchange();
    apply(exchange, { type: 'cutCheckpoint' });
    const assembly = beginAssembly(roll(exchange.state, 4).part);
    deposit(exchange, TOKENS.ethHome, CAT, 5n);
    apply(exchange, { type: 'cutCheckpoint' });
    expect(() => addPart(assembly, roll(exchange.state, 4).part)).toThrow('3 accounts, of which later only 2 are left');
    const other = newest.part.slice();
    other[0] = 9;
    expect(() => beginAssembly(other)).toThrow('a part of version 9');
    expect(() => assembledState(beginAssembly(newest.part))).toThrow(/account \d+ is missing/);
  });
});
