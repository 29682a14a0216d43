import { fromHex } from '../../core/bytes.ts';
import type { Address, Hex, LogEntry } from '../../core/commands.ts';
import { nextHead } from '../../core/logEntries.ts';
import type { LogPosition } from '../../core/ports.ts';
import { ChainError } from './chainError.ts';
import { fetchLogs } from './fetchLogs.ts';
import type { Rpc } from './rpc.ts';

/** What the quorum says a contract's log has come to at one block. */
export interface LogHead {
  readonly head: Hex;
  readonly count: number;
}

/**
 * The entries from a position to the head, from the first RPC whose logs lead there. RPCs whose logs do not are marked:
 * they left out, altered, invented or reordered something. Throws `ChainError` when no RPC's logs do.
 */
export async function proveEntries(input: {
  readonly chainId: number;
  readonly rpcs: readonly Rpc[];
  readonly contract: Address;
  readonly from: LogPosition;
  readonly to: LogHead & { readonly blockNumber: number };
}): Promise<readonly LogEntry[]> {
  const { chainId, rpcs, contract, from, to } = input;
  const dishonest: Rpc[] = [];
  const mark = () => {
    for (const rpc of dishonest) rpc.judge('logs', `its logs of ${contract} do not lead to the head`);
  };
  const failures: Error[] = [];
  for (const rpc of trustedFirst(rpcs)) {
    try {
      const entries = await replay(rpc, { contract, from, to });
      if (entries !== undefined) {
        rpc.judge('logs');
        mark();
        return entries;
      }
      dishonest.push(rpc);
      failures.push(new Error(`${rpc.host}: its logs do not lead to the head`));
    } catch (error) {
      // Asked last from now on: one that answers everything but this must not slow us down each time.
      rpc.judge('logs', (error as Error).message);
      failures.push(error as Error);
    }
  }
  mark();
  throw new ChainError({
    code: dishonest.length === 0 ? 'unreachable' : 'logNotProven',
    chainId,
    message:
      `no RPC has logs of ${contract} that lead from entry ${from.index} to the head at entry ${to.count} ` +
      `(${failures.map(({ message }) => message).join('; ')}). Nothing was taken in; add an RPC that serves all logs.`,
    retryable: true,
    cause: new AggregateError(failures),
  });
}

/** undefined: the logs do not give exactly that head and count. */
async function replay(
  rpc: Rpc,
  { contract, from, to }: { contract: Address; from: LogPosition; to: LogHead & { blockNumber: number } },
): Promise<readonly LogEntry[] | undefined> {
  const entries: LogEntry[] = [];
  let { head, index } = from;
  // The block of the position is read again: it may hold entries after it, when nobody says that it was read to its end.
  for await (const logs of fetchLogs(rpc, { contract, fromBlock: from.blockNumber, toBlock: to.blockNumber })) {
    for (const { topics, data } of logs) {
      const [kind, indexTopic] = topics;
      // Entries before the position, and events that are no entries. Leaving out an entry here cannot go unnoticed.
      if (kind === undefined || indexTopic === undefined || topics.length !== 2) continue;
      if (BigInt(indexTopic) !== BigInt(index)) continue;
      if (index === to.count) return undefined;
      const entry: LogEntry = { kind, data: fromHex(data) };
      head = nextHead(head, index, entry);
      entries.push(entry);
      index++;
    }
  }
  return index === to.count && head === to.head ? entries : undefined;
}

function trustedFirst(rpcs: readonly Rpc[]): readonly Rpc[] {
  return [...rpcs.filter((rpc) => rpc.has('logs')), ...rpcs.filter((rpc) => !rpc.has('logs'))];
}
