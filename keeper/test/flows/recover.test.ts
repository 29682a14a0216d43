import { describe, expect, it } from 'vitest';
import { type Action, BUY, SELL } from '../../src/core/commands.ts';
import { validateInternalState } from '../../src/core/invariants.ts';
import type { LandedCheckpoint } from '../../src/core/ports.ts';
import { encodeEngine, engineHash, stateHash } from '../../src/core/snapshot.ts';
import { createState } from '../../src/core/state.ts';
import { CHECKPOINT_SETTINGS } from '../../src/flows/cutCheckpoint.ts';
import { type Recovered, RecoveryError, recover, whyNotInJournal } from '../../src/flows/recover.ts';
import type { Applied } from '../../src/flows/sequencer.ts';
import { ETH_USD, GENESIS, place, TOKENS } from '../support/exchange.ts';
import { createFakeDisk, type FakeDisk } from '../support/fakeJournal.ts';
import { createFakeSealing, fakeSigner } from '../support/fakeKeys.ts';
import { deadNetwork, quickNetwork } from '../support/fakeReader.ts';
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
  signBatch,
  silentLogger,
  startKeeper,
  stateOf,
} from '../support/fakeWorld.ts';

type World = FakeWorld & { running: RunningKeeper };

const LEAP = 2 ** 32;

const landedOn = ({ home }: FakeWorld): LandedCheckpoint | undefined => home.newest.contracts.checkpoints.at(-1);

/** What a reader of the chain gives, the newest first. */
const chainOf = ({ home }: FakeWorld): readonly LandedCheckpoint[] => home.newest.contracts.checkpoints.toReversed();

/** An exchange with resting orders, whose last trade stands in no checkpoint. */
async function openMarket(): Promise<World> {
  const world = await openWorld();
  deposit(world, TOKENS.ethHome, ALICE, 10n ** 18n);
  deposit(world, TOKENS.usdSecond, BOB, 10_000n * 10n ** 18n);
  await world.clock.advance(20_000);
  await trade(world);
  return world;
}

let nonce = 0;
async function trade(world: World, running = world.running): Promise<void> {
  nonce++;
  const { epoch } = leading(running).sequencer.state;
  const actions = [
    place(ALICE.address, ETH_USD, SELL, 200_000 + nonce, 10),
    place(BOB.address, ETH_USD, BUY, 200_000 + nonce, 4),
  ];
  accepted(await running.keeper.api.submitBatch(signBatch(actions, { nonce, epoch })));
}

/** `chain`: the newest first. */
async function recoverFrom(
  disk: FakeDisk,
  chain: readonly LandedCheckpoint[],
): Promise<
  Recovered & {
    readonly asides: FakeDisk[];
    readonly replayed: Applied[];
    readonly read: number;
    readonly breaths: number;
  }
> {
  let read = 0;
  let breaths = 0;
  async function* walk() {
    for (const checkpoint of chain) {
      read++;
      yield checkpoint;
    }
  }
  const older = walk();
  const newest = await older.next();
  const asides: FakeDisk[] = [];
  const replayed: Applied[] = [];
  const recovered = await recover({
    genesis: GENESIS,
    journal: disk.open(),
    landed: newest.done === true ? undefined : newest.value,
    older,
    slices: 3,
    open: createFakeSealing().open,
    onReplayed: (applied) => replayed.push(applied),
    breathe: async () => {
      breaths++;
    },
    setAside() {
      asides.push(createFakeDisk());
      return (asides.at(-1) as FakeDisk).open();
    },
    logger: silentLogger,
  });
  validateInternalState(recovered.state);
  return { ...recovered, asides, replayed, read, breaths };
}

/** The same disk without its newest records, as after a roll-back. */
function cutShort(disk: FakeDisk, records: number): FakeDisk {
  const journal = disk.open();
  const { sequence, engine } = journal.snapshot(0) ?? { sequence: 0, engine: new Uint8Array() };
  const copy = createFakeDisk();
  copy.open().begin({ sequence, engine });
  copy.open().append([...journal.replay(sequence)].slice(0, -records));
  return copy;
}

