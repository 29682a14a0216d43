import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareBytes, concatBytes, equalBytes, fromHex, toHex, writeHex } from '../../src/core/bytes.ts';

describe('hex', () => {
  it('goes to bytes and back', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const hex = toHex(bytes);
        expect(hex).toBe(`0x${Buffer.from(bytes).toString('hex')}`);
        expect(fromHex(hex)).toEqual(bytes);
        expect(fromHex(`0x${hex.slice(2).toUpperCase()}`, bytes.length)).toEqual(bytes);
      }),
    );
  });

  it.each([
    '',
    '0',
    '00',
    '0x0',
    '0x0g',
    '0xg0',
    '0x 1',
    '0x-1',
    '0X00',
    'x000',
    '0x00é0',
    '0x00\u0130\u0130',
    ' 0x00',
    '0x00\n',
  ])('refuses %j', (text) => {
    expect(() => fromHex(text)).toThrow(RangeError);
    expect(() => fromHex(text, 1)).toThrow(RangeError);
  });

  it('refuses another length than the one that is asked for', () => {
    expect(() => fromHex('0x0011', 3)).toThrow('expected 3 bytes in hex, got 2');
  });

  it('is written into the middle of other bytes', () => {
    const target = new Uint8Array(4);
    expect(writeHex(target, 1, '0xABcd')).toBe(true);
    expect(target).toEqual(new Uint8Array([0, 0xab, 0xcd, 0]));
    expect(writeHex(target, 1, '0xzz')).toBe(false);
  });
});

describe('bytes', () => {
  const bytes = fc.uint8Array({ maxLength: 5, max: 2 });

  it('are joined, compared and ordered as Node does it', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        expect(concatBytes(a, b)).toEqual(new Uint8Array(Buffer.concat([a, b])));
        expect(equalBytes(a, b)).toBe(Buffer.from(a).equals(b));
        expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(a, b));
      }),
    );
  });
});
