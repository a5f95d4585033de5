import type { Logger } from 'pino';
import { assertNever } from '../../core/assert-never.ts';
import { nothing, type Collected, type StepReport } from '../../core/retention/report.ts';
import { collectorSteps, fixedPeriods, type CollectorStep } from '../../core/retention/rules.ts';
import { collectJobs, collectOldCheckpoints } from './collect-jobs.ts';
import { collectDatasets } from './collect-datasets.ts';
import { collectUploads } from './collect-uploads.ts';
import { unguardedStorage } from './guard-uploads.ts';
import type { CollectorDeps, Round } from './round.ts';

async function collectRequests({ store, periods, now }: CollectorDeps, { isDryRun }: Round): Promise<Collected> {
  const before = (ms: number): Date => new Date(now().getTime() - ms);
  const rows = await store.retention.expired({
    keysBefore: before(fixedPeriods.idempotencyKeysMs),
    sessionsBefore: before(fixedPeriods.sessionsMs),
    straysBefore: before(fixedPeriods.straysMs),
    auditBefore: before(periods.auditMs),
    noticesBefore: before(fixedPeriods.noticesMs),
    isDryRun,
  });
  return { ...nothing, items: rows, rows };
}

async function collectEvents({ store, periods, now }: CollectorDeps, { isDryRun }: Round): Promise<Collected> {
  const { retention } = store;
  if (!isDryRun) await retention.ensurePartitions(now().getTime());
  const old = await retention.oldPartitions('events', now().getTime() - periods.eventsMs);
  if (!isDryRun) for (const { name } of old) await retention.dropPartition('events', name);
  const bytes = old.reduce((sum, partition) => sum + partition.bytes, 0);
  return { ...nothing, items: old.length, bytes };
}

/** Drops the points of whole weeks whose jobs may all go; those jobs then have no points left to delete. */
async function collectPoints({ store, periods, now }: CollectorDeps, { isDryRun }: Round): Promise<Collected> {
  const endedBefore = new Date(now().getTime() - periods.jobsMs);
  if (!isDryRun) await store.retention.countDays();
  let bytes = 0;
  for (const partition of await store.retention.duePoints(endedBefore)) {
    const isGone = isDryRun || (await store.retention.dropPoints(partition.name, endedBefore));
    if (isGone) bytes += partition.bytes;
  }
  return { ...nothing, bytes };
}

function added(one: Collected, other: Collected): Collected {
  return { ...other, bytes: one.bytes + other.bytes };
}

async function collect(step: CollectorStep, deps: CollectorDeps, round: Round): Promise<Collected> {
  switch (step) {
    case 'requests':
      return collectRequests(deps, round);
    case 'events':
      return collectEvents(deps, round);
    case 'old-checkpoints':
      return collectOldCheckpoints(deps, round);
    case 'job-checkpoints':
      return collectJobs(deps, round, 'checkpoints');
    case 'job-details':
      return collectJobs(deps, round, 'details');
    case 'jobs':
      return added(await collectPoints(deps, round), await collectJobs(deps, round, 'job'));
    case 'datasets':
      return collectDatasets(deps, round);
    case 'uploads':
      return collectUploads(deps, round);
    default:
      return assertNever(step);
  }
}

/**
 * Runs a round of every step. Each step is bounded, may die at any point, and continues with the rest in the next
 * round. A failed step does not stop the other steps; the first failure is thrown at the end.
 */
export async function collectGarbage(
  deps: CollectorDeps,
  round: Round,
  logger?: Pick<Logger, 'warn'>,
): Promise<readonly StepReport[]> {
  const unguarded = { ...deps, storage: unguardedStorage(deps.storage) };
  const reports: StepReport[] = [];
  const failures: unknown[] = [];
  for (const step of collectorSteps) {
    try {
      reports.push({ step, ...(await collect(step, unguarded, round)) });
    } catch (error) {
      logger?.warn({ err: error, step }, 'a step of the collector failed');
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return reports;
}
