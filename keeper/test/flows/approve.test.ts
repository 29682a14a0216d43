import { describe, expect, it } from 'vitest';
import { recoverAddress } from '../../src/adapters/crypto/recover.ts';
import { digestOf } from '../../src/core/typedMessages.ts';
import { GENESIS, HOME, listings, SECOND, TOKENS } from '../support/exchange.ts';
import { isProven, list, nameLeader, refillBucket } from '../support/fakeChain.ts';
import { fakeSigner } from '../support/fakeKeys.ts';
import { deadNetwork } from '../support/fakeReader.ts';
import {
  ALICE,
  accepted,
  appoint,
  BLOCK_MS,
  BOB,
  carry,
  createWorld,
  deposit,
  EXECUTOR_KEY,
  type FakeWorld,
  kill,
  leading,
  openWorld,
  type RunningKeeper,
  signWithdrawal,
  startKeeper,
  stateOf,
} from '../support/fakeWorld.ts';

type World = FakeWorld & { running: RunningKeeper };

const ETHER = 10n ** 18n;
const CHAINS = [HOME, SECOND];
const apiOf = ({ running }: World) => running.keeper.api;

/** Alice has an ether at home, Bob one on the second chain; a root stands on both. */
async function openVaults(): Promise<World> {
  const world = await openWorld();
  deposit(world, TOKENS.ethHome, ALICE, ETHER);
  deposit(world, TOKENS.ethSecond, BOB, ETHER);
  await run(world, 12);
  return world;
}

/** With a courier, block by block. */
async function run(world: World, blocks: number, everyBlock = () => {}): Promise<void> {
  for (let i = 0; i < blocks; i++) {
    carry(world, apiOf(world));
    await world.clock.advance(BLOCK_MS);
    everyBlock();
  }
}

async function withdraw(world: World, amount = 5n, nonce = 1n): Promise<void> {
  const deadline = world.clock.now() + 3_600_000;
  const request = { chainId: HOME, token: TOKENS.ethHome.token, amount, nonce, deadline };
  accepted(await apiOf(world).requestWithdrawal(signWithdrawal(ALICE, request)));
}

describe('an exit root', () => {
  it('is signed by both keys for all chains at once, and each chain can prove its part', async () => {
    const world = await openVaults();
    const views = CHAINS.map((chainId) => apiOf(world).exitRoot(chainId));
    expect(views[0]?.message).toEqual(views[1]?.message);
    for (const [i, view] of views.entries()) {
      if (view === undefined) throw new Error('no root');
      expect(view.chainId).toBe(CHAINS[i]);
      expect(isProven(view)).toBe(true);
      expect(isProven({ ...view, processedIndex: view.processedIndex + 1 })).toBe(false);
      const domain = { chainId: HOME, verifyingContract: GENESIS.checkpointer };
      const digest = digestOf('ExitRoots', domain, view.message);
      const { enclave, leader } = world.running.keys;
      expect(recoverAddress(digest, view.enclaveSignature)).toBe(enclave.address);
      expect(recoverAddress(digest, view.leaderSignature)).toBe(leader.address);
    }
    expect([...leading(world.running).approvals.rootIssuedAt.keys()]).toEqual(CHAINS);
  });

  it('speaks of the newest final checkpoint and the entries that it knew, and of no later one', async () => {
    const world = await openVaults();
    const processed = new Map<number, number>();
    leading(world.running).sequencer.subscribe(({ command }) => {
      const { state } = leading(world.running).sequencer;
      const vault = [...state.sources.values()].find(({ kind, chainId }) => kind === 'registry' && chainId === HOME);
      if (command.type === 'cutCheckpoint') processed.set(state.cutNumber, vault?.index ?? -1);
    });
    await run(world, 40, () => {
      if (world.home.newest.number % 3 === 0) deposit(world, TOKENS.ethHome, ALICE, 1n);
      const root = apiOf(world).exitRoot(HOME);
      const { checkpoint = 0, issuedAt = 0 } = root?.message ?? {};
      expect(checkpoint).toBeLessThanOrEqual(world.home.final.contracts.tip.number);
      expect(issuedAt).toBeLessThanOrEqual(world.home.newest.timestamp);
      if (processed.has(checkpoint)) expect(root?.processedIndex).toBe(processed.get(checkpoint));
    });
    expect(processed.size).toBeGreaterThan(3);
    expect(world.home.reverted.filter(({ name }) => name.startsWith('exitRoot'))).toEqual([]);
  });

  it('is not signed for a checkpoint that was cut before any vault was listed', async () => {
    const world = createWorld({ listed: false });
    const running = startKeeper(world);
    appoint(world, running, 1);
    await world.clock.advance(30_000);
    expect(stateOf(running).finalNumber).toBeGreaterThan(0);
    expect(running.keeper.api.exitRoot(HOME)).toBeUndefined();
    world.home.send(list(listings(EXECUTOR_KEY.address)));
    await world.clock.advance(60_000);
    expect(running.keeper.api.exitRoot(SECOND)?.message.epoch).toBe(1);
  });

  it('is signed anew for a new epoch', async () => {
    const world = await openVaults();
    appoint(world, world.running, 2);
    await run(world, 10);
    expect(apiOf(world).exitRoot(HOME)?.message.epoch).toBe(2);
    expect(world.second.newest.contracts.root.epoch).toBe(2);
  });
});

