import { knownProviders } from '../../app/providers/known.ts';
import { bestMetric, isTerminalJobState, type JobView, type SeriesExtremes } from '@artenic/core';
import { costOfJob, priceNow } from '../../core/cost/cost.ts';
import { attemptIdOf } from '../../core/ids.ts';
import { situationOf, type AttemptFacts, type TroubledProvider } from '../../core/jobs/situation.ts';
import { timeLeftMs } from '../../core/jobs/time-left.ts';
import { trainingMsOf } from '../../core/jobs/times.ts';
import type { Reads } from '../../store/reads.ts';
import type { AttemptOfJob, JobRecord } from '../../store/types.ts';
import type { ApiDeps } from '../deps.ts';
import { jobView, type JobFacts } from './views.ts';

type FactDeps = Pick<ApiDeps, 'now' | 'runner'>;
type FactReads = Pick<Reads, 'attempts' | 'capacity' | 'catalogs' | 'metrics' | 'providers'>;

/** Three heartbeats; a sign of life is stored at most every two seconds. */
const leastLateMs = 10_000;

async function queuePositions(
  { capacity }: FactReads,
  jobs: readonly JobRecord[],
): Promise<ReadonlyMap<string, number>> {
  const waiting = jobs.filter((job) => job.state === 'waiting').map((job) => attemptIdOf(job.id, job.currentAttempt));
  if (waiting.length === 0) return new Map();
  const positions = await capacity.positions(waiting);
  return new Map([...positions].map(([attemptId, place]) => [attemptId.split('/')[0] ?? '', place]));
}

async function troubledProviders(store: FactReads): Promise<readonly TroubledProvider[]> {
  return (await knownProviders(store)).flatMap(({ name, usable, problem, message, unusableSince }) =>
    usable ? [] : [{ name, problem, message, sinceMs: unusableSince?.getTime() ?? null }],
  );
}

const ms = (date: Date | null): number | null => date?.getTime() ?? null;

function attemptFacts(attempt: AttemptOfJob): AttemptFacts {
  const { provider, region, zone, instanceType, spot } = attempt.offer;
  return {
    ...{ state: attempt.state, provider, instanceId: attempt.handle?.instanceId ?? null },
    place: `${provider} ${zone ?? region} ${instanceType}${spot ? ' (spot)' : ''}`,
    createdAtMs: attempt.createdAt.getTime(),
    launchedAtMs: ms(attempt.launchedAt),
    instanceSinceMs: ms(attempt.instanceSince),
    helloAtMs: ms(attempt.helloAt),
    runningAtMs: ms(attempt.runningAt),
    lastSignMs: ms(attempt.lastHeartbeatAt),
    runnerOverAtMs: ms(attempt.runnerOverAt),
    terminateTriedAtMs: ms(attempt.terminateTriedAt),
    refusedSinceMs: ms(attempt.terminateRefusedAt),
    refusals: attempt.terminateRefusals,
    refusal: attempt.terminateError,
  };
}

type Known = {
  readonly nowMs: number;
  readonly series: readonly SeriesExtremes[];
  readonly lateAfterMs: number;
  readonly attempts: readonly AttemptOfJob[];
  readonly queuePosition: number | null;
  readonly troubled: readonly TroubledProvider[];
};

function factsOf(job: JobRecord, known: Known): JobFacts {
  const { nowMs, lateAfterMs, attempts, queuePosition, troubled, series } = known;
  const isOver = isTerminalJobState(job.state);
  const newest = attempts.at(-1);
  const attempt = newest === undefined || newest.endedAt !== null ? null : attemptFacts(newest);
  const lastSignMs = attempt?.lastSignMs ?? null;
  return {
    queuePosition,
    situation: situationOf({
      ...{ nowMs, lateAfterMs, queuePosition, troubled, attempt, state: job.state, message: job.message },
      createdAtMs: job.createdAt.getTime(),
      stateSinceMs: ms(job.stateSince),
      heldAtMs: ms(job.heldAt),
      cancelRequestedAtMs: ms(job.cancelRequestedAt),
      isWorkflowStarted: job.workflowStartedAt !== null,
      providers: job.spec.placement.providers,
    }),
    signOfLife:
      lastSignMs === null || isOver
        ? null
        : { at: new Date(lastSignMs).toISOString(), lateAt: new Date(lastSignMs + lateAfterMs).toISOString() },
    trainingSince: isOver || newest?.endedAt !== null ? null : (newest.runningAt?.toISOString() ?? null),
    trainingMs: trainingMsOf(attempts, nowMs),
    timeLeftMs: isOver ? null : timeLeftMs(job.progressTrack ?? [], job.progress, nowMs),
    bestMetric: bestMetric(series, job.spec.outputs.metrics, job.spec.outputs.directions),
    cost: costOfJob(attempts, isOver, new Date(nowMs)),
    usdMicrosPerHour: priceNow(attempts),
  };
}

function lateAfterMsOf({ runner }: FactDeps): number {
  return Math.max(leastLateMs, 3 * runner.heartbeatIntervalMs);
}

/** View of a job within a transaction, where it does not wait for a provider or in a queue. */
export async function viewWithin(
  deps: FactDeps,
  repositories: Pick<Reads, 'attempts' | 'metrics'>,
  job: JobRecord,
): Promise<JobView> {
  const nowMs = deps.now().getTime();
  // One after the other: in a transaction they share a connection.
  const attempts = (await repositories.attempts.ofJobs([job.id])).get(job.id) ?? [];
  const series = (await repositories.metrics.extremes([job.id])).get(job.id) ?? [];
  const lateAfterMs = lateAfterMsOf(deps);
  return jobView(job, factsOf(job, { nowMs, lateAfterMs, attempts, series, queuePosition: null, troubled: [] }));
}

/** Facts of the jobs' views, read at once for all of them. */
async function factsOfJobs(
  deps: FactDeps,
  reads: FactReads,
  jobs: readonly JobRecord[],
): Promise<(job: JobRecord) => JobFacts> {
  const isAnyOpen = jobs.some(({ state }) => !isTerminalJobState(state));
  const ids = jobs.map(({ id }) => id);
  const [positions, attempts, series, troubled] = await Promise.all([
    queuePositions(reads, jobs),
    reads.attempts.ofJobs(ids),
    reads.metrics.extremes(ids),
    isAnyOpen ? troubledProviders(reads) : [],
  ]);
  const nowMs = deps.now().getTime();
  const lateAfterMs = lateAfterMsOf(deps);
  return (job) =>
    factsOf(job, {
      ...{ nowMs, lateAfterMs, troubled },
      attempts: attempts.get(job.id) ?? [],
      series: series.get(job.id) ?? [],
      queuePosition: positions.get(job.id) ?? null,
    });
}

/** Views of the jobs, with their places in the queue, their situations and their costs. */
export async function viewsOfJobs(
  deps: FactDeps & Pick<ApiDeps, 'store'>,
  jobs: readonly JobRecord[],
): Promise<readonly JobView[]> {
  const facts = await factsOfJobs(deps, deps.store, jobs);
  return jobs.map((job) => jobView(job, facts(job)));
}
