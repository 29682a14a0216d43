// Tells readers what happens. Knows nothing of sockets: a reader is somebody who takes text.
import type { KeeperApi, StreamItem } from '../../../core/api.ts';
import type { Logger } from '../../../core/ports.ts';
import type { StreamAnswer, StreamMessage, StreamTopic } from '../../../core/streamViews.ts';
import type { Access } from '../access.ts';
import { bookUnknown, HttpError, refused } from '../errors.ts';
import type { Sessions } from '../sessions.ts';
import { type BookFeed, createBookFeed } from './bookFeed.ts';
import { createEventRing, type EventRing } from './eventRing.ts';
import { createAccountEvents } from './eventViews.ts';
import { createExitProofs } from './exitProofs.ts';
import { createSubscriptions, type Reader, type Subscription } from './subscriptions.ts';
import { accountKey, bookKey, createTopics, deltasOf } from './topics.ts';

/** Events that are told before sockets get a chance to write. */
const EVENTS_PER_TURN = 2_048;
/** Orders counted for streams of books per millisecond that passes: some hundredths of the processor's time. */
const ORDERS_PER_MS = 1_000;
/** Subscriptions that begin anew in one such turn. */
const SNAPSHOTS_PER_TURN = 64;

interface Missed {
  /** Events or levels. */
  readonly size: number;
  readonly seq: number;
  readonly time: number;
  /** undefined: nothing of it concerns the topic. */
  readonly data: object | undefined;
}

export interface StreamHub {
  /** Resolves when topics can be followed. Throws `keeper.notReady` while this keeper is a candidate. */
  ready(): Promise<void>;
  /**
   * Begins with a snapshot, or after `from` when everything since is still known. Replaces an older subscription of the
   * reader to the same topic. Throws the `HttpError` that refuses it. Returns how many events, or levels of a book, were
   * looked at to find what the reader missed.
   */
  subscribe(input: {
    readonly reader: Reader;
    readonly topic: StreamTopic;
    readonly token: string | undefined;
    readonly from: number | undefined;
  }): number;
  unsubscribe(reader: Reader, topic: StreamTopic): void;
  /** The reader is gone. */
  drop(reader: Reader): void;
  /** Ends subscriptions whose session ended or may not see the topic any more. */
  recheck(): void;
  close(): void;
}

/**
 * @param input.maxReplayBytes a reader who missed more than this starts anew with a snapshot.
 * @param input.onFailure a bug met while telling; the writer of the exchange must not stop because of it.
 */
