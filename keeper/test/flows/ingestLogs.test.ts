import { describe, expect, it } from 'vitest';
import { usedRoom } from '../../src/core/checkpointRoom.ts';
import type { Address } from '../../src/core/commands.ts';
import { exitInputOf } from '../../src/core/exitInput.ts';
import { encodeEngine } from '../../src/core/snapshot.ts';
import { createState, sourceKey } from '../../src/core/state.ts';
import { createIngestion } from '../../src/flows/ingestLogs.ts';
import { createSequencer } from '../../src/flows/sequencer.ts';
import { addressOf, GENESIS, HOME, listings, REGISTRY, SECOND, TOKENS } from '../support/exchange.ts';
import { createFakeChain, type FakeChain, list, makeDeposit, payWithoutSignatures } from '../support/fakeChain.ts';
import { createFakeClock, START, settle } from '../support/fakeClock.ts';
import { createFakeDisk } from '../support/fakeJournal.ts';
import { createFakeReader, deadNetwork, type Network, quickNetwork, silentNetwork } from '../support/fakeReader.ts';
import { silentLogger } from '../support/fakeWorld.ts';

const alice = addressOf('alice');

function setUp({ readers: readable = [HOME, SECOND] } = {}) {
  const clock = createFakeClock();
  const chainOf = (chainId: number) =>
    createFakeChain({ chainId, enclave: addressOf('enclave'), timestamp: START / 1000, finalityBlocks: 2 });
  const chains = new Map([HOME, SECOND].map((chainId) => [chainId, chainOf(chainId)]));
  const [home, second] = [...chains.values()] as [FakeChain, FakeChain];
  const networks = new Map<number, Network>();
  const contracts = new Set<Address>();
  const codeAsked: number[] = [];
  const asked: { chainId: number; contract: Address; fromBlock: number }[] = [];
  const readers = new Map(
    readable.map((chainId) => {
      const network: Network = (ask) => (networks.get(chainId) ?? quickNetwork)(ask);
      const reader = createFakeReader(chains.get(chainId) as FakeChain, { network });
      return [
        chainId,
        {
          ...reader,
          async hasCode(address: Address) {
            codeAsked.push(chainId);
            return contracts.has(address);
          },
          readLog(...[contract, from, tag]: Parameters<typeof reader.readLog>) {
            asked.push({ chainId, contract, fromBlock: from.blockNumber });
            return reader.readLog(contract, from, tag);
          },
        },
      ];
    }),
  );
  const state = createState(GENESIS);
  const journal = createFakeDisk().open();
  journal.begin({ sequence: 0, engine: encodeEngine(state) });
  const fatal: unknown[] = [];
  const sequencer = createSequencer({
    state,
    sequence: 0,
    journal,
    clock,
    encodeEngine,
    onFatal: (error) => fatal.push(error),
    schedule: queueMicrotask,
  });
  const ingestion = createIngestion({
    sequencer,
    readers,
    clock,
    logger: silentLogger,
    pollMs: 1_000,
    onFatal: (error) => fatal.push(error),
  });
  const mine = (chain: FakeChain, blocks = 1) => {
    for (let i = 0; i < blocks; i++) chain.mine(chain.newest.timestamp + 2);
  };
  const entriesOf = (chainId: number) => state.sources.get(sourceKey(chainId, REGISTRY))?.index;
  const depositOn = (chain: FakeChain, amount = 10n) => {
    const token = chain === home ? TOKENS.ethHome.token : TOKENS.ethSecond.token;
    chain.send(makeDeposit({ token, amount, account: alice }));
  };
  return {
    clock,
    home,
    second,
    networks,
    asked,
    contracts,
    codeAsked,
    state,
    sequencer,
    ingestion,
    fatal,
    mine,
    entriesOf,
    depositOn,
  };
}

