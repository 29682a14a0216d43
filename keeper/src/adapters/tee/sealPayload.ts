// The payload of a checkpoint stands on a public chain for ever. AES-256-GCM, each time with a key of its own: HKDF of the
// state root key with a fresh random salt, so that the same checkpoint sealed twice never meets the same key and nonce.
//
//   "MWCP" | version (1 byte) | key epoch (4 bytes) | salt (32 bytes) | ciphertext | tag (16 bytes)
//
// Everything before the ciphertext is in clear and authenticated. The plaintext is its length (4 bytes), itself, and zeros
// up to a multiple of 256 bytes: of its length nobody learns more than that.
import type { KeyObject } from 'node:crypto';
import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, randomBytes } from 'node:crypto';
import { concatBytes, equalBytes } from '../../core/bytes.ts';
import type { Address } from '../../core/commands.ts';
import { TeeError } from './teeError.ts';

const MAGIC = new TextEncoder().encode('MWCP');
const VERSION = 1;
const SALT_SIZE = 32;
const TAG_SIZE = 16;
const LENGTH_SIZE = 4;
const SALT_AT = MAGIC.length + 1 + 4;
const HEADER_SIZE = SALT_AT + SALT_SIZE;
const PADDED_TO = 256;
const CIPHER = 'aes-256-gcm';
/** Every key is used once. */
const NONCE = new Uint8Array(12);

/** Which checkpoint a payload belongs to, and the keys that all payloads come from. */
export interface Sealing {
  /** 32 bytes each, at least one: of key epoch 1, 2 and so on. Payloads are sealed in the last, and opened in any. */
  readonly stateRootKeys: readonly Uint8Array[];
  /** Home chain. */
  readonly chainId: number;
  readonly checkpointer: Address;
  readonly epoch: number;
  readonly number: number;
}

/** The bytes that are posted on chain. */
export function sealPayload(input: Sealing & { readonly plaintext: Uint8Array }): Uint8Array {
  const { plaintext, stateRootKeys } = input;
  const salt = randomBytes(SALT_SIZE);
  const header = headerOf(stateRootKeys.length, salt);
  const key = keyOf(input, salt, stateRootKeys.at(-1) as Uint8Array);
  const padded = new Uint8Array(Math.ceil((LENGTH_SIZE + plaintext.length) / PADDED_TO) * PADDED_TO);
  new DataView(padded.buffer).setUint32(0, plaintext.length);
  padded.set(plaintext, LENGTH_SIZE);
  const cipher = createCipheriv(CIPHER, key, NONCE).setAAD(header);
  return concatBytes(header, cipher.update(padded), cipher.final(), cipher.getAuthTag());
}

/** What was sealed. Throws `TeeError` when a bit differs, key or checkpoint is another, or the key epoch a later one. */
export function openPayload(input: Sealing & { readonly payload: Uint8Array }): Uint8Array {
  const { payload, stateRootKeys, number } = input;
  const where = `the payload of checkpoint ${number}`;
  if (payload.length < HEADER_SIZE + PADDED_TO + TAG_SIZE || !equalBytes(payload.subarray(0, MAGIC.length), MAGIC)) {
    throw new TeeError(`${where} is not a payload of this exchange`);
  }
  if (payload[MAGIC.length] !== VERSION) throw new TeeError(`${where} has a format that this program does not know`);
  const keyEpoch = keyEpochOf(payload);
  const stateRootKey = stateRootKeys[keyEpoch - 1];
  if (stateRootKey === undefined) {
    throw new TeeError(`${where} was sealed in key epoch ${keyEpoch}; this keeper is set to ${stateRootKeys.length}`);
  }
  const padded = decrypt(input, payload, stateRootKey);
  if (padded === undefined) throw new TeeError(`${where} was altered, or belongs to another checkpoint or key`);
  const length = new DataView(padded.buffer, padded.byteOffset).getUint32(0);
  const end = LENGTH_SIZE + length;
  const isCanonical =
    end <= padded.length && padded.length - end < PADDED_TO && padded.subarray(end).every((byte) => byte === 0);
  if (!isCanonical) throw new TeeError(`${where} is padded in a way that this program does not write`);
  return padded.slice(LENGTH_SIZE, end);
}

function decrypt(input: Sealing, payload: Uint8Array, stateRootKey: Uint8Array): Uint8Array | undefined {
  const salt = payload.subarray(SALT_AT, HEADER_SIZE);
  const decipher = createDecipheriv(CIPHER, keyOf(input, salt, stateRootKey), NONCE)
    .setAAD(payload.subarray(0, HEADER_SIZE))
    .setAuthTag(payload.subarray(-TAG_SIZE));
  const padded = decipher.update(payload.subarray(HEADER_SIZE, -TAG_SIZE));
  try {
    decipher.final();
    return new Uint8Array(padded);
  } catch {
    return undefined;
  }
}

function keyEpochOf(payload: Uint8Array): number {
  return new DataView(payload.buffer, payload.byteOffset, payload.byteLength).getUint32(MAGIC.length + 1);
}

function headerOf(keyEpoch: number, salt: Uint8Array): Uint8Array {
  const epoch = new Uint8Array(4);
  new DataView(epoch.buffer).setUint32(0, keyEpoch);
  return concatBytes(MAGIC, new Uint8Array([VERSION]), epoch, salt);
}

function keyOf(
  { chainId, checkpointer, epoch, number }: Sealing,
  salt: Uint8Array,
  stateRootKey: Uint8Array,
): KeyObject {
  const info = `${chainId}|${checkpointer}|${epoch}|${number}`;
  return createSecretKey(new Uint8Array(hkdfSync('sha256', stateRootKey, salt, info, 32)));
}
