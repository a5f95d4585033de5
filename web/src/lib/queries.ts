import {
  activitySchema,
  attemptViewSchema,
  decisionViewSchema,
  doctorReportSchema,
  launchRefusalViewSchema,
  jobViewSchema,
  metricSeriesSchema,
  systemMetricsSchema,
  modelVersionViewSchema,
  modelViewSchema,
  outputFileSchema,
  overviewViewSchema,
  pageSchema,
  platformViewSchema,
  providerViewSchema,
  registryItemSchema,
  savedViewSchema,
  searchViewSchema,
  sessionViewSchema,
  stageChangeViewSchema,
  unresolvedInstanceSchema,
  terminalJobStates,
  jobStates,
  type JobFilter,
  type JobSort,
  type JobState,
} from '@artenic/core';
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { z } from 'zod';
import { callApi } from './api.ts';
import { openInterval } from './open-interval.ts';
import { estimateInterval } from './cost.ts';
import { heldOf, mostAdded, mostNews, withNews, type HeldSeries } from './held-series.ts';

const list = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });
/** Most pages read of the items of one job or model; a page shows no more than this. */
const mostPages = 10;

async function allPages<T extends z.ZodType>(
  path: string,
  item: T,
  signal: AbortSignal,
): Promise<{ readonly items: readonly z.output<T>[] }> {
  const page = pageSchema(item);
  const items: z.output<T>[] = [];
  let cursor: string | undefined;
  for (let read = 0; read < mostPages; read++) {
    const answer: z.output<typeof page> = await callApi(path, page, { signal, query: { limit: 1000, cursor } });
    items.push(...answer.items);
    if (answer.nextCursor === null) break;
    cursor = answer.nextCursor;
  }
  return { items };
}

const jobPage = pageSchema(jobViewSchema);
const registryPage = pageSchema(registryItemSchema);

/** The first part of a key says which live events make it stale. */
export const keys = {
  session: ['session'],
  platform: ['platform'],
  overview: ['overview'],
  activity: ['activity'],
  jobs: ['jobs'],
  /** Jobs of a service, in a dialog that is open for moments only. */
  service: ['service'],
  /** All queries of a job; `jobSelf` is the job alone. */
  job: (id: string) => ['job', id],
  jobSelf: (id: string) => ['job', id, 'self'],
  models: ['models'],
  model: (name: string) => ['model', name],
  datasets: ['datasets'],
  /** All queries of a dataset, by its name or id. */
  dataset: (name: string) => ['dataset', name],
  /** Graphs of origins. */
  lineage: ['lineage'],
  providers: ['providers'],
  /** Prices change slowly, and no live event announces a change. */
  offers: ['offers'],
  unresolved: ['unresolved'],
  doctor: ['doctor'],
  /** Only their user changes them. */
  views: ['views'],
  search: ['search'],
} as const;

export const sessionQuery = queryOptions({
  queryKey: keys.session,
  queryFn: ({ signal }) => callApi('/api/v1/session', sessionViewSchema, { signal }),
  staleTime: 5 * 60_000,
});

export const platformQuery = queryOptions({
  queryKey: keys.platform,
  queryFn: ({ signal }) => callApi('/api/v1/platform', platformViewSchema, { signal }),
  staleTime: Number.POSITIVE_INFINITY,
});

export const overviewQuery = queryOptions({
  queryKey: keys.overview,
  queryFn: ({ signal }) => callApi('/api/v1/overview', overviewViewSchema, { signal }),
});

export const activityQuery = queryOptions({
  queryKey: keys.activity,
  queryFn: ({ signal }) => callApi('/api/v1/activity', activitySchema, { signal, query: { limit: 100 } }),
});

export const jobGroups = ['all', 'active', 'succeeded', 'failed', 'cancelled'] as const;
export type JobGroup = (typeof jobGroups)[number];

export const statesOfGroup: Readonly<Record<JobGroup, readonly JobState[] | null>> = {
  all: null,
  active: jobStates.filter((state) => !(terminalJobStates as readonly string[]).includes(state)),
  succeeded: ['succeeded'],
  failed: terminalJobStates.filter((state) => state !== 'succeeded' && state !== 'cancelled'),
  cancelled: ['cancelled'],
};

type JobsQuery = JobFilter & { readonly sort?: JobSort; readonly limit?: number };

/** Filters of a list of jobs as the query of a request. */
export const queryOfJobs = ({ state, ...filter }: JobsQuery) => ({
  ...filter,
  state: state === undefined ? undefined : [state].flat().join(','),
});

/** As many pages as the user has loaded; a refetch updates all of them. Rows of the list before stay until it is read. */
export const jobsQuery = ({ limit = 50, ...filter }: JobsQuery) =>
  infiniteQueryOptions({
    queryKey: [...keys.jobs, { ...filter, limit }],
    queryFn: ({ signal, pageParam }) =>
      callApi('/api/v1/jobs', jobPage, {
        signal,
        query: { ...queryOfJobs(filter), limit, cursor: pageParam ?? undefined },
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    refetchInterval: ({ state }) => openInterval((state.data?.pages ?? []).flatMap(({ items }) => items)),
    placeholderData: keepPreviousData,
  });

/** The last jobs of a service, newest first. */
export const serviceJobsQuery = (service: string) =>
  queryOptions({
    queryKey: [...keys.service, service],
    queryFn: ({ signal }) => callApi('/api/v1/jobs', jobPage, { signal, query: { limit: 30, service } }),
    select: ({ items }) => items,
  });

export const jobQuery = (id: string) =>
  queryOptions({
    queryKey: keys.jobSelf(id),
    queryFn: ({ signal }) => callApi(`/api/v1/jobs/${id}`, jobViewSchema, { signal }),
    refetchInterval: ({ state }) => openInterval(state.data === undefined ? [] : [state.data]),
  });

export const attemptsQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.job(id), 'attempts'],
    queryFn: ({ signal }) => allPages(`/api/v1/jobs/${id}/attempts`, attemptViewSchema, signal),
    refetchInterval: ({ state }) => estimateInterval((state.data?.items ?? []).map(({ cost }) => cost)),
    select: ({ items }) => items,
  });

