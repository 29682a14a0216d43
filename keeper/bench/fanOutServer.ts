// Tells trades to whoever follows them, as fast as the lines take them: the real door and stream before a keeper that only
// trades. Started by `npm run bench:stream`; begins when it reads a line with the number of commands to tell.
import { createInterface } from 'node:readline';
import { startHttpServer } from '../src/adapters/http/startHttpServer.ts';
import type { KeeperApi, StreamItem } from '../src/core/api.ts';
import { BUY } from '../src/core/commands.ts';
import type { Fill } from '../src/core/events.ts';
import { bookViews } from '../src/core/viewState.ts';
import { addressOf, ETH_USD, GENESIS, openExchange } from '../test/support/exchange.ts';
import { healthAt, quietSubscriptions } from './quietKeeper.ts';

/** Commands per turn of the event loop: as many as a busy keeper applies in one group. */
const COMMANDS_PER_TURN = 16;

const { state } = openExchange();
const account = { address: addressOf('alice'), subaccount: 0 };
let sequence = 1_000_000;
const listeners = new Set<(item: StreamItem) => void>();

const served: Partial<KeeperApi> = {
  ...quietSubscriptions,
  homeChainId: GENESIS.homeChainId,
  checkpointer: GENESIS.checkpointer,
  now: Date.now,
  notReady: () => undefined,
  health: async () => healthAt(sequence),
  executor: () => state.executor,
  books: () => bookViews(state),
  trades: () => [],
  subscribe(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

const server = await startHttpServer({
  api: served as KeeperApi,
  host: '127.0.0.1',
  port: 0,
  publicBooks: 'trades',
  limits: { ip: { perSecond: 10_000, burst: 10_000 } },
  logger: {
    info() {},
    warn() {},
    error: (fields, text) => process.stderr.write(`${text} ${JSON.stringify(fields)}\n`),
  },
});
process.stdout.write(`${server.url}\n`);
process.once('SIGTERM', () => process.exit(0));

for await (const line of createInterface(process.stdin)) {
  for (let left = Number(line); left > 0; left -= COMMANDS_PER_TURN) {
    for (let i = 0; i < Math.min(left, COMMANDS_PER_TURN); i++) trade();
    await new Promise(setImmediate);
  }
}

function trade(): void {
  const [price, quantity] = [200_000 + (sequence % 100), 1 + (sequence % 50)];
  const fill: Fill = {
    type: 'fill',
    book: ETH_USD,
    makerOrderId: sequence * 1024,
    takerOrderId: sequence * 1024 + 1,
    maker: account,
    taker: account,
    takerSide: BUY,
    price,
    quantity,
    makerFee: 1,
    takerFee: 2,
    makerRemaining: 3,
  };
  sequence++;
  for (const listener of listeners) listener({ sequence, time: Date.now(), events: [fill] });
}
