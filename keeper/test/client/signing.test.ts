import { privateKeyToAccount } from 'viem/accounts';
import { describe, expect, it } from 'vitest';
import { recoverAddress } from '../../src/adapters/crypto/recover.ts';
import { signBatch, signWithdrawalCancel, signWithdrawalRequest } from '../../src/client/signing.ts';
import type { Address } from '../../src/core/commands.ts';
import { TypedMessageError } from '../../src/core/eip712.ts';
import type { BatchMessage, WithdrawalRequestMessage } from '../../src/core/typedMessages.ts';
import { digestOf } from '../../src/core/typedMessages.ts';

const account = privateKeyToAccount(`0x${'42'.repeat(32)}`);
const signer = account.address.toLowerCase() as Address;
const DOMAIN = { chainId: 31337, verifyingContract: '0x00000000000000000000000000000000000000c0' } as const;
const TOKEN: Address = '0x00000000000000000000000000000000000000b1';

const BATCH: BatchMessage = {
  executor: signer,
  epoch: 1,
  nonce: Number.MAX_SAFE_INTEGER,
  deadline: 1_800_000_000_000,
  makersFirst: true,
  actions: [
    {
      kind: 0,
      account: signer,
      subaccount: 0,
      book: 1,
      side: 1,
      timeInForce: 2,
      flags: 4,
      price: 100,
      quantity: 5,
      orderId: 0,
      clientId: 7,
      expiry: 0,
      maxFeePpm: 500,
    },
  ],
};

const REQUEST: WithdrawalRequestMessage = {
  account: signer,
  subaccount: 0,
  chainId: 31338,
  token: TOKEN,
  amount: 2n ** 200n,
  recipient: signer,
  nonce: 5n,
  deadline: 1_800_000_000_000,
};

describe('what a viem account signs', () => {
  it('is a batch that the keeper takes', async () => {
    const signature = await signBatch({ account, domain: DOMAIN, message: BATCH });
    expect(recoverAddress(digestOf('Batch', DOMAIN, BATCH), signature)).toBe(signer);
  });

  it('is a withdrawal request that the keeper takes', async () => {
    const signature = await signWithdrawalRequest({ account, domain: DOMAIN, message: REQUEST });
    expect(recoverAddress(digestOf('WithdrawalRequest', DOMAIN, REQUEST), signature)).toBe(signer);
  });

  it('is a cancellation that the keeper takes, and nothing else', async () => {
    const cancel = { account: signer, chainId: 31338, nonce: 5n };
    const signature = await signWithdrawalCancel({ account, domain: DOMAIN, message: cancel });
    expect(recoverAddress(digestOf('WithdrawalCancel', DOMAIN, cancel), signature)).toBe(signer);
    const other = { ...DOMAIN, chainId: 31338 };
    expect(recoverAddress(digestOf('WithdrawalCancel', other, cancel), signature)).not.toBe(signer);
    expect(recoverAddress(digestOf('WithdrawalCancel', DOMAIN, { ...cancel, nonce: 6n }), signature)).not.toBe(signer);
  });

  it('is never a message that the keeper would refuse', async () => {
    await expect(signBatch({ account, domain: DOMAIN, message: { ...BATCH, nonce: 2 ** 53 } })).rejects.toThrow(
      TypedMessageError,
    );
    await expect(
      signWithdrawalRequest({ account, domain: DOMAIN, message: { ...REQUEST, amount: -1n } }),
    ).rejects.toThrow(TypedMessageError);
  });
});
