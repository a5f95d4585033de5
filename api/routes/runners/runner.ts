import {
  bootstrapAnswerSchema,
  bootstrapRequestSchema,
  checkpointManifestSchema,
  heartbeatRequestSchema,
  heartbeatResponseSchema,
  helloRequestSchema,
  helloResponseSchema,
  isTerminalJobState,
  longestManifestBytes,
  runnerEventSchema,
  type HeartbeatResponse,
  type RunnerEvent,
  type RunnerStopReason,
} from '@artenic/core';
import { z } from 'zod';
import { assertNever } from '../../../core/assert-never.ts';
import { ArtenicError } from '../../../core/errors.ts';
import { handsOver } from '../../../core/failover/hand-over.ts';
import { leavesWorkUndone, stopRules, wantedStop } from '../../../core/jobs/stop-reasons.ts';
import { stopAtOf } from '../../../core/jobs/running-time.ts';
import { hasCompleted } from '../../../store/attempts/completion.ts';
import type { AttemptRecord, Repositories } from '../../../store/types.ts';
import { bootstrapTokenOf, tokenHashOf } from '../../../store/access/tokens.ts';
import { deliverRunnerEvents } from '../../../app/attempts/deliver-runner-events.ts';
import type { ApiDeps } from '../../deps.ts';
import { sameHash } from '../../../app/access/keys.ts';
import { runnerPrincipal } from '../../../app/access/principals.ts';
import { mustBeOpen } from '../../middleware/runner-access.ts';
import { holdFence, lockOpen } from '../../runners/fence.ts';
import { ok, route, tokenLimit, type Context, type Reply, type Route, type RunnerCaller } from '../../http/route.ts';
import { runnerStreamRoutes } from './streams.ts';
import { storedCheckpoints } from '../../runners/stored-checkpoints.ts';

/** The attempt and job of a bootstrap token. */
async function callerOfBootstrap(
  deps: ApiDeps,
  { attemptId, bootstrapToken }: z.output<typeof bootstrapRequestSchema>,
): Promise<RunnerCaller> {
  if (!sameHash(bootstrapToken, bootstrapTokenOf(deps.keyPepper, attemptId)))
    throw new ArtenicError('unauthorized', 'This bootstrap token does not belong to this attempt.');
  const attempt = await deps.store.attempts.get(attemptId);
  const job = await deps.store.jobs.get(attempt.jobId);
  if (job.currentAttempt > attempt.attempt)
    throw new ArtenicError('fenced', `Attempt ${job.currentAttempt} has taken over.`);
  // Also a sign of life for a hello that must wait for a warned attempt's end.
  await deps.store.as(runnerPrincipal({ attempt, job })).attempts.heartbeat(attemptId, deps.now());
  return { attempt, job };
}

/**
 * Numbers of earlier attempts that have a completion marker but are not settled: no worker is running, or the runner's
 * report is late.
 */
async function doneBefore(
  { store, storage }: ApiDeps,
  { jobId, attempt }: AttemptRecord,
): Promise<ReadonlySet<number>> {
  const rows = await store.attempts.listByJob(jobId);
  const open = rows.filter((row) => row.attempt < attempt && row.ending === null && row.releasedAt === null);
  const done = await Promise.all(open.map(async (row) => ((await hasCompleted(storage, row)) ? [row.attempt] : [])));
  return new Set(done.flat());
}

/** Moves the fence to an attempt that was launched beside a warned one, as soon as the warned one hands over. */
async function takeOver(deps: ApiDeps, { attempt, job }: RunnerCaller): Promise<void> {
  const { store, now } = deps;
  const done = await doneBefore(deps, attempt);
  await store.transaction(runnerPrincipal({ attempt, job }), async ({ jobs, attempts }) => {
    // Transactions that end an attempt hold this lock, too.
    const { state } = await jobs.lock(job.id);
    if (isTerminalJobState(state)) throw new ArtenicError('fenced', 'The job has ended.');
    const before = (await attempts.listByJob(job.id)).filter((other) => other.attempt < attempt.attempt);
    const holder = before.find((other) => !handsOver({ ...other, isDone: done.has(other.attempt) }, now()));
    if (holder !== undefined)
      throw new ArtenicError('not-ready', `Attempt ${holder.attempt} still writes its last checkpoint or result.`);
    await jobs.moveFence(job.id, attempt.attempt);
  });
}

