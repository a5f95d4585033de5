import { goodSide, type MetricDirection } from '@artenic/core';
import { ArtenicError } from '../../core/errors.ts';
import type { BestModelQuery, BestModelRecord, ModelsRepository } from '../../store/types.ts';

export type BestModel = BestModelRecord & {
  readonly metric: string;
  readonly direction: MetricDirection;
  /** Versions that were compared. */
  readonly compared: number;
  /** Versions without a value of the metric: left out. */
  readonly withoutMetric: number;
};

/** As the caller says, as the newest job declares it, or as the metric's name shows; null when nothing says it. */
function directionOf(
  metric: string,
  asked: MetricDirection | null,
  declared: MetricDirection | null,
): MetricDirection | null {
  const side = goodSide(metric);
  return asked ?? declared ?? (side === null ? null : side === 'low' ? 'min' : 'max');
}

/**
 * The version with the best value of a metric. Of equal ones it is the one that was made first. @throws ArtenicError
 * `validation-failed` when nothing says which values are better
 */
export async function bestModel(
  { store }: { readonly store: { readonly models: Pick<ModelsRepository, 'compared' | 'best'> } },
  query: BestModelQuery,
  asked: MetricDirection | null,
): Promise<BestModel> {
  const { metric } = query;
  const { compared, withoutMetric, declared } = await store.models.compared(query);
  const direction = directionOf(metric, asked, declared);
  if (direction === null)
    throw new ArtenicError(
      'validation-failed',
      `Neither a job nor its name says whether high or low values of ${metric} are better: give \`direction\`.`,
      { errors: [{ pointer: '/direction', message: 'is needed for this metric: min or max' }] },
    );
  return { metric, direction, compared, withoutMetric, ...(await store.models.best(query, direction)) };
}
