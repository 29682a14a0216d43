import { describe, expect, it } from 'vitest';
import { TRANSACTION_LIMIT_BYTES } from '../../src/core/checkpointRoom.ts';
import { SELL } from '../../src/core/commands.ts';
import { keccak256Hex } from '../../src/core/keccak.ts';
import type { SignedCheckpoint } from '../../src/core/ports.ts';
import { stateHash } from '../../src/core/snapshot.ts';
import { digestOf } from '../../src/core/typedMessages.ts';
import { ForeignCheckpointError, PackingFailedError } from '../../src/flows/cutCheckpoint.ts';
import { decodeSignedCheckpoint } from '../../src/flows/signedCheckpoint.ts';
import { assembleState } from '../support/assembleState.ts';
import { ETH_USD, HOME, place, SECOND, TOKENS } from '../support/exchange.ts';
import { nameLeader, postCheckpoint, setPaused } from '../support/fakeChain.ts';
import { createFakeSealing, fakeSigner } from '../support/fakeKeys.ts';
import { deadNetwork, type Network, quickNetwork } from '../support/fakeReader.ts';
import {
  ALICE,
  API_DOMAIN,
  accepted,
  appoint,
  BLOCK_MS,
  carry,
  createWorld,
  deposit,
  type FakeWorld,
  kill,
  leading,
  openWorld,
  type RunningKeeper,
  signBatch,
  signWithdrawal,
  startKeeper,
  stateOf,
} from '../support/fakeWorld.ts';

type World = FakeWorld & { running: RunningKeeper };

const digest = ({ checkpoint }: SignedCheckpoint) => digestOf('Checkpoint', API_DOMAIN, checkpoint);
const numbers = (posted: readonly SignedCheckpoint[]) => posted.map(({ checkpoint }) => checkpoint.number);
const tipOf = ({ home }: FakeWorld) => home.newest.contracts.tip.number;

/** Every checkpoint landed, and nothing new to tell. */
async function openQuietWorld(): Promise<World> {
  const world = await openWorld();
  await world.clock.advance(20_000);
  world.running.poster.posted.length = 0;
  return world;
}

let nonce = 0;
/** Something that the next checkpoint has to carry. */
async function change(world: World, running = world.running): Promise<void> {
  const { epoch, batchNonce } = leading(running).sequencer.state;
  nonce = Math.max(nonce, batchNonce) + 1;
  accepted(await running.keeper.api.submitBatch(signBatch([], { nonce, epoch })));
}

