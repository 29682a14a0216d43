// What a command did: answers for whom it came from, and events for everybody who listens. Amounts are integers in the
// engine's ledger units (balances, fees), ticks (prices) and lots (quantities); bigint only for atoms of a chain's token.
import type { AccountId, Address, Hex, Side } from './commands.ts';
import type { PriceVerdict } from './oracle/priceGuard.ts';

/** As `ForcedReason` of the contracts, in its order. No answer says `debt`: the ledger knows none. */
export const FORCED_REASONS = ['paid', 'noBalance', 'debt', 'transferFails', 'overLimit'] as const;
export type ForcedReason = (typeof FORCED_REASONS)[number];

/** Why something was refused. Stable: clients switch on it. */
export type RejectCode =
  | 'exchange.windingDown'
  | 'batch.notExecutor'
  | 'batch.wrongEpoch'
  | 'batch.expired'
  | 'batch.nonceNotGrowing'
  | 'batch.tooLarge'
  | 'action.invalid'
  | 'account.unknown'
  | 'account.notMargin'
  | 'account.liquidated'
  | 'book.unknown'
  | 'book.notOpen'
  | 'book.full'
  | 'book.postOnlyWouldCross'
  | 'order.priceOutOfRange'
  | 'order.quantityOutOfRange'
  | 'order.notionalOutOfRange'
  | 'order.feeAboveMaximum'
  | 'order.unknown'
  | 'order.expired'
  | 'order.wouldNotFill'
  | 'order.alreadyFilled'
  | 'order.wouldNotReduce'
  | 'risk.insufficientBalance'
  | 'risk.insufficientHealth'
  | 'risk.borrowCap'
  | 'risk.debtLimit'
  | 'risk.priceUnknown'
  | 'risk.tooManyOrders'
  | 'withdrawal.unknownChain'
  | 'withdrawal.unlistedToken'
  | 'withdrawal.zeroAmount'
  | 'withdrawal.badRecipient'
  | 'withdrawal.expired'
  | 'withdrawal.deadlineTooFar'
  | 'withdrawal.nonceUsed'
  | 'withdrawal.unknown'
  | 'withdrawal.notQueued'
  | 'withdrawal.insufficientBalance'
  | 'withdrawal.liability'
  | 'withdrawal.vaultTooLow'
  | 'withdrawal.tooMany'
  | 'withdrawal.stopped'
  | 'forced.notWaiting'
  | 'forced.tooMany'
  | 'checkpoint.inFlight'
  | 'checkpoint.full';

/**
 * Result of one item of a batch. `filled` in lots, `remaining` in the unit of the order's quantity: lots, or quote units of
 * a budget. `resting`: they rest in the book.
 */
export type ActionResult =
  | {
      readonly code: 'ok';
      readonly orderId: number;
      readonly filled: number;
      readonly remaining: number;
      readonly resting: boolean;
    }
  | { readonly code: 'ok'; readonly cancelled: number }
  | { readonly code: RejectCode; readonly details?: Readonly<Record<string, string | number>> };

export type CommandResult =
  | { readonly code: 'ok'; readonly items?: readonly ActionResult[] }
  | { readonly code: RejectCode; readonly details?: Readonly<Record<string, string | number>> };

export interface OrderRested {
  readonly type: 'orderRested';
  readonly book: number;
  readonly orderId: number;
  readonly clientId: number;
  readonly account: AccountId;
  readonly side: Side;
  readonly price: number;
  /** Lots that the whole order is for, and those of them that rest. */
  readonly quantity: number;
  readonly remaining: number;
  /** Milliseconds; 0: good till cancelled. */
  readonly expiry: number;
}

export type CancelReason =
  | 'requested'
  | 'immediateOrCancel'
  | 'selfTrade'
  | 'expired'
  | 'bookClosed'
  | 'checkpointFull'
  | 'amended'
  | 'deadManSwitch'
  | 'executorLost'
  | 'liquidated'
  | 'lossShared'
  | 'windDown'
  | 'creditLowered';

/** Lots that an order lost without a trade. */
interface OrderLoss {
  readonly book: number;
  readonly orderId: number;
  readonly account: AccountId;
  readonly side: Side;
  readonly price: number;
  readonly quantity: number;
  readonly reason: CancelReason;
}

