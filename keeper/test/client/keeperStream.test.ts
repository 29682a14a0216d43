import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import type { KeeperApiError } from '../../src/client/keeperApiError.ts';
import { createKeeperClient, type KeeperClient } from '../../src/client/keeperClient.ts';
import { createKeeperStream, type KeeperStream, type TopicMessage } from '../../src/client/keeperStream.ts';
import type { Fill } from '../../src/core/events.ts';
import type { StreamTopic } from '../../src/core/streamViews.ts';
import { BOOK, START_SEQUENCE } from '../adapters/http/support/fakeKeeperApi.ts';
import {
  alice,
  aliceAddress,
  executorAddress,
  startTestServer,
  type TestServer,
} from '../adapters/http/support/testServer.ts';

const TRADES: StreamTopic = { channel: 'trades', book: BOOK };
let server: TestServer;
let line: Line;
let client: KeeperClient;
let stream: KeeperStream;

/** A wire between client and keeper that a test can cut. */
interface Line {
  readonly url: string;
  cut(): void;
  close(): Promise<void>;
}

async function layLine(target: { readonly port: number }): Promise<Line> {
  const sockets = new Set<Socket>();
  const wire = createServer((near) => {
    const far = connect(target.port, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => wire.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${(wire.address() as AddressInfo).port}`,
    cut,
    close: () => {
      cut();
      return new Promise((resolve) => wire.close(() => resolve()));
    },
  };
}

async function start(input: Parameters<typeof startTestServer>[0] = {}): Promise<void> {
  server = await startTestServer(input);
  server.keeper.time = Date.now();
}

beforeEach(async () => {
  await start();
  line = await layLine({
    get port() {
      return server.port;
    },
  });
  client = createKeeperClient({ url: line.url, domain: server.host });
  stream = client.stream();
});
afterEach(async () => {
  stream.close();
  await line.close();
  await server.close();
});

/** Follows a topic and keeps what it is told. */
function record(topic: StreamTopic, on: KeeperStream = stream) {
  const messages: TopicMessage[] = [];
  const ends: KeeperApiError[] = [];
  const stop = on.subscribe({
    topic,
    onMessage: (message) => messages.push(message),
    onEnd: (error) => ends.push(error),
  });
  return { messages, ends, stop, types: () => messages.map(({ type }) => type) };
}

const fill = (price: number): Fill => ({
  type: 'fill',
  book: BOOK,
  makerOrderId: 1,
  takerOrderId: 2,
  maker: { address: aliceAddress, subaccount: 0 },
  taker: { address: executorAddress, subaccount: 0 },
  takerSide: 0,
  price,
  quantity: 1,
  makerFee: 0,
  takerFee: 0,
  makerRemaining: 0,
});

const pricesOf = (messages: readonly TopicMessage[]) =>
  messages.flatMap((message) =>
    message.channel === 'trades' && message.type === 'delta' ? message.data.trades.map(({ price }) => price) : [],
  );

it('tells a snapshot and then every change', async () => {
  const trades = record(TRADES);
  await expect.poll(trades.types).toEqual(['snapshot']);
  for (const price of [1, 2, 3]) server.keeper.publish([fill(price)]);
  await expect.poll(() => pricesOf(trades.messages)).toEqual([1, 2, 3]);
});

it('goes on where it was after the line was cut, with nothing lost and nothing twice', async () => {
  const trades = record(TRADES);
  await expect.poll(trades.types).toEqual(['snapshot']);
  for (let round = 0; round < 3; round++) {
    server.keeper.publish([fill(2 * round)]);
    await expect.poll(() => pricesOf(trades.messages).length).toBe(2 * round + 1);
    line.cut();
    server.keeper.publish([fill(2 * round + 1)]);
    await expect.poll(() => pricesOf(trades.messages).length).toBe(2 * round + 2);
  }
  expect(pricesOf(trades.messages)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(trades.types().filter((type) => type === 'snapshot')).toHaveLength(1);
});

it('tells a gap and a new snapshot after the keeper started anew, and signs in again', async () => {
  await client.signIn(alice);
  const trades = record(TRADES);
  const account = record({ channel: 'account' });
  await expect.poll(() => [...trades.types(), ...account.types()]).toEqual(['snapshot', 'snapshot']);
  const { host, port } = server;
  await server.close();
  await start({ port });
  expect(server.host).toBe(host);
  server.keeper.sequence = START_SEQUENCE + 50;
  for (const { types } of [trades, account]) {
    await expect.poll(types, { timeout: 20_000 }).toEqual(['snapshot', 'gap', 'snapshot']);
  }
  server.keeper.publish([fill(9)]);
  await expect.poll(() => pricesOf(trades.messages)).toEqual([9]);
  await expect.poll(account.types).toEqual(['snapshot', 'gap', 'snapshot', 'delta']);
});

it('ends a topic that the keeper refuses, and only that one', async () => {
  const trades = record(TRADES);
  const nowhere = record({ channel: 'book', book: 99 });
  const account = record({ channel: 'account' });
  await expect.poll(() => nowhere.ends.map(({ code }) => code)).toEqual(['book.unknown']);
  await expect.poll(() => account.ends.map(({ code }) => code)).toEqual(['session.required']);
  server.keeper.publish([fill(1)]);
  await expect.poll(() => pricesOf(trades.messages)).toEqual([1]);
  expect(trades.ends).toEqual([]);
});

it('keeps asking while the keeper is a candidate', async () => {
  server.keeper.refusal = { code: 'keeper.notReady', message: 'Not yet.', retryable: true };
  const trades = record(TRADES);
  const other = record({ channel: 'book', book: BOOK });
  server.keeper.refusal = undefined;
  await expect.poll(() => [...trades.types(), ...other.types()], { timeout: 20_000 }).toEqual(['snapshot', 'snapshot']);
});

it('hears nothing more of what it stopped following', async () => {
  const trades = record(TRADES);
  const book = record({ channel: 'book', book: BOOK });
  await expect.poll(() => [...trades.types(), ...book.types()]).toEqual(['snapshot', 'snapshot']);
  trades.stop();
  server.keeper.bids.set(1, { price: 1, quantity: '1', orders: 1 });
  server.keeper.publish([fill(1)]);
  await expect.poll(book.types).toEqual(['snapshot', 'delta']);
  expect(trades.types()).toEqual(['snapshot']);
  expect(() => record({ channel: 'book', book: BOOK })).toThrow('already');
  record(TRADES).stop();
});

it('notices a message that is missing, and asks for it again', async () => {
  const asked: { readonly op: string; readonly from?: number }[] = [];
  const keeper = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  const delta = (seq: number, prevSeq: number) => ({
    ...TRADES,
    seq,
    prevSeq,
    type: 'delta',
    time: 0,
    data: { trades: [{ price: seq }] },
  });
  keeper.on('connection', (socket: WebSocket) => {
    const say = (message: object) => socket.send(JSON.stringify(message));
    socket.on('message', (data) => {
      const request = JSON.parse(String(data));
      asked.push(request);
      if (request.from === undefined) {
        say({ ...TRADES, seq: 10, prevSeq: null, type: 'snapshot', time: 0, data: { trades: [] } });
        say(delta(11, 10));
        // 12 is lost; what comes before the answer to the question must not be told.
        say(delta(13, 12));
        say(delta(14, 13));
        return;
      }
      say({ ...TRADES, seq: request.from, prevSeq: request.from, type: 'resumed', time: 0, data: {} });
      for (const seq of [12, 13, 14]) if (seq > request.from) say(delta(seq, seq - 1));
    });
  });
  await new Promise((resolve) => keeper.once('listening', resolve));
  const url = `http://127.0.0.1:${(keeper.address() as AddressInfo).port}`;
  const faulty = createKeeperStream({ url, token: () => undefined, freshToken: async () => undefined });
  const trades = record(TRADES, faulty);
  await expect.poll(() => pricesOf(trades.messages)).toEqual([11, 12, 13, 14]);
  expect(asked.map(({ op, from }) => [op, from])).toEqual([
    ['subscribe', undefined],
    ['subscribe', 11],
  ]);
  faulty.close();
  await new Promise((resolve) => keeper.close(resolve));
});
