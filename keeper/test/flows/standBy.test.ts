import { describe, expect, it } from 'vitest';
import { recoverAddress } from '../../src/adapters/crypto/recover.ts';
import type { Hex } from '../../src/core/commands.ts';
import { ZERO_ADDRESS } from '../../src/core/commands.ts';
import type { StandbyStanding } from '../../src/core/ports.ts';
import { digestOf, ZERO_HASH } from '../../src/core/typedMessages.ts';
import { dueStep } from '../../src/flows/standBy.ts';
import { GENESIS, HOME, SECOND, TOKENS } from '../support/exchange.ts';
import {
  helpStandby,
  postCheckpoint,
  proposeStandby,
  STALE_AFTER_SECONDS,
  setPaused,
  TAKE_OVER_WAIT_SECONDS,
  vacateLeader,
} from '../support/fakeChain.ts';
import { deadNetwork, quickNetwork } from '../support/fakeReader.ts';
import {
  ALICE,
  accepted,
  BLOCK_MS,
  carry,
  deposit,
  type FakeWorld,
  FINALITY_BLOCKS,
  kill,
  openWorld,
  type RunningKeeper,
  signWithdrawal,
  startKeeper,
  stateOf,
} from '../support/fakeWorld.ts';

const ETHER = 10n ** 18n;
const STALE_MS = STALE_AFTER_SECONDS * 1_000;
const WAIT_MS = TAKE_OVER_WAIT_SECONDS * 1_000;
/** Until something that was sent is mined, seen, answered, sent and mined. */
const ROUND_MS = 6 * BLOCK_MS;
const FINAL_MS = (FINALITY_BLOCKS + 4) * BLOCK_MS;
const EVIDENCE: Hex = `0x${'e1'.repeat(32)}`;

type World = FakeWorld & { running: RunningKeeper };

/** Block by block, with a courier for each of the keepers. */
async function run(world: FakeWorld, ms: number, ...keepers: readonly RunningKeeper[]): Promise<void> {
  for (let passed = 0; passed < ms; passed += BLOCK_MS) {
    for (const { keeper } of keepers) carry(world, keeper.api);
    await world.clock.advance(BLOCK_MS);
  }
}

function propose({ home, second }: FakeWorld, { keys }: RunningKeeper): void {
  for (const chain of [home, second]) chain.send(proposeStandby(keys.leader.address, EVIDENCE));
}

/** A leader with an ether of Alice's, and listed standbys with these keys. */
async function withStandbys(...names: readonly string[]): Promise<World & { standbys: RunningKeeper[] }> {
  const world = await openWorld();
  const standbys = names.map((leader) => startKeeper(world, { leader }));
  for (const standby of standbys) propose(world, standby);
  deposit(world, TOKENS.ethHome, ALICE, ETHER);
  await run(world, 90_000, world.running, ...standbys);
  return Object.assign(world, { standbys });
}

async function withStandby(): Promise<World & { standby: RunningKeeper }> {
  const world = await withStandbys('standby');
  return Object.assign(world, { standby: world.standbys[0] as RunningKeeper });
}

function leaders({ home, second }: FakeWorld) {
  return [home, second].map(({ newest }) => newest.contracts.leader);
}

function steps({ keeper }: RunningKeeper) {
  return [HOME, SECOND].map((chainId) => keeper.api.standby(chainId)?.step?.type);
}

const addressOf = ({ keys }: RunningKeeper) => keys.leader.address;

