// Several batches of one executor under way at once.
import type { BatchAnswer } from '../core/api.ts';
import type { Address, Hex } from '../core/commands.ts';
import type { Domain } from '../core/eip712.ts';
import type { BatchMessage } from '../core/typedMessages.ts';
import { KeeperApiError } from './keeperApiError.ts';
import type { KeeperClient } from './keeperClient.ts';
import { signBatch, type TypedDataSigner } from './signing.ts';

const ACCEPT_WITHIN_MS = 60_000;
/** How often a batch is signed. Being overtaken again and again takes another program that signs for the same executor. */
const SIGNED_LIMIT = 8;

type Trades = Pick<BatchMessage, 'actions' | 'makersFirst'>;

/**
 * Signs and sends batches, as many at once as are asked for, with nonces that grow. Requests on several connections may
 * overtake each other; the keeper refuses the slower one, of which nothing was done, and it is signed and sent again. So
 * batches that are under way at once may be taken in any order: what needs an order belongs into one batch, or waits.
 *
 * The function throws what the client throws. A batch whose answer is lost may have been taken and is not sent again: the
 * stream, or the orders by their client ids, tell.
 * @param input.account the executor: viem's LocalAccount, for instance
 * @param input.epoch of the leader, in `identity()`
 * @param input.acceptWithinMs how long a batch may be under way
 */
export function createBatchSender(input: {
  readonly client: Pick<KeeperClient, 'submitBatch'>;
  readonly account: TypedDataSigner & { readonly address: Hex };
  readonly domain: Domain;
  readonly epoch: number;
  readonly acceptWithinMs?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}): (trades: Trades) => Promise<BatchAnswer> {
  const { client, account, domain, epoch, acceptWithinMs = ACCEPT_WITHIN_MS, now = Date.now } = input;
  const executor = account.address.toLowerCase() as Address;
  let newest = 0;
  let signing: Promise<unknown> = Promise.resolve();

  async function sign({ actions, makersFirst }: Trades) {
    newest = Math.max(newest + 1, now());
    const message = { executor, epoch, nonce: newest, deadline: now() + acceptWithinMs, makersFirst, actions };
    return { message, signature: await signBatch({ account, domain, message }) };
  }

  return async (trades) => {
    for (let signed = 1; ; signed++) {
      // One after another, so that batches leave in the order of their nonces.
      const batch = signing.then(() => sign(trades));
      signing = batch.catch(() => {});
      try {
        return await client.submitBatch(await batch);
      } catch (error) {
        if (signed === SIGNED_LIMIT || !(error instanceof KeeperApiError)) throw error;
        if (error.code !== 'batch.nonceNotGrowing') throw error;
        newest = Math.max(newest, Number(error.details.newest));
      }
    }
  };
}
