// Tells trades to whoever follows them, as fast as the lines take them: the real door and stream before a keeper that only
// trades. Started by `npm run bench:stream`; begins when it reads a line with the number of commands to tell.
import { createInterface } from 'node:readline';
import { BUY } from '../src/core/commands.ts';
import type { Fill } from '../src/core/events.ts';
import { bookViews } from '../src/core/viewState.ts';
import { addressOf, ETH_USD, openExchange } from '../test/support/exchange.ts';
import { serveQuietKeeper } from './quietKeeper.ts';

/** Commands per turn of the event loop: as many as a busy keeper applies in one group. */
const COMMANDS_PER_TURN = 16;

const { state } = openExchange();
const account = { address: addressOf('alice'), subaccount: 0 };
let sequence = 1_000_000;
const { tell } = await serveQuietKeeper({
  state,
  sequence: () => sequence,
  api: { books: () => bookViews(state), trades: () => [] },
  publicBooks: 'trades',
  limits: { ip: { perSecond: 10_000, burst: 10_000 } },
});
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
  tell({ sequence, time: Date.now(), events: [fill] });
}