describe('a keeper that is proposed as a standby', () => {
  it('signs for possession of its key on each chain, once the delay is over, for the evidence that the council saw', async () => {
    const world = await openWorld();
    const standby = startKeeper(world, { leader: 'standby' });
    expect(standby.keeper.api.standby(HOME)).toBeUndefined();
    propose(world, standby);
    await run(world, 30_000);
    expect(standby.keeper.api.standby(SECOND)).toMatchObject({ status: 'proposed', step: null });
    await run(world, 40_000);
    const view = standby.keeper.api.standby(SECOND);
    const message = { candidate: addressOf(standby), evidenceDigest: EVIDENCE };
    expect(view?.step).toMatchObject({ type: 'accept', message });
    const domain = { chainId: SECOND, verifyingContract: GENESIS.authority };
    const signature = view?.step?.type === 'accept' ? view.step.signature : '0x';
    expect(recoverAddress(digestOf('AcceptStandby', domain, message), signature)).toBe(addressOf(standby));
    await run(world, ROUND_MS, standby);
    expect(standby.keeper.api.standby(SECOND)).toMatchObject({ status: 'listed', step: null });
  });

  it('signs nothing more while it hears the leader', async () => {
    const world = await withStandby();
    await run(world, STALE_MS + WAIT_MS + ROUND_MS, world.running, world.standby);
    expect(steps(world.standby)).toEqual([undefined, undefined]);
    expect(leaders(world)).toEqual(Array(2).fill(addressOf(world.running)));
  });

  it('keeps quiet about a chain that it cannot read, and says so', async () => {
    const world = await withStandby();
    kill(world.running);
    await run(world, STALE_MS);
    expect(steps(world.standby)).toEqual(['announce', 'announce']);
    world.networks.second = deadNetwork;
    await run(world, ROUND_MS);
    expect(steps(world.standby)).toEqual(['announce', undefined]);
    const { problems } = await world.standby.keeper.api.health();
    expect(problems).toContainEqual(expect.stringContaining('As a standby I could not take over'));
  });
});

