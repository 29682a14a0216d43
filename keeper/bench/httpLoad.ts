// Sends prepared requests over some connections, as fast as they are answered or at a rate: one at a time per connection, and
// in their order. Speaks HTTP itself, so that the clients take as little of the machine as possible.
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface LoadResult {
  readonly seconds: number;
  /**
   * Until the last byte was received, per request, in milliseconds: from the first byte sent, or from when the request was due
   * when all connections waited for answers then.
   */
  readonly latencies: Float64Array;
  readonly answers: readonly Answer[];
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

const END_OF_HEAD = Buffer.from('\r\n\r\n');

/**
 * @param input.warmUp so many of the first requests are sent but not counted
 * @param input.perSecond requests that are due in a second, answered or not; as many as are answered when undefined
 */
export async function sendAll(input: {
  readonly url: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodies: readonly Buffer[];
  readonly connections: number;
  readonly warmUp: number;
  readonly perSecond?: number;
}): Promise<LoadResult> {
  const { bodies, warmUp, perSecond } = input;
  const { hostname, port, host } = new URL(input.url);
  const head = [
    `POST ${input.path} HTTP/1.1`,
    `host: ${host}`,
    'content-type: application/json',
    ...Object.entries(input.headers).map(([name, value]) => `${name}: ${value}`),
  ].join('\r\n');
  const latencies = new Float64Array(bodies.length);
  const answers = new Array<Answer>(bodies.length);
  const begin = performance.now();
  let next = 0;
  let start = 0;

  /** When the request counts as sent. How late a timer is, is no fault of the server. */
  async function untilDue(index: number): Promise<number> {
    const due = perSecond === undefined ? performance.now() : begin + (1000 * index) / perSecond;
    const early = due - performance.now();
    if (early <= 0) return due;
    await delay(early);
    return performance.now();
  }

  async function connection(): Promise<void> {
    const socket = connect(Number(port), hostname).setNoDelay(true);
    try {
      for (;;) {
        const index = next++;
        const body = bodies[index];
        if (body === undefined) return;
        const sentAt = await untilDue(index);
        if (index === warmUp) start = sentAt;
        socket.cork();
        socket.write(`${head}\r\ncontent-length: ${body.length}\r\n\r\n`);
        socket.write(body);
        socket.uncork();
        answers[index] = await answerOf(socket);
        latencies[index] = performance.now() - sentAt;
      }
    } finally {
      socket.destroy();
    }
  }

  await Promise.all(Array.from({ length: input.connections }, connection));
  const seconds = (performance.now() - start) / 1000;
  return { seconds, latencies: latencies.slice(warmUp), answers };
}

/** The next answer. Throws when the line breaks or it does not say its length. */
function answerOf(socket: Socket): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let parts: Buffer[] = [];
    let missing = -1;
    let status = 0;
    const stopListening = () => socket.off('data', take).off('error', fail).off('close', onClose);
    const fail = (error: Error) => {
      stopListening();
      reject(error);
    };
    const onClose = () => fail(new Error('the server closed the connection'));
    const take = (part: Buffer) => {
      parts.push(part);
      if (missing >= 0) missing -= part.length;
      else {
        const all = Buffer.concat(parts);
        const end = all.indexOf(END_OF_HEAD);
        if (end < 0) return;
        const length = /content-length: ([0-9]+)/i.exec(all.toString('latin1', 0, end))?.[1];
        const rest = all.subarray(end + END_OF_HEAD.length);
        if (length === undefined) return fail(new Error(`an answer without a length: ${all}`));
        status = Number(all.toString('latin1', 'HTTP/1.1 '.length, 'HTTP/1.1 200'.length));
        missing = Number(length) - rest.length;
        parts = [rest];
      }
      if (missing > 0) return;
      stopListening();
      resolve({ status, body: Buffer.concat(parts).toString() });
    };
    socket.on('data', take).on('error', fail).on('close', onClose);
  });
}
