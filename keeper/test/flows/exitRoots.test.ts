import { describe, expect, it } from 'vitest';
import type { Hex } from '../../src/core/commands.ts';
import { keyOf } from '../../src/core/exitTree.ts';
import type { BuiltExitTrees, ExitTrees } from '../../src/core/ports.ts';
import { createState } from '../../src/core/state.ts';
import { exitRootsTree } from '../../src/core/typedMessages.ts';
import { createExitRoots } from '../../src/flows/exitRoots.ts';
import type { Leadership } from '../../src/flows/leadership.ts';
import { addressOf, GENESIS, HOME, REGISTRY, SECOND, TOKENS } from '../support/exchange.ts';
import { hashLeaf, hashTokenLeaf } from '../support/exitLeaves.ts';
import { createFakeClock, settle } from '../support/fakeClock.ts';
import { fakeKeys } from '../support/fakeKeys.ts';
import { ALICE, BLOCK_MS, BOB, deposit, leading, openWorld, silentLogger } from '../support/fakeWorld.ts';
import { rootOf } from '../support/merkle.ts';

const ETHER = 10n ** 18n;

describe('an exit proof', () => {
  it('leads from the account’s leaves to the root that both keys signed', async () => {
    const world = await openWorld();
    deposit(world, TOKENS.ethHome, ALICE, ETHER);
    deposit(world, TOKENS.usdSecond, ALICE, 7n * ETHER);
    deposit(world, TOKENS.ethSecond, BOB, ETHER);
    await world.clock.advance(20 * BLOCK_MS);
    const { api } = world.running.keeper;
    const proof = await api.exitProof(ALICE.address);
    if (proof === undefined) throw new Error('no proof');
    expect(proof.roots).toEqual(api.exitRoot(HOME)?.message);
    expect(proof.enclaveSignature).toBe(api.exitRoot(SECOND)?.enclaveSignature);
    expect(exitRootsTree(proof.chains).root).toBe(proof.roots.root);
    for (const { chainId, registry, treeRoot, tokens, leaves } of proof.chains) {
      const place = { chainId, registry, checkpoint: proof.roots.checkpoint };
      for (const { token, offset, transit, salt, proof: siblings } of leaves) {
        const leaf = { key: keyOf(ALICE.address), token, offset: BigInt(offset), transit: BigInt(transit), salt };
        expect(rootOf(hashLeaf(place, leaf), siblings)).toBe(treeRoot);
      }
      for (const { token, offsetTotal, transitTotal, proof: siblings } of tokens) {
        const leaf = { token, offsetTotal: BigInt(offsetTotal), transitTotal: BigInt(transitTotal) };
        expect(rootOf(hashTokenLeaf(place, leaf), siblings)).toBe(treeRoot);
      }
    }
    expect(proof.chains.map(({ leaves }) => leaves.map(({ token, offset }) => [token, offset]))).toEqual([
      [[TOKENS.ethHome.token, '0']],
      [[TOKENS.usdSecond.token, '0']],
    ]);
    expect(proof.chains[1]?.tokens.find(({ token }) => token === TOKENS.usdSecond.token)).toMatchObject({
      symbol: 'USD',
      decimals: 18,
    });
    const stranger = await api.exitProof(addressOf('stranger'));
    expect(stranger?.chains.map(({ leaves }) => leaves)).toEqual([[], []]);
  });

  it('is announced with every signing', async () => {
    const world = await openWorld();
    let announced = 0;
    const stop = world.running.keeper.api.subscribeExitRoots(() => announced++);
    const before = leading(world.running).exitRoots.signedFor.checkpoint;
    for (let i = 0; i < 3; i++) {
      deposit(world, TOKENS.ethHome, ALICE, ETHER);
      await world.clock.advance(20 * BLOCK_MS);
    }
    expect(announced).toBeGreaterThan(2);
    expect(leading(world.running).exitRoots.signedFor.checkpoint).toBeGreaterThan(before + 2);
    stop();
    const heard = announced;
    deposit(world, TOKENS.ethHome, ALICE, ETHER);
    await world.clock.advance(20 * BLOCK_MS);
    expect(announced).toBe(heard);
  });
});