describe('an empty disk', () => {
  it('begins from nothing when no checkpoint stands on chain', async () => {
    const disk = createFakeDisk();
    const { from, sequence, base, unsigned } = await recoverFrom(disk, []);
    expect({ from, sequence, base, unsigned }).toMatchObject({ from: 'genesis', sequence: 0 });
    expect([base, unsigned]).toEqual([undefined, undefined]);
    expect(disk.open().snapshot()?.sequence).toBe(0);
  });

  it('begins with the newest checkpoint: all balances, no orders, and a leap in the sequence', async () => {
    const world = await openMarket();
    await world.clock.advance(8_000);
    const state = stateOf(world.running);
    const landed = landedOn(world) as LandedCheckpoint;
    const recovered = await recoverFrom(createFakeDisk(), chainOf(world));
    expect(recovered).toMatchObject({ from: 'chain', sequence: landed.checkpoint.journalIndex + LEAP });
    expect(recovered.base?.message).toEqual(landed.checkpoint);
    expect(stateHash(recovered.state)).toBe(landed.checkpoint.stateHash);
    expect(state.exchange.orders.count).toBe(1);
    expect(recovered.state.exchange.orders.count).toBe(0);
  });

  it('begins with the state of the newest checkpoint, although that holds only a part of it', async () => {
    const world = await openMarket();
    for (let i = 0; i < 6; i++) {
      deposit(world, TOKENS.ethHome, fakeSigner(`user ${i}`), 10n ** 15n);
      await world.clock.advance(6_000);
    }
    await world.clock.advance(20_000);
    const chain = chainOf(world);
    const [newest] = chain as [LandedCheckpoint];
    const recovered = await recoverFrom(createFakeDisk(), chain);
    expect(recovered.read).toBeGreaterThan(1);
    expect(recovered.read).toBeLessThanOrEqual(CHECKPOINT_SETTINGS.slices);
    expect(stateHash(recovered.state)).toBe(newest.checkpoint.stateHash);
  });

  it('goes back over a new leader, and over checkpoints that were signed anew for a new epoch', async () => {
    const world = await openMarket();
    await world.clock.advance(8_000);
    world.networks.poster = deadNetwork;
    await trade(world);
    await world.clock.advance(2_000);
    appoint(world, world.running, 2);
    world.networks.poster = quickNetwork;
    await world.clock.advance(14_000);
    kill(world.running);
    const other = startKeeper(world, { leader: 'other' });
    appoint(world, other, 3);
    await world.clock.advance(14_000);
    await trade(world, other);
    await world.clock.advance(14_000);
    const chain = chainOf(world);
    const epochs = new Set(chain.slice(0, CHECKPOINT_SETTINGS.slices).map(({ checkpoint }) => checkpoint.epoch));
    expect(epochs).toEqual(new Set([3, 2, 1]));
    const { state, read } = await recoverFrom(createFakeDisk(), chain);
    expect(chain[read - 1]?.checkpoint.epoch).toBeLessThan(3);
    expect(stateHash(state)).toBe(chain[0]?.checkpoint.stateHash);
  });

  it('refuses checkpoints whose parts do not give the state that was signed', async () => {
    const world = await openMarket();
    await world.clock.advance(8_000);
    const [newest, ...older] = chainOf(world) as [LandedCheckpoint, ...LandedCheckpoint[]];
    const checkpoint = { ...newest.checkpoint, stateHash: newest.checkpoint.parent };
    await expectRefused([{ ...newest, checkpoint }, ...older], /give a state with hash .* was signed for/);
  });

  it('refuses a payload that was altered, or belongs to another checkpoint', async () => {
    const world = await openLongMarket();
    const chain = chainOf(world);
    for (const [i, { checkpoint, payload }] of chain.slice(0, 2).entries()) {
      const altered = payload.slice();
      altered[altered.length - 1] = (altered.at(-1) ?? 0) ^ 1;
      const reason = new RegExp(`payload of checkpoint ${checkpoint.number} has hash`);
      await expectRefused(chain.with(i, { checkpoint, payload: altered }), reason);
      await expectRefused(chain.with(i, { checkpoint, payload: chain[2]?.payload as Uint8Array }), reason);
    }
  });

  it('refuses checkpoints of which one is missing, doubled or swapped', async () => {
    const world = await openLongMarket();
    const chain = chainOf(world);
    const [newest, second, third] = chain as [LandedCheckpoint, LandedCheckpoint, LandedCheckpoint];
    const reason = new RegExp(`is not the parent of checkpoint ${newest.checkpoint.number}`);
    for (const wrong of [
      [newest, third],
      [newest, newest, second],
      [newest, third, second],
    ]) {
      await expectRefused(wrong, reason);
    }
    const { number } = newest.checkpoint;
    await expectRefused([newest], new RegExp(`Checkpoints ${number} to ${number} are all there are, and lack`));
  });

  it('keeps the journal while the older checkpoints cannot be read', async () => {
    const world = await openLongMarket();
    const behind = cutShort(world.running.disk, 30);
    const before = behind.open().lastSequence;
    const [landed] = chainOf(world) as [LandedCheckpoint];
    const input = {
      genesis: GENESIS,
      journal: behind.open(),
      landed,
      slices: 3,
      logger: silentLogger,
      breathe: async () => {},
    };
    const older = { next: () => Promise.reject(new Error('no answer')) };
    const setAside = () => expect.fail('the journal was put aside');
    const { open } = createFakeSealing();
    await expect(recover({ ...input, older, open, setAside, onReplayed: () => {} })).rejects.toThrow('no answer');
    expect(behind.open().lastSequence).toBe(before);
  });

  /** Accounts that stand in older checkpoints only. */
  async function openLongMarket(): Promise<World> {
    const world = await openMarket();
    for (let i = 0; i < 12; i++) deposit(world, TOKENS.ethHome, fakeSigner(`user ${i}`), 10n ** 15n);
    await world.clock.advance(20_000);
    for (let i = 0; i < 4; i++) {
      await trade(world);
      await world.clock.advance(8_000);
    }
    return world;
  }

  async function expectRefused(chain: readonly LandedCheckpoint[], reason: RegExp): Promise<void> {
    const refused = recoverFrom(createFakeDisk(), chain);
    await expect(refused).rejects.toThrow(RecoveryError);
    await expect(refused).rejects.toThrow(reason);
  }
});

