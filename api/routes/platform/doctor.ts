import {
  doctorReportSchema,
  unresolvedInstanceSchema,
  type DoctorReport,
  type UnresolvedInstance,
} from '@artenic/core';
import { z } from 'zod';
import { diagnose, type SilentFacts } from '../../../core/doctor/diagnose.ts';
import { isArtenicError } from '../../../core/errors.ts';
import { silenceLimits, silenceOf } from '../../../core/silence/silence.ts';
import { signsOf, spanOf } from '../../../store/attempts/signs.ts';
import type { ProviderRecord, StrayRecord, SweepRecord } from '../../../store/types.ts';
import { ok, route, type Route } from '../../http/route.ts';
import type { ApiDeps } from '../../deps.ts';
import { sweepView, unresolvedView } from '../../reconcile/unresolved-view.ts';

const pingTimeoutMs = 2000;
const mostSilentTold = 20;
const muteWithinMs = 24 * 3_600_000;

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
  readonly mute: ReadonlyMap<string, number>;
  /** Since when the API has heard runners without a gap; null: it has just started. */
  readonly upSince: Date | null;
};

async function look(deps: ApiDeps): Promise<Seen> {
  const { reconcile, providers } = deps.store;
  const now = deps.now();
  const [clockSkewMs, isTemporalReachable, checked, sweeps, strays, pricedAt, silent, mute, uptime] = await Promise.all(
    [
      reconcile.clockSkewMs(),
      isReachable(deps),
      providers.list(),
      reconcile.sweeps(),
      reconcile.unresolved(),
      reconcile.pricedAt(),
      silentOf(deps, now),
      deps.store.attempts.mute(new Date(now.getTime() - muteWithinMs)),
      deps.store.uptime.read(),
    ],
  );
  return {
    ...{ now, clockSkewMs, isTemporalReachable, providers: checked, strays, pricedAt, silent, mute },
    upSince: uptime?.goodSince ?? null,
    sweeps: new Map(sweeps.map((sweep) => [sweep.provider, sweep])),
  };
}

/** Machines without a sign of life for a while, counting only the time in which the API could hear them. */
async function silentOf({ store, silence }: ApiDeps, now: Date): Promise<readonly SilentFacts[]> {
  const shortestMs = Math.min(silence.silentAfterMs, silence.helloWithinMs ?? Number.POSITIVE_INFINITY) / 2;
  const [uptime, rows] = await Promise.all([
    store.uptime.read(),
    store.attempts.silent(new Date(now.getTime() - shortestMs), mostSilentTold),
  ]);
  if (uptime === null) return [];
  return rows.flatMap((row) => {
    const { provider } = row.offer;
    const found = silenceOf(signsOf(row), spanOf(uptime), silenceLimits(provider, silence));
    if (found === null || row.handle === null) return [];
    const { kind, silentMs, limitMs } = found;
    return [{ provider, attemptId: row.id, instanceId: row.handle.instanceId, kind, silentMs, limitMs }];
  });
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

function reportOf(seen: Seen, { reconcileMs: sweepEveryMs, knownProviders }: ApiDeps): DoctorReport {
  const { now, clockSkewMs, isTemporalReachable, strays, sweeps } = seen;
  const unresolved = strays.map((stray) => unresolvedView(stray, now));
  const problems = diagnose({
    ...{ nowMs: now.getTime(), clockSkewMs, isTemporalReachable, sweepEveryMs, strays: unresolved },
    upSinceMs: (seen.upSince ?? now).getTime(),
    silent: seen.silent,
    mute: [...seen.mute].map(([provider, machines]) => ({ provider, machines })),
    providers: seen.providers.map(({ name, usable, problem, message, checkedAt, clockSkewMs: skewMs }) => {
      const sweep = sweeps.get(name);
      return {
        ...{ name, usable, problem, message, checkedAtMs: checkedAt.getTime(), clockSkewMs: skewMs },
        sweep: sweep === undefined ? null : { succeededAtMs: sweep.succeededAt?.getTime() ?? null, error: sweep.error },
      };
    }),
  });
  return {
    ok: problems.length === 0,
    now: now.toISOString(),
    clockSkewMs,
    temporal: isTemporalReachable ? 'ok' : 'unreachable',
    providers: providersOf(seen, knownProviders, unresolved),
    unresolved,
    problems: [...problems],
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

export function doctorRoutes(): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/doctor',
      permission: 'read',
      tag: 'platform',
      summary: 'What is wrong with providers, sweeps, clocks and instances, and what to do',
      answers: { 200: { description: 'The report', schema: doctorReportSchema.meta({ id: 'DoctorReport' }) } },
      handle: async ({ deps }) => ok(reportOf(await look(deps), deps)),
    }),
    route({
      method: 'get',
      path: '/api/v1/instances/unresolved',
      permission: 'read',
      tag: 'providers',
      summary: 'Instances that exist and should not, longest first, with what they have cost',
      answers: {
        200: {
          description: 'The instances',
          schema: z.object({ items: z.array(unresolvedInstanceSchema.meta({ id: 'UnresolvedInstance' })) }),
        },
      },
      handle: async ({ deps }) => {
        const strays = await deps.store.reconcile.unresolved();
        const now = deps.now();
        return ok({ items: strays.map((stray) => unresolvedView(stray, now)) });
      },
    }),
  ];
}
