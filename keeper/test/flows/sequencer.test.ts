import { describe, expect, it, vi } from 'vitest';
import { AssertionError } from '../../src/core/assertion.ts';
import { ACTION_CANCEL, UNUSED_ACTION } from '../../src/core/commands.ts';
import { decodeEngine, encodeEngine, engineHash } from '../../src/core/snapshot.ts';
import { step } from '../../src/core/step.ts';
import type { Applied, Draft } from '../../src/flows/sequencer.ts';
import { createSequencer } from '../../src/flows/sequencer.ts';
import { addressOf, GENESIS, HOME, hashOf, openExchange } from '../support/exchange.ts';
import { createFakeClock, settle } from '../support/fakeClock.ts';
import { createFakeDisk } from '../support/fakeJournal.ts';

const cancel = (nonce: bigint): Draft => ({
  type: 'cancelWithdrawal',
  account: addressOf('alice'),
  chainId: HOME,
  nonce,
});

/** Entries of a log that is none of ours: impossible. */
const impossible: Draft = {
  type: 'log',
  chainId: 1,
  contract: addressOf('stranger'),
  firstIndex: 0,
  entries: [],
  contracts: [],
  block: { number: 1, hash: hashOf(1), timestamp: 1 },
};

function setUp() {
  const { state, sequence } = openExchange();
  const clock = createFakeClock();
  const disk = createFakeDisk();
  const journal = disk.open();
  journal.begin({ sequence, engine: encodeEngine(state) });
  const fatal: unknown[] = [];
  const flushes: (() => void)[] = [];
  const sequencer = createSequencer({
    state,
    sequence,
    journal,
    clock,
    encodeEngine,
    onFatal: (error) => fatal.push(error),
    schedule: (flush) => flushes.push(flush),
  });
  return { state, first: sequence + 1, clock, disk, journal, fatal, flushes, sequencer };
}

/** Group by group, until nothing waits. */
async function flushAll(flushes: (() => void)[]): Promise<void> {
  for (let flush = flushes.shift(); flush !== undefined; flush = flushes.shift()) {
    flush();
    await settle();
  }
}

