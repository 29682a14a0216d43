// How much one checkpoint has to carry. It is one transaction, nodes take none above 128 KiB, and what was cut once cannot
// be cut smaller: if too much had ever changed, no checkpoint would land any more. So room is given out before it is used.
// Liquidations may use all of it, trading most. Deposits, requests and what else strangers can bring about stop at a half, so
// that nobody can buy the exchange a standstill with dust.
import { largestRecordBytes } from './ledger.ts';
import { LIQUIDATIONS_LIMIT } from './margin/marginState.ts';
import { LOSSES_LIMIT, type State } from './state.ts';

/** What the pools of the common nodes take. */
export const TRANSACTION_LIMIT_BYTES = 131_072;
/** Most withdrawals that one checkpoint carries, in its calldata and in an event; the others wait for the next one. */
export const POSTED_LIMIT = 128;
/** Most of its share of all accounts and nonces that a checkpoint carries: see `encodePart`. */
export const SHARE_LIMIT_BYTES = 24 * 1024;

// From above: each as if every number in it were as large as it can be.
/** Signatures, message and fees of the transaction, seal and padding, roles and counts. */
const ENVELOPE_BYTES = 3_072;
const CHAIN_BYTES = 72;
const SOURCE_BYTES = 48;
const ASSET_BYTES = 48;
/** Terms and price of an asset. */
const RISK_BYTES = 128;
const TOKEN_BYTES = 72;
const BOOK_BYTES = 40;
const CREDIT_TIER_BYTES = 9;
/** In the head while it is pending, and in calldata when it is posted. */
const PENDING_BYTES = 104;
const POSTED_BYTES = 224;
/** An answer to a forced withdrawal, or a rest that waits for one. */
const ANSWER_BYTES = 60;
/** An account that may be liquidated. */
const LIQUIDATION_BYTES = 40;
/** Losses that were shared and are not carried yet, as many as there may be. */
const LOSSES_BYTES = 40 * LOSSES_LIMIT;

/** Bytes that changed accounts and new nonces may take in the next checkpoint. */
export function changeRoom(state: State): number {
  const { ledger, books, margin } = state.exchange;
  const listings =
    CHAIN_BYTES * state.chains.size +
    SOURCE_BYTES * state.sources.size +
    (ASSET_BYTES + RISK_BYTES) * ledger.assets.length +
    TOKEN_BYTES * ledger.tokens.size +
    BOOK_BYTES * books.length +
    CREDIT_TIER_BYTES * margin.debtLimits.size;
  const posted = Math.min(state.queuedWithdrawals, POSTED_LIMIT);
  const withdrawals = PENDING_BYTES * state.withdrawals.size + POSTED_BYTES * posted;
  let reopened = 0;
  for (const requests of state.forced.values()) reopened += requests.reopened.length;
  const forced = ANSWER_BYTES * (state.answers.size + reopened);
  const liquidations = LIQUIDATION_BYTES * Math.min(ledger.marginAccounts.length, LIQUIDATIONS_LIMIT);
  const used = LOSSES_BYTES + ENVELOPE_BYTES + SHARE_LIMIT_BYTES + listings + withdrawals + forced + liquidations;
  return TRANSACTION_LIMIT_BYTES - used;
}

/** What trading may take of it: the rest is for liquidations, or whoever fills it with small trades would put them off. */
export function tradingRoom(state: State): number {
  return Math.floor((changeRoom(state) * 7) / 8);
}

/** Of the room, what is used already. */
export function usedRoom(state: State): number {
  return state.exchange.ledger.changedBytes / Math.max(1, changeRoom(state));
}

/** As much has changed as strangers may change between two cuts. */
export function isHalfFull(state: State): boolean {
  return usedRoom(state) >= 0.5;
}

/** How many entries of a vault's log may be taken in before the next cut, each of which changes one account at most. */
export function entriesThatFit(state: State): number {
  const { ledger } = state.exchange;
  const left = changeRoom(state) / 2 - ledger.changedBytes;
  return Math.max(0, Math.floor(left / largestRecordBytes(ledger)));
}