export function createStreamHub(input: {
  readonly api: KeeperApi;
  readonly access: Access;
  readonly sessions: Pick<Sessions, 'find'>;
  readonly bookIntervalMs: number;
  readonly maxReplayBytes: number;
  readonly maxSubscriptions: number;
  readonly logger: Logger;
  readonly onFailure: () => void;
}): StreamHub {
  const { api, logger } = input;
  const topics = createTopics(input);
  const subscriptions = createSubscriptions(input.maxSubscriptions);
  const accountEvents = createAccountEvents(api);
  const followed = () => new Set(subscriptions.all().map(({ key }) => key));
  const feeds = new Map<number, BookFeed>();
  const changedBooks = new Set<number>();
  let bookTimer: NodeJS.Timeout | undefined;
  let turn: NodeJS.Immediate | undefined;
  /** undefined while this keeper is a candidate, which holds nothing to tell. */
  let ring: EventRing | undefined;
  /** Sequence up to which items of the ring were told. */
  let told = 0;
  let behind: Subscription[] = [];
  const exitProofs = createExitProofs({
    api,
    followed,
    tell(key, proof) {
      const text = bodyText('exitProof', api.now(), proof);
      for (const subscription of subscriptions.of(key)) send(subscription, subscription.seq, text);
    },
    logger,
  });

  const stopWaiting = api.subscribeWaiting((withdrawal) => {
    const text = bodyText('withdrawalWaits', api.now(), withdrawal);
    for (const subscription of subscriptions.of(accountKey(withdrawal.address))) {
      send(subscription, subscription.seq, text);
    }
  });

  const stopListening = api.subscribe((item) => {
    try {
      ring ??= startRing(item.sequence - 1);
      ring.push(item);
      turn ??= setImmediate(tellSome);
    } catch (error) {
      ring = undefined;
      fail(error);
    }
  });

  function startRing(sequence: number): EventRing {
    told = sequence;
    return createEventRing(sequence);
  }

  function live(): EventRing {
    if (ring === undefined) throw new Error('The stream was used before it was ready.');
    return ring;
  }

  /** The writer only appends to the ring; telling happens in turns of its own. */
  function tellSome(): void {
    turn = undefined;
    if (ring === undefined) return;
    try {
      if (told < ring.floor) fallBehind(ring);
      startSomeAnew();
      let events = 0;
      for (const item of ring.after(told)) {
        tell(item);
        told = item.sequence;
        events += item.events.length;
        if (events >= EVENTS_PER_TURN) break;
      }
      if (told < ring.newest || behind.length > 0) turn = setImmediate(tellSome);
    } catch (error) {
      fail(error);
    }
  }

  /** More happened at once than the ring holds: nobody can be told of it any more, only how it ended. */
  function fallBehind({ newest }: EventRing): void {
    // What is lost may have changed who may see what.
    recheck();
    behind = subscriptions.all().filter(({ topic, seq }) => topic.channel !== 'book' && seq < newest);
    for (const subscription of behind) subscription.isBehind = true;
    for (const book of feeds.keys()) changedBooks.add(book);
    tellBooksSoon();
    logger.warn({ lost: newest - told, subscriptions: behind.length }, 'The stream fell behind and begins anew');
    told = newest;
  }

  function startSomeAnew(): void {
    for (const subscription of behind.splice(0, SNAPSHOTS_PER_TURN)) {
      if (!subscriptions.isOpen(subscription)) continue;
      subscription.isBehind = false;
      unlessRefused(subscription, () => startAnew(subscription, subscription.seq));
    }
  }

  function fail(error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    logger.error({ error: text }, 'The stream failed');
    subscriptions.clear();
    feeds.clear();
    behind = [];
    told = ring?.newest ?? 0;
    input.onFailure();
  }

  function tell(item: StreamItem): void {
    if (item.events.some((event) => event.type === 'directoryChanged')) recheck();
    for (const event of item.events) if ('book' in event && feeds.has(event.book)) changedBooks.add(event.book);
    tellBooksSoon();
    for (const [key, data] of deltasOf(item, { wanted: subscriptions.has, followed }, accountEvents)) {
      const share = shared(item.sequence, bodyText('delta', item.time, data));
      for (const subscription of subscriptions.of(key)) {
        // A snapshot may have told it already.
        if (item.sequence > subscription.seq && !subscription.isBehind) share(subscription);
      }
    }
  }

  /** Looking at a book means to count its orders: the more there are, the more seldom. */
  function tellBooksSoon(): void {
    if (changedBooks.size === 0 || bookTimer !== undefined) return;
    let orders = 0;
    for (const book of changedBooks) orders += feeds.get(book)?.orders ?? 0;
    bookTimer = setTimeout(tellBooks, Math.max(input.bookIntervalMs, orders / ORDERS_PER_MS));
  }

  function tellBooks(): void {
    bookTimer = undefined;
    try {
      for (const book of changedBooks) tellBook(book);
      changedBooks.clear();
    } catch (error) {
      fail(error);
    }
  }

  function tellBook(book: number): void {
    const change = feeds.get(book)?.refresh();
    if (change === undefined) return;
    const share = shared(change.seq, bodyText('delta', api.now(), change.delta));
    for (const subscription of subscriptions.of(bookKey(book))) share(subscription);
  }

  /** The feed of a book that somebody asked for goes on: there are few books, and readers come back. */
  function feedOf(book: number): BookFeed {
    const feed = feeds.get(book) ?? createBookFeed(api, book);
    if (feed === undefined) throw bookUnknown(book);
    feeds.set(book, feed);
    return feed;
  }

  function snapshot(subscription: Subscription): void {
    const { topic, token } = subscription;
    const data = topic.channel === 'book' ? feedOf(topic.book).snapshot() : topics.snapshot(topic, token);
    send(subscription, known(topic).newest, bodyText('snapshot', api.now(), data), null);
  }

  /** Between which sequences a topic can be told. */
  function known(topic: StreamTopic): { readonly floor: number; readonly newest: number } {
    if (topic.channel !== 'book') return live();
    const { floor, seq } = feedOf(topic.book);
    return { floor, newest: seq };
  }

  /** What happened since `from`, which must be known, one by one: how much it is, and what it says on the topic. */
  function* since({ topic, key }: Subscription, from: number): Generator<Missed> {
    if (topic.channel === 'book') {
      for (const { seq, delta } of feedOf(topic.book).since(from)) {
        yield { size: delta.bids.length + delta.asks.length, seq, time: api.now(), data: delta };
      }
      return;
    }
    for (const item of live().after(from)) {
      const data = deltasOf(item, { wanted: (other) => other === key, followed: () => [key] }, accountEvents).get(key);
      yield { size: item.events.length, seq: item.sequence, time: item.time, data };
    }
  }

  /** The messages that a reader missed; undefined when they are more than he may let pile up. */
  function missed(
    subscription: Subscription,
    from: number,
  ): { readonly looked: number; readonly messages: readonly (readonly [seq: number, text: string])[] | undefined } {
    const messages: [number, string][] = [];
    let [bytes, looked] = [0, 0];
    for (const { size, seq, time, data } of since(subscription, from)) {
      looked += size;
      if (data === undefined) continue;
      const text = bodyText('delta', time, data);
      bytes += text.length;
      if (bytes > input.maxReplayBytes) return { looked, messages: undefined };
      messages.push([seq, text]);
    }
    return { looked, messages };
  }

  function resume(subscription: Subscription, from: number): number {
    const { floor, newest } = known(subscription.topic);
    const isKnown = from >= floor && from <= newest;
    const { looked, messages } = isKnown ? missed(subscription, from) : { looked: 0, messages: undefined };
    if (messages === undefined) {
      startAnew(subscription, from);
      return looked;
    }
    send(subscription, from, bodyText('resumed', api.now(), {}), from);
    for (const [seq, text] of messages) send(subscription, seq, text);
    return looked;
  }

  function startAnew(subscription: Subscription, from: number): void {
    const { floor, newest } = known(subscription.topic);
    send(subscription, newest, bodyText('gap', api.now(), { from, oldest: floor }), null);
    snapshot(subscription);
  }

  function recheck(): void {
    for (const subscription of subscriptions.all()) {
      unlessRefused(subscription, () => topics.authorize(subscription.topic, subscription.token));
    }
  }

  /** Ends the subscription when its reader may not have this any more. */
  function unlessRefused({ reader, topic }: Subscription, action: () => void): void {
    try {
      action();
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      subscriptions.remove(reader, topic);
      reader.send(errorText(error, topic));
    }
  }

  return {
    async ready() {
      const refusal = api.notReady();
      if (refusal !== undefined) throw refused(refusal);
      if (ring !== undefined) return;
      // Nothing has happened since the keeper leads, or the ring would have begun with it.
      const { sequence } = await api.health();
      ring ??= startRing(sequence);
    },
    subscribe({ reader, topic, token, from }) {
      const key = topics.authorize(topic, token);
      const subscription: Subscription = { reader, topic, key, token, seq: 0, isBehind: false };
      subscriptions.checkRoom(reader, topic);
      let looked = 0;
      if (from === undefined) snapshot(subscription);
      else looked = resume(subscription, from);
      subscriptions.add(subscription);
      exitProofs.want(key);
      return looked;
    },
    unsubscribe: subscriptions.remove,
    drop: subscriptions.drop,
    recheck() {
      try {
        recheck();
      } catch (error) {
        fail(error);
      }
    },
    close() {
      stopListening();
      stopWaiting();
      exitProofs.close();
      clearTimeout(bookTimer);
      clearImmediate(turn);
      subscriptions.clear();
    },
  };
}

