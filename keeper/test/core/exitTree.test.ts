import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes.ts';
import type { Hex } from '../../src/core/commands.ts';
import { type ExitInput, type ExitTree, exitTrees, keyOf, leafHasher } from '../../src/core/exitTree.ts';
import { ZERO_HASH } from '../../src/core/typedMessages.ts';
import { addressOf } from '../support/exchange.ts';
import { hashLeaf, hashTokenLeaf } from '../support/exitLeaves.ts';
import { rootOf } from '../support/merkle.ts';

const SALT_KEY = new Uint8Array(32).fill(1);
const [ANN, BEN, CAT] = [addressOf('ann'), addressOf('ben'), addressOf('cat')];
const [ETH, USD, USD_OTHER] = [addressOf('eth'), addressOf('usd'), addressOf('usd other')];
const CHAIN = 31337;
const OTHER = 31338;
const EMPTY = 8453;
const CHECKPOINT = 77;
const COMMITMENT: Hex = `0x${'ab'.repeat(32)}`;
const OPEN: Hex = `0x${'cd'.repeat(32)}`;

/** Ann sold Ben an ETH for 3000 USD after both deposited; Cat left everything long ago. Two settlements sell USD. */
const input: ExitInput = {
  checkpoint: CHECKPOINT,
  chains: [CHAIN, OTHER, EMPTY].map((chainId) => ({
    chainId,
    registry: addressOf(`vault ${chainId}`),
    processedIndex: 9,
  })),
  owners: [ANN, BEN, CAT],
  ownerOf: [0, 1, 2],
  balances: [
    [9n * 10n ** 18n, 10n ** 18n, 0n],
    [3_000n * 10n ** 18n, 1_000n * 10n ** 18n, 0n],
  ],
  prices: [],
  boundTo: new Map(),
  lastOwners: [],
  tokens: [
    {
      chainId: CHAIN,
      token: ETH,
      asset: 0,
      decimals: 18,
      holdings: 10n ** 19n,
      net: 10n ** 19n,
      netOf: new Map([
        [0, 10n ** 19n],
        [2, 0n],
      ]),
    },
    // A settlement that is over turned 500 of what was deposited into something else.
    { chainId: CHAIN, token: USD, asset: 1, decimals: 6, holdings: 0n, net: -500_000_000n, netOf: new Map() },
    {
      chainId: OTHER,
      token: USD_OTHER,
      asset: 1,
      decimals: 6,
      holdings: 4_200_000_000n,
      net: 4_100_000_000n,
      netOf: new Map([[1, 4_400_000_000n]]),
    },
  ],
  withdrawals: [{ owner: 0, token: 2, amount: 120_000_000n }],
  settlements: [
    { commitment: COMMITMENT, token: 2, sellAmount: 80_000_000n, status: 'pending' },
    { commitment: OPEN, token: 2, sellAmount: 300_000_000n, status: 'open' },
  ],
  shuttles: [],
};

const { trees } = exitTrees(input, SALT_KEY);
const [tree, other, empty] = trees as [ExitTree, ExitTree, ExitTree];

const placeOf = ({ chainId, registry }: ExitTree) => ({ chainId, registry, checkpoint: CHECKPOINT });