describe('a checkpoint', () => {
  it('is journalled, signed, stored and only then sent; it lands and becomes final', async () => {
    const world = await openQuietWorld();
    const { disk, poster, keeper } = world.running;
    const story: string[] = [];
    disk.onWrite = (moment, what) => moment === 'after' && story.at(-1) !== what && story.push(what);
    world.networks.poster = (ask) => {
      story.push('sent');
      return quickNetwork(ask);
    };
    await change(world);
    story.length = 0;
    await world.clock.advance(1_000);
    expect(story).toEqual(['append', 'outbox', 'sent']);
    const [signed] = poster.posted as [SignedCheckpoint];
    await world.clock.advance(BLOCK_MS);
    expect(world.home.newest.contracts.tip.digest).toBe(digest(signed));
    const { number } = signed.checkpoint;
    expect(keeper.api.latestCheckpoint()).toMatchObject({ number, final: false, digest: digest(signed) });
    await world.clock.advance(4 * BLOCK_MS);
    expect(keeper.api.latestCheckpoint()).toMatchObject({ number, final: true });
    expect(world.home.reverted).toEqual([]);
  });

  it('names its predecessor, the state, and every withdrawal that it carries', async () => {
    const world = await openQuietWorld();
    deposit(world, TOKENS.ethHome, ALICE, 10n ** 18n);
    for (let i = 0; i < 8; i++) {
      carry(world, world.running.keeper.api);
      await world.clock.advance(BLOCK_MS);
    }
    const request = { chainId: HOME, token: TOKENS.ethHome.token, amount: 5n };
    accepted(await world.running.keeper.api.requestWithdrawal(signWithdrawal(ALICE, request)));
    await world.clock.advance(1_000);
    const [before, signed] = world.running.poster.posted.slice(-2) as [SignedCheckpoint, SignedCheckpoint];
    expect(signed.checkpoint.parent).toBe(digest(before));
    expect(signed.checkpoint.stateHash).toBe(stateHash(stateOf(world.running)));
    expect(signed.checkpoint.journalIndex).toBe(leading(world.running).sequencer.sequence);
    expect(signed.withdrawals).toEqual([
      {
        account: ALICE.address,
        recipient: ALICE.address,
        token: request.token,
        amount: 5n,
        nonce: 1n,
        checkpoint: signed.checkpoint.number,
        deadline: Math.floor(leading(world.running).sequencer.state.time / 1000) + 24 * 3_600,
      },
    ]);
  });

  it('is cut five seconds after the last one when something changed, and within a second when withdrawals wait', async () => {
    const world = await openQuietWorld();
    deposit(world, TOKENS.ethHome, ALICE, 10n ** 18n);
    for (let i = 0; i < 8; i++) {
      carry(world, world.running.keeper.api);
      await world.clock.advance(BLOCK_MS);
    }
    const { posted } = world.running.poster;
    const cuts = () => leading(world.running).sequencer.state.cutNumber;
    await change(world);
    await world.clock.advance(500);
    const first = cuts();
    await change(world);
    await world.clock.advance(4_000);
    expect(cuts()).toBe(first);
    await world.clock.advance(1_500);
    expect(cuts()).toBe(first + 1);
    await world.clock.advance(3_000);
    const request = { chainId: HOME, token: TOKENS.ethHome.token, amount: 5n };
    accepted(await world.running.keeper.api.requestWithdrawal(signWithdrawal(ALICE, request)));
    await world.clock.advance(1_000);
    expect(cuts()).toBe(first + 2);
    expect(numbers(posted).at(-1)).toBe(first + 2);
  });

  it('comes once a minute while nothing happens, although the ones before become final and their roots are posted', async () => {
    const world = await openQuietWorld();
    for (let i = 0; i < 150; i++) {
      carry(world, world.running.keeper.api);
      await world.clock.advance(BLOCK_MS);
    }
    expect(world.running.poster.posted).toHaveLength(5);
    expect(leading(world.running).checkpoints.oldestChangeAt).toBeUndefined();
  });

  it('comes sooner when much has changed, and a flood of deposits lands in several, none of them too large', async () => {
    const world = await openQuietWorld();
    const flood = 1_500;
    for (let i = 0; i < flood; i++) deposit(world, TOKENS.ethHome, fakeSigner(`dust ${i}`), 1n);
    const { accountCount } = stateOf(world.running).exchange.ledger;
    await world.clock.advance(40_000);
    const { state } = leading(world.running).sequencer;
    expect(state.exchange.ledger.accountCount).toBe(accountCount + flood);
    const payloads = world.running.poster.posted.map(({ payload }) => payload.length);
    expect(payloads.filter((bytes) => bytes > 10_000).length).toBeGreaterThan(2);
    expect(Math.max(...payloads)).toBeLessThan(TRANSACTION_LIMIT_BYTES - 2_000);
    const { checkpoints } = world.home.newest.contracts;
    const { bytes } = assembleState(checkpoints, createFakeSealing().open);
    expect(keccak256Hex(bytes)).toBe(checkpoints.at(-1)?.checkpoint.stateHash);
    expect(world.fatal).toEqual([]);
  });

  it('waits until the one before has landed', async () => {
    const world = await openQuietWorld();
    world.mining = false;
    for (let i = 0; i < 10; i++) {
      await change(world);
      await world.clock.advance(1_500);
    }
    expect(new Set(numbers(world.running.poster.posted)).size).toBe(1);
  });

  it('is sent again, the same bytes, while it has not landed', async () => {
    const world = await openQuietWorld();
    world.networks.poster = deadNetwork;
    await change(world);
    await world.clock.advance(40_000);
    const { posted } = world.running.poster;
    expect(posted).toHaveLength(3);
    expect(new Set(posted.map(digest)).size).toBe(1);
    world.networks.poster = quickNetwork;
    await world.clock.advance(20_000);
    expect(leading(world.running).checkpoints).toMatchObject({ problem: undefined, oldestChangeAt: undefined });
  });

  it('is sent again, the same bytes, after a restart', async () => {
    const world = await openQuietWorld();
    world.networks.poster = deadNetwork;
    await change(world);
    await world.clock.advance(1_000);
    kill(world.running);
    world.networks.poster = quickNetwork;
    const again = startKeeper(world, { disk: world.running.disk });
    await world.clock.advance(2_000);
    expect(again.poster.posted[0]).toEqual(world.running.poster.posted[0]);
    await world.clock.advance(10_000);
    expect(world.fatal).toEqual([]);
    expect(tipOf(world)).toBeGreaterThanOrEqual(again.poster.posted[0]?.checkpoint.number ?? Number.NaN);
  });

  it('that was cut but not signed when the keeper died is frozen from the same state again', async () => {
    const world = await openQuietWorld();
    const { disk } = world.running;
    accepted(
      await world.running.keeper.api.submitBatch(
        signBatch([place(ALICE.address, ETH_USD, SELL, 1, 1)], { nonce: ++nonce }),
      ),
    );
    disk.onWrite = (moment, what) => {
      if (what === 'outbox' && moment === 'before') throw new Error('died here');
    };
    await world.clock.advance(500);
    const { state, sequence } = leading(world.running).sequencer;
    const [cut, hash] = [state.cutNumber, stateHash(state)];
    expect(world.running.poster.posted).toEqual([]);
    await change(world);
    kill(world.running);

    disk.onWrite = () => {};
    const again = startKeeper(world, { disk });
    await world.clock.advance(1_500);
    expect(again.poster.posted[0]?.checkpoint).toMatchObject({ number: cut, stateHash: hash, journalIndex: sequence });
    await world.clock.advance(20_000);
    expect(world.fatal).toEqual([]);
    expect(tipOf(world)).toBeGreaterThan(cut);
  });

  it('stays the newest landed one while the next is in flight', async () => {
    const world = await openQuietWorld();
    const before = world.running.keeper.api.latestCheckpoint();
    world.mining = false;
    await change(world);
    await world.clock.advance(3_000);
    expect(world.running.poster.posted).toHaveLength(1);
    expect(world.running.keeper.api.latestCheckpoint()).toEqual(before);
    expect((await world.running.keeper.api.health()).checkpoint.landed).toBe(before?.number);
  });

  it('is neither signed nor sent while the home chain is paused', async () => {
    const world = await openQuietWorld();
    world.home.send(setPaused(true));
    await world.clock.advance(3_000);
    await change(world);
    await world.clock.advance(20_000);
    expect(world.running.poster.posted).toEqual([]);
    world.home.send(setPaused(false));
    await world.clock.advance(10_000);
    expect(world.running.poster.posted.length).toBeGreaterThan(0);
  });

  it('is not signed when the leadership is lost while the chain is being read', async () => {
    const world = await openQuietWorld();
    await change(world);
    let release = () => {};
    const slow: Network = (ask) =>
      new Promise((resolve) => {
        release = () => resolve(ask());
      });
    world.networks.home = slow;
    await world.clock.advance(500);
    const answerTip = release;
    world.networks.home = quickNetwork;
    world.home.send(nameLeader(fakeSigner('other').address, 2));
    await world.clock.advance(3_000);
    answerTip();
    await world.clock.advance(10_000);
    expect(world.running.poster.posted).toEqual([]);
  });

  it('leaves the outbox when it is final', async () => {
    const world = await openQuietWorld();
    const stored = () => {
      const { cutNumber } = leading(world.running).sequencer.state;
      const all = Array.from({ length: cutNumber }, (_, i) => i + 1);
      const journal = world.running.disk.open();
      return all.filter((number) => journal.readOutbox(`checkpoint ${number}`) !== undefined);
    };
    for (let i = 0; i < 10; i++) {
      await change(world);
      await world.clock.advance(6_000);
      const { finalNumber, cutNumber } = leading(world.running).sequencer.state;
      const unfinal = Array.from({ length: cutNumber - finalNumber }, (_, k) => finalNumber + 1 + k);
      expect(stored()).toEqual(expect.arrayContaining(unfinal));
      expect(stored().length).toBeLessThan(5);
    }
  });
});

