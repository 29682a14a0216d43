import { describe, expect, it } from 'vitest';
import type { Address } from '../../src/core/commands.ts';
import { createLeadership, type Role } from '../../src/flows/leadership.ts';
import { addressOf, GENESIS, HOME } from '../support/exchange.ts';
import { createFakeChain, nameLeader, setPaused } from '../support/fakeChain.ts';
import { createFakeClock, START } from '../support/fakeClock.ts';
import { createFakeReader, deadNetwork, type Network, quickNetwork } from '../support/fakeReader.ts';
import { silentLogger } from '../support/fakeWorld.ts';

const ME = addressOf('me');
const OTHER = addressOf('other');

function setUp() {
  const clock = createFakeClock();
  const chain = createFakeChain({
    chainId: HOME,
    enclave: addressOf('enclave'),
    timestamp: START / 1000,
    finalityBlocks: 2,
  });
  const network = { current: quickNetwork };
  const reader = createFakeReader(chain, { network: ((ask) => network.current(ask)) as Network });
  const leadership = createLeadership({
    reader,
    authority: GENESIS.authority,
    leader: ME,
    enclave: addressOf('enclave'),
    clock,
    logger: silentLogger,
    pollMs: 1_000,
  });
  /** Names a leader and mines so many blocks, the first of which says so. */
  async function name(leader: Address, epoch: number, blocks: number): Promise<void> {
    chain.send(nameLeader(leader, epoch));
    await mine(blocks);
  }
  async function mine(blocks: number): Promise<void> {
    for (let i = 0; i < blocks; i++) chain.mine(chain.newest.timestamp + 2);
    await leadership.look();
  }
  return { clock, chain, network, leadership, name, mine };
}

describe('a keeper', () => {
  it('leads when the final and the newest block name it, and not earlier', async () => {
    const { leadership, name, mine } = setUp();
    await name(ME, 1, 1);
    expect(leadership.role).toBe('candidate');
    await mine(1);
    expect(leadership.role).toBe('candidate');
    await mine(1);
    expect(leadership).toMatchObject({ role: 'leader', epoch: 1, problem: undefined, enclaveMatches: true });
  });

  it('does not lead while its new epoch is not final', async () => {
    const { leadership, name, mine } = setUp();
    await name(ME, 1, 3);
    await name(ME, 2, 1);
    expect(leadership.role).toBe('candidate');
    await mine(2);
    expect(leadership).toMatchObject({ role: 'leader', epoch: 2 });
  });

  it('stops leading when the newest block names another, and is superseded for good when that is final', async () => {
    const { leadership, name, mine } = setUp();
    await name(ME, 1, 3);
    await name(OTHER, 2, 1);
    expect(leadership.role).toBe('candidate');
    await mine(1);
    expect(leadership.role).toBe('candidate');
    await mine(1);
    expect(leadership.role).toBe('superseded');
    await name(ME, 3, 3);
    expect(leadership.role).toBe('superseded');
  });

  it('leads again when the block that named another is undone', async () => {
    const { leadership, chain, name, mine } = setUp();
    await name(ME, 1, 3);
    await name(OTHER, 2, 1);
    chain.reorganise(1);
    await mine(1);
    expect(leadership.role).toBe('leader');
  });

  it('that never led is no more than a candidate when others lead', async () => {
    const { leadership, name } = setUp();
    await name(OTHER, 1, 3);
    expect(leadership.role).toBe('candidate');
    await name(ME, 2, 3);
    expect(leadership.role).toBe('leader');
  });

  it('whose office was vacated is superseded', async () => {
    const { leadership, name } = setUp();
    await name(ME, 1, 3);
    await name(`0x${'00'.repeat(20)}`, 2, 3);
    expect(leadership.role).toBe('superseded');
  });
});

describe('a look at the Authority', () => {
  it('is no ground for signing before the first one, after a failed one, and when it is old', async () => {
    const { leadership, network, clock, name } = setUp();
    expect(leadership.problem).toMatch(/not been read yet/);
    await name(ME, 1, 3);
    expect(leadership.problem).toBeUndefined();
    await clock.advance(15_000);
    expect(leadership.problem).toBeUndefined();
    await clock.advance(1);
    expect(leadership.problem).toMatch(/too long ago/);
    await leadership.look();
    expect(leadership.problem).toBeUndefined();
    network.current = deadNetwork;
    await leadership.look();
    expect(leadership).toMatchObject({ role: 'leader', problem: expect.stringContaining('no answer') });
  });

  it('is as old as the question, however long the answer took', async () => {
    const { leadership, network, clock, name } = setUp();
    await name(ME, 1, 3);
    network.current = async (ask) => {
      await new Promise<void>((resolve) => clock.after(15_001, resolve));
      return ask();
    };
    const looking = leadership.look();
    await clock.advance(15_001);
    await looking;
    expect(leadership.problem).toMatch(/too long ago/);
  });

  it('tells of a pause, of another enclave key and of the time on chain', async () => {
    const { leadership, chain, mine } = setUp();
    chain.send(setPaused(true));
    await mine(1);
    expect(leadership).toMatchObject({ paused: true, chainTime: START / 1000 + 2 });
    const other = createLeadership({
      reader: createFakeReader(chain),
      authority: GENESIS.authority,
      leader: ME,
      enclave: addressOf('another enclave'),
      clock: createFakeClock(),
      logger: silentLogger,
      pollMs: 1_000,
    });
    await other.look();
    expect(other.enclaveMatches).toBe(false);
  });

  it('comes every second and tells of each new role, until it is stopped', async () => {
    const { leadership, chain, clock } = setUp();
    const roles: Role[] = [];
    leadership.start((role) => roles.push(role));
    chain.send(nameLeader(ME, 1));
    for (let i = 0; i < 5; i++) {
      chain.mine(START / 1000 + i);
      await clock.advance(1_000);
    }
    expect(roles).toEqual(['leader']);
    leadership.stop();
    chain.send(nameLeader(OTHER, 2));
    for (let i = 0; i < 5; i++) chain.mine(START / 1000 + 10 + i);
    await clock.advance(10_000);
    expect(roles).toEqual(['leader']);
  });
});
