import { parseLineHash } from '../../features/logs/line-hash.ts';

export const jobTabs = ['overview', 'log', 'metrics', 'attempts', 'config', 'artifacts'] as const;
export type JobTab = (typeof jobTabs)[number];

/** Address of the end of a log; the log tab replaces it by its last lines. */
export const logEndHash = '#end';

type Search = {
  readonly tab?: JobTab | undefined;
  readonly attempt?: number | undefined;
  readonly x?: unknown;
  readonly log?: unknown;
  readonly smooth?: unknown;
  readonly range?: unknown;
};

/** The tab of an address. Addresses from before the tabs name a line, an attempt's log, or how the charts are drawn. */
export function tabOf(search: Search, hash: string): JobTab {
  if (search.tab !== undefined) return search.tab;
  if (parseLineHash(hash) !== null || search.attempt !== undefined) return 'log';
  const isOfCharts = [search.x, search.log, search.smooth, search.range].some((one) => one !== undefined);
  return isOfCharts ? 'metrics' : 'overview';
}
