// The digest of a batch straight from the bytes in which the journal keeps it, several times as fast as from its objects:
// it stands in the way of every order.
import { BATCH_LIMIT, type Hex } from './commands.ts';
import { type Domain, digest, type Field, WORD } from './eip712.ts';
import { keccak256 } from './keccak.ts';
import { createReader, expectEnd, FormatError, type Reader, readByte, readInteger } from './packing.ts';
import { separatorOf, structOf, typesOf } from './typedMessages.ts';

const ADDRESS_BYTES = 20;

/** A struct as it is hashed: its type's hash, then one word per field. Bytes that no field fills are always zero. */
interface Words {
  readonly fields: readonly Field[];
  /** The largest integer per field; `ADDRESS` where it is none. */
  readonly limits: readonly number[];
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

const ADDRESS = -1;
const { Batch: batchFields = [], Action: actionFields = [] } = typesOf('Batch');
const batch = createWords(batchFields, structOf('Batch').typeHash);
const action = createWords(actionFields, structOf('Batch').items?.struct.typeHash);
const actionHashes = new Uint8Array(BATCH_LIMIT * WORD);
/** The newest domain that was asked for, which nearly always is the only one. */
let known: { readonly domain: Domain; readonly separator: Uint8Array } | undefined;

/**
 * The same as `digestOf('Batch', domain, …)` of the message that `encodeBatch` gave these bytes for. Throws `FormatError`
 * for other bytes, and for what fits the journal but not the message's type.
 */
export function batchDigest(domain: Domain, encoded: Uint8Array): Hex {
  const reader = createReader(encoded);
  readFields(reader, batch, batchFields.length - 1);
  const count = readInteger(reader);
  if (count > BATCH_LIMIT) throw new FormatError(`at most ${BATCH_LIMIT} actions, got ${count}`);
  for (let i = 0; i < count; i++) {
    readFields(reader, action, actionFields.length);
    actionHashes.set(keccak256(action.bytes), i * WORD);
  }
  expectEnd(reader);
  batch.bytes.set(keccak256(actionHashes.subarray(0, count * WORD)), batchFields.length * WORD);
  if (known?.domain !== domain) known = { domain, separator: separatorOf('Batch', domain) };
  return digest(known.separator, keccak256(batch.bytes));
}

function createWords(fields: readonly Field[], typeHash: Uint8Array | undefined): Words {
  const bytes = new Uint8Array((1 + fields.length) * WORD);
  bytes.set(typeHash ?? []);
  return { fields, limits: fields.map(({ type }) => limitOf(type)), bytes, view: new DataView(bytes.buffer) };
}

/** Every uint64 of a batch is a safe integer. */
function limitOf(type: string): number {
  if (type === 'address') return ADDRESS;
  return type === 'bool' ? 1 : Math.min(2 ** Number(type.slice('uint'.length)) - 1, Number.MAX_SAFE_INTEGER);
}

/** The first `count` fields, which stand in the journal in the order of the type. */
function readFields(reader: Reader, { fields, limits, bytes, view }: Words, count: number): void {
  for (let i = 0; i < count; i++) {
    const end = (i + 2) * WORD;
    const limit = limits[i] as number;
    if (limit === ADDRESS) {
      for (let at = end - ADDRESS_BYTES; at < end; at++) bytes[at] = readByte(reader);
      continue;
    }
    const value = readInteger(reader);
    if (value > limit) throw new FormatError(`${fields[i]?.name}: ${value} does not fit ${fields[i]?.type}`);
    view.setUint32(end - 8, value / 2 ** 32);
    view.setUint32(end - 4, value);
  }
}
