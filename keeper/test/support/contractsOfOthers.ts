// What other people's projects have deployed on a real chain, placed on an anvil with that chain's id.
//
// Real code at its real address, by the same deployers: Safe 1.5.0, CoW Protocol's settlement contract with its relayer.
// Real code, written to its real address: Permit2, and Across' pool (here without its proxy).
// Stand-ins, written to the real addresses: the tokens, and cow-shed's factory. Its shed is code that does nothing.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  type Abi,
  concat,
  createTestClient,
  encodeAbiParameters,
  encodeDeployData,
  encodeFunctionData,
  http,
  keccak256,
  padHex,
  parseAbi,
  publicActions,
  stringToHex,
  toHex,
  walletActions,
  zeroAddress,
} from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import type { Address, Hex } from '../../src/core/commands.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const MINED_POLL_MS = 20;
const DETERMINISTIC_DEPLOYER = '0x4e59b44847b379578588920cA78FbF26c0B4956C';
const SAFE_SINGLETON_FACTORY = '0x914d7Fec6aaC8cd542e72Bca78B30650d45643d7';
/** One instruction, which always fails. */
const INVALID = '0xfe';
const COW_SALT = stringToHex('Mattresses in Berlin!', { size: 32 });
const SAFE_ARTIFACTS = [
  'SafeL2.sol/SafeL2.json',
  'proxies/SafeProxyFactory.sol/SafeProxyFactory.json',
  'handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler.json',
];

const safeAbi = parseAbi([
  'function setup(address[] owners, uint256 threshold, address to, bytes data, address fallbackHandler, address paymentToken, uint256 payment, address paymentReceiver)',
  'function createProxyWithNonce(address singleton, bytes initializer, uint256 saltNonce) returns (address proxy)',
]);

/** The part of contracts/script/config/<chain>.json that says what must stand. */
export interface ChainConfig {
  readonly chainId: number;
  readonly wrappedNative: Address;
  readonly spokePool: Address;
  readonly cow: Readonly<Record<'settlement' | 'vaultRelayer' | 'shedFactory' | 'shedImplementation', Address>>;
  readonly tokens: readonly { readonly token: Address; readonly decimals: number }[];
}

/** The part of contracts/script/config/shared.json that says what must stand, and who makes up the council. */
export interface SharedConfig {
  readonly permit2: Address;
  readonly council: {
    readonly owners: readonly Address[];
    readonly threshold: number;
    readonly saltNonce: number;
    readonly singleton: Address;
    readonly proxyFactory: Address;
    readonly fallbackHandler: Address;
  };
}

interface Artifact {
  readonly abi: Abi;
  readonly bytecode: Hex;
}

type TestClient = ReturnType<typeof connect>;

function connect(url: string) {
  return createTestClient({
    mode: 'anvil',
    transport: http(url),
    account: mnemonicToAccount('test test test test test test test test test test test junk', { addressIndex: 9 }),
    pollingInterval: MINED_POLL_MS,
  })
    .extend(publicActions)
    .extend(walletActions);
}

export async function placeContractsOfOthers(url: string, chain: ChainConfig, shared: SharedConfig): Promise<void> {
  const client = connect(url);
  await deploySafeContracts(client);
  await deployCow(client);
  await client.setCode({ address: shared.permit2, bytecode: permit2Code() });
  for (const { token, decimals } of chain.tokens) {
    const isWrapped = token === chain.wrappedNative;
    const standIn = isWrapped ? artifactOf('DevnetWeth') : artifactOf('DevnetToken');
    await placeCopy(client, token, standIn, isWrapped ? [] : ['Token', 'TOK', decimals]);
  }
  const pool = readJson<Artifact>(
    'node_modules/@across-protocol/contracts/dist/evm/artifacts/Ethereum_SpokePool.sol/Ethereum_SpokePool.json',
  );
  await placeCopy(client, chain.spokePool, pool, [chain.wrappedNative, 3600, 21600, zeroAddress]);
  if (chain.cow.shedFactory !== zeroAddress) await placeShedFactory(client, chain.cow);
}

