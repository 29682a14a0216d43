import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const endings: (() => unknown)[] = [];

/** Everything that a test started or made, the newest first. */
export async function cleanUp(): Promise<void> {
  for (const end of endings.splice(0).reverse()) await end();
}

export function atEnd(end: () => unknown): void {
  endings.push(end);
}

export function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'mw-tee-'));
  atEnd(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A guest agent that answers as the test says. Returns the path of its socket. */
export async function startAgent(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const socketPath = join(newDirectory(), 'agent.sock');
  const server = createServer(handle).listen(socketPath);
  await once(server, 'listening');
  atEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  return socketPath;
}
