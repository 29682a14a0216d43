import { describe, expect, it } from 'vitest';
import type { Action } from '../../src/core/commands.ts';
import { BATCH_LIMIT, BUY, SELL } from '../../src/core/commands.ts';
import { cancelAll, ETH_USD, place, TOKENS } from '../support/exchange.ts';
import { nameLeader } from '../support/fakeChain.ts';
import { settle } from '../support/fakeClock.ts';
import { fakeSigner } from '../support/fakeKeys.ts';
import { deadNetwork } from '../support/fakeReader.ts';
import {
  ALICE,
  accepted,
  appoint,
  BOB,
  deposit,
  type FakeWorld,
  kill,
  leading,
  openWorld,
  type RunningKeeper,
  refusalOf,
  signBatch,
  startKeeper,
  stateOf,
} from '../support/fakeWorld.ts';

type World = FakeWorld & { running: RunningKeeper };

/** Alice has ether, Bob dollars. */
async function openMarket(): Promise<World> {
  const world = await openWorld();
  deposit(world, TOKENS.ethHome, ALICE, 10n ** 18n);
  deposit(world, TOKENS.usdSecond, BOB, 10_000n * 10n ** 18n);
  await world.clock.advance(12_000);
  return world;
}

const sell = place(ALICE.address, ETH_USD, SELL, 200_000, 100);
const buy = place(BOB.address, ETH_USD, BUY, 200_000, 40);

function submit({ running }: World, ...input: Parameters<typeof signBatch>) {
  return running.keeper.api.submitBatch(signBatch(...input));
}

