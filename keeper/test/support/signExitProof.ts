// Exit proofs as a keeper would give them, of one chain that is its own home and of its one token.
import type { Address } from '../../src/core/commands.ts';
import { exitTrees } from '../../src/core/exitTree.ts';
import type { ExitProofView } from '../../src/core/views.ts';
import { signExitRoot, type TestContracts } from './deployContracts.ts';

const DECIMALS = 6;
const SALT_KEY = new Uint8Array(32).fill(7);

export interface Owner {
  readonly address: Address;
  /** Atoms that came in for him, and that he has after trading. */
  readonly deposited: bigint;
  readonly owns: bigint;
}

export async function signExitProof(
  contracts: TestContracts,
  input: {
    readonly account: Address;
    readonly owners: readonly Owner[];
    readonly checkpoint: number;
    readonly issuedAt: number;
    readonly processedIndex: number;
  },
): Promise<ExitProofView> {
  const { chainId, registry, token } = contracts;
  const { account, owners, checkpoint, issuedAt, processedIndex } = input;
  const holdings = owners.reduce((sum, { deposited }) => sum + deposited, 0n);
  const wad = 10n ** BigInt(18 - DECIMALS);
  const { trees } = exitTrees(
    {
      checkpoint,
      chains: [{ chainId, registry, processedIndex }],
      owners: owners.map(({ address }) => address),
      ownerOf: owners.map((_, index) => index),
      balances: [owners.map(({ owns }) => owns * wad)],
      prices: [],
      boundTo: new Map(),
      lastOwners: [],
      tokens: [
        {
          chainId,
          token,
          asset: 0,
          decimals: DECIMALS,
          holdings,
          net: holdings,
          netOf: new Map(owners.map(({ deposited }, index) => [index, deposited])),
        },
      ],
      withdrawals: [],
      settlements: [],
      shuttles: [],
    },
    SALT_KEY,
  );
  const [tree] = trees;
  if (tree === undefined) throw new Error('no tree');
  const root = await signExitRoot(contracts, { checkpoint, issuedAt, processedIndex, treeRoot: tree.treeRoot });
  const { message, proof, enclaveSignature, leaderSignature } = root;
  return {
    address: account,
    roots: message,
    enclaveSignature,
    leaderSignature,
    chains: [
      {
        chainId,
        registry,
        treeRoot: tree.treeRoot,
        processedIndex,
        rootProof: proof,
        tokens: tree.tokenLeaves.map(({ leaf, proof: siblings }) => ({
          token: leaf.token,
          symbol: 'TUSD',
          decimals: DECIMALS,
          offsetTotal: String(leaf.offsetTotal),
          transitTotal: String(leaf.transitTotal),
          proof: siblings,
        })),
        leaves: tree.leavesOf(account).map(({ leaf, proof: siblings }) => ({
          token: leaf.token,
          offset: String(leaf.offset),
          transit: String(leaf.transit),
          salt: leaf.salt,
          proof: siblings,
        })),
      },
    ],
  };
}
