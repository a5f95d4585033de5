import {
  signalAnswerSchema,
  signalNames,
  signalRequestSchema,
  type SignalAnswer,
  type SignalName,
} from '@artenic/core';
import { z } from 'zod';
import { deliverSignal } from '../../../app/signals/deliver.ts';
import { ArtenicError } from '../../../core/errors.ts';
import { isWebhook } from '../../middleware/access.ts';
import { route, type Context, type Reply, type Route } from '../../http/route.ts';

/** Tolerance for clocks that differ. A hold from far in the future could never be released. */
const aheadMs = 300_000;
const bodyBytes = 16_384;

const signalParams = z.strictObject({ id: z.uuid(), name: z.enum(signalNames) });
type Body = z.output<typeof signalRequestSchema>;

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

/**
 * A signature covers only the body. Without these two fields a request that was signed for one job would be valid for
 * every other job.
 */
function checkTarget(body: Body, { id, name }: z.output<typeof signalParams>, isSigned: boolean): void {
  if (isSigned && body.jobId === undefined) throw wrong('/jobId', 'a signed request also names its job here.');
  if (isSigned && body.name === undefined) throw wrong('/name', 'a signed request also names its signal here.');
  if (body.jobId !== undefined && body.jobId !== id)
    throw wrong('/jobId', 'that is another job than the address names.');
  if (body.name !== undefined && body.name !== name)
    throw wrong('/name', 'that is another signal than the address names.');
}

async function signal(context: Context<z.output<typeof signalParams>, unknown, Body>): Promise<Reply> {
  const { deps, params, body, request } = context;
  const { id: jobId, name } = params;
  checkTarget(body, params, isWebhook(request));
  const receivedAt = deps.now();
  const occurredAt = body.occurredAt === undefined ? receivedAt : new Date(body.occurredAt);
  if (occurredAt.getTime() > receivedAt.getTime() + aheadMs) throw wrong('/occurredAt', 'that is still to come.');
  const eventId = eventIdOf(body, request.headers['webhook-id']);
  const deadlineAt = deadlineOf(name, body);
  const { outcome, job } = await deliverSignal(deps, {
    ...{ principal: context.principal(), jobId, eventId, name, attempt: body.attempt ?? null },
    ...{ occurredAt, deadlineAt, receivedAt },
  });
  const heldAt = job.heldAt?.toISOString() ?? null;
  return { status: 202, body: { jobId, name, id: eventId, outcome, heldAt } satisfies SignalAnswer };
}

export function signalRoutes(): readonly Route[] {
  return [
    route({
      method: 'post',
      path: '/api/v1/jobs/{id}/signals/{name}',
      permission: 'webhook',
      tag: 'jobs',
      summary: 'Send a signal to a job, once for each event id',
      params: signalParams,
      body: signalRequestSchema,
      maxBytes: bodyBytes,
      answers: { 202: { description: 'Kept, and told to whom it concerns', schema: signalAnswerSchema } },
      handle: signal,
    }),
  ];
}
