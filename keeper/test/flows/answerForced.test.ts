// A whole keeper between chains in memory: what is asked of a vault by force is answered, whatever happens to the keeper.
import { describe, expect, it } from 'vitest';
import { recoverAddress } from '../../src/adapters/crypto/recover.ts';
import { validateInternalState } from '../../src/core/invariants.ts';
import { findAccount, freeWad } from '../../src/core/ledger.ts';
import { digestOf } from '../../src/core/typedMessages.ts';
import { HOME, REGISTRY, SECOND, TOKENS } from '../support/exchange.ts';
import { blockRecipient, refillBucket, requestForced } from '../support/fakeChain.ts';
import { deadNetwork } from '../support/fakeReader.ts';
import {
  ALICE,
  accepted,
  BLOCK_MS,
  BOB,
  carry,
  deposit,
  type FakeWorld,
  kill,
  openWorld,
  type RunningKeeper,
  signWithdrawal,
  startKeeper,
  stateOf,
} from '../support/fakeWorld.ts';

type World = FakeWorld & { running: RunningKeeper };

const ETHER = 10n ** 18n;
const { ethHome, ethSecond } = TOKENS;

/** Alice has an ether at home, Bob one on the second chain; a root stands on both. */
async function openVaults(): Promise<World> {
  const world = await openWorld();
  deposit(world, ethHome, ALICE, ETHER);
  deposit(world, ethSecond, BOB, ETHER);
  await run(world, 12);
  return world;
}

async function run(world: World, blocks: number, withCourier = true): Promise<void> {
  for (let i = 0; i < blocks; i++) {
    if (withCourier) carry(world, world.running.keeper.api);
    await world.clock.advance(BLOCK_MS);
  }
}

function ask(world: World, amount = ETHER / 4n, transferFails = false): void {
  world.home.send(requestForced({ token: ethHome.token, amount, account: ALICE.address, transferFails }));
}

function etherOf({ running }: World): bigint {
  const { ledger } = stateOf(running).exchange;
  const [asset] = ledger.assets;
  if (asset === undefined) throw new Error('no ether');
  return freeWad(asset, findAccount(ledger, ALICE.address, 0));
}

const vault = ({ home }: World) => home.newest.contracts.vault.get(ethHome.token);
const request = ({ home }: World) => home.newest.contracts.forced[0];
const answers = ({ running }: World) => running.keeper.api.forcedAnswers(HOME);

