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
async function readiness(deps: ApiDeps): Promise<Reply> {
  const [database, temporal] = await Promise.all([
    checkOf(deps, 'PostgreSQL', () => deps.store.ping(checkTimeoutMs)),
    checkOf(deps, 'Temporal', () => deps.temporal.ping(checkTimeoutMs)),
  ]);
  const ready = database === 'ok';
  return { status: ready ? 200 : 503, body: { ready, checks: { database, temporal } } };
}

export function platformRoutes(metrics: ApiMetrics): readonly Route[] {
  const live = (path: string, summary: string): Route =>
    route({
      method: 'get',
      path,
      permission: 'open',
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
    live('/health', 'Whether the process lives (older path)'),
    ready('/health/ready', 'Whether requests can be answered (older path)'),
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
