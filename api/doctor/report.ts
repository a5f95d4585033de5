import type { DoctorProblem, DoctorReport, UnresolvedInstance } from '@artenic/core';
import { diagnose } from '../../core/doctor/diagnose.ts';
import type { ProviderFacts, RefusedFacts, SilentFacts } from '../../core/doctor/facts.ts';
import { refusedTooLongMs } from '../../core/doctor/machines.ts';
import { workerGoneAfterMs } from '../../core/doctor/workers.ts';
import { knownProviders } from '../../app/providers/known.ts';
import { isArtenicError } from '../../core/errors.ts';
import { silenceLimits, silenceOf } from '../../core/silence/silence.ts';
import { signsOf, spanOf } from '../../store/attempts/signs.ts';
import type { CatalogRecord, ProviderRecord, StrayRecord, SweepRecord, WorkerRecord } from '../../store/types.ts';
import type { ApiDeps } from '../deps.ts';
import { sweepView, unresolvedView } from '../reconcile/unresolved-view.ts';

const pingTimeoutMs = 2000;
/** Most attempts of one kind of trouble that are named. */
const mostTold = 20;
const muteWithinMs = 24 * 3_600_000;
/** A worker takes a queued job within seconds. */
const takenWithinMs = 60_000;

/** Rows that the workers keep up to date: the API itself asks no provider. */
type Seen = {
  readonly now: Date;
  readonly clockSkewMs: number;
  readonly isTemporalReachable: boolean;
  readonly providers: readonly ProviderRecord[];
  readonly sweeps: ReadonlyMap<string, SweepRecord>;
  readonly strays: readonly StrayRecord[];
  readonly pricedAt: ReadonlyMap<string, Date>;
  readonly silent: readonly SilentFacts[];
  readonly refused: readonly RefusedFacts[];
  readonly mute: ReadonlyMap<string, number>;
  readonly workers: readonly WorkerRecord[];
  readonly catalogs: ReadonlyMap<string, CatalogRecord>;
  readonly blocked: ReadonlyMap<string, number>;
  readonly untaken: { readonly jobs: number; readonly since: Date | null };
  /** Since when the API has heard runners without a gap; null: it has just started. */
  readonly upSince: Date | null;
};

async function look(deps: ApiDeps): Promise<Seen> {
  const { reconcile, attempts, catalogs, jobs, workers, uptime } = deps.store;
  const now = deps.now();
  const before = (ms: number): Date => new Date(now.getTime() - ms);
  const [clockSkewMs, isTemporalReachable, checked, sweeps, strays, pricedAt] = await Promise.all([
    ...([reconcile.clockSkewMs(), isReachable(deps), knownProviders(deps.store), reconcile.sweeps()] as const),
    ...([reconcile.unresolved(), reconcile.pricedAt()] as const),
  ]);
  const [silent, refused, mute, up, alive, known, blocked, untaken] = await Promise.all([
    ...([silentOf(deps, now), refusedOf(deps, before(refusedTooLongMs)), attempts.mute(before(muteWithinMs))] as const),
    ...([uptime.read(), workers.list(), catalogs.list()] as const),
    ...([jobs.blockedByProvider(), jobs.untaken(before(takenWithinMs))] as const),
  ]);
  return {
    ...{ now, clockSkewMs, isTemporalReachable, providers: checked, strays, pricedAt, silent, refused, mute },
    ...{ workers: alive, blocked, untaken, upSince: up?.goodSince ?? null },
    sweeps: new Map(sweeps.map((sweep) => [sweep.provider, sweep])),
    catalogs: new Map(known.map((one) => [one.provider, one])),
  };
}

/** Machines without a sign of life for a while, counting only the time in which the API could hear them. */
async function silentOf({ store, silence }: ApiDeps, now: Date): Promise<readonly SilentFacts[]> {
  const shortestMs = Math.min(silence.silentAfterMs, silence.helloWithinMs ?? Number.POSITIVE_INFINITY) / 2;
  const [uptime, rows] = await Promise.all([
    store.uptime.read(),
    store.attempts.silent(new Date(now.getTime() - shortestMs), mostTold),
  ]);
  if (uptime === null) return [];
  return rows.flatMap((row) => {
    const { provider } = row.offer;
    const found = silenceOf(signsOf(row), spanOf(uptime), silenceLimits(provider, silence));
    if (found === null || row.handle === null) return [];
    const { kind, sinceMs, silentMs, limitMs } = found;
    const { instanceId } = row.handle;
    return [{ provider, attemptId: row.id, jobId: row.jobId, instanceId, kind, sinceMs, silentMs, limitMs }];
  });
}

