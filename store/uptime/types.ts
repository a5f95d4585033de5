/**
 * The span in which the API, over all its replicas, was able to receive runners' requests: silence counts only within
 * it.
 */
export type UptimeRepository = {
  /**
   * Records that the API receives runners' requests at `at`. A pause of more than `gapMs`, or a fault since the last
   * record, begins a new span.
   */
  readonly note: (heard: { readonly at: Date; readonly gapMs: number; readonly hadFault: boolean }) => Promise<void>;
  /** Null before the first record. */
  readonly read: () => Promise<{ readonly goodSince: Date; readonly goodUntil: Date } | null>;
};
