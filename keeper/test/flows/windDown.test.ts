// A whole keeper between two vaults in memory, one of which goes into exit mode: what it owes there is paid once, wherever
// somebody tries to get it twice.
import { describe, expect, it } from 'vitest';
import { BUY } from '../../src/core/commands.ts';
import { ETH_USD, HOME, place, SECOND, TOKENS } from '../support/exchange.ts';
import {
  enterExitMode,
  type FakeChain,
  finalizeExit,
  makeDeposit,
  payWithdrawal,
  postExitRoot,
  requestForced,
} from '../support/fakeChain.ts';
import { createFakeDisk } from '../support/fakeJournal.ts';
import { fakeSigner } from '../support/fakeKeys.ts';
import { deadNetwork, quickNetwork } from '../support/fakeReader.ts';
import {
  ALICE,
  BLOCK_MS,
  BOB,
  carry,
  deposit,
  type FakeWorld,
  kill,
  leading,
  openWorld,
  type RunningKeeper,
  refusalOf,
  signBatch,
  signWithdrawal,
  startKeeper,
  stateOf,
} from '../support/fakeWorld.ts';

type World = FakeWorld & { running: RunningKeeper };

const ETHER = 10n ** 18n;
const HOUR_MS = 3_600_000;
const { ethHome, ethSecond, usdHome } = TOKENS;
const WINDING_DOWN = 'exchange.windingDown';

/** Alice has an ether on the second chain, Bob one at home and an order for another; a root stands on both. */
async function openVaults(): Promise<World> {
  const world = await openWorld();
  deposit(world, ethSecond, ALICE, ETHER);
  deposit(world, ethHome, BOB, ETHER);
  deposit(world, usdHome, BOB, 10n ** 10n);
  await run(world, 12);
  expect(await trade(world)).toBe('accepted');
  return world;
}

async function run(world: World, blocks: number, couriers = (world_: World) => carry(world_, apiOf(world_))) {
  for (let i = 0; i < blocks; i++) {
    couriers(world);
    await world.clock.advance(BLOCK_MS);
  }
}

const apiOf = ({ running }: World) => running.keeper.api;
const rootOn = ({ newest }: FakeChain) => newest.contracts.root.checkpoint;
const phaseOf = ({ newest }: FakeChain) => newest.contracts.exit.phase;
const signedRoot = (world: World) => apiOf(world).exitRoot(HOME)?.message.checkpoint;
let nonces = 1;

async function trade(world: World): Promise<string> {
  const [nonce, deadline] = [nonces++, world.clock.now() + 60_000];
  return refusalOf(
    await apiOf(world).submitBatch(signBatch([place(BOB.address, ETH_USD, BUY, 100, 1)], { nonce, deadline })),
  );
}

async function withdraw(
  world: World,
  { token = ethHome as (typeof TOKENS)[keyof typeof TOKENS], owner = BOB, amount = ETHER / 10n } = {},
): Promise<string> {
  const [nonce, deadline] = [BigInt(nonces++), world.clock.now() + 60_000];
  const request = { chainId: token.chainId, token: token.token, amount, nonce, deadline };
  return refusalOf(await apiOf(world).requestWithdrawal(signWithdrawal(owner, request)));
}

function force(chain: FakeChain, owner = ALICE): void {
  const { token } = chain.chainId === HOME ? ethHome : ethSecond;
  chain.send(requestForced({ token, amount: ETHER / 10n, account: owner.address }));
}

const openOf = ({ newest }: FakeChain, id: number) => newest.contracts.forced[id - 1]?.open;

/** More new accounts than one checkpoint carries. */
function dust(chain: FakeChain): void {
  const { token } = chain.chainId === HOME ? ethHome : ethSecond;
  for (let i = 0; i < 1_500; i++) {
    chain.send(makeDeposit({ token, amount: 1n, account: fakeSigner(`stranger ${i}`).address }));
  }
}

/** Time in which nothing happens, and then some in which everything does. */
async function later(world: World, hours: number): Promise<void> {
  world.clock.skip(hours * HOUR_MS);
  await run(world, 10);
}

