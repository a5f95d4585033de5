import {
  isTerminalJobState,
  signalAnswerSchema,
  signalNames,
  signalRequestSchema,
  type SignalAnswer,
  type SignalName,
} from '@artenic/core';
import { z } from 'zod';
import { ArtenicError, messageOf } from '../../core/errors.ts';
import { attemptIdOf } from '../../core/ids.ts';
import { noSignals, takeSignal } from '../../core/signals/reduce.ts';
import type { JobRecord, JobSignalRecord, Repositories } from '../../store/types.ts';
import { deliverSignal } from '../../app/signals/deliver.ts';
import { jobOf } from '../job-of.ts';
import { isWebhook } from '../middleware/access.ts';
import { route, type Context, type Reply, type Route } from '../route.ts';

/** Before anything reaches a workflow: what passes costs each job's histories little. */
const rate = { most: 30, windowMs: 60_000 } as const;
/** Clocks differ; but a hold from far in the future could never be released. */
const aheadMs = 300_000;
const bodyBytes = 16_384;

const signalParams = z.strictObject({ id: z.uuid(), name: z.enum(signalNames) });
type Body = z.output<typeof signalRequestSchema>;
type Told = Omit<JobSignalRecord, 'deliveredAt'>;

function wrong(pointer: string, message: string): ArtenicError {
  return new ArtenicError('validation-failed', `The body is wrong: ${message}`, { errors: [{ pointer, message }] });
}

function eventIdOf(body: Body, header: string | readonly string[] | undefined): string {
  const id = typeof header === 'string' ? header : body.id;
  if (id === undefined) throw wrong('/id', 'an event needs an id, here or in the header `webhook-id`.');
  return id;
}

function deadlineOf(name: SignalName, { deadlineAt }: Body): Date | null {
  if (name === 'preemption-notice' && deadlineAt === undefined)
    throw wrong('/deadlineAt', 'a notice says when the machine ends.');
  if (name !== 'preemption-notice' && deadlineAt !== undefined) throw wrong('/deadlineAt', `${name} has no deadline.`);
  return deadlineAt === undefined ? null : new Date(deadlineAt);
}

/** A signature covers the body alone: without these two a request that was signed for one job would do for every other. */
function checkTarget(body: Body, { id, name }: z.output<typeof signalParams>, isSigned: boolean): void {
  if (isSigned && body.jobId === undefined) throw wrong('/jobId', 'a signed request names its job here, too.');
  if (isSigned && body.name === undefined) throw wrong('/name', 'a signed request names its signal here, too.');
  if (body.jobId !== undefined && body.jobId !== id)
    throw wrong('/jobId', 'that is another job than the address names.');
  if (body.name !== undefined && body.name !== name)
    throw wrong('/name', 'that is another signal than the address names.');
}

async function checkRate({ signals }: Repositories, jobId: string, now: Date): Promise<void> {
  const { count, first } = await signals.since(jobId, new Date(now.getTime() - rate.windowMs));
  if (count < rate.most) return;
  const retryAfterMs = first === null ? rate.windowMs : first.getTime() + rate.windowMs - now.getTime();
  const message = `A job takes ${rate.most} signals a minute.`;
  throw new ArtenicError('rate-limited', message, { retryAfterMs: Math.max(1000, retryAfterMs) });
}

/** The event's row and its effect, or neither. */
async function take(
  repositories: Repositories,
  told: Told,
): Promise<{ readonly outcome: SignalAnswer['outcome']; readonly job: JobRecord }> {
  const { jobId, eventId, name, occurredAt, deadlineAt, receivedAt } = told;
  const job = await repositories.jobs.lock(jobId);
  if ((await repositories.signals.find(jobId, eventId)) !== null) return { outcome: 'repeated', job };
  await checkRate(repositories, jobId, receivedAt);
  const attempt = told.attempt === 0 ? job.currentAttempt : told.attempt;
  await repositories.signals.insert({ ...told, attempt });
  const before = job.signals ?? noSignals;
  const state = takeSignal(before, {
    ...{ name, id: eventId, attempt, atMs: occurredAt.getTime() },
    deadlineAtMs: deadlineAt?.getTime() ?? null,
  });
  if (isTerminalJobState(job.state) || attempt !== job.currentAttempt || state === before) {
    await repositories.signals.markDelivered(jobId, eventId, receivedAt);
    return { outcome: 'ignored', job };
  }
  if (deadlineAt !== null && attempt > 0)
    await repositories.attempts.notice(attemptIdOf(jobId, attempt), deadlineAt, receivedAt);
  return { outcome: 'taken', job: await repositories.jobs.setSignals(jobId, state) };
}

async function signal(context: Context<z.output<typeof signalParams>, unknown, Body>): Promise<Reply> {
  const { deps, params, body, request } = context;
  const { id: jobId, name } = params;
  checkTarget(body, params, isWebhook(request));
  await jobOf(context, jobId);
  const receivedAt = deps.now();
  const occurredAt = body.occurredAt === undefined ? receivedAt : new Date(body.occurredAt);
  if (occurredAt.getTime() > receivedAt.getTime() + aheadMs) throw wrong('/occurredAt', 'that is still to come.');
  const eventId = eventIdOf(body, request.headers['webhook-id']);
  const sender = context.principal().name;
  const deadlineAt = deadlineOf(name, body);
  const told: Told = { jobId, eventId, name, attempt: body.attempt ?? 0, occurredAt, deadlineAt, sender, receivedAt };
  const { outcome, job } = await deps.store.transaction((repositories) => take(repositories, told));
  await deliver(context, jobId, eventId);
  const heldAt = job.heldAt?.toISOString() ?? null;
  return { status: 202, body: { jobId, name, id: eventId, outcome, heldAt } satisfies SignalAnswer };
}

/** What was committed is told now, or by the relay when Temporal is back; a repeat does it, too. */
async function deliver({ deps }: Pick<Context<unknown, unknown, unknown>, 'deps'>, jobId: string, eventId: string) {
  const kept = await deps.store.signals.find(jobId, eventId);
  if (kept === null || kept.deliveredAt !== null) return;
  try {
    await deliverSignal(deps, kept);
  } catch (error) {
    deps.logger.warn({ jobId, eventId, error: messageOf(error) }, 'the signal is delivered later');
  }
}

export function signalRoutes(): readonly Route[] {
  return [
    route({
      method: 'post',
      path: '/api/v1/jobs/{id}/signals/{name}',
      permission: 'webhook',
      tag: 'jobs',
      summary: 'Tell a job something from outside, once for each event id',
      params: signalParams,
      body: signalRequestSchema,
      maxBytes: bodyBytes,
      answers: { 202: { description: 'Kept, and told to whom it concerns', schema: signalAnswerSchema } },
      handle: signal,
    }),
  ];
}
