import type { CheckpointManifest } from '@artenic/core';

/** Without its files, of which there may be thousands. */
export type CheckpointSummary = Pick<CheckpointManifest, 'attempt' | 'sequence' | 'name' | 'createdAt'>;

export type CheckpointsRepository = {
  /** The same attempt and sequence again is fine. Appends the event `job.checkpoint`. */
  readonly insert: (manifest: CheckpointManifest) => Promise<void>;
  /** Of these attempts, newest first: attempt, then sequence. */
  readonly summaries: (jobId: string, attempts: readonly number[]) => Promise<readonly CheckpointSummary[]>;
};
