import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Compile } from 'typebox/schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STATUS } from '../../../src/adapters/http/errors.ts';
import { DEFAULT_LIMITS } from '../../../src/adapters/http/limits.ts';
import { call, startTestServer, type TestServer } from './support/testServer.ts';

const page = readFileSync(resolve(import.meta.dirname, '../../../../docs/api.md'), 'utf8');

interface Operation {
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content: Content }>>;
}
type Content = Readonly<Record<string, { readonly schema: object }>>;
type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>;

/** Every route of the page with its examples, by `GET /v1/…` in the spelling of OpenAPI. */
const documented = new Map(
  page.split(/^### /m).flatMap((section) => {
    const [, method, path] = /^`(GET|POST|DELETE) (\/[^?`]+)/.exec(section) ?? [];
    if (method === undefined || path === undefined) return [];
    const own = section.split(/^## /m)[0] ?? '';
    return [[`${method} ${path.replace(/:(\w+)/g, '{$1}')}`, examplesOf(own)] as const];
  }),
);

function examplesOf(text: string): unknown[] {
  return [...text.matchAll(/^```json\n(.*?)^```/gms)].map(([, json]) => JSON.parse(json ?? ''));
}

let server: TestServer;
let paths: Paths;

beforeAll(async () => {
  server = await startTestServer();
  paths = (await call(server, '/v1/openapi.json')).json.paths;
});
afterAll(() => server.close());

describe('docs/api.md', () => {
  it('shows every route, with examples that the schemas accept', () => {
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const),
    );
    expect([...documented.keys()].sort()).toEqual(routes.map(([name]) => name).sort());
    for (const [name, { requestBody, responses }] of routes) {
      const contents = [requestBody, responses[200]].flatMap((part) => (part === undefined ? [] : [part.content]));
      const schemas = contents.flatMap((content) => content['application/json'] ?? []);
      const examples = documented.get(name) ?? [];
      expect([name, examples.length]).toEqual([name, schemas.length]);
      for (const [index, { schema }] of schemas.entries()) {
        const [isRight, problems] = Compile(schema).Errors(examples[index]);
        expect({ name, isRight, problems }).toEqual({ name, isRight: true, problems: [] });
      }
    }
  });

  it('lists every code with its status', () => {
    const listed = new Map(
      [...page.matchAll(/^\| (\d{3}) \| [^|]+ \| ([^|]+) \|$/gm)].flatMap(([, status, codes]) =>
        [...(codes ?? '').matchAll(/`([\w.]+)`/g)].map(([, code]) => [code, Number(status)] as const),
      ),
    );
    expect(Object.fromEntries(listed)).toEqual(STATUS);
  });

  it('shows only JSON that is JSON', () => {
    expect(examplesOf(page).length).toBeGreaterThan(30);
  });

  it('names the limits that are the defaults', () => {
    const { ip, account, maxConnections, maxConnectionsPerIp, maxStreams, maxStreamsPerIp } = DEFAULT_LIMITS;
    expect(page).toContain(`${ip.perSecond} a second per IP address (IPv6: per /64), bursts of ${ip.burst};`);
    expect(page).toContain(`${account.perSecond} a second per account, bursts of ${account.burst}`);
    expect(page).toContain(`| connections | ${maxConnections}, ${maxConnectionsPerIp} per IP address |`);
    expect(page).toContain(`| streams | ${maxStreams}, ${maxStreamsPerIp} per IP address,`);
  });
});