describe('an exit tree', () => {
  it('has a leaf per holder and token, encoded as the vault hashes it, and a proof that leads to the root', () => {
    let leaves = 0;
    for (const of of [tree, other]) {
      for (const holder of [ANN, BEN, CAT, COMMITMENT, OPEN]) {
        for (const { leaf, proof } of of.leavesOf(holder)) {
          leaves++;
          expect(rootOf(hashLeaf(placeOf(of), leaf), proof)).toBe(of.treeRoot);
          expect(leaf.key).toBe(keyOf(holder));
        }
      }
      for (const { leaf, proof } of of.tokenLeaves) {
        leaves++;
        expect(rootOf(hashTokenLeaf(placeOf(of), leaf), proof)).toBe(of.treeRoot);
      }
    }
    expect(leaves).toBe(tree.leafCount + other.leafCount);
  });

  it('says how far what everybody could take differs from what he brought', () => {
    const offsets = (of: ExitTree, holder: Hex) => of.leavesOf(holder).map(({ leaf }) => [leaf.token, leaf.offset]);
    expect(offsets(tree, ANN)).toEqual([[ETH, -(10n ** 18n)]]);
    expect(offsets(tree, BEN)).toEqual([[ETH, 10n ** 18n]]);
    // Ben keeps 1000 of the 4400 USD that he brought. Ann has his 3000, and 120 that wait to be paid to her.
    expect(offsets(other, BEN)).toEqual([[USD_OTHER, -3_400_000_000n]]);
    expect(offsets(other, ANN)).toEqual([[USD_OTHER, 3_120_000_000n]]);
  });

  it('has a leaf of 0 for who left, so that he can still come back', () => {
    expect(tree.leavesOf(CAT).map(({ leaf }) => [leaf.token, leaf.offset])).toEqual([[ETH, 0n]]);
    expect(other.leavesOf(CAT)).toEqual([]);
  });

  it('promises nothing from shuttles while there is none', () => {
    const leaves = [tree, other].flatMap((of) => [ANN, BEN, CAT, COMMITMENT, OPEN].flatMap((who) => of.leavesOf(who)));
    expect(leaves.map(({ leaf }) => leaf.transit)).toEqual(leaves.map(() => 0n));
  });

  it.each([
    0n,
    1n,
    -1n,
    2n ** 63n,
    2n ** 64n - 1n,
    2n ** 64n,
    -(2n ** 64n) - 1n,
    5n * 2n ** 64n + 7n,
    2n ** 112n - 1n,
    1n - 2n ** 112n,
  ])('encodes %s as the vault does', (amount) => {
    const place = placeOf(tree);
    const salt = new Uint8Array(32).fill(3);
    const [offset, transit] = [amount, amount < 0n ? -amount : amount];
    const leaf = { key: keyOf(ANN), token: ETH, offset, transit, salt: toHex(salt) };
    const totals = { token: ETH, offsetTotal: offset, transitTotal: transit };
    const { hashLeaf: hash, hashTokenLeaf: hashTotals } = leafHasher(place);
    expect(toHex(hash({ holder: ANN, token: ETH, offset, transit }, salt))).toBe(hashLeaf(place, leaf));
    expect(toHex(hashTotals(totals))).toBe(hashTokenLeaf(place, totals));
  });

  it('has leaves for settlements, whether or not their lane is open', () => {
    for (const [commitment, sellAmount] of [
      [COMMITMENT, 80_000_000n],
      [OPEN, 300_000_000n],
    ] as const) {
      expect(other.leavesOf(commitment).map(({ leaf }) => [leaf.key, leaf.token, leaf.offset])).toEqual([
        [commitment, USD_OTHER, sellAmount],
      ]);
    }
  });

  it('has the totals of every token, untouched ones too', () => {
    const totals = (of: ExitTree) => of.tokenLeaves.map(({ leaf }) => leaf);
    expect(totals(tree)).toEqual([
      { token: ETH, offsetTotal: 0n, transitTotal: 0n },
      { token: USD, offsetTotal: 500_000_000n, transitTotal: 0n },
    ]);
    expect(totals(other)).toEqual([{ token: USD_OTHER, offsetTotal: 100_000_000n, transitTotal: 0n }]);
  });

  it('of a vault without tokens has no root', () => {
    expect(empty.treeRoot).toBe(ZERO_HASH);
    expect(empty.leafCount).toBe(0);
    expect(empty.leavesOf(ANN)).toEqual([]);
  });

  it('has another salt in every leaf, which only the key gives away', () => {
    const all = (of: readonly ExitTree[]) =>
      of.flatMap((one) => [ANN, BEN, CAT].flatMap((owner) => one.leavesOf(owner)));
    const salts = all(trees).map(({ leaf }) => leaf.salt);
    expect(new Set(salts).size).toBe(salts.length);
    expect(all(exitTrees(input, SALT_KEY).trees)).toEqual(all(trees));
    const another = exitTrees(input, new Uint8Array(32).fill(2));
    const next = exitTrees({ ...input, checkpoint: CHECKPOINT + 1 }, SALT_KEY);
    for (const { leaf } of [...all(another.trees), ...all(next.trees)]) expect(salts).not.toContain(leaf.salt);
    // Also of a token that has one address on all chains, and of owners whose addresses differ in their last bit.
    const twin = `${BEN.slice(0, -1)}${(Number.parseInt(BEN.slice(-1), 16) ^ 1).toString(16)}` as Hex;
    const tokens = input.tokens.map((token) => ({ ...token, token: ETH }));
    const alike = exitTrees({ ...input, owners: [twin, BEN, CAT], tokens }, SALT_KEY).trees;
    const saltsAlike = alike
      .flatMap((one) => [twin, BEN].flatMap((who) => one.leavesOf(who)))
      .map(({ leaf }) => leaf.salt);
    expect([saltsAlike.length, new Set(saltsAlike).size]).toEqual([4, 4]);
    const together = { ...input, tokens: input.tokens.map((token) => ({ ...token, chainId: CHAIN })) };
    const ofBen = exitTrees(together, SALT_KEY)
      .trees[0]?.leavesOf(BEN)
      .map(({ leaf }) => leaf.salt);
    expect([ofBen?.length, new Set(ofBen).size]).toEqual([2, 2]);
    expect(() => exitTrees(input, new Uint8Array(31))).toThrow('a salt key of 31 bytes');
  });
});
