// Forced withdrawals: what an account asks of its vault when the keeper does not answer it, and the vault closes unless the
// keeper answers within 7 days. The vault keeps the requests; here stand their number and the answers that are not
// executed yet, so that nobody can fill the state with requests.
//
// queued: decided and charged, for the next checkpoint → posted: stands in checkpoint `checkpoint` → final: that checkpoint
// is final, both keys sign. The vault's entry ends it, and when only a part was paid, the rest is to be decided anew.
import { assert } from './assertion.ts';
import { wadPer } from './assets.ts';
import { cancelAll } from './cancelOrder.ts';
import { isHalfFull } from './checkpointRoom.ts';
import type { Address, AnswerForcedCommand } from './commands.ts';
import { type CommandResult, type CoreEvent, FORCED_REASONS, type ForcedReason } from './events.ts';
import type { Exchange } from './exchange.ts';
import { isOver, windDownRefusal } from './exitMode.ts';
import { creditHeldOf } from './heldDeposits.ts';
import {
  type Asset,
  accountsOf,
  addNet,
  addWad,
  balanceWad,
  freeWad,
  isMargin,
  type Net,
  openToken,
  type VaultToken,
} from './ledger.ts';
import type { RegistryEntry } from './logEntries.ts';
import { hasLiability } from './margin/accountHealth.ts';
import { withdrawalStop } from './margin/bankruptcy.ts';
import { divUp, maxOf } from './margin/fixedPoint.ts';
import { chainBit, type ForcedAnswer, type ForcedRequests, type State } from './state.ts';
import { REQUESTED } from './tape.ts';
import type { ForcedAnswerMessage } from './typedMessages.ts';

/** Most answers on their way, which every checkpoint carries, and requests and rests that wait for another decision. */
export const ANSWERS_LIMIT = 128;
const UNPAYABLE: ForcedReason = 'transferFails';
/** What the vault takes at least when it is not all: a quarter of the capacity of the limit, a sixteenth of what is open. */
const LEAST_OF_CAPACITY = 4n;
const LEAST_OF_OPEN = 16n;

/** Key of `State.answers`. */
export function forcedKey(chainId: number, id: number): string {
  return `${chainId}:${id}`;
}

function forcedRequests(state: State, chainId: number): ForcedRequests {
  const known = state.forced.get(chainId) ?? { asked: 0, decided: 0, reopened: [] };
  state.forced.set(chainId, known);
  return known;
}

/** Requests that wait to be decided, of each vault those first of which a part is paid, or which the limit was too low for. */
export function undecided(state: State): { readonly chainId: number; readonly id: number }[] {
  return [...state.forced].flatMap(([chainId, { asked, decided, reopened }]) => {
    const next = asked > decided ? [decided + 1] : [];
    return [...reopened, ...next].map((id) => ({ chainId, id }));
  });
}

/** The vault's log tells of a request. */
export function forcedRequested(state: State, chainId: number, id: bigint, where: string): void {
  const requests = forcedRequests(state, chainId);
  assert(id === BigInt(requests.asked + 1), `${where}: forced withdrawal ${id} after ${requests.asked}`);
  requests.asked++;
}

/**
 * Decides a request by what its vault says of it, and charges what is to be paid. Nobody who holds the keys of an executor
 * may stop this: orders are cancelled when they hold what is asked for.
 */
export function answerForced(state: State, command: AnswerForcedCommand, events: CoreEvent[]): CommandResult {
  if (isOver(state)) return windDownRefusal(state) as CommandResult;
  const { chainId, id } = command;
  const given = state.answers.get(forcedKey(chainId, id));
  if (given !== undefined) return refuseGiven(given, command);
  const requests = state.forced.get(chainId);
  const isAgain = requests?.reopened.includes(id) ?? false;
  const isNext = requests !== undefined && id === requests.decided + 1 && id <= requests.asked;
  if (requests === undefined || !(isAgain || isNext)) return { code: 'forced.notWaiting' };
  if ((isNext && waitingCount(state) >= ANSWERS_LIMIT) || isHalfFull(state)) return { code: 'forced.tooMany' };
  const stop = withdrawalStop(state.exchange);
  if (stop !== undefined) return { code: 'withdrawal.stopped', details: { reason: stop } };

  const token = openToken(state.exchange.ledger, chainId, command.token);
  for (const own of accountsOf(state.exchange.ledger, command.account)) creditHeldOf(state, token, own, events);
  const { reason, paid } = decide(state, token, command);
  // The vault would refuse it now, and when its limit is raised, as too little: it is decided then.
  if (paid > command.capacity) return waitForLimit(requests, id);
  const account = paid === 0n ? -1 : charge(state, { address: command.account, token, atoms: paid, id }, events);
  give(state, requests, { chainId, id, token, reason, paid, account });
  return { code: 'ok' };
}

