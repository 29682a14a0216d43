// Whether an exit proof is one: what a keeper says of itself is checked by whoever keeps it.
import { fromHex } from './bytes.ts';
import { leafHasher } from './exitTree.ts';
import { rootFrom } from './merkleTree.ts';
import { exitRootsTree } from './typedMessages.ts';
import type { ExitProofView } from './views.ts';

/** Why leaves and totals do not lead to the root that was signed; undefined when they do. Takes whatever it is given. */
export function whyNotProven(proof: ExitProofView): string | undefined {
  try {
    return brokenLink(proof);
  } catch (error) {
    return `it is no exit proof: ${(error as Error).message}`;
  }
}

function brokenLink({ address, roots, chains }: ExitProofView): string | undefined {
  const signed = exitRootsTree(chains);
  if (signed.root !== roots.root) return 'the trees of the chains do not make up the signed root';
  for (const { chainId, registry, treeRoot, rootProof, tokens, leaves } of chains) {
    if (String(rootProof) !== String(signed.proof(chainId))) return `chain ${chainId} is not proved under the root`;
    const hasher = leafHasher({ chainId, registry, checkpoint: roots.checkpoint });
    for (const { token, offsetTotal, transitTotal, proof } of tokens) {
      const leaf = { token, offsetTotal: BigInt(offsetTotal), transitTotal: BigInt(transitTotal) };
      if (rootFrom(hasher.hashTokenLeaf(leaf), proof) === treeRoot) continue;
      return `the totals of token ${token} are not in the tree of chain ${chainId}`;
    }
    for (const { token, offset, transit, salt, proof } of leaves) {
      const leaf = { holder: address, token, offset: BigInt(offset), transit: BigInt(transit) };
      if (rootFrom(hasher.hashLeaf(leaf, fromHex(salt, 32)), proof) === treeRoot) continue;
      return `the leaf of token ${token} is not in the tree of chain ${chainId}`;
    }
    const alone = leaves.find(({ token }) => tokens.every((totals) => totals.token !== token));
    if (alone !== undefined) return `the totals of token ${alone.token} of chain ${chainId} are missing`;
  }
  return undefined;
}