describe('a reorganisation', () => {
  it('that drops a landed checkpoint has the same bytes sent again', async () => {
    const world = await openQuietWorld();
    await change(world);
    await world.clock.advance(4_000);
    const [signed] = world.running.poster.posted as [SignedCheckpoint];
    expect(tipOf(world)).toBe(signed.checkpoint.number);
    world.home.reorganise(3);
    world.home.mine(world.home.newest.timestamp + 1);
    await world.clock.advance(20_000);
    const again = world.running.poster.posted.filter(
      ({ checkpoint }) => checkpoint.number === signed.checkpoint.number,
    );
    expect(again.length).toBeGreaterThan(1);
    expect(new Set(again.map(digest)).size).toBe(1);
    expect(world.home.newest.contracts.tip.digest).toBe(digest(world.running.poster.posted.at(-1) as SignedCheckpoint));
    expect(world.fatal).toEqual([]);
  });

  it('that drops two while a third is in flight has all of them sent again, oldest first', async () => {
    const world = await openWorld();
    await world.clock.advance(20_000);
    const start = tipOf(world);
    // Blocks come faster than finality moves: three checkpoints within the last three blocks.
    world.mining = false;
    const mine = () => world.home.mine(Math.floor(world.clock.now() / 1000));
    for (let i = 0; i < 3; i++) {
      await change(world);
      await world.clock.advance(6_000);
      if (i < 2) mine();
      await world.clock.advance(500);
    }
    expect(tipOf(world)).toBe(start + 2);
    const signed = new Map(world.running.poster.posted.map((item) => [item.checkpoint.number, digest(item)]));
    world.home.reorganise(2);
    expect(tipOf(world)).toBe(start);
    world.home.mine(Math.floor(world.clock.now() / 1000));
    world.running.poster.posted.length = 0;
    world.mining = true;
    await world.clock.advance(20_000);
    const first = world.running.poster.posted.slice(0, 3);
    expect(numbers(first)).toEqual([start + 1, start + 2, start + 3]);
    expect(first.map(digest)).toEqual([1, 2, 3].map((n) => signed.get(start + n)));
    expect(tipOf(world)).toBeGreaterThanOrEqual(start + 3);
    expect(world.fatal).toEqual([]);
  });

  it('makes changes that had landed wait for a checkpoint again', async () => {
    const world = await openQuietWorld();
    const changedAt = world.clock.now();
    await change(world);
    await world.clock.advance(4_000);
    expect(leading(world.running).checkpoints.oldestChangeAt).toBeUndefined();
    world.networks.poster = deadNetwork;
    world.home.reorganise(3);
    await world.clock.advance(2_000);
    expect(leading(world.running).checkpoints.oldestChangeAt).toBe(changedAt);
  });

  it('that drops the checkpoint of an earlier keeper is waited out', async () => {
    const world = await openQuietWorld();
    await change(world);
    await world.clock.advance(4_000);
    kill(world.running);
    // The same leader key on an empty disk, while the newest checkpoint is not final yet.
    const again = startKeeper(world);
    await world.clock.advance(500);
    const base = leading(again).checkpoints.landed?.message.number;
    expect(base).toBe(tipOf(world));
    const sent = again.poster.posted.length;
    const undone = world.home.reorganise(3);
    expect(tipOf(world)).toBeLessThan(base ?? 0);
    world.home.mine(world.home.newest.timestamp + 1);
    await world.clock.advance(3_000);
    expect(leading(again).checkpoints).toMatchObject({
      problem: expect.stringContaining('dropped'),
      landed: undefined,
    });
    expect(again.poster.posted).toHaveLength(sent);
    for (const transaction of undone) world.home.send(transaction);
    await world.clock.advance(20_000);
    expect(world.fatal).toEqual([]);
    expect(again.poster.posted.length).toBeGreaterThan(sent);
    expect(tipOf(world)).toBeGreaterThan(base ?? 0);
  });
});

