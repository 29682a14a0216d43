// Brings up everything: two chains, the contracts, the guest-agent simulator, the keeper, the council's vote, the courier.
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { simulatedEnclaveAddress } from '../../adapters/tee/simulator/simulatedKeys.ts';
import { createKeeperClient, type KeeperClient } from '../../client/keeperClient.ts';
import type { CourierConfig, KeeperConfig } from '../../config.ts';
import type { Address } from '../../core/commands.ts';
import { CommandError } from '../support/errors.ts';
import { COURIER_GAS, DEVELOPMENT_ACCOUNTS, developmentKey, KEEPER_GAS } from './accounts.ts';
import { startAnvil } from './anvil.ts';
import { accessChain, type DevnetChain, mineEvery } from './chainAccess.ts';
import { buildContracts, deployChain } from './deploy.ts';
import {
  type Deployment,
  type HomeDeployment,
  ROOT,
  readDeployment,
  readHomeDeployment,
  SECOND_CHAIN,
} from './deployment.ts';
import type { Progress } from './progress.ts';
import { proposeLeader } from './proposeLeader.ts';
import { createSupervisor, type ProcessError, type RunningProcess, type Supervisor } from './supervisor.ts';
import { waitUntil } from './waitUntil.ts';

const BLOCK_TIME_SECONDS = 1;
const FIRST_EPOCH = 1;
const KEY_EPOCH = 1;
/** Few, so that the little that happens on a devnet is spread over several checkpoints. Its contract keeps twice as many. */
const CHECKPOINT_SLICES = 4;
const MW = join(ROOT, 'keeper/src/cli/mw.ts');
const SIMULATOR = join(ROOT, 'keeper/src/adapters/tee/simulator/main.ts');

export interface DevnetOptions {
  /** A new folder in the system's temporary one when left out. */
  readonly dataDirectory?: string | undefined;
  /** Free ones when left out. */
  readonly ports: {
    readonly home?: number | undefined;
    readonly second?: number | undefined;
    readonly keeper?: number | undefined;
  };
  /** Between two looks of the keeper and the courier; their own default when left out. */
  readonly pollMs?: number;
  readonly progress: Progress;
  /** Told of each chain as soon as everything is deployed on it. */
  readonly onDeployed?: (chain: DevnetChain) => void;
  /** Told when one of its processes ends by itself; the others go on. */
  readonly onLost: (error: ProcessError) => void;
}

export interface HomeChain extends DevnetChain {
  readonly deployment: HomeDeployment;
}

export interface Devnet {
  readonly home: HomeChain;
  readonly second: DevnetChain;
  readonly keeperUrl: string;
  readonly dataDirectory: string;
  /** Of the API's typed messages. */
  readonly domain: { readonly chainId: number; readonly verifyingContract: Address };
  /** Of the keeper's process, which is another one when it was started again. */
  keeperPid(): number;
  /** SIGKILL. */
  killKeeper(): Promise<void>;
  /** Starts the keeper again on its data, at the same URL; resolves when it leads. */
  startKeeper(): Promise<void>;
  /** SIGKILL. */
  killCourier(): Promise<void>;
  /** Stops everything that was started, in order. */
  stop(): Promise<void>;
}

