import secp256k1 from 'secp256k1';
import { concatBytes, fromHex, toHex } from '../../core/bytes.ts';
import type { Hex } from '../../core/commands.ts';
import { keccak256 } from '../../core/keccak.ts';
import type { DerivedKey } from './guestAgent.ts';
import { TeeError } from './teeError.ts';

const utf8 = new TextEncoder();

/**
 * Checks that a derived key comes from the pinned KMS root, for this application: the app key signed
 * `purpose:hex(public key)`, the root signed `dstack-kms-issued:` ‖ app id ‖ app public key. Signatures say nothing about
 * who made them, so a wrong app id or root shows only as another recovered root. Throws `TeeError`.
 */
export function verifyKey(input: {
  readonly derived: DerivedKey;
  /** Compressed public key of `derived.key`. */
  readonly publicKey: Hex;
  readonly purpose: string;
  /** 20 bytes. */
  readonly appId: Hex;
  /** Compressed public key, 33 bytes. */
  readonly pinnedRoot: Hex;
}): void {
  const { derived, purpose, publicKey } = input;
  const [byApp, byRoot] = derived.signatureChain;
  const appKey = recoverPublicKey(keccak256(utf8.encode(`${purpose}:${publicKey.slice(2)}`)), byApp);
  if (appKey === undefined) throw new TeeError(`the app key's signature over the ${purpose} key cannot be read`);
  const issued = concatBytes(utf8.encode('dstack-kms-issued:'), fromHex(input.appId, 20), appKey);
  const root = recoverPublicKey(keccak256(issued), byRoot);
  if (root === undefined || toHex(root) !== input.pinnedRoot) {
    throw new TeeError(
      `the ${purpose} key does not come from the pinned KMS root ${input.pinnedRoot} for app ${input.appId}` +
        `: its signatures lead to ${root === undefined ? 'nobody' : toHex(root)}`,
    );
  }
}

/** Compressed public key behind a signature r‖s‖recovery id, as dstack writes it. */
function recoverPublicKey(digest: Uint8Array, signature: Hex): Uint8Array | undefined {
  const bytes = fromHex(signature, 65);
  const recoveryId = bytes[64] as number;
  if (recoveryId > 1) return undefined;
  try {
    return secp256k1.ecdsaRecover(bytes.subarray(0, 64), recoveryId, digest, true);
  } catch {
    return undefined;
  }
}
