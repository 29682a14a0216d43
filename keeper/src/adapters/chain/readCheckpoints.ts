import { checkpointerAbi } from '@myrtle-wyckoff/generated';
import { decodeEventLog, decodeFunctionResult, encodeFunctionData } from 'viem';
import { fromHex } from '../../core/bytes.ts';
import type { Address, Hex } from '../../core/commands.ts';
import { KINDS } from '../../core/logEntries.ts';
import type { LandedCheckpoint } from '../../core/ports.ts';
import { digestOf, payloadHash } from '../../core/typedMessages.ts';
import type { AgreedBlock } from './blockSource.ts';
import { ChainError } from './chainError.ts';
import { fetchLogs } from './fetchLogs.ts';
import { readView } from './readView.ts';
import type { Rpc, RpcLog } from './rpc.ts';

/** How far back every RPC is asked before anybody is asked for older blocks; then ten times as far, and so on. */
const FIRST_WINDOW_BLOCKS = 20_000;
const WINDOW_GROWTH = 10;
/** Payloads are large, and the newest one is mostly near. */
const FIRST_RANGE_BLOCKS = 128;

interface Wanted {
  readonly number: number;
  readonly digest: Hex;
}

/**
 * The checkpoints at one block, newest first, each the parent of the one before: from the contract's ring where it is kept
 * there, otherwise from its event. They may come from any RPC: the quorum vouches for the newest digest, each digest for
 * message, payload and parent. Throws `ChainError` when nobody has one.
 */
export async function* readCheckpoints(at: AgreedBlock, checkpointer: Address): AsyncGenerator<LandedCheckpoint, void> {
  const [number, digest] = await readView(at, { address: checkpointer, abi: checkpointerAbi, functionName: 'tip' });
  let wanted: Wanted = { number: Number(number), digest };
  if (wanted.number === 0) return;
  const contract = { at, checkpointer, kept: await readKept(at, checkpointer) };
  const events = createEventSearch(contract);
  while (wanted.number > 0) {
    const found: LandedCheckpoint = (await readFromRing(contract, wanted)) ?? (await events.find(wanted));
    yield found;
    wanted = { number: wanted.number - 1, digest: found.checkpoint.parent };
  }
}

interface Contract {
  readonly at: AgreedBlock;
  readonly checkpointer: Address;
  readonly kept: { readonly oldest: number; readonly newest: number };
}

async function readKept(at: AgreedBlock, address: Address): Promise<Contract['kept']> {
  const [oldest, newest] = await readView(at, { address, abi: checkpointerAbi, functionName: 'kept' });
  return { oldest: Number(oldest), newest: Number(newest) };
}

/** undefined: it is not kept, or no RPC gives it. */
async function readFromRing({ at, checkpointer, kept }: Contract, wanted: Wanted) {
  const { number } = wanted;
  if (number < kept.oldest || number > kept.newest) return undefined;
  const call = { abi: checkpointerAbi, functionName: 'payloadOf' } as const;
  const data = encodeFunctionData({ ...call, args: [BigInt(number)] });
  const { rpcs } = at.quorum;
  // One that hangs must not hold up each of them.
  const inOrder = [...rpcs.filter((rpc) => rpc.has('connection')), ...rpcs.filter((rpc) => !rpc.has('connection'))];
  for (const rpc of inOrder) {
    try {
      const answer = await rpc.call({ to: checkpointer, data, blockHash: at.block.hash });
      const [checkpoint, payload] = decodeFunctionResult({ ...call, data: answer });
      const found = toLanded(checkpoint, payload);
      if (isWanted(found, wanted, { chainId: at.quorum.chainId, checkpointer })) return found;
    } catch {
      // It is still in the event, and the search for that says what went wrong.
    }
  }
  return undefined;
}

// Events.

/** One RPC's events, read backwards as far as somebody asked. */
interface Scan {
  readonly rpc: Rpc;
  /** Newest first; undefined where a window ends. */
  readonly events: AsyncGenerator<LandedCheckpoint | undefined, void>;
  windowsDone: number;
}

