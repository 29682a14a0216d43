// The whole state of the exchange, and the questions that the flows ask it. Only `step` changes it.
import { type Address, type Hex, ZERO_ADDRESS } from './commands.ts';
import type { ForcedReason, WithdrawalChanged } from './events.ts';
import { createExchange, type Exchange } from './exchange.ts';
import { depositChainsOf, takeChanged, type VaultToken } from './ledger.ts';
import { replayHead } from './logEntries.ts';
import type { LogPosition } from './ports.ts';
import { ZERO_HASH } from './typedMessages.ts';

const NO_KEY: Hex = `0x${'00'.repeat(33)}`;

/** Bits in `Ledger.depositChains`. */
export const CHAIN_LIMIT = 31;

/** What a keeper is told; everything else it reads from the logs of these contracts, all on the home chain. */
export interface Genesis {
  readonly homeChainId: number;
  readonly authority: Address;
  readonly checkpointer: Address;
  readonly directory: Address;
}

/** A chain that the Directory lists. */
export interface Chain {
  readonly chainId: number;
  readonly registry: Address;
  readonly authority: Address;
  /** As the Directory numbers them: 0 finalized, 1 safe. */
  readonly finality: number;
  /** Longest time between two exit roots there. */
  readonly heartbeatSeconds: number;
}

export type SourceKind = 'authority' | 'checkpointer' | 'directory' | 'registry';

/** A contract whose log is read, and how far. */
export interface Source {
  readonly kind: SourceKind;
  readonly chainId: number;
  readonly contract: Address;
  /** Entries taken in, and the log's head after them. */
  index: number;
  head: Hex;
  /** Newest block that a command spoke of. */
  blockNumber: number;
}

/**
 * A withdrawal that was deducted and is not over.
 * queued: waits for the next checkpoint → posted: stands in checkpoint `checkpoint` → final: that checkpoint is final.
 * From each it may end as executed, cancelled or expired; then it leaves the state.
 */
export interface Withdrawal {
  /** Index in the ledger. */
  readonly account: number;
  readonly token: VaultToken;
  /** Atoms. */
  readonly amount: bigint;
  readonly recipient: Address;
  readonly nonce: bigint;
  status: 'queued' | 'posted' | 'final';
  /** 0 while queued. */
  checkpoint: number;
  /** Seconds; 0 while queued. */
  deadline: number;
}

/** A request that may not come again. */
export interface UsedNonce {
  /** Index in the ledger of the account that asked: its address and chain are part of the key. */
  readonly account: number;
  /** Milliseconds: the request's deadline, after which it would be refused anyway. */
  readonly until: number;
}

/** An answer from its decision until the vault has executed it. */
export interface ForcedAnswer {
  readonly chainId: number;
  readonly id: number;
  readonly token: VaultToken;
  readonly reason: ForcedReason;
  /** Atoms, which were charged when it was decided; 0 in a refusal. */
  readonly paid: bigint;
  /** One of the accounts that were charged, as index in the ledger; −1 in a refusal. */
  readonly account: number;
  status: 'queued' | 'posted' | 'final';
  /** 0 while queued. */
  checkpoint: number;
  /** Given later beside a payment that the token refuses since: the vault executes whichever of the two comes first. */
  refusal: { status: ForcedAnswer['status']; checkpoint: number } | undefined;
}

/** The requests of one vault, which numbers them from 1 on. */
export interface ForcedRequests {
  /** Newest that its log has told. */
  asked: number;
  /** Newest that was decided, all before it, too. */
  decided: number;
  /** Those that are to be decided again: a part is paid, or the limit was too low for any part. In the order of that. */
  readonly reopened: number[];
}

/** Exit mode of a vault. closing: it may still be cured. final: claims pay, for ever. */
export interface ExitMode {
  readonly phase: 'closing' | 'final';
  /** Milliseconds: when the keeper learnt that it was entered. */
  readonly since: number;
}