function give(
  state: State,
  requests: ForcedRequests,
  answer: Omit<ForcedAnswer, 'status' | 'checkpoint' | 'refusal'>,
): void {
  const at = requests.reopened.indexOf(answer.id);
  if (at >= 0) requests.reopened.splice(at, 1);
  else requests.decided = answer.id;
  answer.token.promised += answer.paid;
  const key = forcedKey(answer.chainId, answer.id);
  state.answers.set(key, { ...answer, status: 'queued', checkpoint: 0, refusal: undefined });
}

function waitingCount({ answers, forced }: State): number {
  return [...forced.values()].reduce((sum, { reopened }) => sum + reopened.length, answers.size);
}

/** Decided again whenever the limit has changed; it holds up no later request. */
function waitForLimit(requests: ForcedRequests, id: number): CommandResult {
  if (requests.reopened.includes(id)) return { code: 'forced.notWaiting' };
  requests.decided = id;
  requests.reopened.push(id);
  return { code: 'ok' };
}

/**
 * A payment that was signed can be executed for ever, so nothing else may be paid for its request. A refusal beside it pays
 * nothing: it closes the request if the payment has not, and what was charged comes back then.
 */
function refuseGiven(given: ForcedAnswer, { transferFails }: AnswerForcedCommand): CommandResult {
  if (!isPayment(given) || !transferFails) return { code: 'forced.notWaiting' };
  given.refusal = { status: 'queued', checkpoint: 0 };
  return { code: 'ok' };
}

/** It may be signed, and there is no refusal beside it. */
function isPayment({ paid, status, refusal }: ForcedAnswer): boolean {
  return paid > 0n && status === 'final' && refusal === undefined;
}

/** Payments that may be signed: their tokens may refuse them since they were decided. */
export function givenPayments({ answers }: State): { readonly chainId: number; readonly id: number }[] {
  return [...answers.values()].filter(isPayment).map(({ chainId, id }) => ({ chainId, id }));
}

/** A token without an asset, and one of which the vault has too little, count as no balance: nothing can be paid here. */
function decide(
  state: State,
  token: VaultToken,
  command: AnswerForcedCommand,
): { readonly reason: ForcedReason; readonly paid: bigint } {
  const { account, open, capacity } = command;
  const isOverLimit = open > capacity;
  const paid = isOverLimit ? leastPart(open, capacity) : open;
  const isHeld = token.asset >= 0 && paid <= token.holdings - token.promised;
  // All that is asked for must be there, also when only a part can be paid now.
  const isOwned = isHeld && open <= ownedAtoms(state, account, token);
  const isTheirs = command.isKeyHolder || open <= boundAtoms(state, account, token);
  const { exchange } = state;
  const owes = accountsOf(exchange.ledger, account).some((own) => hasLiability(exchange, own));
  if (!isOwned || !isTheirs) return { reason: owes ? 'debt' : 'noBalance', paid: 0n };
  if (command.transferFails) return { reason: 'transferFails', paid: 0n };
  return { reason: isOverLimit ? 'overLimit' : 'paid', paid };
}

/** The least that the vault takes of what is open, when it is not all. Both are rounded up, as the vault does. */
export function leastPart(open: bigint, capacity: bigint): bigint {
  return maxOf(divUp(capacity, LEAST_OF_CAPACITY), divUp(open, LEAST_OF_OPEN));
}

function ownedAtoms({ exchange }: State, address: Address, token: VaultToken): bigint {
  const { ledger } = exchange;
  const asset = ledger.assets[token.asset] as Asset;
  const wad = accountsOf(ledger, address).reduce(
    (sum, account) => sum + wholeAtomsWad(exchange, asset, account, token),
    0n,
  );
  return wad / wadPer(token.decimals);
}

