// `npm run bench:e2e`: how many signed orders a second the keeper takes over HTTP, durably.
//
//   node keeper/bench/endToEnd.ts [--json] [--quick] [--write] [--floors]
//
// One keeper per row, as a process of its own (endToEndServer.ts), with 50 000 resting orders; the requests are signed
// before the clock starts. Before each row the same requests go to a bare server that only parses and answers, and some
// commits to a journal alone are timed, so that a busy machine or disk shows. `--write` puts the table into
// docs/benchmarks.md, `--only 1` measures the first row only; `--floors` fails when the keeper needs more processor time
// beside the bare server than it ever may, and measures only the rows that have enough requests to say so. Every run fails
// when orders are refused or do not trade.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { privateKeyToAccount } from 'viem/accounts';
import { createSiweMessage } from 'viem/siwe';
import { openJournal } from '../src/adapters/journal/openJournal.ts';
import type { BatchAnswer } from '../src/core/api.ts';
import { CORE_VERSION } from '../src/core/snapshot.ts';
import { GENESIS, HOME } from '../test/support/exchange.ts';
import { executorKey, type SignedBatch, signBatches } from './endToEndMarket.ts';
import { type Answer, type LoadResult, sendAll } from './httpLoad.ts';
import { progress } from './measure.ts';
import { formatTable, machineLine, processorSeconds, writeSection } from './report.ts';

interface Load {
  readonly batch: keyof typeof FLOORS;
  readonly connections: number;
  /** Requests, those of the warm-up included. */
  readonly requests: number;
}

interface Row {
  readonly ordersPerSecond: number;
  readonly p50ms: number;
  readonly p99ms: number;
  /** The same when batches come half as fast, whether or not those before are answered. */
  readonly p99AtHalfLoadMs: number;
  readonly batch: Load['batch'];
  readonly connections: number;
  /** Requests that were refused because another connection's overtook them; their orders do not count. */
  readonly overtaken: number;
  /** Of a server that only parses and answers. */
  readonly bareOrdersPerSecond: number;
  /** How many orders the keeper takes in the processor time in which that server takes one. */
  readonly shareOfBare: number;
  /** Median time of one commit to a journal on the same disk, with nothing else to do. */
  readonly commitMs: number;
  /** Orders per second of the keeper's processor time, warm-up and all threads included. */
  readonly perProcessorSecond: number;
}

/**
 * The least `shareOfBare` by the size of the batches. On a machine whose processors others keep busy, too, 0.15 to 0.18 and
 * 0.2 were measured: signing and hashing alone take several times what the bare server does.
 */
const FLOORS = { 100: 0.1, 1: 0.1 } as const;

/** Of all operations at least so many trade at once: every tenth is an order through the book. */
const LEAST_FILLED_SHARE = 0.05;

const WARM_UP_SHARE = 0.25;
/** Of the requests, so many more are sent afterwards at half the rate. */
const HALF_LOAD_SHARE = 0.25;
const COMMITS = 50;

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean' },
    quick: { type: 'boolean' },
    write: { type: 'boolean' },
    floors: { type: 'boolean' },
    /** The n-th row only. */
    only: { type: 'string' },
  },
});
const scale = options.quick === true ? 0.2 : 1;
const loads: readonly Load[] = [
  { batch: 100, connections: 16, requests: 6_000 * scale },
  { batch: 100, connections: 1, requests: 2_500 * scale },
  { batch: 1, connections: 16, requests: 40_000 * scale },
  { batch: 1, connections: 1, requests: 8_000 * scale },
];

const asked = loads.filter(({ connections }, i) => {
  const isAsked = options.only === undefined || Number(options.only) === i + 1;
  return isAsked && (options.floors !== true || connections > 1);
});
if (asked.length === 0) throw new Error('There is no such row, or none that has a floor.');
const rows: Row[] = [];
for (const each of asked) rows.push(await measure(each));
report(rows);
if (options.floors === true) requireFloors(rows);

