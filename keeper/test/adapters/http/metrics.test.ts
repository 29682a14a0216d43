import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { metricsText } from '../../../src/adapters/http/metrics.ts';
import { openReader } from './support/testReader.ts';
import { call, post, startTestServer, type TestServer } from './support/testServer.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

/** Values by series. */
async function scrape(): Promise<Map<string, number>> {
  const response = await fetch(`${server.url}/metrics`);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const [, series, value] = /^([a-z_]+(?:\{.*\})?) ([-+.\de]+)$/.exec(line) ?? [];
      if (series === undefined) throw new Error(`not a sample: ${line}`);
      return [series, Number(value)];
    }),
  );
}

describe('the text format', () => {
  it('names help, type, labels and value, and escapes what would end them', () => {
    const samples = [{ labels: { host: 'a"b\\c\nd', chain: 1 }, value: 0.5 }, { value: 2 }];
    expect(metricsText([{ name: 'mw_x', help: 'What\nit is.', type: 'gauge', samples }])).toBe(
      '# HELP mw_x What\\nit is.\n# TYPE mw_x gauge\nmw_x{host="a\\"b\\\\c\\nd",chain="1"} 0.5\nmw_x 2\n',
    );
  });
});

describe('/metrics', () => {
  it('tells what /v1/health tells', async () => {
    const series = await scrape();
    const { sequence, checkpoint } = (await call(server, '/v1/health')).json;
    expect(series.get('mw_commands_total')).toBe(sequence);
    expect(series.get('mw_checkpoint_landed')).toBe(checkpoint.landed);
    expect(series.get('mw_checkpoint_age_seconds')).toBe(checkpoint.ageMs / 1000);
    expect(series.get('mw_healthy')).toBe(0);
    expect([...series.keys()].filter((name) => name.startsWith('mw_rpc_up'))).toEqual([
      'mw_rpc_up{chain="31337",host="one.example"}',
      'mw_rpc_up{chain="31337",host="two.example"}',
    ]);
  });

  it('counts requests by route and status, and strangers’ paths as none', async () => {
    const name = (route: string, status: number, method = 'GET') =>
      `mw_http_requests_total{method="${method}",route="${route}",status="${status}"}`;
    const before = await scrape();
    await call(server, '/v1/books/1/depth');
    await call(server, '/v1/books/9/depth');
    await call(server, '/v1/account');
    for (let i = 0; i < 3; i++) await call(server, `/nowhere/${i}`);
    await post(server, '/v1/session/nonce');
    const after = await scrape();
    const grown = [
      name('/v1/books/:id/depth', 200),
      name('/v1/books/:id/depth', 404),
      name('/v1/account', 401),
      name('none', 404, 'any'),
      name('/v1/session/nonce', 200, 'POST'),
    ].map((series) => (after.get(series) ?? 0) - (before.get(series) ?? 0));
    expect(grown).toEqual([1, 1, 1, 3, 1]);
    expect([...after.keys()].filter((series) => series.includes('nowhere'))).toEqual([]);
  });

  it('has a histogram whose buckets only grow and end with the count', async () => {
    await call(server, '/v1/books');
    const series = await scrape();
    const buckets = [...series].filter(([name]) => name.includes('_seconds_bucket{method="GET",route="/v1/books",'));
    const values = buckets.map(([, value]) => value);
    expect(values.length).toBeGreaterThan(5);
    expect(values).toEqual(values.toSorted((a, b) => a - b));
    const count = series.get('mw_http_request_duration_seconds_count{method="GET",route="/v1/books"}');
    expect(values.at(-1)).toBe(count);
  });

  it('counts streams and what they are told', async () => {
    const before = await scrape();
    const reader = await openReader(server);
    reader.say({ op: 'ping' });
    await reader.next();
    const after = await scrape();
    expect((after.get('mw_stream_clients') ?? 0) - (before.get('mw_stream_clients') ?? 0)).toBe(1);
    expect((after.get('mw_stream_messages_total') ?? 0) - (before.get('mw_stream_messages_total') ?? 0)).toBe(1);
    await reader.close();
  });
});