/** What a checkpoint must carry whatever else it carries: all that changed since the one before. */
export interface Changes {
  /** Indices in the ledger, in their order. */
  readonly accounts: readonly number[];
  /** `nonceKey`s. Those that were forgotten need no carrying: the time says so. */
  readonly nonces: ReadonlySet<string>;
}

/** Losses that checkpoints tell of at the same time; more of them wait, and with them all withdrawals. */
export const LOSSES_LIMIT = 32;

/**
 * A loss that everybody who owned something of an asset has shared. More accounts may have changed than a checkpoint can carry:
 * until each was carried once more, checkpoints tell of the loss, and whoever reads an older record takes it off.
 */
export interface SharedLoss {
  /** The first checkpoint whose records know of it. */
  readonly checkpoint: number;
  /** Index of the asset. */
  readonly asset: number;
  /** Ledger units that were lost, of those that were owned; where that is all of them, dust is lost as well. */
  readonly units: bigint;
  readonly owned: bigint;
}

export interface State {
  readonly genesis: Genesis;
  /** Number and time (milliseconds) of the newest command. */
  sequence: number;
  time: number;
  readonly exchange: Exchange;
  /** By chain id, in the order of listing. */
  readonly chains: Map<number, Chain>;
  /** By `sourceKey`. */
  readonly sources: Map<string, Source>;
  /** Vaults that are in exit mode, by chain id. */
  readonly exits: Map<number, ExitMode>;
  /** Leader and epoch at home. The zero address: nobody. */
  leader: Address;
  epoch: number;
  executor: Address;
  settler: Address;
  /** 33-byte compressed key that settlement orders are encrypted to; zero bytes when there is no settler. */
  settlerKey: Hex;
  feeAccount: Address;
  insuranceAccount: Address;
  /** Nonce of the newest batch of this epoch, whoever the executor is. */
  batchNonce: number;
  /** The newest checkpoint that was cut, and the newest that is final on the home chain. */
  cutNumber: number;
  finalNumber: number;
  finalDigest: Hex;
  /** Of which not all records were carried since, oldest first; and how many accounts were, by their index. */
  losses: SharedLoss[];
  lossesCarried: number;
  /** Pending, by `nonceKey`, in the order of the requests. */
  readonly withdrawals: Map<string, Withdrawal>;
  /** How many of them are queued, and how many belong to an address. */
  queuedWithdrawals: number;
  readonly pendingOf: Map<Address, number>;
  /** Forced withdrawals, by chain id, and the answers to them that are not executed, by `forcedKey`. */
  readonly forced: Map<number, ForcedRequests>;
  readonly answers: Map<string, ForcedAnswer>;
  /** Nonces of requests, by `nonceKey`, remembered until the request's deadline. */
  readonly usedNonces: Map<string, UsedNonce>;
  /** How many of them belong to an address. */
  readonly usedNoncesOf: Map<Address, number>;
  /** Those that were remembered since the last cut. */
  changedNonces: Set<string>;
  /** Between the two newest cuts. For whoever encodes the newest checkpoint right after its cut; not part of the state. */
  lastChanges: Changes;
  /** The last few withdrawals that are over, newest last, for those who ask. Not part of what is hashed. */
  readonly endedWithdrawals: WithdrawalChanged[];
}

export function createState(genesis: Genesis): State {
  const state: State = {
    genesis,
    sequence: 0,
    time: 0,
    exchange: createExchange(),
    chains: new Map(),
    sources: new Map(),
    exits: new Map(),
    leader: ZERO_ADDRESS,
    epoch: 0,
    executor: ZERO_ADDRESS,
    settler: ZERO_ADDRESS,
    settlerKey: NO_KEY,
    feeAccount: ZERO_ADDRESS,
    insuranceAccount: ZERO_ADDRESS,
    batchNonce: 0,
    cutNumber: 0,
    finalNumber: 0,
    finalDigest: ZERO_HASH,
    losses: [],
    lossesCarried: 0,
    withdrawals: new Map(),
    queuedWithdrawals: 0,
    pendingOf: new Map(),
    forced: new Map(),
    answers: new Map(),
    usedNonces: new Map(),
    usedNoncesOf: new Map(),
    changedNonces: new Set(),
    lastChanges: { accounts: [], nonces: new Set() },
    endedWithdrawals: [],
  };
  addSource(state, 'authority', genesis.homeChainId, genesis.authority);
  addSource(state, 'checkpointer', genesis.homeChainId, genesis.checkpointer);
  addSource(state, 'directory', genesis.homeChainId, genesis.directory);
  return state;
}

