import { authorityAbi, depositRegistryAbi } from '@myrtle-wyckoff/generated';
import { type Abi, decodeFunctionResult, encodeFunctionData, parseEventLogs, type TransactionReceipt } from 'viem';
import type { AcceptanceView, ApprovalView, ExitRootView, ForcedAnswerView, StandbyView } from '../../core/api.ts';
import type { Address, Hex } from '../../core/commands.ts';
import type { Carried, CourierChain, Standing, Unpaid } from '../../core/courierPorts.ts';
import { ChainError } from './chainError.ts';
import { type Call, type SenderOptions, TransactionSender } from './transactionSender.ts';

const DEFAULT_RECEIPT_TIMEOUT_MS = 60_000;

/** The contracts that a courier serves on one chain; it sends to no others, whatever a keeper says. */
interface Served {
  readonly chainId: number;
  readonly authority: Address;
  readonly registry: Address;
}

export interface CourierWalletOptions extends SenderOptions, Served {
  /** A transaction that is not mined by then is sent again in the next round, at a higher fee. */
  readonly receiptTimeoutMs?: number;
}

/** Posts with the courier's gas key. */
export function createCourierWallet(options: CourierWalletOptions): CourierChain {
  const { chainId, receiptTimeoutMs = DEFAULT_RECEIPT_TIMEOUT_MS } = options;
  const authority = options.authority.toLowerCase() as Address;
  const registry = options.registry.toLowerCase() as Address;
  const served = { chainId, authority, registry };
  const sender = new TransactionSender(options);

  /** Sends unless the contract would refuse, and waits until it is mined. */
  async function carry(makeCall: () => Call): Promise<Carried & { readonly receipt?: TransactionReceipt }> {
    const sent = await orRefusal(async () => sender.send(makeCall()));
    if (sent instanceof ChainError) return { ok: false, reason: sent.message };
    return { ok: true, hash: sent, receipt: await sender.wait(sent, receiptTimeoutMs) };
  }

  async function wouldPay(approvals: readonly ApprovalView[]): Promise<readonly boolean[]> {
    const data = await orRefusal(async () => sender.simulate(withdrawManyCall(served, approvals)));
    if (!(data instanceof ChainError)) {
      return decodeFunctionResult({ abi: depositRegistryAbi, functionName: 'withdrawMany', data });
    }
    // One of them spoils the whole call. Alone, each shows whether it is that one.
    if (approvals.length === 1) return [false];
    return (await Promise.all(approvals.map((approval) => wouldPay([approval])))).flat();
  }

  return {
    chainId,
    wouldPay,

    async standing(): Promise<Standing> {
      const [[candidate, epoch], [rootEpoch, checkpoint]] = await sender.read((client) =>
        Promise.all([
          client.readContract({ address: authority, abi: authorityAbi, functionName: 'proposal' }),
          client.readContract({ address: registry, abi: depositRegistryAbi, functionName: 'newestRoot' }),
        ]),
      );
      return {
        proposal: { candidate: candidate.toLowerCase() as Address, epoch: Number(epoch) },
        newestRoot: { epoch: Number(rootEpoch), checkpoint: Number(checkpoint) },
      };
    },

    acceptLeader: (acceptance) => carry(() => acceptLeaderCall(served, acceptance)),
    postExitRoot: (root) => carry(() => postExitRootCall(served, root)),

    async helpStandby(standby) {
      const call = { address: authority, abi: authorityAbi } as const;
      const [[, , announcedAt, listed], heardAt, leader] = await sender.read((client) =>
        Promise.all([
          client.readContract({ ...call, functionName: 'standby', args: [standby.candidate] }),
          client.readContract({ ...call, functionName: 'heartbeatAt' }),
          client.readContract({ ...call, functionName: 'leader' }),
        ]),
      );
      const isDone = {
        accept: listed,
        announce: announcedAt >= heardAt,
        takeOver: leader.toLowerCase() === standby.candidate,
      };
      if (standby.step === null || isDone[standby.step.type]) return undefined;
      return carry(() => standbyCall(served, standby));
    },

    async whyNotPaid(approval): Promise<Unpaid | undefined> {
      const call = await orRefusal(async () => withdrawCall(served, approval));
      if (call instanceof ChainError) return { done: false, reason: call.message };
      const refusal = await orRefusal(() => sender.simulate(call));
      if (!(refusal instanceof ChainError)) return undefined;
      const { account, nonce } = approval.message;
      const done = await sender.read((client) =>
        client.readContract({
          address: registry,
          abi: depositRegistryAbi,
          functionName: 'isNonceUsed',
          args: [account, nonce],
        }),
      );
      return { done, reason: refusal.message };
    },

    async awaitsAnswer({ message }) {
      const args = [message.id] as const;
      const { open, answeredBy } = await sender.read((client) =>
        client.readContract({ address: registry, abi: depositRegistryAbi, functionName: 'forcedRequest', args }),
      );
      return open > 0n && answeredBy < message.checkpoint;
    },

    answerForced: (answer) => carry(() => answerForcedCall(served, answer)),

    async withdrawMany(approvals) {
      const carried = await carry(() => withdrawManyCall(served, approvals));
      const logs = (carried.receipt?.logs ?? []).filter(({ address }) => address.toLowerCase() === registry);
      const { length: paid } = parseEventLogs({ abi: depositRegistryAbi, eventName: 'Withdrawn', logs });
      return { ...carried, paid };
    },
  };
}

