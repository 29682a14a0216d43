// From a cut to signed exit roots: the trees of a checkpoint are built beside everything else, and once it is final both
// keys sign one root over all chains. A root for checkpoint n opens everything up to n, so only the newest one counts, and
// cuts may be left out: those that come while trees are being built, and some of those that wait for finality when their
// trees together grow too large.
import type { ExitRootView } from '../core/api.ts';
import { assert } from '../core/assertion.ts';
import type { Address } from '../core/commands.ts';
import { tokenKey } from '../core/ledger.ts';
import type { BuiltExitTrees, Clock, ExitLeaves, ExitTrees, KeeperKeys, Logger } from '../core/ports.ts';
import type { State } from '../core/state.ts';
import { digestOf, exitRootsTree } from '../core/typedMessages.ts';
import type { ExitProofView } from '../core/views.ts';
import type { Leadership } from './leadership.ts';
import { signBoth } from './signBoth.ts';

/** Trees that wait, in all; about 160 bytes a leaf. */
const LEAVES_LIMIT = 4_000_000;
/** However small they are. */
const TREES_LIMIT = 4_096;

export interface ExitRoots {
  /** Epoch and checkpoint of the newest signed roots; 0 while there are none. */
  readonly signedFor: { readonly epoch: number; readonly checkpoint: number };
  /** Contracts that own more than may be paid to them where they live, at the newest checkpoint with trees. */
  readonly strandedOwners: number;
  /** Begins to build the trees of a checkpoint from the bytes of the state that it froze. */
  cut(state: Uint8Array): void;
  /**
   * Signs the newest trees whose checkpoint is final and not above `limit`, if that is news. When all trees are newer than
   * `limit`, those of checkpoint `limit` are built from chain. The caller knows that this keeper may sign.
   */
  sign(limit: number): void;
  /** Of the newest signed roots. */
  exitRoot(chainId: number): ExitRootView | undefined;
  /** Leaves and proofs under the newest signed roots; undefined while there are none. */
  exitProof(address: Address): Promise<ExitProofView | undefined>;
  /** Calls back after each signing. Returns how to stop. */
  subscribe(listener: () => void): () => void;
  stop(): void;
}

