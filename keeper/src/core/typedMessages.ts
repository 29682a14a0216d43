// Every message that somebody signs, as strict EIP-712. Contracts hash the same types; `mw digest` prints any of them.
// One table says which fields a message has and in whose domain it is signed; everything else follows from it.
import { concatBytes } from './bytes.ts';
import type { Action, Address, Hex } from './commands.ts';
import { BATCH_LIMIT } from './commands.ts';
import type { Domain, Field, Struct } from './eip712.ts';
import {
  digest,
  domainSeparator,
  exactFields,
  hashStruct,
  hashText,
  object,
  parseFields,
  TypedMessageError,
  WORD,
  word,
  writeFields,
  writeUint,
  writeValue,
} from './eip712.ts';
import { keccak256, keccak256Hex } from './keccak.ts';
import { merkleTree } from './merkleTree.ts';

export interface WithdrawalMessage {
  readonly account: Address;
  readonly token: Address;
  readonly amount: bigint;
  readonly recipient: Address;
  readonly nonce: bigint;
  readonly checkpoint: number;
  /** Seconds. */
  readonly deadline: number;
}

export interface ExitRootsMessage {
  readonly epoch: number;
  readonly checkpoint: number;
  /** Seconds. */
  readonly issuedAt: number;
  readonly root: Hex;
}

export interface CheckpointMessage {
  readonly number: number;
  readonly epoch: number;
  readonly parent: Hex;
  readonly stateHash: Hex;
  readonly payloadHash: Hex;
  readonly withdrawalsHash: Hex;
  readonly settlementsHash: Hex;
  readonly journalIndex: number;
}

export interface AcceptLeaderMessage {
  readonly candidate: Address;
  readonly epoch: number;
  readonly expectedTip: Hex;
}

export interface AcceptStandbyMessage {
  readonly candidate: Address;
  readonly evidenceDigest: Hex;
}

export interface BatchMessage {
  readonly executor: Address;
  readonly epoch: number;
  readonly nonce: number;
  readonly deadline: number;
  readonly makersFirst: boolean;
  readonly actions: readonly Action[];
}

export interface WithdrawalRequestMessage {
  readonly account: Address;
  readonly subaccount: number;
  readonly chainId: number;
  readonly token: Address;
  readonly amount: bigint;
  readonly recipient: Address;
  readonly nonce: bigint;
  readonly deadline: number;
}

export interface WithdrawalCancelMessage {
  readonly account: Address;
  readonly chainId: number;
  readonly nonce: bigint;
}

export interface SettlementIntentMessage {
  readonly nonce: Hex;
  readonly sellToken: Address;
  readonly buyToken: Address;
  readonly sellAmount: bigint;
  readonly buyAmount: bigint;
  readonly buyExact: boolean;
  readonly partiallyFillable: boolean;
  /** Seconds. */
  readonly validTo: number;
  /** Commitment keccak256(account, subaccount, salt). */
  readonly owner: Hex;
  readonly checkpoint: number;
}

export interface SettlementOrderMessage {
  /** EIP-712 digest of the CoW order. */
  readonly orderDigest: Hex;
}

export interface ShedHooksMessage {
  readonly hooksHash: Hex;
}

export interface ShuttleMessage {
  readonly nonce: Hex;
  readonly originChainId: number;
  readonly destinationChainId: number;
  readonly inputToken: Address;
  readonly outputToken: Address;
  readonly inputAmount: bigint;
  readonly outputAmount: bigint;
  /** Seconds. */
  readonly fillDeadline: number;
  /** Seconds. */
  readonly validUntil: number;
  readonly checkpoint: number;
}

export interface ForcedAnswerMessage {
  readonly id: bigint;
  readonly paid: bigint;
  readonly reason: number;
  readonly checkpoint: number;
}

export interface AbsorbMessage {
  readonly nonce: Hex;
  readonly token: Address;
  readonly amount: bigint;
  readonly reason: number;
  readonly checkpoint: number;
}

export interface SettlementRequestMessage {
  readonly account: Address;
  readonly subaccount: number;
  readonly chainId: number;
  readonly sellToken: Address;
  readonly buyToken: Address;
  readonly sellAmount: bigint;
  readonly buyAmount: bigint;
  readonly buyExact: boolean;
  readonly partiallyFillable: boolean;
  readonly deadline: number;
  readonly nonce: Hex;
}

export interface ShuttleRequestMessage {
  readonly originChainId: number;
  readonly destinationChainId: number;
  readonly inputToken: Address;
  readonly inputAmount: bigint;
  readonly minOutputAmount: bigint;
  readonly nonce: Hex;
  readonly deadline: number;
}

