import type { Block } from '../../core/commands.ts';
import type { BlockTag } from '../../core/ports.ts';
import type { Quorum } from './agree.ts';
import { agreeOnBlock, blockByNumber, type Finality } from './agreeOnBlock.ts';
import { ChainError } from './chainError.ts';

/** A block that the quorum agrees on, and the RPCs that may be asked about it. */
export interface AgreedBlock {
  readonly block: Block;
  readonly quorum: Quorum;
}

/** Gives the agreed block at a tag. A final block never goes back, never changes, and is not too old. */
export function createBlockSource(input: {
  readonly everyone: Quorum;
  readonly finality: Finality;
  readonly stragglerMs: number;
  /** For so long the same final block is given again, so that several reads in a row ask only once. */
  readonly finalReuseMs: number;
  readonly ageLimitMs: Readonly<Record<BlockTag, number>>;
  readonly now: () => number;
}): (tag: BlockTag) => Promise<AgreedBlock> {
  const { everyone, finality, stragglerMs, finalReuseMs, ageLimitMs, now } = input;
  const { chainId } = everyone;
  let newestFinal: (AgreedBlock & { readonly agreedAt: number }) | undefined;

  return async (tag) => {
    const known = newestFinal;
    if (tag === 'finalized' && known !== undefined && now() - known.agreedAt < finalReuseMs) return known;
    const agreed = await agreeOnBlock(everyone, { tag: tag === 'latest' ? 'latest' : finality, stragglerMs });
    const { block, quorum } = agreed;
    const ageMs = now() - block.timestamp * 1_000;
    if (ageMs > ageLimitMs[tag]) {
      const minutes = Math.round(ageMs / 60_000);
      throw behind(
        chainId,
        `the newest block at "${tag}" is ${minutes} minutes old. Check whether the RPCs are in sync.`,
      );
    }
    if (tag === 'latest') return agreed;
    if (known !== undefined) await requireExtends(quorum, known.block, block);
    // Another call may have been faster and further meanwhile.
    const isNewest = newestFinal === undefined || block.number >= newestFinal.block.number;
    if (isNewest) newestFinal = { ...agreed, agreedAt: now() };
    return agreed;
  };
}

async function requireExtends(quorum: Quorum, known: Block, block: Block): Promise<void> {
  const { chainId } = quorum;
  if (block.number < known.number) {
    throw behind(
      chainId,
      `block ${known.number} was final already, now the RPCs say ${block.number}. Some of them lag.`,
    );
  }
  const now = block.number === known.number ? block : await blockByNumber(quorum, known.number);
  if (now.hash !== known.hash) throw reorg(chainId, `final block ${known.number} was ${known.hash}, now ${now.hash}`);
}

export function behind(chainId: number, message: string): ChainError {
  return new ChainError({ code: 'behind', chainId, message, retryable: true });
}

export function reorg(chainId: number, what: string): ChainError {
  const message = `${what}: a reorg beyond finality. Stop, compare the RPCs with others, and decide by hand.`;
  return new ChainError({ code: 'reorg', chainId, message, retryable: false });
}
