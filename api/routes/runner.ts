import {
  checkpointManifestSchema,
  heartbeatRequestSchema,
  heartbeatResponseSchema,
  helloRequestSchema,
  helloResponseSchema,
  logStreams,
  objectKeys,
  offsetResponseSchema,
  runnerEventSchema,
  type CheckpointManifest,
  type RunnerEvent,
} from '@artenic/core';
import { z } from 'zod';
import { ArtenicError, isArtenicError } from '../../core/errors.ts';
import type { JobRecord } from '../../store/types.ts';
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
    try {
      await deps.temporal.signalRunnerEvent(attemptId, event);
    } catch (error) {
      // The workflow is closed or was terminated: its successor asks the provider and reads the marker.
      if (!isArtenicError(error, 'not-found')) throw error;
    }
  });
}

async function hello({ deps, body }: Context<unknown, unknown, z.output<typeof helloRequestSchema>>): Promise<Reply> {
  if (!sameHash(body.bootstrapToken, bootstrapTokenOf(deps.keyPepper, body.attemptId)))
    throw new ArtenicError('unauthorized', 'This bootstrap token does not belong to this attempt.');
  const known = await deps.store.attempts.get(body.attemptId);
  const job = await deps.store.jobs.get(known.jobId);
  if (job.currentAttempt !== known.attempt)
    throw new ArtenicError('fenced', `Attempt ${job.currentAttempt} has taken over.`);
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
  await tellWorkflow(deps, caller.attempt.id, body);
  return ok({});
}

function stopWish(job: JobRecord, caller: RunnerCaller): { readonly reason: string } | null {
  if (caller.attempt.stopRequested !== null) return { reason: caller.attempt.stopRequested };
  return job.cancelRequestedAt === null ? null : { reason: 'cancelled' };
}

export function runnerRoutes(): readonly Route[] {
  const events = createCoarseEvents();
  const common = { method: 'post', permission: 'runner', tag: 'runner' } as const;
  const done = { 200: { description: 'Taken', schema: z.object({}) } } as const;
  return [
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
        return ok({ stop: stopWish(caller.job, caller) });
      },
    }),
  ];
}