/** The messages by the name of their EIP-712 type. */
export interface TypedMessages {
  readonly Withdrawal: WithdrawalMessage;
  readonly SettlementIntent: SettlementIntentMessage;
  readonly SettlementOrder: SettlementOrderMessage;
  readonly ShedHooks: ShedHooksMessage;
  readonly Shuttle: ShuttleMessage;
  readonly ForcedAnswer: ForcedAnswerMessage;
  readonly Absorb: AbsorbMessage;
  readonly ExitRoots: ExitRootsMessage;
  readonly Checkpoint: CheckpointMessage;
  readonly AcceptLeader: AcceptLeaderMessage;
  readonly AcceptStandby: AcceptStandbyMessage;
  readonly Batch: BatchMessage;
  readonly WithdrawalRequest: WithdrawalRequestMessage;
  readonly WithdrawalCancel: WithdrawalCancelMessage;
  readonly SettlementRequest: SettlementRequestMessage;
  readonly ShuttleRequest: ShuttleRequestMessage;
}

export type MessageType = keyof TypedMessages;

/** Signed with enclave and leader key; for the vault of the domain's chain. */
const REGISTRY = 'MyrtleWyckoff DepositRegistry';
/** Home chain. ExitRoots too: one signature pair serves the registries of all chains. */
const CHECKPOINTER = 'MyrtleWyckoff Checkpointer';
const AUTHORITY = 'MyrtleWyckoff Authority';
/** Requests to the keeper; chain and contract are those of the Checkpointer. Every uint64 is at most 2^53 - 1. */
const API = 'MyrtleWyckoff';
const VERSION = '1';

/** In whose domain each message is signed, and its fields as they stand in the type's encoding. */
const MESSAGES: Readonly<Record<MessageType, readonly [domainName: string, fields: string]>> = {
  Withdrawal: [
    REGISTRY,
    'address account,address token,uint256 amount,address recipient,uint256 nonce,uint64 checkpoint,uint64 deadline',
  ],
  SettlementIntent: [
    REGISTRY,
    'bytes32 nonce,address sellToken,address buyToken,uint256 sellAmount,uint256 buyAmount,bool buyExact,bool partiallyFillable,uint32 validTo,bytes32 owner,uint64 checkpoint',
  ],
  SettlementOrder: [REGISTRY, 'bytes32 orderDigest'],
  ShedHooks: [REGISTRY, 'bytes32 hooksHash'],
  Shuttle: [
    REGISTRY,
    'bytes32 nonce,uint256 originChainId,uint256 destinationChainId,address inputToken,address outputToken,uint256 inputAmount,uint256 outputAmount,uint32 fillDeadline,uint64 validUntil,uint64 checkpoint',
  ],
  ForcedAnswer: [REGISTRY, 'uint256 id,uint256 paid,uint8 reason,uint64 checkpoint'],
  Absorb: [REGISTRY, 'bytes32 nonce,address token,uint256 amount,uint8 reason,uint64 checkpoint'],
  ExitRoots: [CHECKPOINTER, 'uint64 epoch,uint64 checkpoint,uint64 issuedAt,bytes32 root'],
  Checkpoint: [
    CHECKPOINTER,
    'uint64 number,uint64 epoch,bytes32 parent,bytes32 stateHash,bytes32 payloadHash,bytes32 withdrawalsHash,bytes32 settlementsHash,uint64 journalIndex',
  ],
  AcceptLeader: [AUTHORITY, 'address candidate,uint64 epoch,bytes32 expectedTip'],
  AcceptStandby: [AUTHORITY, 'address candidate,bytes32 evidenceDigest'],
  Batch: [API, 'address executor,uint64 epoch,uint64 nonce,uint64 deadline,bool makersFirst,Action[] actions'],
  WithdrawalRequest: [
    API,
    'address account,uint32 subaccount,uint256 chainId,address token,uint256 amount,address recipient,uint256 nonce,uint64 deadline',
  ],
  WithdrawalCancel: [API, 'address account,uint256 chainId,uint256 nonce'],
  SettlementRequest: [
    API,
    'address account,uint32 subaccount,uint256 chainId,address sellToken,address buyToken,uint256 sellAmount,uint256 buyAmount,bool buyExact,bool partiallyFillable,uint64 deadline,bytes32 nonce',
  ],
  ShuttleRequest: [
    API,
    'uint256 originChainId,uint256 destinationChainId,address inputToken,uint256 inputAmount,uint256 minOutputAmount,bytes32 nonce,uint64 deadline',
  ],
};

