// What both keys sign once a checkpoint is final: one set of exit roots for all chains, then the withdrawals it carries.
// Nothing is signed earlier, and nothing while another keeper may lead.
import type { ApprovalView, ExitRootView } from '../core/api.ts';
import type { Address, Hex } from '../core/commands.ts';
import type { ChainReader, Clock, KeeperKeys, Logger } from '../core/ports.ts';
import type { State } from '../core/state.ts';
import { registries } from '../core/state.ts';
import type { ExitRootLeaf } from '../core/typedMessages.ts';
import { digestOf, exitRootsTree, ZERO_HASH } from '../core/typedMessages.ts';
import { finalWithdrawals } from '../core/withdrawal.ts';
import type { Leadership } from './leadership.ts';
import type { Sequencer } from './sequencer.ts';

/** Cuts that wait for finality; a chain whose final block lags for hours still fits. */
const CUTS_LIMIT = 4_096;

export interface Approvals {
  exitRoot(chainId: number): ExitRootView | undefined;
  approvals(chainId: number): readonly ApprovalView[];
  /** Seconds of the newest root on each chain; 0 when none stands there. */
  readonly rootIssuedAt: ReadonlyMap<number, number>;
  start(): void;
  stop(): void;
}

export function createApprovals(input: {
  readonly sequencer: Sequencer;
  readonly keys: KeeperKeys;
  readonly leadership: Leadership;
  readonly readers: ReadonlyMap<number, ChainReader>;
  readonly homeChainId: number;
  readonly checkpointer: Address;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pollMs: number;
}): Approvals {
  const { sequencer, keys, leadership, readers, clock, logger } = input;
  const state: State = sequencer.state;
  const cuts = new Map<number, readonly ExitRootLeaf[]>();
  const roots = new Map<number, ExitRootView>();
  const rootIssuedAt = new Map<number, number>();
  const signatures = new Map<string, ApprovalView>();
  let signedFor = { epoch: 0, checkpoint: 0 };
  let running = false;
  let cancelTimer: (() => void) | undefined;

  const unsubscribe = sequencer.subscribe(({ command, outcome }) => {
    if (command.type !== 'cutCheckpoint' || outcome.result.code !== 'ok') return;
    const vaults = registries(state);
    // Before the Directory was read there is no vault that a root could be for.
    if (vaults.length === 0) return;
    // Trees are empty in this form (treeRoot 0): the root is gate and heartbeat, claims by proof come with the exit hatch.
    const leaves = vaults.map((vault) => ({ ...vault, treeRoot: ZERO_HASH }));
    cuts.set(state.cutNumber, leaves);
    const oldest = cuts.keys().next();
    if (cuts.size > CUTS_LIMIT && !oldest.done) cuts.delete(oldest.value);
  });

  function maySign(): boolean {
    return leadership.role === 'leader' && leadership.problem === undefined && !sequencer.stopped;
  }

  /** The newest cut that is final; older ones are covered by it. */
  function signRoots(): void {
    const final = [...cuts.keys()].filter((number) => number <= state.finalNumber).at(-1);
    const { epoch } = leadership;
    if (final === undefined || (signedFor.epoch === epoch && signedFor.checkpoint === final)) return;
    const leaves = cuts.get(final) ?? [];
    // Cut before the Directory was read: there is no vault to sign for.
    if (leaves.length === 0) return;
    const tree = exitRootsTree(leaves);
    const issuedAt = Math.min(Math.floor(clock.now() / 1000), leadership.chainTime);
    const message = { epoch, checkpoint: final, issuedAt, root: tree.root };
    const domain = { chainId: input.homeChainId, verifyingContract: input.checkpointer };
    const both = signBoth(keys, digestOf('ExitRoots', domain, message));
    for (const { chainId, registry, treeRoot, processedIndex } of leaves) {
      roots.set(chainId, { chainId, registry, message, treeRoot, processedIndex, proof: tree.proof(chainId), ...both });
    }
    signedFor = { epoch, checkpoint: final };
    for (const number of cuts.keys()) if (number < final) cuts.delete(number);
    logger.info({ checkpoint: final, epoch }, 'exit roots signed');
  }

  /** Every final withdrawal gets its signatures once; those that left the state are forgotten. */
  function signWithdrawals(): void {
    const waiting = finalWithdrawals(state, Math.min(state.finalNumber, signedFor.checkpoint));
    const keep = new Set<string>();
    for (const { chainId, registry, message } of waiting) {
      const key = `${chainId}:${message.account}:${message.nonce}:${message.checkpoint}:${leadership.epoch}`;
      keep.add(key);
      if (signatures.has(key)) continue;
      const digest = digestOf('Withdrawal', { chainId, verifyingContract: registry }, message);
      signatures.set(key, { chainId, registry, message, ...signBoth(keys, digest) });
    }
    for (const key of signatures.keys()) if (!keep.has(key)) signatures.delete(key);
  }

  /** All chains at once: one that does not answer must not hold up the others. */
  async function readRoots(): Promise<void> {
    await Promise.all(
      registries(state).map(async ({ chainId, registry }) => {
        const reader = readers.get(chainId);
        const root = await reader?.readNewestRoot(registry, 'latest').catch(() => undefined);
        if (root !== undefined) rootIssuedAt.set(chainId, root.issuedAt);
      }),
    );
  }

  async function loop(): Promise<void> {
    await readRoots();
    if (maySign()) {
      signRoots();
      signWithdrawals();
    }
    if (running) cancelTimer = clock.after(input.pollMs, () => void loop());
  }

  return {
    rootIssuedAt,
    exitRoot: (chainId) => (maySign() ? roots.get(chainId) : undefined),
    approvals: (chainId) => (maySign() ? [...signatures.values()].filter((item) => item.chainId === chainId) : []),
    start() {
      running = true;
      void loop();
    },
    stop() {
      running = false;
      unsubscribe();
      cancelTimer?.();
    },
  };
}

function signBoth(keys: KeeperKeys, digest: Hex): { enclaveSignature: Hex; leaderSignature: Hex } {
  return { enclaveSignature: keys.enclave.sign(digest), leaderSignature: keys.leader.sign(digest) };
}
