// What the flows need from the outside world. Each port has one adapter for production and may have a fake in tests;
// only compose.ts knows which.
import type { Address, Block, Command, Hex, LogEntry } from './commands.ts';
import type { ExitLeaf, ExitTokenLeaf, Proved } from './exitTree.ts';
import type { QuotedTrade } from './oracle/observe.ts';
import type { CheckpointMessage, ExitRootLeaf, WithdrawalMessage } from './typedMessages.ts';

/** How far a log has been read: `index` entries give `head`; the newest of them is at or before block `blockNumber`. */
export interface LogPosition {
  readonly index: number;
  readonly head: Hex;
  readonly blockNumber: number;
}

/** Entries that follow a position, up to one block, proved against the head that the quorum reports at that block. */
export interface LogSegment {
  readonly firstIndex: number;
  readonly entries: readonly LogEntry[];
  readonly block: Block;
}

/** A token's bucket on its chain, in atoms: what may leave at once, and what of that is used up at `time`, in seconds. */
export interface WithdrawalLimit {
  readonly capacity: bigint;
  readonly used: bigint;
  readonly time: number;
  /** From full use to none; 0: it never empties by itself. */
  readonly refillSeconds: number;
}

export type BlockTag = 'finalized' | 'latest';

/** What the Authority of a chain says at one block that the quorum agrees on. */
export interface AuthorityView {
  readonly enclave: Address;
  readonly leader: Address;
  readonly epoch: number;
  readonly paused: boolean;
  /** The open proposal; candidate is the zero address when there is none. `readyAt` in seconds. */
  readonly proposal: { readonly candidate: Address; readonly epoch: number; readonly readyAt: number };
  readonly block: Block;
}

/** A token's bucket on its chain, in atoms: what may leave at once, and what of that is used up. */
export interface WithdrawalLimit {
  readonly capacity: bigint;
  readonly used: bigint;
}

/** What the Authority of a chain says about a standby, or one that was proposed, at one block. Times in seconds. */
export interface StandbyStanding {
  /** Of the evidence that the council looked at. */
  readonly evidenceDigest: Hex;
  /** From when on its proposal can be accepted. */
  readonly readyAt: number;
  readonly listed: boolean;
  /** 0 before it announced anything. */
  readonly announcedAt: number;
  /** The zero address while the office is vacant. */
  readonly leader: Address;
  readonly epoch: number;
  readonly paused: boolean;
  /** The newest heartbeat, or the last change of leader. */
  readonly heardAt: number;
  readonly staleAfterSeconds: number;
  /** Since `heardAt` and since `announcedAt`, without pauses. */
  readonly silenceSeconds: number;
  readonly waitedSeconds: number;
  /** What a takeover must go on from. */
  readonly tip: Hex;
  readonly block: Block;
}

/** A forced withdrawal that waits at its vault. */
export interface ForcedRequest {
  readonly account: Address;
  readonly token: Address;
  /** Atoms that are not paid yet. */
  readonly open: bigint;
  /** Somebody has sent transactions with a key of the account's address: it is no contract. */
  readonly isKeyHolder: boolean;
  /** The token would not move even one atom to the recipient. */
  readonly transferFails: boolean;
}

/**
 * Reads one chain through several RPCs and believes only what enough of them agree on. All methods throw `ChainError`; one
 * whose `code` is `reorg` says that a block which was final is gone.
 */
