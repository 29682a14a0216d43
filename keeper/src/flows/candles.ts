// Prices over time, made of fills as they come: one candle of a minute per book is open, longer ones are made of finished
// minutes. Only fills and their times decide, so that every keeper that replays the same journal shows the same. Bounded as
// the rest of the history: the newest candles of each length.
import type { Fill } from '../core/events.ts';
import { CANDLE_INTERVALS, type CandleInterval, type CandleView } from '../core/views.ts';

/** Finished candles that are kept per book and length: 1 000 minutes are 16 hours, 1 000 days nearly three years. */
const CANDLES_KEPT = 1_000;

interface Candle {
  /** Milliseconds; a multiple of the length. */
  readonly start: number;
  readonly open: number;
  high: number;
  low: number;
  close: number;
  volume: bigint;
  turnover: bigint;
  trades: number;
}

interface BookCandles {
  minute: Candle | undefined;
  /** By length in milliseconds, oldest first; the newest of the longer ones lack the open minute. */
  readonly finished: ReadonlyMap<number, Candle[]>;
}

const MINUTE_MS = CANDLE_INTERVALS['1m'];
const LENGTHS_MS = Object.values(CANDLE_INTERVALS);

export interface Candles {
  /** @param time of the command that made the fill, in milliseconds; never smaller than that of the fill before. */
  record(fill: Fill, time: number): void;
  /** Newest first; only those that start before `before`. Times in which nothing was traded have none. */
  candles(query: CandleQuery): readonly CandleView[];
}

export interface CandleQuery {
  readonly book: number;
  readonly interval: CandleInterval;
  readonly before?: number;
  readonly limit: number;
}

export function createCandles(): Candles {
  const books = new Map<number, BookCandles>();

  function ofBook(book: number): BookCandles {
    const known = books.get(book);
    if (known !== undefined) return known;
    const fresh = { minute: undefined, finished: new Map(LENGTHS_MS.map((length) => [length, []])) };
    books.set(book, fresh);
    return fresh;
  }

  return {
    record({ book, price, quantity }, time) {
      const candles = ofBook(book);
      const start = time - (time % MINUTE_MS);
      if (candles.minute !== undefined && candles.minute.start !== start) finish(candles, candles.minute);
      candles.minute ??= { start, open: price, high: price, low: price, close: price, ...NOTHING_TRADED };
      const { minute } = candles;
      minute.high = Math.max(minute.high, price);
      minute.low = Math.min(minute.low, price);
      minute.close = price;
      minute.volume += BigInt(quantity);
      minute.turnover += BigInt(quantity * price);
      minute.trades++;
    },
    candles({ book, interval, before = Number.POSITIVE_INFINITY, limit }) {
      const candles = books.get(book);
      if (candles === undefined) return [];
      const lengthMs = CANDLE_INTERVALS[interval];
      const list = [...(candles.finished.get(lengthMs) as Candle[])];
      if (candles.minute !== undefined) append(list, candles.minute, lengthMs);
      const older = list.filter(({ start }) => start < before);
      return older
        .slice(-limit)
        .reverse()
        .map((candle) => candleView(candle, book, interval));
    },
  };
}

const NOTHING_TRADED = { volume: 0n, turnover: 0n, trades: 0 };

function finish(candles: BookCandles, minute: Candle): void {
  for (const [lengthMs, list] of candles.finished) {
    append(list, minute, lengthMs);
    // Forgetting half of twice as many costs a constant per candle.
    if (list.length >= 2 * CANDLES_KEPT) list.splice(0, CANDLES_KEPT);
  }
  candles.minute = undefined;
}

/** Adds what happened in a minute to the candle that holds it, which is the newest or a new one. */
function append(list: Candle[], minute: Candle, lengthMs: number): void {
  const start = minute.start - (minute.start % lengthMs);
  const newest = list.at(-1);
  if (newest?.start !== start) {
    list.push({ ...minute, start });
    return;
  }
  list[list.length - 1] = {
    start,
    open: newest.open,
    high: Math.max(newest.high, minute.high),
    low: Math.min(newest.low, minute.low),
    close: minute.close,
    volume: newest.volume + minute.volume,
    turnover: newest.turnover + minute.turnover,
    trades: newest.trades + minute.trades,
  };
}

function candleView({ volume, turnover, ...prices }: Candle, book: number, interval: CandleInterval): CandleView {
  return { book, interval, ...prices, volume: String(volume), turnover: String(turnover) };
}
