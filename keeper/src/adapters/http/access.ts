// Who may see what.
import type { KeeperApi } from '../../core/api.ts';
import type { Address } from '../../core/commands.ts';
import { HttpError } from './errors.ts';
import type { Session } from './sessions.ts';

/** What everybody sees of the books: nothing, what was traded, or also what rests. */
export type PublicBooks = 'dark' | 'trades' | 'depth';

export interface Access {
  isExecutor(session: Session | undefined): boolean;
  /** Throws `access.notExecutor`, or `session.required` when nobody signed in. */
  requireExecutor(session: Session | undefined): void;
  /** Throws `access.notPublic` when the operator shows `what` to the executor only. */
  requireMarketData(what: 'trades' | 'depth', session: Session | undefined): void;
  /** The address that is asked about: one's own, or for the executor any. Throws `access.notExecutor`. */
  subject(session: Session | undefined, address: Address | undefined): Address;
}

export function createAccess(api: Pick<KeeperApi, 'executor'>, publicBooks: PublicBooks): Access {
  const isExecutor = (session: Session | undefined) => session !== undefined && session.address === api.executor();

  return {
    isExecutor,
    requireExecutor(session) {
      if (session === undefined) throw sessionRequired();
      if (isExecutor(session)) return;
      const details = { address: session.address };
      throw new HttpError({ code: 'access.notExecutor', message: 'Only the executor may have this.', details });
    },
    requireMarketData(what, session) {
      const isPublic = publicBooks === 'depth' || (publicBooks === 'trades' && what === 'trades');
      if (isPublic || isExecutor(session)) return;
      const message = `The operator of this keeper does not publish ${what}; only the executor sees them.`;
      throw new HttpError({ code: 'access.notPublic', message, details: { publicBooks } });
    },
    subject(session, address) {
      if (session === undefined) throw sessionRequired();
      const asked = address?.toLowerCase() as Address | undefined;
      if (asked === undefined || asked === session.address) return session.address;
      if (isExecutor(session)) return asked;
      const message = 'Only the executor may ask about other addresses.';
      throw new HttpError({ code: 'access.notExecutor', message, details: { address: session.address } });
    },
  };
}

export function sessionRequired(): HttpError {
  const message = 'Sign in first (POST /v1/session) and send `Authorization: Bearer <token>`.';
  return new HttpError({ code: 'session.required', message });
}

export function sessionUnknown(): HttpError {
  const message = 'The session is unknown or has ended; sign in again.';
  return new HttpError({ code: 'session.unknown', message });
}