/** All that was left of an order. */
export interface OrderCancelled extends OrderLoss {
  readonly type: 'orderCancelled';
}

/**
 * An order got smaller: amended, keeping its place, or decremented by self-trade prevention, which tells it of the taker as
 * well. What is left of a resting order goes on resting.
 */
export interface OrderReduced extends OrderLoss {
  readonly type: 'orderReduced';
  /** Lots that are left. */
  readonly remaining: number;
}

/** One trade between two orders, at the maker's price. Fees in the quote asset's ledger units, rounded up. */
export interface Fill {
  readonly type: 'fill';
  readonly book: number;
  readonly makerOrderId: number;
  readonly takerOrderId: number;
  readonly maker: AccountId;
  readonly taker: AccountId;
  readonly takerSide: Side;
  readonly price: number;
  readonly quantity: number;
  readonly makerFee: number;
  readonly takerFee: number;
  /** What is left of the maker's order, in lots. */
  readonly makerRemaining: number;
}

export interface Credited {
  readonly type: 'credited';
  readonly account: AccountId;
  readonly asset: number;
  readonly chainId: number;
  readonly token: Address;
  /** Atoms of the chain's token. */
  readonly amount: bigint;
  /** −1 for what had been held: its place was told then. */
  readonly logIndex: number;
}

/** A deposit of a token without an asset in the Directory: held, and credited some time after it is listed. */
export interface HeldUnlisted {
  readonly type: 'heldUnlisted';
  readonly account: AccountId;
  readonly chainId: number;
  readonly token: Address;
  readonly amount: bigint;
  readonly logIndex: number;
}

export type WithdrawalStatus = 'queued' | 'posted' | 'final' | 'executed' | 'cancelled' | 'expired';

export interface WithdrawalChanged {
  readonly type: 'withdrawalChanged';
  readonly account: AccountId;
  readonly asset: number;
  readonly chainId: number;
  readonly token: Address;
  readonly amount: bigint;
  readonly recipient: Address;
  readonly nonce: bigint;
  readonly status: WithdrawalStatus;
  /** Number of the checkpoint that carries it; 0 while queued. */
  readonly checkpoint: number;
  /** Seconds; 0 while queued. */
  readonly deadline: number;
}

/** A forced withdrawal takes this much from an account, for its vault to pay; or gives it back, because that could not. */
export interface ForcedCharged {
  readonly type: 'forcedCharged' | 'forcedReturned';
  readonly account: AccountId;
  readonly asset: number;
  readonly chainId: number;
  readonly token: Address;
  /** Atoms of the chain's token. */
  readonly amount: bigint;
  /** Of the request, at its vault. */
  readonly id: number;
}

/** A vault has executed the answer to a forced withdrawal; what it paid was charged before. */
export interface ForcedAnswered {
  readonly type: 'forcedAnswered';
  /** Subaccount 0 of whoever asked. */
  readonly account: AccountId;
  readonly chainId: number;
  readonly token: Address;
  /** Atoms; 0 when it was refused. */
  readonly amount: bigint;
  readonly reason: ForcedReason;
  readonly id: number;
}

export interface CheckpointCut {
  readonly type: 'checkpointCut';
  readonly number: number;
}

/** Checkpoint `number` stands in a final block of the home chain. */
export interface CheckpointFinal {
  readonly type: 'checkpointFinal';
  readonly number: number;
  readonly digest: Hex;
}

/** Roles, chains, assets, books or credit changed. */
export interface DirectoryChanged {
  readonly type: 'directoryChanged';
  readonly what:
    | 'chain'
    | 'asset'
    | 'assetRisk'
    | 'token'
    | 'book'
    | 'creditTier'
    | 'accountCredit'
    | 'executor'
    | 'settler'
    | 'feeAccount'
    | 'insuranceAccount'
    | 'leader';
}

/** A vault entered exit mode, was cured (running), or closed for ever. While any is not running nothing is traded. */
export interface ExitModeChanged {
  readonly type: 'exitModeChanged';
  readonly chainId: number;
  readonly phase: 'running' | 'closing' | 'final';
  /** Milliseconds: when the keeper learnt that exit mode was entered. */
  readonly since: number;
}

