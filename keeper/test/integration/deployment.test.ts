// A dry run of the deploy script against every configuration: on a local chain with the real chain's id, where other
// people's contracts stand as contractsOfOthers.ts says.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createTestClient, http, keccak256, publicActions } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RecordedCode } from '../../../tools/verificationInput.ts';
import { type Anvil, startAnvil } from '../../src/cli/devnet/anvil.ts';
import { runForge } from '../../src/cli/devnet/deploy.ts';
import { ROOT } from '../../src/cli/devnet/deployment.ts';
import type { Address, Hex } from '../../src/core/commands.ts';
import {
  type ChainConfig,
  deployCouncil,
  madeUpAddress,
  placeContractsOfOthers,
  type SharedConfig,
} from '../support/contractsOfOthers.ts';

const solc: { compile(input: string): string } = createRequire(import.meta.url)('solc');
const CONFIG = join(ROOT, 'contracts/script/config');
/** The script may write here, and it is in nobody's way. */
const DRY_RUN = join(ROOT, 'cache/dry-run');
/** Of secp256k1's generator: a public key must be a point of the curve. */
const GENERATOR_X = '0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798';
const DEPLOYER = madeUpAddress('the deployer');
const CONTRACTS = [
  'Authority',
  'Checkpointer',
  'DepositRegistry',
  'DepositRouter',
  'DeterministicFactory',
  'Directory',
  'ExitHatch',
  'ExitRootPosts',
  'Governor',
  'Listings',
  'SettlementLane',
  'Settlements',
  'Shuttles',
  'SlowGovernor',
];
const NAMES = ['ethereum', 'optimism', 'polygon', 'base', 'arbitrum'] as const;

interface DeploymentRecord {
  readonly chainId: number;
  readonly home: boolean;
  readonly deployer: Address;
  readonly sinceBlock: number;
  readonly contracts: Readonly<Record<string, Address>>;
  readonly code: Readonly<Record<string, RecordedCode>>;
}

interface DryRun {
  readonly anvil: Anvil;
  readonly folder: string;
  readonly record: () => DeploymentRecord;
  readonly deploy: () => Promise<void>;
}

/** The configuration of a folder with somebody for everything that is left to decide. */
function decide(text: string, council: string): string {
  return text.replaceAll(/"<([^>]*)>"/g, (_, words: string) => {
    if (words.includes('2 or 3')) return '2';
    if (words.includes('encryption key')) return JSON.stringify(GENERATOR_X);
    return JSON.stringify(words === "the council's Safe" ? council : madeUpAddress(words));
  });
}

async function startDryRun(name: string): Promise<DryRun> {
  const text = (file: string) => readFileSync(join(CONFIG, `${file}.json`), 'utf8');
  const chain = JSON.parse(text(name)) as ChainConfig;
  const shared = JSON.parse(decide(text('shared'), '')) as SharedConfig;
  const folder = join(DRY_RUN, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });

  const anvil = await startAnvil({ chainId: chain.chainId });
  await placeContractsOfOthers(anvil.url, chain, shared);
  const council = await deployCouncil(anvil.url, shared);
  for (const file of ['shared', ...NAMES]) writeFileSync(join(folder, `${file}.json`), decide(text(file), council));
  const client = createTestClient({ mode: 'anvil', transport: http(anvil.url) });
  await client.impersonateAccount({ address: DEPLOYER });
  await client.setBalance({ address: DEPLOYER, value: 10n ** 21n });

  const script = ['script', 'contracts/script/Deploy.s.sol', '--rpc-url', anvil.url];
  const flags = ['--broadcast', '--unlocked', '--sender', DEPLOYER];
  const env = { CONFIG: folder, DEPLOYMENTS: folder, FOUNDRY_BROADCAST: join(folder, 'broadcast') };
  return {
    anvil,
    folder,
    record: () => JSON.parse(readFileSync(join(folder, `${chain.chainId}.json`), 'utf8')) as DeploymentRecord,
    deploy: () => runForge([...script, ...flags], env, join(folder, 'forge.log')),
  };
}

function readerOf(anvil: Anvil) {
  return createTestClient({ mode: 'anvil', transport: http(anvil.url) }).extend(publicActions);
}

