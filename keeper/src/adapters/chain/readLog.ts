import { authorityAbi } from '@myrtle-wyckoff/generated';
import type { Address } from '../../core/commands.ts';
import type { LogPosition, LogSegment } from '../../core/ports.ts';
import { blockByNumber } from './agreeOnBlock.ts';
import { type AgreedBlock, behind, reorg } from './blockSource.ts';
import { ChainError } from './chainError.ts';
import { type LogHead, proveEntries } from './proveEntries.ts';
import { readView } from './readView.ts';

/**
 * The entries after a position, proved against head and count at the agreed block. Throws `ChainError`: `reorg` when the
 * position itself is no longer there.
 */
export async function readLog(at: AgreedBlock, contract: Address, from: LogPosition): Promise<LogSegment> {
  const { block, quorum } = at;
  const { chainId, rpcs } = quorum;
  if (block.number < from.blockNumber) {
    throw behind(chainId, `the log was read up to block ${from.blockNumber}, the RPCs are at ${block.number}.`);
  }
  const to = await readHead(at, contract);
  if (isGone(from, to)) throw gone(chainId, contract, from);
  if (to.count === from.index) return { firstIndex: from.index, entries: [], block };
  try {
    const entries = await proveEntries({ chainId, rpcs, contract, from, to: { ...to, blockNumber: block.number } });
    return { firstIndex: from.index, entries, block };
  } catch (error) {
    const unproven = error instanceof ChainError && error.code === 'logNotProven';
    if (unproven && (await wasUndone(at, contract, from))) throw gone(chainId, contract, from);
    throw error;
  }
}

async function readHead(at: AgreedBlock, address: Address): Promise<LogHead> {
  const [head, count] = await Promise.all([
    readView(at, { address, abi: authorityAbi, functionName: 'head' }),
    readView(at, { address, abi: authorityAbi, functionName: 'count' }),
  ]);
  return { head, count: Number(count) };
}

/** The log at the position's own block, where the RPCs still keep that state. When they do not, nothing is known. */
async function wasUndone({ quorum }: AgreedBlock, contract: Address, from: LogPosition): Promise<boolean> {
  try {
    const block = await blockByNumber(quorum, from.blockNumber);
    return isGone(from, await readHead({ block, quorum }, contract));
  } catch {
    return false;
  }
}

function isGone(from: LogPosition, found: LogHead): boolean {
  return found.count < from.index || (found.count === from.index && found.head !== from.head);
}

function gone(chainId: number, contract: Address, from: LogPosition): ChainError {
  return reorg(chainId, `the log of ${contract} no longer begins with the ${from.index} entries that were read`);
}
