// A thread that finds out who signed batches. Started by `createBatchSigners`.
import { parentPort, workerData } from 'node:worker_threads';
import { createAddressCache } from '../../core/addressCache.ts';
import { assert } from '../../core/assertion.ts';
import { decodeCommand } from '../../core/commandCodec.ts';
import { type Hex, ZERO_ADDRESS } from '../../core/commands.ts';
import type { Domain } from '../../core/eip712.ts';
import type { SignedBy } from '../../core/ports.ts';
import { batchDigest } from '../../core/typedMessages.ts';
import { recoverAddress } from './recover.ts';

/** A batch as `encodeCommand` writes it. Requests are answered in their order. */
export interface Request {
  readonly batch: Uint8Array;
  readonly signature: Hex;
}
export type Answer = SignedBy | { readonly error: string };

const domain = workerData as Domain;
const addresses = createAddressCache();
// What is wrong with the domain shows before the first batch.
batchDigest(domain, { executor: ZERO_ADDRESS, epoch: 0, nonce: 0, deadline: 0, makersFirst: false, actions: [] });

parentPort?.on('message', (request: Request) => {
  parentPort?.postMessage(answerTo(request));
});

/** One message that does not fit its type must not end the thread. */
function answerTo({ batch, signature }: Request): Answer {
  try {
    const command = decodeCommand(batch, addresses);
    assert(command.type === 'batch', `${command.type} is not signed by an executor`);
    const digest = batchDigest(domain, command);
    return { digest, signer: recoverAddress(digest, signature) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
