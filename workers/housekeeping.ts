import type { Logger } from 'pino';
import { messageOf } from '../core/errors.ts';
import type { Store } from '../store/types.ts';

export type HousekeepingDeps = {
  readonly store: Pick<Store, 'idempotency' | 'reconcile'>;
  readonly logger: Logger;
  readonly intervalMs: number;
};

/** A client that tries again after two days has given up long ago. */
const idempotencyKeptMs = 48 * 3_600_000;

/** What was resolved is history, which the events tell, too. */
const straysKeptMs = 30 * 24 * 3_600_000;

/** Removes what has served its time. Several processes may do it at once. */
export function startHousekeeping(deps: HousekeepingDeps): { readonly close: () => Promise<void> } {
  async function round(): Promise<void> {
    try {
      const removed = await deps.store.idempotency.purge(new Date(Date.now() - idempotencyKeptMs));
      await deps.store.reconcile.purgeStrays(new Date(Date.now() - straysKeptMs));
      if (removed > 0) deps.logger.info({ removed }, 'old idempotency keys removed');
    } catch (error) {
      deps.logger.warn({ error: messageOf(error) }, 'old rows are removed later');
    }
  }
  let running = round();
  const timer = setInterval(() => {
    running = running.then(round);
  }, deps.intervalMs);
  return {
    close: async () => {
      clearInterval(timer);
      await running;
    },
  };
}
