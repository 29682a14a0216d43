// A debt that nobody pays any more is lost by whoever owns something of that asset, each pro rata.
//
// All of them lose at once, or those who trade quickly would lose nothing. A checkpoint cannot carry so many changed
// accounts: it tells of the loss instead, and the next ones carry everybody once more, as many as they have room for.
import { bookOf, cancelOrder } from '../cancelOrder.ts';
import { changeRoom } from '../checkpointRoom.ts';
import type { LossShared } from '../events.ts';
import { assetPaid, type Exchange } from '../exchange.ts';
import { type Asset, accountIdOf, countAnew, isMargin, type Ledger, markChanged } from '../ledger.ts';
import { olderAt, sideOf, termsAt } from '../orderPool.ts';
import type { SharedLoss, State } from '../state.ts';
import { LOSS_SHARED } from '../tape.ts';
import { divUp, minOf } from './fixedPoint.ts';

/** What an owner of so many units loses, rounded up; never more than that. */
export function lossUp(units: bigint, loss: Pick<SharedLoss, 'units' | 'owned'>): bigint {
  return takesAll(loss) ? units : divUp(units * loss.units, loss.owned);
}

/** Everybody's dust as well. A debt is rounded up and what is owned is rounded down, so that it may be needed to pay. */
export function takesAll({ units, owned }: Pick<SharedLoss, 'units' | 'owned'>): boolean {
  return units === owned;
}

/**
 * Takes `units` of an asset, or all there is, from those who own it. Answers what it took as `wad`, for the caller to credit:
 * rounding takes less than one unit of each beyond `units`. Orders that are not covered any more are cancelled, newest first.
 */
export function shareLoss(
  state: State,
  { index, units, debtor }: { readonly index: number; readonly units: bigint; readonly debtor: number },
): { readonly shared: LossShared; readonly wad: bigint } {
  const { exchange } = state;
  const { ledger } = exchange;
  const asset = ledger.assets[index] as Asset;
  const owned = ownedUnits(ledger, asset);
  const loss: SharedLoss = { checkpoint: state.cutNumber + 1, asset: index, units: minOf(units, owned), owned };
  let wad = 0n;
  const losses: LossShared['losses'][number][] = [];
  for (let account = 0; account < ledger.accountCount; account++) {
    const balance = asset.units[account] as number;
    if (balance < 0) continue;
    const lost = lossUp(BigInt(balance), loss);
    wad += lost * asset.unitWad;
    if (takesAll(loss)) {
      wad += asset.dust[account] as bigint;
      asset.dust[account] = 0n;
    }
    if (lost === 0n) continue;
    // Not marked as changed: checkpoints tell of the loss.
    asset.units[account] = balance - Number(lost);
    countAnew(ledger, account);
    cancelUncovered(exchange, asset, account);
    losses.push({ account: accountIdOf(ledger, account), units: Number(lost) });
  }
  state.losses.push(loss);
  state.lossesCarried = 0;
  const account = accountIdOf(ledger, debtor);
  return { shared: { type: 'lossShared', account, asset: asset.id, units: Number(units), owned, losses }, wad };
}

/** Before a cut: lets the checkpoint carry as many more accounts as half of its room allows. */
export function carryLosses(state: State): void {
  if (state.losses.length === 0) return;
  const { ledger } = state.exchange;
  const room = changeRoom(state) / 2;
  while (state.lossesCarried < ledger.accountCount && ledger.changedBytes < room) {
    markChanged(ledger, state.lossesCarried++);
  }
  if (state.lossesCarried < ledger.accountCount) return;
  state.losses = [];
  state.lossesCarried = 0;
}

function ownedUnits({ accountCount }: Ledger, { units }: Asset): bigint {
  let owned = 0n;
  for (let account = 0; account < accountCount; account++) {
    const balance = units[account] as number;
    if (balance > 0) owned += BigInt(balance);
  }
  return owned;
}

/** A funded account's orders are covered by what it owns. */
function cancelUncovered(exchange: Exchange, asset: Asset, account: number): void {
  const { ledger, orders } = exchange;
  if (isMargin(ledger, account)) return;
  let slot = ledger.lastOrder[account] as number;
  while ((asset.reserved[account] as number) > (asset.units[account] as number)) {
    const older = olderAt(orders, slot);
    const side = sideOf(termsAt(orders, slot));
    if (assetPaid(exchange, bookOf(exchange, slot), side) === asset) cancelOrder(exchange, slot, LOSS_SHARED);
    slot = older;
  }
}
