// Bytes and hex, nothing else. Hex is always lower-case with 0x in front.
import type { Hex } from './commands.ts';

const HEX_OF_BYTE: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const EVEN_HEX = /^0x(?:[0-9a-fA-F]{2})*$/;

/** Bytes as lower-case hex with 0x. */
export function toHex(bytes: Uint8Array): Hex {
  let hex: Hex = '0x';
  for (const byte of bytes) hex += HEX_OF_BYTE[byte];
  return hex;
}

/**
 * Bytes of a hex string, which must start with 0x and have an even number of digits (either case).
 * `length`, when given, is the number of bytes that must come out. Throws `RangeError`.
 */
export function fromHex(hex: string, length?: number): Uint8Array {
  if (!EVEN_HEX.test(hex)) throw new RangeError('not bytes in hex: expected 0x and an even number of hex digits');
  const size = hex.length / 2 - 1;
  if (length !== undefined && size !== length) throw new RangeError(`expected ${length} bytes in hex, got ${size}`);
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = Number.parseInt(hex.slice(2 * i + 2, 2 * i + 4), 16);
  return bytes;
}

/** One array after the other. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** Same length and same bytes. Not in constant time: not for secrets. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Order of the bytes from the left, as a sort wants it; a prefix comes first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