async function restart(world: World, { emptied = false } = {}): Promise<void> {
  kill(world.running);
  const { disk } = world.running;
  world.running = startKeeper(world, { disk: emptied ? createFakeDisk() : disk });
  await world.clock.advance(10 * BLOCK_MS);
}

describe('a wind-down', () => {
  it('begins at every vault when one of them enters exit mode', async () => {
    const world = await openVaults();
    world.second.send(enterExitMode('governor'));
    const told: string[] = [];
    apiOf(world).subscribe(({ events }) => told.push(...events.map(({ type }) => type)));
    await run(world, 10);
    expect(told).toEqual(expect.arrayContaining(['exitModeChanged', 'orderCancelled']));
    expect(stateOf(world.running).exchange.orders.count).toBe(0);
    expect([
      await trade(world),
      await withdraw(world),
      await withdraw(world, { token: ethSecond, owner: ALICE }),
    ]).toEqual([WINDING_DOWN, WINDING_DOWN, WINDING_DOWN]);
    const { exits, problems, status } = await apiOf(world).health();
    expect([exits, status]).toEqual([[{ chainId: SECOND, phase: 'closing', since: expect.any(Number) }], 'degraded']);
    expect(problems).toEqual([expect.stringContaining(`The vault of chain ${SECOND} is in exit mode`)]);
  });

  it('ends when a root that is signed after the entry cures a vault that was stale', async () => {
    const world = await openVaults();
    world.second.send(enterExitMode('stale'));
    await run(world, 4, () => {});
    const before = rootOn(world.second);
    expect([phaseOf(world.second), await trade(world)]).toEqual(['closing', WINDING_DOWN]);
    await run(world, 30);
    expect(phaseOf(world.second)).toBe('running');
    expect(rootOn(world.second)).toBeGreaterThan(before);
    expect([await trade(world), await withdraw(world), (await apiOf(world).health()).exits]).toEqual([
      'accepted',
      'accepted',
      [],
    ]);
  });

  it('ends when the answer that was missing is given', async () => {
    const world = await openVaults();
    world.networks.second = deadNetwork;
    force(world.second);
    await run(world, 2, () => {});
    world.second.send(enterExitMode('unanswered', 1));
    await run(world, 4, () => {});
    world.networks.second = (ask) => Promise.resolve(ask());
    await run(world, 40);
    expect([phaseOf(world.second), openOf(world.second, 1)]).toEqual(['running', 0n]);
    expect(await trade(world)).toBe('accepted');
  });

  it('levels all vaults, goes on signing roots for half of the 48 hours, and then never again', async () => {
    const world = await openVaults();
    world.second.send(enterExitMode('governor'));
    await run(world, 40);
    const first = rootOn(world.second);
    await later(world, 1);
    expect(rootOn(world.second)).toBeGreaterThan(first);
    await later(world, 12);
    await run(world, 40);
    const last = rootOn(world.second);
    const { cutNumber } = stateOf(world.running);
    await later(world, 24);
    await run(world, 60);
    expect([rootOn(world.home), rootOn(world.second), signedRoot(world)]).toEqual([last, last, last]);
    expect(stateOf(world.running).cutNumber).toBe(cutNumber);
  });
});