function acceptLeaderCall(served: Served, acceptance: AcceptanceView): Call {
  return callTo(served, {
    to: served.authority,
    abi: authorityAbi,
    views: [{ chainId: acceptance.chainId, contract: acceptance.authority }],
    encode: () => encodeFunctionData({ abi: authorityAbi, functionName: 'acceptLeader', args: [acceptance.signature] }),
  });
}

function standbyCall(served: Served, { chainId, authority, candidate, step }: StandbyView): Call {
  return callTo(served, {
    to: served.authority,
    abi: authorityAbi,
    views: [{ chainId, contract: authority }],
    encode() {
      if (step?.type === 'accept') {
        const args = [candidate, step.signature] as const;
        return encodeFunctionData({ abi: authorityAbi, functionName: 'acceptStandby', args });
      }
      if (step?.type === 'takeOver') {
        const message = { ...step.message, epoch: BigInt(step.message.epoch) };
        const args = [message, step.enclaveSignature, step.candidateSignature] as const;
        return encodeFunctionData({ abi: authorityAbi, functionName: 'takeOver', args });
      }
      return encodeFunctionData({ abi: authorityAbi, functionName: 'announceTakeOver', args: [candidate] });
    },
  });
}

function postExitRootCall(served: Served, view: ExitRootView): Call {
  const { epoch, checkpoint, issuedAt, root } = view.message;
  return callTo(served, {
    to: served.registry,
    abi: depositRegistryAbi,
    views: [{ chainId: view.chainId, contract: view.registry }],
    encode: () =>
      encodeFunctionData({
        abi: depositRegistryAbi,
        functionName: 'postExitRoot',
        args: [
          { epoch: BigInt(epoch), checkpoint: BigInt(checkpoint), issuedAt: BigInt(issuedAt), root },
          view.treeRoot,
          BigInt(view.processedIndex),
          view.proof,
          view.enclaveSignature,
          view.leaderSignature,
        ],
      }),
  });
}

function answerForcedCall(served: Served, view: ForcedAnswerView): Call {
  const { chainId, registry, message, enclaveSignature, leaderSignature } = view;
  return callTo(served, {
    to: served.registry,
    abi: depositRegistryAbi,
    views: [{ chainId, contract: registry }],
    encode: () =>
      encodeFunctionData({
        abi: depositRegistryAbi,
        functionName: 'answerForced',
        args: [{ ...message, checkpoint: BigInt(message.checkpoint) }, enclaveSignature, leaderSignature],
      }),
  });
}

function withdrawManyCall(served: Served, approvals: readonly ApprovalView[]): Call {
  return callTo(served, {
    to: served.registry,
    abi: depositRegistryAbi,
    views: approvals.map(({ chainId, registry }) => ({ chainId, contract: registry })),
    encode: () =>
      encodeFunctionData({
        abi: depositRegistryAbi,
        functionName: 'withdrawMany',
        args: [
          approvals.map(withdrawalOf),
          approvals.map(({ enclaveSignature }) => enclaveSignature),
          approvals.map(({ leaderSignature }) => leaderSignature),
        ],
      }),
  });
}

function withdrawCall(served: Served, approval: ApprovalView): Call {
  const { chainId, registry, enclaveSignature, leaderSignature } = approval;
  return callTo(served, {
    to: served.registry,
    abi: depositRegistryAbi,
    views: [{ chainId, contract: registry }],
    encode: () =>
      encodeFunctionData({
        abi: depositRegistryAbi,
        functionName: 'withdraw',
        args: [withdrawalOf(approval), enclaveSignature, leaderSignature],
      }),
  });
}

function withdrawalOf({ message }: ApprovalView) {
  return { ...message, checkpoint: BigInt(message.checkpoint), deadline: BigInt(message.deadline) };
}

/** Throws a refusal when what the keeper gave is for another contract, or cannot be encoded. */
function callTo(
  { chainId }: Served,
  call: {
    readonly to: Address;
    readonly abi: Abi;
    readonly views: readonly { readonly chainId: number; readonly contract: Address }[];
    readonly encode: () => Hex;
  },
): Call {
  const { to, abi, views, encode } = call;
  const refuse = (message: string, cause?: unknown) =>
    new ChainError({ code: 'reverted', chainId, message, retryable: false, cause });
  try {
    const stray = views.find((view) => view.chainId !== chainId || view.contract.toLowerCase() !== to);
    if (stray === undefined) return { to, abi, data: encode() };
    throw refuse(`the keeper means ${stray.contract} on chain ${stray.chainId}, we serve ${to}.`);
  } catch (error) {
    throw error instanceof ChainError ? error : refuse('what the keeper gave cannot be encoded.', error);
  }
}

/** A refusal by the contract as a value; every other failure is thrown. */
async function orRefusal<T>(attempt: () => Promise<T>): Promise<T | ChainError> {
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof ChainError && error.code === 'reverted') return error;
    throw error;
  }
}
