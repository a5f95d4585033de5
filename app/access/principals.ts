import type { AttemptRecord, JobRecord, ProjectPrincipal } from '../../store/types.ts';

/** Principal of the runner that has presented an attempt's token. */
export function runnerPrincipal({
  attempt,
  job,
}: {
  readonly attempt: Pick<AttemptRecord, 'id'>;
  readonly job: Pick<JobRecord, 'projectId'>;
}): ProjectPrincipal {
  return { kind: 'runner', id: attempt.id, name: `runner of ${attempt.id}`, projectId: job.projectId };
}
