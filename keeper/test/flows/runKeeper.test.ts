import { describe, expect, it } from 'vitest';
import type { StreamItem } from '../../src/core/api.ts';
import { type Asset, addWad, openAccount, setCreditTier } from '../../src/core/ledger.ts';
import { WAD } from '../../src/core/margin/fixedPoint.ts';
import { LIQUIDATIONS_LIMIT, setRisk } from '../../src/core/margin/marginState.ts';
import { startStablePrice } from '../../src/core/margin/stablePrice.ts';
import { SupersededError } from '../../src/flows/runKeeper.ts';
import { addressOf, ETH, HOME, riskListing, SECOND, TOKENS } from '../support/exchange.ts';
import { acceptLeader, nameLeader, proposeLeader, setPaused } from '../support/fakeChain.ts';
import { createFakeDisk } from '../support/fakeJournal.ts';
import { fakeSigner } from '../support/fakeKeys.ts';
import { deadNetwork, quickNetwork, silentNetwork } from '../support/fakeReader.ts';
import {
  ALICE,
  appoint,
  createWorld,
  deposit,
  kill,
  leading,
  openWorld,
  startKeeper,
  stateOf,
} from '../support/fakeWorld.ts';

describe('a candidate', () => {
  it('says who it is and how it is, and that it holds no state', async () => {
    const world = createWorld();
    const { keeper, keys } = startKeeper(world);
    await world.clock.advance(5_000);
    expect(keeper.api.notReady()).toMatchObject({ code: 'keeper.notReady', retryable: true });
    expect(keeper.api.identity()).toMatchObject({
      role: 'candidate',
      epoch: 0,
      leader: { address: keys.leader.address },
      enclave: { address: keys.enclave.address },
      executor: `0x${'00'.repeat(20)}`,
    });
    expect(await keeper.api.health()).toMatchObject({ role: 'candidate', sequence: 0, checkpoint: { landed: 0 } });
    expect(() => keeper.api.books()).toThrow(/while this keeper is a candidate/);
  });

  it('accepts a proposal that names its key on each chain, and no other', async () => {
    const world = createWorld();
    const { keeper, keys } = startKeeper(world);
    world.home.send(proposeLeader(keys.leader.address, 1));
    world.second.send(proposeLeader(fakeSigner('other').address, 1));
    await world.clock.advance(5_000);
    expect(keeper.api.acceptance(SECOND)).toBeUndefined();
    expect(keeper.api.acceptance(5)).toBeUndefined();
    const acceptance = keeper.api.acceptance(HOME);
    if (acceptance === undefined) throw new Error('no acceptance');
    world.home.send(acceptLeader(acceptance));
    await world.clock.advance(20_000);
    expect(world.home.reverted).toEqual([]);
    expect(keeper.api.identity()).toMatchObject({ role: 'leader', epoch: 1 });
    expect(keeper.api.notReady()).toBeUndefined();
    expect(keeper.api.acceptance(HOME)).toBeUndefined();
  });

  it('keeps the proposal that it read last while the chain does not answer', async () => {
    const world = createWorld();
    const { keeper, keys } = startKeeper(world);
    world.second.send(proposeLeader(keys.leader.address, 1));
    await world.clock.advance(5_000);
    world.networks.second = deadNetwork;
    await world.clock.advance(5_000);
    expect(keeper.api.acceptance(SECOND)?.message).toMatchObject({ candidate: keys.leader.address, epoch: 1 });
    world.networks.second = quickNetwork;
    world.second.send(proposeLeader(fakeSigner('other').address, 2));
    await world.clock.advance(5_000);
    expect(keeper.api.acceptance(SECOND)).toBeUndefined();
  });

  it('recovers once, although its role flickers while the chain is asked for the newest checkpoint', async () => {
    const world = createWorld();
    const disk = createFakeDisk();
    const writes: string[] = [];
    disk.onWrite = (moment, what) => moment === 'before' && writes.push(what);
    const running = startKeeper(world, { disk });
    appoint(world, running, 1);
    const answers: (() => void)[] = [];
    const { readCheckpoints } = running.home;
    running.home.readCheckpoints = async function* (...input) {
      await new Promise<void>((resolve) => answers.push(resolve));
      yield* readCheckpoints(...input);
    };
    await world.clock.advance(12_000);
    expect(running.keeper.api.identity().role).toBe('leader');
    world.home.send(nameLeader(fakeSigner('other').address, 2));
    await world.clock.advance(3_000);
    expect(running.keeper.api.identity().role).toBe('candidate');
    world.home.reorganise(2);
    world.home.mine(world.home.newest.timestamp + 1);
    await world.clock.advance(3_000);
    expect(running.keeper.api.identity().role).toBe('leader');
    for (const answer of answers) answer();
    await world.clock.advance(10_000);
    expect(writes.filter((what) => what === 'begin')).toEqual(['begin']);
    expect(answers).toHaveLength(1);
    expect(world.fatal).toEqual([]);
    expect(running.keeper.leading).toBeDefined();
  });

  it('tries again while the home chain does not answer', async () => {
    const world = createWorld();
    const running = startKeeper(world);
    appoint(world, running, 1);
    const { readCheckpoints } = running.home;
    let failures = 3;
    running.home.readCheckpoints = async function* (...input) {
      if (failures-- > 0) throw new Error('no answer');
      yield* readCheckpoints(...input);
    };
    await world.clock.advance(12_000);
    expect(running.keeper.leading).toBeUndefined();
    await world.clock.advance(6_000);
    expect(running.keeper.leading).toBeDefined();
    expect(world.fatal).toEqual([]);
  });

  it('does not start to lead when it is named another while it recovers', async () => {
    const world = createWorld();
    const running = startKeeper(world);
    appoint(world, running, 1);
    let answer = () => {};
    const { readCheckpoints } = running.home;
    running.home.readCheckpoints = async function* (...input) {
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      yield* readCheckpoints(...input);
    };
    await world.clock.advance(12_000);
    world.home.send(nameLeader(fakeSigner('other').address, 2));
    await world.clock.advance(4_000);
    answer();
    await world.clock.advance(1_000);
    expect(running.keeper.leading).toBeUndefined();
  });
});