/** Resolves when the keeper leads on both chains. On failure everything that was started is stopped again. */
export async function startDevnet(options: DevnetOptions): Promise<Devnet> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const end of stops.splice(0).toReversed()) await end();
  };
  try {
    return { ...(await bringUp(options, (end) => stops.push(end))), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function bringUp(
  { dataDirectory, ports, pollMs, progress, onDeployed = () => {}, onLost }: DevnetOptions,
  atEnd: (end: () => Promise<void>) => void,
): Promise<Omit<Devnet, 'stop'>> {
  const data = makeDataDirectory(dataDirectory);
  progress.say(`Data and logs go to ${data}`);
  const home = readHomeDeployment();
  const second = readDeployment(SECOND_CHAIN);
  const identity = { homeChainId: home.chainId, checkpointer: home.checkpointer };
  const polling = pollMs === undefined ? {} : { pollMs };

  await progress.phase('Compile the contracts', () => buildContracts(data));
  const chains = await progress.phase('Start two chains and deploy everything', async () => {
    const enclave = simulatedEnclaveAddress(identity);
    return Promise.all([
      startChain({ name: 'home', deployment: home, port: ports.home, enclave, data, atEnd }),
      startChain({ name: 'second', deployment: second, port: ports.second, enclave, data, atEnd }),
    ]);
  });
  for (const chain of chains) onDeployed(chain);
  const supervisor = createSupervisor({ logDirectory: data, onLost });
  atEnd(() => supervisor.stopAll());
  const keeper = await progress.phase('Start the enclave simulator and the keeper', async () => {
    const socket = join(data, 'tee.sock');
    await supervisor.start({ name: 'tee', args: [SIMULATOR, '--socket', socket, '--chain', String(home.chainId)] });
    return startKeeperProcess({ supervisor, data, socket, chains, home, port: ports.keeper ?? 0, polling });
  });
  const courier = await progress.phase(
    'Three owners of the Safe propose its leader key, the courier carries its acceptance',
    async () => {
      const candidate = (await keeper.client.identity()).leader.address;
      await Promise.all(
        chains.map(({ deployment, url }) => proposeLeader({ deployment, rpcUrl: url, candidate, epoch: FIRST_EPOCH })),
      );
      const started = await startCourier({ supervisor, data, keeperUrl: keeper.url, chains, polling });
      await keeper.untilItLeads();
      return started;
    },
  );
  const [homeChain, secondChain] = chains;
  return {
    home: { ...homeChain, deployment: home },
    second: secondChain,
    keeperUrl: keeper.url,
    dataDirectory: data,
    domain: { chainId: home.chainId, verifyingContract: home.checkpointer },
    keeperPid: keeper.pid,
    killKeeper: keeper.kill,
    async startKeeper() {
      await keeper.start();
      await keeper.untilItLeads();
    },
    killCourier: courier.kill,
  };
}

/** The journal of an earlier devnet would contradict the new chains. */
function makeDataDirectory(wanted: string | undefined): string {
  if (wanted === undefined) return mkdtempSync(join(tmpdir(), 'mw-devnet-'));
  const directory = resolve(wanted);
  mkdirSync(directory, { recursive: true });
  if (readdirSync(directory).length > 0) {
    throw new CommandError(`${directory} is not empty.`, {
      hint: 'A devnet begins with new chains; give an empty folder, or leave --data out for a temporary one.',
    });
  }
  return directory;
}

async function startChain(input: {
  readonly name: string;
  readonly deployment: Deployment;
  readonly port: number | undefined;
  readonly enclave: Address;
  readonly data: string;
  readonly atEnd: (end: () => Promise<void>) => void;
}): Promise<DevnetChain> {
  const { name, deployment, port, enclave, data } = input;
  const { chainId } = deployment;
  const anvil = await startAnvil({
    chainId,
    ...(port === undefined ? {} : { port }),
    slotsInAnEpoch: 1,
    accounts: DEVELOPMENT_ACCOUNTS,
  });
  input.atEnd(anvil.stop);
  await deployChain({ chainId, url: anvil.url, enclave, logDirectory: data });
  // Only now: a deployment is some twenty transactions, each of which would wait for a block.
  await mineEvery({ url: anvil.url, seconds: BLOCK_TIME_SECONDS });
  return accessChain({ name, url: anvil.url, deployment });
}

type Polling = { readonly pollMs?: number };

interface KeeperProcess {
  readonly url: string;
  readonly client: KeeperClient;
  pid(): number;
  start(): Promise<void>;
  kill(): Promise<void>;
  untilItLeads(): Promise<void>;
}

async function startKeeperProcess(input: {
  readonly supervisor: Supervisor;
  readonly data: string;
  readonly socket: string;
  readonly chains: readonly DevnetChain[];
  readonly home: HomeDeployment;
  readonly port: number;
  readonly polling: Polling;
}): Promise<KeeperProcess> {
  const { supervisor, data, home, polling } = input;
  const configure = (port: number): KeeperConfig => ({
    homeChainId: home.chainId,
    authority: home.authority,
    checkpointer: home.checkpointer,
    directory: home.directory,
    teeSocket: input.socket,
    dataDirectory: join(data, 'keeper'),
    http: { host: '127.0.0.1', port },
    chains: input.chains.map(({ chainId, url }) => ({ chainId, rpcUrls: [url], quorum: 1 })),
    gasPrivateKey: developmentKey(KEEPER_GAS).privateKey,
    keyEpoch: KEY_EPOCH,
    checkpointSlices: CHECKPOINT_SLICES,
    publicBooks: 'depth',
    ...polling,
  });
  const launch = (port: number): Promise<RunningProcess> => {
    const config = writeConfig(join(data, 'keeper.json'), configure(port));
    return supervisor.start({ name: 'keeper', args: [MW, 'keeper', '--config', config] });
  };
  let running = await launch(input.port);
  const { url } = running.ready as { readonly url: string };
  const client = createKeeperClient({ url });
  return {
    url,
    client,
    pid: () => running.pid,
    kill: () => running.kill(),
    async start() {
      running = await launch(Number(new URL(url).port));
    },
    async untilItLeads() {
      await waitUntil('the keeper to lead', async () => (await client.health()).role === 'leader' || undefined);
    },
  };
}

async function startCourier(input: {
  readonly supervisor: Supervisor;
  readonly data: string;
  readonly keeperUrl: string;
  readonly chains: readonly DevnetChain[];
  readonly polling: Polling;
}): Promise<RunningProcess> {
  const config: CourierConfig = {
    ...input.polling,
    keeperUrl: input.keeperUrl,
    privateKey: developmentKey(COURIER_GAS).privateKey,
    chains: input.chains.map(({ chainId, url, deployment: { registry, authority } }) => ({
      chainId,
      rpcUrl: url,
      registry,
      authority,
    })),
  };
  const file = writeConfig(join(input.data, 'courier.json'), config);
  return input.supervisor.start({ name: 'courier', args: [MW, 'courier', '--config', file] });
}

/** For the owner's eyes only, as any file with a key. */
function writeConfig(file: string, config: object): string {
  writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
  return file;
}