/** What changed since the last cut; from now on nothing has. */
export function takeChanges(state: State): Changes {
  const nonces = state.changedNonces;
  state.changedNonces = new Set();
  return { accounts: takeChanged(state.exchange.ledger), nonces };
}

/** Starts to follow a contract's log, from its first entry. */
export function addSource(state: State, kind: SourceKind, chainId: number, contract: Address): void {
  const key = sourceKey(chainId, contract);
  if (state.sources.has(key)) return;
  state.sources.set(key, {
    kind,
    chainId,
    contract,
    index: 0,
    head: replayHead(chainId, contract),
    blockNumber: 0,
  });
}

/** Key of `State.sources`. */
export function sourceKey(chainId: number, contract: Address): string {
  return `${chainId}:${contract}`;
}

/** Key of a withdrawal nonce: keys sort by chain, account and nonce. */
export function nonceKey(chainId: number, account: Address, nonce: bigint): string {
  return `${chainId.toString(16).padStart(14, '0')}${account}${nonce.toString(16).padStart(64, '0')}`;
}

/** The account in a `nonceKey`. */
export function accountOfNonceKey(key: string): Address {
  return key.slice(14, 56) as Address;
}

/** Every log to read, and from where; the logs of one chain when it is given. */
export function logSources(
  state: State,
  chainId?: number,
): {
  readonly chainId: number;
  readonly contract: Address;
  readonly kind: SourceKind;
  readonly position: LogPosition;
}[] {
  return [...state.sources.values()]
    .filter((source) => chainId === undefined || source.chainId === chainId)
    .map(({ kind, contract, index, head, blockNumber, chainId: chain }) => ({
      chainId: chain,
      contract,
      kind,
      position: { index, head, blockNumber },
    }));
}

/** The listed chains, in the order of listing. */
export function chains(state: State): readonly Chain[] {
  return [...state.chains.values()];
}

/** The vaults, and how many entries of each log the state holds. */
export function registries(
  state: State,
): { readonly chainId: number; readonly registry: Address; readonly processedIndex: number }[] {
  return chains(state).map(({ chainId, registry }) => ({
    chainId,
    registry,
    processedIndex: state.sources.get(sourceKey(chainId, registry))?.index ?? 0,
  }));
}

/**
 * The chains from which deposits to an address came. A contract account must be asked on each of them where it has code:
 * the same address on another chain can be somebody else's, and anybody may deposit for anybody.
 */
export function depositChains(state: State, account: Address): number[] {
  const bits = depositChainsOf(state.exchange.ledger, account);
  return [...state.chains.keys()].filter((chainId) => (bits & chainBit(state, chainId)) !== 0);
}

/** The bit of a listed chain in `Ledger.depositChains`. */
export function chainBit(state: State, chainId: number): number {
  return 1 << [...state.chains.keys()].indexOf(chainId);
}

/** Would a complete log of this contract, up to a block of that time (seconds), show that a withdrawal has expired? */
export function hasExpiredWithdrawal(
  state: State,
  { chainId, contract, timestamp }: { chainId: number; contract: Address; timestamp: number },
): boolean {
  if (state.chains.get(chainId)?.registry !== contract) return false;
  for (const withdrawal of state.withdrawals.values()) {
    if (withdrawal.token.chainId === chainId && isExpired(withdrawal, timestamp)) return true;
  }
  return false;
}

/** The contract pays up to and including the deadline. */
export function isExpired(withdrawal: Withdrawal, timestamp: number): boolean {
  return withdrawal.status !== 'queued' && withdrawal.deadline < timestamp;
}
