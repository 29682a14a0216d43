// Money into a vault. The keeper credits it by itself as soon as the deposit's block is final.
import { depositRegistryAbi, depositRouterAbi } from '@myrtle-wyckoff/generated';
import {
  type Account,
  type Chain,
  erc20Abi,
  isAddressEqual,
  type PublicClient,
  parseEventLogs,
  type TransactionReceipt,
  type Transport,
  type WalletClient,
} from 'viem';
import type { Address } from '../core/commands.ts';
import { succeeded } from './chain.ts';

export class DepositError extends Error {
  override readonly name = 'DepositError';
}

/** How the depositor reaches the chain. */
interface Wallet {
  /** Signs and pays. */
  readonly wallet: WalletClient<Transport, Chain, Account>;
  readonly reader: PublicClient;
}

/** Who is credited. */
interface Beneficiary {
  readonly account: Address;
  readonly subaccount: number;
}

export interface Deposit {
  readonly receipt: TransactionReceipt;
  /** Index of the deposit in the vault's log: the keeper has it when it has read that far. */
  readonly logIndex: bigint;
  /** Atoms that the vault measured: less than was sent when the token takes a fee. */
  readonly amount: bigint;
}

/**
 * Deposits an ERC-20: approves exactly the amount, then deposits. `amount` in atoms of the token. Throws `DepositError`
 * when the vault does not take the token, `TransactionError` when a transaction is mined and fails, viem's errors when one
 * cannot be sent, or no vault answers.
 */
export async function depositToken(
  input: Wallet & Beneficiary & { readonly registry: Address; readonly token: Address; readonly amount: bigint },
): Promise<Deposit> {
  const { wallet, reader, registry, token, amount, account, subaccount } = input;
  // First of all: whoever stands at a wrong address would get an allowance, and a call of nobody succeeds.
  const vault = { address: registry, abi: depositRegistryAbi } as const;
  const [, listedAt] = await reader.readContract({ ...vault, functionName: 'listing', args: [token] });
  if (listedAt === 0n) throw new DepositError(`The vault ${registry} does not take the token ${token}.`);
  await approveExactly(input);
  const args = [token, amount, account, subaccount] as const;
  const hash = await wallet.writeContract({ ...vault, functionName: 'deposit', args });
  return depositOf(input, await succeeded(input.reader, hash));
}

/** Deposits the chain's coin, which the vault keeps (and pays out) wrapped. `amount` in wei. Throws as `depositToken`. */
export async function depositNative(
  input: Wallet & Beneficiary & { readonly router: Address; readonly registry: Address; readonly amount: bigint },
): Promise<Deposit> {
  const { wallet, reader, router, registry, amount, account, subaccount } = input;
  // First of all: coin that is sent to where no contract is stays there.
  const to = { address: router, abi: depositRouterAbi } as const;
  const vault = await reader.readContract({ ...to, functionName: 'registry' });
  if (!isAddressEqual(vault, registry))
    throw new DepositError(`The router ${router} deposits into ${vault}, and not into ${registry}.`);
  const args = [account, subaccount] as const;
  const hash = await wallet.writeContract({ ...to, functionName: 'depositNative', args, value: amount });
  return depositOf(input, await succeeded(input.reader, hash));
}

/** No allowance stays behind. Some tokens change an allowance only from or to zero. */
async function approveExactly(
  input: Wallet & { readonly registry: Address; readonly token: Address; readonly amount: bigint },
): Promise<void> {
  const { wallet, reader, registry, token, amount } = input;
  const allowance = await reader.readContract({
    address: token,
    abi: erc20Abi,
    functionName: 'allowance',
    args: [wallet.account.address, registry],
  });
  if (allowance === amount) return;
  for (const value of allowance === 0n ? [amount] : [0n, amount]) {
    const hash = await wallet.writeContract({
      address: token,
      abi: erc20Abi,
      functionName: 'approve',
      args: [registry, value],
    });
    await succeeded(input.reader, hash);
  }
}

function depositOf(
  { registry, account }: { readonly registry: Address; readonly account: Address },
  receipt: TransactionReceipt,
): Deposit {
  const logs = parseEventLogs({ abi: depositRegistryAbi, eventName: 'Deposited', logs: receipt.logs });
  const log = logs.find(
    ({ address, args }) => isAddressEqual(address, registry) && isAddressEqual(args.account, account),
  );
  if (log === undefined)
    throw new DepositError(`Transaction ${receipt.transactionHash} holds no deposit for ${account}.`);
  return { receipt, logIndex: log.args.index, amount: log.args.amount };
}