async function measure({ batch, connections, requests }: Load): Promise<Row> {
  progress(`${requests} batches of ${batch} on ${connections} connections: signing`);
  const now = Date.now();
  const batches = signBatches({ batches: requests * (1 + HALF_LOAD_SHARE), size: batch, now });
  const all = batches.map((signed) => Buffer.from(JSON.stringify(signed)));
  const [bodies, later] = [all.slice(0, requests), all.slice(requests)];
  const warmUp = Math.floor(requests * WARM_UP_SHARE);
  const path = '/v1/batches';
  const load = async (url: string, headers: Record<string, string>) => {
    const before = await processorSeconds(url);
    const result = await sendAll({ url, path, headers, bodies, connections, warmUp });
    return { ...result, perProcessorSecond: (requests * batch) / ((await processorSeconds(url)) - before) };
  };

  progress('  the bare server');
  const bare = await withServer('bareServer.ts', [], (url) => load(url, {}));
  progress('  the keeper');
  const directory = mkdtempSync(join(tmpdir(), 'mw-bench-'));
  try {
    const commitMs = await timeCommit(join(directory, 'alone'), batches);
    const measured = await withServer('endToEndServer.ts', [join(directory, 'keeper')], async (url) => {
      const headers = { authorization: `Bearer ${await signIn(url)}` };
      const full = await load(url, headers);
      const perSecond = full.latencies.length / full.seconds / 2;
      const half = await sendAll({ url, path, headers, bodies: later, connections, warmUp: connections, perSecond });
      return { ...full, half };
    });
    expectAnswers([...measured.answers, ...measured.half.answers], batch);
    const counted = measured.answers.slice(warmUp);
    const accepted = counted.filter((answer) => !isOvertaken(answer));
    const overtaken = counted.length - accepted.length;
    return {
      ordersPerSecond: Math.round((accepted.length * batch) / measured.seconds),
      p50ms: percentile(measured.latencies, 0.5),
      p99ms: percentile(measured.latencies, 0.99),
      p99AtHalfLoadMs: percentile(measured.half.latencies, 0.99),
      batch,
      connections,
      overtaken,
      bareOrdersPerSecond: Math.round(rateOf(bare, batch)),
      commitMs,
      perProcessorSecond: Math.round(measured.perProcessorSecond),
      shareOfBare: round(measured.perProcessorSecond / bare.perProcessorSecond),
    };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Median milliseconds of a commit. */
async function timeCommit(directory: string, batches: readonly SignedBatch[]): Promise<number> {
  const { checkpointer } = GENESIS;
  const identity = { homeChainId: HOME, checkpointer, coreVersion: CORE_VERSION };
  const journal = openJournal({ directory, key: new Uint8Array(32), identity });
  journal.begin({ sequence: 0, engine: new Uint8Array(1) });
  const times: number[] = [];
  for (const [i, { message }] of batches.slice(0, COMMITS).entries()) {
    const start = performance.now();
    journal.append([{ sequence: i + 1, command: { type: 'batch', time: 1, ...message } }]);
    await journal.untilOnDisk();
    times.push(performance.now() - start);
  }
  journal.close();
  return round(times.toSorted((a, b) => a - b)[COMMITS / 2] as number);
}

/** Throws unless every order of the batches that were not overtaken was accepted, and enough of them traded. */
function expectAnswers(answers: readonly Answer[], batch: number): void {
  const taken = answers.filter((answer) => !isOvertaken(answer));
  // Who was to be cancelled may have been in a batch that was overtaken, or have traded in place of one who was.
  const mayMiss = taken.length < answers.length;
  let filled = 0;
  for (const { status, body } of taken) {
    const { result } = JSON.parse(body) as BatchAnswer;
    const items = 'items' in result ? (result.items ?? []) : [];
    const isAccepted = items.every(({ code }) => code === 'ok' || (mayMiss && code === 'order.unknown'));
    if (status !== 200 || items.length !== batch || !isAccepted) throw new Error(`not what was expected: ${body}`);
    filled += items.filter((item) => 'filled' in item && item.filled > 0).length;
  }
  const operations = taken.length * batch;
  if (filled < LEAST_FILLED_SHARE * operations) throw new Error(`only ${filled} of ${operations} operations traded`);
}

function isOvertaken({ status, body }: Answer): boolean {
  return status === 409 && body.includes('batch.nonceNotGrowing');
}

function rateOf({ latencies, seconds }: LoadResult, batch: number): number {
  return (latencies.length * batch) / seconds;
}

async function withServer<T>(program: string, args: readonly string[], use: (url: string) => Promise<T>): Promise<T> {
  const flags = (process.env.BENCH_SERVER_FLAGS ?? '').split(' ').filter((flag) => flag !== '');
  const file = join(import.meta.dirname, program);
  const child = spawn(process.execPath, [...flags, file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    return await use(await firstLine(child));
  } finally {
    child.kill('SIGTERM');
    if (child.exitCode === null) await once(child, 'exit');
  }
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('The server has no output.');
  for await (const line of createInterface(child.stdout)) return line;
  throw new Error('The server ended before it said where it is.');
}

/** A session of the executor: it pays for large bodies from its own share, not that of its IP address. */
async function signIn(url: string): Promise<string> {
  const account = privateKeyToAccount(executorKey);
  const post = async (path: string, body?: object) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await fetch(url + path, { method: 'POST', headers, body: body ? JSON.stringify(body) : null });
    return (await response.json()) as Record<string, string>;
  };
  const { nonce } = await post('/v1/session/nonce');
  const fields = {
    address: account.address,
    domain: new URL(url).host,
    uri: url,
    chainId: HOME,
    version: '1',
  } as const;
  const message = createSiweMessage({ ...fields, nonce: nonce as string });
  const { token } = await post('/v1/session', { message, signature: await account.signMessage({ message }) });
  return token as string;
}

function report(measured: readonly Row[]): void {
  if (options.json === true) process.stdout.write(`${JSON.stringify(measured, null, 2)}\n`);
  const header = [
    'batch',
    'connections',
    'orders/s',
    'p50 ms',
    'p99 ms',
    'p99 at half load',
    'overtaken',
    'bare server, orders/s',
    'one commit, ms',
    'orders per processor second',
    'of bare',
  ];
  const table = measured.map((row) => [
    String(row.batch),
    String(row.connections),
    row.ordersPerSecond.toLocaleString('en'),
    row.p50ms.toFixed(2),
    row.p99ms.toFixed(2),
    row.p99AtHalfLoadMs.toFixed(2),
    String(row.overtaken),
    row.bareOrdersPerSecond.toLocaleString('en'),
    row.commitMs.toFixed(2),
    row.perProcessorSecond.toLocaleString('en'),
    `${Math.round(100 * row.shareOfBare)} %`,
  ]);
  if (options.json !== true) process.stdout.write(formatTable([header, ...table]));
  if (options.write === true) writeSection('bench:e2e', [header, ...table], machineLine());
}

function requireFloors(measured: readonly Row[]): void {
  for (const { batch, connections, shareOfBare } of measured) {
    const floor = FLOORS[batch];
    if (shareOfBare >= floor) continue;
    const load = `${connections} connections with batches of ${batch}`;
    throw new Error(
      `On ${load} the keeper takes ${shareOfBare} orders where a bare server takes 1; ${floor} is the least.`,
    );
  }
}

function percentile(values: Float64Array, share: number): number {
  return round(values.toSorted()[Math.floor(share * (values.length - 1))] as number);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