describe('a journal that holds the newest checkpoint', () => {
  it('gives the very same engine, open orders and answers included', async () => {
    const world = await openMarket();
    await world.clock.advance(8_000);
    await trade(world);
    const { sequencer } = leading(world.running);
    const recovered = await recoverFrom(world.running.disk, chainOf(world));
    expect(recovered).toMatchObject({ from: 'journal', sequence: sequencer.sequence, asides: [] });
    expect(engineHash(recovered.state)).toBe(engineHash(sequencer.state));
    expect(recovered.replayed.filter(({ command }) => command.type === 'batch')).toHaveLength(2);
  });

  it('is enough when no checkpoint has ever landed', async () => {
    const world = await openMarket();
    const recovered = await recoverFrom(world.running.disk, []);
    expect(engineHash(recovered.state)).toBe(engineHash(stateOf(world.running)));
  });

  it('is replayed from a snapshot in the middle, and gives the same', async () => {
    const world = await openMarket();
    const { sequencer } = leading(world.running);
    const { sequence } = sequencer;
    await world.running.disk.open().saveSnapshot({ sequence, engine: encodeEngine(sequencer.state) });
    for (let i = 0; i < 4_100; i++)
      void sequencer.submit({ type: 'cancelWithdrawal', account: ALICE.address, chainId: 1, nonce: 1n });
    await trade(world);
    await world.clock.advance(8_000);
    const recovered = await recoverFrom(world.running.disk, chainOf(world));
    expect(recovered.replayed[0]?.sequence).toBe(sequence + 1);
    expect(engineHash(recovered.state)).toBe(engineHash(stateOf(world.running)));
  });

  it('is replayed from further back than the newest snapshot, for the answers since then', async () => {
    const world = await openMarket();
    const { sequencer } = leading(world.running);
    await trade(world);
    const { sequence } = sequencer;
    await world.running.disk.open().saveSnapshot({ sequence, engine: encodeEngine(sequencer.state) });
    const recovered = await recoverFrom(world.running.disk, chainOf(world));
    expect(recovered.replayed.filter(({ command }) => command.type === 'batch')).toHaveLength(2);
    expect(engineHash(recovered.state)).toBe(engineHash(stateOf(world.running)));
  });

  it('lets others have their turn while much is replayed', async () => {
    const disk = createFakeDisk();
    const journal = disk.open();
    journal.begin({ sequence: 0, engine: encodeEngine(createState(GENESIS)) });
    const tick = (sequence: number) => ({ sequence, command: { type: 'tick', time: 1_000 + sequence } }) as const;
    journal.append(Array.from({ length: 40_000 }, (_, i) => tick(i + 1)));
    const recovered = await recoverFrom(disk, []);
    expect([recovered.from, recovered.sequence, recovered.breaths]).toEqual(['journal', 40_000, 3 + 2]);
  });

  it('lets others have their turn while few large batches are replayed', async () => {
    const disk = createFakeDisk();
    const journal = disk.open();
    journal.begin({ sequence: 0, engine: encodeEngine(createState(GENESIS)) });
    const actions = new Array<Action>(1_000).fill(place(ALICE.address, ETH_USD, SELL, 1, 1));
    const batch = {
      type: 'batch',
      executor: ALICE.address,
      epoch: 0,
      deadline: 0,
      makersFirst: false,
      actions,
    } as const;
    const records = Array.from({ length: 50 }, (_, i) => i + 1);
    journal.append(
      records.map((sequence) => ({ sequence, command: { ...batch, nonce: sequence, time: 1_000 + sequence } })),
    );
    expect((await recoverFrom(disk, [])).breaths).toBe(3 + 2);
  });

  it('is told once, in order, from before the checkpoint to the end', async () => {
    const world = await openMarket();
    await world.clock.advance(8_000);
    await trade(world);
    const { journalIndex } = (landedOn(world) as LandedCheckpoint).checkpoint;
    const { sequence, replayed } = await recoverFrom(world.running.disk, chainOf(world));
    expect(sequence).toBeGreaterThan(journalIndex);
    expect(replayed.map((applied) => applied.sequence)).toEqual(Array.from({ length: sequence }, (_, i) => i + 1));
  });

  it('tells since when something changed that stands in no checkpoint', async () => {
    const world = await openMarket();
    expect((await recoverFrom(world.running.disk, chainOf(world))).oldestChangeAt).toBe(world.clock.now());
    await world.clock.advance(30_000);
    expect((await recoverFrom(world.running.disk, chainOf(world))).oldestChangeAt).toBeUndefined();
    const changedAt = world.clock.now();
    await trade(world);
    world.networks.poster = deadNetwork;
    await world.clock.advance(10_000);
    await trade(world);
    expect((await recoverFrom(world.running.disk, chainOf(world))).oldestChangeAt).toBe(changedAt);
  });

  it('tells nothing of the kind after a start from a checkpoint to which nothing was added', async () => {
    const world = await openMarket();
    await world.clock.advance(8_000);
    const disk = createFakeDisk();
    await recoverFrom(disk, chainOf(world));
    expect(await recoverFrom(disk, chainOf(world))).toMatchObject({ from: 'journal', oldestChangeAt: undefined });
  });
});

