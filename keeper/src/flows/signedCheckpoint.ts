// A signed checkpoint as bytes, for the outbox: what was signed is stored before it is sent, and only that is sent again.

import { fromHex, toHex } from '../core/bytes.ts';
import type { Hex } from '../core/commands.ts';
import type { SignedCheckpoint } from '../core/ports.ts';

/** JSON, because it is read by people when something goes wrong; integers beyond 2⁵³ as decimal strings. */
export function encodeSignedCheckpoint(signed: SignedCheckpoint): Uint8Array {
  const plain = {
    ...signed,
    payload: toHex(signed.payload),
    withdrawals: signed.withdrawals.map((item) => ({
      ...item,
      amount: String(item.amount),
      nonce: String(item.nonce),
    })),
    ciphertexts: signed.ciphertexts.map(toHex),
  };
  return new TextEncoder().encode(JSON.stringify(plain));
}

/** The bytes come out of the authenticated journal: their shape is what `encodeSignedCheckpoint` wrote. */
export function decodeSignedCheckpoint(bytes: Uint8Array): SignedCheckpoint {
  type Plain = Omit<SignedCheckpoint, 'payload' | 'withdrawals' | 'ciphertexts'> & {
    payload: Hex;
    ciphertexts: Hex[];
    withdrawals: (Omit<SignedCheckpoint['withdrawals'][number], 'amount' | 'nonce'> & {
      amount: string;
      nonce: string;
    })[];
  };
  const plain = JSON.parse(new TextDecoder().decode(bytes)) as Plain;
  return {
    ...plain,
    payload: fromHex(plain.payload),
    withdrawals: plain.withdrawals.map((item) => ({ ...item, amount: BigInt(item.amount), nonce: BigInt(item.nonce) })),
    ciphertexts: plain.ciphertexts.map(fromHex),
  };
}