describe('a forced withdrawal', () => {
  it('is refused when its recipient was blocked after the decision, and nothing is lost', async () => {
    const world = await openVaults();
    ask(world);
    await run(world, 8, false);
    expect(answers(world)).toHaveLength(1);
    world.home.send(blockRecipient(1));
    await run(world, 60);
    expect(request(world)?.open).toBe(0n);
    await run(world, 6);
    expect([etherOf(world), vault(world), answers(world)]).toEqual([ETHER, ETHER, []]);
  });

  it('is paid, and charged exactly once', async () => {
    const world = await openVaults();
    ask(world);
    await run(world, 12);
    expect(request(world)?.open).toBe(0n);
    expect([etherOf(world), vault(world)]).toEqual([(ETHER * 3n) / 4n, (ETHER * 3n) / 4n]);
    expect(answers(world)).toEqual([]);
    expect(world.home.reverted.filter(({ reason }) => !/not open|not newer/.test(reason))).toEqual([]);
    validateInternalState(stateOf(world.running));
  });

  it('is answered only after the checkpoint that holds it is final, by both keys, at its own vault', async () => {
    const world = await openVaults();
    ask(world);
    const { enclave, leader } = world.running.keys;
    let seen = 0;
    for (let i = 0; i < 12; i++) {
      await run(world, 1, false);
      expect(world.running.keeper.api.forcedAnswers(SECOND)).toEqual([]);
      for (const { chainId, registry, message, enclaveSignature, leaderSignature } of answers(world)) {
        seen++;
        expect(message.checkpoint).toBeLessThanOrEqual(world.home.final.contracts.tip.number);
        expect(message.checkpoint).toBeLessThanOrEqual(
          world.running.keeper.api.exitRoot(HOME)?.message.checkpoint ?? 0,
        );
        expect([chainId, registry]).toEqual([HOME, REGISTRY]);
        const digest = digestOf('ForcedAnswer', { chainId, verifyingContract: registry }, message);
        expect(recoverAddress(digest, enclaveSignature)).toBe(enclave.address);
        expect(recoverAddress(digest, leaderSignature)).toBe(leader.address);
      }
    }
    expect(seen).toBeGreaterThan(0);
  });

  it('is refused with a reason, and nothing is charged', async () => {
    const world = await openVaults();
    ask(world, 2n * ETHER);
    ask(world, 5n, true);
    await run(world, 12);
    expect(world.home.newest.contracts.forced.map(({ open }) => open)).toEqual([0n, 0n]);
    expect([etherOf(world), vault(world)]).toEqual([ETHER, ETHER]);
  });

  it('survives a keeper that is killed at any moment, and one whose disk is lost', async () => {
    for (let after = 1; after <= 10; after++) {
      const world = await openVaults();
      ask(world);
      await run(world, after);
      kill(world.running);
      // What it has sent lands, or the next keeper would take it for a stranger's.
      await world.clock.advance(4 * BLOCK_MS);
      const isDiskLost = after % 2 === 0;
      world.running = isDiskLost ? startKeeper(world) : startKeeper(world, { disk: world.running.disk });
      await run(world, 20);
      expect([after, request(world)?.open]).toEqual([after, 0n]);
      expect([after, etherOf(world), vault(world)]).toEqual([after, (ETHER * 3n) / 4n, (ETHER * 3n) / 4n]);
    }
  });

  it('waits for a chain that does not answer, and is answered then', async () => {
    const world = await openVaults();
    ask(world);
    await run(world, 1);
    const { second } = world.networks;
    world.networks.second = deadNetwork;
    await run(world, 12);
    expect(request(world)?.open).toBe(0n);
    world.networks.second = second;
  });

  it('comes in parts when it is over the limit, and withdrawals leave it its room', async () => {
    const world = await openVaults();
    world.home.send(refillBucket({ capacity: ETHER / 2n, used: 0n }));
    await run(world, 2);
    ask(world, (ETHER * 3n) / 4n);
    const deadline = world.clock.now() + 3_600_000;
    await run(world, 4, false);
    accepted(
      await world.running.keeper.api.requestWithdrawal(
        signWithdrawal(ALICE, { chainId: HOME, token: ethHome.token, amount: ETHER / 4n, nonce: 1n, deadline }),
      ),
    );
    for (let i = 0; i < 12 && request(world)?.open !== 0n; i++) {
      await run(world, 8);
      const { used } = world.home.newest.contracts.bucket;
      expect(used).toBeLessThanOrEqual(ETHER / 2n);
      world.home.send(refillBucket({ capacity: ETHER / 2n, used: 0n }));
    }
    await run(world, 12);
    expect([request(world)?.open, etherOf(world), vault(world)]).toEqual([0n, 0n, 0n]);
    validateInternalState(stateOf(world.running));
  });

  it('waits, uncharged, while even its least part is above the limit, and is paid when that is raised', async () => {
    const world = await openVaults();
    world.home.send(refillBucket({ capacity: ETHER / 100n, used: 0n }));
    await run(world, 2);
    ask(world, ETHER / 2n);
    ask(world, ETHER / 200n);
    await run(world, 40);
    const opens = () => world.home.newest.contracts.forced.map(({ open }) => open);
    expect([opens(), etherOf(world), answers(world)]).toEqual([[ETHER / 2n, 0n], ETHER - ETHER / 200n, []]);
    world.home.send(refillBucket({ capacity: ETHER, used: 0n }));
    await run(world, 60);
    expect([opens(), etherOf(world)]).toEqual([[0n, 0n], ETHER / 2n - ETHER / 200n]);
    validateInternalState(stateOf(world.running));
  });

  it('holds up no withdrawal when the limit was lowered below it since', async () => {
    const world = await openVaults();
    ask(world);
    await run(world, 4, false);
    expect(stateOf(world.running).answers.size).toBe(1);
    world.home.send(refillBucket({ capacity: ETHER / 100n, used: 0n }));
    const { api } = world.running.keeper;
    const withdrawal = { chainId: HOME, token: ethHome.token, amount: ETHER / 200n, nonce: 1n };
    accepted(
      await api.requestWithdrawal(signWithdrawal(ALICE, { ...withdrawal, deadline: world.clock.now() + 3_600_000 })),
    );
    await run(world, 12);
    expect(api.withdrawals(ALICE.address)).toMatchObject([{ status: 'executed' }]);
    expect([request(world)?.open, answers(world).length]).toEqual([ETHER / 4n, 1]);
    world.home.send(refillBucket({ capacity: ETHER, used: 0n }));
    await run(world, 6);
    expect(request(world)?.open).toBe(0n);
  });
});
