// A process that may be killed: opens the journal, appends groups and says on stdout what is on disk.
// Arguments: directory, number of records to stop after.
import { writeSync } from 'node:fs';
import { commandAt, ENGINE, open } from './support.ts';

const [directory = '', limit = '0'] = process.argv.slice(2);
const say = (line: string) => writeSync(1, `${line}\n`);

function appendUpTo(last: number): void {
  const journal = open(directory);
  if (journal.snapshot() === undefined) journal.begin({ sequence: 0, engine: ENGINE });
  say('open');
  try {
    for (let size = 1; journal.lastSequence < last; size = (size % 20) + 1) {
      const first = journal.lastSequence + 1;
      journal.append(Array.from({ length: size }, (_, i) => ({ sequence: first + i, command: commandAt(first + i) })));
      say(`acknowledged ${journal.lastSequence}`);
    }
  } catch (error) {
    say(`failed ${(error as { code?: string }).code}`);
    const { lastSequence } = journal;
    try {
      journal.append([{ sequence: lastSequence + 1, command: commandAt(lastSequence + 1) }]);
    } catch (second) {
      say(`refused ${(second as Error).message}`);
    }
  }
}

try {
  appendUpTo(Number(limit));
} catch (error) {
  say(`failed ${(error as { code?: string }).code} ${(error as Error).message}`);
}
// Holds the journal until somebody ends the process.
setInterval(() => {}, 60_000);
