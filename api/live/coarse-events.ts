import type { HintInput } from '../../store/types.ts';
import type { ApiDeps } from '../deps.ts';

/** Log lines are read as they come, and runners ship them in pieces four times a second at most. */
const logIntervalMs = 250;
const intervalMs = 1000;

export type CoarseEvents = { readonly tell: (deps: Pick<ApiDeps, 'hints'>, hint: HintInput) => void };

/**
 * Hints for readers that follow a job: at most one a second for each subject and kind (of logs, one in 250 ms), and
 * always the last one.
 */
export function createCoarseEvents(): CoarseEvents {
  /** Throttle: the last suppressed event of each subject and kind, sent when the second is over. */
  const resting = new Map<string, HintInput | null>();

  const tell: CoarseEvents['tell'] = (deps, hint) => {
    const key = `${hint.kind} ${hint.subject}`;
    if (resting.has(key)) {
      resting.set(key, hint);
      return;
    }
    resting.set(key, null);
    deps.hints.send(hint);
    const restMs = hint.kind === 'job.log' ? logIntervalMs : intervalMs;
    setTimeout(() => {
      const last = resting.get(key) ?? null;
      resting.delete(key);
      if (last !== null) tell(deps, last);
    }, restMs).unref();
  };
  return { tell };
}
