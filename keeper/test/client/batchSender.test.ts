import { privateKeyToAccount } from 'viem/accounts';
import { describe, expect, it } from 'vitest';
import { recoverAddress } from '../../src/adapters/crypto/recover.ts';
import { createBatchSender } from '../../src/client/batchSender.ts';
import { KeeperApiError } from '../../src/client/keeperApiError.ts';
import type { KeeperClient } from '../../src/client/keeperClient.ts';
import type { Address } from '../../src/core/commands.ts';
import type { BatchMessage } from '../../src/core/typedMessages.ts';
import { digestOf } from '../../src/core/typedMessages.ts';
import {
  addressOf,
  apply,
  cancelAll,
  directoryLog,
  EPOCH,
  emptyExchange,
  GENESIS,
  HOME,
  listings,
  log,
  type TestExchange,
} from '../support/exchange.ts';

type Submit = KeeperClient['submitBatch'];

const account = privateKeyToAccount(`0x${'42'.repeat(32)}`);
const executor = account.address.toLowerCase() as Address;
const domain = { chainId: HOME, verifyingContract: GENESIS.checkpointer };
const NOW = 1_700_000_000_000;

function openExchange(): TestExchange {
  const exchange = emptyExchange();
  directoryLog(exchange, listings(executor));
  const authority = { chainId: HOME, contract: GENESIS.authority };
  log(exchange, authority, [{ type: 'leaderChanged', leader: addressOf('leader'), epoch: EPOCH }]);
  return exchange;
}

/** What the core says to a batch that arrives now, as a client says it. */
function take(exchange: TestExchange, { message, signature }: Parameters<Submit>[0]): Awaited<ReturnType<Submit>> {
  expect(recoverAddress(digestOf('Batch', domain, message), signature)).toBe(executor);
  const { result } = apply(exchange, { type: 'batch', ...message });
  if (result.code === 'ok') return { sequence: exchange.sequence, result, repeated: false };
  const { code, details = {} } = result as { code: string; details?: Record<string, number> };
  throw new KeeperApiError({ code, message: code, details, retryable: false, status: 409 });
}

const senderTo = (submitBatch: Submit, signer = account) =>
  createBatchSender({ client: { submitBatch }, account: signer, domain, epoch: EPOCH, now: () => NOW });

/** Batches are told apart by their book. */
const trades = (book: number) => ({ actions: [cancelAll(addressOf('ann'), book)], makersFirst: false });
const bookOf = ({ actions }: BatchMessage) => actions[0]?.book;

describe('batches that are under way at once', () => {
  it('are all taken, each once, whichever is read first', async () => {
    const exchange = openExchange();
    const taken: (number | undefined)[] = [];
    let underWay: (() => void)[] = [];
    const submit = senderTo(async (batch) => {
      await new Promise<void>((resolve) => underWay.push(resolve));
      const answer = take(exchange, batch);
      taken.push(bookOf(batch.message));
      return answer;
    });
    const answers = Promise.all([1, 2, 3, 4].map((book) => submit(trades(book))));
    for (const count of [4, 3, 2, 1]) {
      while (underWay.length < count) await new Promise(setImmediate);
      const arrived = underWay.toReversed();
      underWay = [];
      for (const arrive of arrived) arrive();
    }
    expect((await answers).map(({ result }) => result.code)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(taken.toSorted()).toEqual([1, 2, 3, 4]);
    expect(taken).not.toEqual([1, 2, 3, 4]);
  });

  it('leave in the order of their nonces, though one takes longer to sign', async () => {
    const exchange = openExchange();
    const nonces: number[] = [];
    let isFirst = true;
    const slow: typeof account = {
      ...account,
      async signTypedData(data) {
        const turns = isFirst ? 50 : 0;
        isFirst = false;
        for (let turn = 0; turn < turns; turn++) await null;
        return account.signTypedData(data);
      },
    };
    const submit = senderTo(async (batch) => {
      nonces.push(batch.message.nonce);
      return take(exchange, batch);
    }, slow);
    await Promise.all([1, 2, 3].map((book) => submit(trades(book))));
    expect(nonces).toEqual([NOW, NOW + 1, NOW + 2]);
  });

  it('come after what another program has sent', async () => {
    const exchange = openExchange();
    const nonces: number[] = [];
    exchange.state.batchNonce = NOW + 500;
    const submit = senderTo(async (batch) => {
      nonces.push(batch.message.nonce);
      return take(exchange, batch);
    });
    await submit(trades(1));
    expect(nonces).toEqual([NOW, NOW + 501]);
  });
});

describe('a batch', () => {
  it('is sent no second time when nobody knows whether it was taken', async () => {
    let sent = 0;
    const lost = new KeeperApiError({ code: 'network.timeout', message: 'late', retryable: true, status: 0 });
    const submit = senderTo(async () => {
      sent++;
      throw lost;
    });
    await expect(submit(trades(1))).rejects.toBe(lost);
    expect(sent).toBe(1);
  });

  it('that is overtaken again and again is given up', async () => {
    const exchange = openExchange();
    let sent = 0;
    const submit = senderTo(async (batch) => {
      sent++;
      exchange.state.batchNonce = batch.message.nonce;
      return take(exchange, batch);
    });
    await expect(submit(trades(1))).rejects.toMatchObject({ code: 'batch.nonceNotGrowing' });
    expect(sent).toBe(8);
  });

  it('that cannot be signed keeps no other from being sent', async () => {
    const exchange = openExchange();
    const submit = senderTo(async (batch) => take(exchange, batch));
    const bad = { actions: [{ ...cancelAll(addressOf('ann'), 1), price: -1 }], makersFirst: false };
    const [refused, taken] = await Promise.allSettled([submit(bad), submit(trades(2))]);
    expect([refused?.status, taken?.status]).toEqual(['rejected', 'fulfilled']);
  });
});
