// Tells readers what happens. Knows nothing of sockets: a reader is somebody who takes text.
import type { KeeperApi, StreamItem } from '../../../core/api.ts';
import type { Logger } from '../../../core/ports.ts';
import type { StreamAnswer, StreamMessage, StreamTopic } from '../../../core/streamViews.ts';
import type { Access } from '../access.ts';
import { HttpError, refused } from '../errors.ts';
import type { Sessions } from '../sessions.ts';
import { type BookFeed, createBookFeed } from './bookFeed.ts';
import { createEventRing, type EventRing } from './eventRing.ts';
import { createAccountEvents } from './eventViews.ts';
import { createSubscriptions, type Reader, type Subscription } from './subscriptions.ts';
import { bookKey, bookUnknown, createTopics, deltasOf } from './topics.ts';

/** Events that are told before sockets get a chance to write. */
const EVENTS_PER_TURN = 2_048;

export interface StreamHub {
  /** Resolves when topics can be followed. Throws `keeper.notReady` while this keeper is a candidate. */
  ready(): Promise<void>;
  /**
   * Begins with a snapshot, or after `from` when everything since is still known. Replaces an older subscription of the
   * reader to the same topic. Throws the `HttpError` that refuses it.
   */
  subscribe(input: {
    readonly reader: Reader;
    readonly topic: StreamTopic;
    readonly token: string | undefined;
    readonly from: number | undefined;
  }): void;
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
  const feeds = new Map<number, BookFeed>();
  const changedBooks = new Set<number>();
  let bookTimer: NodeJS.Timeout | undefined;
  let turn: NodeJS.Immediate | undefined;
  /** undefined while this keeper is a candidate, which holds nothing to tell. */
  let ring: EventRing | undefined;
  /** Sequence up to which items of the ring were told. */
  let told = 0;

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
      if (told < ring.floor) throw new Error('The stream fell behind the keeper by a whole ring.');
      let events = 0;
      for (const item of ring.after(told)) {
        tell(item);
        told = item.sequence;
        events += item.events.length;
        if (events >= EVENTS_PER_TURN) break;
      }
      if (told < ring.newest) turn = setImmediate(tellSome);
    } catch (error) {
      fail(error);
    }
  }

  function fail(error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    logger.error({ error: text }, 'The stream failed');
    subscriptions.clear();
    feeds.clear();
    told = ring?.newest ?? 0;
    input.onFailure();
  }

  function tell(item: StreamItem): void {
    if (item.events.some((event) => event.type === 'directoryChanged')) recheck();
    for (const event of item.events) if ('book' in event && feeds.has(event.book)) changedBooks.add(event.book);
    if (changedBooks.size > 0) bookTimer ??= setTimeout(tellBooks, input.bookIntervalMs);
    for (const [key, data] of deltasOf(item, subscriptions.has, accountEvents)) {
      const text = bodyText('delta', item.time, data);
      for (const subscription of subscriptions.of(key)) {
        // A snapshot may have told it already.
        if (item.sequence > subscription.seq) send(subscription, item.sequence, text);
      }
    }
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
    const text = bodyText('delta', api.now(), change.delta);
    for (const subscription of subscriptions.of(bookKey(book))) send(subscription, change.seq, text);
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

  /** What was missed since `from`, which must be known. */
  function missed({ topic, key }: Subscription, from: number): readonly (readonly [seq: number, text: string])[] {
    if (topic.channel === 'book') {
      const changes = feedOf(topic.book).since(from);
      return changes.map(({ seq, delta }) => [seq, bodyText('delta', api.now(), delta)]);
    }
    return live()
      .after(from)
      .flatMap((item) => {
        const data = deltasOf(item, (wanted) => wanted === key, accountEvents).get(key);
        return data === undefined ? [] : [[item.sequence, bodyText('delta', item.time, data)] as const];
      });
  }

  function resume(subscription: Subscription, from: number): void {
    const { floor, newest } = known(subscription.topic);
    const messages = from < floor || from > newest ? undefined : missed(subscription, from);
    const bytes = messages?.reduce((sum, [, text]) => sum + text.length, 0) ?? 0;
    if (messages === undefined || bytes > input.maxReplayBytes) {
      send(subscription, newest, bodyText('gap', api.now(), { from, oldest: floor }), null);
      return snapshot(subscription);
    }
    send(subscription, from, bodyText('resumed', api.now(), {}), from);
    for (const [seq, text] of messages) send(subscription, seq, text);
  }

  function recheck(): void {
    for (const { reader, topic, token } of subscriptions.all()) {
      try {
        topics.authorize(topic, token);
      } catch (error) {
        if (!(error instanceof HttpError)) throw error;
        subscriptions.remove(reader, topic);
        reader.send(errorText(error, topic));
      }
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
      const subscription: Subscription = { reader, topic, key: topics.authorize(topic, token), token, seq: 0 };
      subscriptions.checkRoom(reader, topic);
      if (topic.channel === 'book') tellBook(topic.book);
      if (from === undefined) snapshot(subscription);
      else resume(subscription, from);
      subscriptions.add(subscription);
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
  const { topic, reader } = subscription;
  const book = 'book' in topic ? `"book":${topic.book},` : '';
  subscription.seq = seq;
  reader.send(`{"channel":"${topic.channel}",${book}"seq":${seq},"prevSeq":${prevSeq},${text}`);
}
