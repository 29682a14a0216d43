// What margin accounts hold and owe together: the scaling of weights and the borrow caps go by it. The sums follow each
// account only when somebody asks for them, and then only those that changed since (`Ledger.uncounted`).
import { BUY } from '../commands.ts';
import type { Exchange } from '../exchange.ts';
import { isMargin } from '../ledger.ts';
import { maxOf } from './fixedPoint.ts';
import type { Share } from './marginState.ts';
import { openOrdersOf, type Trial } from './trial.ts';

const NOTHING: Share = { held: 0n, owed: 0n, mayOwe: 0n, arriving: 0n };

/** Of the asset with that index, all margin accounts together. */
export function totalOf(exchange: Exchange, asset: number): Share {
  countChanged(exchange);
  return exchange.margin.totals.sums[asset] ?? NOTHING;
}

/** What of `totalOf` is the account's own: nothing of a funded account. */
export function shareOf(exchange: Exchange, account: number, asset: number): Share {
  countChanged(exchange);
  return exchange.margin.totals.shares.get(account)?.[asset] ?? NOTHING;
}

/** What an account's share of every asset is, or would be. */
export function sharesOf(exchange: Exchange, account: number, { orders = [], changes = [] }: Trial = {}): Share[] {
  const { assets } = exchange.ledger;
  const balances = assets.map(({ units }) => BigInt(units[account] as number));
  for (const { asset, units } of changes) balances[asset] = (balances[asset] as bigint) + units;
  const aside = assets.map(() => 0n);
  const arriving = assets.map(() => 0n);
  for (const { book, side, price, reserve } of openOrdersOf(exchange, account, orders)) {
    const [paid, bought] = side === BUY ? [book.quote, book.base] : [book.base, book.quote];
    const [lotPrice, lotSize] = [BigInt(price) * BigInt(book.tickSize), BigInt(book.lotSize)];
    const units = BigInt(reserve);
    aside[paid] = (aside[paid] as bigint) + units;
    arriving[bought] =
      (arriving[bought] as bigint) + (side === BUY ? (units * lotSize) / lotPrice : (units * lotPrice) / lotSize);
  }
  return balances.map((balance, asset) => ({
    held: maxOf(balance, 0n),
    owed: maxOf(-balance, 0n),
    mayOwe: maxOf((aside[asset] as bigint) - balance, 0n),
    arriving: arriving[asset] as bigint,
  }));
}

function countChanged(exchange: Exchange): void {
  const { ledger, margin } = exchange;
  const { sums, shares } = margin.totals;
  for (const account of ledger.uncounted) {
    const before = shares.get(account) ?? [];
    const after = isMargin(ledger, account) ? sharesOf(exchange, account) : [];
    if (after.length > 0) shares.set(account, after);
    else shares.delete(account);
    for (const asset of ledger.assets.keys()) {
      sums[asset] = replaced(sums[asset] ?? NOTHING, before[asset] ?? NOTHING, after[asset] ?? NOTHING);
    }
  }
  ledger.uncounted.clear();
}

function replaced(sum: Share, before: Share, after: Share): Share {
  return {
    held: sum.held - before.held + after.held,
    owed: sum.owed - before.owed + after.owed,
    mayOwe: sum.mayOwe - before.mayOwe + after.mayOwe,
    arriving: sum.arriving - before.arriving + after.arriving,
  };
}
