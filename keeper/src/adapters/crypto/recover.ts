import { compareBytes, fromHex, toHex, writeHex } from '../../core/bytes.ts';
import type { Address, Hex } from '../../core/commands.ts';
import { keccak256 } from '../../core/keccak.ts';
import { secp256k1 } from './secp256k1.ts';

/** Half the order of the curve: of the two s that fit a signature, only the lower one is accepted. */
const HALF_ORDER = fromHex('0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0');

/**
 * Who signed a digest (32 bytes), lower-case; undefined for everything that is not a strict signature: 65 bytes r‖s‖v,
 * v 27 or 28, low s, r and s in range. The same signatures as OpenZeppelin's ECDSA accepts.
 */
export function recoverAddress(digest: Hex, signature: Hex): Address | undefined {
  const bytes = new Uint8Array(65);
  if (signature.length !== 2 + 2 * 65 || !writeHex(bytes, 0, signature)) return undefined;
  const v = bytes[64];
  if (v !== 27 && v !== 28) return undefined;
  if (compareBytes(bytes.subarray(32, 64), HALF_ORDER) > 0) return undefined;
  const message = fromHex(digest, 32);
  const publicKey = recoverPublicKey(bytes.subarray(0, 64), v - 27, message);
  return publicKey && toHex(keccak256(publicKey.subarray(1)).subarray(12));
}

function recoverPublicKey(signature: Uint8Array, recoveryId: number, message: Uint8Array): Uint8Array | undefined {
  try {
    return secp256k1.ecdsaRecover(signature, recoveryId, message, false);
  } catch {
    // r or s out of range, or no such point: the library has no other way to say so.
    return undefined;
  }
}
