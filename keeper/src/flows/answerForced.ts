// Brings what the vaults say of forced withdrawals into the journal, where the core decides them.
import { undecided } from '../core/forced.ts';
import type { ChainReader, Clock, Logger } from '../core/ports.ts';
import { repeat } from './repeat.ts';
import type { Sequencer } from './sequencer.ts';
import type { WindDown } from './windDown.ts';

export interface ForcedAnswers {
  /** Decides every request that can be read now. */
  decideOnce(): Promise<void>;
  start(): void;
  stop(): void;
}

export function createForcedAnswers(input: {
  readonly sequencer: Sequencer;
  readonly windDown: Pick<WindDown, 'isOpen'>;
  readonly readers: ReadonlyMap<number, ChainReader>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pollMs: number;
}): ForcedAnswers {
  const { sequencer, readers, logger } = input;
  const { state } = sequencer;

  /** Whether there was an answer. */
  async function decide({ chainId, id }: { readonly chainId: number; readonly id: number }): Promise<boolean> {
    const reader = readers.get(chainId);
    const registry = state.chains.get(chainId)?.registry;
    if (reader === undefined || registry === undefined) return false;
    const request = await reader.readForced(registry, id, 'finalized');
    // Asked for in a block that is final for the log, and not yet for this answer.
    if (request === undefined) return false;
    const { capacity } = await reader.readWithdrawalLimit(registry, request.token, 'finalized');
    const { outcome } = await sequencer.submit({ type: 'answerForced', chainId, id, ...request, capacity });
    const { result } = outcome;
    logger.info({ chainId, id, code: result.code }, 'forced withdrawal decided');
    return result.code === 'ok';
  }

  /** A chain that does not answer holds up only its own. */
  async function decideAll(chainId: number): Promise<void> {
    try {
      const next = () => undecided(state).find((request) => request.chainId === chainId);
      for (let request = next(); request !== undefined; request = next()) if (!(await decide(request))) return;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      logger.warn({ chainId, error: message }, 'forced withdrawals cannot be decided');
    }
  }

  /** Not in a wind-down that no answer would be in time for. */
  async function decideOnce(): Promise<void> {
    if (!input.windDown.isOpen) return;
    await Promise.all([...state.forced.keys()].map(decideAll));
  }

  return {
    decideOnce,
    ...repeat(decideOnce, input),
  };
}
