import { checkpointerAbi } from '@myrtle-wyckoff/generated';
import { decodeEventLog } from 'viem';
import { fromHex } from '../../core/bytes.ts';
import type { Address, Hex } from '../../core/commands.ts';
import { KINDS } from '../../core/logEntries.ts';
import type { LandedCheckpoint } from '../../core/ports.ts';
import { type CheckpointMessage, digestOf, payloadHash } from '../../core/typedMessages.ts';
import { ChainError } from './chainError.ts';
import { fetchLogs } from './fetchLogs.ts';
import type { Rpc, RpcLog } from './rpc.ts';

/** How far back every RPC is asked before anybody is asked for older blocks; then ten times as far, and so on. */
const FIRST_WINDOW_BLOCKS = 20_000;
const WINDOW_GROWTH = 10;

type FoundCheckpoint = Omit<LandedCheckpoint, 'block'>;

interface Sought {
  readonly chainId: number;
  readonly checkpointer: Address;
  readonly tip: { readonly number: number; readonly digest: Hex };
}

/**
 * The event of the newest checkpoint, searched backwards. It may come from any RPC: the quorum vouches for its digest,
 * and the digest for the payload. Throws `ChainError` when no RPC has it.
 */
export async function findCheckpoint(
  input: Sought & { readonly rpcs: readonly Rpc[]; readonly upToBlock: number },
): Promise<FoundCheckpoint> {
  const { chainId, checkpointer, tip } = input;
  const failures = new Map<Rpc, Error>();
  for (const window of windowsBackwards(input.upToBlock)) {
    const without: Rpc[] = [];
    for (const rpc of input.rpcs.filter((each) => !failures.has(each))) {
      const found = await search(rpc, input, window).catch((error: Error) => {
        failures.set(rpc, error);
      });
      if (found !== undefined) {
        for (const other of without) other.judge('logs', `it hides checkpoint ${tip.number} of ${checkpointer}`);
        return found;
      }
      if (!failures.has(rpc)) without.push(rpc);
    }
  }
  const reasons = [...failures.values()].map(({ message }) => `; ${message}`).join('');
  throw new ChainError({
    code: 'logNotProven',
    chainId,
    message: `no RPC has checkpoint ${tip.number} of ${checkpointer}${reasons}. Add an RPC that serves all logs.`,
    retryable: true,
    cause: new AggregateError(failures.values()),
  });
}

async function search(
  rpc: Rpc,
  sought: Sought,
  window: { readonly fromBlock: number; readonly toBlock: number },
): Promise<FoundCheckpoint | undefined> {
  const range = { ...window, contract: sought.checkpointer, kind: KINDS.checkpointed, backwards: true };
  for await (const logs of fetchLogs(rpc, range)) {
    for (const log of logs.toReversed()) {
      const found = decode(log);
      if (found !== undefined && isSought(found, sought)) return found;
    }
  }
  return undefined;
}

function isSought({ checkpoint, payload }: FoundCheckpoint, { chainId, checkpointer, tip }: Sought): boolean {
  if (checkpoint.number !== tip.number) return false;
  const digest = digestOf('Checkpoint', { chainId, verifyingContract: checkpointer }, checkpoint);
  return digest === tip.digest && checkpoint.payloadHash === payloadHash(payload);
}

function* windowsBackwards(upToBlock: number): Generator<{ readonly fromBlock: number; readonly toBlock: number }> {
  let toBlock = upToBlock;
  for (let size = FIRST_WINDOW_BLOCKS; toBlock >= 0; size *= WINDOW_GROWTH) {
    const fromBlock = Math.max(0, toBlock - size + 1);
    yield { fromBlock, toBlock };
    toBlock = fromBlock - 1;
  }
}

/** undefined: not the event that it claims to be. */
function decode({ topics, data }: RpcLog): FoundCheckpoint | undefined {
  try {
    const { args } = decodeEventLog({
      abi: checkpointerAbi,
      eventName: 'Checkpointed',
      topics: topics as [Hex, ...Hex[]],
      data,
    });
    const { number, epoch, journalIndex, ...hashes } = args.checkpoint;
    const checkpoint: CheckpointMessage = {
      ...hashes,
      number: Number(number),
      epoch: Number(epoch),
      journalIndex: Number(journalIndex),
    };
    return { checkpoint, payload: fromHex(args.payload) };
  } catch {
    return undefined;
  }
}
