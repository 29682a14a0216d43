// Snapshots beside the database, one file each: large, needed by nobody but the next start, and so nothing that the thread
// of the orders should encrypt or write. Encrypted and written in threads of Node's own, under another name until all of
// it is on disk.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** More than one, so that a recovery can start before a checkpoint that is still under way. */
const KEPT = 4;
const PREFIX = 'snapshot-';
const UNFINISHED = `${PREFIX}unfinished`;

/** The file of the newest snapshot at or before a sequence. */
export function readSnapshotFile(
  directory: string,
  atOrBefore: number,
): { readonly sequence: number; readonly sealed: Uint8Array } | undefined {
  const sequence = sequencesIn(readdirSync(directory)).find((each) => each <= atOrBefore);
  return sequence === undefined ? undefined : { sequence, sealed: readFileSync(fileOf(directory, sequence)) };
}

/** Resolves when the file is on disk, and those are gone that nobody needs any more. */
export async function writeSnapshotFile(
  directory: string,
  sequence: number,
  parts: readonly Uint8Array[],
): Promise<void> {
  const unfinished = join(directory, UNFINISHED);
  const file = await open(unfinished, 'w', 0o600);
  try {
    await file.writev(parts);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(unfinished, fileOf(directory, sequence));
  const old = sequencesIn(await readdir(directory)).slice(KEPT);
  for (const each of old) await rm(fileOf(directory, each));
}

export function removeSnapshotFiles(directory: string): void {
  for (const name of readdirSync(directory)) if (name.startsWith(PREFIX)) rmSync(join(directory, name));
}

/** Newest first. */
function sequencesIn(names: readonly string[]): number[] {
  const found = names.flatMap((name) => {
    const sequence = Number(name.slice(PREFIX.length));
    return name === nameOf(sequence) ? [sequence] : [];
  });
  return found.sort((a, b) => b - a);
}

function fileOf(directory: string, sequence: number): string {
  return join(directory, nameOf(sequence));
}

function nameOf(sequence: number): string {
  return `${PREFIX}${sequence}`;
}
