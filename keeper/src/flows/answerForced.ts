// Brings what the vaults say of forced withdrawals into the journal, where the core decides them.
import { forcedKey, givenPayments, undecided } from '../core/forced.ts';
import type { ChainReader, Clock, Logger } from '../core/ports.ts';
import { repeat } from './repeat.ts';
import type { Sequencer } from './sequencer.ts';
import type { WindDown } from './windDown.ts';

/** Between two looks at payments that were decided and are not executed. */
const LOOK_EVERY_MS = 60_000;

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
  let lookedAt = Number.NEGATIVE_INFINITY;

  /** Whether there was an answer. */
  async function decide({ chainId, id }: { readonly chainId: number; readonly id: number }): Promise<boolean> {
    const reader = readers.get(chainId);
    const registry = state.chains.get(chainId)?.registry;
    if (reader === undefined || registry === undefined) return false;
    const request = await reader.readForced(registry, id, 'finalized');
    // Asked for in a block that is final for the log, and not yet for this answer. Or executed, if it was decided.
    if (request === undefined) return false;
    const isGiven = state.answers.has(forcedKey(chainId, id));
    if (isGiven && !request.transferFails) return false;
    const { capacity } = await reader.readWithdrawalLimit(registry, request.token, 'finalized');
    const { outcome } = await sequencer.submit({ type: 'answerForced', chainId, id, ...request, capacity });
    const { result } = outcome;
    logger.info({ chainId, id, code: result.code }, 'forced withdrawal decided');
    return result.code === 'ok';
  }

  /** A chain that does not answer holds up only its own. */
  async function decideAll(chainId: number, looks: boolean): Promise<void> {
    try {
      const next = () => undecided(state).find((request) => request.chainId === chainId);
      for (let request = next(); request !== undefined; request = next()) if (!(await decide(request))) break;
      if (!looks) return;
      for (const payment of givenPayments(state)) if (payment.chainId === chainId) await decide(payment);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      logger.warn({ chainId, error: message }, 'forced withdrawals cannot be decided');
    }
  }

  /** Not in a wind-down that no answer would be in time for. */
  async function decideOnce(): Promise<void> {
    if (!input.windDown.isOpen) return;
    const looks = input.clock.now() - lookedAt >= LOOK_EVERY_MS;
    if (looks) lookedAt = input.clock.now();
    await Promise.all([...state.forced.keys()].map((chainId) => decideAll(chainId, looks)));
  }

  return {
    decideOnce,
    ...repeat(decideOnce, input),
  };
}
