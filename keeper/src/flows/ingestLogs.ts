// Follows the logs of all contracts on all chains and turns what is final into commands. The reader proved the entries
// against the head that a quorum of RPCs reports; the core computes the hash chain anew, and its heads are where the
// reader starts to prove the next ones.
import { entriesThatFit, isHalfFull } from '../core/checkpointRoom.ts';
import type { Address, Block, LogCommand } from '../core/commands.ts';
import type { BlockTag, ChainReader, Clock, Logger } from '../core/ports.ts';
import type { State } from '../core/state.ts';
import { hasExpiredWithdrawal, logSources } from '../core/state.ts';
import { ZERO_HASH } from '../core/typedMessages.ts';
import { contractsAmong } from './contractsAmong.ts';
import type { Sequencer } from './sequencer.ts';

/** Says nothing about time. */
const NO_BLOCK: Omit<Block, 'number'> = { hash: ZERO_HASH, timestamp: 0 };

export interface Ingestion {
  /** Number of the newest final block that was read, per chain. */
  readonly finalBlocks: ReadonlyMap<number, number>;
  /** What went wrong last, per chain; a chain that answers has no entry. */
  readonly problems: ReadonlyMap<number, string>;
  /** Reads every source once. */
  readOnce(): Promise<void>;
  start(): void;
  stop(): void;
}

type LogSource = ReturnType<typeof logSources>[number];

export function createIngestion(input: {
  readonly sequencer: Sequencer;
  readonly readers: ReadonlyMap<number, ChainReader>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pollMs: number;
  /** What was final is not any more: credits may be wrong, and a person must decide. */
  readonly onFatal: (error: unknown) => void;
}): Ingestion {
  const { sequencer, readers, logger } = input;
  const state: State = sequencer.state;
  const tag: BlockTag = 'finalized';
  const finalBlocks = new Map<number, number>();
  const problems = new Map<number, string>();
  // Verified without a new entry up to this block: the next look for logs starts there.
  const verifiedTo = new Map<string, number>();
  // Chains that are being read now.
  const reading = new Set<number>();
  let cancelTimer: (() => void) | undefined;
  let running = false;

  async function readSource(reader: ChainReader, { contract, kind, position }: LogSource): Promise<void> {
    const key = `${reader.chainId}:${contract}`;
    const blockNumber = Math.max(position.blockNumber, verifiedTo.get(key) ?? 0);
    const segment = await reader.readLog(contract, { ...position, blockNumber }, tag);
    const { block } = segment;
    const { chainId } = reader;
    const isVault = kind === 'registry';
    const take = async (log: Pick<LogCommand, 'firstIndex' | 'entries' | 'block'>) => {
      const contracts = isVault ? await contractsAmong(reader, { state, entries: log.entries }) : [];
      const { sequence } = await sequencer.submit({ type: 'log', chainId, contract, ...log, contracts });
      logger.info({ chainId, contract, sequence, entries: log.entries.length }, 'log read');
    };
    let { firstIndex, entries } = segment;
    while (isVault && entries.length > entriesThatFit(state)) {
      const fitting = entries.slice(0, entriesThatFit(state));
      if (fitting.length === 0) return;
      // More follow, so that nothing is said about later blocks: withdrawals would expire by them.
      await take({ firstIndex, entries: fitting, block: { ...NO_BLOCK, number: position.blockNumber } });
      firstIndex += fitting.length;
      entries = entries.slice(fitting.length);
    }
    const expires =
      hasExpiredWithdrawal(state, { chainId, contract, timestamp: block.timestamp }) && !isHalfFull(state);
    if (entries.length > 0 || expires) await take({ firstIndex, entries, block });
    verifiedTo.set(key, block.number);
    finalBlocks.set(chainId, block.number);
  }

  async function readChain(chainId: number): Promise<void> {
    const reader = readers.get(chainId);
    if (reader === undefined) {
      problems.set(chainId, `Chain ${chainId} is listed in the Directory, but no RPC is configured for it.`);
      return;
    }
    reading.add(chainId);
    try {
      const done = new Set<Address>();
      // Looked up each time: the Directory may just have listed a vault on its own chain.
      for (let source = nextSource(chainId, done); source !== undefined; source = nextSource(chainId, done)) {
        await readSource(reader, source);
        done.add(source.contract);
      }
      problems.delete(chainId);
    } catch (error) {
      if (isFinalityBroken(error)) return input.onFatal(error);
      const message = error instanceof Error ? error.message : String(error);
      if (problems.get(chainId) !== message) logger.warn({ chainId, error: message }, 'chain cannot be read');
      problems.set(chainId, message);
    } finally {
      reading.delete(chainId);
    }
  }

  function nextSource(chainId: number, done: ReadonlySet<Address>) {
    return logSources(state, chainId).find(({ contract }) => !done.has(contract));
  }

  /** All chains side by side, then those that the Directory has listed meanwhile. A chain that hangs is left alone. */
  async function readOnce(): Promise<void> {
    const done = new Set<number>();
    for (;;) {
      const chainIds = new Set(logSources(state).map((source) => source.chainId));
      const unread = [...chainIds].filter((chainId) => !done.has(chainId) && !reading.has(chainId));
      if (unread.length === 0) return;
      for (const chainId of unread) done.add(chainId);
      await Promise.all(unread.map(readChain));
    }
  }

  function next(): void {
    if (!running) return;
    void readOnce();
    cancelTimer = input.clock.after(input.pollMs, next);
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

/** What a reader throws when a block that was final is gone. Everything else may pass. */
function isFinalityBroken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'reorg';
}