describe('a journal that does not hold the newest checkpoint', () => {
  /** Ends at the sequence of the checkpoint, but with other commands. */
  function forkOf(world: World, { checkpoint }: LandedCheckpoint): FakeDisk {
    const { sequence, state } = leading(world.running).sequencer;
    const forked = cutShort(world.running.disk, sequence - checkpoint.journalIndex + 1);
    const journal = forked.open();
    const { time } = state;
    const strangers = [1, 2].map((i) => ({
      sequence: journal.lastSequence + i,
      command: { type: 'cutCheckpoint' as const, time: time + i },
    }));
    journal.append(strangers);
    return forked;
  }

  it('because its tail is lost is put aside, and the checkpoint counts', async () => {
    const world = await openMarket();
    await world.clock.advance(8_000);
    const landed = landedOn(world) as LandedCheckpoint;
    const after = leading(world.running).sequencer.sequence - landed.checkpoint.journalIndex;
    const behind = cutShort(world.running.disk, after + 1);
    const recovered = await recoverFrom(behind, chainOf(world));
    expect(recovered).toMatchObject({ from: 'chain', asides: [expect.anything()] });
    expect(stateHash(recovered.state)).toBe(landed.checkpoint.stateHash);
    expect(recovered.journal.lastSequence).toBe(landed.checkpoint.journalIndex + LEAP);
    const exact = cutShort(world.running.disk, after);
    expect((await recoverFrom(exact, chainOf(world))).from).toBe('journal');
  });

  it('because it tells another story is put aside', async () => {
    const world = await openMarket();
    await world.clock.advance(8_000);
    const landed = landedOn(world) as LandedCheckpoint;
    const forked = forkOf(world, landed);
    expect(whyNotInJournal({ genesis: GENESIS, journal: forked.open(), landed })).toMatch(/gives stateHash/);
    expect(await recoverFrom(forked, chainOf(world))).toMatchObject({ from: 'chain', asides: [expect.anything()] });
  });

  it('leaves none of its trades in the history', async () => {
    const world = await openMarket();
    await world.clock.advance(8_000);
    const forked = forkOf(world, landedOn(world) as LandedCheckpoint);
    const { replayed } = await recoverFrom(forked, chainOf(world));
    expect(replayed.flatMap(({ outcome }) => outcome.events).filter(({ type }) => type === 'fill')).toHaveLength(1);
    kill(world.running);
    const { keeper, asides } = startKeeper(world, { disk: forked });
    await world.clock.advance(8_000);
    expect(asides).toHaveLength(1);
    expect(keeper.api.trades({ book: ETH_USD, limit: 10 })).toEqual([]);
  });

  it('because another keeper went on is put aside', async () => {
    const world = await openMarket();
    await world.clock.advance(8_000);
    kill(world.running);
    const other = startKeeper(world, { leader: 'other' });
    appoint(world, other, 2);
    await world.clock.advance(12_000);
    await trade(world, other);
    await world.clock.advance(12_000);
    const recovered = await recoverFrom(world.running.disk, chainOf(world));
    expect(recovered).toMatchObject({ from: 'chain', asides: [expect.anything()] });
    expect(stateHash(recovered.state)).toBe(landedOn(world)?.checkpoint.stateHash);
  });

  it('because the block with the checkpoint that it began with was undone is left alone', async () => {
    const world = await openMarket();
    await world.clock.advance(8_000);
    const disk = createFakeDisk();
    await recoverFrom(disk, chainOf(world));
    await expect(recoverFrom(disk, [])).rejects.toThrow(/no longer stands on chain/);
    expect(disk.open().lastSequence).toBeGreaterThan(LEAP);
  });
});

