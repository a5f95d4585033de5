import type { SystemMetrics, SystemSeries } from '@artenic/core';
import type { SystemValue } from '../../store/types.ts';
import type { ApiDeps } from '../deps.ts';

const recentMinutes = 10;

function seriesOf(name: string, values: readonly SystemValue[], recent: SystemValue | undefined): SystemSeries {
  return {
    name,
    times: values.map(({ at }) => at.toISOString()),
    least: values.map(({ least }) => least),
    mean: values.map(({ mean }) => mean),
    greatest: values.map(({ greatest }) => greatest),
    recent: recent === undefined ? null : { seconds: recent.seconds, mean: recent.mean, greatest: recent.greatest },
  };
}

export async function readSystemMetrics(
  { store }: ApiDeps,
  query: { readonly jobId: string; readonly attempt: number; readonly limit: number },
): Promise<SystemMetrics> {
  const [values, recent] = await Promise.all([
    store.systemMetrics.series(query),
    store.systemMetrics.recent({ ...query, minutes: recentMinutes }),
  ]);
  const byName = new Map(recent.map((value) => [value.name, value]));
  const items = [...Map.groupBy(values, ({ name }) => name)].map(([name, of]) => seriesOf(name, of, byName.get(name)));
  return { attempt: query.attempt, items };
}
