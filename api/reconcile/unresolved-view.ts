import type { DoctorProvider, UnresolvedInstance } from '@artenic/core';
import { priceOfTime } from '../../core/cost/cost.ts';
import { parseAttemptId } from '../../core/ids.ts';
import type { StrayRecord, SweepRecord } from '../../store/types.ts';
import type { ApiDeps } from '../deps.ts';

/** Ids that a shell takes as one word. A provider's ids and regions have no other characters. */
const plain = /^[\w.:-]+$/;

function endCommandOf(
  { provider, instanceId, region }: StrayRecord,
  known: ApiDeps['knownProviders'],
): UnresolvedInstance['endCommand'] {
  if (!plain.test(instanceId) || !plain.test(region)) return null;
  return known.find(({ name }) => name === provider)?.endCommand?.({ instanceId, region }) ?? null;
}

export function unresolvedView(
  stray: StrayRecord,
  now: Date,
  { knownProviders }: Pick<ApiDeps, 'knownProviders'>,
): UnresolvedInstance {
  const { provider, instanceId, region, attemptId, reason, since, dueAt, tries, lastTriedAt, lastError } = stray;
  const priceUsdMicrosPerHour = stray.priceUsdMicrosPerHour === null ? null : Number(stray.priceUsdMicrosPerHour);
  const wastedMs = Math.max(0, now.getTime() - since.getTime());
  return {
    ...{ provider, instanceId, region, attemptId, reason, tries, lastError, priceUsdMicrosPerHour },
    jobId: parseAttemptId(attemptId)?.jobId ?? null,
    since: since.toISOString(),
    graceEndsAt: dueAt?.toISOString() ?? null,
    isInGrace: dueAt !== null && dueAt > now,
    costUsdMicros: priceUsdMicrosPerHour === null ? null : priceOfTime(priceUsdMicrosPerHour, wastedMs),
    lastTriedAt: lastTriedAt?.toISOString() ?? null,
    endCommand: endCommandOf(stray, knownProviders),
  };
}

export function sweepView(sweep: SweepRecord): NonNullable<DoctorProvider['sweep']> {
  const { startedAt, finishedAt, succeededAt, error, findings } = sweep;
  return {
    startedAt: startedAt.toISOString(),
    finishedAt: finishedAt.toISOString(),
    succeededAt: succeededAt?.toISOString() ?? null,
    error,
    findings,
  };
}
