// Plays dstack's guest agent on a development machine. Its keys are known to everybody.
import { once } from 'node:events';
import { chmodSync, existsSync, unlinkSync } from 'node:fs';
import type { IncomingMessage, Server } from 'node:http';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { fromHex, toHex } from '../../../core/bytes.ts';
import { SIMULATED_APP_ID, SIMULATED_CHAIN_IDS } from '../simulatedRoot.ts';
import { simulatedKey } from './simulatedKeys.ts';
import { SIMULATED_COMPOSE_HASH, SIMULATED_INSTANCE_ID, simulatedEventLog, simulatedQuote } from './simulatedQuote.ts';

const REQUEST_LIMIT_BYTES = 64 * 1024;
const REPORT_DATA_SIZE = 64;
const VM_CONFIG = '{"simulated":true}';

export interface Simulator {
  close(): Promise<void>;
}

class RequestError extends Error {}

/**
 * Listens on a unix socket, for a keeper whose home chain is a development chain. Takes over a socket that a dead process
 * left behind; throws when another one is alive, or for any other chain.
 */
export async function startSimulator(options: {
  readonly socketPath: string;
  readonly homeChainId: number;
}): Promise<Simulator> {
  const { socketPath, homeChainId } = options;
  if (!SIMULATED_CHAIN_IDS.includes(homeChainId)) {
    throw new Error(
      `The simulator is for the chains ${SIMULATED_CHAIN_IDS.join(' and ')} only, not for ${homeChainId}: everybody knows its keys.`,
    );
  }
  if (existsSync(socketPath)) {
    if (await isAlive(socketPath)) throw new Error(`Another process listens on ${socketPath} already.`);
    unlinkSync(socketPath);
  }
  const server = createAgentServer();
  server.listen(socketPath);
  await once(server, 'listening');
  chmodSync(socketPath, 0o600);
  return {
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function isAlive(socketPath: string): Promise<boolean> {
  const socket = connect(socketPath);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function createAgentServer(): Server {
  return createServer(async (request, response) => {
    const answer = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    try {
      const method = METHODS[request.url ?? ''];
      if (method === undefined) return answer(404, { error: `no such method: ${request.url}` });
      answer(200, method(await readBody(request)));
    } catch (error) {
      answer(error instanceof RequestError ? 400 : 500, { error: (error as Error).message });
    }
  });
}

const METHODS: Readonly<Record<string, (body: Record<string, unknown>) => object>> = {
  '/GetKey': getKey,
  '/GetQuote': getQuote,
  '/Info': info,
  '/Version': () => ({ version: 'SIMULATED', rev: 'SIMULATED' }),
};

function getKey(body: Record<string, unknown>): object {
  const { key, signatureChain } = simulatedKey(text(body, 'path'), text(body, 'purpose'));
  return { key: plainHex(key), signature_chain: signatureChain.map(plainHex) };
}

function getQuote(body: Record<string, unknown>): object {
  const given = bytes(body, 'report_data');
  if (given.length > REPORT_DATA_SIZE) throw new RequestError(`report_data has at most ${REPORT_DATA_SIZE} bytes`);
  const reportData = new Uint8Array(REPORT_DATA_SIZE);
  reportData.set(given);
  return {
    quote: plainHex(simulatedQuote(reportData)),
    event_log: simulatedEventLog(),
    report_data: plainHex(reportData),
    vm_config: VM_CONFIG,
  };
}

function info(): object {
  return {
    app_id: SIMULATED_APP_ID.slice(2),
    instance_id: plainHex(SIMULATED_INSTANCE_ID),
    app_cert: '',
    tcb_info: JSON.stringify({ simulated: true, compose_hash: plainHex(SIMULATED_COMPOSE_HASH) }),
    app_name: 'SIMULATED myrtle-wyckoff',
    device_id: '00'.repeat(32),
    mr_aggregated: '00'.repeat(32),
    os_image_hash: '00'.repeat(32),
    key_provider_info: '{"name":"SIMULATED","id":""}',
    compose_hash: plainHex(SIMULATED_COMPOSE_HASH),
    vm_config: VM_CONFIG,
  };
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  if (request.method !== 'POST') throw new RequestError('POST only');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > REQUEST_LIMIT_BYTES) throw new RequestError(`more than ${REQUEST_LIMIT_BYTES} bytes`);
    chunks.push(chunk);
  }
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
    if (typeof body === 'object' && body !== null) return body as Record<string, unknown>;
  } catch {
    // Said below, together with JSON that is no object.
  }
  throw new RequestError('the body must be a JSON object');
}

function text(body: Record<string, unknown>, field: string): string {
  const value = body[field];
  if (typeof value !== 'string') throw new RequestError(`${field} must be a text`);
  return value;
}

function bytes(body: Record<string, unknown>, field: string): Uint8Array {
  try {
    return fromHex(`0x${text(body, field)}`);
  } catch {
    throw new RequestError(`${field} must be hex`);
  }
}

function plainHex(value: Uint8Array): string {
  return toHex(value).slice(2);
}
