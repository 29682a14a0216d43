import { describe, expect, it } from 'vitest';
import { type Action, BUY } from '../../src/core/commands.ts';
import { encodeEngine } from '../../src/core/snapshot.ts';
import { createOrderExpiry } from '../../src/flows/expireOrders.ts';
import { type Applied, createSequencer } from '../../src/flows/sequencer.ts';
import { addressOf, deposit, EPOCH, ETH_USD, EXECUTOR, openExchange, place, TOKENS } from '../support/exchange.ts';
import { createFakeClock, settle } from '../support/fakeClock.ts';
import { createFakeDisk } from '../support/fakeJournal.ts';

const BEN = addressOf('ben');
const UNTIL = { timeInForce: 1 };

function setUp() {
  const exchange = openExchange();
  deposit(exchange, TOKENS.usdHome, BEN, 10n ** 12n);
  const { state, sequence } = exchange;
  const clock = createFakeClock();
  const journal = createFakeDisk().open();
  journal.begin({ sequence, engine: encodeEngine(state) });
  const onFatal = (error: unknown) => {
    throw error;
  };
  const schedule = (flush: () => void) => queueMicrotask(flush);
  const sequencer = createSequencer({ state, sequence, journal, clock, encodeEngine, onFatal, schedule });
  const ticks: Applied[] = [];
  sequencer.subscribe((applied) => {
    if (applied.command.type === 'tick') ticks.push(applied);
  });
  const expiry = createOrderExpiry({ sequencer, clock });
  expiry.start();
  let nonce = 0;
  async function act(...actions: readonly Action[]): Promise<void> {
    const head = { executor: EXECUTOR, epoch: EPOCH, nonce: ++nonce, deadline: clock.now() + 1_000 };
    await sequencer.submit({ type: 'batch', ...head, makersFirst: false, actions });
    await settle();
  }
  return { state, clock, ticks, expiry, act };
}

describe('orders that are good till a time', () => {
  it('expire at that time, although nothing else happens', async () => {
    const { state, clock, ticks, act } = setUp();
    await act(place(BEN, ETH_USD, BUY, 100, 1, { ...UNTIL, expiry: clock.now() + 5_000 }));
    await clock.advance(4_999);
    expect(ticks).toHaveLength(0);
    await clock.advance(1);
    expect(ticks).toMatchObject([{ outcome: { events: [{ type: 'orderCancelled', reason: 'expired' }] } }]);
    expect(state.exchange.orders.count).toBe(0);
  });

  it('need one command for all of one moment, and each its own otherwise', async () => {
    const { clock, ticks, act } = setUp();
    const at = (milliseconds: number) =>
      place(BEN, ETH_USD, BUY, 100, 1, { ...UNTIL, expiry: clock.now() + milliseconds });
    await act(at(1_000), at(1_000), at(2_000), at(100_000_000));
    await clock.advance(3_000);
    expect(ticks.map(({ outcome }) => outcome.events.length)).toEqual([2, 1]);
    await clock.advance(100_000_000);
    expect(ticks).toHaveLength(3);
  });

  it('that come later do not delay one that is due sooner', async () => {
    const { clock, ticks, act } = setUp();
    const start = clock.now();
    await act(place(BEN, ETH_USD, BUY, 100, 1, { ...UNTIL, expiry: start + 9_000 }));
    await act(place(BEN, ETH_USD, BUY, 100, 1, { ...UNTIL, expiry: start + 500 }));
    await clock.advance(500);
    expect(ticks).toHaveLength(1);
  });

  it('leave nothing to wait for when they were cancelled, or when the keeper stops', async () => {
    const { clock, ticks, act, expiry } = setUp();
    await act(place(BEN, ETH_USD, BUY, 100, 1, { ...UNTIL, expiry: clock.now() + 500, clientId: 4 }));
    await act({ ...place(BEN, 0, BUY, 0, 0, { clientId: 4 }), kind: 1 });
    await clock.advance(10_000);
    await act(place(BEN, ETH_USD, BUY, 100, 1, { ...UNTIL, expiry: clock.now() + 500 }));
    expiry.stop();
    await clock.advance(10_000);
    expect(ticks).toHaveLength(0);
  });
});

describe('a dead-man switch', () => {
  it('fires although nothing else happens', async () => {
    const { state, clock, ticks, act } = setUp();
    const after = { ...place(BEN, 0, BUY, 0, 0), kind: 4, expiry: 700 };
    await act(place(BEN, ETH_USD, BUY, 100, 1), after);
    await clock.advance(700);
    expect(ticks).toMatchObject([{ outcome: { events: [{ reason: 'deadManSwitch' }] } }]);
    expect(state.exchange.orders.count).toBe(0);
  });
});