describe('an approval', () => {
  it('does not exist before its checkpoint is final and a root that covers it is signed', async () => {
    const world = await openVaults();
    await withdraw(world);
    const seen: number[] = [];
    for (let i = 0; i < 16; i++) {
      await world.clock.advance(BLOCK_MS / 2);
      for (const { message } of apiOf(world).approvals(HOME)) {
        seen.push(message.checkpoint);
        expect(message.checkpoint).toBeLessThanOrEqual(world.home.final.contracts.tip.number);
        expect(message.checkpoint).toBeLessThanOrEqual(apiOf(world).exitRoot(HOME)?.message.checkpoint ?? 0);
      }
    }
    expect(seen.length).toBeGreaterThan(0);
    expect(apiOf(world).approvals(SECOND)).toEqual([]);
  });

  it('is what the vault accepts, and vanishes when the vault has paid', async () => {
    const world = await openVaults();
    await withdraw(world, 7n);
    await run(world, 14);
    expect(world.home.newest.contracts.vault.get(TOKENS.ethHome.token)).toBe(ETHER - 7n);
    expect(apiOf(world).approvals(HOME)).toEqual([]);
    const failures = world.home.reverted.filter(({ reason }) => reason !== 'nonce used');
    expect(failures).toEqual([]);
  });

  it('stays the same message in a new epoch, signed anew', async () => {
    const world = await openVaults();
    await withdraw(world);
    await world.clock.advance(14_000);
    const [before] = apiOf(world).approvals(HOME);
    appoint(world, world.running, 2);
    await world.clock.advance(16_000);
    const [after] = apiOf(world).approvals(HOME);
    expect(before).toBeDefined();
    expect(after?.message).toEqual(before?.message);
    await run(world, 4);
    expect(world.home.newest.contracts.vault.get(TOKENS.ethHome.token)).toBe(ETHER - 5n);
  });

  it('of a nonce that came back after an expiry is the new one', async () => {
    const world = await openVaults();
    const deadline = world.clock.now() + 10_000;
    const request = { chainId: HOME, token: TOKENS.ethHome.token, amount: 5n, nonce: 1n, deadline };
    accepted(await apiOf(world).requestWithdrawal(signWithdrawal(ALICE, request)));
    await world.clock.advance(14_000);
    expect(apiOf(world).approvals(HOME)).toMatchObject([{ message: { amount: 5n } }]);
    world.clock.skip(25 * 3_600_000);
    await run(world, 20);
    expect(apiOf(world).withdrawals(ALICE.address)).toMatchObject([{ status: 'expired' }]);
    await withdraw(world, 9n);
    await run(world, 14);
    expect(world.home.newest.contracts.vault.get(TOKENS.ethHome.token)).toBe(ETHER - 9n);
    stateOf(world.running);
  });

  it('is signed oldest first, and only what the bucket lets out now', async () => {
    const world = await openVaults();
    world.home.send(refillBucket({ capacity: 10n, used: 0n }));
    await withdraw(world, 6n, 1n);
    await withdraw(world, 5n, 2n);
    await withdraw(world, 4n, 3n);
    // The limit is lowered in the next block only.
    await withdraw(world, 11n, 4n);
    await world.clock.advance(14_000);
    const nonces = () =>
      apiOf(world)
        .approvals(HOME)
        .map(({ message }) => message.nonce);
    expect(nonces()).toEqual([1n]);
    await run(world, 6);
    expect(world.home.newest.contracts.vault.get(TOKENS.ethHome.token)).toBe(ETHER - 6n);
    expect(nonces()).toEqual([]);

    world.home.send(refillBucket({ capacity: 10n, used: 1n }));
    await run(world, 12);
    expect(world.home.newest.contracts.vault.get(TOKENS.ethHome.token)).toBe(ETHER - 15n);
    expect(world.home.reverted.filter(({ reason }) => reason === 'over limit')).toEqual([]);
    const waiting = apiOf(world)
      .withdrawals(ALICE.address)
      .filter(({ status }) => status === 'final');
    expect(waiting).toMatchObject([{ atoms: '11' }]);
  });

  it('that waits for the bucket says when it will fit, once, and no more when it has its signatures', async () => {
    const world = await openVaults();
    const told: unknown[] = [];
    apiOf(world).subscribeWaiting(({ nonce, fitsAt }) => told.push({ nonce, fitsAt }));
    world.home.send(refillBucket({ capacity: 1_000n, used: 1_000n }, 86_400));
    await withdraw(world, 100n, 1n);
    expect(apiOf(world).withdrawals(ALICE.address)).toMatchObject([{ status: 'queued', fitsAt: null }]);
    await world.clock.advance(14_000);
    const [waiting] = apiOf(world).withdrawals(ALICE.address);
    const now = world.home.final.timestamp;
    expect(waiting).toMatchObject({ status: 'final' });
    expect(waiting?.fitsAt).toBeGreaterThanOrEqual(now + 8_640);
    expect(waiting?.fitsAt).toBeLessThanOrEqual(now + 8_640 + 4);
    expect(told).toHaveLength(1);
    await world.clock.advance(20_000);
    expect(told).toHaveLength(1);
    world.home.send(refillBucket({ capacity: 1_000n, used: 500n }, 86_400));
    await world.clock.advance(12_000);
    expect(apiOf(world).withdrawals(ALICE.address)).toMatchObject([{ status: 'final', fitsAt: null }]);
    expect(apiOf(world).approvals(HOME)).toHaveLength(1);
    await run(world, 8);
    expect(apiOf(world).withdrawals(ALICE.address)).toMatchObject([{ status: 'executed', fitsAt: null }]);
    expect(told).toHaveLength(1);
  });

  it('is not given out by a keeper that is not the leader in the newest block', async () => {
    const world = await openVaults();
    await withdraw(world);
    await world.clock.advance(14_000);
    expect(apiOf(world).approvals(HOME)).toHaveLength(1);
    world.home.send(nameLeader(fakeSigner('other').address, 2));
    await world.clock.advance(BLOCK_MS + 1_000);
    expect(apiOf(world).approvals(HOME)).toEqual([]);
    expect(apiOf(world).exitRoot(HOME)).toBeUndefined();
  });

  it('is not given out while nobody knows who leads', async () => {
    const world = await openVaults();
    await withdraw(world);
    await world.clock.advance(14_000);
    world.networks.home = deadNetwork;
    await world.clock.advance(2_000);
    expect(apiOf(world).approvals(HOME)).toEqual([]);
    expect(apiOf(world).exitRoot(HOME)).toBeUndefined();
  });

  it('comes back after a restart, with the next final checkpoint', async () => {
    const world = await openVaults();
    await withdraw(world);
    await world.clock.advance(14_000);
    kill(world.running);
    world.running = startKeeper(world, { disk: world.running.disk });
    await world.clock.advance(2_000);
    expect(apiOf(world).approvals(HOME)).toEqual([]);
    await run(world, 14);
    expect(world.home.newest.contracts.vault.get(TOKENS.ethHome.token)).toBe(ETHER - 5n);
    expect(apiOf(world).withdrawals(ALICE.address)).toMatchObject([{ status: 'executed' }]);
  });
});
