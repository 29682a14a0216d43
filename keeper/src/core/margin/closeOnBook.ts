// A liquidated account's position in our own books: which trade helps it most, at what price and how much of it. As an IOC
// of bounded price and size that only reduces: what is sold is owned, and what is bought is owed, up to a whole lot.
import { MAX_SAFE } from '../assets.ts';
import { affordableLots } from '../budgetOrder.ts';
import { BUY, EXPIRE_MAKER, SELL, type Side } from '../commands.ts';
import { type Exchange, NOT_STOPPED } from '../exchange.ts';
import { NO_ACCOUNT } from '../ledger.ts';
import { crosses, trade } from '../match.ts';
import { ONE_USD } from '../oracle/observe.ts';
import { BOOK_OPEN, type Book } from '../orderBook.ts';
import { CHECKPOINT_FULL } from '../tape.ts';
import { balancesOf } from './accountHealth.ts';
import { factorOf, liquidationFeePpm, worstFairPrice } from './fairPrice.ts';
import { divUp, WAD } from './fixedPoint.ts';
import type { HealthTerms } from './health.ts';
import { type Close, closeAmounts, FACTOR_ONE } from './liquidation.ts';
import { lastTerms, type MarginState, type Settlement, usablePrice } from './marginState.ts';

/** Value units of one piece: the largest size that the oracle asks the markets for. */
export const LARGEST_PIECE_VALUE = 100_000n * ONE_USD;

/** A trade that helps: one asset is given for another that is owed, or, if nothing is owed of it, counts for more. */
interface Move {
  readonly book: Book;
  readonly side: Side;
  /** Indices of assets. */
  readonly given: number;
  readonly got: number;
  /** Health that each value unit of what is got brings, in 10⁻³⁰. */
  readonly gain: bigint;
}

/** What is known of the account while it is decided what to close. */
interface Position {
  readonly margin: MarginState;
  readonly health: bigint;
  readonly balances: readonly bigint[];
  readonly terms: readonly (HealthTerms | undefined)[];
}

/** One IOC. Prices in ticks, quantities in lots. */
export interface Piece {
  readonly book: Book;
  readonly side: Side;
  readonly limit: number;
  readonly lots: number;
}

/** What to do next for an account in our own books; undefined: nothing that would trade now. */
export function nextPiece(exchange: Exchange, account: number, health: bigint): Piece | undefined {
  if (exchange.ledger.feeAccount === NO_ACCOUNT) return undefined;
  const position = positionOf(exchange, account, health);
  const moves = exchange.books
    .filter(({ status }) => status === BOOK_OPEN)
    .flatMap((book) => [moveOf(position, book, SELL), moveOf(position, book, BUY)])
    .filter((move) => move !== undefined)
    .sort((one, other) => (one.gain < other.gain ? 1 : one.gain > other.gain ? -1 : 0));
  for (const move of moves) {
    const piece = pieceOf(exchange, position, move);
    if (piece !== undefined && crosses(piece.book, piece.side, piece.limit)) return piece;
  }
  return undefined;
}

/** Trades a piece. Answers the lots that traded; undefined: the next checkpoint has no room for more. */
export function tradePiece(
  exchange: Exchange,
  account: number,
  { book, side, limit, lots }: Piece,
  orderId: number,
): number | undefined {
  const { taker } = exchange;
  taker.account = account;
  taker.orderId = orderId;
  taker.side = side;
  taker.limit = limit;
  taker.feeLimitPpm = book.takerFeePpm;
  // Its orders are cancelled: it meets none of its own.
  taker.selfTrade = EXPIRE_MAKER;
  taker.lots = lots;
  taker.traded = 0;
  taker.stopped = NOT_STOPPED;
  trade(exchange, book);
  return taker.stopped === CHECKPOINT_FULL ? undefined : taker.traded;
}

