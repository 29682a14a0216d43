import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { recoverAddress as viemRecover } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { describe, expect, it } from 'vitest';
import { recoverAddress } from '../../../src/adapters/crypto/recover.ts';
import { createSigner } from '../../../src/adapters/crypto/signer.ts';
import type { Hex } from '../../../src/core/commands.ts';

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const KEY: Hex = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80';
const DIGEST: Hex = `0x${'5a'.repeat(32)}`;

const word = (value: bigint) => value.toString(16).padStart(64, '0');
const bytes32 = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => `0x${Buffer.from(bytes).toString('hex')}` as Hex);
const privateKey = fc.bigInt({ min: 1n, max: ORDER - 1n }).map((key) => `0x${word(key)}` as Hex);

function parts(signature: Hex) {
  return {
    r: BigInt(signature.slice(0, 66)),
    s: BigInt(`0x${signature.slice(66, 130)}`),
    v: Number.parseInt(signature.slice(130), 16),
  };
}

function join({ r, s, v }: { r: bigint; s: bigint; v: number }): Hex {
  return `0x${word(r)}${word(s)}${v.toString(16).padStart(2, '0')}`;
}

describe('a signature', () => {
  it('leads back to its signer, as with viem', async () => {
    await fc.assert(
      fc.asyncProperty(privateKey, bytes32, async (key, digest) => {
        const signer = createSigner(key);
        const signature = signer.sign(digest);
        expect(recoverAddress(digest, signature)).toBe(signer.address);
        expect((await viemRecover({ hash: digest, signature })).toLowerCase()).toBe(signer.address);
      }),
      { numRuns: 50 },
    );
  });

  it('is the one that viem makes (RFC 6979, low s)', async () => {
    await fc.assert(
      fc.asyncProperty(privateKey, bytes32, async (key, digest) => {
        const account = privateKeyToAccount(key);
        expect(createSigner(key).sign(digest)).toBe(await account.sign({ hash: digest }));
        expect(createSigner(key).address).toBe(account.address.toLowerCase());
      }),
      { numRuns: 50 },
    );
  });

  it('that was altered leads to somebody else or to nobody, as with viem', async () => {
    const signature = createSigner(KEY).sign(DIGEST);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 63 }), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const bytes = Buffer.from(signature.slice(2), 'hex');
        bytes[at] = (bytes[at] as number) ^ flip;
        const altered = `0x${bytes.toString('hex')}` as Hex;
        const recovered = recoverAddress(DIGEST, altered);
        expect(recovered).not.toBe(createSigner(KEY).address);
        const { s } = parts(altered);
        const theirs = await viemRecover({ hash: DIGEST, signature: altered }).catch(() => undefined);
        expect(recovered).toBe(s > ORDER / 2n ? undefined : theirs?.toLowerCase());
      }),
      { numRuns: 100 },
    );
  });

  const good = parts(createSigner(KEY).sign(DIGEST));
  it.each([
    ['with high s, which viem accepts', join({ ...good, s: ORDER - good.s, v: good.v === 27 ? 28 : 27 })],
    ['with v 0', join({ ...good, v: 0 })],
    ['with v 1', join({ ...good, v: 1 })],
    ['with v 29', join({ ...good, v: 29 })],
    ['with v 255', join({ ...good, v: 255 })],
    ['with r zero', join({ ...good, r: 0n })],
    ['with s zero', join({ ...good, s: 0n })],
    ['with r equal to the order', join({ ...good, r: ORDER })],
    ['with s equal to the order', join({ ...good, s: ORDER })],
    ['with r that is no point', join({ ...good, r: 5n })],
    ['of 64 bytes', join(good).slice(0, 130) as Hex],
    ['of 66 bytes', `${join(good)}00` as Hex],
    ['without 0x', `00${join(good).slice(2)}` as Hex],
    ['with other characters', `${join(good).slice(0, 130)}zz` as Hex],
    ['that is empty', '0x' as Hex],
  ])('%s is refused', (_, signature) => {
    expect(recoverAddress(DIGEST, join(good))).toBe(createSigner(KEY).address);
    expect(recoverAddress(DIGEST, signature)).toBeUndefined();
  });

  it('with high s is one that viem accepts, so that the refusal is ours', async () => {
    const malleated = join({ ...good, s: ORDER - good.s, v: good.v === 27 ? 28 : 27 });
    expect((await viemRecover({ hash: DIGEST, signature: malleated })).toLowerCase()).toBe(createSigner(KEY).address);
  });

  it('can be checked in a worker thread', async () => {
    const module = new URL('../../../src/adapters/crypto/recover.ts', import.meta.url).href;
    const code = `import('${module}').then(({ recoverAddress }) =>
      require('node:worker_threads').parentPort.postMessage(recoverAddress('${DIGEST}', '${join(good)}')))`;
    const answer = await new Promise((resolve, reject) => {
      new Worker(code, { eval: true }).once('message', resolve).once('error', reject);
    });
    expect(answer).toBe(createSigner(KEY).address);
  });
});

describe('a signer', () => {
  it('refuses keys that are no scalars', () => {
    expect(() => createSigner(`0x${word(0n)}`)).toThrow(RangeError);
    expect(() => createSigner(`0x${word(ORDER)}`)).toThrow(RangeError);
    expect(() => createSigner('0x1234')).toThrow(RangeError);
  });

  it('refuses a digest that is not 32 bytes', () => {
    expect(() => createSigner(KEY).sign('0x1234')).toThrow(RangeError);
  });

  it('gives its compressed public key', () => {
    expect(createSigner(KEY).publicKey).toBe('0x038318535b54105d4a7aae60c08fc45f9687181b4fdfc625bd1a753fa7397fed75');
  });
});