describe('another keeper’s checkpoint', () => {
  it('where ours should be stops the keeper, and nothing more is sent', async () => {
    const world = createWorld();
    world.networks.poster = deadNetwork;
    const one = startKeeper(world);
    appoint(world, one, 1);
    await world.clock.advance(12_000);
    // The same keys on another disk.
    const two = startKeeper(world);
    await world.clock.advance(2_000);
    kill(two);
    expect([one, two].map(({ poster }) => numbers(poster.posted)[0])).toEqual([1, 1]);
    world.networks.poster = quickNetwork;
    world.home.send(postCheckpoint(HOME, two.poster.posted[0] as SignedCheckpoint));
    await world.clock.advance(4_000);
    expect(world.fatal).toEqual([expect.any(ForeignCheckpointError)]);
    const sent = one.poster.posted.length;
    await world.clock.advance(60_000);
    expect(one.poster.posted).toHaveLength(sent);
  });

  it('that became final while this keeper was cut off has nothing signed for it', async () => {
    const world = createWorld();
    world.networks.poster = deadNetwork;
    const one = startKeeper(world);
    appoint(world, one, 1);
    await world.clock.advance(12_000);
    const two = startKeeper(world);
    await world.clock.advance(2_000);
    kill(two);
    world.networks.home = deadNetwork;
    world.home.send(postCheckpoint(HOME, two.poster.posted[0] as SignedCheckpoint));
    await world.clock.advance(120_000);
    world.networks.home = quickNetwork;
    await world.clock.advance(10_000);
    expect(world.fatal).toContainEqual(expect.any(ForeignCheckpointError));
    expect(leading(one).sequencer.state.withdrawals.size).toBe(0);
    expect([HOME, SECOND].map((chain) => one.keeper.api.exitRoot(chain))).toEqual([undefined, undefined]);
  });
});