describe('what is claimed at one vault', () => {
  /** The exit of the second vault is final; both go by the same root. */
  async function finalWorld(): Promise<World> {
    const world = await openVaults();
    world.second.send(enterExitMode('governor'));
    await run(world, 40);
    await later(world, 13);
    await later(world, 73);
    world.second.send(finalizeExit());
    await run(world, 10);
    expect([phaseOf(world.second), rootOn(world.home)]).toEqual(['final', rootOn(world.second)]);
    return world;
  }

  it('can be withdrawn, forced out, traded or moved by a newer root at no other', async () => {
    const world = await finalWorld();
    const [root, cut] = [rootOn(world.home), stateOf(world.running).cutNumber];
    // Alice has claimed her ether at the second vault. At home there is one, too.
    expect(await withdraw(world, { owner: ALICE })).toBe(WINDING_DOWN);
    force(world.home);
    await later(world, 24);
    expect([await withdraw(world, { owner: ALICE }), await trade(world)]).toEqual([WINDING_DOWN, WINDING_DOWN]);
    expect(openOf(world.home, 1)).toBe(ETHER / 10n);
    expect([apiOf(world).approvals(HOME), apiOf(world).forcedAnswers(HOME)]).toEqual([[], []]);
    expect([rootOn(world.home), signedRoot(world), stateOf(world.running).cutNumber]).toEqual([root, root, cut]);
    const { refusal } = (await apiOf(world).requestWithdrawal(
      signWithdrawal(ALICE, { chainId: HOME, token: ethHome.token, amount: 1n, deadline: world.clock.now() + 1_000 }),
    )) as { refusal: { retryable: boolean; message: string } };
    expect(refusal).toMatchObject({ retryable: false, message: expect.stringContaining('mw exit claim') });
  });

  it.each([false, true])(
    'stays claimable with the proofs of those roots after a restart (disk lost: %s)',
    async (emptied) => {
      const world = await finalWorld();
      const root = rootOn(world.home);
      const before = await apiOf(world).exitProof(ALICE.address);
      await later(world, 24);
      await restart(world, { emptied });
      const after = await apiOf(world).exitProof(ALICE.address);
      expect(after?.chains).toEqual(before?.chains);
      expect([after?.roots.checkpoint, stateOf(world.running).cutNumber]).toEqual([root, root]);
      expect([await trade(world), await withdraw(world)]).toEqual([WINDING_DOWN, WINDING_DOWN]);
    },
  );

  it.each([false, true])(
    'stays provable under the roots that stand after dust forced a later checkpoint and a restart (disk lost: %s)',
    async (emptied) => {
      const world = await finalWorld();
      const root = rootOn(world.home);
      const before = await apiOf(world).exitProof(ALICE.address);
      dust(world.home);
      await run(world, 60);
      expect(world.home.newest.contracts.tip.number).toBeGreaterThan(root);
      world.networks.second = deadNetwork;
      await restart(world, { emptied });
      expect(await apiOf(world).exitProof(ALICE.address)).toBeUndefined();
      world.networks.second = quickNetwork;
      await run(world, 10);
      const after = await apiOf(world).exitProof(ALICE.address);
      expect(after?.chains).toEqual(before?.chains);
      expect([after?.roots.checkpoint, signedRoot(world), rootOn(world.home)]).toEqual([root, root, root]);
    },
  );

  it('is provable after a restart while the last checkpoint was on its way, before that lands and after', async () => {
    const world = await openVaults();
    world.second.send(enterExitMode('governor'));
    await run(world, 40);
    const landed = rootOn(world.second);
    world.networks.poster = deadNetwork;
    deposit(world, ethSecond, ALICE, ETHER);
    await run(world, 12);
    const { cutNumber } = stateOf(world.running);
    expect(cutNumber).toBeGreaterThan(world.home.newest.contracts.tip.number);
    expect(world.running.disk.open().readOutbox(`checkpoint ${cutNumber}`)).toBeDefined();
    kill(world.running);
    // No other cut follows.
    world.clock.skip(13 * HOUR_MS);
    await restart(world);
    const newestLanded = world.home.newest.contracts.tip.number;
    expect(newestLanded).toBeGreaterThanOrEqual(landed);
    expect((await apiOf(world).exitProof(ALICE.address))?.roots.checkpoint).toBe(newestLanded);
    world.networks.poster = quickNetwork;
    await run(world, 20);
    expect(stateOf(world.running).cutNumber).toBe(cutNumber);
    expect((await apiOf(world).exitProof(ALICE.address))?.roots.checkpoint).toBe(cutNumber);
    expect([rootOn(world.home), rootOn(world.second)]).toEqual([cutNumber, cutNumber]);
  });
});

