// Who leads, as the home chain says: a keeper acts only while it is the leader both in the final and in the newest block.
import type { Address } from '../core/commands.ts';
import type { AuthorityView, ChainReader, Clock, Logger } from '../core/ports.ts';
import { type Repeated, repeat } from './repeat.ts';

export type Role = 'leader' | 'candidate' | 'superseded';

export interface Leadership {
  readonly role: Role;
  /** Epoch in the final block; 0 before the first look. */
  readonly epoch: number;
  readonly paused: boolean;
  readonly enclaveMatches: boolean;
  /** Timestamp of the newest block, in seconds: what contracts take as now. */
  readonly chainTime: number;
  /** Why the last look failed, if it did. While it is set, nothing may be signed. */
  readonly problem: string | undefined;
  look(): Promise<void>;
  start(onChange: (role: Role) => void): void;
  stop(): void;
}

/** A look older than this is no ground for signing. */
const FRESH_MS = 15_000;

export function createLeadership(input: {
  readonly reader: ChainReader;
  readonly authority: Address;
  readonly leader: Address;
  readonly enclave: Address;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pollMs: number;
}): Leadership {
  const { reader, authority, clock, leader: me } = input;
  let final: AuthorityView | undefined;
  let newest: AuthorityView | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let problem: string | undefined = 'The Authority of the home chain has not been read yet.';
  let role: Role = 'candidate';
  let hasLed = false;
  let looking: Repeated | undefined;

  /**
   * Once the final block names somebody else, a leader is superseded for good: it must not come back with an old state.
   * What only the newest block says may still be undone.
   */
  function decide(final: AuthorityView, newest: AuthorityView): Role {
    if (role === 'superseded' || (hasLed && final.leader !== me)) return 'superseded';
    const leads = final.leader === me && newest.leader === me && final.epoch === newest.epoch;
    return leads ? 'leader' : 'candidate';
  }

  async function look(): Promise<void> {
    const startedAt = clock.now();
    try {
      [final, newest] = await Promise.all([
        reader.readAuthority(authority, 'finalized'),
        reader.readAuthority(authority, 'latest'),
      ]);
      lookedAt = startedAt;
      problem = undefined;
      role = decide(final, newest);
      hasLed ||= role === 'leader';
    } catch (error) {
      const text = `The Authority of the home chain cannot be read: ${error instanceof Error ? error.message : String(error)}`;
      if (text !== problem) input.logger.warn({ error: text }, 'leadership is unknown');
      problem = text;
    }
  }

  return {
    get role() {
      return role;
    },
    get epoch() {
      return final?.epoch ?? 0;
    },
    get paused() {
      return newest?.paused ?? false;
    },
    get enclaveMatches() {
      return newest === undefined || newest.enclave === input.enclave;
    },
    get chainTime() {
      return newest?.block.timestamp ?? 0;
    },
    get problem() {
      if (problem !== undefined) return problem;
      return clock.now() - lookedAt > FRESH_MS
        ? 'The Authority of the home chain was last read too long ago.'
        : undefined;
    },
    look,
    start(onChange) {
      const lookAgain = async (): Promise<void> => {
        const before = role;
        await look();
        if (role === before) return;
        input.logger.info({ role, epoch: final?.epoch ?? 0 }, 'role changed');
        onChange(role);
      };
      looking = repeat(lookAgain, input);
      looking.start();
    },
    stop() {
      looking?.stop();
    },
  };
}
