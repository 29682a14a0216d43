// The sockets of `/v1/stream`: who may connect, what he may send, and when he is cut off. No check of the Origin header:
// nothing is authorised by cookies, private channels want the token of a session in the message.
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { KeeperApi } from '../../../core/api.ts';
import type { Logger } from '../../../core/ports.ts';
import type { StreamAnswer } from '../../../core/streamViews.ts';
import type { Access } from '../access.ts';
import { HttpError } from '../errors.ts';
import type { HttpLimits } from '../limits.ts';
import type { DoorMetrics } from '../metrics.ts';
import { type Buckets, ipKey } from '../rateLimit.ts';
import { rawAnswer } from '../rawAnswer.ts';
import type { Sessions } from '../sessions.ts';
import { parseClientMessage, topicOf } from './clientMessage.ts';
import { createStreamHub, errorText } from './streamHub.ts';
import type { Reader } from './subscriptions.ts';

const PATH = '/v1/stream';
/** How long a client that was told to go may take to say goodbye. */
const CLOSE_TIMEOUT_MS = 2_000;
/** Of the client's IP address: connecting and subscribing make the keeper look things up. */
const CONNECT_COST = 2;
const SUBSCRIBE_COST = 2;
/** To find what a reader missed, the keeper goes through everything that happened: this much of it costs one more. */
const EVENTS_PER_TOKEN = 256;
/** All backlogs are added up whenever the lines were given this part of what they may hold together. */
const PARTS_PER_CHECK = 64;

/** Also of bytes. */
const TEXT_FRAME = { binary: false };

const GOING_AWAY = 1001;
const UNSUPPORTED_DATA = 1003;
const POLICY_VIOLATION = 1008;
const INTERNAL_ERROR = 1011;
const TRY_AGAIN_LATER = 1013;

export interface StreamServer {
  /** Tells all clients to go. */
  close(): Promise<void>;
  /** How many are open. */
  clients(): number;
}