describe('a new epoch of the same leader', () => {
  it('has the checkpoint in flight signed anew, for the same state', async () => {
    const world = await openQuietWorld();
    world.networks.poster = deadNetwork;
    await change(world);
    await world.clock.advance(1_000);
    const [old] = world.running.poster.posted as [SignedCheckpoint];
    appoint(world, world.running, 2);
    await world.clock.advance(10_000);
    world.networks.poster = quickNetwork;
    await world.clock.advance(20_000);
    const renewed = world.running.poster.posted.find(({ checkpoint }) => checkpoint.epoch === 2);
    expect(renewed?.checkpoint).toMatchObject({
      number: old.checkpoint.number,
      parent: old.checkpoint.parent,
      stateHash: old.checkpoint.stateHash,
      journalIndex: old.checkpoint.journalIndex,
      withdrawalsHash: old.checkpoint.withdrawalsHash,
    });
    expect(world.fatal).toEqual([]);
    expect(tipOf(world)).toBeGreaterThanOrEqual(old.checkpoint.number);
    const stored = world.running.disk.open().readOutbox(`checkpoint ${tipOf(world)}`);
    expect(stored && decodeSignedCheckpoint(stored).checkpoint.epoch).toBe(2);
  });

  it('has the checkpoint signed anew with which the keeper started, when that is dropped', async () => {
    const world = await openQuietWorld();
    await change(world);
    await world.clock.advance(4_000);
    kill(world.running);
    const again = startKeeper(world, { disk: world.running.disk });
    await world.clock.advance(500);
    const base = leading(again).checkpoints.landed?.message.number ?? 0;
    expect(base).toBe(tipOf(world));
    world.networks.poster = deadNetwork;
    world.home.reorganise(3);
    expect(tipOf(world)).toBe(base - 1);
    appoint(world, again, 2);
    await world.clock.advance(12_000);
    world.networks.poster = quickNetwork;
    await world.clock.advance(30_000);
    expect(world.fatal).toEqual([]);
    expect(stateOf(again).finalNumber).toBeGreaterThan(base);
    const epochs = again.poster.posted.filter(({ checkpoint }) => checkpoint.number === base);
    expect(epochs.at(-1)?.checkpoint.epoch).toBe(2);
  });

  it('has every checkpoint signed anew that a reorganisation dropped meanwhile', async () => {
    const world = await openWorld();
    await world.clock.advance(20_000);
    const start = tipOf(world);
    world.mining = false;
    for (let i = 0; i < 2; i++) {
      await change(world);
      await world.clock.advance(6_000);
      world.home.mine(Math.floor(world.clock.now() / 1000));
      await world.clock.advance(500);
    }
    expect(tipOf(world)).toBe(start + 2);
    world.networks.poster = deadNetwork;
    world.home.reorganise(2);
    appoint(world, world.running, 2);
    world.mining = true;
    await world.clock.advance(12_000);
    world.networks.poster = quickNetwork;
    await world.clock.advance(30_000);
    expect(world.fatal).toEqual([]);
    expect(tipOf(world)).toBeGreaterThanOrEqual(start + 2);
    const epochs = world.running.poster.posted
      .filter(({ checkpoint }) => checkpoint.epoch === 2)
      .map(({ checkpoint }) => checkpoint.number);
    expect(epochs).toEqual(expect.arrayContaining([start + 1, start + 2]));
  });
});

