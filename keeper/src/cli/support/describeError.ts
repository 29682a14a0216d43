import { CommandError, UsageError } from './errors.ts';

export interface ErrorFacts {
  /** The command line itself was wrong. */
  readonly usage: boolean;
  readonly code: string;
  readonly message: string;
  readonly details?: Readonly<Record<string, string | number>>;
  readonly retryable?: boolean;
  /** What to do next. */
  readonly hint?: string;
}

/** Any error as what a person and a program want to know of it. */
export function describeError(error: unknown): ErrorFacts {
  if (error instanceof UsageError) {
    return { usage: true, code: 'usage', message: error.message, hint: '(add --help for usage and examples)' };
  }
  if (error instanceof CommandError) {
    return { usage: false, code: 'failed', message: error.message, ...(error.hint && { hint: error.hint }) };
  }
  return { usage: false, code: 'unexpected', message: error instanceof Error ? error.message : String(error) };
}
