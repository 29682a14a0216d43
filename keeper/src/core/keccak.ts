// Keccak-256 as Ethereum uses it. WebAssembly, because it stands in the way of every order and is several times as
// fast as JavaScript; loaded once, so that everything that hashes stays synchronous.
import { createKeccak } from 'hash-wasm';
import { toHex } from './bytes.ts';
import type { Hex } from './commands.ts';

const hasher = await createKeccak(256);

/** 32 bytes. */
export function keccak256(bytes: Uint8Array): Uint8Array {
  return hasher.init().update(bytes).digest('binary');
}

/** 32 bytes as hex. */
export function keccak256Hex(bytes: Uint8Array): Hex {
  return toHex(keccak256(bytes));
}
