// Who follows what, and what they are told. Knows nothing of sockets: a reader is somebody who takes text.
import type { KeeperApi, StreamItem } from '../../../core/api.ts';
import type { Address } from '../../../core/commands.ts';
import type { Logger } from '../../../core/ports.ts';
import type {
  AccountEventView,
  DirectoryChangedView,
  StreamAnswer,
  StreamMessage,
  StreamTopic,
} from '../../../core/streamViews.ts';
import type { TradeView } from '../../../core/views.ts';
import { type Access, sessionRequired, sessionUnknown } from '../access.ts';
import { HttpError, refused } from '../errors.ts';
import type { Session, Sessions } from '../sessions.ts';
import { type BookFeed, createBookFeed } from './bookFeed.ts';
import { createEventRing, type EventRing } from './eventRing.ts';
import { accountsOf, addressOf, createAccountEvents, tradeView } from './eventViews.ts';

/** Events that are told before sockets get a chance to write. */
const EVENTS_PER_TURN = 2_048;
const SNAPSHOT_TRADES = 50;

export interface Reader {
  send(text: string): void;
}

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

interface Subscription {
  readonly reader: Reader;
  readonly topic: StreamTopic;
  readonly key: string;
  readonly token: string | undefined;
  /** `seq` of the last message. */
  seq: number;
}

type Told = TradeView | AccountEventView | DirectoryChangedView;
/** A message without what differs from reader to reader. */
interface Body {
  readonly type: StreamMessage['type'];
  readonly time: number;
  readonly data: object;
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
  const { api, access, sessions, logger } = input;
  const subscriptions = new Map<string, Set<Subscription>>();
  const ofReader = new Map<Reader, Map<string, Subscription>>();
  const feeds = new Map<number, BookFeed>();
  const changedBooks = new Set<number>();
  const accountEvents = createAccountEvents(api);
  let bookTimer: NodeJS.Timeout | undefined;
  let turn: NodeJS.Immediate | undefined;

