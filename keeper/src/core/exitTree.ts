// The Merkle tree of one vault, from which everybody can take what is his without the keeper. `ExitHatch` verifies the same
// leaves.
//
// A leaf holds no amount to pay but an offset to the vault's own counters, so that deposits, payments and settlements after
// the checkpoint need no new leaf: payable is `offset + deposited − withdrawn`.
import { assert } from './assertion.ts';
import { toHex, writeHex } from './bytes.ts';
import type { Address, Hex } from './commands.ts';
import { hashText, WORD, writeUint } from './eip712.ts';
import { exitShares, type ShareInput, type Stranded, type TokenShares, type VaultPosition } from './exitShares.ts';
import { keccak256 } from './keccak.ts';
import { merkleTree } from './merkleTree.ts';
import { ZERO_HASH } from './typedMessages.ts';

/** What a checkpoint says about one vault. `processedIndex` counts the log entries that it knows. */
export interface ExitChain {
  readonly chainId: number;
  readonly registry: Address;
  readonly processedIndex: number;
}

export interface ExitToken extends VaultPosition {
  readonly token: Address;
  /** Deposited less withdrawn of all keys up to `processedIndex`, those of settlements that are over included. */
  readonly net: bigint;
}

/** Everything that the exit trees of one checkpoint depend on, besides the key of the salts. */
export interface ExitInput extends ShareInput {
  readonly checkpoint: number;
  readonly chains: readonly ExitChain[];
  readonly tokens: readonly ExitToken[];
}

/**
 * What a key has of a token in one vault, in atoms. `offset` = what it could take out + withdrawn − deposited, up to
 * `processedIndex`; `transit` = its part of what shuttles may bring.
 */
export interface ExitLeaf {
  readonly key: Hex;
  readonly token: Address;
  readonly offset: bigint;
  readonly transit: bigint;
  readonly salt: Hex;
}

/** The same of all keys together, and of what belongs to no key; `transitTotal` is what shuttles may bring. */
export interface ExitTokenLeaf {
  readonly token: Address;
  readonly offsetTotal: bigint;
  readonly transitTotal: bigint;
}

/** A leaf with its siblings up to the tree's root. */
export interface Proved<Leaf> {
  readonly leaf: Leaf;
  readonly proof: readonly Hex[];
}

export interface ExitTree extends ExitChain {
  /** The zero hash when the vault has no token. */
  readonly treeRoot: Hex;
  readonly leafCount: number;
  /** Every leaf of an account or a commitment; none when it never touched this vault. */
  leavesOf(holder: Holder): readonly Proved<ExitLeaf>[];
  /** The totals of every token of the vault. */
  readonly tokenLeaves: readonly Proved<ExitTokenLeaf>[];
}

/** Whom a leaf belongs to: an address, or the 32 bytes of a settlement's commitment. */
export type Holder = Address | Hex;

const LEAF_TYPE = hashText(
  'ExitLeaf(uint256 chainId,address registry,uint64 checkpoint,bytes32 key,address token,int256 offset,uint256 transit,bytes32 salt)',
);
const TOKEN_LEAF_TYPE = hashText(
  'ExitTokenLeaf(uint256 chainId,address registry,uint64 checkpoint,address token,int256 offsetTotal,uint256 transitTotal)',
);
const ADDRESS_LENGTH = 42;

/**
 * The trees of all chains, in their order, and what contracts own beyond what their chains hold.
 * @param saltKey 32 secret bytes. Without salts, who sees a proof could guess the amounts in the leaf beside his own.
 */
export function exitTrees(
  input: ExitInput,
  saltKey: Uint8Array,
): { trees: readonly ExitTree[]; stranded: readonly Stranded[] } {
  const { tokens, stranded } = exitShares(input);
  return { trees: input.chains.map((chain) => exitTree(input, chain, { shares: tokens, saltKey })), stranded };
}

interface TokenHere extends ExitToken, TokenShares {
  readonly settlements: ExitInput['settlements'];
}

