// What can happen to the exchange, as data. Every change of state is one of these commands, numbered and journalled
// before it is applied; replaying them gives the same state, byte for byte.
import type { Observation } from './oracle/observe.ts';

/** 20-byte address as lower-case hex. The core never sees checksummed addresses. */
export type Address = `0x${string}`;
/** Nobody. */
export const ZERO_ADDRESS: Address = `0x${'00'.repeat(20)}`;
/** Bytes as lower-case hex. */
export type Hex = `0x${string}`;

/** Who owns balances: an address and a small number, 0 by default. */
export interface AccountId {
  readonly address: Address;
  readonly subaccount: number;
}

export const ACTION_PLACE = 0;
export const ACTION_CANCEL = 1;
export const ACTION_CANCEL_ALL = 2;
export const ACTION_AMEND = 3;
export const ACTION_CANCEL_ALL_AFTER = 4;

export const BUY = 0;
export const SELL = 1;
export type Side = typeof BUY | typeof SELL;

export const GOOD_TILL_CANCELLED = 0;
export const GOOD_TILL_TIME = 1;
export const IMMEDIATE_OR_CANCEL = 2;
export const FILL_OR_KILL = 3;

// Bits of `Action.flags`.
export const POST_ONLY = 1;
export const REDUCE_ONLY = 2;
export const QUOTE_BUDGET = 4;
/** Bits 3 and 4: self-trade prevention. */
export const SELF_TRADE_SHIFT = 3;
export const FLAGS_LIMIT = 31;

// Self-trade prevention: what goes when an order meets one of the same account (address and subaccount).
export const EXPIRE_MAKER = 0;
export const EXPIRE_TAKER = 1;
export const EXPIRE_BOTH = 2;
/** Both get smaller by what would have traded. */
export const DECREMENT = 3;

/** Most items that one batch may hold; an order id is `sequence · BATCH_LIMIT + item`. */
export const BATCH_LIMIT = 1024;

/**
 * One item of a batch: the fields of the typed message `Action`, in its order. All numbers are safe integers; unused
 * ones are 0. `price` is in ticks, `quantity` in lots (a budget in quote units), `expiry` in milliseconds.
 */
export interface Action {
  readonly kind: number;
  readonly account: Address;
  readonly subaccount: number;
  /** 0 means all books, for a cancel-all. */
  readonly book: number;
  readonly side: number;
  readonly timeInForce: number;
  /** bit 0 post-only, 1 reduce-only, 2 quantity is a quote budget, 3–4 self-trade prevention. */
  readonly flags: number;
  readonly price: number;
  /** Of an amend: how many lots the order is for, those included that were filled; 0 leaves it, as for `price`. */
  readonly quantity: number;
  readonly orderId: number;
  readonly clientId: number;
  /** Of an order that is good till a time: that time. Of a cancel-all-after: how long from now; 0 switches it off. */
  readonly expiry: number;
  readonly maxFeePpm: number;
}

/** An action without meaning: whoever makes one names the fields that he uses. */
export const UNUSED_ACTION: Omit<Action, 'kind' | 'account'> = {
  subaccount: 0,
  book: 0,
  side: 0,
  timeInForce: 0,
  flags: 0,
  price: 0,
  quantity: 0,
  orderId: 0,
  clientId: 0,
  expiry: 0,
  maxFeePpm: 0,
};

/** Trades for users, signed by the executor. `executor` is the recovered signer. */
export interface BatchCommand {
  readonly type: 'batch';
  /** Sequencer's time in milliseconds; never smaller than that of the command before. */
  readonly time: number;
  readonly executor: Address;
  readonly epoch: number;
  readonly nonce: number;
  /** Milliseconds. */
  readonly deadline: number;
  readonly makersFirst: boolean;
  readonly actions: readonly Action[];
  /** The fields above but for the time, as `encodeBatch` writes them, where somebody has done so already. */
  readonly encoded?: Uint8Array;
}

