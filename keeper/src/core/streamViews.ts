// The messages of `/v1/stream`, as JSON-ready data: written by the HTTP adapter, read by the client.
import type { AccountId, Address } from './commands.ts';
import type { CancelReason, DirectoryChanged, ExitModeChanged, ForcedReason } from './events.ts';
import type {
  AccountView,
  AmountView,
  AtomsView,
  BookView,
  DepthView,
  ExitModeView,
  ExitProofView,
  FillView,
  OrderView,
  TradeView,
  WithdrawalView,
} from './views.ts';

/** What a client may follow. `book` is there for the channels of one book, `account` and `executor` follow the session. */
export type StreamTopic =
  | { readonly channel: 'trades' | 'book'; readonly book: number }
  | { readonly channel: 'account' | 'executor' };

/**
 * What a client sends. `from` is the `seq` that it saw last on this topic; the token is that of a session.
 * `cancelOnDisconnect`, for the executor: when the line ends without `unsubscribe`, all open orders are cancelled.
 */
export type StreamRequest =
  | (StreamTopic & {
      readonly op: 'subscribe';
      readonly token?: string;
      readonly from?: number;
      readonly cancelOnDisconnect?: boolean;
    })
  | (StreamTopic & { readonly op: 'unsubscribe' })
  | { readonly op: 'ping' };

/** Lots that an order lost without a trade. */
interface OrderLossView {
  readonly orderId: string;
  readonly address: Address;
  readonly subaccount: number;
  readonly book: number;
  readonly side: 'buy' | 'sell';
  readonly price: number;
  readonly quantity: number;
  readonly reason: CancelReason;
}

/** One thing that happened to one account. Every event says whose it is. */
export type AccountEventView =
  | { readonly type: 'orderRested'; readonly order: OrderView }
  | (OrderLossView & { readonly type: 'orderCancelled' })
  /** `remaining`: lots that are left. */
  | (OrderLossView & { readonly type: 'orderReduced'; readonly remaining: number })
  | {
      readonly type: 'fill';
      readonly address: Address;
      readonly fill: FillView;
      /** Lots that are left of a maker's order; null for a taker, whose `orderRested` or `orderCancelled` follows. */
      readonly remaining: number | null;
    }
  | {
      readonly type: 'credited';
      readonly address: Address;
      readonly subaccount: number;
      readonly deposit: AtomsView;
      readonly logIndex: number;
    }
  | {
      readonly type: 'heldUnlisted';
      readonly address: Address;
      readonly subaccount: number;
      readonly chainId: number;
      readonly token: Address;
      readonly atoms: string;
      readonly logIndex: number;
    }
  | { readonly type: 'withdrawalChanged'; readonly withdrawal: WithdrawalView }
  | {
      readonly type: 'forcedCharged' | 'forcedReturned';
      readonly address: Address;
      readonly subaccount: number;
      readonly payment: AtomsView;
      /** Of the request, at the vault of the payment's chain. */
      readonly id: number;
    }
  | {
      readonly type: 'forcedAnswered';
      readonly address: Address;
      readonly subaccount: number;
      readonly chainId: number;
      readonly token: Address;
      /** What the vault paid. */
      readonly atoms: string;
      readonly reason: ForcedReason;
      readonly id: number;
    }
  | MarginEventView;

