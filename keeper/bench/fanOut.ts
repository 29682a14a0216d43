// `npm run bench:stream`: how many messages a second the stream delivers to 100 clients, each of whom gets all of them.
//
//   node keeper/bench/fanOut.ts [--json] [--quick] [--write]
//
// The server is a process of its own (fanOutServer.ts); the clients only count frames, so that they take little of the
// machine. A client that is cut off or misses a message fails the run. `--write` puts the table into docs/benchmarks.md.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { ETH_USD } from '../test/support/exchange.ts';
import { formatTable, machineLine, processorSeconds, writeSection } from './report.ts';

const CLIENTS = 100;
const ROUNDS = 3;

const { values: options } = parseArgs({
  options: { json: { type: 'boolean' }, quick: { type: 'boolean' }, write: { type: 'boolean' } },
});
const commands = options.quick === true ? 1_000 : 6_000;

const child = spawn(process.execPath, [join(import.meta.dirname, 'fanOutServer.ts')], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const [url] = (await once(createInterface(child.stdout), 'line')) as [string];
let received = 0;
let wanted = Number.POSITIVE_INFINITY;
let arrived: () => void = () => {};
await Promise.all(Array.from({ length: CLIENTS }, () => follow(url)));

const rates: number[] = [];
const processorBefore = await processorSeconds(url);
for (let round = 0; round < ROUNDS; round++) {
  received = 0;
  wanted = commands * CLIENTS;
  const start = performance.now();
  const done = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  child.stdin.write(`${commands}\n`);
  await done;
  rates.push((commands * CLIENTS * 1000) / (performance.now() - start));
}
const processor = (await processorSeconds(url)) - processorBefore;
child.kill('SIGTERM');
await once(child, 'exit');
report({
  deliveriesPerSecond: Math.round(rates.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] as number),
  perProcessorSecond: Math.round((ROUNDS * commands * CLIENTS) / processor),
  clients: CLIENTS,
  commands,
});
process.exit(0);

/** Subscribes to the trades, and counts frames from then on. Resolves with the first, the snapshot. */
async function follow(server: string): Promise<void> {
  const { hostname, port, host } = new URL(server);
  const socket = connect(Number(port), hostname);
  const key = randomBytes(16).toString('base64');
  const fields = [`host: ${host}`, 'connection: upgrade', 'upgrade: websocket', 'sec-websocket-version: 13'];
  socket.write(`GET /v1/stream HTTP/1.1\r\n${fields.join('\r\n')}\r\nsec-websocket-key: ${key}\r\n\r\n`);
  const [head] = (await once(socket, 'data')) as [Buffer];
  if (!head.toString('latin1').startsWith('HTTP/1.1 101')) throw new Error(`no stream: ${head}`);
  socket.write(textFrame(JSON.stringify({ op: 'subscribe', channel: 'trades', book: ETH_USD })));
  const count = createFrameCounter();
  await new Promise<void>((resolve, reject) => {
    let isFirst = true;
    socket.on('error', reject);
    socket.on('data', (bytes: Buffer) => {
      let frames = count(bytes);
      if (isFirst && frames > 0) {
        isFirst = false;
        frames--;
        resolve();
      }
      received += frames;
      if (received >= wanted) arrived();
    });
    socket.on('close', () => {
      if (received < wanted) throw new Error('A client was cut off.');
    });
  });
}

/** A short text frame as clients have to mask them; a mask of zeros changes nothing. */
function textFrame(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
}

/** How many frames end within the bytes that come (RFC 6455, section 5.2). */
function createFrameCounter(): (bytes: Buffer) => number {
  let header = Buffer.alloc(0);
  let missing = 0;
  return (bytes) => {
    let frames = 0;
    let at = 0;
    while (at < bytes.length) {
      if (missing > 0) {
        const taken = Math.min(missing, bytes.length - at);
        missing -= taken;
        at += taken;
        if (missing === 0) frames++;
        continue;
      }
      header = Buffer.concat([header, bytes.subarray(at, at + 1)]);
      at++;
      const [, length = 0] = header;
      const size = header.length < 2 ? 0 : length < 126 ? 2 : length === 126 ? 4 : 10;
      if (size === 0 || header.length < size) continue;
      missing = size === 2 ? length : size === 4 ? header.readUInt16BE(2) : Number(header.readBigUInt64BE(2));
      header = Buffer.alloc(0);
    }
    return frames;
  };
}

function report(row: {
  readonly deliveriesPerSecond: number;
  /** Of the server's processor time, all its threads. */
  readonly perProcessorSecond: number;
  readonly clients: number;
  readonly commands: number;
}): void {
  if (options.json === true) process.stdout.write(`${JSON.stringify(row, null, 2)}\n`);
  const table = [
    ['clients', 'messages each', 'deliveries/s', 'per processor second of the keeper'],
    [row.clients, row.commands, row.deliveriesPerSecond, row.perProcessorSecond].map((value) =>
      value.toLocaleString('en'),
    ),
  ];
  if (options.json !== true) process.stdout.write(formatTable(table));
  if (options.write === true) writeSection('bench:stream', table, machineLine());
}