async function hello({ deps, body }: Context<unknown, unknown, z.output<typeof helloRequestSchema>>): Promise<Reply> {
  const caller = await callerOfBootstrap(deps, body);
  const { job } = caller;
  if (job.currentAttempt < caller.attempt.attempt) await takeOver(deps, caller);
  const stopAt = (await takeHello(deps, caller, tokenHashOf(deps.keyPepper, body.attemptToken))).toISOString();
  const [checkpoints, secrets] = await Promise.all([
    storedCheckpoints(deps.storage, job.id),
    deps.secrets(job.spec.secrets),
  ]);
  await deliverRunnerEvents({ ...deps, store: deps.store.as(runnerPrincipal(caller)) }, caller.attempt.id);
  return ok({ job: job.spec, checkpoints, stopAt, secrets });
}

/**
 * Returns when `maxHours` ends. The fence is held until the transaction ends: the hello of a replaced attempt changes
 * nothing.
 */
function takeHello(deps: ApiDeps, caller: RunnerCaller, tokenHash: string): Promise<Date> {
  const { id } = caller.attempt;
  const now = deps.now();
  return deps.store.transaction(runnerPrincipal(caller), async (repositories) => {
    const { jobs, attempts, runnerEvents } = repositories;
    const before = await lockOpen(repositories, caller);
    const { spec, stopAt: told } = await jobs.get(caller.job.id);
    const attempt = await attempts.hello(id, tokenHash, now);
    await attempts.advance(id, 'starting', now);
    // A repeated hello, whose first answer was lost.
    if (before.helloAt !== null && told !== null) return told;
    const helloAt = attempt.helloAt ?? now;
    const stopAt = stopAtOf(spec.maxHours, await attempts.runningSpans(caller.job.id), { ...attempt, helloAt });
    await jobs.setStopAt(caller.job.id, stopAt);
    await runnerEvents.accept(id, { kind: 'hello', id: 'hello', stopAt: stopAt.toISOString() }, now);
    return stopAt;
  });
}

/** Applies an event to the API's own rows, in the transaction that stores the event for its workflow. */
async function take(
  { jobs, attempts }: Repositories,
  { attempt, job }: RunnerCaller,
  event: RunnerEvent,
  at: Date,
): Promise<void> {
  switch (event.kind) {
    case 'phase': {
      const state = event.phase === 'setup' ? 'setup' : 'running';
      await jobs.transition(job.id, state, { message: '' });
      await attempts.advance(attempt.id, state, at);
      if (event.restoredFrom !== undefined && event.restoredFrom !== null)
        await attempts.setRestoredFrom(attempt.id, event.restoredFrom);
      return;
    }
    case 'notice':
      return attempts.notice(attempt.id, new Date(event.deadlineAt), at);
    case 'stopped':
      if (leavesWorkUndone(event.reason)) await attempts.release(attempt.id, at);
      return attempts.runnerOver(attempt.id, at);
    case 'exited':
      return attempts.runnerOver(attempt.id, at);
    case 'rebalance':
      return;
    default:
      assertNever(event);
  }
}

/**
 * The event is committed first, so that the runner need not send it again while Temporal is away; then the workflow is
 * signalled.
 */
async function takeEvent({ deps, body, runner }: Context<unknown, unknown, RunnerEvent>): Promise<Reply> {
  const caller = runner();
  const { id } = caller.attempt;
  const store = deps.store.as(runnerPrincipal(caller));
  await store.transaction(async (repositories) => {
    if (body.kind === 'phase') await lockOpen(repositories, caller);
    else await holdFence(repositories, caller);
    const accepted = await repositories.runnerEvents.accept(id, body, deps.now());
    if (accepted === 'full')
      throw new ArtenicError('conflict', `No more events \`${body.kind}\` of this attempt are kept.`);
    if (accepted === 'taken') await take(repositories, caller, body, deps.now());
  });
  await deliverRunnerEvents({ ...deps, store }, id);
  return ok({});
}