describe('a leader who falls silent', () => {
  it('is replaced on all chains: balances are there, what he approved is paid, and his chain of checkpoints goes on', async () => {
    const world = await withStandby();
    const { standby, running } = world;
    const deadline = world.clock.now() + 3_600_000;
    const request = { chainId: HOME, token: TOKENS.ethHome.token, amount: 5n, deadline };
    accepted(await running.keeper.api.requestWithdrawal(signWithdrawal(ALICE, request)));
    await run(world, 14_000);
    const [approved] = running.keeper.api.approvals(HOME);
    if (approved === undefined) throw new Error('nothing was approved');
    kill(running);

    await run(world, STALE_MS, standby);
    expect(standby.keeper.api.standby(HOME)).toMatchObject({ status: 'announced', step: null });
    expect(leaders(world)).toEqual(Array(2).fill(addressOf(running)));
    const { tip } = world.home.newest.contracts;
    await run(world, WAIT_MS + FINAL_MS + ROUND_MS, standby);
    expect(leaders(world)).toEqual(Array(2).fill(addressOf(standby)));
    expect([world.home, world.second].map(({ newest }) => newest.contracts.epoch)).toEqual([2, 2]);

    const first = world.home.newest.contracts.checkpoints.find(({ checkpoint }) => checkpoint.epoch === 2);
    expect(first?.checkpoint).toMatchObject({ number: tip.number + 1, parent: tip.digest });
    await run(world, 30_000, standby);
    const paid = { account: ALICE.address, nonce: approved.message.nonce };
    expect(world.home.newest.contracts.usedNonces).toContain(`${paid.account} ${paid.nonce}`);
    expect(world.home.newest.contracts.vault.get(TOKENS.ethHome.token)).toBe(ETHER - 5n);
    const [withdrawal] = standby.keeper.api.withdrawals(ALICE.address);
    const { checkpoint } = approved.message;
    expect(withdrawal).toMatchObject({ status: 'executed', checkpoint, deadline: approved.message.deadline });
    expect(standby.keeper.api.accounts(ALICE.address)[0]?.balances).toHaveLength(1);
    stateOf(standby);
    expect(standby.keeper.api.standby(HOME)).toBeUndefined();
    expect(world.fatal).toEqual([]);
  });

  it('is a candidate when he comes back with his disk', async () => {
    const world = await withStandby();
    const { running, standby } = world;
    kill(running);
    await run(world, STALE_MS + WAIT_MS + FINAL_MS + ROUND_MS, standby);
    const back = startKeeper(world, { disk: running.disk });
    await run(world, ROUND_MS, standby, back);
    expect(back.keeper.api.identity().role).toBe('candidate');
    expect(back.keeper.api.standby(HOME)).toBeUndefined();
    expect(standby.keeper.api.identity().role).toBe('leader');
    expect(world.fatal).toEqual([]);
  });

  it('on another chain only, because nobody carries for him there, stays the leader', async () => {
    const world = await withStandby();
    const { running, standby } = world;
    for (let passed = 0; passed < STALE_MS + WAIT_MS + ROUND_MS; passed += BLOCK_MS) {
      const root = running.keeper.api.exitRoot(HOME);
      const quiet = { ...running.keeper.api, exitRoot: (id: number) => (id === HOME ? root : undefined) };
      carry(world, quiet);
      carry(world, standby.keeper.api);
      await world.clock.advance(BLOCK_MS);
    }
    expect(standby.keeper.api.standby(SECOND)).toMatchObject({ status: 'announced', step: null });
    expect(standby.keeper.api.standby(SECOND)?.waitedSeconds).toBeGreaterThanOrEqual(TAKE_OVER_WAIT_SECONDS);
    expect(leaders(world)).toEqual(Array(2).fill(addressOf(running)));
  });

  it('because home is paused, stays the leader everywhere', async () => {
    const world = await withStandby();
    const { running, standby } = world;
    world.home.send(setPaused(true));
    await run(world, 2 * (STALE_MS + WAIT_MS), running, standby);
    expect(standby.keeper.api.standby(HOME)).toMatchObject({ status: 'listed', paused: true, step: null });
    expect(standby.keeper.api.standby(SECOND)).toMatchObject({ status: 'announced', step: null });
    world.home.send(setPaused(false));
    await run(world, WAIT_MS, running, standby);
    expect(steps(standby)).toEqual([undefined, undefined]);
    expect(standby.keeper.api.standby(SECOND)).toMatchObject({ status: 'listed' });
    expect(leaders(world)).toEqual(Array(2).fill(addressOf(running)));
  });

  it('leaves no office twice: of two standbys one leads, on all chains', async () => {
    const world = await withStandbys('first', 'second');
    kill(world.running);
    await run(world, STALE_MS + WAIT_MS + FINAL_MS + ROUND_MS, ...world.standbys);
    const [leader, other] = leaders(world);
    expect(leader).toBe(other);
    const won = world.standbys.filter(({ keeper }) => keeper.leading !== undefined);
    expect(won.map(addressOf)).toEqual([leader]);
    expect(world.home.newest.contracts.epoch).toBe(2);
    expect(world.home.newest.contracts.standbys.size).toBe(1);
    expect(world.fatal).toEqual([]);

    // Then the other one waits for the silence of the new leader.
    kill(won[0] as RunningKeeper);
    const [left] = world.standbys.filter((standby) => standby !== won[0]) as [RunningKeeper];
    await run(world, STALE_MS + WAIT_MS + FINAL_MS + ROUND_MS, left);
    expect(leaders(world)).toEqual(Array(2).fill(addressOf(left)));
    expect(world.second.newest.contracts.epoch).toBe(3);
  });
});

