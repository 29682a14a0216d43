// A map that forgets the entry that was not used for the longest time, so that strangers cannot fill the memory.
export interface BoundedMap<K, V> {
  readonly size: number;
  get(key: K): V | undefined;
  set(key: K, value: V): void;
  delete(key: K): boolean;
}

export function createBoundedMap<K, V>(limit: number): BoundedMap<K, V> {
  const entries = new Map<K, V>();

  /** A Map iterates in the order of insertion: what was used last goes to the end. */
  function touch(key: K, value: V): void {
    entries.delete(key);
    entries.set(key, value);
  }

  return {
    get size() {
      return entries.size;
    },
    get(key) {
      const value = entries.get(key);
      if (value !== undefined) touch(key, value);
      return value;
    },
    set(key, value) {
      touch(key, value);
      const oldest = entries.keys().next();
      if (entries.size > limit && !oldest.done) entries.delete(oldest.value);
    },
    delete: (key) => entries.delete(key),
  };
}
