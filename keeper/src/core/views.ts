// What the API answers, as JSON-ready data: integers that may grow large are decimal strings, symbol and decimals stand
// beside every amount, addresses are lower-case hex. Times in milliseconds unless a comment says seconds.
import type { Address, Hex } from './commands.ts';
import type { WithdrawalStatus } from './events.ts';
import type { ExitRootsMessage } from './typedMessages.ts';

/** An amount in ledger units of an asset: value = amount / 10^decimals. */
export interface AmountView {
  readonly asset: number;
  readonly symbol: string;
  readonly decimals: number;
  readonly amount: string;
}

/** An amount in atoms of one chain's token. */
export interface AtomsView {
  readonly chainId: number;
  readonly token: Address;
  readonly asset: number;
  readonly symbol: string;
  readonly decimals: number;
  readonly atoms: string;
}

export interface AssetView {
  readonly asset: number;
  readonly symbol: string;
  readonly ledgerDecimals: number;
  /** What the Directory says for margin accounts, see docs/margin.md; null until it has. */
  readonly risk: {
    readonly initAssetWeightPpm: number;
    readonly initLiabilityWeightPpm: number;
    readonly maintAssetWeightPpm: number;
    readonly maintLiabilityWeightPpm: number;
    readonly liquidationFeePpm: number;
    /** Decimals of the value units of both scale starts. */
    readonly valueDecimals: number;
    readonly depositScaleStart: string;
    readonly borrowScaleStart: string;
    /** Ledger units. */
    readonly borrowCap: string;
  } | null;
  readonly tokens: readonly { readonly chainId: number; readonly token: Address; readonly decimals: number }[];
}

/** What the exchange believes of an asset's price, and what the asset counts for in margin accounts. */
export interface PriceView {
  readonly asset: number;
  readonly symbol: string;
  readonly ledgerDecimals: number;
  /** Decimals of value units: 10⁻⁶ of a US dollar (USDC). */
  readonly valueDecimals: number;
  /**
   * Value units · 10⁻¹⁸ per ledger unit: what a large sale brings, what a large purchase costs, and the stable price. null until
   * a price was believed.
   */
  readonly price: { readonly bid: string; readonly ask: string; readonly stable: string; readonly time: number } | null;
  /**
   * fresh: good for everything. stale: adds no risk any more. unusable: too old, or never seen. halted: what is seen is more
   * than three times off, and waits an hour to be believed.
   */
  readonly status: 'fresh' | 'stale' | 'unusable' | 'halted';
  /** In millionths; null until the Directory said so. */
  readonly weights: {
    readonly initAsset: number;
    readonly initLiability: number;
    readonly maintAsset: number;
    readonly maintLiability: number;
  } | null;
}

export type BookStatusName = 'open' | 'postOnly' | 'cancelOnly' | 'closed';

export interface BookView {
  readonly book: number;
  readonly base: { readonly asset: number; readonly symbol: string; readonly decimals: number };
  readonly quote: { readonly asset: number; readonly symbol: string; readonly decimals: number };
  /** Base units per lot. */
  readonly lotSize: string;
  /** Quote units per (lot × tick). */
  readonly tickSize: string;
  readonly makerFeePpm: number;
  readonly takerFeePpm: number;
  readonly status: BookStatusName;
}

/** Levels from the best outwards; price in ticks, quantity in lots. */
export interface DepthView {
  readonly book: number;
  /** Sequence of the newest command that changed the state. */
  readonly sequence: number;
  readonly bids: readonly { readonly price: number; readonly quantity: string; readonly orders: number }[];
  readonly asks: readonly { readonly price: number; readonly quantity: string; readonly orders: number }[];
}

export interface BalanceView extends AmountView {
  /** Of `amount`, put aside for open orders. */
  readonly reserved: string;
  /** amount − reserved. */
  readonly free: string;
  /** Below one ledger unit, in 10⁻¹⁸ of the asset; pays out with the next withdrawal. */
  readonly dust: string;
}

/** How safe an account is. Values in units of 10^−valueDecimals US dollars; null: a price is missing. See docs/margin.md. */
export interface MarginHealthView {
  readonly valueDecimals: number;
  /** Below 0 nothing may be done that lowers it. */
  readonly initHealth: string | null;
  /** Below 0 the account is liquidated. */
  readonly maintHealth: string | null;
  readonly assets: string | null;
  readonly liabilities: string | null;
  /** assets / (assets − liabilities), in millionths; null without equity. */
  readonly leveragePpm: string | null;
  /** By how much assets may fall against liabilities, in millionths; null without assets. */
  readonly distanceToLiquidationPpm: string | null;
}

export interface AccountCreditView {
  /** 0: none any more; what is owed stays owed. */
  readonly tier: number;
  /** Value of all that the account may owe, in value units. */
  readonly debtLimit: string;
}

export interface SimulationView {
  readonly before: MarginHealthView;
  readonly after: MarginHealthView;
  /** Whether a margin account may do it: init health afterwards is at least 0, or has not fallen. */
  readonly allowed: boolean;
}

/** What is done about an account whose maint health fell below 0. */
export interface LiquidationView {
  readonly since: number;
  /** It owes more than it owns is worth: nobody withdraws until that is over. */
  readonly bankrupt: boolean;
  /** What our own books did not close: at most `sell` is to be given for at least `buy`. */
  readonly settlement: { readonly sell: AmountView; readonly buy: AmountView } | null;
}