/** A user's typed `WithdrawalRequest`, its signature already checked. Amount in the chain's atoms. */
export interface WithdrawalRequestCommand {
  readonly type: 'requestWithdrawal';
  readonly time: number;
  readonly account: Address;
  readonly subaccount: number;
  readonly chainId: number;
  readonly token: Address;
  readonly amount: bigint;
  readonly recipient: Address;
  readonly nonce: bigint;
  /** Accept until, in milliseconds. */
  readonly deadline: number;
}

/** Takes back a withdrawal that is still queued (not yet in a checkpoint). */
export interface WithdrawalCancelCommand {
  readonly type: 'cancelWithdrawal';
  readonly time: number;
  readonly account: Address;
  readonly chainId: number;
  readonly nonce: bigint;
}

/** One entry of a contract's log, exactly as emitted. Its index follows from its place in the command. */
export interface LogEntry {
  /** topic0: the event's signature hash. */
  readonly kind: Hex;
  /** The log's data: ABI encoding of everything but the index. */
  readonly data: Uint8Array;
}

/**
 * What one contract's log says up to one final block. The entries were proved against the head that a quorum of RPCs
 * reports at that block; the core replays the hash chain once more. `entries` may be empty: then the command says that
 * nothing more happened up to that block, which is what lets an expired withdrawal be credited back. Where more entries
 * follow than the next checkpoint has room for, `block` is that of the command before, at time 0: it says nothing new.
 */
export interface LogCommand {
  readonly type: 'log';
  readonly time: number;
  readonly chainId: number;
  readonly contract: Address;
  readonly firstIndex: number;
  readonly entries: readonly LogEntry[];
  /**
   * Those who deposited from this chain for the first time and are contracts there: the same address on another chain may be
   * somebody else's.
   */
  readonly contracts: readonly Address[];
  readonly block: Block;
}

export interface Block {
  readonly number: number;
  readonly hash: Hex;
  /** Seconds, as chains count. */
  readonly timestamp: number;
}

/** What a vault says, in a final block, of a forced withdrawal that waits for its answer. Amounts in atoms. */
export interface AnswerForcedCommand {
  readonly type: 'answerForced';
  readonly time: number;
  readonly chainId: number;
  readonly id: number;
  readonly account: Address;
  readonly token: Address;
  /** What is asked for and not paid yet. */
  readonly open: bigint;
  /** Of the token's limit of withdrawals. */
  readonly capacity: bigint;
  /** Whoever asked holds a key to the address, which is the same on every chain; a contract's is not. */
  readonly isKeyHolder: boolean;
  /** The token refuses transfers to the recipient. */
  readonly transferFails: boolean;
}

/** Freezes the next checkpoint: everything queued goes into it. */
export interface CutCheckpointCommand {
  readonly type: 'cutCheckpoint';
  readonly time: number;
}

/**
 * Nothing but time: orders that are due expire, and dead-man switches fire. Every other command does the same first. And
 * liquidations go on that the command before had no time for.
 */
export interface TickCommand {
  readonly type: 'tick';
  readonly time: number;
}

/** The executor's last stream that asked for it is gone: open orders of everybody are cancelled, so many at a time. */
export interface ExecutorLostCommand {
  readonly type: 'executorLost';
  readonly time: number;
  readonly executor: Address;
}

/** What the oracle saw. The core asks nobody: it judges what it is told. */
export interface PricesCommand {
  readonly type: 'prices';
  readonly time: number;
  /** `asset`: number in the Directory. */
  readonly prices: readonly (Observation & { readonly asset: number })[];
}

export type Command =
  | BatchCommand
  | WithdrawalRequestCommand
  | WithdrawalCancelCommand
  | LogCommand
  | AnswerForcedCommand
  | CutCheckpointCommand
  | TickCommand
  | ExecutorLostCommand
  | PricesCommand;
