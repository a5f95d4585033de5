import type { z } from 'zod';
import type { jobFilterSchema } from '@artenic/core';
import type { JobsFilter } from '../../store/types.ts';

type Filter = z.output<typeof jobFilterSchema>;

function labelOf(text: string): readonly [key: string, value: string] {
  const at = text.indexOf('=');
  return [text.slice(0, at), text.slice(at + 1)];
}

/** The filters of a request for the store, within the caller's project. */
export function filterOf(projectId: string, filter: Filter): JobsFilter {
  const { state, service, label, provider, market, submittedBy, since, until, search } = filter;
  return {
    projectId,
    ...(state === undefined ? {} : { states: state }),
    ...(service === undefined ? {} : { service }),
    ...(label === undefined ? {} : { labels: label.map(labelOf) }),
    ...(provider === undefined ? {} : { provider }),
    ...(market === undefined ? {} : { market }),
    ...(submittedBy === undefined ? {} : { submittedBy }),
    ...(since === undefined ? {} : { since: new Date(since) }),
    ...(until === undefined ? {} : { until: new Date(until) }),
    ...(search === undefined ? {} : { search }),
  };
}
