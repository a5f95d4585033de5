import type { DoctorProvider, UnresolvedInstance } from '@artenic/core';
import { priceOfTime } from '../../core/cost/cost.ts';
import { parseAttemptId } from '../../core/ids.ts';
import type { StrayRecord, SweepRecord } from '../../store/types.ts';

export function unresolvedView(stray: StrayRecord, now: Date): UnresolvedInstance {
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