describe('a takeover', () => {
  it('is not signed for another chain before the one at home is final', async () => {
    const world = await withStandby();
    const { standby } = world;
    kill(world.running);
    await run(world, STALE_MS + ROUND_MS, standby);
    await run(world, WAIT_MS);
    expect(steps(standby)).toEqual(['takeOver', undefined]);
    carry(world, standby.keeper.api);
    while (world.home.final.contracts.leader !== addressOf(standby)) {
      await world.clock.advance(BLOCK_MS);
      if (world.home.final.contracts.leader !== addressOf(standby)) expect(steps(standby)[1]).toBeUndefined();
    }
    await run(world, ROUND_MS);
    expect(standby.keeper.api.standby(SECOND)?.step).toMatchObject({ type: 'takeOver', message: { epoch: 2 } });
    world.home.send(setPaused(true));
    await run(world, ROUND_MS);
    expect(steps(standby)[1]).toBeUndefined();
  });

  it('is signed for another chain by the one who leads at home, and by no other standby', async () => {
    const world = await withStandbys('first', 'second');
    kill(world.running);
    await run(world, STALE_MS + ROUND_MS, ...world.standbys);
    await run(world, WAIT_MS);
    const [first, second] = world.standbys as [RunningKeeper, RunningKeeper];
    const [won, lost] = [first, second].map(({ keeper }) => keeper.api.standby(HOME));
    if (won === undefined || lost === undefined) throw new Error('both were ready');
    world.home.send(helpStandby(won));
    world.home.send(helpStandby(lost));
    await run(world, FINAL_MS);
    expect(world.home.reverted.at(-1)).toEqual({ name: `takeOver ${addressOf(second)}`, reason: 'not announced' });
    expect(first.keeper.api.identity().role).toBe('leader');
    expect(world.standbys.map((standby) => steps(standby)[1])).toEqual(['takeOver', undefined]);
  });

  it('is signed only for the tip whose state it has put together', async () => {
    const world = await withStandby();
    const { standby } = world;
    const { readStandby } = standby.home;
    standby.home.readStandby = async (...input) => {
      const standing = await readStandby(...input);
      return standing && { ...standing, tip: ZERO_HASH };
    };
    kill(world.running);
    await run(world, STALE_MS + WAIT_MS + ROUND_MS, standby);
    expect(standby.keeper.api.standby(HOME)).toMatchObject({ status: 'announced', step: null });
    standby.home.readStandby = readStandby;
    await run(world, ROUND_MS);
    expect(steps(standby)[0]).toBe('takeOver');
  });

  describe('while a checkpoint of the old leader is on its way', () => {
    /** The takeover of home is signed; a checkpoint of the old leader has not arrived. */
    async function withLateCheckpoint() {
      const world = await withStandby();
      const { running, standby } = world;
      world.networks.poster = deadNetwork;
      deposit(world, TOKENS.ethHome, ALICE, 1n);
      await run(world, 30_000, running, standby);
      kill(running);
      world.networks.poster = quickNetwork;
      await run(world, STALE_MS + ROUND_MS, standby);
      await run(world, WAIT_MS);
      const takeOver = standby.keeper.api.standby(HOME);
      const late = running.poster.posted.at(-1);
      if (takeOver?.step?.type !== 'takeOver' || late === undefined) throw new Error('nothing is on its way');
      expect(late.checkpoint.parent).toBe(takeOver.step.message.expectedTip);
      return { ...world, standby, takeOver, late };
    }

    /** Everything of Alice's is there once, whichever checkpoint counts. */
    async function expectItGoesOn(world: Awaited<ReturnType<typeof withLateCheckpoint>>): Promise<void> {
      const { standby } = world;
      await run(world, FINAL_MS + 30_000, standby);
      expect(leaders(world)).toEqual(Array(2).fill(addressOf(standby)));
      expect(stateOf(standby).finalNumber).toBeGreaterThan(world.late.checkpoint.number);
      expect(standby.keeper.api.solvency()).toEqual(
        expect.arrayContaining([expect.objectContaining({ accounts: String(ETHER + 1n), difference: '0' })]),
      );
      expect(world.fatal).toEqual([]);
    }

    it('the checkpoint may win: the signed takeover is worth nothing then, and the next one is for its digest', async () => {
      const world = await withLateCheckpoint();
      const { home, late, takeOver, standby } = world;
      home.send(postCheckpoint(HOME, late));
      home.send(helpStandby(takeOver));
      await world.clock.advance(BLOCK_MS);
      expect(home.reverted.at(-1)).toEqual({ name: `takeOver ${addressOf(standby)}`, reason: 'wrong tip' });
      expect(home.newest.contracts.tip.number).toBe(late.checkpoint.number);
      const { digest } = home.newest.contracts.tip;
      await world.clock.advance(BLOCK_MS);
      expect(standby.keeper.api.standby(HOME)?.step).toMatchObject({ message: { expectedTip: digest } });
      await expectItGoesOn(world);
    });

    it('the takeover may win: the checkpoint is of a past epoch then, and its place is free', async () => {
      const world = await withLateCheckpoint();
      const { home, late, takeOver } = world;
      home.send(helpStandby(takeOver));
      home.send(postCheckpoint(HOME, late));
      await world.clock.advance(BLOCK_MS);
      const name = `checkpoint ${late.checkpoint.number}`;
      expect(home.reverted.at(-1)).toEqual({ name, reason: 'wrong epoch' });
      await expectItGoesOn(world);
      const ours = home.newest.contracts.checkpoints[late.checkpoint.number - 1];
      expect(ours?.checkpoint).toMatchObject({ epoch: 2, parent: late.checkpoint.parent });
    });
  });

  it('is not signed by a keeper that cannot read the state it would go on from', async () => {
    const world = await withStandby();
    const { standby } = world;
    kill(world.running);
    const { readCheckpoints } = standby.home;
    standby.home.readCheckpoints = async function* (...input) {
      for await (const landed of readCheckpoints(...input)) yield { ...landed, payload: landed.payload.slice(1) };
    };
    await run(world, STALE_MS + WAIT_MS + 2 * ROUND_MS, standby);
    expect(standby.keeper.api.standby(HOME)).toMatchObject({ status: 'announced', step: null });
    const { problems } = await standby.keeper.api.health();
    expect(problems).toContainEqual(expect.stringContaining('As a standby I could not take over'));
    standby.home.readCheckpoints = readCheckpoints;
    await run(world, FINAL_MS + ROUND_MS, standby);
    expect(leaders(world)[0]).toBe(addressOf(standby));
  });

  it('of a vacated office needs the five minutes and no silence', async () => {
    const world = await withStandby();
    const { standby } = world;
    for (const chain of [world.home, world.second]) chain.send(vacateLeader());
    await run(world, ROUND_MS, standby);
    expect(standby.keeper.api.standby(HOME)).toMatchObject({ status: 'announced', leader: ZERO_ADDRESS });
    await run(world, WAIT_MS + FINAL_MS + ROUND_MS, standby);
    expect(leaders(world)).toEqual(Array(2).fill(addressOf(standby)));
  });
});

