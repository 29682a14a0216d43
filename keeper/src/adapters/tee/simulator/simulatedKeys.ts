// The keys of the development simulator, derived as dstack derives them, from a root that everybody knows.
import { hkdfSync } from 'node:crypto';
import secp256k1 from 'secp256k1';
import { concatBytes, fromHex, toHex } from '../../../core/bytes.ts';
import type { Address, Hex } from '../../../core/commands.ts';
import { keccak256 } from '../../../core/keccak.ts';
import type { KeyPlace } from '../keyPaths.ts';
import { enclaveKeyPath } from '../keyPaths.ts';
import { SIMULATED_APP_ID } from '../simulatedRoot.ts';

const utf8 = new TextEncoder();

const ROOT_KEY = keccak256(utf8.encode('Myrtle Wyckoff SIMULATED KMS ROOT: not a secret, for development only'));
const APP_ID = fromHex(SIMULATED_APP_ID, 20);
const APP_KEY = deriveKey(ROOT_KEY, concatBytes(APP_ID, utf8.encode('app-key')));

/** HKDF-SHA256 with dstack's salt. */
function deriveKey(parent: Uint8Array, info: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', parent, 'RATLS', info, 32));
}

function publicKeyOf(privateKey: Uint8Array): Uint8Array {
  return secp256k1.publicKeyCreate(privateKey, true);
}

/** r‖s‖recovery id. */
function sign(privateKey: Uint8Array, message: Uint8Array): Uint8Array {
  const { signature, recid } = secp256k1.ecdsaSign(keccak256(message), privateKey);
  return concatBytes(signature, new Uint8Array([recid]));
}

export function simulatedRoot(): Hex {
  return toHex(publicKeyOf(ROOT_KEY));
}

/** What `GetKey` answers. */
export function simulatedKey(path: string, purpose: string) {
  const key = deriveKey(APP_KEY, utf8.encode(path));
  const subject = `${purpose}:${Buffer.from(publicKeyOf(key)).toString('hex')}`;
  const issued = concatBytes(utf8.encode('dstack-kms-issued:'), APP_ID, publicKeyOf(APP_KEY));
  return { key, signatureChain: [sign(APP_KEY, utf8.encode(subject)), sign(ROOT_KEY, issued)] as const };
}

/** Address of the enclave key that the simulator gives to a keeper: a devnet deploys with it before anything runs. */
export function simulatedEnclaveAddress(place: KeyPlace): Address {
  const checkpointer = place.checkpointer.toLowerCase() as Address;
  const { key } = simulatedKey(enclaveKeyPath({ ...place, checkpointer }), 'enclave');
  return toHex(keccak256(secp256k1.publicKeyCreate(key, false).subarray(1)).subarray(12));
}
