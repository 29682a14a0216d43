// Coordinator's provisional version (to let integration begin); the chain adapter's author replaces it.

import { checkpointerAbi } from '@myrtle-wyckoff/generated';
import { type Account, createPublicClient, createWalletClient, fallback, http } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { toHex } from '../../core/bytes.ts';
import type { Address, Hex } from '../../core/commands.ts';
import type { CheckpointPoster } from '../../core/ports.ts';

export function createCheckpointPoster(input: {
  chainId: number;
  rpcUrls: readonly string[];
  privateKey: Hex;
  checkpointer: Address;
}): CheckpointPoster {
  const account: Account = privateKeyToAccount(input.privateKey);
  const transport = fallback(input.rpcUrls.map((url) => http(url)));
  const client = createPublicClient({ transport });
  const wallet = createWalletClient({ transport, account });
  let attempt = { number: 0, times: 0 };
  return {
    async post(signed) {
      const { checkpoint: c } = signed;
      attempt = attempt.number === c.number ? { ...attempt, times: attempt.times + 1 } : { number: c.number, times: 0 };
      const { request } = await client.simulateContract({
        account,
        address: input.checkpointer,
        abi: checkpointerAbi,
        functionName: 'checkpoint',
        args: [
          { ...c, number: BigInt(c.number), epoch: BigInt(c.epoch), journalIndex: BigInt(c.journalIndex) },
          toHex(signed.payload),
          signed.withdrawals.map((w) => ({ ...w, checkpoint: BigInt(w.checkpoint), deadline: BigInt(w.deadline) })),
          signed.ciphertexts.map(toHex),
          signed.enclaveSignature,
          signed.leaderSignature,
        ],
      });
      const nonce = await client.getTransactionCount({ address: account.address, blockTag: 'latest' });
      const fees = await client.estimateFeesPerGas();
      const bump = (v: bigint) => (v * 5n ** BigInt(attempt.times)) / 4n ** BigInt(attempt.times);
      return wallet.writeContract({
        ...request,
        chain: null,
        nonce,
        maxFeePerGas: bump(fees.maxFeePerGas),
        maxPriorityFeePerGas: bump(fees.maxPriorityFeePerGas),
      } as never);
    },
    gasBalance: () => client.getBalance({ address: account.address }),
  };
}