describe('a journal that began with a checkpoint', () => {
  /** A keeper on an empty disk, with a leader key of its own, that has not signed anything yet. */
  async function openSecondLife(): Promise<World> {
    const world = await openMarket();
    await world.clock.advance(8_000);
    kill(world.running);
    world.networks.poster = deadNetwork;
    world.running = startKeeper(world, { leader: 'next' });
    appoint(world, world.running, 2);
    world.running.disk.onWrite = (_, what) => {
      if (what === 'outbox') throw new Error('not yet');
    };
    await world.clock.advance(15_000);
    return world;
  }

  it('is replayed when the keeper starts again before its first own checkpoint', async () => {
    const world = await openSecondLife();
    await trade(world);
    const recovered = await recoverFrom(world.running.disk, chainOf(world));
    expect(recovered).toMatchObject({ from: 'journal', asides: [] });
    expect(engineHash(recovered.state)).toBe(engineHash(stateOf(world.running)));
    expect(recovered.unsigned?.number).toBe((recovered.base?.message.number ?? 0) + 1);
  });

  it('is replayed when the keeper starts again after its first own checkpoint', async () => {
    const world = await openSecondLife();
    world.running.disk.onWrite = () => {};
    world.networks.poster = quickNetwork;
    await world.clock.advance(8_000);
    await trade(world);
    const landed = landedOn(world);
    expect(landed?.checkpoint.epoch).toBe(2);
    const recovered = await recoverFrom(world.running.disk, chainOf(world));
    expect(recovered).toMatchObject({ from: 'journal', asides: [], unsigned: undefined });
    expect(engineHash(recovered.state)).toBe(engineHash(stateOf(world.running)));
  });
});

