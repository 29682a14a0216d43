// One real chain with the real contracts, and three RPCs in front of it that can be told to lie.
import { expect } from 'vitest';
import { ChainError } from '../../src/adapters/chain/chainError.ts';
import { type ChainReaderOptions, createChainReader } from '../../src/adapters/chain/chainReader.ts';
import { startAnvil } from '../../src/cli/devnet/anvil.ts';
import type { Address } from '../../src/core/commands.ts';
import { decodeRegistryEntry, nextHead, replayHead } from '../../src/core/logEntries.ts';
import type { ChainReader, LogPosition, LogSegment } from '../../src/core/ports.ts';
import { deployContracts, type TestContracts } from './deployContracts.ts';
import { type Lie, type RpcProxy, startRpcProxy } from './rpcProxy.ts';

const CHAIN_ID = 31337;
/** Blocks after which a block is final on this anvil. */
export const FINALITY_BLOCKS = 2;
const TIMEOUT_MS = 1_000;
/** All three are heard even on a busy machine, so that it is certain who is asked for logs first. */
const STRAGGLER_MS = 10_000;

export interface ThreeRpcs {
  readonly contracts: TestContracts;
  /** Fresh ones after each `renew`. */
  readonly proxies: readonly RpcProxy[];
  renew(): Promise<void>;
  stop(): Promise<void>;
  /** 2 of the 3. */
  reader(options?: Partial<ChainReaderOptions>): ChainReader;
  lie(proxy: number, what: Lie | undefined): void;
  /** Where the log of the vault, or of another contract, begins. */
  genesis(contract?: Address): LogPosition;
  /** Deposits of so many atoms each, one block each. */
  deposit(...amounts: readonly number[]): Promise<void>;
  finalise(): Promise<void>;
}

export async function startThreeRpcs(options: { readonly ringSize?: bigint } = {}): Promise<ThreeRpcs> {
  const anvil = await startAnvil({ chainId: CHAIN_ID, slotsInAnEpoch: 1 });
  const contracts = await deployContracts(anvil.url, options).catch(async (error: unknown) => {
    await anvil.stop();
    throw error;
  });
  const start = () => Promise.all([0, 1, 2].map(() => startRpcProxy(anvil.url)));
  let proxies = await start();
  const stopProxies = () => Promise.all(proxies.map((proxy) => proxy.stop()));
  return {
    contracts,
    get proxies() {
      return proxies;
    },
    async renew() {
      await stopProxies();
      proxies = await start();
    },
    async stop() {
      await stopProxies();
      await anvil.stop();
    },
    reader(options = {}) {
      const rpcUrls = proxies.map(({ url }) => url);
      const defaults = { chainId: CHAIN_ID, rpcUrls, quorum: 2, finality: 'finalized' } as const;
      return createChainReader({ ...defaults, timeoutMs: TIMEOUT_MS, stragglerMs: STRAGGLER_MS, ...options });
    },
    lie: (proxy, what) => proxies[proxy]?.lie(what),
    genesis: (contract = contracts.registry) => ({ index: 0, head: replayHead(CHAIN_ID, contract), blockNumber: 0 }),
    async deposit(...amounts) {
      for (const amount of amounts) await contracts.deposit({ account: somebody(amount), amount: BigInt(amount) });
    },
    finalise: () => contracts.client.mine({ blocks: FINALITY_BLOCKS }),
  };
}

export function somebody(number: number): Address {
  return `0xa${number.toString(16).padStart(39, '0')}`;
}

/** The position after a segment. */
export function after(position: LogPosition, segment: LogSegment): LogPosition {
  const index = position.index + segment.entries.length;
  const head = segment.entries.reduce((hash, entry, i) => nextHead(hash, position.index + i, entry), position.head);
  return { index, head, blockNumber: segment.block.number };
}

/** What the entries deposit, in their order. */
export function amounts(segment: LogSegment): number[] {
  return segment.entries.flatMap((entry) => {
    const decoded = decodeRegistryEntry(entry, 'entry');
    return decoded?.type === 'deposited' ? [Number(decoded.amount)] : [];
  });
}

/** The `ChainError` that it fails with. */
export async function failure(promise: Promise<unknown>): Promise<ChainError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ChainError);
  return error as ChainError;
}
