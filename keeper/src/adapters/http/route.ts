// A route as data: the table of them is what Fastify serves and what the OpenAPI document is made of.
import type { TObject, TSchema } from 'typebox';
import Type from 'typebox';
import type { Shape } from './scalars.ts';
import { strict } from './scalars.ts';
import type { Session } from './sessions.ts';

/** `none` ignores the Authorization header, `optional` refuses a bad one, `required` wants a good one. */
export type SessionUse = 'none' | 'optional' | 'required';

export interface Call<Q extends TSchema, P extends TSchema, B extends TSchema> {
  readonly query: Shape<Q>;
  readonly params: Shape<P>;
  readonly body: Shape<B>;
  /** Who asks, when he signed in. */
  readonly session: Session | undefined;
  /** Bearer token of the session. */
  readonly token: string | undefined;
  /** Takes more from whoever has paid for the request, into debt when it must be. */
  readonly charge: (cost: number) => void;
  /** Lets the signer pay instead of his IP address, once the keeper has proved who signed. */
  readonly paidBySigner: (cost: number, signer: string) => void;
}

export interface Route<
  Q extends TSchema = TSchema,
  P extends TSchema = TSchema,
  B extends TSchema = TSchema,
  A extends TSchema = TSchema,
> {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** With parameters as `:name`. */
  readonly url: string;
  readonly summary: string;
  readonly query: Q;
  readonly params: P;
  readonly body: B;
  readonly hasBody: boolean;
  readonly answer: A;
  /** Of the answer. */
  readonly mediaType: string;
  readonly session: SessionUse;
  /** A candidate, which holds no state, answers 503 instead. */
  readonly needsState: boolean;
  /** Tokens that the request takes from whoever pays. */
  readonly cost: number;
  readonly bodyLimitBytes: number;
  /** Refuses what is hopeless before anybody pays for checking the whole body, which may be anything here. */
  readonly admit: (body: unknown) => void;
  readonly handle: (call: Call<Q, P, B>) => Shape<A> | Promise<Shape<A>>;
}

const nothing = strict({});
type Nothing = typeof nothing;

/** Room for one signed message; only batches need more. */
export const BODY_LIMIT_BYTES = 16 * 1024;
const COST = 1;

/** Fills in what most routes have in common, and forgets the exact types that only the handler needs. */
export function route<
  A extends TSchema,
  Q extends TObject = Nothing,
  P extends TObject = Nothing,
  B extends TSchema = Nothing,
>(
  input: Pick<Route<Q, P, B, A>, 'method' | 'url' | 'summary' | 'answer' | 'handle'> &
    Partial<
      Pick<
        Route<Q, P, B, A>,
        'query' | 'params' | 'body' | 'mediaType' | 'session' | 'needsState' | 'cost' | 'bodyLimitBytes' | 'admit'
      >
    >,
): Route {
  const whole = {
    query: nothing,
    params: nothing,
    body: Type.Undefined(),
    hasBody: input.body !== undefined,
    mediaType: 'application/json',
    session: 'none',
    needsState: true,
    cost: COST,
    bodyLimitBytes: BODY_LIMIT_BYTES,
    admit: () => {},
    ...input,
  };
  return whole as unknown as Route;
}
