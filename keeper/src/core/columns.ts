/** Copies a column into its larger successor, and answers that one. */
export function copyInto<T extends { set(from: T): void }>(to: T, from: T): T {
  to.set(from);
  return to;
}
