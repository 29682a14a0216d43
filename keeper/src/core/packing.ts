// Compact binary, written and read front to back: bytes, variable-length integers (seven bits a byte, lowest first) and
// fixed-length hex. There is exactly one encoding of everything, and readers refuse the others.
import { type AddressCache, addressAt } from './addressCache.ts';
import { MAX_SAFE } from './assets.ts';
import { toHex } from './bytes.ts';
import type { Address, Hex } from './commands.ts';

const INITIAL_BYTES = 256;
const ADDRESS_BYTES = 20;
/** A 256-bit integer takes 37 bytes. */
const MAX_BIG_BYTES = 37;
/** The largest that fits into seven of these bytes. */
const SEVEN_BYTES = 2n ** 49n - 1n;
const BIG_MAX_SAFE = BigInt(MAX_SAFE);
const BIG_END = 1n << 256n;
/** Longest string and byte array that a reader believes in. */
const COUNT_LIMIT = 2 ** 31 - 1;
const MAX_BLOB = 2 ** 30;

/** The bytes are not what they should be: damaged, of another version, or not canonical. */
export class FormatError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'FormatError';
  }
}

/** Throws `FormatError` unless the condition holds. */
export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new FormatError(message);
}

export interface Writer {
  bytes: Uint8Array;
  length: number;
}

/** `capacity`: about how many bytes will be written, when somebody knows. */
export function createWriter(capacity = INITIAL_BYTES): Writer {
  return { bytes: new Uint8Array(capacity), length: 0 };
}

/** A copy of what was written. */
export function written(writer: Writer): Uint8Array {
  return writer.bytes.slice(0, writer.length);
}

export function writeByte(writer: Writer, byte: number): void {
  makeRoom(writer, 1);
  writer.bytes[writer.length++] = byte;
}

/** An integer of 0 … 2⁵³ − 1. Throws `FormatError` for anything else. */
export function writeInteger(writer: Writer, value: number): void {
  // Most integers are this small.
  if (value === (value & 127)) return writeByte(writer, value);
  if (!(value >= 0 && value <= MAX_SAFE && Math.floor(value) === value))
    throw new FormatError(`${value} is no integer`);
  makeRoom(writer, 8);
  let rest = value;
  while (rest >= 2 ** 28) {
    const high = Math.floor(rest / 128);
    writer.bytes[writer.length++] = (rest - high * 128) | 128;
    rest = high;
  }
  let low = rest | 0;
  while (low >= 128) {
    writer.bytes[writer.length++] = (low & 127) | 128;
    low >>>= 7;
  }
  writer.bytes[writer.length++] = low;
}

/** An integer of 0 … 2²⁵⁶ − 1. Throws `FormatError` for anything else. */
export function writeBig(writer: Writer, value: bigint): void {
  if (value >= 0n && value <= BIG_MAX_SAFE) {
    writeInteger(writer, Number(value));
    return;
  }
  if (value < 0n || value >= BIG_END) throw new FormatError(`${value} is no unsigned 256-bit integer`);
  makeRoom(writer, MAX_BIG_BYTES);
  // Seven bytes at a time as numbers: bigints are slow, and every account has some of them.
  let rest = value;
  while (rest > SEVEN_BYTES) {
    let low = Number(rest & SEVEN_BYTES);
    for (let i = 0; i < 7; i++) {
      const high = Math.floor(low / 128);
      writer.bytes[writer.length++] = (low - high * 128) | 128;
      low = high;
    }
    rest >>= 49n;
  }
  writeInteger(writer, Number(rest));
}

export function writeBytes(writer: Writer, bytes: Uint8Array): void {
  makeRoom(writer, bytes.length);
  writer.bytes.set(bytes, writer.length);
  writer.length += bytes.length;
}

/** Length, then the bytes. */
export function writeBlob(writer: Writer, bytes: Uint8Array): void {
  writeInteger(writer, bytes.length);
  writeBytes(writer, bytes);
}

/** Lower-case hex of exactly `length` bytes. Throws `FormatError` for anything else. */
export function writeHex(writer: Writer, hex: string, length: number): void {
  if (hex.length !== 2 + 2 * length || !hex.startsWith('0x')) {
    throw new FormatError(`${hex} is no hex of ${length} bytes`);
  }
  makeRoom(writer, length);
  for (let i = 0; i < length; i++) {
    writer.bytes[writer.length++] = (nibble(hex, 2 + 2 * i) << 4) | nibble(hex, 3 + 2 * i);
  }
}

export function writeAddress(writer: Writer, address: Address): void {
  writeHex(writer, address, ADDRESS_BYTES);
}

