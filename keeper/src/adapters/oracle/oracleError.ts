/** What went wrong, for code that must decide; the message is for people. */
export type OracleErrorCode =
  /** No answer in time, or none that is HTTP. */
  | 'unreachable'
  /** Asked too often; `retryAfterMs` says when again. */
  | 'rateLimited'
  /** The source has no price for that. */
  | 'noQuote'
  /** The source is ill. */
  | 'sourceFailed'
  /** An answer of another shape, or to another question. */
  | 'badAnswer'
  /** The quote was not simulated. */
  | 'notVerified'
  /** The quote is too old. */
  | 'expired';

/** The one error of this adapter. Messages name hosts, never URLs: those may carry keys. */
export class OracleError extends Error {
  override readonly name = 'OracleError';
  readonly code: OracleErrorCode;
  /** When to ask again, where the source says so. */
  readonly retryAfterMs: number | undefined;

  constructor(input: {
    readonly code: OracleErrorCode;
    readonly message: string;
    readonly retryAfterMs?: number;
    readonly cause?: unknown;
  }) {
    super(input.message, input.cause === undefined ? {} : { cause: input.cause });
    this.code = input.code;
    this.retryAfterMs = input.retryAfterMs;
  }
}