export interface AccountView {
  readonly address: Address;
  readonly subaccount: number;
  readonly balances: readonly BalanceView[];
  /** Deposits that are held: of tokens that no asset lists yet, or whose turn to be credited has not come since. */
  readonly unlisted: readonly { readonly chainId: number; readonly token: Address; readonly atoms: string }[];
  /** null: the account is funded. */
  readonly margin:
    | (MarginHealthView &
        AccountCreditView & {
          /** null while it is not liquidated. */
          readonly liquidation: LiquidationView | null;
        })
    | null;
}

export interface OrderView {
  readonly orderId: string;
  readonly clientId: string;
  readonly address: Address;
  readonly subaccount: number;
  readonly book: number;
  readonly side: 'buy' | 'sell';
  /** Ticks. */
  readonly price: number;
  /** Lots that it was placed or last amended for, and those of them that still rest. */
  readonly quantity: number;
  readonly remaining: number;
  /** Milliseconds; null: good till cancelled. */
  readonly expiry: number | null;
}

export interface FillView {
  /** Journal sequence of the command that made it. */
  readonly sequence: number;
  readonly time: number;
  readonly book: number;
  readonly orderId: string;
  readonly subaccount: number;
  readonly side: 'buy' | 'sell';
  readonly role: 'maker' | 'taker';
  readonly price: number;
  readonly quantity: number;
  readonly fee: AmountView;
}

export interface TradeView {
  readonly sequence: number;
  readonly time: number;
  readonly book: number;
  readonly takerSide: 'buy' | 'sell';
  readonly price: number;
  readonly quantity: number;
}

/** Lengths of candles, in milliseconds. They start at multiples of their length since 1970, in UTC. */
export const CANDLE_INTERVALS = {
  '1m': 60_000,
  '5m': 300_000,
  '15m': 900_000,
  '1h': 3_600_000,
  '4h': 14_400_000,
  '1d': 86_400_000,
} as const;
export type CandleInterval = keyof typeof CANDLE_INTERVALS;

/** What was traded in one book within a time; prices in ticks. */
export interface CandleView {
  readonly book: number;
  readonly interval: CandleInterval;
  /** Milliseconds. */
  readonly start: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** Lots. */
  readonly volume: string;
  /** Σ lots · ticks; times the book's `tickSize` it is quote units. */
  readonly turnover: string;
  readonly trades: number;
}

/** Orders of one side of a book in the order in which they would be matched. */
export interface BookOrdersView {
  readonly book: number;
  /** Sequence of the newest command that changed the state. */
  readonly sequence: number;
  readonly orders: readonly OrderView[];
}

export interface WithdrawalView extends AtomsView {
  readonly address: Address;
  readonly subaccount: number;
  readonly recipient: Address;
  readonly nonce: string;
  readonly status: WithdrawalStatus;
  readonly checkpoint: number;
  /** Seconds; 0 while queued. */
  readonly deadline: number;
  /** When the vault's limit lets it out, in seconds, if that is what it waits for and will not be waited for in vain. */
  readonly fitsAt: number | null;
}

/** A vault that is in exit mode. While there is one, nothing is traded and nobody may ask for a withdrawal. */
export interface ExitModeView {
  readonly chainId: number;
  /** closing: it may still be cured. final: what is there is claimed, for ever. */
  readonly phase: 'closing' | 'final';
  /** When the keeper learnt that it was entered. */
  readonly since: number;
}

/** Per asset, in 10⁻¹⁸ of the asset: what accounts own against what the vaults hold. */
export interface SolvencyView {
  readonly asset: number;
  readonly symbol: string;
  /** Σ balances and dust of all accounts, fee and insurance included. */
  readonly accounts: string;
  /** Σ withdrawals deducted and not yet seen paid. */
  readonly withdrawals: string;
  /** Σ over chains of what the registries' logs say they hold. */
  readonly vaults: string;
  /** vaults − accounts − withdrawals: 0 when every unit is accounted for. */
  readonly difference: string;
  readonly perChain: readonly AtomsView[];
}

/** What an account needs to take what is his from the vaults without the keeper; amounts in atoms. See docs/exit.md. */
export interface ExitProofView {
  readonly address: Address;
  /** Signed by both keys; whoever has it can post it to every vault. */
  readonly roots: ExitRootsMessage;
  readonly enclaveSignature: Hex;
  readonly leaderSignature: Hex;
  readonly chains: readonly {
    readonly chainId: number;
    readonly registry: Address;
    readonly treeRoot: Hex;
    /** Entries of the vault's log that the checkpoint knew. */
    readonly processedIndex: number;
    /** From the chain's leaf to `roots.root`. */
    readonly rootProof: readonly Hex[];
    /** Every token of the vault. */
    readonly tokens: readonly {
      readonly token: Address;
      /** null while no asset lists the token. */
      readonly symbol: string | null;
      readonly decimals: number | null;
      readonly offsetTotal: string;
      readonly transitTotal: string;
      /** To `treeRoot`. */
      readonly proof: readonly Hex[];
    }[];
    /** What the account ever touched there. */
    readonly leaves: readonly {
      readonly token: Address;
      readonly offset: string;
      readonly transit: string;
      readonly salt: Hex;
      /** To `treeRoot`. */
      readonly proof: readonly Hex[];
    }[];
  }[];
}

export interface CheckpointView {
  readonly number: number;
  readonly epoch: number;
  readonly digest: Hex;
  readonly stateHash: Hex;
  readonly journalIndex: number;
}
