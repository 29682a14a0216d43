// Keys for names, and a sealing that anybody can open.
import { recoverAddress } from '../../src/adapters/crypto/recover.ts';
import { createSigner } from '../../src/adapters/crypto/signer.ts';
import { batchDigest } from '../../src/core/batchDigest.ts';
import { concatBytes } from '../../src/core/bytes.ts';
import type { Domain } from '../../src/core/eip712.ts';
import { keccak256, keccak256Hex } from '../../src/core/keccak.ts';
import type { BatchSigners, KeeperKeys, Signer } from '../../src/core/ports.ts';

const text = (value: string) => new TextEncoder().encode(value);

export function fakeSigner(name: string): Signer {
  return createSigner(keccak256Hex(text(`key of ${name}`)));
}

/** The enclave key is the same for all keepers, the leader key each one's own. */
export function fakeKeys(leader = 'leader'): KeeperKeys {
  return {
    enclave: fakeSigner('enclave'),
    leader: fakeSigner(leader),
    gasPrivateKey: keccak256Hex(text('gas')),
    stateRootKeys: [keccak256(text('state'))],
    journalKey: keccak256(text('journal')),
    keyEpoch: 1,
    mode: 'SIMULATED',
  };
}

/** Without threads: what was asked first is answered first anyway. */
export function fakeBatchSigners(domain: Domain): BatchSigners {
  return {
    async find(batch, signature) {
      const digest = batchDigest(domain, batch);
      return { digest, signer: recoverAddress(digest, signature) };
    },
    async close() {},
  };
}

const HEADER = 32;

/** Like the real one it never gives the same bytes twice, so that signing anew shows; unlike it, it hides nothing. */
export function createFakeSealing() {
  let salt = 0;
  const headerOf = (epoch: number, number: number) => keccak256(text(`${epoch} ${number}`));
  return {
    seal: ({ epoch, number, plaintext }: { epoch: number; number: number; plaintext: Uint8Array }) =>
      concatBytes(headerOf(epoch, number), text(String(salt++).padStart(HEADER)), plaintext),
    open({ epoch, number, payload }: { epoch: number; number: number; payload: Uint8Array }) {
      const header = headerOf(epoch, number);
      if (!header.every((byte, i) => byte === payload[i])) throw new Error('the payload of another checkpoint');
      return payload.slice(2 * HEADER);
    },
  };
}
