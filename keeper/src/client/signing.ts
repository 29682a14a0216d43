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

interface ToSign<Message> {
  /** Who signs: viem's LocalAccount, for instance. */
  readonly account: TypedDataSigner;
  /** The home chain and its Checkpointer. */
  readonly domain: Domain;
  readonly message: Message;
}

/** By the executor: trades for users. Throws `TypedMessageError`, as the others do, when a value does not fit. */
export function signBatch(input: ToSign<BatchMessage>): Promise<Hex> {
  return sign('Batch', input);
}

/** By the account whose money it is. */
export function signWithdrawalRequest(input: ToSign<WithdrawalRequestMessage>): Promise<Hex> {
  return sign('WithdrawalRequest', input);
}

/** By the account, while the withdrawal is still queued. */
export function signWithdrawalCancel(input: ToSign<WithdrawalCancelMessage>): Promise<Hex> {
  return sign('WithdrawalCancel', input);
}

async function sign<T extends MessageType>(type: T, input: ToSign<TypedMessages[T]>): Promise<Hex> {
  const { account, domain, message } = input;
  // Wallets are less strict than the keeper; this refuses what it would refuse.
  digestOf(type, domain, message);
  return account.signTypedData({
    domain: domainOf(type, domain),
    types: typesOf(type),
    primaryType: type,
    message: { ...message },
  });
}
