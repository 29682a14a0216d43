// What a checkpoint and a local snapshot are made of, once what changed is known: everything that takes long.
import { assert } from './assertion.ts';
import type { Hex } from './commands.ts';
import { keccak256Hex } from './keccak.ts';
import { encodePart } from './rollingSnapshot.ts';
import { type EngineRest, type IndexedState, joinEngine } from './snapshot.ts';
import { patchImage, type StatePatch } from './stateImage.ts';

/** What changed up to a cut, copied right after it. */
export interface PatchedCut {
  readonly patch: StatePatch;
  /** Of the checkpoint. */
  readonly number: number;
  /** Over how many checkpoints a snapshot rolls. */
  readonly slices: number;
}

/** What changed up to a local snapshot, and all open orders, copied at that moment. */
export interface PatchedEngine {
  readonly patch: StatePatch;
  readonly rest: EngineRest;
}

export interface PackedCut {
  readonly stateHash: Hex;
  /** The bytes of the whole state. */
  readonly state: Uint8Array;
  /** The part of it that the checkpoint carries. */
  readonly plaintext: Uint8Array;
}

/** Packs and hashes the state beside everything else, from what changed. Every method rejects when that failed. */
export interface StatePacker {
  /** From where the first patch goes on. */
  begin(image: IndexedState): Promise<void>;
  packCut(cut: PatchedCut): Promise<PackedCut>;
  /** What `encodeEngine` would have given. */
  packEngine(engine: PatchedEngine): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** The same at once, as the other side of the port does it. */
export interface PackingStore {
  begin(image: IndexedState): void;
  packCut(cut: PatchedCut): PackedCut;
  packEngine(engine: PatchedEngine): Uint8Array;
}

export function createPackingStore(): PackingStore {
  let image: IndexedState | undefined;

  function advance(patch: StatePatch): IndexedState {
    assert(image !== undefined, 'there is no image to bring up to date');
    const patched = patchImage(image, patch);
    image = { ...patched, bytes: shared(patched.bytes) };
    return image;
  }

  return {
    begin(first) {
      image = first;
    },
    packCut({ patch, number, slices }) {
      const state = advance(patch);
      const nonces = new Set(patch.rows.map(({ key }) => key));
      const changes = { accounts: patch.changed.accounts, nonces };
      return {
        stateHash: keccak256Hex(state.bytes),
        state: state.bytes,
        plaintext: encodePart(state, { number, slices, changes }),
      };
    },
    packEngine: ({ patch, rest }) => joinEngine(advance(patch), rest),
  };
}

/** In memory that threads can hand to each other without a copy. Nobody writes there again. */
function shared(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}
