import type { TerminalJobState } from '@artenic/core';

/** The final state of a job, as sent to its watchers. */
export type JobEnded = {
  readonly jobId: string;
  readonly state: TerminalJobState;
  readonly message: string;
  readonly model: { readonly name: string; readonly version: number } | null;
};

export function jobEnded(
  job: {
    readonly id: string;
    readonly message: string;
    readonly resultModel: string | null;
    readonly resultVersion: number | null;
  },
  state: TerminalJobState,
): JobEnded {
  const { id: jobId, message, resultModel: name, resultVersion: version } = job;
  return { jobId, state, message, model: name === null || version === null ? null : { name, version } };
}
