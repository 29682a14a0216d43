import type { Address, Hex } from '../../core/commands.ts';
import { type Rpc, type RpcLog, RpcRefusal, RpcTimeout } from './rpc.ts';

/** Blocks per request at first. RPCs have limits on blocks, results and size; a refused range is halved. */
const LOG_RANGE_BLOCKS = 10_000;
/** Ranges that may time out, and are halved as if refused, before the RPC is given up. */
const TIMEOUTS = 3;

export interface LogRange {
  readonly contract: Address;
  /** Only events of this topic0. */
  readonly kind?: Hex;
  readonly fromBlock: number;
  readonly toBlock: number;
  /** From the newest range to the oldest; within a range the order is always the chain's. */
  readonly backwards?: boolean;
  /** Blocks in the first request, where much is expected in few; each that is answered doubles the next one. */
  readonly firstRangeBlocks?: number;
}

/**
 * Logs of one contract from one RPC, range by range. Nothing about them is proved yet. Each step either gets on or halves
 * the range, and a single block that is refused is an error.
 */
export async function* fetchLogs(rpc: Rpc, range: LogRange): AsyncGenerator<readonly RpcLog[]> {
  const { contract, kind, backwards = false } = range;
  let { fromBlock, toBlock } = range;
  let size = range.firstRangeBlocks ?? LOG_RANGE_BLOCKS;
  let timeouts = 0;
  while (fromBlock <= toBlock) {
    const first = backwards ? Math.max(fromBlock, toBlock - size + 1) : fromBlock;
    const last = backwards ? toBlock : Math.min(toBlock, fromBlock + size - 1);
    let logs: readonly RpcLog[];
    try {
      const asked = { address: contract, fromBlock: first, toBlock: last };
      logs = await rpc.logs(kind === undefined ? asked : { ...asked, kind });
    } catch (error) {
      if (error instanceof RpcTimeout) timeouts++;
      const isTooMuch = error instanceof RpcRefusal || (error instanceof RpcTimeout && timeouts < TIMEOUTS);
      if (!isTooMuch || first === last) throw error;
      size = Math.ceil((last - first + 1) / 2);
      continue;
    }
    yield logs.filter(({ address }) => address === contract);
    size = Math.min(size * 2, LOG_RANGE_BLOCKS);
    if (backwards) toBlock = first - 1;
    else fromBlock = last + 1;
  }
}
