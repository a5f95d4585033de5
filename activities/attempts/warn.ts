import { noSignals, takeSignal } from '../../core/signals/reduce.ts';
import type { ControlDeps } from '../deps.ts';

/** Added to the two graces: time until the warning reaches the runner. */
const deliveryMs = 10_000;

/**
 * Warns an attempt that a replacement takes its place, like a provider's warning: its runner leaves a checkpoint and
 * stops, and the replacement may run beside it. The first deadline stays.
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