describe('a cut that was not signed', () => {
  it('is found again although newer snapshots were saved after it', async () => {
    const world = await openMarket();
    await world.clock.advance(20_000);
    const { disk } = world.running;
    disk.onWrite = (_, what) => {
      if (what === 'outbox') throw new Error('not yet');
    };
    await trade(world);
    await world.clock.advance(2_000);
    const { sequencer } = leading(world.running);
    const [cut, hash, index] = [sequencer.state.cutNumber, stateHash(sequencer.state), sequencer.sequence];
    for (let i = 0; i < 3; i++) {
      await trade(world);
      await disk.open().saveSnapshot({ sequence: sequencer.sequence, engine: encodeEngine(sequencer.state) });
    }
    const { unsigned, state } = await recoverFrom(disk, chainOf(world));
    expect(unsigned).toMatchObject({ number: cut, journalIndex: index });
    expect(engineHash(state)).toBe(engineHash(sequencer.state));
    disk.onWrite = () => {};
    kill(world.running);
    const again = startKeeper(world, { disk });
    await world.clock.advance(2_000);
    expect(again.poster.posted[0]?.checkpoint).toMatchObject({ number: cut, stateHash: hash });
  });

  it('is none when it is signed and waits in the outbox', async () => {
    const world = await openMarket();
    world.networks.poster = deadNetwork;
    await world.clock.advance(2_000);
    const recovered = await recoverFrom(world.running.disk, chainOf(world));
    expect(recovered.unsigned).toBeUndefined();
    expect(recovered.state.cutNumber).toBe((recovered.base?.message.number ?? 0) + 1);
  });

  it('is none when its checkpoint landed, although the outbox lost it', async () => {
    const world = await openMarket();
    await world.clock.advance(4_000);
    const landed = landedOn(world) as LandedCheckpoint;
    world.running.disk.open().writeOutbox(`checkpoint ${landed.checkpoint.number}`, undefined);
    const recovered = await recoverFrom(world.running.disk, chainOf(world));
    expect(recovered.unsigned).toBeUndefined();
    kill(world.running);
    startKeeper(world, { disk: world.running.disk });
    await world.clock.advance(20_000);
    expect(world.fatal).toEqual([]);
    expect(world.home.newest.contracts.tip.number).toBeGreaterThan(landed.checkpoint.number);
  });
});

describe('a keeper that met another one’s checkpoint', () => {
  it('takes over from that checkpoint when it is started again and leads', async () => {
    const world = await openMarket();
    await world.clock.advance(20_000);
    // The same keys on another disk post first.
    world.networks.poster = deadNetwork;
    const other = startKeeper(world);
    await world.clock.advance(2_000);
    await trade(world);
    await world.clock.advance(6_000);
    kill(world.running);
    world.networks.poster = quickNetwork;
    await world.clock.advance(20_000);
    kill(other);
    const again = startKeeper(world, { disk: world.running.disk });
    await world.clock.advance(10_000);
    expect(again.asides).toHaveLength(1);
    expect(world.fatal).toEqual([]);
    expect(stateOf(again).cutNumber).toBeGreaterThanOrEqual(world.home.newest.contracts.tip.number);
  });
});
