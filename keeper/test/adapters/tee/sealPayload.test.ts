import { createCipheriv, hkdfSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openPayload, sealPayload } from '../../../src/adapters/tee/sealPayload.ts';
import { TeeError } from '../../../src/adapters/tee/teeError.ts';

const SEALING = {
  stateRootKeys: [new Uint8Array(32).fill(9)],
  chainId: 31337,
  checkpointer: '0x00000000000000000000000000000000000000c0',
  epoch: 2,
  number: 7,
} as const;
const PLAINTEXT = new TextEncoder().encode('everybody owns everything');
const HEADER = 41;

describe('a sealed payload', () => {
  it('gives back what was sealed, of any length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000, size: 'max' }), (plaintext) => {
        const payload = sealPayload({ ...SEALING, plaintext });
        expect(openPayload({ ...SEALING, payload })).toEqual(plaintext);
      }),
    );
  });

  it('shows the key epoch in clear, and nothing of the plaintext', () => {
    const stateRootKeys = Array.from({ length: 0x0102 }, () => new Uint8Array(32));
    const payload = sealPayload({ ...SEALING, stateRootKeys, plaintext: PLAINTEXT });
    expect([...payload.subarray(0, 9)]).toEqual([...Buffer.from('MWCP'), 1, 0, 0, 1, 2]);
    expect(Buffer.from(payload).includes('everything')).toBe(false);
  });

  it('differs each time', () => {
    const [first, second] = [1, 2].map(() => Buffer.from(sealPayload({ ...SEALING, plaintext: PLAINTEXT })));
    expect(first?.subarray(HEADER)).not.toEqual(second?.subarray(HEADER));
    expect(first?.subarray(9, HEADER)).not.toEqual(second?.subarray(9, HEADER));
  });

  it('tells its length only in steps of 256 bytes', () => {
    const lengthOf = (length: number) => sealPayload({ ...SEALING, plaintext: new Uint8Array(length) }).length;
    expect(lengthOf(0)).toBe(lengthOf(252));
    expect(lengthOf(253)).toBe(lengthOf(508));
    expect(lengthOf(253)).toBe(lengthOf(0) + 256);
  });

  it('is refused when any bit of it is altered', () => {
    const payload = sealPayload({ ...SEALING, plaintext: PLAINTEXT });
    for (let at = 0; at < payload.length; at++) {
      const altered = payload.slice();
      altered[at] = (altered[at] as number) ^ (1 << (at % 8));
      expect(() => openPayload({ ...SEALING, payload: altered })).toThrow(TeeError);
    }
  });

  it('is refused when it is cut or longer', () => {
    const payload = sealPayload({ ...SEALING, plaintext: new Uint8Array(1000) });
    for (let size = 0; size < payload.length; size += 7) {
      expect(() => openPayload({ ...SEALING, payload: payload.subarray(0, size) })).toThrow(TeeError);
    }
    expect(() => openPayload({ ...SEALING, payload: new Uint8Array([...payload, 0]) })).toThrow(TeeError);
  });

  it.each([
    ['chain', { chainId: 31338 }],
    ['contract', { checkpointer: '0x00000000000000000000000000000000000000c1' as const }],
    ['epoch', { epoch: 3 }],
    ['number', { number: 8 }],
    ['key', { stateRootKeys: [new Uint8Array(32).fill(8)] }],
  ])('of another %s is refused', (_, change) => {
    const payload = sealPayload({ ...SEALING, plaintext: PLAINTEXT });
    expect(() => openPayload({ ...SEALING, ...change, payload })).toThrow(/belongs to another checkpoint or key/);
  });

  it('is opened in a later key epoch, but not in an earlier one, which says so', () => {
    const stateRootKeys = [...SEALING.stateRootKeys, ...[1, 2].map((byte) => new Uint8Array(32).fill(byte))];
    const later = { ...SEALING, stateRootKeys };
    const [old, payload] = [SEALING, later].map((sealing) => sealPayload({ ...sealing, plaintext: PLAINTEXT }));
    expect(openPayload({ ...later, payload: old as Uint8Array })).toEqual(PLAINTEXT);
    const tooEarly = () => openPayload({ ...SEALING, payload: payload as Uint8Array });
    expect(tooEarly).toThrow('was sealed in key epoch 3; this keeper is set to 1');
    const none = (payload as Uint8Array).slice().fill(0, 5, 9);
    expect(() => openPayload({ ...later, payload: none })).toThrow('was sealed in key epoch 0');
  });

  it('has one padding only, even when whoever made it knows the key', () => {
    const header = sealPayload({ ...SEALING, plaintext: PLAINTEXT }).subarray(0, HEADER);
    const info = '31337|0x00000000000000000000000000000000000000c0|2|7';
    const key = new Uint8Array(
      hkdfSync('sha256', SEALING.stateRootKeys[0] as Uint8Array, header.subarray(9), info, 32),
    );
    const sealRaw = (padded: Uint8Array) => {
      const cipher = createCipheriv('aes-256-gcm', key, new Uint8Array(12)).setAAD(header);
      const payload = Buffer.concat([header, cipher.update(padded), cipher.final(), cipher.getAuthTag()]);
      return () => openPayload({ ...SEALING, payload });
    };
    const padded = new Uint8Array(512);
    expect(sealRaw(padded)).toThrow(/padded in a way/);
    expect(sealRaw(padded.fill(0xff, 0, 4))).toThrow(/padded in a way/);
    const good = new Uint8Array(256);
    good[3] = 5;
    expect(sealRaw(good)()).toEqual(new Uint8Array(5));
    good[255] = 1;
    expect(sealRaw(good)).toThrow(/padded in a way/);
  });
});
