import { afterEach, describe, expect, it } from 'vitest';
import { createStatePacker } from '../../../src/adapters/packing/createStatePacker.ts';
import { keccak256Hex } from '../../../src/core/keccak.ts';
import type { StatePacker } from '../../../src/core/packingStore.ts';
import { encodePart } from '../../../src/core/rollingSnapshot.ts';
import { copyEngineRest, encodeEngine, engineRestOf, indexState } from '../../../src/core/snapshot.ts';
import { createState } from '../../../src/core/state.ts';
import { patchOfCut, patchSinceCut } from '../../../src/core/stateImage.ts';
import { step } from '../../../src/core/step.ts';
import { apply, GENESIS } from '../../support/exchange.ts';
import { createPair, randomCommand } from '../../support/randomCommands.ts';

const SLICES = 4;

let packer: StatePacker | undefined;
afterEach(() => packer?.close());

describe('the thread that packs states', () => {
  it('answers what the main thread would have written, of the moment when it was asked', async () => {
    packer = createStatePacker();
    const pair = createPair(21);
    for (let i = 0; i < 1_500; i++) randomCommand(pair);
    const state = createState(GENESIS);
    void packer.begin(indexState(state));
    const waiting: Promise<void>[] = [];
    for (const [i, { sequence, command }] of pair.exchange.commands.entries()) {
      const { result } = step(state, sequence, command);
      if (command.type === 'cutCheckpoint' && result.code === 'ok') {
        const number = state.cutNumber;
        const indexed = indexState(state);
        const part = encodePart(indexed, { number, slices: SLICES, changes: state.lastChanges });
        const packed = packer.packCut({ patch: patchOfCut(state), number, slices: SLICES });
        waiting.push(
          packed.then(({ stateHash, plaintext, state: bytes }) => {
            expect(stateHash).toBe(keccak256Hex(indexed.bytes));
            expect(Buffer.compare(bytes, indexed.bytes)).toBe(0);
            expect(plaintext).toEqual(part);
          }),
        );
      } else if (i % 100 === 0) {
        const expected = encodeEngine(state);
        const engine = packer.packEngine({ patch: patchSinceCut(state), rest: copyEngineRest(engineRestOf(state)) });
        waiting.push(engine.then((bytes) => expect(Buffer.compare(bytes, expected)).toBe(0)));
      }
    }
    expect(waiting.length).toBeGreaterThan(20);
    await Promise.all(waiting);
  });

  it('says what is wrong, and goes on', async () => {
    packer = createStatePacker();
    const { exchange } = createPair(22);
    const { state } = exchange;
    apply(exchange, { type: 'cutCheckpoint' });
    const cut = () => ({ patch: patchOfCut(state), number: state.cutNumber, slices: SLICES });
    await expect(packer.packCut(cut())).rejects.toThrow('there is no image');
    void packer.begin(indexState(state));
    apply(exchange, { type: 'cutCheckpoint' });
    expect((await packer.packCut(cut())).stateHash).toBe(keccak256Hex(indexState(state).bytes));
  });

  it('answers nothing any more once it has ended', async () => {
    packer = createStatePacker();
    const { state } = createPair(23).exchange;
    const asked = packer.begin(indexState(state));
    await packer.close();
    await expect(asked).rejects.toThrow('ended');
    await expect(packer.begin(indexState(state))).rejects.toThrow('ended');
  });
});