async function refusedOf({ store }: ApiDeps, since: Date): Promise<readonly RefusedFacts[]> {
  const rows = await store.attempts.ending(since, mostTold);
  return rows.flatMap(({ id, jobId, offer, handle, terminateRefusedAt, terminateRefusals, terminateError }) =>
    terminateRefusedAt === null
      ? []
      : [
          {
            ...{ provider: offer.provider, attemptId: id, jobId, instanceId: handle?.instanceId ?? id },
            ...{ sinceMs: terminateRefusedAt.getTime(), refusals: terminateRefusals, refusal: terminateError },
          },
        ],
  );
}

async function isReachable({ temporal }: ApiDeps): Promise<boolean> {
  try {
    await temporal.ping(pingTimeoutMs);
    return true;
  } catch (error) {
    if (isArtenicError(error)) return false;
    throw error;
  }
}

function providerFacts(seen: Seen, row: ProviderRecord): ProviderFacts {
  const { name, usable, problem, message, checkedAt, unusableSince, clockSkewMs } = row;
  const sweep = seen.sweeps.get(name);
  const catalog = seen.catalogs.get(name);
  return {
    ...{ name, usable, problem, message, clockSkewMs, checkedAtMs: checkedAt.getTime() },
    unusableSinceMs: unusableSince?.getTime() ?? null,
    sweep: sweep === undefined ? null : { succeededAtMs: sweep.succeededAt?.getTime() ?? null, error: sweep.error },
    offersAgeMs: catalog?.ageMs ?? null,
    offersProblem: catalog?.problem ?? null,
    jobsBlocked: seen.blocked.get(name) ?? 0,
  };
}

function problemsOf(seen: Seen, unresolved: readonly UnresolvedInstance[], sweepEveryMs: number): DoctorProblem[] {
  const { now, clockSkewMs, isTemporalReachable, silent, refused, workers, untaken } = seen;
  const found = diagnose({
    ...{ nowMs: now.getTime(), clockSkewMs, isTemporalReachable, sweepEveryMs, silent, refused, workers },
    strays: unresolved.map((one) => ({ ...one, sinceMs: Date.parse(one.since) })),
    upSinceMs: (seen.upSince ?? now).getTime(),
    mute: [...seen.mute].map(([provider, machines]) => ({ provider, machines })),
    untaken: { jobs: untaken.jobs, sinceMs: untaken.since?.getTime() ?? null },
    providers: seen.providers.map((row) => providerFacts(seen, row)),
  });
  return found.map(({ sinceMs, ...complaint }) => ({
    ...complaint,
    since: sinceMs === null ? null : new Date(sinceMs).toISOString(),
  }));
}

function reportOf(seen: Seen, { reconcileMs, knownProviders }: ApiDeps): DoctorReport {
  const { now, clockSkewMs, isTemporalReachable } = seen;
  const unresolved = seen.strays.map((stray) => unresolvedView(stray, now, { knownProviders }));
  const problems = problemsOf(seen, unresolved, reconcileMs);
  return {
    ok: problems.length === 0,
    now: now.toISOString(),
    clockSkewMs,
    temporal: isTemporalReachable ? 'ok' : 'unreachable',
    providers: providersOf(seen, knownProviders, unresolved),
    unresolved,
    workers: seen.workers.map(({ queues, startedAt, seenAt, ageMs }) => ({
      ...{ queues: [...queues], startedAt: startedAt.toISOString(), seenAt: seenAt.toISOString() },
      state: ageMs <= workerGoneAfterMs ? 'alive' : 'gone',
    })),
    problems,
  };
}

function providersOf(
  { providers, sweeps, pricedAt }: Seen,
  knownProviders: ApiDeps['knownProviders'],
  unresolved: readonly UnresolvedInstance[],
): DoctorReport['providers'] {
  const rows = new Map(providers.map((row) => [row.name, row]));
  const names = new Set([...knownProviders.map(({ name }) => name), ...rows.keys(), ...sweeps.keys()]);
  return [...names].toSorted().map((name) => {
    const row = rows.get(name);
    const sweep = sweeps.get(name);
    return {
      name,
      state: row === undefined ? 'not-configured' : row.usable ? 'usable' : 'unusable',
      problem: row?.problem ?? null,
      message: row?.message ?? knownProviders.find((one) => one.name === name)?.configuredBy ?? '',
      checkedAt: row?.checkedAt.toISOString() ?? null,
      clockSkewMs: row?.clockSkewMs ?? null,
      pricedAt: pricedAt.get(name)?.toISOString() ?? null,
      sweep: sweep === undefined ? null : sweepView(sweep),
      unresolved: unresolved.filter((one) => one.provider === name).length,
    };
  });
}

export type Doctor = (deps: ApiDeps) => Promise<DoctorReport>;

/** Calls at the same time share one report: each open page asks every few seconds. */
export function createDoctor(): Doctor {
  let underway: Promise<DoctorReport> | null = null;
  return (deps) => {
    underway ??= look(deps)
      .then((seen) => reportOf(seen, deps))
      .finally(() => {
        underway = null;
      });
    return underway;
  };
}
