import type { Logger } from 'pino';
import { everyMs, type Loop } from '../../app/loops/every.ts';
import { messageOf } from '../../core/errors.ts';
import type { ActingStore } from '../../store/types.ts';

export type CostsDeps = {
  readonly store: Pick<ActingStore, 'jobs' | 'attempts'>;
  readonly logger: Logger;
  readonly intervalMs: number;
};

/** Jobs whose costs are read and written together. */
const pageSize = 200;

/** Writes the growing costs of jobs with an instance, so that a list by cost is right while they run. */
export async function writeGrowingCosts({ store }: Pick<CostsDeps, 'store'>, now: Date): Promise<void> {
  for (let after = ''; ;) {
    const jobIds = await store.attempts.billedJobs(after, pageSize);
    await store.jobs.refreshCosts(jobIds, now);
    const last = jobIds.at(-1);
    if (last === undefined || jobIds.length < pageSize) return;
    after = last;
  }
}

export function startCosts(deps: CostsDeps): Loop {
  return everyMs(deps.intervalMs, () => writeGrowingCosts(deps, new Date()), {
    onError: (error) => deps.logger.warn({ error: messageOf(error) }, 'costs of running jobs are written later'),
  });
}
