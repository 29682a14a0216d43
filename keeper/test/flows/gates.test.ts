import { describe, expect, it } from 'vitest';
import { createGates, GATE_SETTINGS } from '../../src/flows/gates.ts';
import type { Leadership } from '../../src/flows/leadership.ts';
import { HOME, openExchange, SECOND } from '../support/exchange.ts';
import { createFakeClock } from '../support/fakeClock.ts';

/** Both chains have a heartbeat of 300 s; everything is as it should be unless a test changes it. */
function setUp() {
  const clock = createFakeClock();
  const condition = { role: 'leader', paused: false } as { role: Leadership['role']; paused: boolean };
  const changes = { oldest: undefined as number | undefined };
  const room = { left: true };
  const now = clock.now() / 1000;
  const roots = new Map([HOME, SECOND].map((chainId) => [chainId, now]));
  const gates = createGates({
    state: openExchange().state,
    leadership: condition as Leadership,
    oldestChangeAt: () => changes.oldest,
    rootIssuedAt: roots,
    hasRoom: () => room.left,
    clock,
    settings: GATE_SETTINGS,
  });
  const closed = () => ({
    adding: gates.batch(true)?.code,
    cancelling: gates.batch(false)?.code,
    withdrawing: gates.withdrawal()?.code,
    takingBack: gates.cancellation()?.code,
  });
  return { clock, condition, changes, room, roots, gates, closed, now };
}

const OPEN = { adding: undefined, cancelling: undefined, withdrawing: undefined, takingBack: undefined };
const all = (code: string) => ({ adding: code, cancelling: code, withdrawing: code, takingBack: code });

describe('the gates', () => {
  it('are open for a leader whose checkpoints land and whose roots are posted', () => {
    expect(setUp().closed()).toEqual(OPEN);
  });

  it('are shut when this keeper is not the leader', () => {
    const { closed, condition } = setUp();
    for (const role of ['candidate', 'superseded'] as const) {
      condition.role = role;
      expect(closed()).toEqual(all('keeper.notLeader'));
    }
  });

  it('are shut when too many commands wait for the disk', () => {
    const { closed, room } = setUp();
    room.left = false;
    expect(closed()).toEqual(all('keeper.overloaded'));
  });

  it('let no orders in when the oldest change in no landed checkpoint is older than 30 s, while cancellations pass', async () => {
    const { closed, changes, clock, gates } = setUp();
    changes.oldest = clock.now();
    await clock.advance(30_000);
    expect(closed()).toEqual(OPEN);
    await clock.advance(1);
    expect(closed()).toEqual({ ...OPEN, adding: 'keeper.checkpointTooOld' });
    expect(gates.orders()).toMatchObject({ retryable: true, message: expect.stringContaining('30 s old') });
    changes.oldest = undefined;
    expect(closed()).toEqual(OPEN);
  });

  it('let no withdrawals out when the root of any chain is older than two of its heartbeats, or missing', async () => {
    const { closed, clock, roots, now } = setUp();
    await clock.advance(600_000);
    expect(closed()).toEqual(OPEN);
    await clock.advance(1);
    expect(closed()).toEqual({ ...OPEN, withdrawing: 'keeper.notReady' });
    roots.set(HOME, now + 600);
    expect(closed()).toEqual({ ...OPEN, withdrawing: 'keeper.notReady' });
    roots.set(SECOND, now + 600);
    expect(closed()).toEqual(OPEN);
    roots.delete(SECOND);
    expect(closed()).toEqual({ ...OPEN, withdrawing: 'keeper.notReady' });
  });

  it('let no withdrawals out while the home chain is paused', () => {
    const { closed, condition } = setUp();
    condition.paused = true;
    expect(closed()).toEqual({ ...OPEN, withdrawing: 'keeper.notReady' });
  });

  it('let no orders in when the root of any chain is older than six hours', async () => {
    const { closed, clock, roots, now } = setUp();
    roots.set(HOME, now + 6 * 3_600);
    await clock.advance(6 * 3_600_000);
    expect(closed().adding).toBeUndefined();
    await clock.advance(1);
    expect(closed()).toMatchObject({ adding: 'keeper.notReady', cancelling: undefined });
  });

  it('let orders in before the first root stands: there is nothing yet that could be late', () => {
    const { closed, roots } = setUp();
    roots.clear();
    expect(closed()).toEqual({ ...OPEN, withdrawing: 'keeper.notReady' });
  });
});
