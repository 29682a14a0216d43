// What the keeper offers to the outside, independent of HTTP. The flows implement it, `adapters/http` serves it.
import type { Address, Hex } from './commands.ts';
import type { CommandResult, CoreEvent, RejectCode } from './events.ts';
import type { SimulatedChanges } from './margin/marginViews.ts';
import type { RpcHealth } from './ports.ts';
import type {
  AcceptLeaderMessage,
  AcceptStandbyMessage,
  BatchMessage,
  CheckpointMessage,
  ExitRootsMessage,
  ForcedAnswerMessage,
  WithdrawalCancelMessage,
  WithdrawalMessage,
  WithdrawalRequestMessage,
} from './typedMessages.ts';
import type {
  AccountView,
  AssetView,
  BookOrdersView,
  BookView,
  CandleInterval,
  CandleView,
  CheckpointView,
  DepthView,
  ExitModeView,
  ExitProofView,
  FillView,
  OrderView,
  PriceView,
  SimulationView,
  SolvencyView,
  TradeView,
  WithdrawalView,
} from './views.ts';

/** Refusals that are decided outside the core: signatures and the keeper's own condition. */
export type ApiCode =
  | RejectCode
  /** More than the vault's limit ever lets out at once; only the chain knows it. */
  | 'withdrawal.overLimit'
  | 'signature.invalid'
  | 'signature.notExecutor'
  | 'keeper.notLeader'
  | 'keeper.notReady'
  | 'keeper.checkpointTooOld'
  | 'keeper.overloaded';

export interface Refusal {
  readonly code: ApiCode;
  readonly message: string;
  readonly details?: Readonly<Record<string, string | number>>;
  readonly retryable: boolean;
}

export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

export interface BatchAnswer {
  readonly sequence: number;
  readonly result: CommandResult;
  /** True when this very batch had been answered before: the stored result, nothing was done again. */
  readonly repeated: boolean;
}

export interface HealthView {
  readonly status: 'ok' | 'degraded' | 'stopped';
  /** What is wrong, as sentences; empty when ok. */
  readonly problems: readonly string[];
  readonly role: 'leader' | 'candidate';
  readonly epoch: number;
  readonly sequence: number;
  readonly checkpoint: { readonly landed: number; readonly final: number; readonly ageMs: number | null };
  readonly gas: { readonly address: Address; readonly wei: string };
  /** Vaults that are in exit mode: while there is one the exchange winds down. */
  readonly exits: readonly ExitModeView[];
  readonly chains: readonly {
    readonly chainId: number;
    readonly finalBlock: number | null;
    readonly rpcs: readonly RpcHealth[];
  }[];
}

export interface IdentityView {
  readonly mode: 'SIMULATED' | 'TDX';
  readonly homeChainId: number;
  readonly authority: Address;
  readonly checkpointer: Address;
  readonly directory: Address;
  readonly enclave: { readonly address: Address; readonly publicKey: Hex };
  readonly leader: { readonly address: Address; readonly publicKey: Hex };
  readonly executor: Address;
  readonly epoch: number;
  readonly role: 'leader' | 'candidate';
  readonly keyEpoch: number;
}

/** What the courier posts to `Authority.acceptLeader` of one chain. */
export interface AcceptanceView {
  readonly chainId: number;
  readonly authority: Address;
  readonly message: AcceptLeaderMessage;
  readonly signature: Hex;
}

/** What anybody may send to the Authority for a standby. */
export type StandbyStepView =
  /** `acceptStandby`: the council's delay is over. */
  | { readonly type: 'accept'; readonly message: AcceptStandbyMessage; readonly signature: Hex }
  /** `announceTakeOver`: the leader is silent, or nobody leads. */
  | { readonly type: 'announce' }
  /** `takeOver`: he was silent for the time after the announcement, too. */
  | {
      readonly type: 'takeOver';
      readonly message: AcceptLeaderMessage;
      readonly enclaveSignature: Hex;
      readonly candidateSignature: Hex;
    };

/** How far this keeper is from leading one chain as a standby. Times in seconds, without pauses where they count silence. */
export interface StandbyView {
  readonly chainId: number;
  readonly authority: Address;
  readonly candidate: Address;
  readonly status: 'proposed' | 'listed' | 'announced';
  /** From when on a proposal can be accepted. */
  readonly readyAt: number;
  /** The zero address while the office is vacant. */
  readonly leader: Address;
  readonly epoch: number;
  readonly paused: boolean;
  readonly silenceSeconds: number;
  readonly staleAfterSeconds: number;
  /** Since the announcement that counts; 0 when there is none. */
  readonly waitedSeconds: number;
  /** null while there is nothing to send. */
  readonly step: StandbyStepView | null;
}

/** What the courier posts to `DepositRegistry.postExitRoot` of one chain. */
export interface ExitRootView {
  readonly chainId: number;
  readonly registry: Address;
  readonly message: ExitRootsMessage;
  readonly treeRoot: Hex;
  readonly processedIndex: number;
  readonly proof: readonly Hex[];
  readonly enclaveSignature: Hex;
  readonly leaderSignature: Hex;
}

/** What the courier posts to `DepositRegistry.withdraw` of one chain. */
export interface ApprovalView {
  readonly chainId: number;
  readonly registry: Address;
  readonly message: WithdrawalMessage;
  readonly enclaveSignature: Hex;
  readonly leaderSignature: Hex;
}

