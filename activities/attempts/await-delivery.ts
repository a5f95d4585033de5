import { ArtenicError } from '../../core/errors.ts';
import { deliveryGraceMsOf, deliveryStateOf, type DeliveryState } from '../../core/jobs/delivery.ts';
import { spanOf } from '../../store/attempts/signs.ts';
import type { DeliveryInput } from '../contracts/index.ts';
import type { ControlDeps } from '../deps.ts';

/** Reads the attempt's row once; heartbeats write the progress of the delivery there. */
export async function awaitDelivery(
  { store, now }: Pick<ControlDeps, 'store' | 'now'>,
  { attemptId, sinceMs }: DeliveryInput,
): Promise<Exclude<DeliveryState, 'under-way'>> {
  const attempt = await store.attempts.get(attemptId);
  const { spec } = await store.jobs.get(attempt.jobId);
  const uptime = await store.uptime.read();
  const deliveredAt = attempt.runnerOverAt ?? attempt.endedAt;
  const state = deliveryStateOf({
    movedAtMs: attempt.deliveryMovedAt?.getTime() ?? null,
    deliveredAtMs: deliveredAt?.getTime() ?? null,
    sinceMs,
    graceMs: deliveryGraceMsOf(spec),
    uptime: uptime === null ? null : spanOf(uptime),
    nowMs: now().getTime(),
  });
  if (state !== 'under-way') return state;
  throw new ArtenicError(
    'not-ready',
    `The runner of ${attemptId} still delivers: ${attempt.deliveryMovedBytes} bytes.`,
  );
}
