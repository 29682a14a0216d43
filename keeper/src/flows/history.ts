// What happened lately: fills, trades and candles, kept in memory and rebuilt from the journal after a restart. Bounded: the
// newest entries count, statements over years are made from the stream.
import type { AccountId, Address } from '../core/commands.ts';
import { BUY } from '../core/commands.ts';
import type { Fill } from '../core/events.ts';
import type { BookView, FillView, TradeView } from '../core/views.ts';
import { type Candles, createCandles } from './candles.ts';
import type { Applied } from './sequencer.ts';

const TRADES_PER_BOOK = 1_000;
const FILLS_PER_ACCOUNT = 1_000;
/** Of all accounts together: the half that is older is forgotten when there are more. */
const FILLS_IN_ALL = 1_000_000;

/** The event itself, which the stream keeps for a while, too: a copy would take several times as much. */
interface TimedFill {
  readonly fill: Fill;
  readonly sequence: number;
  readonly time: number;
}

export interface History {
  record(applied: Applied): void;
  trades(query: { readonly book: number; readonly limit: number }): readonly TradeView[];
  readonly candles: Candles['candles'];
  fills(query: {
    readonly address: Address;
    readonly before?: number;
    readonly limit: number;
    readonly books: readonly BookView[];
  }): readonly FillView[];
}

/** `fillsInAll`: most fills that are kept, counted once for each side. */
export function createHistory(fillsInAll = FILLS_IN_ALL): History {
  const byBook = new Map<number, TimedFill[]>();
  let earlier = new Map<Address, TimedFill[]>();
  let recent = new Map<Address, TimedFill[]>();
  let recentCount = 0;
  const candles = createCandles();

  function keepForAccount(address: Address, fill: TimedFill): void {
    if (recentCount >= fillsInAll / 2) {
      earlier = recent;
      recent = new Map();
      recentCount = 0;
    }
    recentCount += keep(recent, address, fill, FILLS_PER_ACCOUNT);
  }

  return {
    candles: candles.candles,
    record({ sequence, command, outcome }) {
      for (const event of outcome.events) {
        if (event.type !== 'fill') continue;
        const { book, maker, taker } = event;
        const timed: TimedFill = { fill: event, sequence, time: command.time };
        candles.record(event, command.time);
        keep(byBook, book, timed, TRADES_PER_BOOK);
        keepForAccount(maker.address, timed);
        if (taker.address !== maker.address) keepForAccount(taker.address, timed);
      }
    },
    trades({ book, limit }) {
      return newest(byBook.get(book) ?? [], limit).map(({ fill, sequence, time }) => ({
        sequence,
        time,
        book,
        takerSide: fill.takerSide === BUY ? 'buy' : 'sell',
        price: fill.price,
        quantity: fill.quantity,
      }));
    },
    fills({ address, before, limit, books }) {
      const all = [...(earlier.get(address) ?? []), ...(recent.get(address) ?? [])];
      const older = before === undefined ? all : all.filter(({ sequence }) => sequence < before);
      // A page ends between two commands, never within one: `before` could not name the rest.
      const last = older.at(-limit)?.sequence;
      const page = last === undefined ? older : older.filter(({ sequence }) => sequence >= last);
      const quotes = new Map(books.map((book) => [book.book, book.quote]));
      return page.toReversed().flatMap(({ fill, sequence, time }) => {
        const quote = quotes.get(fill.book);
        if (quote === undefined) return [];
        const views: FillView[] = [];
        for (const role of ['taker', 'maker'] as const) {
          const account: AccountId = fill[role];
          if (account.address !== address) continue;
          const buys = (fill.takerSide === BUY) === (role === 'taker');
          views.push({
            sequence,
            time,
            book: fill.book,
            orderId: String(role === 'taker' ? fill.takerOrderId : fill.makerOrderId),
            subaccount: account.subaccount,
            side: buys ? 'buy' : 'sell',
            role,
            price: fill.price,
            quantity: fill.quantity,
            fee: { ...quote, amount: String(role === 'taker' ? fill.takerFee : fill.makerFee) },
          });
        }
        return views;
      });
    },
  };
}

/**
 * Appends, and forgets the oldest half once twice the limit is reached: constant cost per entry on average. Answers how
 * many more there are.
 */
function keep<K>(lists: Map<K, TimedFill[]>, key: K, fill: TimedFill, limit: number): number {
  const list = lists.get(key) ?? [];
  if (list.length === 0) lists.set(key, list);
  list.push(fill);
  if (list.length < 2 * limit) return 1;
  list.splice(0, limit);
  return 1 - limit;
}

function newest<T>(list: readonly T[], limit: number): T[] {
  return list.slice(Math.max(0, list.length - limit)).reverse();
}