export interface ChainReader {
  readonly chainId: number;
  readLog(contract: Address, from: LogPosition, tag: BlockTag): Promise<LogSegment>;
  readAuthority(authority: Address, tag: BlockTag): Promise<AuthorityView>;
  /** undefined for whom the council never proposed, or removed. */
  readStandby(authority: Address, candidate: Address, tag: BlockTag): Promise<StandbyStanding | undefined>;
  /** Number and digest of the newest checkpoint. */
  readTip(checkpointer: Address, tag: BlockTag): Promise<{ readonly number: number; readonly digest: Hex }>;
  /**
   * The checkpoints, newest first, each the parent of the one before, down to number 1. Message and payload are those that
   * were signed. Whoever has read enough just stops.
   */
  readCheckpoints(checkpointer: Address, tag: BlockTag): AsyncGenerator<LandedCheckpoint, void>;
  /** Epoch, number and time (seconds) of the newest exit root that stands in the registry. */
  readNewestRoot(
    registry: Address,
    tag: BlockTag,
  ): Promise<{ readonly epoch: number; readonly checkpoint: number; readonly issuedAt: number }>;
  /** When exit mode was entered last, in seconds; 0: never. */
  readExitEntry(registry: Address, tag: BlockTag): Promise<number>;
  /** What of a token may be withdrawn at once, and what of that is used up at the block. */
  readWithdrawalLimit(registry: Address, token: Address, tag: BlockTag): Promise<WithdrawalLimit>;
  /** What somebody asked for by force, and whether the vault could pay it out; undefined when it is answered. */
  readForced(registry: Address, id: number, tag: BlockTag): Promise<ForcedRequest | undefined>;
  /** Whether the registry would refuse a withdrawal with this nonce: it was paid or cancelled before. */
  isNonceUsed(
    registry: Address,
    withdrawal: { readonly account: Address; readonly nonce: bigint },
    tag: BlockTag,
  ): Promise<boolean>;
  hasCode(address: Address, tag: BlockTag): Promise<boolean>;
  /** EIP-1271 at the address, at a block of the quorum. */
  isValidContractSignature(input: {
    readonly account: Address;
    readonly digest: Hex;
    readonly signature: Hex;
  }): Promise<boolean>;
  /** One line per RPC for /v1/health. */
  health(): readonly RpcHealth[];
}

export interface RpcHealth {
  /** Host only: URLs may carry keys. */
  readonly host: string;
  readonly ok: boolean;
  readonly failuresInARow: number;
  readonly lastError: string | undefined;
}

export interface LandedCheckpoint {
  readonly checkpoint: CheckpointMessage;
  readonly payload: Uint8Array;
}

/** A checkpoint exactly as it was signed. Stored before it is sent; only these bytes are ever rebroadcast. */
export interface SignedCheckpoint {
  readonly checkpoint: CheckpointMessage;
  readonly payload: Uint8Array;
  readonly withdrawals: readonly WithdrawalMessage[];
  readonly ciphertexts: readonly Uint8Array[];
  readonly enclaveSignature: Hex;
  readonly leaderSignature: Hex;
}

export interface CheckpointPoster {
  /** Sends (or sends again, with a higher fee) and returns the transaction's hash without waiting for it. */
  post(signed: SignedCheckpoint): Promise<Hex>;
  /** Wei that the gas key holds. */
  gasBalance(): Promise<bigint>;
}

/** The trees of one checkpoint, without their leaves. */
export interface BuiltExitTrees {
  readonly checkpoint: number;
  /** Of every listed chain, in the order of listing. */
  readonly roots: readonly ExitRootLeaf[];
  readonly leafCount: number;
  /** Contracts that own more than may be paid to them where they live. */
  readonly strandedOwners: number;
}

/** What an address has in the vault of one chain, and the totals of the vault. */
export interface ExitLeaves {
  readonly chainId: number;
  readonly leaves: readonly Proved<ExitLeaf>[];
  readonly tokenLeaves: readonly Proved<ExitTokenLeaf>[];
}

/** Builds exit trees beside everything else. Every method rejects when that failed. */
export interface ExitTrees {
  /** The trees of the checkpoint that this state (its bytes) was frozen for; they are kept until `keep` says otherwise. */
  build(state: Uint8Array): Promise<BuiltExitTrees>;
  /** By chain; undefined when the trees of that checkpoint are not kept. */
  leavesOf(query: {
    readonly checkpoint: number;
    readonly address: Address;
  }): Promise<readonly ExitLeaves[] | undefined>;
  /** Lets go of the trees of all other checkpoints. */
  keep(checkpoints: readonly number[]): Promise<void>;
  close(): Promise<void>;
}

