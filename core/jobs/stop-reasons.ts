/** Why we ask an attempt to stop. `not-needed`: the one that it was to follow has ended the job by itself. */
export const stopReasons = ['cancelled', 'max-hours', 'not-needed'] as const;
export type StopReason = (typeof stopReasons)[number];
