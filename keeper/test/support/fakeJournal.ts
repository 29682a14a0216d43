// A disk in memory, with what `adapters/journal` promises. Records go through the codec, as they do on a real one.
import { assert } from '../../src/core/assertion.ts';
import { decodeCommand, encodeCommand } from '../../src/core/commandCodec.ts';
import type { Journal, OutboxName } from '../../src/core/ports.ts';

/** Besides the base. */
const SNAPSHOTS_KEPT = 4;

interface Content {
  readonly base: number | undefined;
  /** Of the sequences that follow the base. */
  readonly records: readonly Uint8Array[];
  readonly snapshots: ReadonlyMap<number, Uint8Array>;
  readonly outbox: ReadonlyMap<OutboxName, Uint8Array>;
}

export interface FakeDisk {
  /** What a keeper finds that starts on this disk. */
  open(): Journal;
  /** Is told around each write; when it throws, the keeper dies there, before or after the write was done. */
  onWrite: (moment: 'before' | 'after', what: 'begin' | 'append' | 'snapshot' | 'outbox') => void;
  /** The disk had lied: the newest write is gone. */
  forgetNewestWrite(): void;
}

export function createFakeDisk(): FakeDisk {
  let content: Content = { base: undefined, records: [], snapshots: new Map(), outbox: new Map() };
  let previous = content;

  const disk: FakeDisk = {
    onWrite: () => {},
    forgetNewestWrite() {
      content = previous;
    },
    open: () => journal,
  };

  function write(what: Parameters<FakeDisk['onWrite']>[1], change: Partial<Content>): void {
    disk.onWrite('before', what);
    previous = content;
    content = { ...content, ...change };
    disk.onWrite('after', what);
  }

  function baseOf(): number {
    assert(content.base !== undefined, 'the journal was not begun');
    return content.base;
  }

  const journal: Journal = {
    get lastSequence() {
      return (content.base ?? 0) + content.records.length;
    },
    begin({ sequence, engine }) {
      write('begin', { base: sequence, records: [], snapshots: new Map([[sequence, engine]]), outbox: new Map() });
    },
    append(records) {
      baseOf();
      for (const [i, { sequence }] of records.entries()) {
        assert(sequence === journal.lastSequence + 1 + i, `record ${sequence} does not stand in its place`);
      }
      if (records.length === 0) return;
      write('append', { records: [...content.records, ...records.map(({ command }) => encodeCommand(command))] });
    },
    untilOnDisk: async () => {},
    snapshot(atOrBefore = Number.MAX_SAFE_INTEGER) {
      const sequence = Math.max(...[...content.snapshots.keys()].filter((each) => each <= atOrBefore));
      const engine = content.snapshots.get(sequence);
      return engine && { sequence, engine };
    },
    async saveSnapshot({ sequence, engine }) {
      const base = baseOf();
      assert(sequence > base && sequence <= journal.lastSequence, `no record ${sequence} in the journal`);
      const newest = [...content.snapshots, [sequence, engine] as const]
        .filter(([each]) => each > base)
        .sort(([a], [b]) => a - b)
        .slice(-SNAPSHOTS_KEPT);
      const first = [base, content.snapshots.get(base) as Uint8Array] as const;
      write('snapshot', { snapshots: new Map([first, ...newest]) });
    },
    *replay(afterSequence) {
      const base = baseOf();
      assert(
        afterSequence >= base && afterSequence <= journal.lastSequence,
        `the journal does not hold ${afterSequence}`,
      );
      for (const [i, bytes] of content.records.entries()) {
        const sequence = base + 1 + i;
        if (sequence > afterSequence) yield { sequence, command: decodeCommand(bytes) };
      }
    },
    readOutbox: (name) => content.outbox.get(name),
    writeOutbox(name, value) {
      baseOf();
      const outbox = new Map(content.outbox);
      if (value === undefined) outbox.delete(name);
      else outbox.set(name, value);
      write('outbox', { outbox });
    },
    close() {},
  };
  return disk;
}
