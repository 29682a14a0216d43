// When the keeper must not take more risk, although it could: the promises that stand in no landed checkpoint stay few
// and young, and nothing is promised from a vault whose heartbeat is late.
import type { Refusal } from '../core/api.ts';
import { isOver, windDownRefusal } from '../core/exitMode.ts';
import type { Clock } from '../core/ports.ts';
import type { State } from '../core/state.ts';
import { chains } from '../core/state.ts';
import type { Leadership } from './leadership.ts';

export interface GateSettings {
  /** No new orders when the oldest change that is in no landed checkpoint is older. */
  readonly changeLimitMs: number;
  /** No withdrawals while any chain's newest root is older than this many of its heartbeat periods. */
  readonly heartbeatPeriods: number;
  /** No trading when any chain's newest root is older. */
  readonly rootLimitMs: number;
}

export const GATE_SETTINGS: GateSettings = { changeLimitMs: 30_000, heartbeatPeriods: 2, rootLimitMs: 6 * 3_600_000 };

export interface Gates {
  /** Why no batch may be taken. */
  readonly batch: (adds: boolean) => Refusal | undefined;
  /** Why nothing may be taken back: cancellations need only leadership. */
  readonly cancellation: () => Refusal | undefined;
  readonly orders: () => Refusal | undefined;
  readonly withdrawal: () => Refusal | undefined;
}

export function createGates(input: {
  readonly state: State;
  readonly leadership: Leadership;
  readonly oldestChangeAt: () => number | undefined;
  /** Seconds; a chain without an entry has no root yet. */
  readonly rootIssuedAt: ReadonlyMap<number, number>;
  readonly hasRoom: () => boolean;
  readonly clock: Clock;
  readonly settings: GateSettings;
}): Gates {
  const { state, leadership, clock, settings } = input;

  function leads(): Refusal | undefined {
    if (!input.hasRoom())
      return refuse('keeper.overloaded', 'Too many commands wait for the disk; try again in a moment.');
    if (leadership.role === 'leader') return undefined;
    return refuse('keeper.notLeader', 'This keeper is not the leader; ask /v1/identity of the others.');
  }

  /** Milliseconds since the newest root of the chain was signed; Infinity when it has none. */
  function rootAgeMs(chainId: number): number {
    const issuedAt = input.rootIssuedAt.get(chainId) ?? 0;
    return issuedAt === 0 ? Number.POSITIVE_INFINITY : clock.now() - issuedAt * 1000;
  }

  function orders(): Refusal | undefined {
    const closed = leads() ?? windDown(state);
    if (closed !== undefined) return closed;
    const oldest = input.oldestChangeAt();
    if (oldest !== undefined && clock.now() - oldest > settings.changeLimitMs) {
      const seconds = Math.round((clock.now() - oldest) / 1000);
      const message = `The oldest change that no checkpoint holds is ${seconds} s old: no new orders until one lands. Cancellations are taken.`;
      return refuse('keeper.checkpointTooOld', message);
    }
    const late = chains(state).find(({ chainId }) => {
      const age = rootAgeMs(chainId);
      return age !== Number.POSITIVE_INFINITY && age > settings.rootLimitMs;
    });
    if (late === undefined) return undefined;
    return refuse(
      'keeper.notReady',
      `The newest exit root of chain ${late.chainId} is older than six hours: no new orders.`,
    );
  }

  function withdrawal(): Refusal | undefined {
    const closed = leads() ?? windDown(state);
    if (closed !== undefined) return closed;
    if (leadership.paused) return refuse('keeper.notReady', 'The Authority of the home chain is paused.');
    for (const { chainId, heartbeatSeconds } of chains(state)) {
      const limitMs = heartbeatSeconds * settings.heartbeatPeriods * 1000;
      if (rootAgeMs(chainId) > limitMs) {
        const message = `The newest exit root of chain ${chainId} is missing or older than ${limitMs / 1000} s: no withdrawals until the courier posted a newer one.`;
        return refuse('keeper.notReady', message);
      }
    }
    return undefined;
  }

  return { batch: (adds) => (adds ? orders() : leads()), cancellation: leads, orders, withdrawal };
}

/** While a vault is in exit mode nobody may ask for anything new, at no other vault either. */
function windDown(state: State): Refusal | undefined {
  const refusal = windDownRefusal(state);
  if (refusal === undefined) return undefined;
  const { chainId } = refusal.details;
  const message = isOver(state)
    ? `The exit from the vault of chain ${chainId} is final, and the exchange has ended: no orders, no withdrawals. Take out what is yours with \`mw exit enter\` and \`mw exit claim\`.`
    : `The vault of chain ${chainId} is in exit mode: no orders and no withdrawals at any vault, unless it is cured. Keep your exit proofs with \`mw exit watch\`; \`mw exit claim\` takes out what is yours when the exit is final.`;
  return { ...refusal, message, retryable: !isOver(state) };
}

function refuse(code: Refusal['code'], message: string): Refusal {
  return { code, message, retryable: true };
}
