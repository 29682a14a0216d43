// Brings what the vaults say of forced withdrawals into the journal, where the core decides them.
import { forcedKey, givenPayments, leastPart, undecided } from '../core/forced.ts';
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
  /** Those that wait for their limit, or for their part to be final: looked at from time to time only. */
  const waiting = new Set<string>();

  async function decide({ chainId, id }: { readonly chainId: number; readonly id: number }): Promise<void> {
    const reader = readers.get(chainId);
    const registry = state.chains.get(chainId)?.registry;
    if (reader === undefined || registry === undefined) return;
    const request = await reader.readForced(registry, id, 'finalized');
    // Asked for in a block that is final for the log, and not yet for this answer. Or executed, if it was decided.
    if (request === undefined) return;
    const key = forcedKey(chainId, id);
    if (state.answers.has(key) && !request.transferFails) return;
    const { capacity } = await reader.readWithdrawalLimit(registry, request.token, 'finalized');
    if (waiting.has(key) && leastPart(request.open, capacity) > capacity) return;
    const { outcome } = await sequencer.submit({ type: 'answerForced', chainId, id, ...request, capacity });
    const { result } = outcome;
    logger.info({ chainId, id, code: result.code }, 'forced withdrawal decided');
  }

  /** A chain that does not answer holds up only its own. */
  async function decideAll(chainId: number, looks: boolean): Promise<void> {
    try {
      const tried = new Set<number>();
      const isDue = (id: number) => !tried.has(id) && (looks || !waiting.has(forcedKey(chainId, id)));
      const next = () => undecided(state).find((request) => request.chainId === chainId && isDue(request.id));
      for (let request = next(); request !== undefined; request = next()) {
        tried.add(request.id);
        const key = forcedKey(chainId, request.id);
        await decide(request);
        if (state.forced.get(chainId)?.reopened.includes(request.id)) waiting.add(key);
        else waiting.delete(key);
      }
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
