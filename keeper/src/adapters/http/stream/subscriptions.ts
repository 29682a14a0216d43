// Who follows what: by what is told, and by who listens.
import type { StreamTopic } from '../../../core/streamViews.ts';
import { HttpError } from '../errors.ts';

export interface Reader {
  /** Text, or its bytes in UTF-8, which many readers may share. */
  send(text: string | Buffer): void;
}

export interface Subscription {
  readonly reader: Reader;
  readonly topic: StreamTopic;
  /** What is told: the topic, and for `account` whose. Subscriptions of one key get the same deltas. */
  readonly key: string;
  readonly token: string | undefined;
  /** `seq` of the last message. */
  seq: number;
  /** Lost what is known no more, and waits for a gap and a snapshot: it is told nothing until then. */
  isBehind: boolean;
}

export interface Subscriptions {
  /** Whether anybody listens. */
  has(key: string): boolean;
  of(key: string): Iterable<Subscription>;
  all(): readonly Subscription[];
  /** Neither ended nor replaced. */
  isOpen(subscription: Subscription): boolean;
  /** Takes the place of the reader's older one to the same topic. */
  add(subscription: Subscription): void;
  /** Throws `limit.subscriptions` when the reader may not follow one more topic. */
  checkRoom(reader: Reader, topic: StreamTopic): void;
  remove(reader: Reader, topic: StreamTopic): void;
  /** The reader is gone. */
  drop(reader: Reader): void;
  clear(): void;
}

export function createSubscriptions(maxPerReader: number): Subscriptions {
  const byKey = new Map<string, Set<Subscription>>();
  const byReader = new Map<Reader, Map<string, Subscription>>();

  function end(subscription: Subscription | undefined): void {
    if (subscription === undefined) return;
    const { reader, topic, key } = subscription;
    const [listeners, topics] = [byKey.get(key), byReader.get(reader)];
    listeners?.delete(subscription);
    if (listeners?.size === 0) byKey.delete(key);
    topics?.delete(nameOf(topic));
    if (topics?.size === 0) byReader.delete(reader);
  }

  return {
    has: (key) => byKey.has(key),
    of: (key) => byKey.get(key) ?? [],
    all: () => [...byKey.values()].flatMap((listeners) => [...listeners]),
    isOpen: (subscription) => byKey.get(subscription.key)?.has(subscription) ?? false,
    add(subscription) {
      const { reader, topic, key } = subscription;
      end(byReader.get(reader)?.get(nameOf(topic)));
      byKey.set(key, (byKey.get(key) ?? new Set()).add(subscription));
      byReader.set(reader, (byReader.get(reader) ?? new Map()).set(nameOf(topic), subscription));
    },
    checkRoom(reader, topic) {
      const topics = byReader.get(reader);
      if (topics === undefined || topics.has(nameOf(topic)) || topics.size < maxPerReader) return;
      const message = `One stream follows at most ${maxPerReader} topics.`;
      throw new HttpError({ code: 'limit.subscriptions', message });
    },
    remove: (reader, topic) => end(byReader.get(reader)?.get(nameOf(topic))),
    drop(reader) {
      for (const subscription of byReader.get(reader)?.values() ?? []) end(subscription);
    },
    clear() {
      byKey.clear();
      byReader.clear();
    },
  };
}

function nameOf(topic: StreamTopic): string {
  return 'book' in topic ? `${topic.channel} ${topic.book}` : topic.channel;
}
