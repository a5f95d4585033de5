import { z } from 'zod';
import { messageOf } from '../../../core/errors.ts';
import type { ApiDeps } from '../../deps.ts';
import type { ApiMetrics } from '../../metrics/metrics.ts';
import { named } from '../../schemas.ts';
import { ok, route, type Reply, type Route } from '../../http/route.ts';
import { providerView } from '../../jobs/views.ts';

const checkTimeoutMs = 2000;
const healthSchema = z.object({ status: z.string() });
const checkSchema = z.enum(['ok', 'unreachable']);
const readySchema = z.object({
  ready: z.boolean(),
  checks: z.object({ database: checkSchema, temporal: checkSchema }),
});
const olderReadySchema = z.object({ status: z.enum(['ready', 'not ready']) });
const detailedSchema = readySchema.extend({
  status: z.enum(['ok', 'degraded', 'not ready']),
  version: z.string(),
  providers: z.array(named.provider.pick({ name: true, usable: true, message: true })),
});

/** Anybody may ask, so the reason stays in the log. */
async function checkOf(deps: ApiDeps, part: string, work: () => Promise<void>): Promise<'ok' | 'unreachable'> {
  try {
    await work();
    return 'ok';
  } catch (error) {
    deps.logger.warn({ part, error: messageOf(error) }, 'not ready');
    return 'unreachable';
  }
}

/** Ready means that a request can be answered: PostgreSQL must be there. Without Temporal jobs are taken and start later. */
async function readiness(
  deps: ApiDeps,
): Promise<{ readonly status: 200 | 503; readonly body: z.output<typeof readySchema> }> {
  const [database, temporal] = await Promise.all([
    checkOf(deps, 'PostgreSQL', () => deps.store.ping(checkTimeoutMs)),
    checkOf(deps, 'Temporal', () => deps.temporal.ping(checkTimeoutMs)),
  ]);
  const ready = database === 'ok';
  return { status: ready ? 200 : 503, body: { ready, checks: { database, temporal } } };
}

/** With what is behind it; for people with a key. */
async function detailed(deps: ApiDeps): Promise<Reply> {
  const { body } = await readiness(deps);
  const rows = body.ready ? await deps.store.providers.list() : [];
  const providers = rows.map(({ name, usable, message }) => ({ name, usable, message }));
  const isWell = body.checks.temporal === 'ok' && providers.some(({ usable }) => usable);
  const word = !body.ready ? 'not ready' : isWell ? 'ok' : 'degraded';
  return ok({ status: word, version: deps.version, ...body, providers });
}

function olderHealthRoutes(): readonly Route[] {
  const common = { method: 'get', tag: 'platform', deprecated: true } as const;
  return [
    route({
      ...common,
      path: '/health',
      permission: 'open',
      summary: 'Whether the process lives (older path)',
      answers: { 200: { description: 'Alive', schema: healthSchema } },
      handle: () => Promise.resolve(ok({ status: 'ok' })),
    }),
    route({
      ...common,
      path: '/health/ready',
      permission: 'open',
      summary: 'Whether requests can be answered (older path)',
      answers: {
        200: { description: 'Ready', schema: olderReadySchema },
        503: { description: 'Not ready', schema: olderReadySchema },
      },
      handle: async ({ deps }) => {
        const { status } = await readiness(deps);
        return { status, body: { status: status === 200 ? 'ready' : 'not ready' } };
      },
    }),
    route({
      ...common,
      path: '/health/detailed',
      permission: 'read',
      summary: 'What is there and what is not (older path)',
      answers: { 200: { description: 'What was found', schema: detailedSchema } },
      handle: ({ deps }) => detailed(deps),
    }),
  ];
}

export function platformRoutes(metrics: ApiMetrics): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/livez',
      permission: 'open',
      tag: 'platform',
      summary: 'Whether the process lives',
      answers: { 200: { description: 'Alive', schema: healthSchema } },
      handle: () => Promise.resolve(ok({ status: 'ok' })),
    }),
    route({
      method: 'get',
      path: '/readyz',
      permission: 'open',
      tag: 'platform',
      summary: 'Whether requests can be answered',
      answers: {
        200: { description: 'Ready', schema: readySchema },
        503: { description: 'Not ready', schema: readySchema },
      },
      handle: ({ deps }) => readiness(deps),
    }),
    ...olderHealthRoutes(),
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
        const providers = await deps.store.providers.list();
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