/** An error as the stream says it. */
export function errorText(error: HttpError, topic?: StreamTopic): string {
  const { code, message, details, retryable } = error.body;
  const answer: StreamAnswer = { type: 'error', code, message, details, retryable, ...(topic && { topic }) };
  return JSON.stringify(answer);
}

/** The end of a message, which all its readers share. */
function bodyText(type: StreamMessage['type'], time: number, data: object): string {
  return JSON.stringify({ type, time, data }).slice(1);
}

/** The begin differs: `prevSeq` is what this reader was told last. */
function send(subscription: Subscription, seq: number, text: string, prevSeq: number | null = subscription.seq): void {
  subscription.seq = seq;
  subscription.reader.send(messageText(subscription, seq, text, prevSeq));
}

/** Sends one message of one topic to many: it is written once for all who were told the same before, which nearly all were. */
function shared(seq: number, text: string): (subscription: Subscription) => void {
  let bytes: Buffer | undefined;
  let prevSeq = 0;
  return (subscription) => {
    if (bytes === undefined || subscription.seq !== prevSeq) {
      prevSeq = subscription.seq;
      bytes = Buffer.from(messageText(subscription, seq, text, prevSeq));
    }
    subscription.seq = seq;
    subscription.reader.send(bytes);
  };
}

function messageText({ topic }: Subscription, seq: number, text: string, prevSeq: number | null): string {
  const book = 'book' in topic ? `"book":${topic.book},` : '';
  return `{"channel":"${topic.channel}",${book}"seq":${seq},"prevSeq":${prevSeq},${text}`;
}
