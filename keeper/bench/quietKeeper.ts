// A keeper without chains, before whose real door and stream the benches stand: as little as these need.
import { type HttpServer, startHttpServer } from '../src/adapters/http/startHttpServer.ts';
import type { HealthView, IdentityView, KeeperApi, StreamItem } from '../src/core/api.ts';
import { ZERO_ADDRESS } from '../src/core/commands.ts';
import type { State } from '../src/core/state.ts';
import { GENESIS } from '../test/support/exchange.ts';

type ServerOptions = Parameters<typeof startHttpServer>[0];

/**
 * Serves it on a free port of 127.0.0.1, and says where on standard output. `tell` is what its streams hear of.
 * @param input.sequence of the newest command
 * @param input.api what the bench measures
 */
export async function serveQuietKeeper(input: {
  readonly state: State;
  readonly sequence: () => number;
  readonly api: Partial<KeeperApi>;
  readonly publicBooks: ServerOptions['publicBooks'];
  readonly limits?: NonNullable<ServerOptions['limits']>;
}): Promise<{ readonly server: HttpServer; readonly tell: (item: StreamItem) => void }> {
  const { homeChainId, checkpointer } = GENESIS;
  const listeners = new Set<(item: StreamItem) => void>();
  const api: Partial<KeeperApi> = {
    homeChainId,
    checkpointer,
    now: Date.now,
    notReady: () => undefined,
    identity: () => ({ homeChainId }) as IdentityView,
    health: async () => healthAt(input.sequence()),
    executor: () => input.state.executor,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    subscribeExitRoots: () => () => {},
    subscribeWaiting: () => () => {},
    ...input.api,
  };
  const server = await startHttpServer({
    api: api as KeeperApi,
    host: '127.0.0.1',
    port: 0,
    publicBooks: input.publicBooks,
    ...(input.limits && { limits: input.limits }),
    logger: {
      info() {},
      warn() {},
      error: (fields, message) => process.stderr.write(`${message} ${JSON.stringify(fields)}\n`),
    },
  });
  process.stdout.write(`${server.url}\n`);
  return {
    server,
    tell(item) {
      for (const listener of listeners) listener(item);
    },
  };
}

function healthAt(sequence: number): HealthView {
  return {
    status: 'ok',
    problems: [],
    role: 'leader',
    epoch: 1,
    sequence,
    checkpoint: { landed: 0, final: 0, ageMs: null },
    gas: { address: ZERO_ADDRESS, wei: '0' },
    exits: [],
    chains: [],
  };
}