export function serveStream(input: {
  readonly server: Server;
  readonly api: KeeperApi;
  readonly access: Access;
  readonly sessions: Pick<Sessions, 'find'>;
  readonly buckets: Buckets;
  readonly limits: HttpLimits;
  readonly logger: Logger;
  readonly checkConnection: (socket: Socket) => void;
  readonly metrics: Pick<DoorMetrics, 'streamMessage' | 'streamCut'>;
}): StreamServer {
  const { server, api, buckets, limits, logger, metrics } = input;
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: true,
    maxPayload: limits.maxStreamMessageBytes,
    perMessageDeflate: false,
    // @ts-expect-error the types of ws do not know this documented option yet
    closeTimeout: CLOSE_TIMEOUT_MS,
  });
  const alive = new WeakSet<WebSocket>();
  const perIp = new Map<string, number>();
  const heldBack = new Set<Socket>();
  const guards = new Map<Reader, ReturnType<KeeperApi['guardOrders']>>();
  let closing = false;
  let count = 0;
  let charactersSinceCheck = 0;

  const hub = createStreamHub({
    ...input,
    bookIntervalMs: limits.bookIntervalMs,
    maxReplayBytes: limits.maxStreamBacklogBytes / 2,
    maxSubscriptions: limits.maxSubscriptionsPerStream,
    onFailure: () => closeAll(INTERNAL_ERROR, 'the stream failed; connect again'),
  });

  function closeAll(code: number, reason: string): void {
    for (const socket of sockets.clients) socket.close(code, reason);
  }

  /** Cuts the slowest lines when all together wait for too much, without a goodbye, which would wait behind the rest. */
  function boundBacklogs(characters: number): void {
    charactersSinceCheck += characters;
    if (charactersSinceCheck < limits.maxStreamBacklogsBytes / PARTS_PER_CHECK) return;
    charactersSinceCheck = 0;
    const slowestFirst = [...sockets.clients].sort((a, b) => b.bufferedAmount - a.bufferedAmount);
    let bytes = slowestFirst.reduce((sum, { bufferedAmount }) => sum + bufferedAmount, 0);
    for (const webSocket of slowestFirst) {
      if (bytes <= limits.maxStreamBacklogsBytes) return;
      bytes -= webSocket.bufferedAmount;
      metrics.streamCut();
      webSocket.terminate();
    }
  }

  /** What a line is told in one turn goes out at once: calling the operating system costs more than anything else here. */
  function holdBack(socket: Socket): void {
    if (heldBack.has(socket)) return;
    if (heldBack.size === 0) process.nextTick(letGo);
    heldBack.add(socket);
    socket.cork();
  }

  function letGo(): void {
    for (const socket of heldBack) socket.uncork();
    heldBack.clear();
  }

  function checkUpgrade(request: IncomingMessage): void {
    if (closing) throw new HttpError({ code: 'keeper.closing', message: 'The keeper is stopping.', retryable: true });
    input.checkConnection(request.socket);
    const ip = ipKey(request.socket.remoteAddress);
    buckets.take({ key: ip, rate: limits.ip, cost: CONNECT_COST });
    if (request.url?.split('?', 1)[0] !== PATH) {
      throw new HttpError({ code: 'route.unknown', message: `Upgrades are for ${PATH} only.` });
    }
    if (sockets.clients.size >= limits.maxStreams || (perIp.get(ip) ?? 0) >= limits.maxStreamsPerIp) {
      throw new HttpError({ code: 'limit.streams', message: 'Too many streams; close some.', retryable: true });
    }
  }

  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    try {
      checkUpgrade(request);
      sockets.handleUpgrade(request, socket, head, (webSocket) => accept(webSocket, request));
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      rawAnswer(socket, error);
    }
  });
  sockets.on('wsClientError', (error, socket) => {
    rawAnswer(
      socket,
      new HttpError({ code: 'request.malformed', message: `Not a WebSocket upgrade: ${error.message}.` }),
    );
  });

  function accept(webSocket: WebSocket, request: IncomingMessage): void {
    const ip = ipKey(request.socket.remoteAddress);
    const key = `stream ${count++}`;
    perIp.set(ip, (perIp.get(ip) ?? 0) + 1);
    alive.add(webSocket);
    const reader: Reader = {
      send(text) {
        if (webSocket.readyState !== webSocket.OPEN) return;
        if (webSocket.bufferedAmount <= limits.maxStreamBacklogBytes) {
          holdBack(request.socket);
          webSocket.send(text, TEXT_FRAME);
          metrics.streamMessage();
          return boundBacklogs(text.length);
        }
        hub.drop(reader);
        metrics.streamCut();
        webSocket.close(TRY_AGAIN_LATER, 'reads too slowly');
      },
    };
    webSocket.on('pong', () => alive.add(webSocket));
    webSocket.on('message', (data, isBinary) => {
      if (isBinary) return webSocket.close(UNSUPPORTED_DATA, 'text only');
      if (webSocket.readyState === webSocket.OPEN) receive({ webSocket, reader, key, ip, data });
    });
    // ws closes the socket with the right code itself; what happened is the client's business.
    webSocket.on('error', () => {});
    webSocket.on('close', () => {
      hub.drop(reader);
      // A keeper that stops comes back: that is for dead-man switches.
      if (!closing) guards.get(reader)?.lost();
      guards.delete(reader);
      const left = (perIp.get(ip) ?? 1) - 1;
      if (left === 0) perIp.delete(ip);
      else perIp.set(ip, left);
    });
  }

  function receive(input: {
    readonly webSocket: WebSocket;
    readonly reader: Reader;
    readonly key: string;
    readonly ip: string;
    readonly data: RawData;
  }): void {
    const { webSocket, reader, key, ip } = input;
    try {
      buckets.take({ key, rate: limits.streamMessages, cost: 1 });
    } catch (error) {
      if (error instanceof HttpError) reader.send(errorText(error));
      return webSocket.close(POLICY_VIOLATION, 'too many messages');
    }
    answer({ webSocket, reader, ip }, String(input.data)).catch((error: unknown) => {
      if (error instanceof HttpError) return reader.send(errorText(error));
      logger.error({ error: error instanceof Error ? error.stack : String(error) }, 'A stream message failed');
      webSocket.close(INTERNAL_ERROR, 'the keeper failed');
    });
  }

  /** The reader follows the executor's topic, so that he is the executor. */
  function guard(reader: Reader): void {
    if (!guards.has(reader)) guards.set(reader, api.guardOrders(api.executor()));
  }

  function release(reader: Reader): void {
    guards.get(reader)?.release();
    guards.delete(reader);
  }

  async function answer(
    { webSocket, reader, ip }: { readonly webSocket: WebSocket; readonly reader: Reader; readonly ip: string },
    text: string,
  ): Promise<void> {
    const request = parseClientMessage(text);
    if (request.op === 'ping') return say(reader, { type: 'pong', time: api.now() });
    const topic = topicOf(request);
    if (request.op === 'unsubscribe') {
      hub.unsubscribe(reader, topic);
      if (topic.channel === 'executor') release(reader);
      return say(reader, { type: 'unsubscribed', ...topic });
    }
    try {
      buckets.take({ key: ip, rate: limits.ip, cost: SUBSCRIBE_COST });
      await hub.ready();
      if (webSocket.readyState !== webSocket.OPEN) return;
      const looked = hub.subscribe({ reader, topic, token: request.token, from: request.from });
      if (request.cancelOnDisconnect === true) guard(reader);
      buckets.charge({ key: ip, rate: limits.ip, cost: Math.floor(looked / EVENTS_PER_TOKEN) });
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      reader.send(errorText(error, topic));
    }
  }

  const heartbeat = setInterval(() => {
    hub.recheck();
    for (const webSocket of sockets.clients) {
      if (!alive.delete(webSocket)) webSocket.terminate();
      else webSocket.ping();
    }
  }, limits.streamHeartbeatMs);

  return {
    clients: () => sockets.clients.size,
    close() {
      closing = true;
      clearInterval(heartbeat);
      hub.close();
      closeAll(GOING_AWAY, 'the keeper is stopping');
      return new Promise((resolve) => {
        if (sockets.clients.size === 0) return resolve();
        for (const webSocket of sockets.clients) {
          webSocket.once('close', () => sockets.clients.size === 0 && resolve());
        }
      });
    },
  };
}

function say(reader: Reader, message: StreamAnswer): void {
  reader.send(JSON.stringify(message));
}
