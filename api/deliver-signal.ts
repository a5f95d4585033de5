import { assertNever } from '../core/assert-never.ts';
import { attemptIdOf } from '../core/ids.ts';
import type { JobSignalRecord, Store } from '../store/types.ts';
import { ifThere } from './if-there.ts';
import type { TemporalGateway } from './temporal-gateway.ts';

type Deps = { readonly store: Store; readonly temporal: TemporalGateway; readonly now: () => Date };

/** Tells the workflows that a signal concerns. Telling it twice is harmless; so is a workflow that is gone. */
export async function deliverSignal(deps: Deps, signal: JobSignalRecord): Promise<void> {
  await tell(deps, signal);
  await deps.store.signals.markDelivered(signal.jobId, signal.eventId, deps.now());
}

async function tell({ store, temporal }: Deps, signal: JobSignalRecord): Promise<void> {
  const { jobId, eventId, name, attempt, deadlineAt } = signal;
  switch (name) {
    // the row is read at the next decision, by the runner's next heartbeat
    case 'hold':
    case 'checkpoint-now':
      return;
    case 'release':
    case 'capacity-news': {
      const newest = (await store.attempts.newest(jobId)).at(-1);
      // while an attempt simply runs nothing waits for it, and the history is not for this
      if (newest === undefined || newest.ending !== null || newest.noticedAt !== null)
        await ifThere(temporal.wakeFailover(jobId));
      // it may be waiting between two launches
      if (newest !== undefined && newest.ending === null && newest.handle === null)
        await ifThere(temporal.wakeAttempt(newest.id));
      return;
    }
    case 'preemption-notice': {
      if (attempt === 0 || deadlineAt === null) return;
      await ifThere(temporal.wakeFailover(jobId));
      const event = { kind: 'notice', id: `signal-${eventId}`, deadlineAt: deadlineAt.toISOString() } as const;
      await ifThere(temporal.signalRunnerEvent(attemptIdOf(jobId, attempt), event));
      return;
    }
    default:
      assertNever(name);
  }
}