/** Number of a checkpoint in which no chain is listed yet. */
const NO_CHAINS = 99;

/** Exit roots whose trees are built when the test says so. */
function setUp({ leafCount = 1, onChain = 0 } = {}) {
  const state = createState(GENESIS);
  for (const chainId of [HOME, SECOND]) {
    const authority = GENESIS.authority;
    state.chains.set(chainId, { chainId, registry: REGISTRY, authority, finality: 0, heartbeatSeconds: 60 });
  }
  const builds: { readonly checkpoint: number; readonly done: (error?: Error) => void }[] = [];
  const kept = new Set<number>();
  const fatal: unknown[] = [];
  const trees: ExitTrees = {
    build: ([checkpoint = 0]) =>
      new Promise((resolve, reject) => {
        const roots = (checkpoint === NO_CHAINS ? [] : [HOME, SECOND]).map((chainId) => {
          const treeRoot: Hex = `0x${checkpoint.toString(16).padStart(64, '0')}`;
          return { chainId, registry: REGISTRY, treeRoot, processedIndex: 0 };
        });
        const built: BuiltExitTrees = { checkpoint, roots, leafCount, strandedOwners: 0 };
        builds.push({
          checkpoint,
          done(error) {
            if (error !== undefined) return reject(error);
            kept.add(checkpoint);
            resolve(built);
          },
        });
      }),
    leavesOf: async ({ checkpoint }) =>
      kept.has(checkpoint) ? [HOME, SECOND].map((chainId) => ({ chainId, leaves: [], tokenLeaves: [] })) : undefined,
    async keep(checkpoints) {
      for (const checkpoint of kept) if (!checkpoints.includes(checkpoint)) kept.delete(checkpoint);
    },
    close: async () => {},
  };
  const leadership = { epoch: 1, chainTime: 10 ** 9 };
  const exitRoots = createExitRoots({
    state,
    trees,
    keys: fakeKeys(),
    leadership: leadership as unknown as Leadership,
    homeChainId: HOME,
    checkpointer: GENESIS.checkpointer,
    landedState: async (number) => {
      if (number > onChain) throw new Error('not there');
      return Uint8Array.of(number);
    },
    clock: createFakeClock(),
    logger: silentLogger,
    onFatal: (error) => fatal.push(error),
  });
  const cut = (number: number) => exitRoots.cut(Uint8Array.of(number));
  async function build(): Promise<void> {
    builds.at(-1)?.done();
    await settle();
  }
  const signed = () => exitRoots.exitRoot(SECOND)?.message.checkpoint;
  return { state, leadership, exitRoots, builds, kept, fatal, cut, build, signed };
}

