// Every bound of the door, with its default.
import type { Rate } from './rateLimit.ts';

export interface HttpLimits {
  /** Requests of strangers, per IP address; a signed or signing-in request costs more than one. */
  readonly ip: Rate;
  /** Requests of a session, and withdrawals of a proved account. */
  readonly account: Rate;
  /** Requests of the executor's sessions, and its orders; a cancel costs a tenth. */
  readonly executor: Rate;
  readonly maxConnections: number;
  readonly maxConnectionsPerIp: number;
  readonly maxStreams: number;
  readonly maxStreamsPerIp: number;
  readonly maxSubscriptionsPerStream: number;
  /** Messages of one stream's client. */
  readonly streamMessages: Rate;
  readonly maxStreamMessageBytes: number;
  /** A reader that lets more than this pile up is cut off with close code 1013. */
  readonly maxStreamBacklogBytes: number;
  /** All streams together; beyond it the slowest ones are cut off. */
  readonly maxStreamBacklogsBytes: number;
  /** Pings go out this often; a client that missed one when the next is due is gone. */
  readonly streamHeartbeatMs: number;
  /** Changes of a book are collected this long, then sent as one delta. */
  readonly bookIntervalMs: number;
  /** From the connection's begin until the headers are complete. */
  readonly headersTimeoutMs: number;
  /** From the connection's begin until the body is complete. */
  readonly requestTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  /** A client that neither sends nor takes anything for this long is gone. */
  readonly idleTimeoutMs: number;
}

export const DEFAULT_LIMITS: HttpLimits = {
  ip: { perSecond: 100, burst: 400 },
  account: { perSecond: 20, burst: 100 },
  executor: { perSecond: 500_000, burst: 1_000_000 },
  maxConnections: 2048,
  maxConnectionsPerIp: 256,
  maxStreams: 1024,
  maxStreamsPerIp: 128,
  maxSubscriptionsPerStream: 64,
  streamMessages: { perSecond: 10, burst: 100 },
  maxStreamMessageBytes: 4096,
  maxStreamBacklogBytes: 4 * 1024 * 1024,
  maxStreamBacklogsBytes: 256 * 1024 * 1024,
  streamHeartbeatMs: 15_000,
  bookIntervalMs: 50,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 20_000,
  keepAliveTimeoutMs: 60_000,
  idleTimeoutMs: 90_000,
};
