// What a Prometheus server scrapes: the text format, and what the door itself counts. Nothing here tells what is traded: the
// operator may hide that.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { HealthView } from '../../core/api.ts';

interface Sample {
  readonly labels?: Readonly<Record<string, string | number>>;
  readonly value: number;
  /** What follows the family's name: `_bucket`, `_sum` and `_count` of a histogram. */
  readonly suffix?: string;
}

/** One family of samples. Names as Prometheus wants them: unit last, counters end in `_total`. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly samples: readonly Sample[];
}

/** `text/plain; version=0.0.4`: https://prometheus.io/docs/instrumenting/exposition_formats/ */
export function metricsText(metrics: readonly Metric[]): string {
  const lines = metrics.flatMap(({ name, help, type, samples }) => [
    `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`,
    `# TYPE ${name} ${type}`,
    ...samples.map(({ labels = {}, value, suffix = '' }) => `${name}${suffix}${labelsText(labels)} ${value}`),
  ]);
  return `${lines.join('\n')}\n`;
}

function labelsText(labels: Readonly<Record<string, string | number>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => {
    const escaped = String(value).replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
    return `${name}="${escaped}"`;
  });
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/** Upper bounds of the histogram of durations, in seconds. */
const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

interface Durations {
  readonly counts: number[];
  sum: number;
  count: number;
}

export interface DoorMetrics {
  /** One answered request. `route` is its pattern, so that there are not more series than routes. */
  answered(input: {
    readonly method: string;
    readonly route: string;
    readonly status: number;
    readonly ms: number;
  }): void;
  streamMessage(): void;
  streamCut(): void;
  metrics(streams: number): readonly Metric[];
  close(): void;
}

export function createDoorMetrics(): DoorMetrics {
  const requests = new Map<string, { readonly labels: Record<string, string | number>; value: number }>();
  const durations = new Map<string, Durations>();
  const eventLoop = monitorEventLoopDelay({ resolution: 10 });
  eventLoop.enable();
  let messages = 0;
  let cut = 0;

  return {
    answered({ method, route, status, ms }) {
      const key = `${method} ${route} ${status}`;
      const counter = requests.get(key) ?? { labels: { method, route, status }, value: 0 };
      counter.value++;
      requests.set(key, counter);
      const name = `${method} ${route}`;
      const own = durations.get(name) ?? { counts: BUCKETS_SECONDS.map(() => 0), sum: 0, count: 0 };
      durations.set(name, own);
      const seconds = ms / 1000;
      own.sum += seconds;
      own.count++;
      const bucket = BUCKETS_SECONDS.findIndex((bound) => seconds <= bound);
      if (bucket >= 0) own.counts[bucket] = (own.counts[bucket] as number) + 1;
    },
    streamMessage() {
      messages++;
    },
    streamCut() {
      cut++;
    },
    metrics: (streams) => [
      counter('http_requests_total', 'Answered requests.', [...requests.values()]),
      {
        name: 'mw_http_request_duration_seconds',
        help: 'From the head of a request to the end of its answer.',
        type: 'histogram',
        samples: [...durations].flatMap(([name, own]) => histogram(name, own)),
      },
      gauge('stream_clients', 'Open streams.', [{ value: streams }]),
      counter('stream_messages_total', 'Messages given to streams.', [{ value: messages }]),
      counter('stream_cut_total', 'Streams that were cut off because they read too slowly.', [{ value: cut }]),
      gauge(
        'event_loop_delay_seconds',
        'How late the main thread comes to its work; 99th percentile since the start.',
        [{ value: eventLoop.percentile(99) / 1e9 }],
      ),
      ...processMetrics(),
    ],
    close: () => eventLoop.disable(),
  };
}

function histogram(name: string, { counts, sum, count }: Durations): Sample[] {
  const [method = '', route = ''] = name.split(' ');
  const labels = { method, route };
  let below = 0;
  const buckets = BUCKETS_SECONDS.map((bound, i) => {
    below += counts[i] as number;
    return { labels: { ...labels, le: bound }, value: below, suffix: '_bucket' };
  });
  return [
    ...buckets,
    { labels: { ...labels, le: '+Inf' }, value: count, suffix: '_bucket' },
    { labels, value: sum, suffix: '_sum' },
    { labels, value: count, suffix: '_count' },
  ];
}

function processMetrics(): Metric[] {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  return [
    counter('process_cpu_seconds_total', 'Processor time of all threads.', [{ value: (user + system) / 1e6 }]),
    gauge('process_resident_memory_bytes', 'Memory that is not swapped out.', [{ value: rss }]),
    gauge('process_heap_bytes', 'JavaScript heap in use.', [{ value: heapUsed }]),
  ];
}

/** What `GET /v1/health` tells, as numbers. */
export function healthMetrics({ status, role, epoch, sequence, checkpoint, gas, exits, chains }: HealthView): Metric[] {
  const perRpc = chains.flatMap(({ chainId, rpcs }) => rpcs.map((rpc) => ({ chain: chainId, ...rpc })));
  return [
    gauge('healthy', '1 when nothing is wrong, see /v1/health.', [{ value: status === 'ok' ? 1 : 0 }]),
    gauge('leader', '1 when this keeper leads.', [{ value: role === 'leader' ? 1 : 0 }]),
    gauge('epoch', 'Epoch of the leader.', [{ value: epoch }]),
    counter('commands_total', 'Sequence of the newest applied command.', [{ value: sequence }]),
    gauge('checkpoint_landed', 'Number of the newest checkpoint on chain.', [{ value: checkpoint.landed }]),
    gauge('checkpoint_final', 'Number of the newest checkpoint in a final block.', [{ value: checkpoint.final }]),
    gauge('checkpoint_age_seconds', 'Age of the oldest change that no landed checkpoint holds; 0 when there is none.', [
      { value: (checkpoint.ageMs ?? 0) / 1000 },
    ]),
    gauge(
      'exit_mode',
      '1 while the vault can still be cured, 2 when its exit is final. While there is a sample the exchange winds down.',
      exits.map(({ chainId, phase }) => ({ labels: { chain: chainId }, value: phase === 'final' ? 2 : 1 })),
    ),
    gauge('gas_ether', 'What the gas key holds, in the home chain’s coin.', [{ value: Number(gas.wei) / 1e18 }]),
    gauge(
      'chain_final_block',
      'Newest final block that was read.',
      chains.map(({ chainId, finalBlock }) => ({ labels: { chain: chainId }, value: finalBlock ?? 0 })),
    ),
    gauge(
      'rpc_up',
      '1 when the RPC gave its last answer.',
      perRpc.map(({ chain, host, ok }) => ({ labels: { chain, host }, value: ok ? 1 : 0 })),
    ),
  ];
}

function gauge(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name: `mw_${name}`, help, type: 'gauge', samples };
}

function counter(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name: `mw_${name}`, help, type: 'counter', samples };
}