describe('the ingestion', () => {
  it('asks once per account and chain whether a depositor is a contract', async () => {
    const { home, second, ingestion, state, contracts, codeAsked, mine, depositOn } = setUp();
    contracts.add(alice);
    home.send(list(listings()));
    depositOn(home);
    depositOn(home);
    mine(home, 3);
    mine(second, 3);
    await ingestion.readOnce();
    expect(codeAsked).toEqual([HOME]);
    contracts.delete(alice);
    depositOn(home);
    depositOn(second);
    for (const chain of [home, second]) mine(chain, 3);
    await ingestion.readOnce();
    expect(codeAsked).toEqual([HOME, SECOND]);
    expect([...exitInputOf(state).boundTo.values()]).toEqual([[HOME]]);
  });

  it('reads the Directory first and then, in the same pass, every vault that it lists', async () => {
    const { home, second, ingestion, asked, entriesOf, mine, depositOn } = setUp();
    home.send(list(listings()));
    depositOn(home);
    depositOn(second);
    for (const chain of [home, second]) mine(chain, 3);
    await ingestion.readOnce();
    const order = asked.map(({ chainId, contract }) => `${chainId} ${contract}`);
    expect(order.indexOf(`${HOME} ${GENESIS.directory}`)).toBeLessThan(order.indexOf(`${HOME} ${REGISTRY}`));
    expect([entriesOf(HOME), entriesOf(SECOND)]).toEqual([1, 1]);
    expect(new Set(order).size).toBe(order.length);
    expect([...ingestion.finalBlocks]).toEqual([
      [HOME, 1],
      [SECOND, 1],
    ]);
  });

  it('takes in only what is final, each entry once', async () => {
    const { home, ingestion, entriesOf, mine, depositOn, state } = setUp();
    home.send(list(listings()));
    mine(home, 3);
    await ingestion.readOnce();
    depositOn(home);
    mine(home, 2);
    await ingestion.readOnce();
    expect(entriesOf(HOME)).toBe(0);
    mine(home);
    for (let i = 0; i < 3; i++) await ingestion.readOnce();
    expect(entriesOf(HOME)).toBe(1);
    expect(state.exchange.ledger.tokens.get(`${HOME}:${TOKENS.ethHome.token}`)?.holdings).toBe(10n);
  });

  it('makes one command of a segment, and none of a segment without entries', async () => {
    const { home, ingestion, sequencer, mine, depositOn } = setUp();
    home.send(list(listings()));
    mine(home, 3);
    await ingestion.readOnce();
    const before = sequencer.sequence;
    for (let i = 0; i < 5; i++) depositOn(home);
    mine(home, 3);
    await ingestion.readOnce();
    expect(sequencer.sequence).toBe(before + 1);
    mine(home, 5);
    await ingestion.readOnce();
    expect(sequencer.sequence).toBe(before + 1);
  });

  it('looks for logs from where it last verified that there were none', async () => {
    const { home, ingestion, asked, mine } = setUp();
    mine(home, 12);
    await ingestion.readOnce();
    mine(home, 2);
    asked.length = 0;
    await ingestion.readOnce();
    expect(asked.map(({ fromBlock }) => fromBlock)).toEqual([10, 10, 10]);
  });

  it('goes on with other chains when one is down, says what is wrong, and recovers', async () => {
    const { home, second, networks, ingestion, entriesOf, mine, depositOn } = setUp();
    home.send(list(listings()));
    for (const chain of [home, second]) mine(chain, 3);
    await ingestion.readOnce();
    depositOn(home);
    depositOn(second);
    for (const chain of [home, second]) mine(chain, 3);
    networks.set(HOME, deadNetwork);
    await ingestion.readOnce();
    expect([entriesOf(HOME), entriesOf(SECOND)]).toEqual([0, 1]);
    expect([...ingestion.problems]).toEqual([[HOME, 'no answer']]);
    networks.delete(HOME);
    await ingestion.readOnce();
    expect([entriesOf(HOME), ingestion.problems.size]).toEqual([1, 0]);
  });

  it('waits for no chain that never answers, and asks it nothing twice', async () => {
    const { home, second, networks, ingestion, asked, clock, entriesOf, mine, depositOn } = setUp();
    home.send(list(listings()));
    for (const chain of [home, second]) mine(chain, 3);
    await ingestion.readOnce();
    networks.set(SECOND, silentNetwork);
    ingestion.start();
    await clock.advance(3_000);
    asked.length = 0;
    depositOn(home);
    mine(home, 3);
    await clock.advance(3_000);
    expect(entriesOf(HOME)).toBe(1);
    expect(asked.filter(({ chainId }) => chainId === SECOND)).toEqual([]);
    ingestion.stop();
    asked.length = 0;
    await clock.advance(10_000);
    expect(asked).toEqual([]);
  });

  it('names a listed chain for which no RPC is configured', async () => {
    const { home, ingestion, mine } = setUp({ readers: [HOME] });
    home.send(list(listings()));
    mine(home, 3);
    await ingestion.readOnce();
    expect([...ingestion.problems]).toEqual([[SECOND, expect.stringMatching(/31338 is listed .* no RPC/)]]);
  });

  it('makes a command of an empty segment when it shows that a withdrawal has expired', async () => {
    const { home, second, ingestion, sequencer, state, clock, mine, depositOn } = setUp();
    home.send(list(listings()));
    depositOn(home);
    for (const chain of [home, second]) mine(chain, 3);
    await ingestion.readOnce();
    const { token } = TOKENS.ethHome;
    const request = { account: alice, subaccount: 0, chainId: HOME, token, amount: 4n, recipient: alice, nonce: 1n };
    await sequencer.submit({ type: 'requestWithdrawal', ...request, deadline: clock.now() });
    await sequencer.submit({ type: 'cutCheckpoint' });
    const deadline = Math.floor(clock.now() / 1000) + 24 * 3_600;
    const before = sequencer.sequence;
    home.mine(deadline);
    mine(home, 2);
    await ingestion.readOnce();
    expect([sequencer.sequence, state.withdrawals.size]).toEqual([before, 1]);
    mine(home);
    await ingestion.readOnce();
    expect([sequencer.sequence, state.withdrawals.size]).toEqual([before + 1, 0]);
    expect(state.exchange.ledger.assets[0]?.dust[2]).toBe(10n);
  });

  it('gives back nothing that the same segment shows as paid', async () => {
    const { home, second, ingestion, sequencer, state, clock, mine, depositOn } = setUp();
    home.send(list(listings()));
    depositOn(home);
    for (const chain of [home, second]) mine(chain, 3);
    await ingestion.readOnce();
    const { token } = TOKENS.ethHome;
    const request = { account: alice, subaccount: 0, chainId: HOME, token, amount: 4n, recipient: alice, nonce: 1n };
    await sequencer.submit({ type: 'requestWithdrawal', ...request, deadline: clock.now() });
    await sequencer.submit({ type: 'cutCheckpoint' });
    home.send(payWithoutSignatures({ account: alice, token, amount: 4n, recipient: alice, nonce: 1n }));
    mine(home);
    home.mine(Math.floor(clock.now() / 1000) + 25 * 3_600);
    mine(home, 2);
    await ingestion.readOnce();
    expect(state.withdrawals.size).toBe(0);
    expect(state.endedWithdrawals.map(({ status }) => status)).toEqual(['executed']);
    expect(state.exchange.ledger.tokens.get(`${HOME}:${token}`)?.holdings).toBe(6n);
  });

  it('takes in a flood of deposits as fast as checkpoints can carry it, and forgets none', async () => {
    const { home, second, ingestion, sequencer, state, mine, entriesOf } = setUp();
    home.send(list(listings()));
    for (const chain of [home, second]) mine(chain, 3);
    await ingestion.readOnce();
    const flood = 1_500;
    const { token } = TOKENS.ethHome;
    for (let i = 0; i < flood; i++) home.send(makeDeposit({ token, amount: 1n, account: addressOf(`dust ${i}`) }));
    second.send(makeDeposit({ token: TOKENS.ethSecond.token, amount: 10n, account: alice }));
    for (const chain of [home, second]) mine(chain, 3);
    const taken: number[] = [];
    while ((entriesOf(HOME) ?? 0) < flood) {
      await ingestion.readOnce();
      await ingestion.readOnce();
      expect(usedRoom(state)).toBeLessThanOrEqual(0.5);
      taken.push(entriesOf(HOME) ?? 0);
      await sequencer.submit({ type: 'cutCheckpoint' });
    }
    expect(taken.length).toBeGreaterThan(2);
    expect(taken.length).toBeLessThan(6);
    await ingestion.readOnce();
    await ingestion.readOnce();
    expect([entriesOf(HOME), entriesOf(SECOND)]).toEqual([flood, 1]);
    expect(state.exchange.ledger.tokens.get(`${HOME}:${token}`)?.holdings).toBe(BigInt(flood));
  });

  it('gives back nothing that is paid after a flood', async () => {
    const { home, second, ingestion, sequencer, state, clock, mine, depositOn } = setUp();
    home.send(list(listings()));
    depositOn(home);
    for (const chain of [home, second]) mine(chain, 3);
    await ingestion.readOnce();
    const { token } = TOKENS.ethHome;
    const request = { account: alice, subaccount: 0, chainId: HOME, token, amount: 4n, recipient: alice, nonce: 1n };
    await sequencer.submit({ type: 'requestWithdrawal', ...request, deadline: clock.now() });
    await sequencer.submit({ type: 'cutCheckpoint' });
    for (let i = 0; i < 600; i++) home.send(makeDeposit({ token, amount: 1n, account: addressOf(`dust ${i}`) }));
    home.send(payWithoutSignatures({ account: alice, token, amount: 4n, recipient: alice, nonce: 1n }));
    mine(home);
    home.mine(Math.floor(clock.now() / 1000) + 25 * 3_600);
    mine(home, 2);
    await ingestion.readOnce();
    expect(state.withdrawals.size).toBe(1);
    await sequencer.submit({ type: 'cutCheckpoint' });
    await ingestion.readOnce();
    expect(state.endedWithdrawals.map(({ status }) => status)).toEqual(['executed']);
  });

  it('stops the keeper at an entry that is impossible', async () => {
    const { home, second, ingestion, fatal, mine } = setUp();
    home.send(list(listings()));
    for (const chain of [home, second]) mine(chain, 3);
    await ingestion.readOnce();
    home.send(
      payWithoutSignatures({ account: alice, token: TOKENS.ethHome.token, amount: 1n, recipient: alice, nonce: 9n }),
    );
    mine(home, 3);
    await ingestion.readOnce();
    await settle();
    expect(fatal).toEqual([
      expect.objectContaining({ message: expect.stringContaining('no such withdrawal is pending') }),
    ]);
  });
});

it('stops the keeper when a block that was final is gone', async () => {
  const { home, networks, ingestion, fatal, mine, depositOn } = setUp();
  depositOn(home);
  mine(home, 5);
  await ingestion.readOnce();
  networks.set(HOME, async () => {
    throw Object.assign(new Error('block 3 was final, and is gone'), { code: 'reorg' });
  });
  await ingestion.readOnce();
  expect(fatal).toEqual([expect.objectContaining({ message: 'block 3 was final, and is gone' })]);
});
