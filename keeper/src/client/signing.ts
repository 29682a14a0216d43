// Signatures of executors and users, made by whatever holds their key: a viem account, or a wallet that shows the fields.
import type { Hex } from '../core/commands.ts';
import type { Domain, Field } from '../core/eip712.ts';
import type {
  BatchMessage,
  MessageType,
  TypedMessages,
  WithdrawalCancelMessage,
  WithdrawalRequestMessage,
} from '../core/typedMessages.ts';
import { digestOf, domainOf, typesOf } from '../core/typedMessages.ts';

/** viem's LocalAccount, or anything else that signs typed data. */
export interface TypedDataSigner {
  signTypedData(input: {
    readonly domain: ReturnType<typeof domainOf>;
    readonly types: Record<string, Field[]>;
    readonly primaryType: string;
    readonly message: Record<string, unknown>;
  }): Promise<Hex>;
}

/** What the keeper's API takes. */
export interface Signed<Message> {
  readonly message: Message;
  readonly signature: Hex;
}

/**
 * By the executor: trades for users. `domain` is the home chain and its Checkpointer, in all three functions. Throws
 * `TypedMessageError` before anything is signed when a value does not fit.
 */
export function signBatch(
  signer: TypedDataSigner,
  domain: Domain,
  message: BatchMessage,
): Promise<Signed<BatchMessage>> {
  return sign(signer, 'Batch', domain, message);
}

/** By the account whose money it is. */
export function signWithdrawalRequest(
  signer: TypedDataSigner,
  domain: Domain,
  message: WithdrawalRequestMessage,
): Promise<Signed<WithdrawalRequestMessage>> {
  return sign(signer, 'WithdrawalRequest', domain, message);
}

/** By the account, while the withdrawal is still queued. */
export function signWithdrawalCancel(
  signer: TypedDataSigner,
  domain: Domain,
  message: WithdrawalCancelMessage,
): Promise<Signed<WithdrawalCancelMessage>> {
  return sign(signer, 'WithdrawalCancel', domain, message);
}

async function sign<T extends MessageType>(
  signer: TypedDataSigner,
  type: T,
  domain: Domain,
  message: TypedMessages[T],
): Promise<Signed<TypedMessages[T]>> {
  // Wallets are less strict than the keeper; this refuses what it would refuse.
  digestOf(type, domain, message);
  const signature = await signer.signTypedData({
    domain: domainOf(type, domain),
    types: typesOf(type),
    primaryType: type,
    message: { ...message },
  });
  return { message, signature };
}