describe('the sequencer', () => {
  it('numbers commands and stamps a time that never runs backwards', async () => {
    const { sequencer, flushes, first, journal, state } = setUp();
    const answers = Promise.all([sequencer.submit(cancel(1n)), sequencer.submit(cancel(2n))]);
    flushes.shift()?.();
    expect((await answers).map(({ sequence }) => sequence)).toEqual([first, first + 1]);
    expect(sequencer.sequence).toBe(first + 1);
    expect(journal.lastSequence).toBe(first + 1);

    const ahead = createSequencer({
      state,
      sequence: sequencer.sequence,
      journal,
      clock: { now: () => 5, after: () => () => {} },
      encodeEngine,
      onFatal: () => {},
    });
    const before = state.time;
    const { command } = await ahead.submit(cancel(3n));
    expect(before).toBeGreaterThan(5);
    expect(command.time).toBe(before);
  });

  it('follows the clock only near the chain: one wild reading does not stay in the state', async () => {
    const { sequencer: first, journal, state, flushes, clock } = setUp();
    const answer = first.submit(cancel(1n));
    flushes.shift()?.();
    await answer;
    let skew = 0;
    const chainTime = clock.now();
    const sequencer = createSequencer({
      state,
      sequence: first.sequence,
      journal,
      clock: { now: () => chainTime + skew, after: () => () => {} },
      encodeEngine,
      onFatal: () => {},
      chainTime: () => chainTime,
    });
    const month = 30 * 86_400_000;
    skew = -month;
    expect((await sequencer.submit(cancel(2n))).command.time).toBe(chainTime);
    skew = month;
    expect((await sequencer.submit(cancel(3n))).command.time).toBe(chainTime + 300_000);
    skew = 0;
    expect((await sequencer.submit(cancel(4n))).command.time).toBe(chainTime + 300_000);
  });

  it('commits what waits as one group, and answers only when it is on disk', async () => {
    const { sequencer, flushes, disk } = setUp();
    const writes: string[] = [];
    disk.onWrite = (moment, what) => writes.push(`${moment} ${what}`);
    const answered: number[] = [];
    for (const nonce of [1n, 2n, 3n])
      void sequencer.submit(cancel(nonce)).then(({ sequence }) => answered.push(sequence));
    await settle();
    expect({ writes, answered }).toEqual({ writes: [], answered: [] });
    flushes.shift()?.();
    await settle();
    expect(writes).toEqual(['before append', 'after append']);
    expect(answered).toHaveLength(3);
    expect(flushes).toEqual([]);
  });

  it('applies nothing, answers nobody and takes nothing more once the disk failed', async () => {
    const { sequencer, flushes, disk, state, fatal } = setUp();
    const before = engineHash(state);
    disk.onWrite = () => {
      throw new Error('the disk is full');
    };
    const answer = sequencer.submit(cancel(1n));
    flushes.shift()?.();
    await expect(answer).rejects.toThrow('the disk is full');
    expect(fatal).toEqual([new Error('the disk is full')]);
    expect(engineHash(state)).toBe(before);
    expect(sequencer.hasRoom()).toBe(false);
    await expect(sequencer.submit(cancel(2n))).rejects.toThrow('the disk is full');
  });

  it('applies and answers only after the disk has said so, and gathers the next group meanwhile', async () => {
    const { sequencer, flushes, journal, state, first } = setUp();
    const disks: (() => void)[] = [];
    vi.spyOn(journal, 'untilOnDisk').mockImplementation(() => new Promise((resolve) => disks.push(resolve)));
    const before = engineHash(state);
    const answers: number[] = [];
    const submit = (nonce: bigint) =>
      sequencer.submit(cancel(nonce)).then(({ sequence }) => {
        answers.push(sequence);
      });
    const all = [submit(1n)];
    flushes.shift()?.();
    await settle();
    expect([journal.lastSequence, engineHash(state), sequencer.sequence]).toEqual([first, before, first - 1]);
    all.push(submit(2n), submit(3n));
    await settle();
    expect([answers, flushes.length, disks.length]).toEqual([[], 0, 1]);
    disks[0]?.();
    await settle();
    expect([answers, flushes.length]).toEqual([[first], 1]);
    flushes.shift()?.();
    disks[1]?.();
    await Promise.all(all);
    expect(answers).toEqual([first, first + 1, first + 2]);
    expect(disks).toHaveLength(2);
  });

  it('applies nothing when the disk refuses after the write', async () => {
    const { sequencer, flushes, journal, state, fatal } = setUp();
    const before = engineHash(state);
    vi.spyOn(journal, 'untilOnDisk').mockRejectedValue(new Error('input/output error'));
    const answer = sequencer.submit(cancel(1n));
    flushes.shift()?.();
    await expect(answer).rejects.toThrow('input/output error');
    expect(fatal).toHaveLength(1);
    expect(engineHash(state)).toBe(before);
  });

  it('stops at something impossible, after answering what came before it', async () => {
    const { sequencer, flushes, first, fatal } = setUp();
    const [before, at, after] = [cancel(1n), impossible, cancel(2n)].map((draft) => sequencer.submit(draft));
    flushes.shift()?.();
    expect((await before)?.sequence).toBe(first);
    await expect(at).rejects.toThrow(AssertionError);
    await expect(after).rejects.toThrow(AssertionError);
    expect(fatal).toHaveLength(1);
  });

  it('lets a command read the state before the next one is applied', async () => {
    const { sequencer, flushes } = setUp();
    const read = sequencer.submitAndRead({ type: 'cutCheckpoint' }, (state) => state.cutNumber);
    const later = sequencer.submitAndRead({ type: 'cutCheckpoint' }, (state) => state.cutNumber);
    flushes.shift()?.();
    expect(await Promise.all([read, later])).toEqual([1, 2]);
  });

  it('fails only the reader when reading fails', async () => {
    const { sequencer, flushes, fatal } = setUp();
    const read = sequencer.submitAndRead({ type: 'cutCheckpoint' }, () => {
      throw new Error('cannot read');
    });
    flushes.shift()?.();
    await expect(read).rejects.toThrow('cannot read');
    expect(fatal).toEqual([]);
    expect(sequencer.hasRoom()).toBe(true);
  });

  it('tells its listeners of every command in order, until they leave', async () => {
    const { sequencer, flushes, first } = setUp();
    const heard: Applied[] = [];
    const leave = sequencer.subscribe((applied) => heard.push(applied));
    void sequencer.submit(cancel(1n));
    void sequencer.submit({ type: 'cutCheckpoint' });
    flushes.shift()?.();
    await settle();
    expect(heard.map(({ sequence, command }) => [sequence, command.type])).toEqual([
      [first, 'cancelWithdrawal'],
      [first + 1, 'cutCheckpoint'],
    ]);
    leave();
    void sequencer.submit(cancel(2n));
    flushes.shift()?.();
    await settle();
    expect(heard).toHaveLength(2);
  });

  it('has no room while half the queue waits, and refuses when it is full', async () => {
    const { sequencer, flushes } = setUp();
    const submitMany = () => Array.from({ length: 32_768 }, () => sequencer.submit(cancel(1n)));
    submitMany();
    expect(sequencer.hasRoom()).toBe(false);
    submitMany();
    await expect(sequencer.submit(cancel(1n))).rejects.toThrow('commands wait for the disk');
    await flushAll(flushes);
    expect(sequencer.hasRoom()).toBe(true);
  });

  it('saves a snapshot from which the replayed rest gives the same engine', async () => {
    const { sequencer, flushes, journal, state } = setUp();
    for (let i = 0; i < 50_010; i++) void sequencer.submit(cancel(1n));
    await flushAll(flushes);
    const snapshot = journal.snapshot();
    expect(snapshot?.sequence).toBeGreaterThan(50_000);
    const again = decodeEngine(snapshot?.engine ?? new Uint8Array(), GENESIS);
    for (const { sequence, command } of journal.replay(snapshot?.sequence ?? 0)) step(again, sequence, command);
    expect(engineHash(again)).toBe(engineHash(state));
  });

  it('commits the next groups while a snapshot is made, which is of the moment when it was asked for', async () => {
    const { state, first, journal, clock } = setUp();
    let release: (() => void) | undefined;
    const sequencer = createSequencer({
      state,
      sequence: first - 1,
      journal,
      clock,
      async encodeEngine(of) {
        const bytes = encodeEngine(of);
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        return bytes;
      },
      onFatal: () => {},
    });
    const submit = (count: number) =>
      Promise.all(Array.from({ length: count }, (_, i) => sequencer.submit(cancel(BigInt(i + 1)))));
    await submit(30_000);
    await submit(25_000);
    expect(release).toBeDefined();
    await submit(3);
    expect(journal.snapshot()?.sequence).toBe(first - 1);
    release?.();
    await sequencer.close();
    const { sequence, engine } = journal.snapshot() as { sequence: number; engine: Uint8Array };
    expect(sequence).toBeGreaterThanOrEqual(first - 1 + 50_000);
    expect(decodeEngine(engine, GENESIS).sequence).toBe(sequence);
    const again = decodeEngine(engine, GENESIS);
    for (const record of journal.replay(sequence)) step(again, record.sequence, record.command);
    expect(engineHash(again)).toBe(engineHash(state));
  });

  it('saves a snapshot sooner when the batches are large: what a start applies again are orders', async () => {
    const { state, journal, clock, first } = setUp();
    const sequencer = createSequencer({ state, sequence: first - 1, journal, clock, encodeEngine, onFatal: () => {} });
    const account = addressOf('alice');
    const actions = Array.from({ length: 1_000 }, () => ({ ...UNUSED_ACTION, kind: ACTION_CANCEL, account }));
    const batch = { type: 'batch', executor: account, epoch: 1, nonce: 1, deadline: 1, makersFirst: false } as const;
    for (let i = 0; i < 1_000; i++) await sequencer.submit({ ...batch, actions });
    await sequencer.close();
    expect(journal.snapshot()?.sequence).toBe(first + 999);
  });

  it('commits what waits when it closes, and takes nothing more', async () => {
    const { sequencer, first, journal, flushes } = setUp();
    const answer = sequencer.submit(cancel(1n));
    const closed = sequencer.close();
    await flushAll(flushes);
    await closed;
    expect((await answer).sequence).toBe(first);
    expect(journal.lastSequence).toBe(first);
    await expect(sequencer.submit(cancel(2n))).rejects.toThrow('The keeper is stopping.');
  });

  it('runs by itself, without being told when', async () => {
    const { state, journal, clock, first } = setUp();
    const sequencer = createSequencer({
      state,
      sequence: first - 1,
      journal,
      clock,
      encodeEngine,
      onFatal: () => {},
    });
    expect((await sequencer.submit(cancel(1n))).sequence).toBe(first);
  });
});
