// The strict encoder of EIP-712 messages: what a struct says of its fields is checked, value by value, while it is
// written. It knows the few types that our messages use and none of the messages.
import { concatBytes, writeHex } from './bytes.ts';
import type { Address, Hex } from './commands.ts';
import { keccak256, keccak256Hex } from './keccak.ts';

export const WORD = 32;

/** The part of a domain that is not fixed by the message's type. */
export interface Domain {
  readonly chainId: number;
  readonly verifyingContract: Address;
}

export interface Field {
  readonly name: string;
  readonly type: string;
}

export interface Struct {
  readonly fields: readonly Field[];
  readonly typeHash: Uint8Array;
  /** Largest uint64 that it may carry. */
  readonly uint64Max: bigint;
  /** The struct of its one array field, and how many of them there may be. */
  readonly items?: { readonly struct: Struct; readonly limit: number };
}

/** A message does not fit its type. `path` says where, for instance `Batch.actions[3].price`. */
export class TypedMessageError extends Error {
  override readonly name = 'TypedMessageError';
  readonly path: string;
  constructor(path: string, problem: string) {
    super(`${path}: ${problem}`);
    this.path = path;
  }
}

const utf8 = new TextEncoder();

/** keccak256 of a text in UTF-8. */
export function hashText(text: string): Uint8Array {
  return keccak256(utf8.encode(text));
}

/** Fields as they stand in a type's encoding: `address account,uint64 nonce`. */
export function parseFields(text: string): readonly Field[] {
  return text.split(',').map((field) => {
    const [type, name] = field.split(' ') as [string, string];
    return { name, type };
  });
}

const DOMAIN_TYPE_HASH = hashText('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)');

/** hashStruct of the domain. Name and version are given as their hashes. */
export function domainSeparator(nameHash: Uint8Array, versionHash: Uint8Array, domain: Domain): Uint8Array {
  const separator = new Uint8Array(5 * WORD);
  separator.set(DOMAIN_TYPE_HASH);
  separator.set(nameHash, WORD);
  separator.set(versionHash, 2 * WORD);
  writeValue(separator, 3 * WORD, 'uint256', domain.chainId, 'domain.chainId');
  writeValue(separator, 4 * WORD, 'address', domain.verifyingContract, 'domain.verifyingContract');
  return keccak256(separator);
}

/** What is signed: keccak256(0x1901 ‖ domain separator ‖ struct hash). */
export function digest(separator: Uint8Array, structHash: Uint8Array): Hex {
  return keccak256Hex(concatBytes(new Uint8Array([0x19, 0x01]), separator, structHash));
}

/** hashStruct of EIP-712. Throws `TypedMessageError`; `path` is the message's place in its text. */
export function hashStruct(struct: Struct, message: unknown, path: string): Uint8Array {
  const bytes = new Uint8Array((1 + struct.fields.length) * WORD);
  bytes.set(struct.typeHash);
  writeFields(bytes, WORD, { struct, message, path });
  return keccak256(bytes);
}

/** The fields of a message, one word each: for static structs the same as abi.encode. */
export function writeFields(
  target: Uint8Array,
  offset: number,
  input: { readonly struct: Struct; readonly message: unknown; readonly path: string },
): void {
  const { struct, path } = input;
  const names = struct.fields.map((field) => field.name);
  const values = exactFields(input.message, names, path);
  for (const [i, { name, type }] of struct.fields.entries()) {
    const at = offset + i * WORD;
    const where = `${path}.${name}`;
    const value = values[name];
    if (type.endsWith('[]')) target.set(hashItems(struct, value, where), at);
    else if (type === 'uint64') writeInteger(target, at, { type, max: struct.uint64Max, value, path: where });
    else writeValue(target, at, type, value, where);
  }
}

function hashItems({ items }: Struct, values: unknown, path: string): Uint8Array {
  if (items === undefined) throw new Error(`${path}: the table has an array without a struct`);
  if (!Array.isArray(values)) throw new TypedMessageError(path, `expected an array, got ${shown(values)}`);
  if (values.length > items.limit) {
    throw new TypedMessageError(path, `at most ${items.limit} items, got ${values.length}`);
  }
  return keccak256(concatBytes(...values.map((value, i) => hashStruct(items.struct, value, `${path}[${i}]`))));
}

/** One value as a word of 32 bytes. Throws `TypedMessageError` when it does not fit the type. */
export function writeValue(target: Uint8Array, offset: number, type: string, value: unknown, path: string): void {
  if (type === 'address') writeFixed(target, offset + 12, { type, size: 20, value, path });
  else if (type === 'bytes32') writeFixed(target, offset, { type, size: 32, value, path });
  else if (type === 'bool') target[offset + WORD - 1] = boolean(value, path) ? 1 : 0;
  else writeInteger(target, offset, { type, max: 2n ** BigInt(type.slice('uint'.length)) - 1n, value, path });
}

function writeFixed(
  target: Uint8Array,
  offset: number,
  input: { readonly type: string; readonly size: number; readonly value: unknown; readonly path: string },
): void {
  const { value, size } = input;
  if (typeof value === 'string' && value.length === 2 + 2 * size && writeHex(target, offset, value)) return;
  throw new TypedMessageError(
    input.path,
    `expected ${input.type} (0x and ${2 * size} hex digits), got ${shown(value)}`,
  );
}

function boolean(value: unknown, path: string): boolean {
  if (typeof value === 'boolean') return value;
  throw new TypedMessageError(path, `expected bool, got ${shown(value)}`);
}

function writeInteger(
  target: Uint8Array,
  offset: number,
  input: { readonly type: string; readonly max: bigint; readonly value: unknown; readonly path: string },
): void {
  const { type, max, value, path } = input;
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw new TypedMessageError(path, `expected ${type}, got ${value}; integers above 2^53 - 1 must not be numbers`);
  }
  if (typeof value !== 'number' && typeof value !== 'bigint') {
    throw new TypedMessageError(path, `expected ${type}, got ${shown(value)}`);
  }
  if (value < 0 || value > max) throw new TypedMessageError(path, `expected ${type} from 0 to ${max}, got ${value}`);
  writeUint(target, offset, value);
}

/** The fields of an object, which must be exactly these. */
export function exactFields(value: unknown, names: readonly string[], path: string): Record<string, unknown> {
  const fields = object(value, path);
  const missing = names.filter((name) => !Object.hasOwn(fields, name));
  if (missing.length > 0) throw new TypedMessageError(path, `missing ${missing.join(', ')}`);
  const unknown = Object.keys(fields).filter((name) => !names.includes(name));
  if (unknown.length > 0)
    throw new TypedMessageError(path, `unknown ${unknown.join(', ')}; known are ${names.join(', ')}`);
  return fields;
}

/** Any object that is no array. */
export function object(value: unknown, path: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new TypedMessageError(path, `expected an object, got ${shown(value)}`);
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? `"${value}"` : Array.isArray(value) ? 'an array' : String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** 32 bytes, big-endian. */
export function word(value: number): Uint8Array {
  const bytes = new Uint8Array(WORD);
  writeUint(bytes, 0, value);
  return bytes;
}

/** An integer that is known to fit, big-endian into a word of zeros. */
export function writeUint(target: Uint8Array, offset: number, value: number | bigint): void {
  let rest = BigInt(value);
  for (let i = offset + WORD - 1; rest > 0n; i--) {
    target[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
}