/** Leaves of one chain as columns; those of one holder stand together. */
interface Leaves {
  readonly holders: Holder[];
  readonly tokens: Address[];
  readonly offsets: bigint[];
  readonly transits: bigint[];
}

function exitTree(
  input: ExitInput,
  chain: ExitChain,
  { shares, saltKey }: { readonly shares: readonly TokenShares[]; readonly saltKey: Uint8Array },
): ExitTree {
  const here = input.tokens.flatMap((token, index): TokenHere[] => {
    const settlements = input.settlements.filter((settlement) => settlement.token === index);
    return token.chainId === chain.chainId ? [{ ...token, ...(shares[index] as TokenShares), settlements }] : [];
  });
  const leaves = accountLeaves(input.owners, here);
  const tokenLeaves = here.map(({ token, net, exitTotal, transitTotal }): ExitTokenLeaf => {
    return { token, offsetTotal: exitTotal - net, transitTotal };
  });
  const hasher = leafHasher({ ...chain, checkpoint: input.checkpoint });
  const saltOf = salter({ ...chain, checkpoint: input.checkpoint, saltKey });
  const count = leaves.holders.length;
  const hashes = new Uint8Array((count + tokenLeaves.length) * WORD);
  for (let i = 0; i < count; i++) {
    const { holder, token, offset, transit } = at(leaves, i);
    hashes.set(hasher.hashLeaf({ holder, token, offset, transit }, saltOf(holder, token)), i * WORD);
  }
  for (const [i, leaf] of tokenLeaves.entries()) hashes.set(hasher.hashTokenLeaf(leaf), (count + i) * WORD);
  const tree = hashes.length === 0 ? undefined : merkleTree(hashes);

  const firstOf = new Map<Holder, number>();
  for (const [i, holder] of leaves.holders.entries()) if (!firstOf.has(holder)) firstOf.set(holder, i);

  const prove = (index: number) => tree?.proof(index) ?? [];

  return {
    ...chain,
    treeRoot: tree?.root ?? ZERO_HASH,
    leafCount: count + tokenLeaves.length,
    tokenLeaves: tokenLeaves.map((leaf, i) => ({ leaf, proof: prove(count + i) })),
    leavesOf(holder) {
      const found: Proved<ExitLeaf>[] = [];
      for (let i = firstOf.get(holder) ?? count; leaves.holders[i] === holder; i++) {
        const { token, offset, transit } = at(leaves, i);
        const salt = toHex(saltOf(holder, token));
        found.push({ leaf: { key: keyOf(holder), token, offset, transit, salt }, proof: prove(i) });
      }
      return found;
    },
  };
}

/** The bytes32 under which the vault counts for a holder. */
export function keyOf(holder: Holder): Hex {
  return holder.length === ADDRESS_LENGTH ? `0x${'00'.repeat(12)}${holder.slice(2)}` : holder;
}

/** Accounts have a leaf for every token that they ever touched, settlements until the closing of their lane is processed. */
function accountLeaves(owners: readonly Address[], tokens: readonly TokenHere[]): Leaves {
  const leaves: Leaves = { holders: [], tokens: [], offsets: [], transits: [] };
  const push = (holder: Holder, token: ExitToken, offset: bigint, transit: bigint) => {
    leaves.holders.push(holder);
    leaves.tokens.push(token.token);
    leaves.offsets.push(offset);
    leaves.transits.push(transit);
  };
  for (const [owner, address] of owners.entries()) {
    for (const token of tokens) {
      const net = token.netOf.get(owner);
      const exit = token.exits.get(owner);
      const transit = token.transits.get(owner);
      const isTouched = net !== undefined || exit !== undefined || transit !== undefined;
      if (isTouched) push(address, token, (exit ?? 0n) - (net ?? 0n), transit ?? 0n);
    }
  }
  for (const token of tokens) {
    // Pending: it could take out the sell amount. Open: it could take out nothing, but has withdrawn that.
    for (const { commitment, sellAmount } of token.settlements) push(commitment, token, sellAmount, 0n);
  }
  return leaves;
}

