// What margin accounts may do, and how much they may owe: each for itself by the debt limit of its tier, all together by the
// borrow cap of each asset. Both look at the worst case of the open orders, so that no fill of theirs can break either.
import { MAX_SAFE } from '../assets.ts';
import { cancelAll } from '../cancelOrder.ts';
import type { Address } from '../commands.ts';
import type { RejectCode } from '../events.ts';
import type { Exchange } from '../exchange.ts';
import { findAccount, isMargin, NO_ACCOUNT, NO_CREDIT, openAccount, setCreditTier, supplyOf } from '../ledger.ts';
import { ordersOfAccount } from '../orderBook.ts';
import { CREDIT_LOWERED } from '../tape.ts';
import { accountHealth, hasLiability, isFair } from './accountHealth.ts';
import { maxOf, minOf, WAD } from './fixedPoint.ts';
import { liabilityValueUp } from './health.ts';
import { lookAtAll, marginTerms, type Share } from './marginState.ts';
import { shareOf, sharesOf, totalOf } from './marginTotals.ts';
import type { OrderOnTrial, Trial } from './trial.ts';

/** Most open orders of a margin account: its health looks at each of them. */
export const MARGIN_ORDER_LIMIT = 256;

/** Value of all that a margin account may owe, in value units. */
export function debtLimitOf({ ledger, margin }: Exchange, account: number): bigint {
  return margin.debtLimits.get(ledger.creditTier[account] as number) ?? 0n;
}

/**
 * Why a margin account may not place this order: its init health would be below 0, and lower than without; or it might owe
 * too much. What an order pays with need not be there.
 */
export function marginRefusal(exchange: Exchange, account: number, order: OrderOnTrial): RejectCode | undefined {
  if (order.replaces === 0 && openOrders(exchange, account) >= MARGIN_ORDER_LIMIT) return 'risk.tooManyOrders';
  const trial = { orders: [order] };
  const after = accountHealth(exchange, account, 'init', trial);
  if (after === undefined) return 'risk.priceUnknown';
  const before = after < 0n ? accountHealth(exchange, account, 'init') : undefined;
  const isHelpful = before !== undefined && after >= before && isFair(exchange, order);
  if (after < 0n && !isHelpful) return 'risk.insufficientHealth';
  return creditRefusal(exchange, account, trial);
}

/**
 * Why a margin account may not owe what it might after `trial`. Whatever lets it owe no more than before is allowed. Asked
 * when its health is known, and so the price of all that it might owe.
 */
export function creditRefusal(exchange: Exchange, account: number, trial: Trial): RejectCode | undefined {
  const after = sharesOf(exchange, account, trial);
  const before = after.map((_, asset) => shareOf(exchange, account, asset));
  for (const [asset, { mayOwe }] of after.entries()) {
    const own = (before[asset] as Share).mayOwe;
    if (mayOwe <= own) continue;
    if (totalOf(exchange, asset).mayOwe - own + mayOwe > borrowCapOf(exchange, asset)) return 'risk.borrowCap';
  }
  const debt = debtValueUp(exchange, after);
  return debt > debtLimitOf(exchange, account) && debt > debtValueUp(exchange, before) ? 'risk.debtLimit' : undefined;
}

/** What all margin accounts may owe together, in ledger units; never so much that somebody could own more than can be counted. */
function borrowCapOf({ ledger, margin }: Exchange, asset: number): bigint {
  const room = maxOf(BigInt(MAX_SAFE) - supplyOf(ledger, asset), 0n);
  return minOf(margin.risks[asset]?.borrowCap ?? 0n, room);
}

function debtValueUp({ ledger, margin }: Exchange, shares: readonly Share[]): bigint {
  const terms = marginTerms(margin, { kind: 'init', now: margin.now, assets: ledger.assets.length });
  return shares.reduce((value, { mayOwe }, asset) => {
    const price = terms[asset]?.liabilityPrice;
    return price === undefined ? value : value + liabilityValueUp(mayOwe, price, WAD);
  }, 0n);
}

/**
 * The Directory gives an account a tier, or, with 0, takes it away: then it may owe no more than it does, and is a funded
 * account again when that is nothing. Where it may owe less than before, its open orders are cancelled.
 */
export function changeCredit(
  exchange: Exchange,
  {
    account: address,
    subaccount,
    tier,
  }: { readonly account: Address; readonly subaccount: number; readonly tier: number },
): void {
  const { ledger, margin } = exchange;
  if (tier === 0) {
    const known = findAccount(ledger, address, subaccount);
    if (known === NO_ACCOUNT || !isMargin(ledger, known)) return;
  }
  const account = openAccount(ledger, address, subaccount);
  const wasMargin = isMargin(ledger, account);
  const before = debtLimitOf(exchange, account);
  setCreditTier(ledger, account, tier === 0 ? NO_CREDIT : tier);
  if (wasMargin && (tier === 0 || debtLimitOf(exchange, account) < before)) {
    cancelAll(exchange, account, undefined, CREDIT_LOWERED);
  }
  const isOver = !hasLiability(exchange, account) && !margin.liquidations.has(account);
  if (tier === 0 && isOver) setCreditTier(ledger, account, 0);
  // Places in the list have moved: whoever was still to be looked at might be left out.
  if (margin.looksLeft > 0 && wasMargin !== isMargin(ledger, account)) lookAtAll(margin, ledger);
}

function openOrders({ orders, ledger }: Exchange, account: number): number {
  let count = 0;
  for (const _ of ordersOfAccount(orders, ledger, account)) count++;
  return count;
}
