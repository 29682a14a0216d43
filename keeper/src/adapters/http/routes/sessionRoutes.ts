// Sign-In with Ethereum.
import { type Route, route } from '../route.ts';
import * as schemas from '../schemas.ts';
import type { Sessions } from '../sessions.ts';

/** Recovering the signature of a text costs a millisecond. */
const SIGN_IN_COST = 5;

export function sessionRoutes({ sessions }: { readonly sessions: Sessions }): Route[] {
  return [
    route({
      method: 'POST',
      url: '/v1/session/nonce',
      summary: 'A nonce for one sign-in; good for five minutes',
      answer: schemas.NonceAnswer,
      handle: () => ({ nonce: sessions.issueNonce() }),
    }),
    route({
      method: 'POST',
      url: '/v1/session',
      summary: 'Sign in with an EIP-4361 text',
      body: schemas.SignInBody,
      answer: schemas.SessionAnswer,
      cost: SIGN_IN_COST,
      handle: ({ body }) => sessions.signIn(body),
    }),
    route({
      method: 'DELETE',
      url: '/v1/session',
      summary: 'Sign out',
      answer: schemas.SignedOutAnswer,
      session: 'required',
      handle({ token }) {
        if (token !== undefined) sessions.signOut(token);
        return { closed: true };
      },
    }),
  ];
}
