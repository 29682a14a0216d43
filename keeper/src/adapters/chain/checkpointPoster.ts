import { checkpointerAbi } from '@myrtle-wyckoff/generated';
import { encodeFunctionData } from 'viem';
import { toHex } from '../../core/bytes.ts';
import type { Address } from '../../core/commands.ts';
import type { CheckpointPoster, SignedCheckpoint } from '../../core/ports.ts';
import { type SenderOptions, TransactionSender } from './transactionSender.ts';

/** Posts signed checkpoints with the gas key. Both methods throw `ChainError`. */
export function createCheckpointPoster(options: SenderOptions & { readonly checkpointer: Address }): CheckpointPoster {
  const sender = new TransactionSender(options);
  return {
    post: (signed) => sender.send({ to: options.checkpointer, data: encode(signed), abi: checkpointerAbi }),
    gasBalance: () => sender.balance(),
  };
}

function encode(signed: SignedCheckpoint) {
  const { number, epoch, journalIndex, ...hashes } = signed.checkpoint;
  return encodeFunctionData({
    abi: checkpointerAbi,
    functionName: 'checkpoint',
    args: [
      { ...hashes, number: BigInt(number), epoch: BigInt(epoch), journalIndex: BigInt(journalIndex) },
      toHex(signed.payload),
      signed.withdrawals.map((withdrawal) => ({
        ...withdrawal,
        checkpoint: BigInt(withdrawal.checkpoint),
        deadline: BigInt(withdrawal.deadline),
      })),
      signed.ciphertexts.map(toHex),
      signed.enclaveSignature,
      signed.leaderSignature,
    ],
  });
}
