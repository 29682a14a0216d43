// Merkle trees as OpenZeppelin's and Solady's verifiers want them: two children are hashed in the order of their bytes, so
// that a proof is a list of siblings and says nothing of left and right. A node without a sibling moves up as it is.
import { assert } from './assertion.ts';
import { concatBytes, fromHex, toHex } from './bytes.ts';
import type { Hex } from './commands.ts';
import { keccak256 } from './keccak.ts';

const WORD = 32;

export interface MerkleTree {
  readonly root: Hex;
  /** Siblings from the leaf at that place up to the root. */
  proof(index: number): readonly Hex[];
}

/** @param leaves at least one, 32 bytes each, one after the other; the tree keeps and does not change them. */
export function merkleTree(leaves: Uint8Array): MerkleTree {
  assert(leaves.length > 0 && leaves.length % WORD === 0, `${leaves.length} bytes are no leaves of a Merkle tree`);
  const levels = [leaves];
  for (let level = leaves; level.length > WORD; levels.push(level)) level = parentsOf(level);
  const count = leaves.length / WORD;
  return {
    root: toHex(levels.at(-1) as Uint8Array),
    proof(leaf) {
      assert(Number.isInteger(leaf) && leaf >= 0 && leaf < count, `no leaf ${leaf} among ${count}`);
      const siblings: Hex[] = [];
      let index = leaf;
      for (const nodes of levels) {
        const at = (index ^ 1) * WORD;
        if (at < nodes.length) siblings.push(toHex(nodes.subarray(at, at + WORD)));
        index >>= 1;
      }
      return siblings;
    },
  };
}

/** The root that a leaf (32 bytes) and its siblings lead to. */
export function rootFrom(leaf: Uint8Array, proof: readonly Hex[]): Hex {
  let node = leaf;
  for (const sibling of proof) node = parentsOf(concatBytes(node, fromHex(sibling, WORD)));
  return toHex(node);
}

function parentsOf(nodes: Uint8Array): Uint8Array {
  const parents = new Uint8Array(Math.ceil(nodes.length / (2 * WORD)) * WORD);
  const swapped = new Uint8Array(2 * WORD);
  for (let at = 0, to = 0; at < nodes.length; at += 2 * WORD, to += WORD) {
    const middle = at + WORD;
    if (middle === nodes.length) {
      parents.set(nodes.subarray(at), to);
    } else if (isInOrder(nodes, at)) {
      parents.set(keccak256(nodes.subarray(at, at + 2 * WORD)), to);
    } else {
      swapped.set(nodes.subarray(middle, middle + WORD));
      swapped.set(nodes.subarray(at, middle), WORD);
      parents.set(keccak256(swapped), to);
    }
  }
  return parents;
}

/** Whether the node at `at` is no greater than the one after it. */
function isInOrder(nodes: Uint8Array, at: number): boolean {
  for (let i = at; i < at + WORD; i++) {
    const difference = (nodes[i] as number) - (nodes[i + WORD] as number);
    if (difference !== 0) return difference < 0;
  }
  return true;
}
