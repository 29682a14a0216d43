/** What the keeper refused, or why it could not be asked (then `status` is 0 and `code` starts with `network.`). */
export class KeeperApiError extends Error {
  override readonly name = 'KeeperApiError';
  /** Stable; docs/api.md lists them. */
  readonly code: string;
  readonly details: Readonly<Record<string, string | number>>;
  /** The same request may succeed later. */
  readonly retryable: boolean;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;

  constructor(input: {
    readonly code: string;
    readonly message: string;
    readonly details?: Readonly<Record<string, string | number>>;
    readonly retryable: boolean;
    readonly status: number;
    readonly cause?: unknown;
  }) {
    super(input.message, input.cause === undefined ? {} : { cause: input.cause });
    this.code = input.code;
    this.details = input.details ?? {};
    this.retryable = input.retryable;
    this.status = input.status;
  }
}
