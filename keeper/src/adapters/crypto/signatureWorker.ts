// A thread that finds out who signed batches. Started by `createBatchSigners`.
import { parentPort, workerData } from 'node:worker_threads';
import { batchDigest } from '../../core/batchDigest.ts';
import { encodeBatch } from '../../core/commandCodec.ts';
import { type Hex, ZERO_ADDRESS } from '../../core/commands.ts';
import type { Domain } from '../../core/eip712.ts';
import type { SignedBy } from '../../core/ports.ts';
import { recoverAddress } from './recover.ts';

export interface Question {
  /** As `encodeBatch` writes it. */
  readonly batch: Uint8Array;
  readonly signature: Hex;
}
export type Answer = SignedBy | { readonly error: string };

const domain = workerData as Domain;
// What is wrong with the domain shows before the first batch.
const nothing = { executor: ZERO_ADDRESS, epoch: 0, nonce: 0, deadline: 0, makersFirst: false, actions: [] };
batchDigest(domain, encodeBatch(nothing));

/** Questions are answered in their order, those of one message in one message. */
parentPort?.on('message', (questions: readonly Question[]) => {
  parentPort?.postMessage(questions.map(answerTo));
});

/** One batch that does not fit its type must not end the thread. */
function answerTo({ batch, signature }: Question): Answer {
  try {
    const digest = batchDigest(domain, batch);
    return { digest, signer: recoverAddress(digest, signature) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
