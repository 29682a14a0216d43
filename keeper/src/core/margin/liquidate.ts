// Liquidation, from the first look to the end.
//
// Whenever a price was accepted or weights changed, every margin account is looked at, so many in one command that nobody
// waits for long; the others follow with the next command that is no batch. Who is below 0 of maint health
//
//   1. loses its open orders, which may be all that was wrong;
//   2. is from then on `liquidated`: it places nothing that does not reduce;
//   3. is closed piece by piece in our own books at fair prices (closeOnBook.ts), a few pieces at each look, so that makers
//      can quote anew in between;
//   4. has the rest marked for settlement elsewhere, and is tried again at each look;
//   5. when it owns next to nothing and still owes, is paid for by the insurance account and by all others (bankruptcy.ts);
//   6. is done when its liquidation-end health, with its stricter weights, is above −1 value unit.
//
// Nothing happens while what it owes has no price that may be used, or while a price is halted on which its health depends.
import { cancelAll } from '../cancelOrder.ts';
import { changeRoom, usedRoom } from '../checkpointRoom.ts';
import { BATCH_LIMIT } from '../commands.ts';
import type { CoreEvent } from '../events.ts';
import type { Exchange } from '../exchange.ts';
import { isWindingDown } from '../exitMode.ts';
import { type Asset, accountIdOf } from '../ledger.ts';
import type { State } from '../state.ts';
import { drainTape, LIQUIDATED } from '../tape.ts';
import { hasLiability, liquidationHealth } from './accountHealth.ts';
import { absorb, haltedAccounts, isHopeless, lastRisk } from './bankruptcy.ts';
import { nextPiece, settlementOf, tradePiece } from './closeOnBook.ts';
import { LIQUIDATIONS_LIMIT, type Liquidation, lookAtAll } from './marginState.ts';

/** Accounts that one command looks at, pieces and cancelled orders counting more: bounds how long everybody else waits. */
const WORK_LIMIT = 1_024;
const WORK_PER_PIECE = 16;
/** Pieces of one account at one look. */
const PIECES_PER_LOOK = 8;

/** What one command does. */
interface Look {
  readonly state: State;
  readonly exchange: Exchange;
  readonly events: CoreEvent[];
  /** Does an account depend on a halted price? */
  readonly isHalted: (account: number) => boolean;
  /** Of the next order: nobody else's in a command that is no batch. */
  orderId: number;
  work: number;
}

/** Looks at as many accounts as one command may, of those that are still to be looked at. */
export function liquidate(state: State, events: CoreEvent[]): void {
  const { exchange, sequence } = state;
  const { margin } = exchange;
  if (margin.looksLeft === 0) return;
  // Who owes something when the exchange winds down is closed out by the exit roots.
  if (isWindingDown(state)) {
    margin.looksLeft = 0;
    return;
  }
  exchange.changeLimit = changeRoom(state);
  const isHalted = haltedAccounts(exchange);
  const look: Look = { state, exchange, events, isHalted, orderId: sequence * BATCH_LIMIT, work: 0 };
  while (margin.looksLeft > 0 && look.work < WORK_LIMIT) lookAtNext(look);
}

/** Before a cut: what did not fit into the checkpoint goes on after it. */
export function resumeLooks(state: State): void {
  const { margin, ledger } = state.exchange;
  if (margin.liquidations.size > 0 && usedRoom(state) >= 1) lookAtAll(margin, ledger);
}

/** Accounts that are not liquidated although they are below 0, because as many as may be are. */
export function delayedLiquidations(exchange: Exchange): number {
  const { ledger, margin } = exchange;
  if (margin.liquidations.size < LIQUIDATIONS_LIMIT) return 0;
  const isDelayed = (account: number) =>
    !margin.liquidations.has(account) && (liquidationHealth(exchange, account, 'maint') ?? 0n) < 0n;
  return ledger.marginAccounts.filter(isDelayed).length;
}

function lookAtNext(look: Look): void {
  const { margin, ledger } = look.exchange;
  const account = ledger.marginAccounts[margin.nextLook % ledger.marginAccounts.length];
  margin.looksLeft--;
  margin.nextLook = (margin.nextLook + 1) % Math.max(1, ledger.marginAccounts.length);
  look.work++;
  if (account === undefined || look.isHalted(account)) return;
  const known = margin.liquidations.get(account) ?? begin(look, account);
  if (known !== undefined) close(look, account, known);
}