describe('exit roots', () => {
  it('are signed for the newest final checkpoint that has trees, once per epoch', async () => {
    const { state, leadership, exitRoots, kept, cut, build, signed } = setUp();
    for (const number of [1, 2, 3]) {
      cut(number);
      await build();
    }
    exitRoots.sign(Number.POSITIVE_INFINITY);
    expect(signed()).toBeUndefined();
    state.finalNumber = 2;
    exitRoots.sign(Number.POSITIVE_INFINITY);
    expect(signed()).toBe(2);
    await settle();
    expect([...kept]).toEqual([2, 3]);
    const first = exitRoots.exitRoot(HOME);
    exitRoots.sign(Number.POSITIVE_INFINITY);
    expect(exitRoots.exitRoot(HOME)).toBe(first);
    leadership.epoch = 2;
    exitRoots.sign(Number.POSITIVE_INFINITY);
    expect(exitRoots.exitRoot(HOME)?.message).toMatchObject({ epoch: 2, checkpoint: 2 });
  });

  it('are not signed for a checkpoint above the limit that the caller sets', async () => {
    const { state, exitRoots, cut, build, signed } = setUp();
    for (const number of [1, 2]) {
      cut(number);
      await build();
    }
    state.finalNumber = 2;
    exitRoots.sign(0);
    expect(signed()).toBeUndefined();
    exitRoots.sign(1);
    expect(signed()).toBe(1);
    exitRoots.sign(0);
    expect(signed()).toBe(1);
  });

  it('are built again from chain when the limit lies before everything that was cut', async () => {
    const { state, exitRoots, builds, kept, cut, build, signed, fatal } = setUp({ onChain: 3 });
    state.finalNumber = 9;
    exitRoots.sign(3);
    await settle();
    expect(builds).toEqual([]);
    cut(8);
    exitRoots.sign(3);
    await build();
    for (const limit of [0, 4, 3, 3]) {
      exitRoots.sign(limit);
      await settle();
    }
    cut(9);
    expect([builds.map(({ checkpoint }) => checkpoint), signed()]).toEqual([[8, 3], undefined]);
    await build();
    exitRoots.sign(3);
    expect([signed(), (await exitRoots.exitProof(addressOf('ann')))?.roots.checkpoint]).toEqual([3, 3]);
    await build();
    exitRoots.sign(3);
    expect([builds.map(({ checkpoint }) => checkpoint), signed(), [...kept]]).toEqual([[8, 3, 9], 3, [8, 3, 9]]);
    exitRoots.sign(Number.POSITIVE_INFINITY);
    expect([signed(), fatal]).toEqual([9, []]);
  });

  it('are not signed for a checkpoint without chains, although there are some now', async () => {
    const { state, exitRoots, cut, build, signed, fatal } = setUp();
    cut(NO_CHAINS);
    await build();
    state.finalNumber = NO_CHAINS;
    exitRoots.sign(Number.POSITIVE_INFINITY);
    expect([signed(), fatal]).toEqual([undefined, []]);
  });

  it('leave out cuts that came while trees were being built, save for the newest', async () => {
    const { state, exitRoots, builds, cut, build, signed } = setUp();
    for (const number of [1, 2, 3, 4]) cut(number);
    expect(builds.map(({ checkpoint }) => checkpoint)).toEqual([1]);
    await build();
    expect(builds.map(({ checkpoint }) => checkpoint)).toEqual([1, 4]);
    state.finalNumber = 4;
    exitRoots.sign(Number.POSITIVE_INFINITY);
    expect(signed()).toBe(1);
    await build();
    exitRoots.sign(Number.POSITIVE_INFINITY);
    expect(signed()).toBe(4);
  });

  it('keep trees within bounds, the oldest and the newest always', async () => {
    const { state, exitRoots, kept, cut, build, signed } = setUp({ leafCount: 1_000_000 });
    for (let number = 1; number <= 9; number++) {
      cut(number);
      await build();
      expect(kept.size).toBeLessThanOrEqual(4);
      expect(kept).toContain(1);
      expect(kept).toContain(number);
    }
    state.finalNumber = 9;
    exitRoots.sign(Number.POSITIVE_INFINITY);
    expect(signed()).toBe(9);
  });

  it('prove under the roots that are signed when the answer comes', async () => {
    const { state, exitRoots, cut, build } = setUp();
    cut(1);
    await build();
    state.finalNumber = 1;
    exitRoots.sign(Number.POSITIVE_INFINITY);
    cut(2);
    await build();
    state.finalNumber = 2;
    const asked = exitRoots.exitProof(addressOf('ann'));
    exitRoots.sign(Number.POSITIVE_INFINITY);
    expect((await asked)?.roots.checkpoint).toBeGreaterThan(0);
    expect((await exitRoots.exitProof(addressOf('ann')))?.roots.checkpoint).toBe(2);
  });

  it('do not go on without trees', async () => {
    const { fatal, builds, cut } = setUp();
    cut(1);
    builds[0]?.done(new Error('no memory'));
    await settle();
    expect(fatal).toEqual([new Error('no memory')]);
  });
});
