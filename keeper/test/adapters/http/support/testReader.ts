// A client of the stream that a test steers: says what it is told to say and hands out what comes, one by one.
import { WebSocket } from 'ws';

// biome-ignore lint/suspicious/noExplicitAny: tests look into it with expectations
export type Message = any;

export interface TestReader {
  readonly socket: WebSocket;
  say(message: unknown): void;
  /** The next message that was not handed out yet; waits for it. */
  next(): Promise<Message>;
  /** As many as are asked for. */
  take(count: number): Promise<Message[]>;
  /** What has come and was not handed out. */
  readonly waiting: readonly Message[];
  /** Close code and reason. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  close(): Promise<void>;
}

export async function openReader(server: { readonly url: string }): Promise<TestReader> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/stream`);
  const waiting: Message[] = [];
  const wanted: ((message: Message) => void)[] = [];
  socket.on('message', (data) => {
    const message = JSON.parse(String(data));
    const first = wanted.shift();
    if (first === undefined) waiting.push(message);
    else first(message);
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: String(reason) }));
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve());
    socket.once('error', reject);
  });
  socket.on('error', () => {});

  const next = (): Promise<Message> => {
    if (waiting.length > 0) return Promise.resolve(waiting.shift());
    return new Promise((resolve) => wanted.push(resolve));
  };
  return {
    socket,
    say: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    next,
    async take(count) {
      const messages: Message[] = [];
      while (messages.length < count) messages.push(await next());
      return messages;
    },
    waiting,
    closed,
    async close() {
      socket.close();
      await closed;
    },
  };
}
