// Follows the logs of all contracts on all chains and turns what is final into commands. The reader proved the entries
// against the head that a quorum of RPCs reports; the core replays the hash chain once more before it believes them.
import type { Address } from '../core/commands.ts';
import type { BlockTag, ChainReader, Clock, Logger, LogPosition } from '../core/ports.ts';
import type { State } from '../core/state.ts';
import { hasExpiredWithdrawal, logSources } from '../core/state.ts';
import type { Sequencer } from './sequencer.ts';

export interface Ingestion {
  /** Number of the newest final block that was read, per chain. */
  readonly finalBlocks: ReadonlyMap<number, number>;
  /** What went wrong last, per chain; a chain that answers has no entry. */
  readonly problems: ReadonlyMap<number, string>;
  /** Reads every source once. Used by tests and by the loop. */
  readOnce(): Promise<void>;
  start(): void;
  stop(): void;
}

export function createIngestion(input: {
  readonly sequencer: Sequencer;
  readonly readers: ReadonlyMap<number, ChainReader>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pollMs: number;
}): Ingestion {
  const { sequencer, readers, logger } = input;
  const state: State = sequencer.state;
  const tag: BlockTag = 'finalized';
  const finalBlocks = new Map<number, number>();
  const problems = new Map<number, string>();
  // Verified without a new entry up to this block: the next look for logs starts there.
  const verifiedTo = new Map<string, number>();
  let cancelTimer: (() => void) | undefined;
  let running = false;

  async function readSource(reader: ChainReader, contract: Address, position: LogPosition): Promise<void> {
    const key = `${reader.chainId}:${contract}`;
    const blockNumber = Math.max(position.blockNumber, verifiedTo.get(key) ?? 0);
    const segment = await reader.readLog(contract, { ...position, blockNumber }, tag);
    const { block, entries } = segment;
    const expires = hasExpiredWithdrawal(state, { chainId: reader.chainId, contract, timestamp: block.timestamp });
    if (entries.length > 0 || expires) {
      // One command for the whole segment: "nothing more up to this block" must be true when withdrawals expire by it.
      const log = { chainId: reader.chainId, contract, firstIndex: segment.firstIndex, entries, block };
      const { sequence } = await sequencer.submit({ type: 'log', ...log });
      logger.info({ chainId: reader.chainId, contract, sequence, entries: entries.length }, 'log read');
    }
    verifiedTo.set(key, block.number);
    finalBlocks.set(reader.chainId, block.number);
  }

  async function readChain(chainId: number): Promise<void> {
    const reader = readers.get(chainId);
    if (reader === undefined) {
      problems.set(chainId, `Chain ${chainId} is listed in the Directory, but no RPC is configured for it.`);
      return;
    }
    try {
      for (const { contract, position } of logSources(state, chainId)) await readSource(reader, contract, position);
      problems.delete(chainId);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (problems.get(chainId) !== message) logger.warn({ chainId, error: message }, 'chain cannot be read');
      problems.set(chainId, message);
    }
  }

  /** The Directory first: what it lists decides which registries there are. */
  async function readOnce(): Promise<void> {
    const chains = new Set(logSources(state).map((source) => source.chainId));
    for (const chainId of chains) await readChain(chainId);
    const listedSince = logSources(state)
      .map((source) => source.chainId)
      .filter((chainId) => !chains.has(chainId));
    for (const chainId of new Set(listedSince)) await readChain(chainId);
  }

  function next(): void {
    if (!running) return;
    void readOnce().finally(() => {
      if (running) cancelTimer = input.clock.after(input.pollMs, next);
    });
  }

  return {
    finalBlocks,
    problems,
    readOnce,
    start() {
      running = true;
      next();
    },
    stop() {
      running = false;
      cancelTimer?.();
    },
  };
}
