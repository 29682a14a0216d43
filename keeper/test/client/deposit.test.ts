import {
  createPublicClient,
  createWalletClient,
  encodeFunctionData,
  erc20Abi,
  http,
  type PublicClient,
  zeroAddress,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Anvil, startAnvil } from '../../src/cli/devnet/anvil.ts';
import { depositNative, depositToken } from '../../src/client/deposit.ts';
import type { Address } from '../../src/core/commands.ts';
import { deployContracts, developmentKey, type TestContracts } from '../support/deployContracts.ts';

const account: Address = `0x${'ab'.repeat(20)}`;
let anvil: Anvil;
let contracts: TestContracts;
let clients: ReturnType<typeof connectTo>;

beforeAll(async () => {
  anvil = await startAnvil({ chainId: 31337 });
  contracts = await deployContracts(anvil.url);
  clients = connectTo(anvil.url);
  // The tests begin without the allowance that the helper leaves behind.
  await setAllowance(0n);
});
afterAll(() => anvil.stop());

function connectTo(url: string) {
  const settings = { chain: foundry, transport: http(url), pollingInterval: 20 };
  return {
    wallet: createWalletClient({ ...settings, account: privateKeyToAccount(developmentKey(0)) }),
    reader: createPublicClient(settings) as PublicClient,
  };
}

async function setAllowance(amount: bigint): Promise<void> {
  const args = [contracts.registry, amount] as const;
  const data = encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args });
  await contracts.send({ to: contracts.token, data });
}

function allowance(): Promise<bigint> {
  const args = [clients.wallet.account.address, contracts.registry] as const;
  return clients.reader.readContract({ address: contracts.token, abi: erc20Abi, functionName: 'allowance', args });
}

function held(token: Address, by: Address): Promise<bigint> {
  return clients.reader.readContract({ address: token, abi: erc20Abi, functionName: 'balanceOf', args: [by] });
}

function deposit(amount: bigint) {
  const { registry, token } = contracts;
  return depositToken({ ...clients, registry, token, amount, account, subaccount: 2 });
}

it('moves a token into the vault, says where in its log, and leaves no allowance', async () => {
  const first = await deposit(1_000n);
  const second = await deposit(500n);
  expect([first.amount, second.amount]).toEqual([1_000n, 500n]);
  expect(second.logIndex).toBe(first.logIndex + 1n);
  expect(first.receipt.status).toBe('success');
  expect(await held(contracts.token, contracts.registry)).toBe(1_500n);
  expect(await allowance()).toBe(0n);
});

it('brings an old allowance to exactly the amount', async () => {
  await setAllowance(7n);
  await deposit(100n);
  expect(await allowance()).toBe(0n);
  await setAllowance(100n);
  const before = await clients.reader.getTransactionCount({ address: clients.wallet.account.address });
  await deposit(100n);
  expect(await allowance()).toBe(0n);
  expect(await clients.reader.getTransactionCount({ address: clients.wallet.account.address })).toBe(before + 1);
});

it('moves the native coin into the vault, wrapped', async () => {
  const { chainId, authority, checkpointer } = contracts;
  const weth = await contracts.deploy('DevnetWeth', []);
  const limit = { capacity: 10n ** 20n, refillSeconds: 86_400 };
  const limits = { withdrawalLimit: limit, settlementLimit: limit, shuttleLimit: limit };
  const listings = [{ token: weth, depositCap: 10n ** 20n, ...limits, settleable: false }];
  const cow = { settlement: zeroAddress, shedFactory: zeroAddress };
  const args = [authority, chainId, checkpointer, 0, listings, cow, zeroAddress, 10n ** 15n];
  const registry = await contracts.deploy('DepositRegistry', args);
  const router = await contracts.deploy('DepositRouter', [registry, weth]);
  const amount = 3n * 10n ** 18n;
  const done = await depositNative({ ...clients, router, registry, amount, account, subaccount: 0 });
  expect([done.amount, await held(weth, registry), await held(weth, router)]).toEqual([amount, amount, 0n]);
});

it('sends nothing when the vault does not take the token', async () => {
  const { registry } = contracts;
  const token = await contracts.deploy('DevnetToken', ['Stranger', 'STR', 18]);
  const attempt = depositToken({ ...clients, registry, token, amount: 1n, account, subaccount: 0 });
  await expect(attempt).rejects.toThrow(`The vault ${registry} does not take the token ${token}.`);
  expect(await held(token, registry)).toBe(0n);
});

it('gives no allowance and sends no coin to where no vault is', async () => {
  const nobody: Address = `0x${'cd'.repeat(20)}`;
  const before = await clients.reader.getTransactionCount({ address: clients.wallet.account.address });
  const input = { ...clients, amount: 1n, account, subaccount: 0 };
  await expect(depositToken({ ...input, registry: nobody, token: contracts.token })).rejects.toThrow(
    'returned no data',
  );
  const { registry } = contracts;
  await expect(depositNative({ ...input, registry, router: nobody })).rejects.toThrow('returned no data');
  const weth = await contracts.deploy('DevnetWeth', []);
  const router = await contracts.deploy('DepositRouter', [registry, weth]);
  await expect(depositNative({ ...input, registry: nobody, router })).rejects.toThrow(
    /deposits into 0x.*, and not into 0xcd/i,
  );
  // Two deployments.
  expect(await clients.reader.getTransactionCount({ address: clients.wallet.account.address })).toBe(before + 2);
});