describe('the step that is due', () => {
  const standing: StandbyStanding = {
    evidenceDigest: EVIDENCE,
    readyAt: 1_000,
    listed: true,
    announcedAt: 0,
    leader: ALICE.address,
    epoch: 1,
    paused: false,
    heardAt: 5_000,
    staleAfterSeconds: 900,
    silenceSeconds: 0,
    waitedSeconds: 0,
    tip: ZERO_HASH,
    block: { number: 1, hash: ZERO_HASH, timestamp: 6_000 },
  };
  const silent = { ...standing, silenceSeconds: 1_200, announcedAt: 5_900, waitedSeconds: 300 };

  it.each([
    ['nothing while the leader is heard', standing, undefined],
    ['nothing a second too early', { ...standing, silenceSeconds: 899 }, undefined],
    ['the announcement when he is silent', { ...standing, silenceSeconds: 900 }, 'announce'],
    ['the announcement during a pause too', { ...standing, silenceSeconds: 900, paused: true }, 'announce'],
    ['the announcement when nobody leads', { ...standing, leader: ZERO_ADDRESS }, 'announce'],
    ['a new announcement after a heartbeat', { ...silent, announcedAt: 4_999 }, 'announce'],
    ['nothing in the five minutes', { ...silent, waitedSeconds: 299 }, undefined],
    ['nothing when a late heartbeat shortened the silence', { ...silent, silenceSeconds: 1_199 }, undefined],
    ['nothing during a pause', { ...silent, paused: true }, undefined],
    ['the takeover then', silent, 'takeOver'],
    ['no acceptance before its time', { ...standing, listed: false, readyAt: 6_001 }, undefined],
    ['the acceptance then', { ...standing, listed: false, readyAt: 6_000 }, 'accept'],
    [
      'no acceptance when the proposal has lapsed',
      { ...standing, listed: false, block: { ...standing.block, timestamp: 1_001 + 7 * 86_400 } },
      undefined,
    ],
  ] as const)('is %s', (_, given, expected) => {
    expect(dueStep(given)).toBe(expected);
  });
});