function at({ holders, tokens, offsets, transits }: Leaves, index: number) {
  return {
    holder: holders[index] as Holder,
    token: tokens[index] as Address,
    offset: offsets[index] as bigint,
    transit: transits[index] as bigint,
  };
}

/** Where a tree stands, and when: the same in all its leaves. */
export interface TreePlace {
  readonly chainId: number;
  readonly registry: Address;
  readonly checkpoint: number;
}

/**
 * Hashes of leaves: keccak256(keccak256(abi.encode(type hash, chainId, registry, checkpoint, …))). The second hash makes a
 * leaf different from every inner node.
 */
export function leafHasher({ chainId, registry, checkpoint }: TreePlace) {
  const leaf = new Uint8Array(9 * WORD);
  const tokenLeaf = new Uint8Array(7 * WORD);
  for (const [bytes, type] of [[leaf, LEAF_TYPE] as const, [tokenLeaf, TOKEN_LEAF_TYPE] as const]) {
    bytes.set(type);
    writeUint(bytes, WORD, chainId);
    writeHex(bytes, 2 * WORD + 12, registry);
    writeUint(bytes, 3 * WORD, checkpoint);
  }
  const leafView = new DataView(leaf.buffer);
  const tokenView = new DataView(tokenLeaf.buffer);
  return {
    hashLeaf(
      { holder, token, offset, transit }: Pick<ExitLeaf, 'token' | 'offset' | 'transit'> & { readonly holder: Holder },
      salt: Uint8Array,
    ): Uint8Array {
      writeHolder(leaf, 4 * WORD, holder);
      writeHex(leaf, 5 * WORD + 12, token);
      writeInt(leafView, 6 * WORD, offset);
      writeInt(leafView, 7 * WORD, transit);
      leaf.set(salt, 8 * WORD);
      return keccak256(keccak256(leaf));
    },
    hashTokenLeaf({ token, offsetTotal, transitTotal }: ExitTokenLeaf): Uint8Array {
      writeHex(tokenLeaf, 4 * WORD + 12, token);
      writeInt(tokenView, 5 * WORD, offsetTotal);
      writeInt(tokenView, 6 * WORD, transitTotal);
      return keccak256(keccak256(tokenLeaf));
    },
  };
}

/** 32 bytes for every leaf of a tree. */
function salter({ chainId, checkpoint, saltKey }: TreePlace & { readonly saltKey: Uint8Array }) {
  assert(saltKey.length === WORD, `a salt key of ${saltKey.length} bytes`);
  // 32 bytes of key, 8 of checkpoint, 8 of chain, 32 of holder, 20 of token: one block of keccak.
  const bytes = new Uint8Array(100);
  bytes.set(saltKey);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(32, BigInt(checkpoint));
  view.setBigUint64(40, BigInt(chainId));
  return (holder: Holder, token: Address): Uint8Array => {
    writeHolder(bytes, 48, holder);
    writeHex(bytes, 80, token);
    return keccak256(bytes);
  };
}

function writeHolder(bytes: Uint8Array, offset: number, holder: Holder): void {
  const isAddress = holder.length === ADDRESS_LENGTH;
  if (isAddress) bytes.fill(0, offset, offset + 12);
  writeHex(bytes, isAddress ? offset + 12 : offset, holder);
}

const INT128_LIMIT = 2n ** 127n;

/** An int256 that fits 128 bits, as all amounts here do: vaults count in uint112. */
function writeInt(view: DataView, offset: number, value: bigint): void {
  assert(value >= -INT128_LIMIT && value < INT128_LIMIT, `${value} is no amount of a vault`);
  const sign = value < 0n ? 2n ** 64n - 1n : 0n;
  view.setBigUint64(offset, sign);
  view.setBigUint64(offset + 8, sign);
  view.setBigUint64(offset + 16, BigInt.asUintN(64, value >> 64n));
  view.setBigUint64(offset + 24, BigInt.asUintN(64, value));
}