/** undefined: the account is well, with its orders or at least without them, or nothing can be said. */
function begin(look: Look, account: number): Liquidation | undefined {
  const { exchange, events } = look;
  const { margin, ledger, tape } = exchange;
  if (ledger.firstOrder[account] === 0 && !hasLiability(exchange, account)) return undefined;
  const withOrders = liquidationHealth(exchange, account, 'maint');
  if (withOrders === undefined) events.push({ type: 'healthUnknown', account: accountIdOf(ledger, account) });
  if (withOrders === undefined || withOrders >= 0n) return undefined;
  look.work += cancelAll(exchange, account, undefined, LIQUIDATED);
  drainTape(tape, ledger, events);
  const health = liquidationHealth(exchange, account, 'maint');
  if (health === undefined || health >= 0n) return undefined;
  if (margin.liquidations.size >= LIQUIDATIONS_LIMIT) {
    events.push({ type: 'liquidationDelayed', account: accountIdOf(ledger, account), health });
    return undefined;
  }
  const liquidation: Liquidation = { since: margin.now, bankruptSince: 0, settlement: undefined };
  margin.liquidations.set(account, liquidation);
  events.push({ type: 'liquidationBegan', account: accountIdOf(ledger, account), health });
  return liquidation;
}

/** Closes what can be closed now, and says what becomes of the rest. */
function close(look: Look, account: number, liquidation: Liquidation): void {
  const { exchange, events } = look;
  setBankrupt(look, account, liquidation);
  // Whoever is bankrupt stops withdrawals all the same.
  if (exchange.ledger.changedBytes >= exchange.changeLimit) return;
  for (let piece = 0; piece < PIECES_PER_LOOK; piece++) {
    const health = liquidationHealth(exchange, account, 'liquidationEnd');
    if (health === undefined) {
      events.push({ type: 'healthUnknown', account: accountIdOf(exchange.ledger, account) });
      return leaveRest(look, account, liquidation, health);
    }
    if (health > -1n) return end(look, account, liquidation);
    const traded = closePiece(look, account, health);
    if (traded === 'full') return;
    if (traded === 'nothing') return leaveRest(look, account, liquidation, health);
  }
  liquidation.settlement = undefined;
  setBankrupt(look, account, liquidation);
}

function closePiece(look: Look, account: number, health: bigint): 'traded' | 'nothing' | 'full' {
  const { exchange, events } = look;
  const { ledger, tape } = exchange;
  const piece = nextPiece(exchange, account, health);
  if (piece === undefined) return 'nothing';
  const orderId = look.orderId++;
  look.work += WORK_PER_PIECE;
  const filled = tradePiece(exchange, account, piece, orderId);
  drainTape(tape, ledger, events);
  const { book, side, limit: price, lots: quantity } = piece;
  if (filled === undefined) return 'full';
  const order = { book: book.id, orderId, side, price, quantity, filled };
  events.push({ type: 'liquidationTraded', account: accountIdOf(ledger, account), ...order });
  return filled > 0 ? 'traded' : 'nothing';
}

/** Our books close no more of it now. To wind it up takes no price of what it owes. */
function leaveRest(look: Look, account: number, liquidation: Liquidation, health: bigint | undefined): void {
  const { state, exchange, events } = look;
  setBankrupt(look, account, liquidation);
  if (!isHopeless(exchange, account, liquidation)) {
    if (health !== undefined) mark(look, account, liquidation, health);
  } else if (absorb(state, account, events)) {
    end(look, account, liquidation);
  }
}

/** Says so when what the account owes has become more, or less, than what it owns is worth. */
function setBankrupt({ exchange, events }: Look, account: number, liquidation: Liquidation): void {
  const risk = lastRisk(exchange, account);
  const bankrupt = risk !== undefined && risk.equity < 0n;
  if (bankrupt === liquidation.bankruptSince > 0) return;
  liquidation.bankruptSince = bankrupt ? exchange.margin.now : 0;
  events.push({ type: 'bankruptcyChanged', account: accountIdOf(exchange.ledger, account), bankrupt });
}

function mark({ exchange, events }: Look, account: number, liquidation: Liquidation, health: bigint): void {
  const { ledger } = exchange;
  const settlement = settlementOf(exchange, account, health);
  const before = liquidation.settlement;
  liquidation.settlement = settlement;
  if (settlement === undefined) return;
  const { asset, liability, given, repaid } = settlement;
  const isSame =
    before?.asset === asset && before.liability === liability && before.given === given && before.repaid === repaid;
  if (isSame) return;
  events.push({
    type: 'settlementMarked',
    account: accountIdOf(ledger, account),
    sell: (ledger.assets[asset] as Asset).id,
    buy: (ledger.assets[liability] as Asset).id,
    sellUnits: given,
    buyUnits: repaid,
  });
}

function end(look: Look, account: number, liquidation: Liquidation): void {
  const { exchange, events } = look;
  setBankrupt(look, account, liquidation);
  exchange.margin.liquidations.delete(account);
  events.push({ type: 'liquidationEnded', account: accountIdOf(exchange.ledger, account) });
}