describe('a leader', () => {
  it('that cannot recover tells why and does not lead', async () => {
    const world = await openWorld();
    kill(world.running);
    const disk = createFakeDisk();
    disk.onWrite = () => {
      throw new Error('the disk is full');
    };
    const { keeper } = startKeeper(world, { disk });
    await world.clock.advance(5_000);
    expect(world.fatal).toEqual([new Error('the disk is full')]);
    expect(keeper.leading).toBeUndefined();
  });

  it('stops when the council’s choice of another one is final', async () => {
    const world = await openWorld();
    world.home.send(nameLeader(fakeSigner('other').address, 2));
    await world.clock.advance(5_000);
    expect(world.fatal).toEqual([]);
    await world.clock.advance(10_000);
    expect(world.fatal[0]).toBeInstanceOf(SupersededError);
  });

  it('publishes every command that has events to everybody who listens, also to those who came before it led', async () => {
    const world = createWorld();
    const running = startKeeper(world);
    const early: StreamItem[] = [];
    running.keeper.api.subscribe((item) => early.push(item));
    appoint(world, running, 1);
    await world.clock.advance(20_000);
    const late: StreamItem[] = [];
    const leave = running.keeper.api.subscribe((item) => late.push(item));
    deposit(world, TOKENS.ethHome, ALICE, 5n);
    await world.clock.advance(12_000);
    const credited = { type: 'credited', account: { address: ALICE.address, subaccount: 0 }, amount: 5n };
    expect(late.flatMap(({ events }) => events)).toContainEqual(expect.objectContaining(credited));
    expect(early.slice(-late.length)).toEqual(late);
    expect(early[0]?.events[0]).toMatchObject({ type: 'directoryChanged' });
    leave();
    const heard = late.length;
    deposit(world, TOKENS.ethHome, ALICE, 5n);
    await world.clock.advance(12_000);
    expect(late).toHaveLength(heard);
    stateOf(running);
  });

  it('names in its health how many margin accounts wait to be liquidated', async () => {
    const world = await openWorld();
    const { exchange } = leading(world.running).sequencer.state;
    const { ledger, margin } = exchange;
    const index = ledger.assetById.get(ETH) as number;
    setRisk(margin, index, { ...riskListing(ETH, { init: 0, maint: 0 }) }, 'test');
    const time = margin.now;
    const stable = startStablePrice(WAD, 0);
    margin.prices[index] = { bid: WAD, ask: WAD, time, stable, held: undefined, halted: false };
    for (let debtor = 0; debtor < LIQUIDATIONS_LIMIT + 3; debtor++) {
      const account = openAccount(ledger, addressOf(`debtor ${debtor}`), 0);
      setCreditTier(ledger, account, 1);
      addWad(ledger, ledger.assets[index] as Asset, account, -1_000_000n * 10n ** 9n);
      const isLiquidated = debtor < LIQUIDATIONS_LIMIT;
      if (isLiquidated) margin.liquidations.set(account, { since: time, bankruptSince: 0, settlement: undefined });
    }
    expect((await world.running.keeper.api.health()).problems).toEqual([
      '3 margin accounts wait to be liquidated, because as many are liquidated as may be at once.',
    ]);
  });

  it('names in its health what is wrong, each thing once', async () => {
    const world = await openWorld();
    const { api } = world.running.keeper;
    expect(await api.health()).toMatchObject({ status: 'ok', problems: [], role: 'leader', epoch: 1 });
    world.home.send(setPaused(true));
    await world.clock.advance(4_000);
    expect((await api.health()).problems).toEqual(['The Authority of the home chain is paused.']);
    world.networks.second = deadNetwork;
    world.networks.home = deadNetwork;
    world.networks.poster = deadNetwork;
    await world.clock.advance(15_000);
    const { status, problems } = await api.health();
    expect(status).toBe('degraded');
    expect(problems).toEqual(
      expect.arrayContaining([
        'The Authority of the home chain cannot be read: an error that only the log names.',
        'The balance of the gas key cannot be read.',
        `Chain ${SECOND}: an error that only the log names.`,
      ]),
    );
  });

  it('goes on answering from its state while every chain is silent', async () => {
    const world = await openWorld();
    world.networks.home = silentNetwork;
    world.networks.second = silentNetwork;
    await world.clock.advance(60_000);
    expect(world.running.keeper.api.books()).toHaveLength(2);
    expect(leading(world.running).gates.orders()?.code).toBeUndefined();
    expect(world.fatal).toEqual([]);
  });
});
