// Everything that is refused leaves in one envelope, and one table says with which HTTP status.
import type { ApiCode, Refusal } from '../../core/api.ts';

/** Refusals of the HTTP adapter itself. Stable: clients switch on it. */
export type HttpCode =
  | 'request.invalid'
  | 'request.malformed'
  | 'request.timeout'
  | 'request.tooLarge'
  | 'request.headersTooLarge'
  | 'request.mediaType'
  | 'route.unknown'
  | 'asset.unknown'
  | 'session.required'
  | 'session.unknown'
  | 'session.refused'
  | 'session.tooMany'
  | 'access.notExecutor'
  | 'access.notPublic'
  | 'acceptance.none'
  | 'standby.none'
  | 'checkpoint.none'
  | 'exitRoot.none'
  | 'exitProof.none'
  | 'limit.requests'
  | 'limit.connections'
  | 'limit.streams'
  | 'limit.subscriptions'
  | 'keeper.closing'
  | 'internal';

export type ErrorCode = ApiCode | HttpCode;

export const STATUS: Readonly<Record<ErrorCode, number>> = {
  'request.invalid': 400,
  'request.malformed': 400,
  'request.timeout': 408,
  'request.tooLarge': 413,
  'request.headersTooLarge': 431,
  'request.mediaType': 415,
  'route.unknown': 404,
  'session.required': 401,
  'session.unknown': 401,
  'session.refused': 401,
  'session.tooMany': 503,
  'access.notExecutor': 403,
  'access.notPublic': 403,
  'acceptance.none': 404,
  'standby.none': 404,
  'checkpoint.none': 404,
  'exitRoot.none': 404,
  'exitProof.none': 404,
  'limit.requests': 429,
  'limit.connections': 429,
  'limit.streams': 429,
  'limit.subscriptions': 429,
  'keeper.closing': 503,
  internal: 500,

  'signature.invalid': 401,
  'signature.notExecutor': 403,
  'withdrawal.overLimit': 422,
  'keeper.notLeader': 503,
  'keeper.notReady': 503,
  'keeper.checkpointTooOld': 503,
  'keeper.overloaded': 503,

  'exchange.windingDown': 409,
  'batch.notExecutor': 403,
  'batch.wrongEpoch': 409,
  'batch.expired': 422,
  'batch.nonceNotGrowing': 409,
  'batch.tooLarge': 413,
  'action.invalid': 422,
  'account.unknown': 404,
  'asset.unknown': 404,
  'account.notMargin': 422,
  'account.liquidated': 409,
  'book.unknown': 404,
  'book.notOpen': 409,
  'book.full': 409,
  'book.postOnlyWouldCross': 422,
  'order.priceOutOfRange': 422,
  'order.quantityOutOfRange': 422,
  'order.notionalOutOfRange': 422,
  'order.feeAboveMaximum': 422,
  'order.unknown': 404,
  'order.expired': 422,
  'order.wouldNotFill': 422,
  'order.alreadyFilled': 409,
  'order.wouldNotReduce': 422,
  'risk.insufficientBalance': 422,
  'risk.insufficientHealth': 422,
  'risk.borrowCap': 422,
  'risk.debtLimit': 422,
  'risk.priceUnknown': 503,
  'risk.tooManyOrders': 422,
  'withdrawal.unknownChain': 422,
  'withdrawal.unlistedToken': 422,
  'withdrawal.zeroAmount': 422,
  'withdrawal.badRecipient': 422,
  'withdrawal.expired': 422,
  'withdrawal.deadlineTooFar': 422,
  'withdrawal.nonceUsed': 409,
  'withdrawal.unknown': 404,
  'withdrawal.notQueued': 409,
  'withdrawal.insufficientBalance': 422,
  'withdrawal.liability': 422,
  'withdrawal.vaultTooLow': 422,
  'withdrawal.tooMany': 429,
  'withdrawal.stopped': 503,
  'forced.notWaiting': 409,
  'forced.tooMany': 409,
  'checkpoint.inFlight': 409,
  'checkpoint.full': 503,
};

/** For refusals with status 429 or 503 that do not know better. */
const RETRY_AFTER_SECONDS = 1;

/** The body of every answer that is not 2xx. */
export interface ErrorBody {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, string | number>>;
  readonly retryable: boolean;
}

/** A request that is refused, thrown by hooks and handlers and turned into an answer in one place. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;
  readonly body: ErrorBody;
  /** Value of the Retry-After header; undefined when waiting alone does not help. */
  readonly retryAfterSeconds: number | undefined;

  constructor(input: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly details?: Readonly<Record<string, string | number>> | undefined;
    readonly retryable?: boolean | undefined;
    readonly retryAfterSeconds?: number | undefined;
  }) {
    super(input.message);
    const { code, message, details = {}, retryable = false } = input;
    this.status = STATUS[code];
    this.body = { code, message, details, retryable };
    const waits = this.status === 429 || this.status === 503;
    this.retryAfterSeconds = waits ? (input.retryAfterSeconds ?? RETRY_AFTER_SECONDS) : undefined;
  }
}

/** What the keeper refused, as an answer. */
export function refused(refusal: Refusal): HttpError {
  return new HttpError(refusal);
}

export function bookUnknown(book: number): HttpError {
  return new HttpError({ code: 'book.unknown', message: `There is no book ${book}.`, details: { book } });
}
