/** Why we ask an attempt to stop. `not-needed`: the one that it was to follow has ended the job by itself. */
export const stopReasons = ['cancelled', 'max-hours', 'not-needed'] as const;
export type StopReason = (typeof stopReasons)[number];

/** What is said of an attempt that has ended as `not-needed`. */
export const notNeededMessage = 'The job has ended without it.';