function stopRequestFor({
  attempt,
  job,
}: RunnerCaller): { readonly reason: RunnerStopReason; readonly now?: true } | null {
  const reason = wantedStop(attempt, job);
  if (reason === null) return null;
  const { runnerReason, isGraceful } = stopRules[reason];
  return { reason: runnerReason, ...(isGraceful ? {} : { now: true }) };
}

/** Requests that signals make of this attempt. */
function signalRequests({ job, attempt }: RunnerCaller): Pick<HeartbeatResponse, 'checkpoint' | 'notice'> {
  const { checkpoint = null, notice = null } = job.signals ?? {};
  const iso = (ms: number): string => new Date(ms).toISOString();
  return {
    checkpoint: checkpoint?.attempt === attempt.attempt ? { askedAt: iso(checkpoint.atMs) } : null,
    notice: notice?.attempt === attempt.attempt ? { deadlineAt: iso(notice.deadlineAtMs) } : null,
  };
}

const common = { method: 'post', permission: 'runner', tag: 'runner' } as const;
const done = { 200: { description: 'Taken', schema: z.object({}) } } as const;

export function runnerRoutes(): readonly Route[] {
  return [
    route({
      ...common,
      path: '/api/v1/runner/bootstrap',
      permission: 'open',
      openLimit: tokenLimit,
      summary: 'What a rented machine needs besides its bootstrap token, which can be used for one connection',
      body: bootstrapRequestSchema,
      answers: { 200: { description: 'The rest', schema: bootstrapAnswerSchema } },
      handle: async ({ deps, body }) => {
        const { attempt } = await callerOfBootstrap(deps, body);
        const { traceparent } = attempt;
        const trace = traceparent === null ? {} : { traceparent };
        return ok({ jobId: attempt.jobId, attempt: attempt.attempt, ...deps.runner, ...trace });
      },
    }),
    route({
      ...common,
      path: '/api/v1/runner/hello',
      permission: 'open',
      openLimit: tokenLimit,
      summary: "Trade the bootstrap token for the runner's own",
      body: helloRequestSchema,
      answers: { 200: { description: 'The job', schema: helloResponseSchema } },
      handle: hello,
    }),
    ...runnerStreamRoutes(),
    ...reportRoutes(),
  ];
}

/** Routes for a runner's reports, besides logs and metrics. */
function reportRoutes(): readonly Route[] {
  return [
    route({
      ...common,
      path: '/api/v1/runner/checkpoints',
      summary: 'Report an uploaded checkpoint',
      body: checkpointManifestSchema,
      maxBytes: longestManifestBytes,
      answers: done,
      handle: async ({ deps, body, runner }) => {
        const caller = runner();
        if (body.jobId !== caller.attempt.jobId || body.attempt !== caller.attempt.attempt)
          throw new ArtenicError('forbidden', 'This checkpoint is of another attempt.');
        await deps.store.transaction(runnerPrincipal(caller), async (repositories) => {
          await holdFence(repositories, caller);
          await repositories.checkpoints.insert(body);
        });
        return ok({});
      },
    }),
    route({
      ...common,
      path: '/api/v1/runner/events',
      summary: 'Report an event to the workflow',
      body: runnerEventSchema,
      answers: done,
      handle: takeEvent,
    }),
    route({
      ...common,
      path: '/api/v1/runner/heartbeat',
      summary: 'Say that the runner lives; hear what is wished',
      body: heartbeatRequestSchema,
      answers: { 200: { description: 'Wishes', schema: heartbeatResponseSchema } },
      handle: async ({ deps, body, runner }) => {
        const caller = runner();
        mustBeOpen(caller);
        const { attempts, jobs } = deps.store.as(runnerPrincipal(caller));
        // Its sign of life was written when its token was checked.
        if (body.delivery !== undefined)
          await attempts.heartbeat(caller.attempt.id, deps.now(), body.delivery.movedBytes);
        if (body.progress !== null && body.progress !== caller.job.progress)
          await jobs.setProgress(caller.job.id, body.progress, {
            ...{ attempt: caller.attempt.attempt, at: deps.now(), track: caller.job.progressTrack },
          });
        return ok({ stop: stopRequestFor(caller), ...signalRequests(caller) });
      },
    }),
  ];
}
