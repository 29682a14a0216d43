import { copyFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { AssertionError } from '../../../src/core/assertion.ts';
import {
  copyOf,
  ENGINE,
  edit,
  fill,
  IDENTITY,
  journalErrorOf,
  KEY,
  newDirectory,
  open,
  records,
  removeDirectories,
  sealedGroup,
} from './support.ts';

const LATER = new TextEncoder().encode('the engine later');

function begun(directory = newDirectory(), sequence = 0) {
  const journal = open(directory);
  journal.begin({ sequence, engine: ENGINE });
  return { directory, journal };
}

afterAll(removeDirectories);

describe('a new journal', () => {
  it('holds nothing until it begins', () => {
    const journal = open(newDirectory());
    expect(journal.lastSequence).toBe(0);
    expect(journal.snapshot()).toBeUndefined();
    expect(journal.readOutbox('checkpoint 1')).toBeUndefined();
    expect(() => journal.append(records(1, 1))).toThrow(AssertionError);
    journal.close();
  });

  it('begins after the sequence of its base, also far from zero', () => {
    const base = 2 ** 40 + 3;
    const { directory, journal } = begun(newDirectory(), base);
    expect(journal.lastSequence).toBe(base);
    journal.append(records(base + 1, base + 2));
    journal.close();
    const again = open(directory);
    expect(again.lastSequence).toBe(base + 2);
    expect(again.snapshot()).toEqual({ sequence: base, engine: ENGINE });
    expect([...again.replay(base)]).toEqual(records(base + 1, base + 2));
    again.close();
  });

  it('is made in a directory that did not exist, readable by nobody else', () => {
    const directory = join(newDirectory(), 'a', 'b');
    open(directory).close();
    expect(statSync(directory).mode & 0o077).toBe(0);
  });

  it('forgets everything when it begins again', async () => {
    const { directory, journal } = begun();
    fill(journal, 20);
    await journal.saveSnapshot({ sequence: 10, engine: LATER });
    journal.writeOutbox('checkpoint 1', ENGINE);
    journal.begin({ sequence: 5, engine: LATER });
    expect(journal.lastSequence).toBe(5);
    expect(journal.readOutbox('checkpoint 1')).toBeUndefined();
    journal.append(records(6, 8));
    journal.close();
    const again = open(directory);
    expect(again.snapshot()).toEqual({ sequence: 5, engine: LATER });
    expect([...again.replay(5)]).toEqual(records(6, 8));
    again.close();
  });
});

describe('records', () => {
  it('come back in order after every start, from any record on', () => {
    const { directory, journal } = begun();
    fill(journal, 50);
    journal.close();
    const second = open(directory);
    fill(second, 100);
    expect([...second.replay(0)]).toEqual(records(1, 100));
    second.close();
    const third = open(directory);
    expect(third.lastSequence).toBe(100);
    for (const after of [0, 1, 2, 3, 49, 50, 51, 77, 99, 100]) {
      expect([...third.replay(after)]).toEqual(records(after + 1, 100));
    }
    third.close();
  });

  it('can be read again after a replay was left in the middle', () => {
    const { journal } = begun();
    fill(journal, 30);
    for (const record of journal.replay(0)) if (record.sequence === 5) break;
    journal.append(records(31, 31));
    expect([...journal.replay(28)]).toEqual(records(29, 31));
    journal.close();
  });

  it('must follow each other', () => {
    const { journal } = begun();
    fill(journal, 3);
    expect(() => journal.append(records(5, 6))).toThrow(AssertionError);
    expect(() => journal.append(records(3, 4))).toThrow(AssertionError);
    expect(() => journal.append([...records(4, 4), ...records(6, 6)])).toThrow(AssertionError);
    journal.append([]);
    expect(journal.lastSequence).toBe(3);
    journal.append(records(4, 6));
    expect([...journal.replay(0)]).toEqual(records(1, 6));
    journal.close();
  });

  it('outside of the journal are not replayed', () => {
    const { journal } = begun(newDirectory(), 10);
    fill(journal, 12);
    expect(() => [...journal.replay(9)]).toThrow(AssertionError);
    expect(() => [...journal.replay(13)]).toThrow(AssertionError);
    journal.close();
  });
});

describe('snapshots', () => {
  it('are found at or before a sequence, with the base behind them', async () => {
    const { directory, journal } = begun();
    fill(journal, 60);
    await journal.saveSnapshot({ sequence: 20, engine: LATER });
    await journal.saveSnapshot({ sequence: 40, engine: ENGINE });
    journal.close();
    const again = open(directory);
    expect(again.snapshot()).toEqual({ sequence: 40, engine: ENGINE });
    expect(again.snapshot(40)?.sequence).toBe(40);
    expect(again.snapshot(39)).toEqual({ sequence: 20, engine: LATER });
    expect(again.snapshot(19)).toEqual({ sequence: 0, engine: ENGINE });
    expect(again.snapshot(-1)).toBeUndefined();
    again.close();
  });

  it('are kept in small number, the base for ever', async () => {
    const { journal } = begun();
    fill(journal, 100);
    for (let sequence = 10; sequence <= 100; sequence += 10) await journal.saveSnapshot({ sequence, engine: LATER });
    const found = [100, 99, 89, 79, 69].map((at) => journal.snapshot(at)?.sequence);
    expect(found).toEqual([100, 90, 80, 70, 0]);
    journal.close();
  });

  it('need a record to stand on', async () => {
    const { journal } = begun();
    fill(journal, 5);
    await expect(journal.saveSnapshot({ sequence: 6, engine: LATER })).rejects.toThrow(AssertionError);
    await expect(journal.saveSnapshot({ sequence: 0, engine: LATER })).rejects.toThrow(AssertionError);
    journal.close();
  });

  it('of another history are refused', async () => {
    const { directory, journal } = begun();
    fill(journal, 5);
    const fork = copyOf(directory);
    journal.append(records(6, 6));
    await journal.saveSnapshot({ sequence: 6, engine: LATER });
    journal.close();
    const other = open(fork);
    other.append([{ sequence: 6, command: { type: 'cutCheckpoint', time: 1 } }]);
    other.close();
    copyFileSync(join(directory, 'snapshot-6'), join(fork, 'snapshot-6'));
    const mixed = open(fork);
    expect(journalErrorOf(() => mixed.snapshot())).toMatchObject({
      code: 'damaged',
      message: expect.stringMatching(/snapshot at 6/),
    });
    mixed.close();
  });
});

describe('the outbox', () => {
  it('keeps one value over a restart, and can be emptied', () => {
    const { directory, journal } = begun();
    journal.writeOutbox('checkpoint 1', ENGINE);
    journal.writeOutbox('checkpoint 1', LATER);
    journal.close();
    const again = open(directory);
    expect(again.readOutbox('checkpoint 1')).toEqual(LATER);
    again.writeOutbox('checkpoint 1', undefined);
    expect(again.readOutbox('checkpoint 1')).toBeUndefined();
    again.close();
  });
});

describe('on disk', () => {
  it('nothing can be read without the key', async () => {
    const { directory, journal } = begun();
    journal.append(records(1, 9));
    await journal.saveSnapshot({ sequence: 9, engine: LATER });
    journal.writeOutbox('checkpoint 1', ENGINE);
    journal.close();
    const files = readdirSync(directory).map((file) => readFileSync(join(directory, file), 'latin1'));
    expect(files.join()).toContain(IDENTITY.checkpointer);
    for (const secret of ['the engine', 'cutCheckpoint', '\xab\xab\xab\xab', '\xcd\xcd\xcd\xcd']) {
      expect(files.join()).not.toContain(secret);
    }
  });

  it('the same record written twice after a rollback shares no key stream', () => {
    const { directory, journal } = begun();
    fill(journal, 5);
    journal.close();
    const rolledBack = copyOf(directory);
    const sealed = [directory, rolledBack].map((place) => {
      const again = open(place);
      again.append(records(6, 6));
      again.close();
      return sealedGroup(place, 6);
    });
    const [first, second] = sealed as [Uint8Array, Uint8Array];
    const same = first.filter((byte, i) => byte === second[i]).length;
    expect(first.length).toBe(second.length);
    expect(same).toBeLessThan(first.length / 4);
  });
});

describe('a journal is refused', () => {
  const refusal = (directory: string, ...rest: [identity?: Partial<typeof IDENTITY>, key?: Uint8Array]) =>
    journalErrorOf(() => open(directory, ...(rest as [])));

  function used(): string {
    const { directory, journal } = begun();
    fill(journal, 5);
    journal.close();
    return directory;
  }

  it('when it is open already', () => {
    const { directory, journal } = begun();
    expect(refusal(directory)).toMatchObject({
      code: 'locked',
      message: expect.stringMatching(/Another keeper is using/),
    });
    journal.append(records(1, 1));
    journal.close();
    open(directory).close();
  });

  it('when it belongs to another exchange', () => {
    const directory = used();
    const other = '0x00000000000000000000000000000000000000c1' as const;
    expect(refusal(directory, { homeChainId: 1 })).toMatchObject({
      code: 'otherIdentity',
      message: expect.stringMatching(/on chain 31337/),
    });
    expect(refusal(directory, { checkpointer: other })).toMatchObject({ code: 'otherIdentity' });
    open(directory).close();
  });

  it('when another version of the core wrote it', () => {
    expect(refusal(used(), { coreVersion: 2 })).toMatchObject({
      code: 'otherVersion',
      message: expect.stringMatching(/core version 1, this is version 2, which starts from a snapshot only/),
    });
  });

  it('when the key is another', () => {
    expect(
      refusal(
        used(),
        {},
        KEY.map((byte) => byte + 1),
      ),
    ).toMatchObject({ code: 'wrongKey', message: expect.stringMatching(/another key/) });
  });

  it('when its identity was edited', () => {
    const directory = used();
    edit(directory, 'UPDATE header SET base = 1');
    expect(refusal(directory)).toMatchObject({ code: 'wrongKey' });
  });

  it('when the file is something else', () => {
    const text = newDirectory();
    writeFileSync(join(text, 'journal.sqlite'), 'Dear diary, '.repeat(1000));
    expect(refusal(text)).toMatchObject({ code: 'foreign', message: expect.stringMatching(/is not a journal/) });
    const foreign = newDirectory();
    edit(foreign, 'CREATE TABLE groups (last INTEGER)');
    expect(refusal(foreign)).toMatchObject({ code: 'foreign', message: expect.stringMatching(/directory of its own/) });
  });

  it('when its format is unknown', () => {
    const directory = used();
    edit(directory, 'PRAGMA user_version = 2');
    expect(refusal(directory)).toMatchObject({
      code: 'foreign',
      message: expect.stringMatching(/has format 2, this program knows 1/),
    });
  });

  it('when the directory is a file', () => {
    const file = join(newDirectory(), 'file');
    writeFileSync(file, '');
    expect(refusal(file)).toMatchObject({ code: 'disk', message: expect.stringMatching(/cannot use/) });
  });
});