/**
 * The most that a contract may take out here: the same address on another chain may be somebody else's. One that was a
 * contract here, and nowhere else, when deposits came, owns everything; any other what came in here.
 */
function boundAtoms(state: State, address: Address, token: VaultToken): bigint {
  const { ledger } = state.exchange;
  const own = accountsOf(ledger, address);
  const codeChains = own.reduce((bits, account) => bits | (ledger.codeChains[account] as number), 0);
  if (codeChains === chainBit(state, token.chainId)) return token.holdings;
  const nets = own.flatMap((account) => (ledger.nets[account] as readonly Net[]).filter((net) => net.token === token));
  const leaving = [...state.answers.values(), ...state.withdrawals.values()]
    .filter((item) => item.token === token && own.includes(item.account))
    .reduce((sum, item) => sum + ('paid' in item ? item.paid : item.amount), 0n);
  return nets.reduce((sum, { atoms }) => sum + atoms, 0n) - leaving;
}

/** What of a balance can be paid in whole atoms: nothing of an account that owes anything. */
function wholeAtomsWad(exchange: Exchange, asset: Asset, account: number, { decimals }: VaultToken): bigint {
  if (hasLiability(exchange, account)) return 0n;
  const balance = balanceWad(asset, account);
  return balance - (balance % wadPer(decimals));
}

/** Takes the atoms from the subaccounts of an address, oldest first. Answers the first one that was charged. */
function charge(
  state: State,
  { address, token, atoms, id }: { address: Address; token: VaultToken; atoms: bigint; id: number },
  events: CoreEvent[],
): number {
  const { exchange } = state;
  const { ledger } = exchange;
  const asset = ledger.assets[token.asset] as Asset;
  const unitWad = wadPer(token.decimals);
  let first = -1;
  let left = atoms * unitWad;
  for (const account of accountsOf(ledger, address)) {
    const owned = wholeAtomsWad(exchange, asset, account, token);
    if (owned === 0n || left === 0n) continue;
    const wad = smaller(owned, left);
    // Orders of a margin account are covered by all that it owns.
    if (isMargin(ledger, account) || wad > freeWad(asset, account)) cancelAll(exchange, account, undefined, REQUESTED);
    addWad(ledger, asset, account, -wad);
    left -= wad;
    if (first < 0) first = account;
    const subaccount = ledger.subaccounts[account] as number;
    const { chainId } = token;
    events.push({
      type: 'forcedCharged',
      account: { address, subaccount },
      asset: asset.id,
      chainId,
      token: token.token,
      amount: wad / unitWad,
      id,
    });
  }
  assert(left === 0n, `forced withdrawal ${id} was decided without a balance`);
  return first;
}

function smaller(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}

/** Puts what is decided into checkpoint `number`. */
export function postAnswers(state: State, number: number): void {
  for (const part of partsOf(state)) {
    if (part.status !== 'queued') continue;
    part.status = 'posted';
    part.checkpoint = number;
  }
}

/** Checkpoint `number` is final: its answers, and those before, may be signed. */
export function finaliseAnswers(state: State, number: number): void {
  for (const part of partsOf(state)) {
    if (part.status === 'posted' && part.checkpoint <= number) part.status = 'final';
  }
}

/** What goes into checkpoints: every answer, and the refusal beside it. */
function partsOf({ answers }: State): Pick<ForcedAnswer, 'status' | 'checkpoint'>[] {
  return [...answers.values()].flatMap((answer) => (answer.refusal === undefined ? answer : [answer, answer.refusal]));
}

