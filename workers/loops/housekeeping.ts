import type { Logger } from 'pino';
import { removeOldInstances } from '../../activities/providers/local/old-instances.ts';
import { everyMs, type Loop } from '../../app/loops/every.ts';
import { messageOf } from '../../core/errors.ts';
import { fixedPeriods } from '../../core/retention/rules.ts';
import type { Store } from '../../store/types.ts';

export type HousekeepingDeps = {
  readonly store: Pick<Store, 'retention'>;
  readonly home: string;
  readonly logger: Logger;
  readonly intervalMs: number;
};

/** Removes expired instance folders from this machine's own disk; the collector removes expired shared data. */
export function startHousekeeping({ store, home, logger, intervalMs }: HousekeepingDeps): Loop {
  async function round(): Promise<void> {
    const removed = await removeOldInstances({
      home,
      endedBefore: new Date(Date.now() - fixedPeriods.instancesMs),
      undeliveredBefore: new Date(Date.now() - fixedPeriods.undeliveredInstancesMs),
      unsettled: store.retention.unsettledAttempts,
    });
    if (removed > 0) logger.info({ removed }, 'folders of old instances removed');
  }
  return everyMs(intervalMs, round, {
    onError: (error) => logger.warn({ error: messageOf(error) }, 'folders of old instances are removed later'),
  });
}