/** Goes back step by step: each find goes on where the one before ended. */
function createEventSearch(contract: Contract): { find(wanted: Wanted): Promise<LandedCheckpoint> } {
  const { at, checkpointer, kept } = contract;
  const { chainId, rpcs } = at.quorum;
  const windows = [...windowsBackwards(at.block.number)];
  let failures = new Map<Rpc, Error>();
  let scans = scansFromTheTop();
  let window = 0;
  let isAtTheTop = true;

  function scansFromTheTop(): Scan[] {
    return rpcs.map((rpc) => ({ rpc, events: eventsBackwards(rpc, { checkpointer, windows }), windowsDone: 0 }));
  }

  /** undefined: this RPC has read to the end of the window, or failed. */
  async function findIn(scan: Scan, wanted: Wanted): Promise<LandedCheckpoint | undefined> {
    try {
      while (scan.windowsDone <= window) {
        const { value, done } = await scan.events.next();
        if (done === true) return undefined;
        if (value === undefined) scan.windowsDone++;
        else if (isWanted(value, wanted, { chainId, checkpointer })) return value;
      }
    } catch (error) {
      failures.set(scan.rpc, error as Error);
    }
    return undefined;
  }

  async function goOn(wanted: Wanted): Promise<LandedCheckpoint | undefined> {
    for (; window < windows.length; window++) {
      const without: Rpc[] = [];
      for (const scan of scans.filter(({ rpc, windowsDone }) => !failures.has(rpc) && windowsDone <= window)) {
        const found = await findIn(scan, wanted);
        if (found === undefined) {
          if (!failures.has(scan.rpc)) without.push(scan.rpc);
          continue;
        }
        for (const rpc of without) rpc.judge('logs', `it hides checkpoint ${wanted.number} of ${checkpointer}`);
        // It has come so far: it is asked first from now on.
        scans = [scan, ...scans.filter((other) => other !== scan)];
        return found;
      }
    }
    return undefined;
  }

  return {
    async find(wanted) {
      let found = await goOn(wanted);
      if (found === undefined && !isAtTheTop) {
        // Who went past it, while it was asked for one that it hid, may have it all the same.
        failures = new Map();
        scans = scansFromTheTop();
        window = 0;
        found = await goOn(wanted);
      }
      isAtTheTop = false;
      if (found !== undefined) return found;
      const reasons = [...failures.values()].map(({ message }) => `; ${message}`).join('');
      const ring = kept.newest === 0 ? 'keeps none' : `keeps ${kept.oldest} to ${kept.newest}`;
      throw new ChainError({
        code: 'logNotProven',
        chainId,
        message: `no RPC has checkpoint ${wanted.number} of ${checkpointer}, which itself ${ring}${reasons}. Add an RPC that serves all logs.`,
        retryable: true,
        cause: new AggregateError(failures.values()),
      });
    },
  };
}

async function* eventsBackwards(
  rpc: Rpc,
  { checkpointer, windows }: { readonly checkpointer: Address; readonly windows: readonly Window[] },
): AsyncGenerator<LandedCheckpoint | undefined, void> {
  for (const window of windows) {
    const range = { ...window, contract: checkpointer, kind: KINDS.checkpointed, firstRangeBlocks: FIRST_RANGE_BLOCKS };
    for await (const logs of fetchLogs(rpc, { ...range, backwards: true })) {
      for (const log of logs.toReversed()) {
        const event = decode(log);
        if (event !== undefined) yield event;
      }
    }
    yield undefined;
  }
}

interface Window {
  readonly fromBlock: number;
  readonly toBlock: number;
}

function* windowsBackwards(upToBlock: number): Generator<Window> {
  let toBlock = upToBlock;
  for (let size = FIRST_WINDOW_BLOCKS; toBlock >= 0; size *= WINDOW_GROWTH) {
    const fromBlock = Math.max(0, toBlock - size + 1);
    yield { fromBlock, toBlock };
    toBlock = fromBlock - 1;
  }
}

// What an RPC says is a checkpoint.

function isWanted(
  { checkpoint, payload }: LandedCheckpoint,
  { number, digest }: Wanted,
  { chainId, checkpointer }: { readonly chainId: number; readonly checkpointer: Address },
): boolean {
  if (checkpoint.number !== number) return false;
  const found = digestOf('Checkpoint', { chainId, verifyingContract: checkpointer }, checkpoint);
  return found === digest && checkpoint.payloadHash === payloadHash(payload);
}

/** undefined: not the event that it claims to be. */
function decode({ topics, data }: RpcLog): LandedCheckpoint | undefined {
  try {
    const { args } = decodeEventLog({
      abi: checkpointerAbi,
      eventName: 'Checkpointed',
      topics: topics as [Hex, ...Hex[]],
      data,
    });
    return toLanded(args.checkpoint, args.payload);
  } catch {
    return undefined;
  }
}

type DecodedCheckpoint = {
  readonly [field in keyof LandedCheckpoint['checkpoint']]: field extends 'number' | 'epoch' | 'journalIndex'
    ? bigint
    : Hex;
};

function toLanded(decoded: DecodedCheckpoint, payload: Hex): LandedCheckpoint {
  const { number, epoch, journalIndex, ...hashes } = decoded;
  const checkpoint = { ...hashes, number: Number(number), epoch: Number(epoch), journalIndex: Number(journalIndex) };
  return { checkpoint, payload: fromHex(payload) };
}