/**
 * New points are added to the held series while the job trains. The series are read again when the API says so, or
 * after many points were added.
 */
export const metricsQuery = (id: string) => {
  const queryKey = [...keys.job(id), 'metrics'];
  const read = (signal: AbortSignal, query: { readonly limit: number; readonly after?: number }) =>
    callApi(`/api/v1/jobs/${id}/metrics`, metricSeriesSchema, { signal, query });
  return queryOptions({
    queryKey,
    queryFn: async ({ signal, client }): Promise<HeldSeries> => {
      const held = client.getQueryData<HeldSeries>(queryKey);
      if (held !== undefined && held.added < mostAdded) {
        const news = await read(signal, { limit: mostNews, after: held.nextAfter });
        if (!news.reload) return withNews(held, news);
      }
      return heldOf(await read(signal, { limit: 2000 }));
    },
    select: ({ items }) => items,
  });
};

/** Windows are ten seconds long at first: a running attempt is read again at half that rate. */
const systemEveryMs = 20_000;

export const systemMetricsQuery = (id: string, attempt: number, isOpen: boolean) =>
  queryOptions({
    queryKey: [...keys.job(id), 'system', attempt],
    queryFn: ({ signal }) =>
      callApi(`/api/v1/jobs/${id}/system-metrics`, systemMetricsSchema, { signal, query: { attempt } }),
    refetchInterval: isOpen ? systemEveryMs : false,
  });

export const outputsQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.job(id), 'outputs'],
    queryFn: ({ signal }) => allPages(`/api/v1/jobs/${id}/outputs`, outputFileSchema, signal),
    select: ({ items }) => items,
  });

export const registryQuery = (limit = 50) =>
  infiniteQueryOptions({
    queryKey: [...keys.models, { limit }],
    queryFn: ({ signal, pageParam }) =>
      callApi('/api/v1/registry', registryPage, { signal, query: { limit, cursor: pageParam ?? undefined } }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  });

export const modelQuery = (name: string) =>
  queryOptions({
    queryKey: keys.model(name),
    queryFn: ({ signal }) => callApi(`/api/v1/models/${name}`, modelViewSchema, { signal }),
  });

export const versionsQuery = (name: string) =>
  queryOptions({
    queryKey: [...keys.model(name), 'versions'],
    queryFn: ({ signal }) => allPages(`/api/v1/models/${name}/versions`, modelVersionViewSchema, signal),
    select: ({ items }) => items,
  });

export const stageHistoryQuery = (name: string) =>
  queryOptions({
    queryKey: [...keys.model(name), 'stages'],
    queryFn: ({ signal }) => allPages(`/api/v1/models/${name}/stage-history`, stageChangeViewSchema, signal),
    select: ({ items }) => items,
  });

export const providersQuery = queryOptions({
  queryKey: keys.providers,
  queryFn: ({ signal }) => callApi('/api/v1/providers', list(providerViewSchema), { signal }),
  select: ({ items }) => items,
  // A provider's check and its load create no events.
  refetchInterval: 10_000,
});

export const unresolvedQuery = queryOptions({
  queryKey: keys.unresolved,
  queryFn: ({ signal }) => callApi('/api/v1/instances/unresolved', list(unresolvedInstanceSchema), { signal }),
  select: ({ items }) => items,
  // Costs grow and retries happen without events.
  refetchInterval: 10_000,
});

/** Faults that need attention, shown some seconds after they are known. */
export const doctorQuery = queryOptions({
  queryKey: keys.doctor,
  queryFn: ({ signal }) => callApi('/api/v1/doctor', doctorReportSchema, { signal }),
  staleTime: 1000,
  // Most faults are an absence, which creates no event.
  refetchInterval: 3000,
});

/** Part of the job's key: events that make its attempts stale also make the decisions stale. */
export const decisionsQuery = (jobId: string) =>
  queryOptions({
    queryKey: [...keys.job(jobId), 'decisions'],
    queryFn: async ({ signal }) =>
      (await allPages(`/api/v1/jobs/${jobId}/decisions`, decisionViewSchema, signal)).items,
  });

export const refusalsQuery = (jobId: string) =>
  queryOptions({
    queryKey: [...keys.job(jobId), 'refusals'],
    queryFn: async ({ signal }) =>
      (await allPages(`/api/v1/jobs/${jobId}/refusals`, launchRefusalViewSchema, signal)).items,
  });

export const viewsQuery = (page: string) =>
  queryOptions({
    queryKey: [...keys.views, page],
    queryFn: ({ signal }) => callApi('/api/v1/views', list(savedViewSchema), { signal, query: { page } }),
    select: ({ items }) => items,
  });

const mostFound = 12;

/** Objects that match a text. A search whose text has changed is ended; its lines stay until the next answer. */
export const searchQuery = (text: string) =>
  queryOptions({
    queryKey: [...keys.search, text],
    queryFn: ({ signal }) =>
      callApi('/api/v1/search', searchViewSchema, { signal, query: { q: text, limit: mostFound } }),
    enabled: text !== '',
    select: ({ items }) => items,
    placeholderData: keepPreviousData,
  });