/** The council's Safe as Safe's factory makes it. */
export async function deployCouncil(url: string, { council }: SharedConfig): Promise<Address> {
  const client = connect(url);
  const { owners, threshold, fallbackHandler, singleton, saltNonce } = council;
  const initializer = encodeFunctionData({
    abi: safeAbi,
    functionName: 'setup',
    args: [owners, BigInt(threshold), zeroAddress, '0x', fallbackHandler, zeroAddress, 0n, zeroAddress],
  });
  const call = {
    abi: safeAbi,
    address: council.proxyFactory,
    functionName: 'createProxyWithNonce',
    args: [singleton, initializer, BigInt(saltNonce)],
  } as const;
  const { result } = await client.simulateContract(call);
  await mined(client, { to: council.proxyFactory, data: encodeFunctionData(call) });
  return result;
}

/** Their addresses follow from the deployer, whose code is that of the deterministic deployer. */
async function deploySafeContracts(client: TestClient): Promise<void> {
  const code = await client.getCode({ address: DETERMINISTIC_DEPLOYER });
  if (code === undefined) throw new Error(`anvil has no deterministic deployer at ${DETERMINISTIC_DEPLOYER}`);
  await client.setCode({ address: SAFE_SINGLETON_FACTORY, bytecode: code });
  for (const path of SAFE_ARTIFACTS) {
    const { bytecode } = readJson<Artifact>(
      `node_modules/@safe-global/safe-smart-account/build/artifacts/contracts/${path}`,
    );
    await mined(client, { to: SAFE_SINGLETON_FACTORY, data: concat([padHex('0x'), bytecode]) });
  }
}

async function deployCow(client: TestClient): Promise<void> {
  const { bytecode, args } = readJson<Artifact & { readonly args: readonly [Address, Address] }>(
    'node_modules/@cowprotocol/contracts/deployments/mainnet/GPv2Settlement.json',
  );
  const constructorArguments = encodeAbiParameters([{ type: 'address' }, { type: 'address' }], args);
  await mined(client, { to: DETERMINISTIC_DEPLOYER, data: concat([COW_SALT, bytecode, constructorArguments]) });
}

/** The package carries the runtime code, inside the Solidity source of a test helper. */
function permit2Code(): Hex {
  const helper = 'node_modules/@uniswap/v4-periphery/lib/permit2/test/utils/DeployPermit2.sol';
  const code = /hex"([0-9a-f]+)"/.exec(readFileSync(resolve(ROOT, helper), 'utf8'))?.[1];
  if (code === undefined) throw new Error(`no code in ${helper}`);
  return `0x${code}`;
}

async function placeShedFactory(client: TestClient, cow: ChainConfig['cow']): Promise<void> {
  await placeCopy(client, cow.shedFactory, artifactOf('ShedFactoryStandIn'), [cow.shedImplementation]);
  await client.setCode({ address: cow.shedImplementation, bytecode: INVALID });
}

/** Deploys somewhere and copies the code, immutables included. */
async function placeCopy(
  client: TestClient,
  address: Address,
  { abi, bytecode }: Artifact,
  args: readonly unknown[],
): Promise<void> {
  const deployed = await mined(client, { data: encodeDeployData({ abi, bytecode, args }) });
  if (deployed === null) throw new Error('nothing was deployed');
  const code = await client.getCode({ address: deployed });
  if (code === undefined) throw new Error(`no code at ${deployed}`);
  await client.setCode({ address, bytecode: code });
}

/** Returns the address of the contract that the transaction created. */
async function mined(
  client: TestClient,
  transaction: { readonly to?: Address; readonly data: Hex },
): Promise<Address | null> {
  const hash = await client.sendTransaction({ ...transaction, chain: null });
  const { status, contractAddress } = await client.waitForTransactionReceipt({ hash });
  if (status !== 'success') throw new Error(`transaction ${hash} failed`);
  return contractAddress ?? null;
}

function artifactOf(contract: string): Artifact {
  const { abi, bytecode } = readJson<{ abi: Abi; bytecode: { object: Hex } }>(`out/${contract}.sol/${contract}.json`);
  return { abi, bytecode: bytecode.object };
}

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(resolve(ROOT, file), 'utf8')) as T;
}

/** Somebody for everything that the configuration leaves open, the same for the same words. */
export function madeUpAddress(words: string): Address {
  return `0x${keccak256(toHex(words)).slice(26)}`;
}
