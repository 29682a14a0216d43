// The end of an account that owns next to nothing and still owes: the insurance account takes what is left and pays what it
// can, in kind; what then is owed is lost by all who own something of it. And what stops withdrawals until then, so that
// nobody leaves a loss to the others.
import type { CoreEvent } from '../events.ts';
import type { Exchange } from '../exchange.ts';
import { type Asset, accountIdOf, addWad, balanceWad, findAccount, NO_ACCOUNT } from '../ledger.ts';
import { ONE_USD } from '../oracle/observe.ts';
import { isUsable } from '../oracle/priceGuard.ts';
import { LOSSES_LIMIT, type State } from '../state.ts';
import { drainTape } from '../tape.ts';
import { balancesOf, hasLiability } from './accountHealth.ts';
import { type AccountRisk, riskOf } from './accountRisk.ts';
import { maxOf, minOf } from './fixedPoint.ts';
import { assetValueDown } from './health.ts';
import { type Liquidation, lastTerms, usablePrice } from './marginState.ts';
import { shareLoss } from './sharedLoss.ts';

/** Value units: who owns less is not worth a trade, which may be less than a lot. Lots should be worth less than this. */
const REMAINDER_VALUE = 10n * ONE_USD;
/** After some time also who owns less than this part of its debts: or a gift of ten dollars would keep a loss from being shared. */
const REMAINDER_OF_DEBTS = 100n;
/** So long withdrawals are stopped at most, and what has no price waits for one. */
const PATIENCE_MS = 24 * 3_600_000;

/** What an account owns and owes at the prices that were believed last. undefined: something owed never had one. */
export function lastRisk(exchange: Exchange, account: number): AccountRisk | undefined {
  const { margin, ledger } = exchange;
  return riskOf(lastTerms(margin, 'maint', ledger.assets.length), balancesOf(exchange, account));
}

/**
 * Is it time to wind up an account of which nothing trades any more? Never while it owns something that matters: others would
 * lose all that it owes, and not only what is missing.
 */
export function isHopeless(exchange: Exchange, account: number, { bankruptSince }: Liquidation): boolean {
  const { margin, ledger } = exchange;
  const risk = lastRisk(exchange, account);
  if (risk === undefined) return false;
  const { assets, liabilities } = risk;
  const hasWaited = bankruptSince > 0 && margin.now - bankruptSince >= PATIENCE_MS;
  if (hasWaited) return assets < maxOf(REMAINDER_VALUE, liabilities / REMAINDER_OF_DEBTS);
  const isKnown = ledger.assets.every(
    ({ units }, index) => (units[account] as number) <= 0 || usablePrice(margin, index) !== undefined,
  );
  return isKnown && assets < REMAINDER_VALUE;
}

/** Why nobody may withdraw now; undefined when they may, as they may after a day of stops whatever the reason. */
export function withdrawalStop(exchange: Exchange): StopReason | undefined {
  const { now, stopEnds } = exchange.margin;
  return stopEnds > 0 && now >= stopEnds ? undefined : stopReason(exchange);
}

/**
 * After a command: withdrawals are stopped for a day in all, and for as long as they were not stopped they may be stopped again.
 */
export function noteStop(exchange: Exchange): void {
  const { margin } = exchange;
  const { now, stopEnds, stopsFullAt } = margin;
  const isStopped = stopReason(exchange) !== undefined;
  if (isStopped && stopEnds === 0) {
    margin.stopEnds = now + PATIENCE_MS - Math.max(0, stopsFullAt - now);
  } else if (!isStopped && stopEnds > 0) {
    margin.stopsFullAt = now + PATIENCE_MS - Math.max(0, stopEnds - now);
    margin.stopEnds = 0;
  }
}

type StopReason = 'bankruptAccount' | 'priceHalted';

