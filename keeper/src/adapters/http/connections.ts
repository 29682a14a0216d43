// How many connections there are, in all and per IP address. One too many is answered and closed; many too many are not.
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { HttpError } from './errors.ts';
import { ipKey } from './rateLimit.ts';

/** Connections beyond the limit that still get an answer; Node drops the rest without a word. */
const ANSWERED_BEYOND_LIMIT = 64;

/** Counts from now on. The returned function throws `limit.connections` for a socket that came when there were too many. */
export function countConnections(
  server: Server,
  limits: { readonly maxConnections: number; readonly maxConnectionsPerIp: number },
): (socket: Socket) => void {
  const perIp = new Map<string, number>();
  const tooMany = new WeakSet<Socket>();
  let total = 0;
  server.maxConnections = limits.maxConnections + ANSWERED_BEYOND_LIMIT;

  server.on('connection', (socket: Socket) => {
    const key = ipKey(socket.remoteAddress);
    const ofIp = (perIp.get(key) ?? 0) + 1;
    perIp.set(key, ofIp);
    total += 1;
    if (total > limits.maxConnections || ofIp > limits.maxConnectionsPerIp) tooMany.add(socket);
    socket.once('close', () => {
      total -= 1;
      const left = (perIp.get(key) ?? 1) - 1;
      if (left === 0) perIp.delete(key);
      else perIp.set(key, left);
    });
  });

  return (socket) => {
    if (!tooMany.has(socket)) return;
    throw new HttpError({ code: 'limit.connections', message: 'Too many connections; close some.', retryable: true });
  };
}
