// One WebSocket to a keeper that comes back by itself: after a lost line it goes on where it was, and it notices when a
// message is missing.
import type { StreamAnswer, StreamMessage, StreamRequest, StreamTopic } from '../core/streamViews.ts';
import { KeeperApiError } from './keeperApiError.ts';

const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 10_000;
/** A topic that cannot be followed for the moment is asked for again after this. */
const TOPIC_RETRY_MS = 1_000;
/** The client pings this often; a line on which nothing came since the ping before is dead. */
const PING_MS = 15_000;

/** What a subscriber is told: a snapshot, then every change once and in order. After a `gap` comes a new snapshot. */
export type TopicMessage = Exclude<StreamMessage, { readonly type: 'resumed' }>;

export interface KeeperStream {
  /**
   * Follows a topic until the returned function is called. `onEnd` is told when the keeper refuses or ends it for good;
   * a lost line or a forgotten session is mended silently.
   */
  subscribe(input: {
    readonly topic: StreamTopic;
    readonly onMessage: (message: TopicMessage) => void;
    readonly onEnd?: (error: KeeperApiError) => void;
    /** For the executor: all open orders are cancelled when the line ends before the returned function is called. */
    readonly cancelOnDisconnect?: boolean;
  }): () => void;
  close(): void;
}

interface Subscription {
  readonly topic: StreamTopic;
  readonly onMessage: (message: TopicMessage) => void;
  readonly onEnd: ((error: KeeperApiError) => void) | undefined;
  readonly cancelOnDisconnect: boolean;
  /** `seq` of the last message; undefined before the first snapshot. */
  seq: number | undefined;
  /** Something is missing and was asked for again: what comes before the answer does not count. */
  isAsking: boolean;
}

export function createKeeperStream(input: {
  readonly url: string;
  /** Token of the session; undefined when nobody signed in. */
  readonly token: () => string | undefined;
  /** Signs in again. */
  readonly freshToken: () => Promise<string | undefined>;
}): KeeperStream {
  const url = new URL('/v1/stream', input.url);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const subscriptions = new Map<string, Subscription>();
  let socket: WebSocket | undefined;
  let retryMs = FIRST_RETRY_MS;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;
  let pingTimer: ReturnType<typeof setTimeout> | undefined;
  let heard = false;
  let closed = false;

  function connect(): void {
    retryTimer = undefined;
    const line = new WebSocket(url);
    socket = line;
    heard = true;
    line.onopen = () => {
      for (const subscription of subscriptions.values()) ask(subscription);
    };
    line.onmessage = ({ data }) => {
      if (line !== socket) return;
      heard = true;
      retryMs = FIRST_RETRY_MS;
      receive(JSON.parse(String(data)) as StreamMessage | StreamAnswer);
    };
    line.onclose = () => reconnect(line);
    // `close` follows and says the same.
    line.onerror = () => {};
    pingTimer = setInterval(() => {
      if (!heard) return reconnect(line);
      heard = false;
      say({ op: 'ping' });
    }, PING_MS);
  }

  /** A dead line may never say `close`: forget it and come back later. */
  function reconnect(line: WebSocket | undefined): void {
    if (line === undefined || line !== socket) return;
    socket = undefined;
    clearInterval(pingTimer);
    line.close();
    retryTimer = setTimeout(connect, retryMs);
    retryMs = Math.min(MAX_RETRY_MS, retryMs * 2);
  }

  function say(message: StreamRequest): void {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  }

  function ask(subscription: Subscription): void {
    const { topic, seq, cancelOnDisconnect } = subscription;
    const token = input.token();
    subscription.isAsking = true;
    say({
      op: 'subscribe',
      ...topic,
      ...(token === undefined ? {} : { token }),
      ...(seq === undefined ? {} : { from: seq }),
      ...(cancelOnDisconnect ? { cancelOnDisconnect } : {}),
    });
  }

  function receive(message: StreamMessage | StreamAnswer): void {
    if (message.type === 'pong' || message.type === 'unsubscribed') return;
    if (message.type === 'error') return refuse(message);
    const subscription = subscriptions.get(keyOf(message));
    if (subscription === undefined) return;
    if (subscription.isAsking && message.type === 'delta') return;
    if (message.prevSeq !== null && message.prevSeq !== subscription.seq) return ask(subscription);
    subscription.isAsking = false;
    if (message.type !== 'gap') subscription.seq = message.seq;
    if (message.type !== 'resumed') subscription.onMessage(message);
  }

  function refuse({ topic, code, message, details, retryable }: StreamAnswer & { readonly type: 'error' }): void {
    const subscription = topic === undefined ? undefined : subscriptions.get(keyOf(topic));
    // What is wrong with the whole line ends it; it comes back by itself.
    if (topic === undefined || subscription === undefined) return;
    if (code === 'session.unknown' && input.token() !== undefined) {
      input.freshToken().then(
        () => ask(subscription),
        () => reconnect(socket),
      );
      return;
    }
    if (retryable) {
      setTimeout(() => subscriptions.get(keyOf(topic)) === subscription && ask(subscription), TOPIC_RETRY_MS);
      return;
    }
    subscriptions.delete(keyOf(topic));
    subscription.onEnd?.(new KeeperApiError({ code, message, details, retryable, status: 0 }));
  }

  return {
    subscribe({ topic, onMessage, onEnd, cancelOnDisconnect = false }) {
      const key = keyOf(topic);
      if (closed) throw new Error('The stream is closed.');
      if (subscriptions.has(key)) throw new Error(`This stream follows ${key} already.`);
      const subscription: Subscription = {
        topic,
        onMessage,
        onEnd,
        cancelOnDisconnect,
        seq: undefined,
        isAsking: false,
      };
      subscriptions.set(key, subscription);
      if (socket === undefined && retryTimer === undefined) connect();
      else ask(subscription);
      return () => {
        if (subscriptions.get(key) !== subscription) return;
        subscriptions.delete(key);
        say({ op: 'unsubscribe', ...topic });
      };
    },
    close() {
      closed = true;
      clearTimeout(retryTimer);
      clearInterval(pingTimer);
      subscriptions.clear();
      socket?.close(1000);
      socket = undefined;
    },
  };
}

function keyOf(topic: StreamTopic): string {
  return 'book' in topic ? `${topic.channel} ${topic.book}` : topic.channel;
}
