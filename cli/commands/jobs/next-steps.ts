import { isTerminalJobState, type JobView } from '@artenic/core';
import type { NextStep } from '../../output/output.ts';
import type { Runtime } from '../../runtime.ts';

/** The job's page of the dashboard. */
function pageOf(runtime: Runtime, id: string): readonly NextStep[] {
  const base = runtime.settings().url?.value;
  return base === undefined ? [] : [['Dashboard', new URL(`/jobs/${id}`, base).href]];
}

/** Useful commands after a job was submitted or has changed. */
export function stepsFor(runtime: Runtime, job: JobView): readonly NextStep[] {
  const id = runtime.look().id(job.id);
  const logs = (flag: string): NextStep => ['Log', `artenic jobs logs ${id}${flag}`];
  if (!isTerminalJobState(job.state))
    return [['Follow', `artenic jobs ${id} --watch`], logs(' --follow'), ...pageOf(runtime, job.id)];
  if (job.state === 'succeeded') {
    const promote: readonly NextStep[] =
      job.result === null ? [] : [['Promote', `artenic model promote ${job.result.model} ${job.result.version}`]];
    return [...promote, ['Artifacts', `artenic jobs download ${id}`], ...pageOf(runtime, job.id)];
  }
  return [logs(''), ['Retry', `artenic jobs retry ${id}`], ...pageOf(runtime, job.id)];
}