describe('a batch', () => {
  it('of the executor is applied, and its answer names sequence and result of every action', async () => {
    const world = await openMarket();
    const { sequence, result, repeated } = accepted(await submit(world, [sell, buy], { nonce: 1 }));
    expect(result).toMatchObject({
      code: 'ok',
      items: [
        { code: 'ok', resting: true, orderId: sequence * BATCH_LIMIT },
        { code: 'ok', filled: 40 },
      ],
    });
    expect(repeated).toBe(false);
    expect(stateOf(world.running).batchNonce).toBe(1);
  });

  it('signed by a user is refused, whether he names himself or the executor', async () => {
    const world = await openMarket();
    const named = await submit(world, [sell], { nonce: 1, executor: ALICE.address }, ALICE);
    const borrowed = await submit(world, [sell], { nonce: 1 }, ALICE);
    expect([refusalOf(named), refusalOf(borrowed)]).toEqual(['signature.notExecutor', 'signature.invalid']);
    expect(stateOf(world.running).exchange.orders.count).toBe(0);
  });

  it('that was altered after it was signed is refused, whatever field it was', async () => {
    const world = await openMarket();
    const signed = signBatch([sell], { nonce: 1 });
    const alterations: Partial<typeof signed.message>[] = [
      { nonce: 2 },
      { epoch: 2 },
      { deadline: signed.message.deadline + 1 },
      { makersFirst: true },
      { actions: [] },
      { actions: [{ ...sell, price: sell.price - 1 }] },
      { actions: [{ ...sell, account: BOB.address }] },
    ];
    for (const alteration of alterations) {
      const message = { ...signed.message, ...alteration };
      const answer = await world.running.keeper.api.submitBatch({ message, signature: signed.signature });
      expect(refusalOf(answer)).toBe('signature.invalid');
    }
    expect(leading(world.running).sequencer.state.batchNonce).toBe(0);
  });

  it('for another epoch, after its deadline or with a nonce that does not grow is refused and says why', async () => {
    const world = await openMarket();
    accepted(await submit(world, [sell], { nonce: 5 }));
    const answers = [
      await submit(world, [], { nonce: 6, epoch: 2 }),
      await submit(world, [], { nonce: 6, deadline: world.clock.now() - 1 }),
      await submit(world, [buy], { nonce: 5 }),
      await submit(world, [], { nonce: 4 }),
    ];
    expect(answers.map(refusalOf)).toEqual([
      'batch.wrongEpoch',
      'batch.expired',
      'batch.nonceNotGrowing',
      'batch.nonceNotGrowing',
    ]);
    expect(answers[3]).toMatchObject({ refusal: { details: { nonce: 4, newest: 5 }, retryable: false } });
  });

  it('that comes again gets the stored answer, and nothing is done twice', async () => {
    const world = await openMarket();
    const first = accepted(await submit(world, [sell], { nonce: 1 }));
    accepted(await submit(world, [buy], { nonce: 2 }));
    const again = accepted(await submit(world, [sell], { nonce: 1 }));
    expect(again).toEqual({ ...first, repeated: true });
    expect(stateOf(world.running).exchange.orders.count).toBe(1);
  });

  it('that comes twice at the same moment is applied once, and both get its answer', async () => {
    const world = await openMarket();
    const [first, second] = await Promise.all([
      submit(world, [sell], { nonce: 1 }),
      submit(world, [sell], { nonce: 1 }),
    ]);
    expect(accepted(second)).toEqual({ ...accepted(first), repeated: true });
    expect(accepted(await submit(world, [sell], { nonce: 1 })).sequence).toBe(accepted(first).sequence);
  });

  it('keeps its stored answer when another one of the same nonce comes at the same moment', async () => {
    const world = await openMarket();
    const [first, other] = await Promise.all([submit(world, [sell], { nonce: 1 }), submit(world, [buy], { nonce: 1 })]);
    expect(refusalOf(other)).toBe('batch.nonceNotGrowing');
    const again = accepted(await submit(world, [sell], { nonce: 1 }));
    expect(again).toEqual({ ...accepted(first), repeated: true });
  });

  it('gets its stored answer after a restart too', async () => {
    const world = await openMarket();
    const first = accepted(await submit(world, [sell, buy], { nonce: 1 }));
    kill(world.running);
    const running = startKeeper(world, { disk: world.running.disk });
    await world.clock.advance(5_000);
    const again = accepted(await running.keeper.api.submitBatch(signBatch([sell, buy], { nonce: 1 })));
    expect(again).toEqual({ ...first, repeated: true });
    expect(stateOf(running).exchange.orders.count).toBe(1);
  });

  it('that was refused for its epoch is taken once the keeper has read of that epoch', async () => {
    const world = await openMarket();
    expect(refusalOf(await submit(world, [sell], { nonce: 1, epoch: 2 }))).toBe('batch.wrongEpoch');
    appoint(world, world.running, 2);
    await world.clock.advance(15_000);
    expect(refusalOf(await submit(world, [sell], { nonce: 1, epoch: 2 }))).toBe('accepted');
  });

  it('is not taken by a keeper that is not the leader in the newest block', async () => {
    const world = await openMarket();
    for (const chain of [world.home, world.second]) chain.send(nameLeader(fakeSigner('other').address, 2));
    await world.clock.advance(4_000);
    expect(refusalOf(await submit(world, [sell], { nonce: 1 }))).toBe('keeper.notLeader');
    expect(refusalOf(await submit(world, [cancelAll(ALICE.address)], { nonce: 1 }))).toBe('keeper.notLeader');
  });

  it('that only cancels is taken while the oldest change waits too long for its checkpoint; one that adds is not', async () => {
    const world = await openMarket();
    accepted(await submit(world, [sell], { nonce: 1 }));
    world.networks.poster = deadNetwork;
    await world.clock.advance(40_000);
    expect(refusalOf(await submit(world, [sell], { nonce: 2 }))).toBe('keeper.checkpointTooOld');
    const mixed: Action[] = [cancelAll(ALICE.address), sell];
    expect(refusalOf(await submit(world, mixed, { nonce: 2 }))).toBe('keeper.checkpointTooOld');
    expect(accepted(await submit(world, [cancelAll(ALICE.address)], { nonce: 2 })).result).toMatchObject({
      items: [{ cancelled: 1 }],
    });
  });

  it('that nobody waits for any more when the disk fails is not remembered', async () => {
    const world = await openMarket();
    world.running.disk.onWrite = (moment) => {
      if (moment === 'before') throw new Error('the disk is full');
    };
    await expect(submit(world, [sell], { nonce: 1 })).rejects.toThrow('the disk is full');
    await settle();
    expect(world.fatal).toHaveLength(1);
    expect(refusalOf(await submit(world, [sell], { nonce: 1 }))).toBe('keeper.overloaded');
  });
});
