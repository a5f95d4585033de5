import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { removeOldInstances } from '../activities/providers/local/old-instances.ts';
import { messageOf } from '../core/errors.ts';
import { fixedPeriods } from '../core/retention/rules.ts';
import type { Store } from '../store/types.ts';

export type HousekeepingDeps = {
  readonly store: Pick<Store, 'retention'>;
  readonly home: string;
  readonly logger: Logger;
  readonly intervalMs: number;
};

/** Removes what has served its time from this machine's own disk; the collector sees to everything that is shared. */
export function startHousekeeping(deps: HousekeepingDeps): { readonly close: () => Promise<void> } {
  const { store, home, logger, intervalMs } = deps;
  const stopped = new AbortController();

  async function round(): Promise<void> {
    try {
      const removed = await removeOldInstances({
        home,
        endedBefore: new Date(Date.now() - fixedPeriods.instancesMs),
        undeliveredBefore: new Date(Date.now() - fixedPeriods.undeliveredInstancesMs),
        unsettled: store.retention.unsettledAttempts,
      });
      if (removed > 0) logger.info({ removed }, 'folders of old instances removed');
    } catch (error) {
      logger.warn({ error: messageOf(error) }, 'folders of old instances are removed later');
    }
  }
  /** The next round begins when the last one is over. */
  async function run(): Promise<void> {
    while (!stopped.signal.aborted) {
      await round();
      await sleep(intervalMs, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  }
  const running = run();
  return {
    close: async () => {
      stopped.abort();
      await running;
    },
  };
}
