import { compareBytes, concatBytes, fromHex, toHex } from '../../src/core/bytes.ts';
import type { Hex } from '../../src/core/commands.ts';
import { keccak256 } from '../../src/core/keccak.ts';

/** The root that a leaf and its siblings lead to, as OpenZeppelin's and Solady's verifiers compute it. */
export function rootOf(leaf: Hex, proof: readonly Hex[]): Hex {
  let node = fromHex(leaf, 32);
  for (const hex of proof) {
    const sibling = fromHex(hex, 32);
    node = keccak256(compareBytes(node, sibling) <= 0 ? concatBytes(node, sibling) : concatBytes(sibling, node));
  }
  return toHex(node);
}
