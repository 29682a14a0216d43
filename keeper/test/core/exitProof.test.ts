import { describe, expect, it } from 'vitest';
import type { Hex } from '../../src/core/commands.ts';
import { whyNotProven } from '../../src/core/exitProof.ts';
import { exitTrees } from '../../src/core/exitTree.ts';
import { exitRootsTree } from '../../src/core/typedMessages.ts';
import type { ExitProofView } from '../../src/core/views.ts';

const [ALICE, BOB, REGISTRY, WETH, USDC] = ['a1', 'b0', 'cc', 'e1', 'dc'].map(
  (byte) => `0x${byte.repeat(20)}` as Hex,
) as [Hex, Hex, Hex, Hex, Hex];
const SIGNATURE: Hex = `0x${'5a'.repeat(65)}`;

/** Of Alice, who has something of both tokens on each of two chains, whose vaults have one address. */
function prove(): ExitProofView {
  const chains = [1, 2].map((chainId) => ({ chainId, registry: REGISTRY, processedIndex: 9 + chainId }));
  const tokens = chains.flatMap(({ chainId }) =>
    [WETH, USDC].map((token, asset) => {
      const netOf = new Map([
        [0, 30n],
        [1, 12n],
      ]);
      return { chainId, token, asset, decimals: 18, holdings: 42n, net: 42n, netOf };
    }),
  );
  const balances = [
    [80n, 4n],
    [10n, 74n],
  ];
  const owners = [ALICE, BOB];
  const none = { prices: [], boundTo: new Map(), lastOwners: [], withdrawals: [], settlements: [], shuttles: [] };
  const input = { checkpoint: 7, chains, owners, ownerOf: [0, 1], balances, tokens, ...none };
  const { trees } = exitTrees(input, new Uint8Array(32).fill(1));
  const signed = exitRootsTree(trees);
  return {
    address: ALICE,
    roots: { epoch: 1, checkpoint: 7, issuedAt: 1_000, root: signed.root },
    enclaveSignature: SIGNATURE,
    leaderSignature: SIGNATURE,
    chains: trees.map((tree) => ({
      chainId: tree.chainId,
      registry: tree.registry,
      treeRoot: tree.treeRoot,
      processedIndex: tree.processedIndex,
      rootProof: signed.proof(tree.chainId),
      tokens: tree.tokenLeaves.map(({ leaf, proof }) => ({
        token: leaf.token,
        symbol: null,
        decimals: null,
        offsetTotal: String(leaf.offsetTotal),
        transitTotal: String(leaf.transitTotal),
        proof,
      })),
      leaves: tree.leavesOf(ALICE).map(({ leaf, proof }) => ({
        token: leaf.token,
        offset: String(leaf.offset),
        transit: String(leaf.transit),
        salt: leaf.salt,
        proof,
      })),
    })),
  };
}

/** Every number, string and entry of a list in the value, by the way to it. */
function leavesOf(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([name, part]) => leavesOf(part, [...path, name]));
}

/** One field is another one: a digit more, a byte of another value, a number one higher. */
function withChanged(proof: ExitProofView, path: readonly (string | number)[]): ExitProofView {
  const copy = structuredClone(proof);
  let at = copy as unknown as Record<string | number, unknown>;
  for (const name of path.slice(0, -1)) at = at[name] as Record<string | number, unknown>;
  const last = path.at(-1) as string | number;
  const value = at[last];
  if (typeof value === 'string') at[last] = `${value.slice(0, -1)}${value.endsWith('1') ? '2' : '1'}`;
  if (typeof value === 'number') at[last] = value + 1;
  return copy;
}

/** What no vault looks at when it pays, or looks at itself. */
const UNPROVED = /^(enclaveSignature|leaderSignature|roots\.(epoch|issuedAt)|.*\.(symbol|decimals))$/;

describe('an exit proof', () => {
  it('is proved by its own tree', () => {
    const proof = prove();
    expect(proof.chains.map(({ leaves }) => leaves.length)).toEqual([2, 2]);
    expect(whyNotProven(proof)).toBeUndefined();
  });

  it('proves nothing when one thing in it is another', () => {
    const proof = prove();
    const paths = leavesOf(proof).filter((path) => !UNPROVED.test(path.join('.')));
    expect(paths.length).toBeGreaterThan(60);
    for (const path of paths) expect([path, whyNotProven(withChanged(proof, path))]).not.toEqual([path, undefined]);
  });

  it('proves nothing without the totals of a token that it has a leaf of', () => {
    const proof = prove();
    const [first, second] = proof.chains;
    const chains = [{ ...first, tokens: first?.tokens.slice(1) }, second] as unknown as ExitProofView['chains'];
    expect(whyNotProven({ ...proof, chains })).toContain('totals');
  });

  it('proves nothing when it is something else', () => {
    for (const other of [
      {},
      null,
      { ...prove(), chains: [] },
      { ...prove(), chains: [prove().chains[0], prove().chains[0]] },
    ]) {
      expect(whyNotProven(other as never)).toContain('no exit proof');
    }
  });
});
