import {
  bootstrapAnswerSchema,
  bootstrapRequestSchema,
  checkpointManifestSchema,
  heartbeatRequestSchema,
  heartbeatResponseSchema,
  helloRequestSchema,
  helloResponseSchema,
  isTerminalJobState,
  logStreams,
  objectKeys,
  offsetResponseSchema,
  runnerEventSchema,
  type CheckpointManifest,
  type HeartbeatResponse,
  type RunnerEvent,
} from '@artenic/core';
import { z } from 'zod';
import { ArtenicError, isArtenicError } from '../../core/errors.ts';
import { handsOver } from '../../core/failover/hand-over.ts';
import { cameToItsEnd } from '../../store/completion.ts';
import type { AttemptRecord, JobRecord } from '../../store/types.ts';
import { bootstrapTokenOf, tokenHashOf } from '../../store/tokens.ts';
import { createCoarseEvents } from '../coarse-events.ts';
import type { ApiDeps } from '../deps.ts';
import { sameHash } from '../keys.ts';
import { mustBeOpen } from '../middleware/runner-access.ts';
import { appendLog, appendMetrics } from '../runner-streams.ts';
import { ok, route, type Context, type Reply, type Route, type RunnerCaller } from '../route.ts';
import { offsetNumber } from '../schemas.ts';

const hourMs = 3_600_000;
const manifestBytes = 4_000_000;

/** Checkpoints as storage has them, newest first: it knows also those that a runner could not tell us of. */
async function storedCheckpoints(deps: ApiDeps, jobId: string): Promise<readonly CheckpointManifest[]> {
  const keys = (await deps.storage.list(objectKeys.checkpointPrefix(jobId))).filter((key) =>
    key.endsWith('/manifest.json'),
  );
  const manifests: CheckpointManifest[] = [];
  for (const key of keys.toReversed()) {
    try {
      const parsed = checkpointManifestSchema.safeParse(
        JSON.parse(new TextDecoder().decode(await deps.storage.read(key, manifestBytes))),
      );
      if (parsed.success) manifests.push(parsed.data);
    } catch (error) {
      // Removed by its own runner's clean-up, or damaged: the next one is older and whole.
      if (!isArtenicError(error, 'not-found') && !(error instanceof SyntaxError)) throw error;
    }
  }
  return manifests;
}

/**
 * Tells the workflow once for each event id. The id is noted in a transaction that is committed only when Temporal has
 * the event: while Temporal is away the runner hears "later" and says it again. A death in between tells it twice, which
 * the workflow ignores.
 */
function tellWorkflow(
  deps: ApiDeps,
  attemptId: string,
  event: Parameters<ApiDeps['temporal']['signalRunnerEvent']>[1],
): Promise<void> {
  return deps.store.transaction(async (repositories) => {
    if (!(await repositories.runnerEvents.firstTime(attemptId, event.id, deps.now()))) return;
    if (event.kind === 'exited' || event.kind === 'stopped')
      await repositories.attempts.runnerOver(attemptId, deps.now());
    if (event.kind === 'stopped' && event.reason === 'stop-requested')
      await repositories.attempts.release(attemptId, deps.now());
    // The workflow is closed or was terminated: its successor asks for the instance, and hears of a last word with it.
    await ifThere(deps.temporal.signalRunnerEvent(attemptId, event));
  });
}

/** The machine is taken back: the failover looks for the next one at once. */
async function takeNotice(
  deps: ApiDeps,
  { attempt }: RunnerCaller,
  { deadlineAt }: Extract<RunnerEvent, { kind: 'notice' }>,
): Promise<void> {
  await deps.store.attempts.notice(attempt.id, new Date(deadlineAt), deps.now());
  // Its successor, if it is gone, reads the row before it watches.
  await ifThere(deps.temporal.wakeFailover(attempt.jobId));
}

async function ifThere(signalling: Promise<void>): Promise<void> {
  try {
    await signalling;
  } catch (error) {
    if (!isArtenicError(error, 'not-found')) throw error;
  }
}

/** Whose bootstrap token this is. */
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
  // also of a hello that is held back until a warned attempt has ended
  await deps.store.attempts.heartbeat(attemptId, deps.now());
  return { attempt, job };
}

/** Numbers of those that came to their own end before anybody has judged it: while no worker is there, or their words are late. */
async function doneBefore(
  { store, storage }: ApiDeps,
  { jobId, attempt }: AttemptRecord,
): Promise<ReadonlySet<number>> {
  const rows = await store.attempts.listByJob(jobId);
  const open = rows.filter((row) => row.attempt < attempt && row.ending === null && row.releasedAt === null);
  const done = await Promise.all(open.map(async (row) => ((await cameToItsEnd(storage, row)) ? [row.attempt] : [])));
  return new Set(done.flat());
}