/** Length, then one byte per character. ASCII only. */
export function writeText(writer: Writer, text: string): void {
  writeBlob(
    writer,
    Uint8Array.from(text, (character) => character.charCodeAt(0) & 127),
  );
}

export interface Reader {
  readonly bytes: Uint8Array;
  offset: number;
  readonly addresses: AddressCache | undefined;
}

/** `addresses`, when given, are where the addresses come from: for readers that meet the same ones again and again. */
export function createReader(bytes: Uint8Array, addresses?: AddressCache): Reader {
  return { bytes, offset: 0, addresses };
}

/** Throws `FormatError` unless everything has been read. */
export function expectEnd(reader: Reader): void {
  const left = reader.bytes.length - reader.offset;
  if (left !== 0) throw new FormatError(`${left} bytes too many`);
}

export function readByte(reader: Reader): number {
  const byte = reader.bytes[reader.offset];
  if (byte === undefined) throw new FormatError('cut short');
  reader.offset++;
  return byte;
}

/** Throws `FormatError` when the next byte is another version. `what` is for the message. */
export function expectVersion(reader: Reader, expected: number, what: string): void {
  const version = readByte(reader);
  check(version === expected, `${what} of version ${version}; this keeper reads ${expected}`);
}

export function readInteger(reader: Reader): number {
  const byte = readByte(reader);
  return byte < 128 ? byte : readLongInteger(reader, byte & 127);
}

function readLongInteger(reader: Reader, lowest: number): number {
  let value = lowest;
  let scale = 128;
  for (;;) {
    const byte = readByte(reader);
    value += (byte & 127) * scale;
    if (value > MAX_SAFE) throw new FormatError('an integer above 2^53 - 1');
    if (byte < 128) {
      if (byte === 0) throw new FormatError('an integer with zeros in front');
      return value;
    }
    scale *= 128;
  }
}

export function readBig(reader: Reader): bigint {
  const start = reader.offset;
  while (readByte(reader) >= 128) {
    if (reader.offset - start >= MAX_BIG_BYTES) throw new FormatError('an integer above 2^256 - 1');
  }
  const end = reader.offset;
  if (end - start > 1 && reader.bytes[end - 1] === 0) throw new FormatError('an integer with zeros in front');
  let value = 0n;
  for (let at = end - 1; at >= start; at--) value = (value << 7n) | BigInt((reader.bytes[at] as number) & 127);
  if (value >= BIG_END) throw new FormatError('an integer above 2^256 - 1');
  return value;
}

/** A view, not a copy. */
export function readBytes(reader: Reader, length: number): Uint8Array {
  const end = reader.offset + length;
  if (end > reader.bytes.length) throw new FormatError('cut short');
  const bytes = reader.bytes.subarray(reader.offset, end);
  reader.offset = end;
  return bytes;
}

/** A copy. */
export function readBlob(reader: Reader): Uint8Array {
  return readBytes(reader, readCount(reader, MAX_BLOB)).slice();
}

export function readHex(reader: Reader, length: number): Hex {
  return toHex(readBytes(reader, length));
}

export function readAddress(reader: Reader): Address {
  const { addresses, bytes, offset } = reader;
  if (addresses === undefined) return readHex(reader, ADDRESS_BYTES);
  if (offset + ADDRESS_BYTES > bytes.length) throw new FormatError('cut short');
  reader.offset = offset + ADDRESS_BYTES;
  return addressAt(addresses, bytes, offset);
}

export function readText(reader: Reader): string {
  const bytes = readBytes(reader, readCount(reader, MAX_BLOB));
  if (bytes.some((byte) => byte > 127)) throw new FormatError('text that is not ASCII');
  return String.fromCharCode(...bytes);
}

/** How many items follow. Every item takes at least one byte, so that a lie about it costs nothing. */
export function readCount(reader: Reader, limit = COUNT_LIMIT): number {
  const count = readInteger(reader);
  if (count > limit || count > reader.bytes.length - reader.offset)
    throw new FormatError(`${count} items cannot follow`);
  return count;
}

/** 0 or 1. */
export function readFlag(reader: Reader): boolean {
  const byte = readByte(reader);
  if (byte > 1) throw new FormatError(`${byte} is neither yes nor no`);
  return byte === 1;
}

function nibble(hex: string, at: number): number {
  const code = hex.charCodeAt(at);
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 97 && code <= 102) return code - 87;
  throw new FormatError(`${hex} is no lower-case hex`);
}

function makeRoom(writer: Writer, count: number): void {
  const needed = writer.length + count;
  if (needed <= writer.bytes.length) return;
  const grown = new Uint8Array(Math.max(needed, 2 * writer.bytes.length));
  grown.set(writer.bytes.subarray(0, writer.length));
  writer.bytes = grown;
}
