/** What went wrong, for code that must decide; the message is for people. */
export type ChainErrorCode =
  /** The settings can never work. */
  | 'configuration'
  /** Too few RPCs answer. */
  | 'unreachable'
  /** They answer, but not enough of them say the same. */
  | 'noQuorum'
  /** What they agree on is older than what was known already, or too old. */
  | 'behind'
  /** No RPC has logs that lead to the head that they agree on. */
  | 'logNotProven'
  /** A block that was final is no longer there. A person must decide. */
  | 'reorg'
  /** The contract refuses the transaction. */
  | 'reverted'
  /** The gas key cannot pay, or may not pay so much. */
  | 'gas'
  /** The transaction was not mined in time. */
  | 'pending';

/** The one error of this adapter. Messages and causes name hosts, never URLs: those may carry keys. */
export class ChainError extends Error {
  override readonly name = 'ChainError';
  readonly code: ChainErrorCode;
  readonly chainId: number;
  /** Trying again later may help. */
  readonly retryable: boolean;

  constructor(input: {
    readonly code: ChainErrorCode;
    readonly chainId: number;
    readonly message: string;
    readonly retryable: boolean;
    readonly cause?: unknown;
  }) {
    super(`Chain ${input.chainId}: ${input.message}`, input.cause === undefined ? {} : { cause: input.cause });
    this.code = input.code;
    this.chainId = input.chainId;
    this.retryable = input.retryable;
  }
}
