export type JournalErrorCode =
  /** Another process has it open. */
  | 'locked'
  /** Not a journal, or one of a format that this program does not know. */
  | 'foreign'
  /** It belongs to another exchange. */
  | 'otherIdentity'
  /** It was written by another version of the core. */
  | 'otherVersion'
  /** Written with another key. */
  | 'wrongKey'
  /** What is on disk is not what was written. */
  | 'damaged'
  /** The disk cannot be read or written. */
  | 'disk';

/** The journal cannot be trusted or used. Nothing that was not acknowledged before has happened. */
export class JournalError extends Error {
  override readonly name = 'JournalError';
  readonly code: JournalErrorCode;
  constructor(code: JournalErrorCode, message: string, options?: { readonly cause: unknown }) {
    super(message, options);
    this.code = code;
  }
}
