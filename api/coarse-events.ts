import { messageOf } from '../core/errors.ts';
import type { EventInput } from '../store/types.ts';
import type { ApiDeps } from './deps.ts';

const intervalMs = 1000;

export type CoarseEvents = { readonly tell: (deps: Pick<ApiDeps, 'store' | 'logger'>, event: EventInput) => void };

/**
 * Hints for those who follow a job that there is more to fetch: at most one a second for each subject and kind, and the
 * last one always. They are hints only: a lost one costs a reader freshness, never data.
 */
export function createCoarseEvents(): CoarseEvents {
  /** By subject and kind, while a second has not passed: what to tell then. */
  const resting = new Map<string, EventInput | null>();

  const tell: CoarseEvents['tell'] = (deps, event) => {
    const key = `${event.kind} ${event.subject}`;
    if (resting.has(key)) {
      resting.set(key, event);
      return;
    }
    resting.set(key, null);
    deps.store.events
      .append(event)
      .catch((error: unknown) => deps.logger.debug({ error: messageOf(error) }, 'a hint for live readers is lost'));
    setTimeout(() => {
      const last = resting.get(key) ?? null;
      resting.delete(key);
      if (last !== null) tell(deps, last);
    }, intervalMs).unref();
  };
  return { tell };
}
