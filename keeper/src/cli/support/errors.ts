// How a command says that it did not do what was asked, and with which exit code the process ends.

/** The command line cannot be understood: exit code 2. The message says what would be. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Understood, but refused or failed: exit code 1. `hint` says what to do next, `code` tells programs what it was. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly code: string;
  readonly hint: string | undefined;
  constructor(
    message: string,
    options: { readonly code?: string; readonly hint?: string | undefined; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = options.code ?? 'failed';
    this.hint = options.hint;
  }
}