  /** undefined while this keeper is a candidate, which holds nothing to tell. */
  let ring: EventRing | undefined;
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
    try {
      const { floor, newest, after } = live();
      if (told < floor) throw new Error('The stream fell behind the keeper by a whole ring.');
      let events = 0;
      for (const item of after(told)) {
        tell(item);
        told = item.sequence;
        events += item.events.length;
        if (events >= EVENTS_PER_TURN) break;
      }
      if (told < newest) turn = setImmediate(tellSome);
    } catch (error) {
      fail(error);
    }
  }

  function fail(error: unknown): void {
    logger.error(
      { error: error instanceof Error ? (error.stack ?? error.message) : String(error) },
      'The stream failed',
    );
    subscriptions.clear();
    ofReader.clear();
    feeds.clear();
    told = ring?.newest ?? 0;
    input.onFailure();
  }

  function tell(item: StreamItem): void {
    if (item.events.some((event) => event.type === 'directoryChanged')) recheck();
    if (subscriptions.size === 0 && feeds.size === 0) return;
    for (const event of item.events) if ('book' in event && feeds.has(event.book)) changedBooks.add(event.book);
    if (changedBooks.size > 0) bookTimer ??= setTimeout(tellBooks, input.bookIntervalMs);
    for (const [key, list] of sortOut(item, (candidate) => subscriptions.has(candidate))) {
      const text = bodyText(deltaBody(key, item.time, list));
      for (const subscription of subscriptions.get(key) ?? []) {
        if (item.sequence > subscription.seq) send(subscription, item.sequence, text);
      }
    }
  }

  function tellBooks(): void {
    bookTimer = undefined;
    try {
      const books = [...changedBooks];
      changedBooks.clear();
      for (const book of books) tellBook(book);
    } catch (error) {
      fail(error);
    }
  }

  function tellBook(book: number): void {
    const change = feeds.get(book)?.refresh();
    if (change === undefined) return;
    const text = bodyText({ type: 'delta', time: api.now(), data: change.delta });
    for (const subscription of subscriptions.get(`book ${book}`) ?? []) send(subscription, change.seq, text);
  }

  /** What a command says on each wanted topic. */
  function sortOut(item: StreamItem, wanted: (key: string) => boolean): Map<string, Told[]> {
    const lists = new Map<string, Told[]>();
    const add = (key: string, view: () => Told) => {
      if (!wanted(key)) return;
      const list = lists.get(key);
      if (list === undefined) lists.set(key, [view()]);
      else list.push(view());
    };
    for (const event of item.events) {
      if (event.type === 'directoryChanged') add('executor', () => ({ type: event.type, what: event.what }));
      if (event.type === 'fill') add(`trades ${event.book}`, () => tradeView(event, item));
      const isWanted = wanted('executor') || accountsOf(event).some(({ address }) => wanted(`account ${address}`));
      for (const view of isWanted ? accountEvents(event, item) : []) {
        add(`account ${addressOf(view)}`, () => view);
        add('executor', () => view);
      }
    }
    return lists;
  }

  function send(
    subscription: Subscription,
    seq: number,
    text: string,
    prevSeq: number | null = subscription.seq,
  ): void {
    const { topic, reader } = subscription;
    const book = 'book' in topic ? `"book":${topic.book},` : '';
    subscription.seq = seq;
    reader.send(`{"channel":"${topic.channel}",${book}"seq":${seq},"prevSeq":${prevSeq},${text}`);
  }

  /** Throws unless the session may follow the topic; returns what the topic is called inside. */
  function authorize(topic: StreamTopic, token: string | undefined): string {
    const session = token === undefined ? undefined : sessions.find(token);
    if (token !== undefined && session === undefined) throw sessionUnknown();
    if (topic.channel === 'book' || topic.channel === 'trades') {
      access.requireMarketData(topic.channel === 'book' ? 'depth' : 'trades', session);
      return `${topic.channel} ${topic.book}`;
    }
    if (session === undefined) throw sessionRequired();
    if (topic.channel === 'account') return `account ${session.address}`;
    if (access.isExecutor(session)) return 'executor';
    const message = 'Only the executor may follow this channel.';
    throw new HttpError({ code: 'access.notExecutor', message, details: { address: session.address } });
  }

  function snapshot(subscription: Subscription): void {
    const { topic, token } = subscription;
    const session = token === undefined ? undefined : sessions.find(token);
    const body: Body = { type: 'snapshot', time: api.now(), data: snapshotData(topic, session) };
    send(subscription, position(topic), bodyText(body), null);
  }

  function snapshotData(topic: StreamTopic, session: Session | undefined): object {
    if (topic.channel === 'book') return feedOf(topic.book).snapshot();
    if (topic.channel === 'trades') {
      return { trades: [...api.trades({ book: topic.book, limit: SNAPSHOT_TRADES })].reverse() };
    }
    if (topic.channel === 'executor') return {};
    if (session === undefined) throw sessionRequired();
    const address: Address = session.address;
    const [accounts, orders] = [api.accounts(address), api.orders(address)];
    return { address, accounts, orders, withdrawals: api.withdrawals(address) };
  }

  /** Sequence up to which a snapshot tells. */
  function position(topic: StreamTopic): number {
    return topic.channel === 'book' ? feedOf(topic.book).seq : live().newest;
  }

  /** The feed of a book that somebody asked for goes on: there are few books, and readers come back. */
  function feedOf(book: number): BookFeed {
    const feed = feeds.get(book) ?? createBookFeed(api, book);
    if (feed === undefined) throw bookUnknown(book);
    feeds.set(book, feed);
    return feed;
  }

  /** What was missed since `from`, with the sequences; undefined when it is not all known. */
  function missed(subscription: Subscription, from: number): readonly (readonly [number, string])[] | undefined {
    const { topic, key } = subscription;
    if (topic.channel === 'book') {
      const changes = feedOf(topic.book).since(from);
      return changes?.map(
        ({ seq, delta }) => [seq, bodyText({ type: 'delta', time: api.now(), data: delta })] as const,
      );
    }
    const { floor, newest, after } = live();
    if (from < floor || from > newest) return undefined;
    return after(from).flatMap((item) => {
      const list = sortOut(item, (candidate) => candidate === key).get(key);
      return list === undefined ? [] : [[item.sequence, bodyText(deltaBody(key, item.time, list))] as const];
    });
  }

  function resume(subscription: Subscription, from: number): void {
    const time = api.now();
    const messages = missed(subscription, from);
    const bytes = messages?.reduce((sum, [, text]) => sum + text.length, 0) ?? 0;
    if (messages === undefined || bytes > input.maxReplayBytes) {
      const { topic } = subscription;
      const oldest = topic.channel === 'book' ? feedOf(topic.book).floor : live().floor;
      send(subscription, position(topic), bodyText({ type: 'gap', time, data: { from, oldest } }), null);
      snapshot(subscription);
      return;
    }
    send(subscription, from, bodyText({ type: 'resumed', time, data: {} }), from);
    for (const [seq, text] of messages) send(subscription, seq, text);
  }

  function end(subscription: Subscription): void {
    const { reader, key } = subscription;
    const readers = subscriptions.get(key);
    readers?.delete(subscription);
    if (readers?.size === 0) subscriptions.delete(key);
    const topics = ofReader.get(reader);
    topics?.delete(key);
    if (topics?.size === 0) ofReader.delete(reader);
  }

  function recheck(): void {
    for (const subscription of [...subscriptions.values()].flatMap((readers) => [...readers])) {
      try {
        authorize(subscription.topic, subscription.token);
      } catch (error) {
        if (!(error instanceof HttpError)) throw error;
        end(subscription);
        subscription.reader.send(errorText(error, subscription.topic));
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
      const key = authorize(topic, token);
      if (topic.channel === 'trades' && !api.books().some(({ book }) => book === topic.book))
        throw bookUnknown(topic.book);
      if (topic.channel === 'book') {
        feedOf(topic.book);
        tellBook(topic.book);
      }
      const topics = ofReader.get(reader) ?? new Map<string, Subscription>();
      const older = topics.get(key);
      if (older === undefined && topics.size >= input.maxSubscriptions) {
        const message = `One stream follows at most ${input.maxSubscriptions} topics.`;
        throw new HttpError({ code: 'limit.subscriptions', message });
      }
      if (older !== undefined) end(older);
      const subscription: Subscription = { reader, topic, key, token, seq: 0 };
      if (from === undefined) snapshot(subscription);
      else resume(subscription, from);
      topics.set(key, subscription);
      ofReader.set(reader, topics);
      const readers = subscriptions.get(key) ?? new Set();
      subscriptions.set(key, readers.add(subscription));
    },
    unsubscribe(reader, topic) {
      for (const subscription of ofReader.get(reader)?.values() ?? []) {
        if (sameTopic(subscription.topic, topic)) end(subscription);
      }
    },
    drop(reader) {
      for (const subscription of ofReader.get(reader)?.values() ?? []) end(subscription);
    },
    recheck,
    close() {
      stopListening();
      clearTimeout(bookTimer);
      clearImmediate(turn);
      subscriptions.clear();
      ofReader.clear();
    },
  };
}

/** An error as the stream says it. */
export function errorText(error: HttpError, topic?: StreamTopic): string {
  const { code, message, details, retryable } = error.body;
  const answer: StreamAnswer = { type: 'error', code, message, details, retryable, ...(topic && { topic }) };
  return JSON.stringify(answer);
}

function deltaBody(key: string, time: number, list: readonly Told[]): Body {
  return { type: 'delta', time, data: key.startsWith('trades ') ? { trades: list } : { events: list } };
}

/** The end of a message, shared by all its readers. */
function bodyText(body: Body): string {
  return JSON.stringify(body).slice(1);
}

function sameTopic(a: StreamTopic, b: StreamTopic): boolean {
  return a.channel === b.channel && ('book' in a ? a.book : 0) === ('book' in b ? b.book : 0);
}

function bookUnknown(book: number): HttpError {
  return new HttpError({ code: 'book.unknown', message: `There is no book ${book}.`, details: { book } });
}
