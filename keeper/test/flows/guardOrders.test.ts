import { describe, expect, it } from 'vitest';
import { BUY, SELL } from '../../src/core/commands.ts';
import { addressOf, ETH_USD, place, TOKENS } from '../support/exchange.ts';
import { settle } from '../support/fakeClock.ts';
import {
  ALICE,
  accepted,
  BOB,
  deposit,
  EXECUTOR_KEY,
  type FakeWorld,
  leading,
  openWorld,
  type RunningKeeper,
  signBatch,
  stateOf,
} from '../support/fakeWorld.ts';

const EXECUTOR = EXECUTOR_KEY.address;

/** Orders of two people rest. */
async function openMarket() {
  const world = (await openWorld()) as FakeWorld & { running: RunningKeeper };
  deposit(world, TOKENS.ethHome, ALICE, 10n ** 18n);
  deposit(world, TOKENS.usdSecond, BOB, 10_000n * 10n ** 18n);
  await world.clock.advance(12_000);
  const { api } = world.running.keeper;
  const reasons: string[] = [];
  api.subscribe(({ events }) => {
    for (const event of events) if (event.type === 'orderCancelled') reasons.push(event.reason);
  });
  let nonce = 0;
  const rest = async () => {
    nonce++;
    const actions = [place(ALICE.address, ETH_USD, SELL, 300_000, 1), place(BOB.address, ETH_USD, BUY, 100_000, 1)];
    accepted(await api.submitBatch(signBatch(actions, { nonce })));
  };
  await rest();
  const open = () => stateOf(world.running).exchange.orders.count;
  return { world, api, rest, open, reasons };
}

describe('an executor’s guarded line', () => {
  it('that is lost cancels everybody’s orders', async () => {
    const { api, open, reasons } = await openMarket();
    const guard = api.guardOrders(EXECUTOR);
    expect(open()).toBe(2);
    guard.lost();
    await settle();
    expect([open(), reasons]).toEqual([0, ['executorLost', 'executorLost']]);
  });

  it('cancels nothing while another one is there, and everything with the last', async () => {
    const { api, open } = await openMarket();
    const [one, two] = [api.guardOrders(EXECUTOR), api.guardOrders(EXECUTOR)];
    one.lost();
    one.lost();
    await settle();
    expect(open()).toBe(2);
    two.lost();
    await settle();
    expect(open()).toBe(0);
  });

  it('cancels nothing when it was released before, nor when there is nothing to cancel', async () => {
    const { world, api, open, rest } = await openMarket();
    const guard = api.guardOrders(EXECUTOR);
    guard.release();
    guard.lost();
    await settle();
    expect(open()).toBe(2);
    api.guardOrders(EXECUTOR).lost();
    await settle();
    const { sequence } = leading(world.running).sequencer;
    api.guardOrders(EXECUTOR).lost();
    await settle();
    expect(leading(world.running).sequencer.sequence).toBe(sequence);
    await rest();
    expect(open()).toBe(2);
  });

  it('of somebody who is not the executor any more cancels nothing', async () => {
    const { api, open } = await openMarket();
    api.guardOrders(addressOf('former executor')).lost();
    await settle();
    expect(open()).toBe(2);
  });
});