/** What has to be closed elsewhere: the pair that helps most. undefined: nothing that has a price is owned, or owed. */
export function settlementOf(exchange: Exchange, account: number, health: bigint): Settlement | undefined {
  const position = positionOf(exchange, account, health);
  let best: (Settlement & { readonly gain: bigint }) | undefined;
  for (const [asset, owned] of position.balances.entries()) {
    for (const [liability, owed] of position.balances.entries()) {
      const gain = owned > 0n && owed < 0n ? gainOf(position, asset, liability) : undefined;
      if (gain === undefined || (best !== undefined && gain <= best.gain)) continue;
      const { given, repaid } = closeOf(position, asset, liability);
      if (repaid > 0n) best = { asset, liability, given: Number(given), repaid: Number(repaid), gain };
    }
  }
  if (best === undefined) return undefined;
  const { gain: _, ...settlement } = best;
  return settlement;
}

function positionOf(exchange: Exchange, account: number, health: bigint): Position {
  const { margin, ledger } = exchange;
  const terms = lastTerms(margin, 'liquidationEnd', ledger.assets.length).map((known, index) =>
    // What is owned at a price of yesterday still counts, but nobody may sell it at that.
    usablePrice(margin, index) === undefined ? undefined : known,
  );
  return { margin, health, balances: balancesOf(exchange, account), terms };
}

function moveOf(position: Position, book: Book, side: Side): Move | undefined {
  const given = side === SELL ? book.base : book.quote;
  const got = side === SELL ? book.quote : book.base;
  if ((position.balances[given] as bigint) <= 0n) return undefined;
  const gain = gainOf(position, given, got);
  if (gain === undefined) return undefined;
  const isOwed = (position.balances[got] as bigint) < 0n;
  // A debt has to be paid all the same. Anything else is only worth while if it helps.
  return isOwed || gain > 0n ? { book, side, given, got, gain } : undefined;
}

function gainOf({ margin, balances, terms }: Position, given: number, got: number): bigint | undefined {
  const paid = terms[given];
  const bought = terms[got];
  if (paid === undefined || bought === undefined) return undefined;
  const weight = (balances[got] as bigint) < 0n ? bought.liabilityWeight : bought.assetWeight;
  return weight * FACTOR_ONE - paid.assetWeight * factorOf(margin, given, got);
}

/** How much of the one is given for how much of the other. What is not owed is bought as if all that helps were owed. */
function closeOf({ margin, health, balances, terms }: Position, given: number, got: number): Close {
  const asset = terms[given] as HealthTerms;
  const bought = terms[got] as HealthTerms;
  const balance = balances[got] as bigint;
  const isOwed = balance < 0n;
  return closeAmounts({
    health,
    owned: balances[given] as bigint,
    owed: isOwed ? -balance : BigInt(MAX_SAFE),
    asset,
    liability: isOwed ? bought : { ...bought, liabilityWeight: bought.assetWeight, liabilityPrice: bought.assetPrice },
    assetFeePpm: liquidationFeePpm(margin, given),
    liabilityFeePpm: liquidationFeePpm(margin, got),
  });
}

/** Lots that close as much as is needed, in whole lots, at most one piece, and no more than can be given. */
function pieceOf(exchange: Exchange, position: Position, { book, side, given, got }: Move): Piece | undefined {
  const limit = worstFairPrice(exchange, book, side, book.takerFeePpm);
  if (limit === undefined || limit === 0) return undefined;
  const close = closeOf(position, given, got);
  const sold = side === SELL;
  const price = (position.terms[book.base] as HealthTerms)[sold ? 'assetPrice' : 'liabilityPrice'];
  const lot = BigInt(book.lotSize);
  const wanted = divUp(sold ? close.given : close.repaid, lot);
  const largest = divUp(LARGEST_PIECE_VALUE * WAD, lot * price);
  const owned = Number(position.balances[given] as bigint);
  const lotCost = limit * book.tickSize;
  const affordable = sold ? Math.floor(owned / book.lotSize) : affordableLots(owned, lotCost, book.takerFeePpm);
  // With its fee, an order must not leave the range either; no fee is more than the price.
  const inRange = Math.floor(MAX_SAFE / 2 / Math.max(lotCost, book.lotSize));
  const lots = Math.min(Number(wanted), Number(largest), affordable, inRange);
  return lots > 0 ? { book, side, limit, lots } : undefined;
}
