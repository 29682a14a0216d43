// What happened, as the stream tells it: core events with names, decimals and decimal strings.
import type { KeeperApi } from '../../../core/api.ts';
import type { AccountId, Address, Side } from '../../../core/commands.ts';
import { BUY } from '../../../core/commands.ts';
import type { CoreEvent, Credited, Fill, ForcedCharged, MarginEvent, WithdrawalChanged } from '../../../core/events.ts';
import { VALUE_DECIMALS } from '../../../core/oracle/observe.ts';
import type { AccountEventView } from '../../../core/streamViews.ts';
import type { AmountView, AtomsView, BookView, FillView, TradeView } from '../../../core/views.ts';

/** When and as which command it happened. */
export interface Moment {
  readonly sequence: number;
  readonly time: number;
}

/**
 * What the accounts that take part are told: one view per account, two for a fill, none for what is no account's. Of a loss
 * that everybody has shared, only those hear who are followed.
 */
export type AccountEvents = (
  event: CoreEvent,
  moment: Moment,
  isFollowed: (account: Address) => boolean,
) => readonly AccountEventView[];

export function createAccountEvents(api: Pick<KeeperApi, 'assets' | 'books'>): AccountEvents {
  // Names and decimals never change once they are listed: looked up again only when one is missing.
  const quotes = new Map<number, BookView['quote']>();
  const tokens = new Map<string, Pick<AtomsView, 'symbol' | 'decimals'>>();
  const tokenKey = (asset: number, chainId: number, token: Address) => `${asset} ${chainId} ${token}`;

  function quoteOf(book: number): BookView['quote'] {
    if (!quotes.has(book)) for (const view of api.books()) quotes.set(view.book, view.quote);
    return found(quotes.get(book), `book ${book}`);
  }

  function atomsView({ asset, chainId, token, amount }: Credited | WithdrawalChanged | ForcedCharged): AtomsView {
    const key = tokenKey(asset, chainId, token);
    if (!tokens.has(key)) {
      for (const view of api.assets()) {
        for (const { chainId: chain, token: address, decimals } of view.tokens) {
          tokens.set(tokenKey(view.asset, chain, address), { symbol: view.symbol, decimals });
        }
      }
    }
    const { symbol, decimals } = found(tokens.get(key), `token ${token} of asset ${asset} on chain ${chainId}`);
    return { chainId, token, asset, symbol, decimals, atoms: String(amount) };
  }

  function amountView(asset: number, units: number): AmountView {
    const { symbol, ledgerDecimals } = found(
      api.assets().find((view) => view.asset === asset),
      `asset ${asset}`,
    );
    return { asset, symbol, decimals: ledgerDecimals, amount: String(units) };
  }

  function fillOf(event: Fill, role: 'maker' | 'taker', { sequence, time }: Moment): AccountEventView {
    const isTaker = role === 'taker';
    const fill: FillView = {
      sequence,
      time,
      book: event.book,
      orderId: String(isTaker ? event.takerOrderId : event.makerOrderId),
      subaccount: event[role].subaccount,
      side: (event.takerSide === BUY) === isTaker ? 'buy' : 'sell',
      role,
      price: event.price,
      quantity: event.quantity,
      fee: { ...quoteOf(event.book), amount: String(isTaker ? event.takerFee : event.makerFee) },
    };
    return { type: 'fill', address: event[role].address, fill, remaining: isTaker ? null : event.makerRemaining };
  }

  function marginViews(event: MarginEvent, isFollowed: (account: Address) => boolean): readonly AccountEventView[] {
    switch (event.type) {
      case 'liquidationBegan':
      case 'liquidationDelayed':
        return [{ type: event.type, ...owner(event), health: String(event.health), valueDecimals: VALUE_DECIMALS }];
      case 'liquidationTraded': {
        const { type, book, price, quantity, filled } = event;
        const order = { book, orderId: String(event.orderId), side: sideName(event.side), price };
        return [{ type, ...owner(event), ...order, quantity, filled }];
      }
      case 'settlementMarked': {
        const sell = amountView(event.sell, event.sellUnits);
        return [{ type: event.type, ...owner(event), sell, buy: amountView(event.buy, event.buyUnits) }];
      }
      case 'bankruptcyChanged':
        return [{ type: event.type, ...owner(event), bankrupt: event.bankrupt }];
      case 'insuranceChanged':
        return [{ type: event.type, ...owner(event), change: amountView(event.asset, event.units) }];
      case 'lossShared': {
        const { type, losses, asset, units, owned } = event;
        const debt = amountView(asset, units);
        const followed = losses.filter(({ account }) => isFollowed(account.address));
        return [
          { type: 'debtShared', ...owner(event), debt, owned: String(owned) },
          ...followed.map((loss) => ({ type, ...owner(loss), lost: { ...debt, amount: String(loss.units) } })),
        ];
      }
      case 'liquidationEnded':
      case 'healthUnknown':
        return [{ type: event.type, ...owner(event) }];
    }
  }

  return (event, moment, isFollowed) => {
    switch (event.type) {
      case 'orderRested': {
        const { type, book, price, quantity, remaining } = event;
        const expiry = event.expiry === 0 ? null : event.expiry;
        const order = { ...owner(event), book, side: sideName(event.side), price, quantity, remaining, expiry };
        return [{ type, order: { ...order, orderId: String(event.orderId), clientId: String(event.clientId) } }];
      }
      case 'orderCancelled':
      case 'orderReduced': {
        const { account: _, ...loss } = event;
        return [{ ...loss, ...owner(event), orderId: String(event.orderId), side: sideName(event.side) }];
      }
      case 'fill':
        return [fillOf(event, 'maker', moment), fillOf(event, 'taker', moment)];
      case 'credited':
        return [{ type: event.type, ...owner(event), deposit: atomsView(event), logIndex: event.logIndex }];
      case 'heldUnlisted': {
        const { type, chainId, token, amount, logIndex } = event;
        return [{ type, ...owner(event), chainId, token, atoms: String(amount), logIndex }];
      }
      case 'withdrawalChanged': {
        const { type, recipient, status, checkpoint, deadline } = event;
        const nonce = String(event.nonce);
        const place = { ...atomsView(event), ...owner(event), recipient, nonce, status, checkpoint, deadline };
        return [{ type, withdrawal: { ...place, fitsAt: null } }];
      }
      case 'forcedCharged':
      case 'forcedReturned':
        return [{ type: event.type, ...owner(event), payment: atomsView(event), id: event.id }];
      case 'forcedAnswered': {
        const { type, chainId, token, amount, reason, id } = event;
        return [{ type, ...owner(event), chainId, token, atoms: String(amount), reason, id }];
      }
      case 'liquidationBegan':
      case 'liquidationDelayed':
      case 'liquidationTraded':
      case 'settlementMarked':
      case 'bankruptcyChanged':
      case 'insuranceChanged':
      case 'lossShared':
      case 'liquidationEnded':
      case 'healthUnknown':
        return marginViews(event, isFollowed);
      case 'checkpointCut':
      case 'checkpointFinal':
      case 'directoryChanged':
      case 'exitModeChanged':
      case 'priceChanged':
        return [];
    }
  };
}

/** Who takes part in an event. */
export function accountsOf(event: CoreEvent): readonly AccountId[] {
  if (event.type === 'fill') return [event.maker, event.taker];
  if (event.type === 'lossShared') return [event.account, ...event.losses.map(({ account }) => account)];
  return 'account' in event ? [event.account] : [];
}

/** Whose event it is. */
export function addressOf(view: AccountEventView): Address {
  if (view.type === 'orderRested') return view.order.address;
  return view.type === 'withdrawalChanged' ? view.withdrawal.address : view.address;
}

export function tradeView(fill: Fill, { sequence, time }: Moment): TradeView {
  const { book, price, quantity } = fill;
  return { sequence, time, book, takerSide: sideName(fill.takerSide), price, quantity };
}

function owner({ account }: { readonly account: AccountId }): AccountId {
  return { address: account.address, subaccount: account.subaccount };
}

function sideName(side: Side): 'buy' | 'sell' {
  return side === BUY ? 'buy' : 'sell';
}

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`An event names ${what}, which is not listed.`);
  return value;
}
