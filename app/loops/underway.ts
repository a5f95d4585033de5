export type Underway = {
  readonly add: <T>(work: Promise<T>) => Promise<T>;
  /** Resolves when no work is left, whether it succeeded or failed. */
  readonly settled: () => Promise<void>;
};

/**
 * Work that continues after its client has disconnected. A shutdown waits for it, because the resources that it uses
 * (such as the database's pool) must stay open.
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