/** What happens to a margin account because its health is too low. See docs/margin.md. */
export type MarginEventView = AccountId &
  /** Maint health, in units of 10^−valueDecimals US dollars; below 0. */

  /** Or: it would have begun, but as many accounts as may be are liquidated already. */
  (
    | {
        readonly type: 'liquidationBegan' | 'liquidationDelayed';
        readonly health: string;
        readonly valueDecimals: number;
      }
    /** A piece of the position was closed, in the fills before this. */
    | {
        readonly type: 'liquidationTraded';
        readonly book: number;
        readonly orderId: string;
        readonly side: 'buy' | 'sell';
        /** Worst price that it would have traded at. */
        readonly price: number;
        /** Lots that it was for, and those that traded. */
        readonly quantity: number;
        readonly filled: number;
      }
    /** Books do not close this: at most `sell` is to be given for at least `buy`. */
    | { readonly type: 'settlementMarked'; readonly sell: AmountView; readonly buy: AmountView }
    /** It owes more than what it owns is worth, or no longer: until then nobody withdraws. */
    | { readonly type: 'bankruptcyChanged'; readonly bankrupt: boolean }
    /** What the insurance account takes of the rest, or, negative, pays of what is owed. */
    | { readonly type: 'insuranceChanged'; readonly change: AmountView }
    /** What it owed and could not pay was lost by those who owned `owned` units of the asset, each ⌈units · debt / owned⌉. */
    | { readonly type: 'debtShared'; readonly debt: AmountView; readonly owned: string }
    /** What this account has lost thereby. Not told to the executor, who knows the formula. */
    | { readonly type: 'lossShared'; readonly lost: AmountView }
    | { readonly type: 'liquidationEnded' }
    /** Something that the account owes has no price that may be used: whether it is liquidated cannot be said. */
    | { readonly type: 'healthUnknown' }
  );

export interface DirectoryChangedView {
  readonly type: 'directoryChanged';
  readonly what: DirectoryChanged['what'];
}

/** Told to everybody: while any vault is not running nothing is traded, and nobody may ask for a withdrawal. */
export type ExitModeChangedView = ExitModeChanged;

/** Levels of a book that changed since the message before; a quantity of "0" removes the level. */
export type BookDelta = Pick<DepthView, 'bids' | 'asks'>;

export interface AccountSnapshot {
  readonly address: Address;
  readonly accounts: readonly AccountView[];
  readonly orders: readonly OrderView[];
  readonly withdrawals: readonly WithdrawalView[];
  /** Vaults that are in exit mode. */
  readonly exits: readonly ExitModeView[];
}

interface Position {
  /** Journal sequence up to which this topic is told. */
  readonly seq: number;
  /** `seq` of the message before on this topic; null: start anew. */
  readonly prevSeq: number | null;
  /** Milliseconds. */
  readonly time: number;
}

type Told<T, D> = Position & StreamTopic & { readonly type: T; readonly data: D };

/** Everything in `data` happened after `prevSeq` and up to `seq`; trades and events are oldest first. */
export type StreamMessage =
  | (Told<'snapshot', { readonly trades: readonly TradeView[] }> & { readonly channel: 'trades' })
  | (Told<'delta', { readonly trades: readonly TradeView[] }> & { readonly channel: 'trades' })
  | (Told<'snapshot', BookDelta> & { readonly channel: 'book' })
  | (Told<'delta', BookDelta> & { readonly channel: 'book' })
  | (Told<'snapshot', AccountSnapshot> & { readonly channel: 'account' })
  | (Told<'delta', { readonly events: readonly (AccountEventView | ExitModeChangedView)[] }> & {
      readonly channel: 'account';
    })
  /** After each signing of exit roots, and soon after the subscription began. `seq` stays what it was. */
  | (Told<'exitProof', ExitProofView> & { readonly channel: 'account' })
  /** A withdrawal waits for its vault's limit: `fitsAt` became known, or moved by more than a minute. `seq` stays what it was. */
  | (Told<'withdrawalWaits', WithdrawalView> & { readonly channel: 'account' })
  | (Told<'snapshot', { readonly books: readonly BookView[] }> & { readonly channel: 'executor' })
  | (Told<'delta', { readonly events: readonly (AccountEventView | DirectoryChangedView | ExitModeChangedView)[] }> & {
      readonly channel: 'executor';
    })
  /** `from` was understood: the messages after it follow. */
  | Told<'resumed', Record<string, never>>
  /** `from` is older than what is kept, or unknown: a snapshot follows, what lies between is lost to this stream. */
  | Told<'gap', { readonly from: number; readonly oldest: number }>;

/** Answers to what the client sent, outside any topic. */
export type StreamAnswer =
  | (StreamTopic & { readonly type: 'unsubscribed' })
  | { readonly type: 'pong'; readonly time: number }
  | {
      readonly type: 'error';
      readonly code: string;
      readonly message: string;
      readonly details: Readonly<Record<string, string | number>>;
      readonly retryable: boolean;
      /** Which subscription ended or did not begin; absent when the message was not understood. */
      readonly topic?: StreamTopic;
    };
