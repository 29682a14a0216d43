// A real Safe from its npm artefacts, for tests.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import {
  type Abi,
  type Address,
  createTestClient,
  encodeFunctionData,
  type Hex,
  http,
  parseEventLogs,
  publicActions,
  walletActions,
  zeroAddress,
} from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import type { SafeContracts } from '../../src/adapters/safe/executeAsCouncil.ts';

interface Artifact {
  readonly abi: Abi;
  readonly bytecode: Hex;
}

const require = createRequire(import.meta.url);

function artifact(path: string): Artifact {
  const file = require.resolve(`@safe-global/safe-smart-account/build/artifacts/contracts/${path}`);
  return JSON.parse(readFileSync(file, 'utf8')) as Artifact;
}

const MNEMONIC = 'test test test test test test test test test test test junk';

/** Deploys Safe's contracts and one Safe with these owners on an anvil. */
export async function deploySafe(input: {
  readonly url: string;
  readonly owners: readonly Address[];
  readonly threshold: number;
}): Promise<{ readonly safe: Address; readonly contracts: SafeContracts }> {
  const client = createTestClient({ mode: 'anvil', transport: http(input.url), account: mnemonicToAccount(MNEMONIC) })
    .extend(publicActions)
    .extend(walletActions);
  const lower = (address: Address) => address.toLowerCase() as Address;
  const deploy = async (path: string): Promise<Address> => {
    const hash = await client.deployContract({ ...artifact(path), chain: null });
    const { contractAddress } = await client.waitForTransactionReceipt({ hash, pollingInterval: 50 });
    if (!contractAddress) throw new Error(`${path} was not deployed`);
    return lower(contractAddress);
  };

  const singleton = await deploy('SafeL2.sol/SafeL2.json');
  const proxyFactory = await deploy('proxies/SafeProxyFactory.sol/SafeProxyFactory.json');
  const multiSend = await deploy('libraries/MultiSend.sol/MultiSend.json');
  const multiSendCallOnly = await deploy('libraries/MultiSendCallOnly.sol/MultiSendCallOnly.json');

  const setup = encodeFunctionData({
    abi: artifact('SafeL2.sol/SafeL2.json').abi,
    functionName: 'setup',
    args: [input.owners, BigInt(input.threshold), zeroAddress, '0x', zeroAddress, zeroAddress, 0n, zeroAddress],
  });
  const factory = artifact('proxies/SafeProxyFactory.sol/SafeProxyFactory.json');
  const hash = await client.writeContract({
    abi: factory.abi,
    address: proxyFactory,
    functionName: 'createProxyWithNonce',
    args: [singleton, setup, 0n],
    chain: null,
  });
  const { logs } = await client.waitForTransactionReceipt({ hash, pollingInterval: 50 });
  const [created] = parseEventLogs({ abi: factory.abi, logs, eventName: 'ProxyCreation' });
  const safe = (created?.args as { proxy: Address } | undefined)?.proxy;
  if (safe === undefined) throw new Error('no Safe was created');
  return { safe: lower(safe), contracts: { singleton, proxyFactory, multiSend, multiSendCallOnly } };
}
