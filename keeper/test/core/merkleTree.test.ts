import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, toHex } from '../../src/core/bytes.ts';
import { merkleTree } from '../../src/core/merkleTree.ts';
import { rootOf } from '../support/merkle.ts';

const leafBytes = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('a Merkle tree', () => {
  it('leads from every leaf to its root', () => {
    fc.assert(
      fc.property(fc.array(leafBytes, { minLength: 1, maxLength: 70 }), (leaves) => {
        const tree = merkleTree(concatBytes(...leaves));
        for (const [i, leaf] of leaves.entries()) expect(rootOf(toHex(leaf), tree.proof(i))).toBe(tree.root);
      }),
    );
  });

  it('of one leaf is that leaf', () => {
    const leaf = new Uint8Array(32).fill(5);
    expect(merkleTree(leaf).root).toBe(toHex(leaf));
    expect(merkleTree(leaf).proof(0)).toEqual([]);
  });

  it('has proofs no longer than its height', () => {
    const tree = merkleTree(concatBytes(...Array.from({ length: 1_025 }, (_, i) => new Uint8Array(32).fill(i))));
    expect(tree.proof(0)).toHaveLength(11);
    // Without a sibling on most levels.
    expect(tree.proof(1_024)).toHaveLength(1);
  });

  it('of nothing is impossible', () => {
    expect(() => merkleTree(new Uint8Array())).toThrow('no leaves');
    expect(() => merkleTree(new Uint8Array(33))).toThrow('no leaves');
    expect(() => merkleTree(new Uint8Array(64)).proof(2)).toThrow('no leaf 2 among 2');
  });
});
