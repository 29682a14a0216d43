import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressAt, createAddressCache } from '../../src/core/addressCache.ts';
import { toHex } from '../../src/core/bytes.ts';

describe('the cache of addresses', () => {
  it('answers what stands there, wherever that is', () => {
    const any = fc.uint8Array({ minLength: 20, maxLength: 20 });
    const oneOfFew = any.map((bytes) => bytes.map((byte) => byte % 2));
    fc.assert(
      fc.property(fc.array(fc.oneof(oneOfFew, any), { maxLength: 60 }), fc.nat(7), (list, offset) => {
        const cache = createAddressCache();
        for (const bytes of [...list, ...list]) {
          const shifted = new Uint8Array([...new Uint8Array(offset), ...bytes, 255]);
          expect(addressAt(cache, shifted, offset)).toBe(toHex(bytes));
        }
      }),
      { numRuns: 50 },
    );
  });

  it('answers each of more addresses than it has places for', () => {
    const cache = createAddressCache();
    const bytes = new Uint8Array(20);
    const view = new DataView(bytes.buffer);
    const wrong: number[] = [];
    for (let number = 0; number < 100_000; number++) {
      view.setUint32(4 * (number % 5), number);
      if (addressAt(cache, bytes, 0) !== toHex(bytes)) wrong.push(number);
    }
    expect(wrong).toEqual([]);
  });
});
