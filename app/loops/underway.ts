export type Underway = {
  readonly add: <T>(work: Promise<T>) => Promise<T>;
  /** Resolves when none is left, however they end. */
  readonly settled: () => Promise<void>;
};

/**
 * Work that goes on although its client has gone. Closing waits for it: what it uses (the database's pool, say) cannot be
 * closed under it.
 */
export function createUnderway(): Underway {
  const all = new Set<Promise<unknown>>();
  return {
    add: (work) => {
      const remove = () => all.delete(work);
      all.add(work);
      work.then(remove, remove);
      return work;
    },
    settled: async () => {
      while (all.size > 0) await Promise.allSettled(all);
    },
  };
}