/** The one struct that stands inside another. */
const ACTION_FIELDS =
  'uint8 kind,address account,uint32 subaccount,uint32 book,uint8 side,uint8 timeInForce,uint8 flags,uint64 price,uint64 quantity,uint64 orderId,uint64 clientId,uint64 expiry,uint32 maxFeePpm';

export const MESSAGE_TYPES = Object.keys(MESSAGES) as readonly MessageType[];

export const ZERO_HASH: Hex = `0x${'00'.repeat(32)}`;

const UINT64_MAX = 2n ** 64n - 1n;
const SAFE_MAX = BigInt(Number.MAX_SAFE_INTEGER);

const ACTION: Struct = {
  fields: parseFields(ACTION_FIELDS),
  typeHash: hashText(`Action(${ACTION_FIELDS})`),
  uint64Max: SAFE_MAX,
};

const STRUCTS: ReadonlyMap<string, Struct> = new Map(
  MESSAGE_TYPES.map((type) => [
    type,
    {
      fields: parseFields(MESSAGES[type][1]),
      typeHash: hashText(encodeType(type)),
      uint64Max: MESSAGES[type][0] === API ? SAFE_MAX : UINT64_MAX,
      items: { struct: ACTION, limit: BATCH_LIMIT },
    },
  ]),
);

const VERSION_HASH = hashText(VERSION);
const NAME_HASHES: ReadonlyMap<string, Uint8Array> = new Map(
  [REGISTRY, CHECKPOINTER, AUTHORITY, API].map((name) => [name, hashText(name)]),
);

/** The type as EIP-712 writes it: name, fields, and the struct that it refers to. */
export function encodeType(type: MessageType): string {
  const fields = MESSAGES[type][1];
  const referred = fields.includes('Action[]') ? `Action(${ACTION_FIELDS})` : '';
  return `${type}(${fields})${referred}`;
}

/** The types of one message as viem and wallets want them in `signTypedData({types, primaryType: type, …})`. */
export function typesOf(type: MessageType): Record<string, Field[]> {
  const { fields } = structOf(type);
  const types: Record<string, Field[]> = { [type]: [...fields] };
  if (fields.some((field) => field.type === 'Action[]')) types.Action = [...ACTION.fields];
  return types;
}

/** The whole EIP-712 domain of a message type. */
export function domainOf(type: MessageType, domain: Domain) {
  return {
    name: MESSAGES[type][0],
    version: VERSION,
    chainId: domain.chainId,
    verifyingContract: domain.verifyingContract,
  };
}

/**
 * EIP-712 digest of a message: what enclave, leader, executor or user sign. Every field must be there, no other may, and
 * each value must fit its type. Integers may be safe numbers or bigints. Throws `TypedMessageError`.
 */
export function digestOf<T extends MessageType>(type: T, domain: Domain, message: TypedMessages[T]): Hex {
  return digest(separatorOf(type, domain), hashStruct(structOf(type), message, type));
}

/**
 * Digest of a message given as JSON `{"domain": {"chainId", "verifyingContract"}, "message": {…}}`. Integers may be
 * numbers or decimal strings; those above 2^53 - 1 must be strings, because JSON readers round them. The domain may
 * repeat its name and version. Throws `TypedMessageError`.
 */
export function digestFromJson(type: string, text: string): Hex {
  if (!isMessageType(type)) throw new TypedMessageError(type, `unknown type; known are ${MESSAGE_TYPES.join(', ')}`);
  const input = readJson(text);
  const { domain, message } = exactFields(input, ['domain', 'message'], type);
  const { name, version, ...place } = object(domain, 'domain');
  if (name !== undefined && name !== MESSAGES[type][0]) {
    throw new TypedMessageError('domain.name', `${type} is signed in the domain "${MESSAGES[type][0]}"`);
  }
  if (version !== undefined && version !== VERSION)
    throw new TypedMessageError('domain.version', `must be "${VERSION}"`);
  const { chainId, verifyingContract } = exactFields(place, ['chainId', 'verifyingContract'], 'domain');
  const where = { chainId: integerFromJson(chainId), verifyingContract } as Domain;
  return digestOf(type, where, integersFromJson(structOf(type), message) as TypedMessages[typeof type]);
}

