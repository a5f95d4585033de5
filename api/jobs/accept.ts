import type { JobSpec, JobView } from '@artenic/core';
import { cancelJob } from '../../app/jobs/cancel.ts';
import { submitJob } from '../../app/jobs/submit.ts';
import type { Context, Reply } from '../http/route.ts';
import { viewWithin } from './views-of-jobs.ts';

/** Turns the job into the answer's body. */
type Shape = (job: JobView) => object;

/** Submits the job. The answer is stored with the job under the request's idempotency key. */
export function acceptJob(context: Context<unknown, unknown, unknown>, spec: JobSpec, shape: Shape): Promise<Reply> {
  const { deps, remember } = context;
  const { now, runner } = deps;
  const principal = context.principal();
  return submitJob(deps, { jobId: deps.newId(), principal, spec }, async (repositories, job) => {
    const reply: Reply = {
      status: 202,
      body: shape(await viewWithin({ now, runner }, repositories, job)),
      headers: { location: `/api/v1/jobs/${job.id}` },
    };
    await remember(repositories, reply);
    return reply;
  });
}

/** Asks for the end of the job that the path names. */
export function acceptCancel(
  context: Context<{ readonly id: string }, unknown, unknown>,
  shape: Shape,
  isNow = false,
): Promise<Reply> {
  const { deps, params, remember } = context;
  const { now, runner } = deps;
  const input = { jobId: params.id, principal: context.principal(), isNow };
  return cancelJob(deps, input, async (repositories, job) => {
    const reply: Reply = { status: 202, body: shape(await viewWithin({ now, runner }, repositories, job)) };
    await remember(repositories, reply);
    return reply;
  });
}
