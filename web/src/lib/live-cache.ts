import { isTerminalJobState, jobStates, type JobView, type LiveHint, type Page } from '@artenic/core';
import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import { z } from 'zod';
import { keys } from './queries.ts';

/** Events update the cache at once; queries that they make stale are refetched at most this often. */
const flushMs = 700;

const jobChangeSchema = z.object({
  state: z.enum(jobStates),
  message: z.string(),
  attempt: z.number(),
});

type JobPages = InfiniteData<Page<JobView>, string | null>;

function changed(job: JobView, event: LiveHint, change: z.output<typeof jobChangeSchema>): JobView {
  // A response can be newer than an event that arrives after it.
  if (isTerminalJobState(job.state)) return job;
  const finishedAt = isTerminalJobState(change.state) ? event.at : job.finishedAt;
  // The situation is of the state before; the next answer has the new one.
  const situation = change.state === job.state ? job.situation : null;
  return {
    ...job,
    situation,
    state: change.state,
    message: change.message,
    currentAttempt: change.attempt,
    finishedAt,
  };
}

function patchJob(client: QueryClient, event: LiveHint): void {
  const change = jobChangeSchema.safeParse(event.data);
  if (!change.success) return;
  client.setQueryData<JobView>(keys.jobSelf(event.subject), (job) => job && changed(job, event, change.data));
  client.setQueriesData<JobPages>({ queryKey: keys.jobs }, (data) => {
    if (data === undefined) return undefined;
    const pages = data.pages.map((page) => ({
      ...page,
      items: page.items.map((job) => (job.id === event.subject ? changed(job, event, change.data) : job)),
    }));
    return { ...data, pages };
  });
}

type Key = readonly unknown[];

/** Query keys that an event makes stale. */
function staleKeys({ kind, subject, topic }: LiveHint): readonly Key[] {
  const id = topic.startsWith('job:') ? topic.slice(4) : subject;
  switch (kind) {
    case 'job.state':
      return [keys.jobs, keys.overview, keys.activity, keys.job(id), keys.providers, keys.doctor];
    case 'attempt.state':
      return [[...keys.job(id), 'attempts'], keys.jobSelf(id), keys.jobs, keys.doctor];
    case 'job.checkpoint':
      return [[...keys.job(id), 'attempts']];
    case 'job.metric':
      return [[...keys.job(id), 'metrics'], keys.jobSelf(id), keys.jobs];
    case 'model.version':
    case 'model.stage':
    case 'model.changed':
    case 'model.deleted':
      return [keys.models, keys.model(subject), keys.overview, keys.activity, keys.lineage];
    case 'dataset.changed':
    case 'dataset.version':
    case 'dataset.tag':
      // Pages name a dataset as their address does, events by its id.
      return [keys.datasets, ['dataset'], keys.lineage];
    case 'instance.unresolved':
    case 'instance.resolved':
      return [keys.unresolved, keys.activity, keys.doctor];
    default:
      return [];
  }
}

/** Applies live events to the query cache. */
export function createLiveCache(client: QueryClient): {
  readonly take: (event: LiveHint) => void;
  readonly takeAll: () => void;
} {
  const stale = new Map<string, Key>();
  let timer: number | undefined;

  const flush = (): void => {
    timer = undefined;
    const all = [...stale.values()];
    stale.clear();
    for (const queryKey of all) void client.invalidateQueries({ queryKey });
  };
  return {
    take: (event) => {
      if (event.kind === 'job.state') patchJob(client, event);
      for (const key of staleKeys(event)) stale.set(JSON.stringify(key), key);
      if (stale.size > 0) timer ??= window.setTimeout(flush, flushMs);
    },
    takeAll: () => void client.invalidateQueries(),
  };
}
