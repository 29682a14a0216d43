// Our engine as the keeper drives it: batches of a hundred actions, as commands of the executor, through `step`. Each
// action is checked and its account and book looked up by name, each has its result, and each thing that happened is an
// event, of which the bench reads the fills. Signatures, journal and HTTP are what `npm run bench:e2e` is about.
import { ACTION_AMEND, ACTION_CANCEL, ACTION_PLACE, type BatchCommand } from '../src/core/commands.ts';
import type { Outcome } from '../src/core/events.ts';
import { createState } from '../src/core/state.ts';
import { step } from '../src/core/step.ts';
import { EXECUTOR, GENESIS } from '../test/support/exchange.ts';
import { type BenchEngine, createAction } from './engines.ts';
import { openMarket } from './ours.ts';
import { addressOf, BATCH, PLACE, type Totals, type Workload } from './workload.ts';

/** In the order of the workload's kinds. */
const ACTIONS = [ACTION_PLACE, ACTION_CANCEL, ACTION_AMEND];

/** Operations in whole batches only. */
export function createOursByCommand(workload: Workload): BenchEngine {
  const state = createState(GENESIS);
  openMarket(state.exchange, workload.shape);
  state.executor = EXECUTOR;
  const addresses = Array.from({ length: workload.shape.accounts }, (_, i) => addressOf(i));
  const totals: Totals = { trades: 0, volume: 0, notional: 0 };
  // One batch, written again and again, as a decoder would leave it.
  const actions = Array.from({ length: BATCH }, createAction);

  const write = (action: ReturnType<typeof createAction>, i: number) => {
    const kind = workload.kind[i] as number;
    const isPlaced = kind === PLACE;
    action.kind = ACTIONS[kind] as number;
    action.account = addresses[workload.account[i] as number] as `0x${string}`;
    action.book = 1 + (workload.book[i] as number);
    action.side = isPlaced ? (workload.side[i] as number) : 0;
    action.price = isPlaced ? (workload.price[i] as number) : 0;
    action.quantity = workload.quantity[i] as number;
    action.orderId = isPlaced ? 0 : (workload.orderId[i] as number);
  };
  const read = ({ result, events }: Outcome) => {
    const refused = 'items' in result ? result.items?.find(({ code }) => code !== 'ok') : result;
    if (refused !== undefined) throw new Error(`refused: ${refused.code}`);
    for (const event of events) {
      if (event.type !== 'fill') continue;
      totals.trades++;
      totals.volume += event.quantity;
      totals.notional += event.quantity * event.price;
    }
  };
  const run = (from: number, to: number) => {
    if (from % BATCH !== 0 || to % BATCH !== 0) throw new Error(`operations ${from} to ${to} are not whole batches`);
    for (let first = from; first < to; first += BATCH) {
      for (let item = 0; item < BATCH; item++) write(actions[item] as (typeof actions)[number], first + item);
      const sequence = first / BATCH + 1;
      const batch: BatchCommand = {
        type: 'batch',
        time: sequence,
        executor: EXECUTOR,
        epoch: 0,
        nonce: sequence,
        deadline: sequence,
        makersFirst: false,
        actions,
      };
      read(step(state, sequence, batch));
    }
  };
  return { run, totals: () => totals };
}