describe('a payment that was on its way', () => {
  /** Alice asks at home for what she brought to the second chain; its root reaches only the home chain. */
  async function aliceMoves(): Promise<World> {
    const world = await openVaults();
    expect(await withdraw(world, { owner: ALICE, amount: ETHER / 2n })).toBe('accepted');
    world.second.send(enterExitMode('governor'));
    await run(world, 20, () => postRootsOn(world, world.home));
    return world;
  }

  function postRootsOn(world: World, chain: FakeChain): void {
    const root = apiOf(world).exitRoot(chain.chainId);
    if (root !== undefined && root.message.checkpoint > rootOn(chain)) chain.send(postExitRoot(HOME, root));
  }

  it('is not signed before the vault in exit mode goes by a root that knows of it', async () => {
    const world = await aliceMoves();
    const [pending] = apiOf(world).withdrawals(ALICE.address);
    expect(pending?.status).toBe('final');
    expect(rootOn(world.home)).toBeGreaterThanOrEqual(pending?.checkpoint as number);
    expect(rootOn(world.second)).toBeLessThan(pending?.checkpoint as number);
    expect(apiOf(world).approvals(HOME)).toEqual([]);
    await run(world, 1, () => postRootsOn(world, world.second));
    expect(apiOf(world).approvals(HOME)).toEqual([]);
    await run(world, 12);
    expect(apiOf(world).withdrawals(ALICE.address)).toMatchObject([{ status: 'executed' }]);
  });

  it('is never signed when that vault has not taken the root in time', async () => {
    const world = await aliceMoves();
    const stuck = rootOn(world.second);
    await run(world, 1, () => {});
    world.clock.skip(24 * HOUR_MS);
    await run(world, 20, () => postRootsOn(world, world.home));
    expect(apiOf(world).withdrawals(ALICE.address)).toMatchObject([{ status: 'expired' }]);
    await restart(world);
    expect([apiOf(world).approvals(HOME), signedRoot(world), rootOn(world.second)]).toEqual([[], stuck, stuck]);
  });

  it('is not signed either while nobody can see what the vault goes by', async () => {
    const world = await openVaults();
    world.second.send(enterExitMode('governor'));
    await run(world, 6);
    force(world.home, BOB);
    world.networks.second = deadNetwork;
    const cut = stateOf(world.running).cutNumber;
    await run(world, 30);
    expect([apiOf(world).forcedAnswers(HOME), openOf(world.home, 1)]).toEqual([[], ETHER / 10n]);
    expect([stateOf(world.running).answers.size, stateOf(world.running).cutNumber]).toEqual([0, cut]);
    world.networks.second = (ask) => Promise.resolve(ask());
    await run(world, 30);
    expect(openOf(world.home, 1)).toBe(0n);
  });

  it('that was signed before is paid at the vault that closes, until its exit is final', async () => {
    const world = await openVaults();
    expect(await withdraw(world, { token: ethSecond, owner: ALICE })).toBe('accepted');
    await run(world, 12, () => {
      for (const chain of [world.home, world.second]) postRootsOn(world, chain);
    });
    const [approval] = apiOf(world).approvals(SECOND);
    if (approval === undefined) throw new Error('not approved');
    world.second.send(enterExitMode('governor'));
    await run(world, 5, () => {});
    expect(apiOf(world).approvals(SECOND)).toEqual([approval]);
    expect(world.second.simulate([payWithdrawal(approval)])).toEqual([undefined]);
    await run(world, 12);
    expect(apiOf(world).withdrawals(ALICE.address)).toMatchObject([{ status: 'executed' }]);
  });
});

describe('dust of strangers', () => {
  it('cannot keep a vault from being seen cured: there are checkpoints while room is needed', async () => {
    const world = await openVaults();
    world.second.send(enterExitMode('stale'));
    await run(world, 6, () => {});
    world.clock.skip(13 * HOUR_MS);
    await run(world, 6, () => {});
    const cut = stateOf(world.running).cutNumber;
    dust(world.second);
    await run(world, 60);
    expect(phaseOf(world.second)).toBe('running');
    expect(leading(world.running).sequencer.state.cutNumber).toBeGreaterThan(cut);
    expect(await trade(world)).toBe('accepted');
  });
});
