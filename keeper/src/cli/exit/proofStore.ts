// Exit proofs on disk: one file each, <directory>/<address>/<epoch>-<checkpoint>.json, exactly what the keeper answered.
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { compareRoots, type ExitRootId } from '../../client/keptRoots.ts';
import type { Address } from '../../core/commands.ts';
import { whyNotProven } from '../../core/exitProof.ts';
import type { ExitProofView } from '../../core/views.ts';
import { CommandError } from '../support/errors.ts';

const PROOF_FILE = /^(\d+)-(\d+)\.json$/;
const ADDRESS = /^0x[0-9a-f]{40}$/;

/** A file, by its name; what is in it is not looked at yet. */
export interface ProofFile extends ExitRootId {
  readonly path: string;
}

/**
 * Writes the proof so that a crash leaves the old files or the new one whole. Answers where it is. Throws `CommandError`
 * when another proof of the same root is kept already: one of them is false, and the first may be the true one.
 */
export function keepProof(directory: string, proof: ExitProofView): string {
  const { roots, address } = proof;
  const kept = proofFiles(directory, address).find((file) => compareRoots(file, roots) === 0);
  const path = kept?.path ?? join(directory, address, `${roots.epoch}-${roots.checkpoint}.json`);
  const before = kept === undefined ? undefined : readProof(path);
  if (typeof before === 'object' && before.roots.root !== roots.root) {
    throw new CommandError(`The keeper told two different exit roots of checkpoint ${roots.checkpoint}.`, {
      code: 'exit.badProof',
      hint: `The first one is kept in ${path}. Withdraw what you have while that works, and tell others.`,
    });
  }
  writeWhole(path, `${JSON.stringify(proof, null, 1)}\n`);
  return path;
}

/** Newest first. */
export function proofFiles(directory: string, address: Address): readonly ProofFile[] {
  const folder = join(directory, address);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const files = names.flatMap((name): ProofFile[] => {
    const [, epoch, checkpoint] = PROOF_FILE.exec(name) ?? [];
    if (epoch === undefined) return [];
    return [{ path: join(folder, name), epoch: Number(epoch), checkpoint: Number(checkpoint) }];
  });
  return files.toSorted((a, b) => compareRoots(b, a));
}

/** Whole ones, newest first, and what is wrong with the others: one damaged file does not take the rest along. */
export function keptProofs(
  directory: string,
  address: Address,
): { readonly proofs: readonly ExitProofView[]; readonly damaged: readonly string[] } {
  const read = proofFiles(directory, address).map(({ path }) => readProof(path));
  return {
    proofs: read.filter((proof) => typeof proof !== 'string'),
    damaged: read.filter((proof) => typeof proof === 'string'),
  };
}

/** Whose proofs are kept. */
export function keptAddresses(directory: string): readonly Address[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory).filter((name): name is Address => ADDRESS.test(name));
}

export function forgetProof({ path }: ProofFile): void {
  rmSync(path, { force: true });
}

/** The proof, or why the file holds none. */
function readProof(path: string): ExitProofView | string {
  try {
    const proof = JSON.parse(readFileSync(path, 'utf8')) as ExitProofView;
    const problem = whyNotProven(proof);
    return problem === undefined ? proof : `${path} proves nothing: ${problem}`;
  } catch (error) {
    return `${path} cannot be read: ${(error as Error).message}`;
  }
}

/** On disk before it has its name. Readable by its owner only: it says what an account has. */
function writeWhole(path: string, text: string): void {
  makeFolder(dirname(resolve(path)));
  const fresh = `${path}.${process.pid}`;
  const file = openSync(fresh, 'w', 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(fresh, path);
  syncFolder(dirname(path));
}

function makeFolder(path: string): void {
  const first = mkdirSync(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let folder = path; folder !== dirname(first); folder = dirname(folder)) syncFolder(dirname(folder));
}

/** Its entries: a new name is not on disk with the file that has it. */
function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  fsyncSync(folder);
  closeSync(folder);
}