describe('the state of a cut, which another thread packs', () => {
  /** From now on what is packed waits until it is let go. */
  function holdUp({ running }: World): { readonly release: () => void; readonly waiting: () => number } {
    const { packer } = running;
    const { packCut } = packer;
    const held: (() => void)[] = [];
    packer.packCut = async (cut) => {
      const packed = packCut(cut);
      await new Promise<void>((resolve) => held.push(resolve));
      return packed;
    };
    return { release: () => held.splice(0).forEach((go) => void go()), waiting: () => held.length };
  }

  it('is that of the cut, although trading went on meanwhile', async () => {
    const world = await openQuietWorld();
    const { sequencer, checkpoints } = leading(world.running);
    const { release, waiting } = holdUp(world);
    await change(world);
    const hashes = new Map<number, string>();
    sequencer.subscribe(({ command }) => {
      if (command.type === 'cutCheckpoint') hashes.set(sequencer.state.cutNumber, stateHash(sequencer.state));
    });
    await world.clock.advance(6_000);
    expect(waiting()).toBe(1);
    const since = checkpoints.oldestChangeAt;
    deposit(world, TOKENS.ethHome, ALICE, 10n ** 18n);
    await world.clock.advance(12_000);
    expect(world.running.poster.posted).toEqual([]);
    expect(waiting()).toBe(1);
    expect(checkpoints.oldestChangeAt).toBe(since);
    expect(since).toBeDefined();
    const { cutNumber } = sequencer.state;
    expect(stateHash(sequencer.state)).not.toBe(hashes.get(cutNumber));
    release();
    await world.clock.advance(1_000);
    const [signed] = world.running.poster.posted as [SignedCheckpoint];
    expect(signed.checkpoint).toMatchObject({ number: cutNumber, stateHash: hashes.get(cutNumber) });
    expect(world.fatal).toEqual([]);
  });

  it('is packed again by the next start when the keeper dies meanwhile', async () => {
    const world = await openQuietWorld();
    holdUp(world);
    await change(world);
    await world.clock.advance(6_000);
    const { state, sequence } = leading(world.running).sequencer;
    const expected = { number: state.cutNumber, journalIndex: sequence, stateHash: stateHash(state) };
    expect(tipOf(world)).toBe(expected.number - 1);
    kill(world.running);
    const again = startKeeper(world, { disk: world.running.disk });
    await world.clock.advance(2_000);
    expect(again.poster.posted[0]?.checkpoint).toMatchObject(expected);
    expect(world.fatal).toEqual([]);
  });

  it.each([
    ['by the other thread', () => Promise.reject(new Error('no memory'))],
    [
      'or not even copied for it',
      () => {
        throw new Error('no memory');
      },
    ],
  ])(
    'stops the keeper when it cannot be packed %s: the cut is journalled, and the next start packs it',
    async (_, packCut) => {
      const world = await openQuietWorld();
      world.running.packer.packCut = packCut;
      await change(world);
      await world.clock.advance(20_000);
      expect(world.fatal).toEqual([expect.any(PackingFailedError)]);
      expect(world.running.poster.posted).toEqual([]);
      const { cutNumber } = stateOf(world.running);
      expect(cutNumber).toBe(tipOf(world) + 1);
      world.fatal.length = 0;
      kill(world.running);
      const again = startKeeper(world, { disk: world.running.disk });
      await world.clock.advance(2_000);
      expect(again.poster.posted[0]?.checkpoint.number).toBe(cutNumber);
      expect(world.fatal).toEqual([]);
    },
  );

  it('does not stop a keeper that is stopping by itself', async () => {
    const world = await openQuietWorld();
    let fail: ((error: Error) => void) | undefined;
    world.running.packer.packCut = () => new Promise((_, reject) => (fail = reject));
    await change(world);
    await world.clock.advance(6_000);
    kill(world.running);
    fail?.(new Error('the thread ended'));
    await world.clock.advance(1_000);
    expect(fail).toBeDefined();
    expect(world.fatal).toEqual([]);
  });
});