/** What stands at the recorded addresses, as the record would say it. */
async function codehashes(dryRun: DryRun): Promise<Record<string, Hex>> {
  const reader = readerOf(dryRun.anvil);
  const entries = Object.entries(dryRun.record().code).map(async ([name, { address }]) => {
    const code = await reader.getCode({ address: address as Address });
    return [name, keccak256(code ?? '0x')] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

interface CompiledCode {
  /** Without `0x`. */
  readonly object: string;
  readonly immutableReferences: Readonly<
    Record<string, readonly { readonly start: number; readonly length: number }[]>
  >;
}

function compile(
  input: string,
  source: string,
): { readonly bytecode: { readonly object: string }; readonly deployedBytecode: CompiledCode } {
  const [file, contract] = source.split(':') as [string, string];
  return JSON.parse(solc.compile(input)).contracts[file][contract].evm;
}

async function transactionsSince({ anvil, record }: DryRun): Promise<string[]> {
  const reader = readerOf(anvil);
  const newest = await reader.getBlockNumber();
  const found: string[] = [];
  for (let blockNumber = BigInt(record().sinceBlock); blockNumber <= newest; blockNumber++) {
    const { transactions } = await reader.getBlock({ blockNumber, includeTransactions: true });
    found.push(...transactions.map(({ input }) => input.slice(2)));
  }
  return found;
}

/** A library begins with its own address: PUSH20, and later a comparison. */
const OWN_ADDRESS = { start: 1, length: 20 };

/** What the constructor puts into the code stands nowhere in what the compiler makes. */
function withoutImmutables(code: Hex, { object, immutableReferences }: CompiledCode): string {
  const bytes = Buffer.from(code.slice(2), 'hex');
  const places = Object.values(immutableReferences).flat();
  if (object.startsWith(`73${'00'.repeat(OWN_ADDRESS.length)}`)) places.push(OWN_ADDRESS);
  for (const { start, length } of places) bytes.fill(0, start, start + length);
  return bytes.toString('hex');
}

/** By contract, on the chain that came first. */
let firstAddresses: Readonly<Record<string, string>> | undefined;

describe.each(NAMES)('a dry run on %s', (name) => {
  let dryRun: DryRun;
  beforeAll(async () => {
    dryRun = await startDryRun(name);
    await dryRun.deploy();
  });
  afterAll(() => dryRun?.anvil.stop());

  it('records what stands', async () => {
    const record = dryRun.record();
    expect(record).toMatchObject({ chainId: dryRun.anvil.chainId, home: name === 'base' });
    expect(record.deployer.toLowerCase()).toBe(DEPLOYER);
    expect(Object.keys(record.code)).toContain('DepositRegistry');
    const recorded = Object.entries(record.code).map(([contract, { codehash }]) => [contract, codehash]);
    expect(await codehashes(dryRun)).toEqual(Object.fromEntries(recorded));
    const reader = readerOf(dryRun.anvil);
    const before = await reader.getCode({
      address: record.contracts.registry as Address,
      blockNumber: BigInt(record.sinceBlock),
    });
    expect(before).toBeUndefined();
  });

  it('has the same addresses as every other chain', () => {
    const addresses = Object.fromEntries(
      Object.entries(dryRun.record().code).map(([contract, { address }]) => [contract, address]),
    );
    firstAddresses ??= addresses;
    expect(addresses).toMatchObject(firstAddresses);
  });

  it('does nothing more when it is repeated', async () => {
    const reader = readerOf(dryRun.anvil);
    const record = dryRun.record();
    const [block, nonce] = [await reader.getBlockNumber(), await reader.getTransactionCount({ address: DEPLOYER })];
    await dryRun.deploy();
    expect(dryRun.record()).toEqual(record);
    expect(await reader.getTransactionCount({ address: DEPLOYER })).toBe(nonce);
    expect(await reader.getBlockNumber()).toBe(block);
  });
});

describe("the explorers' input for a dry run on base", () => {
  let dryRun: DryRun;
  let inputs: string;
  /** Without `0x`: whatever was sent since. */
  let sent: readonly string[];
  beforeAll(async () => {
    dryRun = await startDryRun('base');
    await dryRun.deploy();
    inputs = join(dryRun.folder, 'inputs');
    const env = { ...process.env, DEPLOYMENTS: dryRun.folder };
    execFileSync(process.execPath, [join(ROOT, 'tools/verificationInput.ts'), '8453', inputs], { env });
    sent = await transactionsSince(dryRun);
  });
  afterAll(() => dryRun?.anvil.stop());

  it('is there for every contract', () => {
    expect(Object.keys(dryRun.record().code).toSorted()).toEqual(CONTRACTS.toSorted());
  });

  it.each(CONTRACTS)('of %s gives the code that was sent and the code that stands', async (contract) => {
    const { address, source } = dryRun.record().code[contract] as RecordedCode;
    const read = (file: string) => readFileSync(join(inputs, file), 'utf8');
    const { bytecode, deployedBytecode } = compile(read(`${contract}.json`), source);
    const creation = `${bytecode.object}${read(`${contract}.arguments.txt`)}`;
    expect(sent.filter((data) => data.includes(creation))).toHaveLength(1);

    const deployed = await readerOf(dryRun.anvil).getCode({ address: address as Address });
    expect(withoutImmutables(deployed ?? '0x', deployedBytecode)).toBe(
      withoutImmutables(`0x${deployedBytecode.object}`, deployedBytecode),
    );
  });
});
