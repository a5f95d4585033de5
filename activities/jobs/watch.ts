import { asyncLocalStorage } from '@temporalio/activity';
import { watchJob } from '../../app/jobs/watch.ts';
import { ArtenicError } from '../../core/errors.ts';
import type { ControlDeps } from '../deps.ts';
import { principalOfActivity } from '../principal.ts';

/** Adds the calling workflow as a watcher of the job. */
export async function watchJobByWorkflow(deps: ControlDeps, jobId: string): Promise<void> {
  const id = asyncLocalStorage.getStore()?.info.workflowExecution?.workflowId;
  if (id === undefined) throw new ArtenicError('internal', 'watchJob is called by workflows only.');
  const { projectId } = await deps.store.jobs.get(jobId);
  const principal = { ...principalOfActivity(), projectId };
  await watchJob(deps, { principal, jobId, target: { kind: 'workflow', id } });
}