/** What became of an observation of an asset's price. */
export interface PriceChanged {
  readonly type: 'priceChanged';
  /** Number in the Directory. */
  readonly asset: number;
  readonly verdict: PriceVerdict['code'] | 'price.unknownAsset';
  /** Whether what is seen is more than three times off what is believed. */
  readonly halted: boolean;
}

/** An account's maint health is below 0 without its orders, which are cancelled: it does nothing but reduce from now on. */
export interface LiquidationBegan {
  readonly type: 'liquidationBegan';
  readonly account: AccountId;
  /** Maint, in value units. */
  readonly health: bigint;
}

/** As before, but as many accounts as may be are liquidated already: this one waits until one of them is done. */
export interface LiquidationDelayed {
  readonly type: 'liquidationDelayed';
  readonly account: AccountId;
  /** Maint, in value units. */
  readonly health: bigint;
}

/** A piece of a liquidated account's position was closed in our own book, in the fills before this. */
export interface LiquidationTraded {
  readonly type: 'liquidationTraded';
  readonly account: AccountId;
  readonly book: number;
  readonly orderId: number;
  readonly side: Side;
  /** Worst price that it would have traded at, in ticks. */
  readonly price: number;
  /** Lots that it was for, and those that traded. */
  readonly quantity: number;
  readonly filled: number;
}

/** What our own books do not close at a fair price is to be closed elsewhere. Replaces what was said of the account before. */
export interface SettlementMarked {
  readonly type: 'settlementMarked';
  readonly account: AccountId;
  /** Numbers in the Directory. */
  readonly sell: number;
  readonly buy: number;
  /** Ledger units: at most so much may be given for at least so much. */
  readonly sellUnits: number;
  readonly buyUnits: number;
}

/** A liquidated account owes more than what it owns is worth, or, when it ends, no longer: then withdrawals go on. */
export interface BankruptcyChanged {
  readonly type: 'bankruptcyChanged';
  readonly account: AccountId;
  readonly bankrupt: boolean;
}

/** The insurance account takes what is left of an account that owns next to nothing, or, negative, pays what it owes. */
export interface InsuranceChanged {
  readonly type: 'insuranceChanged';
  readonly account: AccountId;
  /** Number in the Directory. */
  readonly asset: number;
  /** Ledger units. */
  readonly units: number;
}

/** Whoever owns something of an asset has lost a part of it, because somebody owes it and cannot pay. */
export interface LossShared {
  readonly type: 'lossShared';
  /** Who owed it. */
  readonly account: AccountId;
  /** Number in the Directory. */
  readonly asset: number;
  /** Ledger units that were owed, and those that were owned of the asset. */
  readonly units: number;
  readonly owned: bigint;
  /**
   * What each lost, rounded up; what that comes to beyond `units` has the insurance account. Their dust as well where `units`
   * are no less than `owned`.
   */
  readonly losses: readonly { readonly account: AccountId; readonly units: number }[];
}

/** Liquidation-end health is not below 0 any more, or nothing is owed any more. */
export interface LiquidationEnded {
  readonly type: 'liquidationEnded';
  readonly account: AccountId;
}

/** Whether an account has to be liquidated cannot be said: something that it owes has no price that may be used. */
export interface HealthUnknown {
  readonly type: 'healthUnknown';
  readonly account: AccountId;
}

/** What happens to a margin account because its health is too low, or cannot be said. */
export type MarginEvent =
  | LiquidationBegan
  | LiquidationDelayed
  | LiquidationTraded
  | SettlementMarked
  | BankruptcyChanged
  | InsuranceChanged
  | LossShared
  | LiquidationEnded
  | HealthUnknown;

export type CoreEvent =
  | OrderRested
  | OrderCancelled
  | OrderReduced
  | Fill
  | Credited
  | HeldUnlisted
  | WithdrawalChanged
  | ForcedCharged
  | ForcedAnswered
  | CheckpointCut
  | CheckpointFinal
  | DirectoryChanged
  | ExitModeChanged
  | PriceChanged
  | MarginEvent;

export interface Outcome {
  readonly result: CommandResult;
  readonly events: readonly CoreEvent[];
}