/** What the courier posts to `DepositRegistry.answerForced` of one chain. */
export interface ForcedAnswerView {
  readonly chainId: number;
  readonly registry: Address;
  readonly message: ForcedAnswerMessage;
  readonly enclaveSignature: Hex;
  readonly leaderSignature: Hex;
}

/** One applied command, as the stream sees it. */
export interface StreamItem {
  readonly sequence: number;
  readonly time: number;
  readonly events: readonly CoreEvent[];
}

export interface KeeperApi {
  readonly homeChainId: number;
  readonly checkpointer: Address;
  /** The keeper's time in milliseconds. */
  now(): number;
  /**
   * Why only health, identity and what couriers ask can be answered: a candidate holds no state until it leads. The HTTP adapter
   * asks before every other call and answers 503 with it.
   */
  notReady(): Refusal | undefined;
  health(): Promise<HealthView>;
  identity(): IdentityView;
  /** The one address that may submit batches; the zero address when none is set. */
  executor(): Address;
  /** Vaults that are in exit mode. */
  exits(): readonly ExitModeView[];
  assets(): readonly AssetView[];
  /** Of every asset, in the order of listing. */
  prices(): readonly PriceView[];
  books(): readonly BookView[];
  /** undefined: no such book. */
  depth(book: number, levels: number): DepthView | undefined;
  trades(query: { readonly book: number; readonly limit: number }): readonly TradeView[];
  /** Newest first; only those that start before `before` (milliseconds). */
  candles(query: {
    readonly book: number;
    readonly interval: CandleInterval;
    readonly before?: number;
    readonly limit: number;
  }): readonly CandleView[];
  /**
   * Everybody's orders on one side of a book, best first, from the one behind the order `after` on; undefined when there is
   * no such book, or no such order on that side any more.
   */
  bookOrders(query: {
    readonly book: number;
    readonly side: 'buy' | 'sell';
    readonly after?: number;
    readonly limit: number;
  }): BookOrdersView | undefined;
  latestCheckpoint(): (CheckpointView & { readonly final: boolean; readonly message: CheckpointMessage }) | undefined;
  /** At most a second old. */
  solvency(): readonly SolvencyView[];
  submitBatch(input: { readonly message: BatchMessage; readonly signature: Hex }): Promise<Answer<BatchAnswer>>;
  /**
   * A line of the executor on which he wants everybody's orders cancelled when it is gone (`lost`), unless another such line
   * is there; `release` when he does not want it any more.
   */
  guardOrders(executor: Address): { lost(): void; release(): void };
  requestWithdrawal(input: {
    readonly message: WithdrawalRequestMessage;
    readonly signature: Hex;
  }): Promise<Answer<WithdrawalView>>;
  cancelWithdrawal(input: {
    readonly message: WithdrawalCancelMessage;
    readonly signature: Hex;
  }): Promise<Answer<WithdrawalView>>;
  /**
   * Why a contract account on `chainId` did not sign a digest; undefined when it did, there and on all other chains where it
   * is a contract and has deposited (EIP-1271).
   */
  checkContractSignature(input: {
    readonly account: Address;
    readonly chainId: number;
    readonly digest: Hex;
    readonly signature: Hex;
  }): Promise<Refusal | undefined>;
  /** All subaccounts of an address; empty when the keeper does not know it. */
  accounts(address: Address): readonly AccountView[];
  /** What the health of an account would be; a refusal names what does not exist. */
  simulate(
    query: SimulatedChanges & { readonly address: Address; readonly subaccount: number },
  ): SimulationView | 'account.unknown' | 'asset.unknown' | 'book.unknown' | 'order.notionalOutOfRange';
  /** Newest first; `before` is an order id. */
  orders(query: { readonly address: Address; readonly before?: number; readonly limit: number }): readonly OrderView[];
  /** Newest first. `before` is a sequence. */
  fills(query: { readonly address: Address; readonly before?: number; readonly limit: number }): readonly FillView[];
  withdrawals(address: Address): readonly WithdrawalView[];
  acceptance(chainId: number): AcceptanceView | undefined;
  /** undefined where this keeper is neither a standby nor proposed as one. */
  standby(chainId: number): StandbyView | undefined;
  /** The newest signed exit root for the chain; undefined when none is signed yet. */
  exitRoot(chainId: number): ExitRootView | undefined;
  approvals(chainId: number): readonly ApprovalView[];
  /** Signed answers to forced withdrawals that the vault has not executed, oldest first. */
  forcedAnswers(chainId: number): readonly ForcedAnswerView[];
  /** Leaves and proofs of an address under the newest signed exit roots; undefined while none are signed. */
  exitProof(address: Address): Promise<ExitProofView | undefined>;
  /** Calls back with a withdrawal when `fitsAt` became known, or moved by more than a minute. Returns how to stop. */
  subscribeWaiting(listener: (withdrawal: WithdrawalView) => void): () => void;
  /** Calls back when new exit roots were signed. Returns how to stop. */
  subscribeExitRoots(listener: () => void): () => void;
  /** Calls back after each command that had events, once its journal record is on disk. Returns how to stop. */
  subscribe(listener: (item: StreamItem) => void): () => void;
}
