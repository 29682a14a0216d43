import { afterEach, describe, expect, it } from 'vitest';
import { createBatchSigners } from '../../../src/adapters/crypto/createBatchSigners.ts';
import { encodeBatch } from '../../../src/core/commandCodec.ts';
import { BUY } from '../../../src/core/commands.ts';
import type { BatchSigners } from '../../../src/core/ports.ts';
import { type BatchMessage, digestOf } from '../../../src/core/typedMessages.ts';
import { addressOf, ETH_USD, GENESIS, HOME, place } from '../../support/exchange.ts';
import { fakeSigner } from '../../support/fakeKeys.ts';

const domain = { chainId: HOME, verifyingContract: GENESIS.checkpointer };
const executor = fakeSigner('executor');

let signers: BatchSigners | undefined;
let failures: Error[] = [];
afterEach(async () => {
  await signers?.close();
  failures = [];
});

function start(threads: number): BatchSigners {
  signers = createBatchSigners({ domain, threads, onFailure: (error) => failures.push(error) });
  return signers;
}

function batchOf(nonce: number, orders: number): BatchMessage {
  const actions = Array.from({ length: orders }, (_, i) => place(addressOf('alice'), ETH_USD, BUY, 1 + i, nonce));
  return { executor: executor.address, epoch: 1, nonce, deadline: 9, makersFirst: true, actions };
}

describe('threads that check signatures', () => {
  it('find the signer and the digest of the typed message', async () => {
    const { find } = start(1);
    const message = batchOf(1, 3);
    const digest = digestOf('Batch', domain, message);
    expect(await find(encodeBatch(message), executor.sign(digest))).toEqual({ digest, signer: executor.address });
    const other = await find(encodeBatch({ ...message, nonce: 2 }), executor.sign(digest));
    expect(other.digest).not.toBe(digest);
    expect(other.signer).not.toBe(executor.address);
    expect(await find(encodeBatch(message), `0x${'00'.repeat(65)}`)).toEqual({ digest, signer: undefined });
    expect(await find(encodeBatch(message), '0x')).toEqual({ digest, signer: undefined });
  });

  it('answer in the order of the questions, although one takes much longer than another', async () => {
    const { find } = start(3);
    const answered: number[] = [];
    // A large batch first, then small ones for the other threads.
    const questions = [1_024, 1, 1, 500, 1, 1, 1].map((orders, nonce) => {
      const message = batchOf(nonce, orders);
      return find(encodeBatch(message), executor.sign(digestOf('Batch', domain, message))).then(({ signer }) => {
        expect(signer).toBe(executor.address);
        answered.push(nonce);
      });
    });
    await Promise.all(questions);
    expect(answered).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('answer many questions that come at once, each its own', async () => {
    const { find } = start(2);
    const messages = Array.from({ length: 23 }, (_, nonce) => batchOf(nonce, 1 + (nonce % 3)));
    const answers = await Promise.all(messages.map((message) => find(encodeBatch(message), '0x')));
    expect(answers).toEqual(
      messages.map((message) => ({ digest: digestOf('Batch', domain, message), signer: undefined })),
    );
  });

  it('refuse what is no batch, and go on', async () => {
    const { find } = start(1);
    const message = batchOf(1, 1);
    const signature = executor.sign(digestOf('Batch', domain, message));
    await expect(find(new Uint8Array(), signature)).rejects.toThrow('cut short');
    await expect(find(encodeBatch(batchOf(1, 1_025)), signature)).rejects.toThrow('at most 1024 actions');
    expect((await find(encodeBatch(message), signature)).signer).toBe(executor.address);
    expect(failures).toEqual([]);
  });

  it('tell when one of them fails, and answer nothing any more', async () => {
    const nowhere = { ...domain, verifyingContract: '0x' } as const;
    signers = createBatchSigners({ domain: nowhere, threads: 2, onFailure: (error) => failures.push(error) });
    await expect(signers.find(encodeBatch(batchOf(1, 1)), '0x')).rejects.toThrow(
      'A thread that checks signatures failed.',
    );
    expect(failures).toHaveLength(1);
    await expect(signers.find(encodeBatch(batchOf(2, 1)), '0x')).rejects.toThrow('failed');
  });

  it('answer nothing after they were closed, which is no failure', async () => {
    const { find, close } = start(1);
    const waiting = find(encodeBatch(batchOf(1, 1)), '0x');
    const refused = expect(waiting).rejects.toThrow('ended');
    await close();
    await refused;
    await expect(find(encodeBatch(batchOf(1, 1)), '0x')).rejects.toThrow('ended');
    expect(failures).toEqual([]);
  });
});
