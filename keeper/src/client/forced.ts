// Asking a vault, which the keeper must answer within seven days, or everybody may leave.
import { depositRegistryAbi } from '@myrtle-wyckoff/generated';
import { parseEventLogs } from 'viem';
import type { Address, Hex } from '../core/commands.ts';
import { FORCED_REASONS, type ForcedReason } from '../core/events.ts';
import { succeeded } from './chain.ts';
import { type Access, ExitError, type Signing } from './exit.ts';

/** From a request, or the last part that was paid, until anybody may enter exit mode for it; pauses do not count. */
export const ANSWER_WITHIN_SECONDS = 7 * 86_400;

export interface Requested {
  readonly id: bigint;
  readonly blockNumber: bigint;
  readonly transactionHash: Hex;
  /** Paid in the chain's coin. */
  readonly feeWei: bigint;
}

/** Asks for atoms of the signer's, and pays the vault's fee. Throws `TransactionError`, or viem's errors when the vault refuses. */
export async function requestForced(
  { wallet, reader, registry }: Signing,
  { token, amount, recipient }: { readonly token: Address; readonly amount: bigint; readonly recipient: Address },
): Promise<Requested> {
  const at = { address: registry, abi: depositRegistryAbi } as const;
  const value = await reader.readContract({ ...at, functionName: 'forcedFee' });
  const { request } = await reader.simulateContract({
    ...at,
    account: wallet.account,
    functionName: 'requestForcedWithdrawal',
    args: [token, amount, recipient],
    value,
  });
  const { logs, transactionHash, blockNumber } = await succeeded(reader, await wallet.writeContract(request));
  const [asked] = parseEventLogs({ abi: depositRegistryAbi, eventName: 'ForcedRequested', logs });
  if (asked === undefined) throw new ExitError(`Transaction ${transactionHash} holds no request.`);
  return { id: asked.args.id, blockNumber, transactionHash, feeWei: value };
}

/** What has become of a request. `open` atoms wait for an answer; 0: it is over. */
export interface ForcedProgress {
  readonly open: bigint;
  /** Seconds: when it was asked for, or the last part was paid. */
  readonly askedAt: number;
  /** Of the last answer; undefined while there is none. */
  readonly reason: ForcedReason | undefined;
  /** Atoms, of all answers. */
  readonly paid: bigint;
}

export async function readForcedProgress(
  { reader, registry: address }: Access,
  { id, blockNumber }: Pick<Requested, 'id' | 'blockNumber'>,
): Promise<ForcedProgress> {
  const at = { address, abi: depositRegistryAbi } as const;
  const { open, askedAt } = await reader.readContract({ ...at, functionName: 'forcedRequest', args: [id] });
  const event = { ...at, eventName: 'ForcedAnswered', fromBlock: blockNumber, strict: true } as const;
  const answers = (await reader.getContractEvents(event)).filter(({ args }) => args.id === id);
  const reason = answers.at(-1)?.args.reason;
  const paid = answers.reduce((sum, { args }) => sum + args.paid, 0n);
  return { open, askedAt, paid, reason: reason === undefined ? undefined : FORCED_REASONS[reason] };
}
