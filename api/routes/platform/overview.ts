import {
  activitySchema,
  jobStates,
  overviewViewSchema,
  pageSchema,
  platformViewSchema,
  registryItemSchema,
  type JobState,
  type OverviewView,
} from '@artenic/core';
import { z } from 'zod';
import { assertNever } from '../../../core/assert-never.ts';
import type { EndedDay } from '../../../store/types.ts';
import { knownProviders } from '../../../app/providers/known.ts';
import type { ApiDeps } from '../../deps.ts';
import { ok, route, type Route } from '../../http/route.ts';
import { offsetNumber, pageLimit, pageQuery } from '../../schemas.ts';
import { modelVersionView, modelView } from '../../jobs/views.ts';

const dayMs = 24 * 3600 * 1000;
const shownDays = 14;
const recentDays = 7;
/** Enough versions to draw the course of a metric. */
const shownVersions = 12;

type Day = OverviewView['days'][number];

function fieldOf(state: JobState): Exclude<keyof Day, 'day'> | null {
  switch (state) {
    case 'succeeded':
    case 'failed':
    case 'cancelled':
      return state;
    case 'timed-out':
      return 'timedOut';
    case 'queued':
    case 'preparing':
    case 'waiting':
    case 'provisioning':
    case 'setup':
    case 'running':
    case 'recovering':
    case 'cancelling':
    case 'collecting':
      return null;
    default:
      return assertNever(state);
  }
}

/** One entry for each UTC day, also for days on which no job ended. */
function daysOf(rows: readonly EndedDay[], today: Date): readonly Day[] {
  return Array.from({ length: shownDays }, (_none, index) => {
    const day = new Date(today.getTime() - (shownDays - 1 - index) * dayMs).toISOString().slice(0, 10);
    const entry: Day = { day, succeeded: 0, failed: 0, cancelled: 0, timedOut: 0 };
    for (const row of rows) {
      const field = row.day === day ? fieldOf(row.state) : null;
      if (field !== null) entry[field] = row.jobs;
    }
    return entry;
  });
}

async function overview(deps: ApiDeps, projectId: string): Promise<OverviewView> {
  const now = deps.now();
  const since = new Date(now.getTime() - recentDays * dayMs);
  const firstDay = new Date(Math.floor(now.getTime() / dayMs) * dayMs - (shownDays - 1) * dayMs);
  const { overview: sums } = deps.store;
  const [states, ended, timeToStart, recoveries, models, providers] = await Promise.all([
    sums.jobsByState(projectId),
    sums.endedByDay(projectId, firstDay),
    sums.timeToStart(projectId, since),
    sums.recoveries(projectId, since),
    sums.models(projectId),
    knownProviders(deps.store),
  ]);
  return {
    jobsByState: Object.fromEntries(
      jobStates.map((state) => [state, states.get(state) ?? 0]),
    ) as OverviewView['jobsByState'],
    days: [...daysOf(ended, now)],
    timeToStart,
    recoveries,
    models: models.models,
    versions: models.versions,
    modelsInProduction: models.inProduction,
    providers: providers.length,
    usableProviders: providers.filter((provider) => provider.usable).length,
  };
}

/** Routes with all data of a dashboard page in one call. */
export function overviewRoutes(): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/overview',
      permission: 'read',
      tag: 'overview',
      summary: 'Sums over jobs, models and providers',
      answers: { 200: { description: 'The sums', schema: overviewViewSchema.meta({ id: 'Overview' }) } },
      handle: async ({ deps, principal }) => ok(await overview(deps, principal().projectId)),
    }),
    route({
      method: 'get',
      path: '/api/v1/activity',
      permission: 'read',
      tag: 'overview',
      summary: 'What happened, newest first',
      query: z.strictObject({ before: offsetNumber.optional(), limit: pageLimit(1, 200).default(30) }),
      answers: { 200: { description: 'One page', schema: activitySchema } },
      handle: async ({ deps, query, principal }) => {
        const { before, limit } = query;
        const events = await deps.store.overview.activity({
          projectId: principal().projectId,
          limit,
          ...(before === undefined ? {} : { before: BigInt(before) }),
        });
        const items = events.map((event) => ({
          ...event,
          sequence: Number(event.sequence),
          at: event.at.toISOString(),
        }));
        return ok({ items, nextBefore: items.length < limit ? null : (items.at(-1)?.sequence ?? null) });
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/registry',
      permission: 'read',
      tag: 'overview',
      summary: 'Models by name, each with its newest versions',
      query: z.strictObject(pageQuery),
      answers: { 200: { description: 'One page', schema: pageSchema(registryItemSchema) } },
      handle: async ({ deps, query, principal }) => {
        const { projectId } = principal();
        const { cursor, limit } = query;
        const { models } = deps.store;
        const page = await models.list({ projectId, limit, ...(cursor === undefined ? {} : { cursor }) });
        const versions = await models.newestVersions(
          projectId,
          page.items.map((model) => model.name),
          shownVersions,
        );
        const items = page.items.map((model) => ({
          model: modelView(model),
          versions: versions
            .filter((version) => version.model === model.name)
            .map(modelVersionView)
            .map(({ version, stage, metrics, createdAt, jobId }) => ({ version, stage, metrics, createdAt, jobId })),
        }));
        return ok({ items, nextCursor: page.nextCursor });
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/platform',
      permission: 'read',
      tag: 'platform',
      summary: 'This installation',
      answers: { 200: { description: 'The installation', schema: platformViewSchema } },
      handle: ({ deps }) => {
        const { version, temporalUi, temporalNamespace } = deps;
        return Promise.resolve(ok({ version, temporalUi, temporalNamespace }));
      },
    }),
  ];
}