/** Moves the fence to an attempt that was launched beside a warned one, as soon as that one is done. */
async function takeOver(deps: ApiDeps, { attempt, job }: RunnerCaller): Promise<void> {
  const { store, now } = deps;
  const done = await doneBefore(deps, attempt);
  await store.transaction(async ({ jobs, attempts }) => {
    // whoever ends an attempt holds it, too
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
  const now = deps.now();
  const attempt = await deps.store.attempts.hello(body.attemptId, tokenHashOf(deps.keyPepper, body.attemptToken), now);
  const stopAt = await deps.store.jobs.setStopAt(job.id, new Date(now.getTime() + job.spec.maxHours * hourMs));
  await deps.store.attempts.advance(attempt.id, 'starting', now);
  const [checkpoints, secrets] = await Promise.all([storedCheckpoints(deps, job.id), deps.secrets(job.spec.secrets)]);
  await tellWorkflow(deps, attempt.id, { kind: 'hello', id: 'hello', stopAt: stopAt.toISOString() });
  return ok({ job: job.spec, checkpoints, stopAt: stopAt.toISOString(), secrets });
}

async function takePhase(
  deps: ApiDeps,
  { attempt, job }: RunnerCaller,
  event: Extract<RunnerEvent, { kind: 'phase' }>,
): Promise<void> {
  const state = event.phase === 'setup' ? 'setup' : 'running';
  await deps.store.transaction(async (repositories) => {
    await repositories.attempts.advance(attempt.id, state, deps.now());
    if (event.restoredFrom !== undefined && event.restoredFrom !== null)
      await repositories.attempts.setRestoredFrom(attempt.id, event.restoredFrom);
    await repositories.jobs.transition(job.id, state, { message: '' });
  });
}

async function takeEvent({ deps, body, runner }: Context<unknown, unknown, RunnerEvent>): Promise<Reply> {
  const caller = runner();
  if (body.kind === 'phase') {
    mustBeOpen(caller);
    await takePhase(deps, caller, body);
  }
  if (body.kind === 'notice') await takeNotice(deps, caller, body);
  await tellWorkflow(deps, caller.attempt.id, body);
  return ok({});
}

function stopWish(job: JobRecord, caller: RunnerCaller): { readonly reason: string } | null {
  if (caller.attempt.stopRequested !== null) return { reason: caller.attempt.stopRequested };
  return job.cancelRequestedAt === null ? null : { reason: 'cancelled' };
}

/** What signals from outside want of this attempt. */
function signalWishes({ job, attempt }: RunnerCaller): Pick<HeartbeatResponse, 'checkpoint' | 'notice'> {
  const { checkpoint = null, notice = null } = job.signals ?? {};
  const iso = (ms: number): string => new Date(ms).toISOString();
  return {
    checkpoint: checkpoint?.attempt === attempt.attempt ? { askedAt: iso(checkpoint.atMs) } : null,
    notice: notice?.attempt === attempt.attempt ? { deadlineAt: iso(notice.deadlineAtMs) } : null,
  };
}

export function runnerRoutes(): readonly Route[] {
  const events = createCoarseEvents();
  const common = { method: 'post', permission: 'runner', tag: 'runner' } as const;
  const done = { 200: { description: 'Taken', schema: z.object({}) } } as const;
  return [
    route({
      ...common,
      path: '/api/v1/runner/bootstrap',
      permission: 'open',
      summary: 'What a rented machine must know besides its bootstrap token, which stays good for one hello',
      body: bootstrapRequestSchema,
      answers: { 200: { description: 'The rest', schema: bootstrapAnswerSchema } },
      handle: async ({ deps, body }) => {
        const { attempt } = await callerOfBootstrap(deps, body);
        return ok({ jobId: attempt.jobId, attempt: attempt.attempt, ...deps.runner });
      },
    }),
    route({
      ...common,
      path: '/api/v1/runner/hello',
      permission: 'open',
      summary: "Trade the bootstrap token for the runner's own",
      body: helloRequestSchema,
      answers: { 200: { description: 'The job', schema: helloResponseSchema } },
      handle: hello,
    }),
    route({
      ...common,
      path: '/api/v1/runner/logs',
      summary: 'Append log bytes at an offset, exactly once',
      query: z.strictObject({ stream: z.enum(logStreams), offset: offsetNumber }),
      bodyKind: 'bytes',
      maxBytes: 4_000_000,
      answers: { 200: { description: 'Where to go on', schema: offsetResponseSchema } },
      handle: async ({ deps, query, body, runner }) =>
        ok({
          nextOffset: await appendLog(deps, events, runner(), query.stream, query.offset, body as Buffer),
        }),
    }),
    route({
      ...common,
      path: '/api/v1/runner/metrics',
      summary: 'Append metric lines at an offset, exactly once',
      query: z.strictObject({ offset: offsetNumber }),
      bodyKind: 'bytes',
      maxBytes: 4_000_000,
      answers: { 200: { description: 'Where to go on', schema: offsetResponseSchema } },
      handle: async ({ deps, query, body, runner }) =>
        ok({ nextOffset: await appendMetrics(deps, events, runner(), query.offset, body as Buffer) }),
    }),
    route({
      ...common,
      path: '/api/v1/runner/checkpoints',
      summary: 'Tell of an uploaded checkpoint',
      body: checkpointManifestSchema,
      maxBytes: manifestBytes,
      answers: done,
      handle: async ({ deps, body, runner }) => {
        const { attempt } = runner();
        if (body.jobId !== attempt.jobId || body.attempt !== attempt.attempt)
          throw new ArtenicError('forbidden', 'This checkpoint is of another attempt.');
        await deps.store.checkpoints.insert(body);
        return ok({});
      },
    }),
    route({
      ...common,
      path: '/api/v1/runner/events',
      summary: 'Tell what the workflow must know',
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
        await deps.store.attempts.heartbeat(caller.attempt.id, deps.now());
        if (body.progress !== null && body.progress !== caller.job.progress)
          await deps.store.jobs.setProgress(caller.job.id, body.progress);
        return ok({ stop: stopWish(caller.job, caller), ...signalWishes(caller) });
      },
    }),
  ];
}