/** The vault has executed an answer. One that the state does not know is impossible: both keys signed it. */
export function forcedAnswered(
  state: State,
  { chainId, entry, where }: { chainId: number; entry: RegistryEntry & { type: 'forcedAnswered' }; where: string },
  events: CoreEvent[],
): void {
  const { account: address, paid, reason, open } = entry;
  const id = Number(entry.id);
  const answer = state.answers.get(forcedKey(chainId, id));
  const isRefusal = answer !== undefined && isItsRefusal(answer, entry);
  assert(
    isRefusal ||
      (answer !== undefined &&
        answer.status !== 'queued' &&
        answer.paid === paid &&
        answer.token.token === entry.token &&
        FORCED_REASONS.indexOf(answer.reason) === reason),
    `${where}: the vault answered forced withdrawal ${id} with ${paid} of ${entry.token}, and no such answer was given. ` +
      'Stopping: nobody may guess whose money that was',
  );
  state.answers.delete(forcedKey(chainId, id));
  const { token } = answer;
  if (isRefusal) giveBack(state, answer, address, events);
  if (paid > 0n) {
    token.promised -= paid;
    creditHeldOf(state, token, answer.account, events);
    addNet(state.exchange.ledger, token, answer.account, -paid);
    assert(token.holdings >= 0n, `${where}: the vault paid more than it held`);
  }
  if (open > 0n) waitAgain(state, answer);
  events.push({
    type: 'forcedAnswered',
    account: { address, subaccount: 0 },
    chainId,
    token: token.token,
    amount: paid,
    reason: isRefusal ? UNPAYABLE : answer.reason,
    id,
  });
}

function isItsRefusal({ refusal, token }: ForcedAnswer, entry: RegistryEntry & { type: 'forcedAnswered' }): boolean {
  const isSigned = refusal !== undefined && refusal.status !== 'queued';
  const isOfUnpayable = entry.paid === 0n && entry.reason === FORCED_REASONS.indexOf(UNPAYABLE);
  return isSigned && isOfUnpayable && entry.token === token.token;
}

/** To the first account that was charged: the others are the same owner's. */
function giveBack(
  state: State,
  { chainId, id, token, paid, account }: ForcedAnswer,
  address: Address,
  events: CoreEvent[],
) {
  const { ledger } = state.exchange;
  const asset = ledger.assets[token.asset] as Asset;
  token.promised -= paid;
  addWad(ledger, asset, account, paid * wadPer(token.decimals));
  const owner = { address, subaccount: ledger.subaccounts[account] as number };
  const amount = { asset: asset.id, chainId, token: token.token, amount: paid };
  events.push({ type: 'forcedReturned', account: owner, ...amount, id });
}

/** For the rest, of which a part was paid. A refusal that was given may close it at any time: then it is the answer. */
function waitAgain(state: State, { refusal, ...answer }: ForcedAnswer): void {
  const { chainId, id } = answer;
  if (refusal === undefined) return void forcedRequests(state, chainId).reopened.push(id);
  const refused = { ...answer, reason: UNPAYABLE, paid: 0n, account: -1, ...refusal, refusal: undefined };
  state.answers.set(forcedKey(chainId, id), refused);
}

/**
 * Of a vault's token, what answers will pay: it takes its part of the limit before any withdrawal. One that exceeds the
 * capacity, which was lowered since, is not executed while that stands, and must not hold up everybody else.
 */
export function answeredAtoms(
  { answers }: State,
  { chainId, message }: { readonly chainId: number; readonly message: { readonly token: Address } },
  capacity: bigint,
): bigint {
  const own = [...answers.values()].filter(
    ({ token, paid }) => token.chainId === chainId && token.token === message.token && paid <= capacity,
  );
  return own.reduce((sum, { paid }) => sum + paid, 0n);
}

export interface AnswerToSign {
  readonly chainId: number;
  readonly registry: Address;
  readonly message: ForcedAnswerMessage;
}

/** The answers that stand in final checkpoints up to `number`, oldest first. */
export function finalAnswers(state: State, number: number): AnswerToSign[] {
  return [...state.answers.values()].flatMap(({ refusal, ...answer }) => {
    const { chainId } = answer;
    const registry = state.chains.get(chainId)?.registry;
    const refused = refusal === undefined ? [] : [{ ...answer, ...refusal, paid: 0n, reason: UNPAYABLE }];
    return [answer, ...refused].flatMap(({ id, paid, reason, status, checkpoint }) => {
      if (status !== 'final' || checkpoint > number || registry === undefined) return [];
      const message = { id: BigInt(id), paid, reason: FORCED_REASONS.indexOf(reason), checkpoint };
      return [{ chainId, registry, message }];
    });
  });
}
