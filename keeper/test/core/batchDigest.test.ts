import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchDigest } from '../../src/core/batchDigest.ts';
import { encodeBatch } from '../../src/core/commandCodec.ts';
import type { Action, Address, Hex } from '../../src/core/commands.ts';
import { BATCH_LIMIT } from '../../src/core/commands.ts';
import { FormatError } from '../../src/core/packing.ts';
import { type BatchMessage, digestOf, typesOf } from '../../src/core/typedMessages.ts';

const CHECKPOINTER: Address = '0x00000000000000000000000000000000000000c0';
const DOMAIN = { chainId: 31337, verifyingContract: CHECKPOINTER };
const FIELDS = typesOf('Batch').Action ?? [];

const address = fc
  .uint8Array({ minLength: 20, maxLength: 20 })
  .map((bytes) => `0x${Buffer.from(bytes).toString('hex')}` as Hex);

function integerUpTo(max: number): fc.Arbitrary<number> {
  const corners = [0, 1, 127, 128, 2 ** 32 - 1, 2 ** 32, max].filter((corner) => corner <= max);
  return fc.oneof(
    fc.maxSafeNat().map((value) => value % (max + 1)),
    fc.constantFrom(...corners),
  );
}

function limitOf(type: string): number {
  return Math.min(2 ** Number(type.slice(4)) - 1, Number.MAX_SAFE_INTEGER);
}

const anyAction = fc.record(
  Object.fromEntries(FIELDS.map(({ name, type }) => [name, type === 'address' ? address : integerUpTo(limitOf(type))])),
) as unknown as fc.Arbitrary<Action>;

const safeInteger = integerUpTo(Number.MAX_SAFE_INTEGER);
const anyBatch: fc.Arbitrary<BatchMessage> = fc.record({
  executor: address,
  epoch: safeInteger,
  nonce: safeInteger,
  deadline: safeInteger,
  makersFirst: fc.boolean(),
  actions: fc.array(anyAction, { maxLength: 6 }),
});

const [BATCH] = fc.sample(anyBatch, { numRuns: 1, seed: 7 }) as [BatchMessage];
const [ACTION] = fc.sample(anyAction, { numRuns: 1, seed: 7 }) as [Action];

describe('the digest of a batch from its bytes', () => {
  it('is that of the typed message', () => {
    fc.assert(
      fc.property(anyBatch, (batch) => {
        expect(batchDigest(DOMAIN, encodeBatch(batch))).toBe(digestOf('Batch', DOMAIN, batch));
      }),
      { numRuns: 500 },
    );
  });

  it('is that of the typed message for the largest batch, and for smaller ones right after it', () => {
    const largest = { ...BATCH, actions: Array.from({ length: BATCH_LIMIT }, (_, i) => ({ ...ACTION, clientId: i })) };
    for (const batch of [largest, { ...BATCH, actions: [] }, { ...BATCH, actions: [ACTION] }]) {
      expect(batchDigest(DOMAIN, encodeBatch(batch))).toBe(digestOf('Batch', DOMAIN, batch));
    }
  });

  it.each(FIELDS.filter(({ type }) => type.startsWith('uint')))('refuses $name beyond $type', ({ name, type }) => {
    const digestWith = (value: number) =>
      batchDigest(DOMAIN, encodeBatch({ ...BATCH, actions: [{ ...ACTION, [name]: value }] }));
    expect(digestWith(limitOf(type))).toMatch(/^0x/);
    expect(() => digestWith(limitOf(type) + 1)).toThrow(FormatError);
    expect(() => digestWith(-1)).toThrow(FormatError);
    expect(() => digestWith(0.5)).toThrow(FormatError);
  });

  it('is that of the domain, whichever was asked for before', () => {
    const other = { ...DOMAIN, chainId: 1 };
    for (const domain of [DOMAIN, other, other, DOMAIN]) {
      expect(batchDigest(domain, encodeBatch(BATCH))).toBe(digestOf('Batch', domain, BATCH));
    }
  });

  it('refuses more actions than a batch may hold', () => {
    const actions = Array.from({ length: BATCH_LIMIT + 1 }, () => ACTION);
    expect(() => batchDigest(DOMAIN, encodeBatch({ ...BATCH, actions }))).toThrow('at most 1024 actions, got 1025');
  });

  it('refuses bytes that end too early or too late, and is right again afterwards', () => {
    const bytes = encodeBatch({ ...BATCH, actions: [ACTION, ACTION] });
    const right = digestOf('Batch', DOMAIN, { ...BATCH, actions: [ACTION, ACTION] });
    for (let length = 0; length < bytes.length; length++) {
      expect(() => batchDigest(DOMAIN, bytes.subarray(0, length))).toThrow(FormatError);
    }
    expect(() => batchDigest(DOMAIN, new Uint8Array([...bytes, 0]))).toThrow(FormatError);
    expect(batchDigest(DOMAIN, bytes)).toBe(right);
  });
});
