// A private key that is made here, once, and must survive a reboot: encrypted under a key that only this application gets
// from the KMS. File: "MWKF" | version | salt (32) | ciphertext (32) | tag (16).
import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { concatBytes, equalBytes, toHex } from '../../core/bytes.ts';
import type { Hex } from '../../core/commands.ts';
import { TeeError } from './teeError.ts';

const PREFIX = concatBytes(new TextEncoder().encode('MWKF'), new Uint8Array([1]));
const SALT_SIZE = 32;
const KEY_SIZE = 32;
const TAG_SIZE = 16;
const HEADER_SIZE = PREFIX.length + SALT_SIZE;
const CIPHER = 'aes-256-gcm';
/** Every key is used once: each file has a salt of its own. */
const NONCE = new Uint8Array(12);

interface KeyFile {
  readonly directory: string;
  /** For instance `leader`; the file is called `leader.key`. */
  readonly name: string;
  /** 32 bytes. */
  readonly fileKey: Uint8Array;
  /** Exchange and instance: a file that was brought here from elsewhere is refused. */
  readonly boundTo: string;
  /** Makes a key that is a scalar of the curve. */
  readonly generate: () => Uint8Array;
}

/**
 * The private key in the file, which is made when there is none. Written completely or not at all, and never over another
 * one. Throws `TeeError` when it cannot be read, was altered, or belongs elsewhere.
 */
export function loadOrCreateKey(input: KeyFile): Hex {
  const path = join(input.directory, `${input.name}.key`);
  try {
    const sealed = readFile(path) ?? create(input, path);
    return toHex(open(input, path, sealed));
  } catch (cause) {
    if (cause instanceof TeeError) throw cause;
    throw new TeeError(`the ${input.name} key cannot be kept in ${path}: ${(cause as Error).message}`, { cause });
  }
}

function readFile(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function create(input: KeyFile, path: string): Uint8Array {
  mkdirSync(input.directory, { recursive: true, mode: 0o700 });
  const sealed = seal(input, input.generate());
  const draft = `${path}.${randomBytes(8).toString('hex')}.tmp`;
  writeFileSync(draft, sealed, { mode: 0o600, flag: 'wx', flush: true });
  try {
    // A link, not a rename: of two that start at once, the second must not replace the key that the first one uses.
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return readFileSync(path);
  } finally {
    unlinkSync(draft);
  }
  const directory = openSync(input.directory, 'r');
  fsyncSync(directory);
  closeSync(directory);
  return sealed;
}

function seal(input: KeyFile, privateKey: Uint8Array): Uint8Array {
  const header = concatBytes(PREFIX, randomBytes(SALT_SIZE));
  const cipher = createCipheriv(CIPHER, keyOf(input, header), NONCE).setAAD(header);
  return concatBytes(header, cipher.update(privateKey), cipher.final(), cipher.getAuthTag());
}

function open(input: KeyFile, path: string, sealed: Uint8Array): Uint8Array {
  const header = sealed.subarray(0, HEADER_SIZE);
  const isKeyFile =
    sealed.length === HEADER_SIZE + KEY_SIZE + TAG_SIZE && equalBytes(header.subarray(0, PREFIX.length), PREFIX);
  if (!isKeyFile) throw unusable(input, path);
  const decipher = createDecipheriv(CIPHER, keyOf(input, header), NONCE)
    .setAAD(header)
    .setAuthTag(sealed.subarray(-TAG_SIZE));
  const privateKey = decipher.update(sealed.subarray(HEADER_SIZE, -TAG_SIZE));
  try {
    decipher.final();
    return privateKey;
  } catch {
    throw unusable(input, path);
  }
}

function keyOf({ fileKey, name, boundTo }: KeyFile, header: Uint8Array) {
  const info = `myrtle-wyckoff key file|${name}|${boundTo}`;
  return createSecretKey(new Uint8Array(hkdfSync('sha256', fileKey, header.subarray(PREFIX.length), info, 32)));
}

function unusable({ name }: KeyFile, path: string): TeeError {
  return new TeeError(
    `${path} is damaged, or belongs to another instance, exchange or key epoch. Without it this keeper needs a new ${name} ` +
      'key: move the file away, start again, and name the new key to those who must know it.',
  );
}
