// AES-256-GCM as the journal uses it. No key ever meets the same nonce twice: see `Segment` in openJournal.ts for groups
// of records; everything else gets a key of its own from a fresh random salt.
import type { KeyObject } from 'node:crypto';
import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, randomBytes, webcrypto } from 'node:crypto';
import { concatBytes } from '../../core/bytes.ts';

export const TAG_SIZE = 16;
export const SALT_SIZE = 32;
const ZERO_NONCE = new Uint8Array(12);
const CIPHER = 'aes-256-gcm';

export function deriveKey(key: Uint8Array, salt: Uint8Array, purpose: string): KeyObject {
  return createSecretKey(new Uint8Array(hkdfSync('sha256', key, salt, `myrtle-wyckoff journal ${purpose}`, 32)));
}

/** ciphertext ‖ tag. */
export function encrypt(
  key: KeyObject,
  nonce: Uint8Array,
  data: { readonly bound: Uint8Array; readonly plaintext: Uint8Array },
): Uint8Array {
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(data.bound);
  return concatBytes(cipher.update(data.plaintext), cipher.final(), cipher.getAuthTag());
}

/** Plaintext; undefined when key, nonce, bound data or a bit of the ciphertext differs. */
export function decrypt(
  key: KeyObject,
  nonce: Uint8Array,
  data: { readonly bound: Uint8Array; readonly sealed: Uint8Array },
): Uint8Array | undefined {
  const { sealed, bound } = data;
  if (sealed.length < TAG_SIZE) return undefined;
  const decipher = createDecipheriv(CIPHER, key, nonce).setAAD(bound).setAuthTag(tagOf(sealed));
  const plaintext = decipher.update(sealed.subarray(0, sealed.length - TAG_SIZE));
  try {
    decipher.final();
    return new Uint8Array(plaintext.buffer, plaintext.byteOffset, plaintext.length);
  } catch {
    return undefined;
  }
}

/** A view, not a copy. */
export function tagOf(sealed: Uint8Array): Uint8Array {
  return sealed.subarray(-TAG_SIZE);
}

/** salt ‖ ciphertext ‖ tag, under a key of its own. */
export function sealOnce(
  key: Uint8Array,
  purpose: string,
  data: { readonly bound: Uint8Array; readonly plaintext: Uint8Array },
): Uint8Array {
  const salt = randomBytes(SALT_SIZE);
  return concatBytes(salt, encrypt(deriveKey(key, salt, purpose), ZERO_NONCE, data));
}

/** What `sealOnce` gives, in parts, encrypted in a thread of Node's own: for what is large. */
export async function sealAside(
  key: Uint8Array,
  purpose: string,
  data: { readonly bound: Uint8Array; readonly plaintext: Uint8Array },
): Promise<readonly Uint8Array[]> {
  const salt = randomBytes(SALT_SIZE);
  const unique = deriveKey(key, salt, purpose).toCryptoKey('AES-GCM', false, ['encrypt']);
  const cipher = { name: 'AES-GCM', iv: ZERO_NONCE, additionalData: data.bound as Uint8Array<ArrayBuffer> };
  return [
    salt,
    new Uint8Array(await webcrypto.subtle.encrypt(cipher, unique, data.plaintext as Uint8Array<ArrayBuffer>)),
  ];
}

export function openOnce(
  key: Uint8Array,
  purpose: string,
  data: { readonly bound: Uint8Array; readonly sealed: Uint8Array },
): Uint8Array | undefined {
  const { bound, sealed } = data;
  if (sealed.length < SALT_SIZE) return undefined;
  const unique = deriveKey(key, sealed.subarray(0, SALT_SIZE), purpose);
  return decrypt(unique, ZERO_NONCE, { bound, sealed: sealed.subarray(SALT_SIZE) });
}
