export type DatasetVersionInput = { readonly datasetId: string; readonly version: number };

export type ProfiledPart = {
  readonly profiled: number;
  readonly failed: number;
  readonly skipped: number;
  /** Continue behind this path; null at the end. */
  readonly next: string | null;
};

/** Runs on the data queue. */
export type DataActivities = {
  /**
   * Profiles files of a version that have no profile yet, from `after` on, for about half a minute. `done`: files that
   * earlier calls have profiled.
   */
  readonly profileFiles: (
    input: DatasetVersionInput & { readonly after: string | null; readonly done: number },
  ) => Promise<ProfiledPart>;
  readonly finishProfiles: (input: DatasetVersionInput & Omit<ProfiledPart, 'next'>) => Promise<void>;
};
