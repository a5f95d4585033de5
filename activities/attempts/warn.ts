import { noSignals, takeSignal } from '../../core/signals/reduce.ts';
import type { ControlDeps } from '../deps.ts';

/** Two graces, and the way of the word to the runner. */
const deliveryMs = 10_000;

/**
 * Tells an attempt that its place is wanted: as a provider's warning does, so that its runner leaves a checkpoint and stops, and
 * its replacement may stand beside it. The first deadline stays.
 */
export async function warnAttempt({ store, now }: ControlDeps, attemptId: string): Promise<void> {
  const { jobId, attempt, ending } = await store.attempts.get(attemptId);
  if (ending !== null) return;
  await store.transaction(async ({ jobs, attempts }) => {
    const { spec, signals } = await jobs.lock(jobId);
    const at = now();
    const deadlineAt = new Date(at.getTime() + 2 * spec.stopGraceSeconds * 1000 + deliveryMs);
    const told = takeSignal(signals ?? noSignals, {
      ...{ name: 'preemption-notice', id: `replace/${attemptId}`, attempt },
      ...{ atMs: at.getTime(), deadlineAtMs: deadlineAt.getTime() },
    });
    await jobs.setSignals(jobId, told);
    await attempts.notice(attemptId, deadlineAt, at);
  });
}
