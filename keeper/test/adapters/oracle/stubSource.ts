// A server that answers what a test tells it to, and remembers what it was asked.
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

export type Answer =
  | { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly body: unknown }
  | { readonly raw: string }
  | 'hang'
  | 'cut';

export interface StubSource {
  readonly url: string;
  readonly asked: Asked[];
  answer: (asked: Asked) => Answer;
  close(): Promise<void>;
}

export async function startStubSource(): Promise<StubSource> {
  const stub: { answer: StubSource['answer'] } = { answer: () => ({ status: 404, body: {} }) };
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const question = await read(request);
    asked.push(question);
    const answer = stub.answer(question);
    if (answer === 'hang') return;
    if (answer === 'cut') return void response.socket?.destroy();
    if ('raw' in answer) return void response.end(answer.raw);
    const { status = 200, headers = {}, body } = answer;
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(stub, {
    url: `http://127.0.0.1:${port}`,
    asked,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

async function read(request: IncomingMessage): Promise<Asked> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://stub');
  const body = await text(request);
  return {
    method: request.method ?? '',
    path: pathname,
    query: Object.fromEntries(searchParams),
    body: body === '' ? {} : JSON.parse(body),
  };
}
