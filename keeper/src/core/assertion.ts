// An expected refusal is a returned code. What may never happen stops the process instead: see `assert`.

/** The state, or what an adapter handed in, is impossible. Nobody should catch this to go on. */
export class AssertionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'AssertionError';
  }
}

/** Throws `AssertionError` unless the condition holds. Stays on in production. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** Never returns. */
export function fail(message: string): never {
  throw new AssertionError(message);
}
