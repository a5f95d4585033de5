import { doctorProblemSchema, type DoctorWorker } from '@artenic/core';
import { z } from 'zod';
import { messageOf } from '../../../core/errors.ts';
import { maskCredentials } from '../../../core/secrets.ts';
import type { ApiDeps } from '../../deps.ts';
import type { Doctor } from '../../doctor/report.ts';
import type { ApiMetrics } from '../../metrics/metrics.ts';
import { knownProviders } from '../../../app/providers/known.ts';
import { named } from '../../schemas.ts';
import { ok, probeLimit, route, type Reply, type Route } from '../../http/route.ts';
import { providerView } from '../../jobs/views.ts';

const checkTimeoutMs = 2000;
const longestReason = 500;
const healthSchema = z.object({ status: z.string() });
const readySchema = z.object({ ready: z.boolean() });
const checkSchema = z.object({
  state: z.enum(['ok', 'unreachable']),
  tookMs: z.number().int(),
  /** Why it is unreachable. */
  reason: z.string().nullable(),
});
const detailedSchema = z.object({
  /** `degraded`: requests are answered, but no job can run now: no Temporal, no worker, or no usable provider. */
  status: z.enum(['ok', 'degraded', 'not ready']),
  ready: z.boolean(),
  version: z.string(),
  /** Uptime of the process that answers. */
  upSeconds: z.number().int(),
  checks: z.object({ database: checkSchema, temporal: checkSchema }),
  providers: z.array(named.provider.pick({ name: true, usable: true, message: true })),
  /** `gone`: no worker has reported for 30 s, so no job starts. */
  worker: z.object({ state: z.enum(['ok', 'gone']), lastSeenAt: z.iso.datetime().nullable() }),
  /** The doctor's list of faults, critical ones first. */
  problems: z.array(doctorProblemSchema),
});
type Check = z.output<typeof checkSchema>;

async function checkOf(deps: ApiDeps, part: string, work: () => Promise<void>): Promise<Check> {
  const startedMs = performance.now();
  let reason: string | null = null;
  try {
    await work();
  } catch (error) {
    reason = maskCredentials(messageOf(error)).slice(0, longestReason);
    deps.logger.warn({ part, error: messageOf(error) }, 'not ready');
  }
  return {
    state: reason === null ? 'ok' : 'unreachable',
    tookMs: Math.round(performance.now() - startedMs),
    reason,
  };
}
const databaseCheck = (deps: ApiDeps) => checkOf(deps, 'PostgreSQL', () => deps.store.ping(checkTimeoutMs));

/** Ready means that PostgreSQL answers. The route needs no key, so the reason of a failure stays in the log. */
async function readiness(deps: ApiDeps): Promise<Reply> {
  const ready = (await databaseCheck(deps)).state === 'ok';
  return { status: ready ? 200 : 503, body: { ready } };
}

function workerOf(workers: readonly DoctorWorker[]): z.output<typeof detailedSchema>['worker'] {
  const ofControl = workers.filter(({ queues }) => queues.includes('control'));
  const isAlive = ofControl.some(({ state }) => state === 'alive');
  return { state: isAlive ? 'ok' : 'gone', lastSeenAt: ofControl[0]?.seenAt ?? null };
}

/** An API without Temporal is ready: it accepts jobs, which start later. */
async function detailedHealth(deps: ApiDeps, doctor: Doctor): Promise<Reply> {
  const [database, temporal] = await Promise.all([
    databaseCheck(deps),
    checkOf(deps, 'Temporal', () => deps.temporal.ping(checkTimeoutMs)),
  ]);
  const ready = database.state === 'ok';
  const rows = ready ? await knownProviders(deps.store) : [];
  const providers = rows.map(({ name, usable, message }) => ({ name, usable, message }));
  const { workers, problems } = ready ? await doctor(deps) : { workers: [], problems: [] };
  const worker = workerOf(workers);
  const isWell = temporal.state === 'ok' && worker.state === 'ok' && providers.some(({ usable }) => usable);
  const upSeconds = Math.round(process.uptime());
  return {
    status: ready ? 200 : 503,
    body: {
      ...{ status: !ready ? 'not ready' : isWell ? 'ok' : 'degraded', ready, version: deps.version, upSeconds },
      ...{ checks: { database, temporal }, providers, worker, problems },
    },
  };
}

export function platformRoutes(metrics: ApiMetrics, doctor: Doctor): readonly Route[] {
  const live = (path: string, summary: string): Route =>
    route({
      method: 'get',
      path,
      permission: 'open',
      openLimit: probeLimit,
      tag: 'platform',
      summary,
      answers: { 200: { description: 'Alive', schema: healthSchema } },
      handle: () => Promise.resolve(ok({ status: 'ok' })),
    });
  const ready = (path: string, summary: string): Route =>
    route({
      method: 'get',
      path,
      permission: 'open',
      openLimit: probeLimit,
      tag: 'platform',
      summary,
      answers: {
        200: { description: 'Ready', schema: readySchema },
        503: { description: 'Not ready', schema: readySchema },
      },
      handle: ({ deps }) => readiness(deps),
    });
  return [
    live('/livez', 'Whether the process lives'),
    ready('/readyz', 'Whether requests can be answered'),
    live('/health', 'Whether the process lives'),
    ready('/health/ready', 'Whether requests can be answered'),
    route({
      method: 'get',
      path: '/health/detailed',
      permission: 'read',
      tag: 'platform',
      summary: 'Each part that requests need, and how long it took to answer',
      answers: {
        200: { description: 'Ready', schema: detailedSchema },
        503: { description: 'Not ready', schema: detailedSchema },
      },
      handle: ({ deps }) => detailedHealth(deps, doctor),
    }),
    route({
      method: 'get',
      path: '/metrics',
      permission: 'read',
      tag: 'platform',
      summary: 'Prometheus metrics',
      answers: { 200: { description: 'Metrics', type: 'text/plain' } },
      handle: async ({ deps }) => ({
        status: 200,
        body: await metrics.text(deps.store),
        headers: { 'content-type': metrics.contentType },
      }),
    }),
    route({
      method: 'get',
      path: '/api/v1/providers',
      permission: 'read',
      tag: 'providers',
      summary: 'Providers, whether each can be used, and what it has',
      answers: { 200: { description: 'The providers', schema: z.object({ items: z.array(named.provider) }) } },
      handle: async ({ deps }) => {
        const providers = await knownProviders(deps.store);
        const items = await Promise.all(
          providers.map(async (provider) =>
            providerView(provider, provider.capacity === null ? null : await deps.store.capacity.inUse(provider.name)),
          ),
        );
        return ok({ items });
      },
    }),
  ];
}
