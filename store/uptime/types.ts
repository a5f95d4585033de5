/** The span in which the API has been able to hear runners, all its replicas together: silence is counted within it only. */
export type UptimeRepository = {
  /** The API hears runners at `at`. A pause of more than `gapMs`, or a fault since the last note, begins a new span. */
  readonly note: (heard: { readonly at: Date; readonly gapMs: number; readonly hadFault: boolean }) => Promise<void>;
  /** Null before the first note. */
  readonly read: () => Promise<{ readonly goodSince: Date; readonly goodUntil: Date } | null>;
};
