import type { CheckpointManifest } from '@artenic/core';

/** A manifest without its files, of which there may be thousands. */
export type CheckpointSummary = Pick<CheckpointManifest, 'attempt' | 'sequence' | 'name' | 'createdAt'>;

export type CheckpointsRepository = {
  /** An existing attempt and sequence is accepted again. Appends the event `job.checkpoint`. */
  readonly insert: (manifest: CheckpointManifest) => Promise<void>;
  /** Checkpoints of these attempts, newest first: by attempt, then by sequence. */
  readonly summaries: (jobId: string, attempts: readonly number[]) => Promise<readonly CheckpointSummary[]>;
};