function stopReason(exchange: Exchange): StopReason | undefined {
  for (const { bankruptSince } of exchange.margin.liquidations.values())
    if (bankruptSince > 0) return 'bankruptAccount';
  return exchange.ledger.marginAccounts.some(haltedAccounts(exchange)) ? 'priceHalted' : undefined;
}

/**
 * Tells of an account whether a price is halted, by an observation that is not too old, on which it depends: the account owes
 * something, and of that asset it owes anything or owns what matters for its health. Who else could be held up with a gift.
 */
export function haltedAccounts(exchange: Exchange): (account: number) => boolean {
  const { ledger, margin } = exchange;
  const halted = [...ledger.assets.keys()].filter((index) => {
    const price = margin.prices[index];
    return price?.halted === true && price.held !== undefined && isUsable(price.held, margin.now);
  });
  if (halted.length === 0) return () => false;
  const terms = lastTerms(margin, 'maint', ledger.assets.length);
  const matters = (account: number, index: number) => {
    const units = BigInt(ledger.assets[index]?.units[account] as number);
    const known = terms[index];
    if (units <= 0n || known === undefined) return units < 0n;
    return assetValueDown(units, known.assetPrice, known.assetWeight) >= REMAINDER_VALUE;
  };
  return (account) => hasLiability(exchange, account) && halted.some((index) => matters(account, index));
}

/** Leaves the account without debts. Answers false when as many losses as may be are not carried yet: then nothing is done. */
export function absorb(state: State, account: number, events: CoreEvent[]): boolean {
  const { exchange } = state;
  const { ledger } = exchange;
  const debts = ledger.assets.filter(({ units }) => (units[account] as number) < 0);
  if (state.losses.length + debts.length > LOSSES_LIMIT) return false;
  const named = findAccount(ledger, state.insuranceAccount, 0);
  const insurance = named === account ? NO_ACCOUNT : named;
  if (insurance !== NO_ACCOUNT) takeRemainder(exchange, { account, insurance }, events);
  for (const [index, asset] of ledger.assets.entries()) {
    if ((asset.units[account] as number) >= 0) continue;
    if (insurance !== NO_ACCOUNT) payFromInsurance(exchange, { asset, account, insurance }, events);
    const units = -BigInt(asset.units[account] as number);
    if (units <= 0n) continue;
    const { shared, wad } = shareLoss(state, { index, units, debtor: account });
    // What the debt is rounded up by may be missing where everything was taken.
    const paid = minOf(units * asset.unitWad, wad);
    addWad(ledger, asset, account, paid);
    addWad(ledger, asset, insurance === NO_ACCOUNT ? account : insurance, wad - paid);
    drainTape(exchange.tape, ledger, events);
    events.push(shared);
  }
  return true;
}

interface Parties {
  readonly account: number;
  readonly insurance: number;
}

function takeRemainder({ ledger }: Exchange, { account, insurance }: Parties, events: CoreEvent[]): void {
  for (const asset of ledger.assets) {
    const units = asset.units[account] as number;
    if (units < 0) continue;
    const wad = balanceWad(asset, account);
    if (wad === 0n) continue;
    addWad(ledger, asset, account, -wad);
    addWad(ledger, asset, insurance, wad);
    events.push({ type: 'insuranceChanged', account: accountIdOf(ledger, account), asset: asset.id, units });
  }
}

/** As far as what it owns of that asset reaches, and its own orders leave free. */
function payFromInsurance(
  { ledger }: Exchange,
  { asset, account, insurance }: Parties & { readonly asset: Asset },
  events: CoreEvent[],
): void {
  const free = (asset.units[insurance] as number) - (asset.reserved[insurance] as number);
  const units = Math.min(free, -(asset.units[account] as number));
  if (units <= 0) return;
  addWad(ledger, asset, insurance, -BigInt(units) * asset.unitWad);
  addWad(ledger, asset, account, BigInt(units) * asset.unitWad);
  events.push({ type: 'insuranceChanged', account: accountIdOf(ledger, account), asset: asset.id, units: -units });
}
