import { fromHex, toHex } from '../../core/bytes.ts';
import type { Hex } from '../../core/commands.ts';
import { keccak256 } from '../../core/keccak.ts';
import type { Signer } from '../../core/ports.ts';
import { secp256k1 } from './secp256k1.ts';

/** A signer for a private key of 32 bytes. Deterministic (RFC 6979), low s. Throws when the key is no scalar. */
export function createSigner(privateKey: Hex): Signer {
  const key = fromHex(privateKey, 32);
  if (!secp256k1.privateKeyVerify(key))
    throw new RangeError('the private key is zero or beyond the order of the curve');
  return {
    address: toHex(keccak256(secp256k1.publicKeyCreate(key, false).subarray(1)).subarray(12)),
    publicKey: toHex(secp256k1.publicKeyCreate(key, true)),
    sign(digest) {
      const { signature, recid } = secp256k1.ecdsaSign(fromHex(digest, 32), key);
      // 2 and 3 need an r beyond the order: nobody has ever seen one, and contracts could not say whose it is.
      if (recid > 1) throw new Error('impossible recovery id');
      return `${toHex(signature)}${recid === 0 ? '1b' : '1c'}`;
    },
  };
}