/** keccak256(abi.encode(Withdrawal[])), as the Checkpointer computes it. */
export function withdrawalsHash(withdrawals: readonly WithdrawalMessage[]): Hex {
  const struct = structOf('Withdrawal');
  const size = struct.fields.length * WORD;
  const bytes = new Uint8Array(2 * WORD + withdrawals.length * size);
  writeUint(bytes, 0, WORD);
  writeUint(bytes, WORD, withdrawals.length);
  for (const [i, withdrawal] of withdrawals.entries()) {
    writeFields(bytes, 2 * WORD + i * size, { struct, message: withdrawal, path: `withdrawals[${i}]` });
  }
  return keccak256Hex(bytes);
}

/** keccak256(abi.encode(bytes[])) of the settlement orders' ciphertexts, as the Checkpointer computes it. */
export function settlementsHash(ciphertexts: readonly Uint8Array[]): Hex {
  const offsets: Uint8Array[] = [];
  const tails: Uint8Array[] = [];
  let offset = ciphertexts.length * WORD;
  for (const ciphertext of ciphertexts) {
    const tail = new Uint8Array(WORD + Math.ceil(ciphertext.length / WORD) * WORD);
    writeUint(tail, 0, ciphertext.length);
    tail.set(ciphertext, WORD);
    offsets.push(word(offset));
    tails.push(tail);
    offset += tail.length;
  }
  return keccak256Hex(concatBytes(word(WORD), word(ciphertexts.length), ...offsets, ...tails));
}

/** What a checkpoint says about its payload. */
export function payloadHash(payload: Uint8Array): Hex {
  return keccak256Hex(payload);
}

/** One chain's part of the exit roots. `processedIndex` counts the entries of its log that the checkpoint knows. */
export interface ExitRootLeaf {
  readonly chainId: number;
  readonly registry: Address;
  readonly treeRoot: Hex;
  readonly processedIndex: number;
}

/**
 * The Merkle tree over all chains whose root is signed as `ExitRoots.root`. Leaves are
 * keccak256(keccak256(abi.encode(chainId, registry, treeRoot, processedIndex))) in the order of chain ids.
 */
export function exitRootsTree(leaves: readonly ExitRootLeaf[]): {
  root: Hex;
  proof: (chainId: number) => readonly Hex[];
} {
  if (leaves.length === 0) throw new RangeError('exit roots need at least one chain');
  const sorted = [...leaves].sort((a, b) => a.chainId - b.chainId);
  if (sorted.some((leaf, i) => leaf.chainId === sorted[i + 1]?.chainId))
    throw new RangeError('a chain stands twice in the exit roots');
  const tree = merkleTree(concatBytes(...sorted.map(hashExitRootLeaf)));
  return {
    root: tree.root,
    proof(chainId) {
      const index = sorted.findIndex((leaf) => leaf.chainId === chainId);
      if (index < 0) throw new RangeError(`chain ${chainId} is not in the exit roots`);
      return tree.proof(index);
    },
  };
}

function hashExitRootLeaf(leaf: ExitRootLeaf): Uint8Array {
  const bytes = new Uint8Array(4 * WORD);
  writeValue(bytes, 0, 'uint256', leaf.chainId, 'exitRoots.chainId');
  writeValue(bytes, WORD, 'address', leaf.registry, 'exitRoots.registry');
  writeValue(bytes, 2 * WORD, 'bytes32', leaf.treeRoot, 'exitRoots.treeRoot');
  writeValue(bytes, 3 * WORD, 'uint256', leaf.processedIndex, 'exitRoots.processedIndex');
  return keccak256(keccak256(bytes));
}

function isMessageType(type: string): type is MessageType {
  return Object.hasOwn(MESSAGES, type);
}

export function structOf(type: MessageType): Struct {
  return STRUCTS.get(type) as Struct;
}

/** The domain separator of a message's domain. */
export function separatorOf(type: MessageType, domain: Domain): Uint8Array {
  return domainSeparator(NAME_HASHES.get(MESSAGES[type][0]) as Uint8Array, VERSION_HASH, domain);
}

// JSON.

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TypedMessageError('json', `cannot be read: ${(cause as Error).message}`);
  }
}

const DECIMAL = /^(?:0|[1-9][0-9]{0,77})$/;

function integerFromJson(value: unknown): unknown {
  return typeof value === 'string' && DECIMAL.test(value) ? BigInt(value) : value;
}

/** Decimal strings become bigints where the type is an integer; everything else is left for the encoder to judge. */
function integersFromJson(struct: Struct, message: unknown): unknown {
  const fields = { ...object(message, 'message') };
  for (const { name, type } of struct.fields) {
    const value = fields[name];
    if (type.startsWith('uint')) fields[name] = integerFromJson(value);
    else if (type === 'Action[]' && Array.isArray(value))
      fields[name] = value.map((item) => integersFromJson(ACTION, item));
  }
  return fields;
}
