// The whole exchange for integration tests: two real chains, the real contracts, keeper and courier as processes.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { authorityAbi } from '@myrtle-wyckoff/generated';
import { createTestClient, encodeFunctionData, http } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { developmentKey, EXECUTOR } from '../../src/cli/devnet/accounts.ts';
import type { DevnetChain } from '../../src/cli/devnet/chainAccess.ts';
import { executeOnAuthority, NO_EVIDENCE } from '../../src/cli/devnet/executeOnAuthority.ts';
import { proposeLeader } from '../../src/cli/devnet/proposeLeader.ts';
import { type Devnet, type HomeChain, startDevnet } from '../../src/cli/devnet/startDevnet.ts';
import { waitUntil } from '../../src/cli/devnet/waitUntil.ts';
import { createKeeperClient, type KeeperClient } from '../../src/client/keeperClient.ts';
import type { CourierConfig, KeeperConfig } from '../../src/config.ts';
import type { Address } from '../../src/core/commands.ts';
import type { AssetView } from '../../src/core/views.ts';
import { type MwProcess, startMw } from './mwProcess.ts';

/** The devnet's chains have a block every second; a test does not have to wait for that. */
const BLOCK_EVERY_MS = 250;
/** Between two looks of keepers and couriers at the chains. */
const POLL_MS = 250;

export interface LiveDevnet {
  readonly devnet: Devnet;
  readonly home: HomeChain;
  readonly second: DevnetChain;
  /** Signed in as the executor, who may see the accounts of all users. */
  readonly keeper: KeeperClient;
  readonly assets: readonly AssetView[];
  /** Where the keeper that the devnet started keeps its journal and keys. */
  readonly keeperData: string;
  /** What the processes of the devnet said that ended by themselves. */
  readonly lost: readonly string[];
  /** A client of another keeper, signed in as the executor as soon as that keeper leads. */
  client(url: string): KeeperClient;
  /** Writes a configuration like that of the devnet's keeper, with changes. Returns the path. */
  writeKeeperConfig(name: string, changes?: Partial<KeeperConfig>): string;
  writeCourierConfig(name: string, changes?: Partial<CourierConfig>): string;
  /** Starts a program of `mw` that is stopped with the devnet. */
  start(...args: readonly string[]): MwProcess;
  /** Three owners of the Safe name a candidate on both chains. */
  propose(candidate: Address, epoch: number): Promise<void>;
  /** The same as a standby. */
  proposeStandby(candidate: Address): Promise<void>;
  /** Both chains' clocks go forward at once; that of the machine does not. */
  letTimePass(seconds: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startLiveDevnet(): Promise<LiveDevnet> {
  const lost: string[] = [];
  const started: MwProcess[] = [];
  const stopMining: (() => void)[] = [];
  const devnet = await startDevnet({
    ports: {},
    pollMs: POLL_MS,
    progress: {
      phase: (_title, run) => run(),
      step: (_step, _title, run) => run(() => {}),
      say() {},
      succeeded() {},
      failed() {},
    },
    onDeployed: (chain) => stopMining.push(mineFaster(chain)),
    onLost: ({ message }) => lost.push(message),
  }).catch((error) => {
    for (const stopOne of stopMining) stopOne();
    throw error;
  });
  const { home, second, dataDirectory, keeperUrl } = devnet;

  async function stop(): Promise<void> {
    for (const stopOne of stopMining) stopOne();
    for (const process of started.splice(0)) await process.kill();
    await devnet.stop();
    rmSync(dataDirectory, { recursive: true });
  }
  function writeConfig<T extends object>(source: string, name: string, changes: (config: T) => object): string {
    const config = JSON.parse(readFileSync(join(dataDirectory, `${source}.json`), 'utf8')) as T;
    const file = join(dataDirectory, `${name}.json`);
    writeFileSync(file, JSON.stringify({ ...config, ...changes(config) }), { mode: 0o600 });
    return file;
  }
  function client(url: string): KeeperClient {
    return createKeeperClient({ url });
  }

  try {
    const keeper = client(keeperUrl);
    await keeper.signIn(privateKeyToAccount(developmentKey(EXECUTOR).privateKey));
    const assets = await waitUntil('the listings of the Directory', async () => {
      const [listed, books] = await Promise.all([keeper.assets(), keeper.books()]);
      return listed.length > 0 && books.length > 0 ? listed : undefined;
    });
    return {
      devnet,
      home,
      second,
      keeper,
      assets,
      keeperData: join(dataDirectory, 'keeper'),
      lost,
      client,
      writeKeeperConfig: (name, changes = {}) =>
        writeConfig<KeeperConfig>('keeper', name, ({ http }) => ({
          http: { ...http, port: Number(new URL(keeperUrl).port) },
          ...changes,
        })),
      writeCourierConfig: (name, changes = {}) => writeConfig<CourierConfig>('courier', name, () => changes),
      start(...args) {
        const process = startMw(...args);
        started.push(process);
        return process;
      },
      async propose(candidate, epoch) {
        await Promise.all(
          [home, second].map(({ deployment, url }) => proposeLeader({ deployment, rpcUrl: url, candidate, epoch })),
        );
      },
      async proposeStandby(candidate) {
        const args = [candidate, NO_EVIDENCE] as const;
        const data = encodeFunctionData({ abi: authorityAbi, functionName: 'proposeStandby', args });
        await Promise.all(
          [home, second].map(({ deployment, url }) => executeOnAuthority({ deployment, rpcUrl: url, data })),
        );
      },
      async letTimePass(seconds) {
        const clients = [home, second].map(({ url }) => createTestClient({ mode: 'anvil', transport: http(url) }));
        await Promise.all(clients.map((client) => client.increaseTime({ seconds })));
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Blocks of the same second share its timestamp, so that the chain's time stays that of the clock. */
function mineFaster({ url }: DevnetChain): () => void {
  const client = createTestClient({ mode: 'anvil', transport: http(url) });
  let stopped = false;
  async function next(): Promise<void> {
    await client.mine({ blocks: 1 }).catch(() => {});
    if (!stopped) setTimeout(() => void next(), BLOCK_EVERY_MS);
  }
  void next();
  return () => {
    stopped = true;
  };
}
