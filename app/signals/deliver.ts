import { isTerminalJobState, type SignalAnswer, type SignalName } from '@artenic/core';
import type { Logger } from 'pino';
import { assertNever } from '../../core/assert-never.ts';
import { ArtenicError, messageOf } from '../../core/errors.ts';
import { attemptIdOf } from '../../core/ids.ts';
import { noSignals, takeSignal } from '../../core/signals/reduce.ts';
import type { JobRecord, JobSignalRecord, Principal, Repositories, Store } from '../../store/types.ts';
import { findJob } from '../jobs/find.ts';
import { ifThere } from '../temporal/if-there.ts';
import type { TemporalGateway } from '../temporal/gateway.ts';

/** Before anything reaches a workflow: what passes costs each job's histories little. */
const rate = { most: 30, windowMs: 60_000 } as const;

export type RelaySignalDeps = {
  readonly store: Store;
  readonly temporal: Pick<TemporalGateway, 'wakeFailover' | 'wakeAttempt' | 'signalRunnerEvent'>;
  readonly now: () => Date;
};
export type DeliverSignalDeps = RelaySignalDeps & { readonly logger: Logger };

export type DeliverSignalInput = {
  readonly principal: Principal;
  readonly jobId: string;
  /** The sender's: the same event again has no second effect. */
  readonly eventId: string;
  readonly name: SignalName;
  /** Null: the job's current attempt. */
  readonly attempt: number | null;
  readonly occurredAt: Date;
  readonly receivedAt: Date;
  /** When the machine ends; with `preemption-notice` only. */
  readonly deadlineAt: Date | null;
};

export type SignalOutcome = { readonly outcome: SignalAnswer['outcome']; readonly job: JobRecord };

/** The event's row and its effect first; then the workflows, which the relay tells if we cannot. A repeat is delivered, too. */
export async function deliverSignal(deps: DeliverSignalDeps, input: DeliverSignalInput): Promise<SignalOutcome> {
  const { store } = deps;
  const { jobId, eventId } = input;
  await findJob(store, input.principal, jobId);
  const taken = await store.transaction((repositories) => take(repositories, input));
  const kept = await store.signals.find(jobId, eventId);
  if (kept === null || kept.deliveredAt !== null) return taken;
  try {
    await relaySignal(deps, kept);
  } catch (error) {
    deps.logger.warn({ jobId, eventId, error: messageOf(error) }, 'the signal is delivered later');
  }
  return taken;
}

async function checkRate({ signals }: Repositories, jobId: string, now: Date): Promise<void> {
  const { count, first } = await signals.since(jobId, new Date(now.getTime() - rate.windowMs));
  if (count < rate.most) return;
  const retryAfterMs = first === null ? rate.windowMs : first.getTime() + rate.windowMs - now.getTime();
  const message = `A job takes ${rate.most} signals a minute.`;
  throw new ArtenicError('rate-limited', message, { retryAfterMs: Math.max(1000, retryAfterMs) });
}

/** The event's row and its effect, or neither. */
async function take(repositories: Repositories, input: DeliverSignalInput): Promise<SignalOutcome> {
  const { principal, ...told } = input;
  const { jobId, eventId, name, occurredAt, deadlineAt, receivedAt } = told;
  const job = await repositories.jobs.lock(jobId);
  if ((await repositories.signals.find(jobId, eventId)) !== null) return { outcome: 'repeated', job };
  await checkRate(repositories, jobId, receivedAt);
  const attempt = told.attempt ?? job.currentAttempt;
  await repositories.signals.insert({ ...told, attempt, sender: principal.name });
  const before = job.signals ?? noSignals;
  const state = takeSignal(before, {
    ...{ name, id: eventId, attempt, atMs: occurredAt.getTime() },
    deadlineAtMs: deadlineAt?.getTime() ?? null,
  });
  if (isTerminalJobState(job.state) || attempt !== job.currentAttempt || state === before) {
    await repositories.signals.markDelivered(jobId, eventId, receivedAt);
    return { outcome: 'ignored', job };
  }
  if (deadlineAt !== null && attempt > 0)
    await repositories.attempts.notice(attemptIdOf(jobId, attempt), deadlineAt, receivedAt);
  return { outcome: 'taken', job: await repositories.jobs.setSignals(jobId, state) };
}

/** Tells the workflows that a signal concerns. Telling it twice is harmless; so is a workflow that is gone. */
export async function relaySignal(deps: RelaySignalDeps, signal: JobSignalRecord): Promise<void> {
  await tell(deps, signal);
  await deps.store.signals.markDelivered(signal.jobId, signal.eventId, deps.now());
}

async function tell({ store, temporal }: RelaySignalDeps, signal: JobSignalRecord): Promise<void> {
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