export function createExitRoots(input: {
  readonly state: State;
  readonly trees: ExitTrees;
  readonly keys: KeeperKeys;
  readonly leadership: Leadership;
  readonly homeChainId: number;
  readonly checkpointer: Address;
  /** The bytes of the state behind a checkpoint on chain. */
  readonly landedState: (checkpoint: number) => Promise<Uint8Array>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Without trees there are no roots, and without roots the vaults close: somebody has to look. */
  readonly onFatal: (error: unknown) => void;
}): ExitRoots {
  const { state, trees, keys, leadership, clock, logger } = input;
  const listeners = new Set<() => void>();
  const roots = new Map<number, ExitRootView>();
  /** Oldest first; the first may be the one that is signed. */
  let built: readonly BuiltExitTrees[] = [];
  let newestCut: Uint8Array | undefined;
  let building = false;
  let stopped = false;
  let signedFor = { epoch: 0, checkpoint: 0 };

  async function buildNewest(): Promise<void> {
    if (building) return;
    building = true;
    try {
      while (newestCut !== undefined && !stopped) {
        const bytes = newestCut;
        newestCut = undefined;
        const next = await trees.build(bytes);
        // A state of before the Directory was read has no vault that a root could be for.
        if (next.roots.length > 0) built = thinned([...built, next]);
        await keepBuilt();
      }
    } catch (error) {
      if (!stopped) input.onFatal(error);
    } finally {
      building = false;
    }
  }

  /** For a keeper that began with a newer checkpoint than the one whose roots must stay. */
  async function buildOlder(checkpoint: number): Promise<void> {
    if (building) return;
    building = true;
    try {
      const bytes = await input.landedState(checkpoint).catch((error) => {
        logger.warn({ checkpoint, error: error.message }, 'cannot read the checkpoint whose exit roots stand');
      });
      if (bytes !== undefined && !stopped) {
        built = [await trees.build(bytes), ...built];
        await keepBuilt();
      }
    } catch (error) {
      if (!stopped) input.onFatal(error);
    } finally {
      building = false;
    }
    await buildNewest();
  }

  function keepBuilt(): Promise<void> {
    return trees.keep(built.map(({ checkpoint }) => checkpoint));
  }

  function sign(limit: number): void {
    const newest = built.findLast(({ checkpoint }) => checkpoint <= Math.min(state.finalNumber, limit));
    const { epoch } = leadership;
    const [oldest] = built;
    if (oldest !== undefined && limit > 0 && limit < oldest.checkpoint) void buildOlder(limit);
    if (newest === undefined || (signedFor.epoch === epoch && signedFor.checkpoint === newest.checkpoint)) return;
    const { checkpoint } = newest;
    const tree = exitRootsTree(newest.roots);
    const issuedAt = Math.min(Math.floor(clock.now() / 1000), leadership.chainTime);
    const message = { epoch, checkpoint, issuedAt, root: tree.root };
    const domain = { chainId: input.homeChainId, verifyingContract: input.checkpointer };
    const both = signBoth(keys, digestOf('ExitRoots', domain, message));
    for (const leaf of newest.roots)
      roots.set(leaf.chainId, { ...leaf, message, proof: tree.proof(leaf.chainId), ...both });
    signedFor = { epoch, checkpoint };
    built = built.filter((item) => item.checkpoint >= checkpoint);
    keepBuilt().catch((error) => stopped || input.onFatal(error));
    logger.info({ checkpoint, epoch, leaves: newest.leafCount }, 'exit roots signed');
    for (const listener of listeners) listener();
  }

  async function exitProof(address: Address): Promise<ExitProofView | undefined> {
    const { checkpoint } = signedFor;
    const signed = [...roots.values()];
    const [any] = signed;
    if (any === undefined) return undefined;
    const leaves = await trees.leavesOf({ checkpoint, address });
    if (leaves === undefined) {
      assert(signedFor.checkpoint !== checkpoint, `the trees of checkpoint ${checkpoint} are not kept`);
      // Newer ones were signed meanwhile.
      return exitProof(address);
    }
    const { message, enclaveSignature, leaderSignature } = any;
    const chains = signed.map((root) => proofOfChain(state, root, leaves));
    return { address, roots: message, enclaveSignature, leaderSignature, chains };
  }

  return {
    get signedFor() {
      return signedFor;
    },
    get strandedOwners() {
      return built.at(-1)?.strandedOwners ?? 0;
    },
    cut(bytes) {
      newestCut = bytes;
      void buildNewest();
    },
    sign,
    exitRoot: (chainId) => roots.get(chainId),
    exitProof,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop() {
      stopped = true;
    },
  };
}

/** Leaves out every second one while there are too many, but neither the oldest nor the newest. */
function thinned(built: readonly BuiltExitTrees[]): readonly BuiltExitTrees[] {
  let left = built;
  const isTooMuch = () =>
    left.length > TREES_LIMIT || left.reduce((sum, { leafCount }) => sum + leafCount, 0) > LEAVES_LIMIT;
  while (left.length > 2 && isTooMuch()) left = left.filter((_, i) => i % 2 === 0 || i === left.length - 1);
  return left;
}

function proofOfChain(
  state: State,
  { chainId, registry, treeRoot, processedIndex, proof }: ExitRootView,
  all: readonly ExitLeaves[],
): ExitProofView['chains'][number] {
  const own = all.find((leaves) => leaves.chainId === chainId);
  assert(own !== undefined, `the trees of chain ${chainId} are missing`);
  const { tokens, assets } = state.exchange.ledger;
  return {
    chainId,
    registry,
    treeRoot,
    processedIndex,
    rootProof: proof,
    tokens: own.tokenLeaves.map(({ leaf, proof: siblings }) => {
      const listed = tokens.get(tokenKey(chainId, leaf.token));
      const asset = assets[listed?.asset ?? -1];
      return {
        token: leaf.token,
        symbol: asset?.symbol ?? null,
        decimals: asset === undefined ? null : (listed?.decimals ?? null),
        offsetTotal: String(leaf.offsetTotal),
        transitTotal: String(leaf.transitTotal),
        proof: siblings,
      };
    }),
    leaves: own.leaves.map(({ leaf, proof: siblings }) => ({
      token: leaf.token,
      offset: String(leaf.offset),
      transit: String(leaf.transit),
      salt: leaf.salt,
      proof: siblings,
    })),
  };
}
