import { describe, expect, it } from 'vitest';
import type { Command } from '../../src/core/commands.ts';
import { keccak256Hex } from '../../src/core/keccak.ts';
import type { Asset } from '../../src/core/ledger.ts';
import type { PackedCut } from '../../src/core/packingStore.ts';
import { createPackingStore } from '../../src/core/packingStore.ts';
import { encodePart } from '../../src/core/rollingSnapshot.ts';
import { copyEngineRest, decodeEngine, encodeEngine, engineRestOf, indexState } from '../../src/core/snapshot.ts';
import { createState, type State } from '../../src/core/state.ts';
import { patchOfCut, patchSinceCut } from '../../src/core/stateImage.ts';
import { step } from '../../src/core/step.ts';
import { apply, GENESIS } from '../support/exchange.ts';
import { createRandom } from '../support/random.ts';
import { createPair, randomCommand } from '../support/randomCommands.ts';

const LONG_MS = 120_000;
const SLICES = 3;

type Commands = readonly { readonly sequence: number; readonly command: Command }[];

function commandsOf(seed: number, count: number): Commands {
  const pair = createPair(seed);
  for (let i = 0; i < count; i++) randomCommand(pair);
  return pair.exchange.commands;
}

/** As the main thread would do it all by itself. */
function packedAtOnce(state: State): PackedCut {
  const indexed = indexState(state);
  const plaintext = encodePart(indexed, { number: state.cutNumber, slices: SLICES, changes: state.lastChanges });
  return { stateHash: keccak256Hex(indexed.bytes), state: indexed.bytes, plaintext };
}

function expectSame(packed: PackedCut, expected: PackedCut): void {
  expect(packed.stateHash).toBe(expected.stateHash);
  expect(Buffer.compare(packed.state, expected.state)).toBe(0);
  expect(packed.plaintext).toEqual(expected.plaintext);
}

const copyOfRest = (state: State) => copyEngineRest(engineRestOf(state));

describe('an image of a state', () => {
  it('is, at each cut and between, what the state is as bytes', { timeout: LONG_MS }, () => {
    for (const seed of [1, 2, 3]) {
      const random = createRandom(seed);
      const store = createPackingStore();
      const state = createState(GENESIS);
      store.begin(indexState(state));
      let cuts = 0;
      for (const { sequence, command } of commandsOf(500 + seed, 2_000)) {
        const { result } = step(state, sequence, command);
        if (command.type === 'cutCheckpoint' && result.code === 'ok') {
          cuts++;
          const cut = { patch: patchOfCut(state), number: state.cutNumber, slices: SLICES };
          expectSame(store.packCut(cut), packedAtOnce(state));
        } else if (random.below(20) === 0) {
          const engine = store.packEngine({ patch: patchSinceCut(state), rest: copyOfRest(state) });
          expect(Buffer.compare(engine, encodeEngine(state))).toBe(0);
        }
      }
      expect(cuts).toBeGreaterThan(10);
    }
  });

  it('may begin at any moment', { timeout: LONG_MS }, () => {
    const random = createRandom(9);
    let store = createPackingStore();
    let state = createState(GENESIS);
    store.begin(indexState(state));
    for (const { sequence, command } of commandsOf(600, 1_500)) {
      const { result } = step(state, sequence, command);
      if (command.type === 'cutCheckpoint' && result.code === 'ok') {
        const cut = { patch: patchOfCut(state), number: state.cutNumber, slices: SLICES };
        expectSame(store.packCut(cut), packedAtOnce(state));
      }
      if (random.below(10) > 0) continue;
      state = decodeEngine(encodeEngine(state), GENESIS);
      store = createPackingStore();
      store.begin(indexState(state));
    }
  });

  it('is of the moment of the cut, whatever happens before it is packed', { timeout: LONG_MS }, () => {
    const store = createPackingStore();
    const state = createState(GENESIS);
    store.begin(indexState(state));
    /** What waits to be packed, and what it must come to. */
    const later: (() => void)[] = [];
    const all = commandsOf(700, 2_000);
    for (const [i, { sequence, command }] of all.entries()) {
      const { result } = step(state, sequence, command);
      if (command.type === 'cutCheckpoint' && result.code === 'ok') {
        const expected = packedAtOnce(state);
        const cut = { patch: patchOfCut(state), number: state.cutNumber, slices: SLICES };
        later.push(() => expectSame(store.packCut(cut), expected));
      } else if (i % 50 === 0) {
        const expected = encodeEngine(state);
        const engine = { patch: patchSinceCut(state), rest: copyOfRest(state) };
        later.push(() => expect(Buffer.compare(store.packEngine(engine), expected)).toBe(0));
      }
    }
    expect(later.length).toBeGreaterThan(40);
    for (const check of later) check();
  });

  it('is not believed once an account changed that nobody marked', () => {
    const { exchange } = createPair(8);
    const { state } = exchange;
    const store = createPackingStore();
    const cut = () => {
      apply(exchange, { type: 'cutCheckpoint' });
      return { patch: patchOfCut(state), number: state.cutNumber, slices: SLICES };
    };
    store.begin(indexState(state));
    store.packCut(cut());
    const [asset] = state.exchange.ledger.assets as [Asset];
    asset.units[1] = (asset.units[1] as number) + 1;
    expect(() => store.packCut(cut())).toThrow('account 1 changed, and nobody said so');
  });

  it('cannot be brought up to date with what is missing', () => {
    const { exchange } = createPair(8);
    const store = createPackingStore();
    store.begin(indexState(createState(GENESIS)));
    apply(exchange, { type: 'cutCheckpoint' });
    apply(exchange, { type: 'cutCheckpoint' });
    const cut = { patch: patchOfCut(exchange.state), number: exchange.state.cutNumber, slices: SLICES };
    expect(() => store.packCut(cut)).toThrow('nobody said so');
  });
});