/** A key that signs digests and never leaves its adapter. */
export interface Signer {
  readonly address: Address;
  /** 33-byte compressed public key. */
  readonly publicKey: Hex;
  /** 65 bytes r‖s‖v, low s. */
  sign(digest: Hex): Hex;
}

export interface SignedBy {
  /** Of the typed message. */
  readonly digest: Hex;
  /** undefined: the signature is none. */
  readonly signer: Address | undefined;
}

/** Finds out who signed batches, beside everything else. Answers in the order in which it is asked. */
export interface BatchSigners {
  /** @param batch as `encodeBatch` writes it. Rejects when it does not fit its type, and when the threads have ended. */
  find(batch: Uint8Array, signature: Hex): Promise<SignedBy>;
  close(): Promise<void>;
}

/** The keys of architecture.md, derived or made inside the box. */
export interface KeeperKeys {
  readonly enclave: Signer;
  readonly leader: Signer;
  /** Private key of the transaction sender that holds only gas. */
  readonly gasPrivateKey: Hex;
  /** Of the key epochs from 1 to `keyEpoch`: a recovery may meet payloads of those before. */
  readonly stateRootKeys: readonly Uint8Array[];
  readonly journalKey: Uint8Array;
  /** 1 at the start; stands in clear in the payload's header. */
  readonly keyEpoch: number;
  readonly mode: 'SIMULATED' | 'TDX';
}

export interface JournalRecord {
  readonly sequence: number;
  readonly command: Command;
}

/** What must survive a crash besides the commands: every signed checkpoint, by its number, until it is final. */
export type OutboxName = `checkpoint ${number}`;

/**
 * The journal of one keeper on one disk. What it says is on disk when a method returns, but for records: the processor has
 * better things to do than to wait for those.
 */
export interface Journal {
  /** Sequence of the newest record; that of the base when there is none. */
  readonly lastSequence: number;
  /** Starts an empty journal whose first record will have `base.sequence + 1`; `base.engine` is the state to replay from. */
  begin(base: { readonly sequence: number; readonly engine: Uint8Array }): void;
  /** Group commit: all records or none. Sequences must follow each other. On disk as soon as `untilOnDisk` resolves. */
  append(records: readonly JournalRecord[]): void;
  /** Resolves when everything that was appended before is on disk. Throws `JournalError`. */
  untilOnDisk(): Promise<void>;
  /** The newest full snapshot (or the base) that lies at or before `sequence`. */
  snapshot(atOrBefore?: number): { readonly sequence: number; readonly engine: Uint8Array } | undefined;
  /** One at a time. May be lost in a crash, and an older one is found. */
  saveSnapshot(snapshot: { readonly sequence: number; readonly engine: Uint8Array }): Promise<void>;
  /** Records after `sequence`, oldest first, each authenticated and chained to the one before. Throws `JournalError`. */
  replay(afterSequence: number): Iterable<JournalRecord>;
  readOutbox(name: OutboxName): Uint8Array | undefined;
  writeOutbox(name: OutboxName, value: Uint8Array | undefined): void;
  close(): void;
}

/** Somebody who says what a trade would bring, without making it. */
export interface QuoteSource {
  /** For people; without keys. */
  readonly name: string;
  /**
   * Atoms that are sold and bought, the costs of the trade itself left out. `exact` says which of the two `amount` is.
   * Tokens as the source names them. Rejects when there is no quote that may be believed.
   */
  quote(input: {
    readonly sell: string;
    readonly buy: string;
    readonly amount: bigint;
    readonly exact: 'sell' | 'buy';
  }): Promise<QuotedTrade>;
}

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back after a while; the returned function cancels. */
  after(milliseconds: number, callback: () => void): () => void;
}

/** Structured log without secrets. */
export interface Logger {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}
