import type { StrayReason } from '@artenic/core';
import type { SeenAttempt, SeenInstance, Survey, Verdict } from './types.ts';

/**
 * Compares the provider's list, the attempt rows and Temporal's open workflows. The rules are in docs/reconciler.md. An
 * attempt whose launch may still be under way never gets a verdict against it.
 */
export function compare(survey: Survey): readonly Verdict[] {
  const rows = new Map(survey.attempts.map((attempt) => [attempt.attemptId, attempt]));
  const instances = Map.groupBy(survey.instances, ({ handle }) => handle.attemptId);
  const ofRows = survey.attempts.flatMap((attempt) =>
    ofAttempt(survey, attempt, instances.get(attempt.attemptId) ?? []),
  );
  const ofNobody = [...instances].flatMap(([attemptId, living]) =>
    rows.has(attemptId) ? [] : living.map((one) => ofUnknownAttempt(survey, one)),
  );
  return [...ofRows, ...ofNobody];
}

/**
 * The list was read before the rows, and a row is written before its instance is created; so an instance without a row
 * has no attempt.
 */
function ofUnknownAttempt({ nowMs, windows }: Survey, instance: SeenInstance): Verdict {
  const sinceMs = instance.strayedAtMs ?? nowMs;
  return stray(instance, 'unknown-attempt', sinceMs, sinceMs + windows.graceMs + windows.consistencyMs);
}

function ofAttempt(survey: Survey, attempt: SeenAttempt, living: readonly SeenInstance[]): readonly Verdict[] {
  if (attempt.settledAtMs !== null) return ofSettled(survey, attempt, attempt.settledAtMs, living);
  return attempt.workflow === 'open' ? ofWatched(survey, attempt, living) : ofUnwatched(survey, attempt, living);
}

function ofSettled(
  { listedAtMs, windows }: Survey,
  attempt: SeenAttempt,
  settledAtMs: number,
  living: readonly SeenInstance[],
): readonly Verdict[] {
  // a list of the greatest allowed age can still show an instance that has ended since
  const dueAtMs = settledAtMs + windows.consistencyMs;
  if (living.length > 0) return living.map((one) => stray(one, 'attempt-settled', settledAtMs, dueAtMs));
  if (attempt.isTerminationConfirmed) return [leave(attempt, 'it has ended, and so has its instance')];
  const provedAtMs = Math.max(settledAtMs, launchOverAtMs(attempt, windows.graceMs)) + windows.consistencyMs;
  return listedAtMs > provedAtMs
    ? [{ kind: 'confirm', attemptId: attempt.attemptId }]
    : [leave(attempt, 'it has ended; the list is too young to be a proof')];
}

/** Time after which an unanswered launch cannot create an instance any more. */
function launchOverAtMs({ instanceId, launchTriedAtMs }: SeenAttempt, graceMs: number): number {
  return instanceId !== null || launchTriedAtMs === null ? Number.NEGATIVE_INFINITY : launchTriedAtMs + graceMs;
}

function ofWatched(
  { nowMs, listedAtMs, windows }: Survey,
  attempt: SeenAttempt,
  living: readonly SeenInstance[],
): readonly Verdict[] {
  const { graceMs, consistencyMs } = windows;
  const [kept, ...others] = inOrderOfClaim(attempt, living);
  const duplicates = others.map((one) => {
    const sinceMs = one.strayedAtMs ?? nowMs;
    // a launch under way ends its own duplicates
    const dueAtMs = Math.max(sinceMs + graceMs, launchOverAtMs(attempt, graceMs)) + consistencyMs;
    return stray(one, 'duplicate', sinceMs, dueAtMs);
  });
  const askedAtMs = attempt.terminateTriedAtMs;
  if (kept !== undefined && askedAtMs !== null && nowMs > askedAtMs + graceMs) {
    return [stray(kept, 'not-ending', askedAtMs, null), ...duplicates];
  }
  // the instance was there before the first request to end it, so a younger list without it proves that it is gone
  const isProved = attempt.instanceId !== null && askedAtMs !== null && listedAtMs > askedAtMs + consistencyMs;
  if (kept === undefined && isProved) return [{ kind: 'unlisted', attemptId: attempt.attemptId }];
  return [leave(attempt, 'its workflow watches it'), ...duplicates];
}

function ofUnwatched(
  { nowMs, windows }: Survey,
  attempt: SeenAttempt,
  living: readonly SeenInstance[],
): readonly Verdict[] {
  const { attemptId, jobId, isJobOver, isSuperseded, jobWorkflow, unwatchedAtMs } = attempt;
  if (!isJobOver && jobWorkflow !== 'open') return [{ kind: 'restart', jobId }];
  const sinceMs = unwatchedAtMs ?? nowMs;
  const dueAtMs = Math.max(sinceMs + windows.graceMs, launchOverAtMs(attempt, windows.graceMs)) + windows.consistencyMs;
  // the job's workflow takes the attempt over, which needs some seconds
  if (!isJobOver && !isSuperseded && nowMs < dueAtMs) return [leave(attempt, 'its job is about to take it over')];
  return [...living.map((one) => stray(one, 'abandoned', sinceMs, dueAtMs)), { kind: 'settle', attemptId, dueAtMs }];
}

/** First the instance that the row names, because the workflow watches it; then the oldest, with ties ordered by id. */
function inOrderOfClaim({ instanceId }: SeenAttempt, living: readonly SeenInstance[]): readonly SeenInstance[] {
  const rank = ({ handle, launchedAtMs }: SeenInstance): number =>
    handle.instanceId === instanceId ? Number.NEGATIVE_INFINITY : (launchedAtMs ?? Number.POSITIVE_INFINITY);
  return living.toSorted((one, other) => {
    const [a, b] = [rank(one), rank(other)];
    return a === b ? (one.handle.instanceId < other.handle.instanceId ? -1 : 1) : a < b ? -1 : 1;
  });
}

function stray({ handle }: SeenInstance, reason: StrayReason, sinceMs: number, dueAtMs: number | null): Verdict {
  return { kind: 'stray', stray: { handle, reason, sinceMs, dueAtMs } };
}

function leave({ attemptId }: SeenAttempt, why: string): Verdict {
  return { kind: 'leave', attemptId, why };
}
