// The disk in memory on which flows and simulation are tested promises what the real one promises.
import { afterAll, describe, expect, it } from 'vitest';
import type { Journal } from '../../src/core/ports.ts';
import { ENGINE, newDirectory, open, records, removeDirectories } from '../adapters/journal/support.ts';
import { createFakeDisk } from '../support/fakeJournal.ts';

afterAll(removeDirectories);

const bytes = (text: string) => new TextEncoder().encode(text);

/** A disk, and how a keeper that starts again opens it. */
const disks: [name: string, make: () => () => Journal][] = [
  ['in memory', () => createFakeDisk().open],
  [
    'on disk',
    () => {
      const directory = newDirectory();
      let journal: Journal | undefined;
      return () => {
        journal?.close();
        journal = open(directory);
        return journal;
      };
    },
  ],
];

describe.each(disks)('a journal %s', (_, make) => {
  it('is empty until it is begun', () => {
    const journal = make()();
    expect(journal.snapshot()).toBeUndefined();
    expect(() => journal.append(records(1, 1))).toThrow('was not begun');
  });

  it('gives back what was appended after a sequence, and nothing that was not', () => {
    const start = make();
    const journal = start();
    journal.begin({ sequence: 10, engine: ENGINE });
    expect(journal.lastSequence).toBe(10);
    journal.append(records(11, 13));
    journal.append([]);
    journal.append(records(14, 20));
    const again = start();
    expect(again.lastSequence).toBe(20);
    expect([...again.replay(10)]).toEqual(records(11, 20));
    expect([...again.replay(12)]).toEqual(records(13, 20));
    expect([...again.replay(20)]).toEqual([]);
    expect(() => [...again.replay(9)]).toThrow();
    expect(() => [...again.replay(21)]).toThrow();
  });

  it('takes only what follows', () => {
    const journal = make()();
    journal.begin({ sequence: 0, engine: ENGINE });
    expect(() => journal.append(records(2, 3))).toThrow('does not stand in its place');
    expect(() => journal.append([...records(1, 1), ...records(3, 3)])).toThrow('does not stand in its place');
    expect(journal.lastSequence).toBe(0);
  });

  it('has its base and the newest snapshots at hand', async () => {
    const start = make();
    const journal = start();
    journal.begin({ sequence: 0, engine: ENGINE });
    journal.append(records(1, 10));
    await expect(journal.saveSnapshot({ sequence: 11, engine: ENGINE })).rejects.toThrow('no record 11');
    await expect(journal.saveSnapshot({ sequence: 0, engine: ENGINE })).rejects.toThrow('no record 0');
    for (const sequence of [2, 3, 5, 7, 9])
      await journal.saveSnapshot({ sequence, engine: bytes(`engine ${sequence}`) });
    const again = start();
    expect(again.snapshot()).toEqual({ sequence: 9, engine: bytes('engine 9') });
    expect(again.snapshot(8)?.sequence).toBe(7);
    expect(again.snapshot(2)).toEqual({ sequence: 0, engine: ENGINE });
    expect(again.snapshot(-1)).toBeUndefined();
  });

  it('keeps and forgets what lies in its outbox, by name', () => {
    const start = make();
    const journal = start();
    expect(() => journal.writeOutbox('checkpoint 1', ENGINE)).toThrow('was not begun');
    journal.begin({ sequence: 0, engine: ENGINE });
    journal.writeOutbox('checkpoint 1', bytes('one'));
    journal.writeOutbox('checkpoint 2', bytes('two'));
    journal.writeOutbox('checkpoint 2', bytes('two again'));
    journal.writeOutbox('checkpoint 1', undefined);
    const again = start();
    expect(again.readOutbox('checkpoint 1')).toBeUndefined();
    expect(again.readOutbox('checkpoint 2')).toEqual(bytes('two again'));
  });

  it('forgets everything when it is begun anew', () => {
    const journal = make()();
    journal.begin({ sequence: 0, engine: ENGINE });
    journal.append(records(1, 5));
    journal.writeOutbox('checkpoint 1', ENGINE);
    journal.begin({ sequence: 100, engine: bytes('other') });
    expect(journal.lastSequence).toBe(100);
    expect(journal.snapshot()).toEqual({ sequence: 100, engine: bytes('other') });
    expect(journal.readOutbox('checkpoint 1')).toBeUndefined();
    expect([...journal.replay(100)]).toEqual([]);
  });
});
