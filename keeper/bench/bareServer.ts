// What Node's own HTTP server manages when it only parses the batches and answers one result per item: nothing is checked,
// decided or kept. The keeper is measured beside it, because rates of a busy machine mean little alone.
//
//   node keeper/bench/bareServer.ts
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

const server = createServer(async (request, response) => {
  if (request.url === '/metrics') {
    const { user, system } = process.cpuUsage();
    response.end(`mw_process_cpu_seconds_total ${(user + system) / 1e6}\n`);
    return;
  }
  const { message } = JSON.parse(await bodyOf(request)) as { message: { actions: readonly { clientId: number }[] } };
  const items = message.actions.map(({ clientId }) => ({
    code: 'ok',
    orderId: clientId,
    filled: 0,
    remaining: 1,
    resting: true,
  }));
  const body = JSON.stringify({ sequence: 1, result: { code: 'ok', items }, repeated: false });
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body);
});

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
process.once('SIGTERM', () => {
  server.closeAllConnections();
  server.close();
});
