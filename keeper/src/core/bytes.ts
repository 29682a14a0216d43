// Bytes and hex, nothing else. Hex is always lower-case with 0x in front.
import type { Hex } from './commands.ts';

const HEX_OF_BYTE: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
/** Value of a hex digit by its character code; 255 for every other character. */
const DIGIT = new Uint8Array(128).fill(255);
for (let i = 0; i < 16; i++) {
  DIGIT[i.toString(16).charCodeAt(0)] = i;
  DIGIT[i.toString(16).toUpperCase().charCodeAt(0)] = i;
}

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
  const size = hex.length / 2 - 1;
  const bytes = new Uint8Array(Math.max(0, Math.floor(size)));
  if (size !== bytes.length || !writeHex(bytes, 0, hex)) {
    throw new RangeError('not bytes in hex: expected 0x and an even number of hex digits');
  }
  if (length !== undefined && size !== length) throw new RangeError(`expected ${length} bytes in hex, got ${size}`);
  return bytes;
}

/** Writes the bytes of a hex string with 0x and an even number of digits; false when it is none. */
export function writeHex(target: Uint8Array, offset: number, hex: string): boolean {
  if (hex.charCodeAt(0) !== 48 || hex.charCodeAt(1) !== 120) return false;
  for (let i = 2, at = offset; i < hex.length; i += 2, at++) {
    const high = DIGIT[hex.charCodeAt(i)] ?? 255;
    const low = DIGIT[hex.charCodeAt(i + 1)] ?? 255;
    if (high > 15 || low > 15) return false;
    target[at] = high * 16 + low;
  }
  return true;
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
