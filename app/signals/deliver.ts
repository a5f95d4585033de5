import { isTerminalJobState, type SignalAnswer, type SignalName } from '@artenic/core';
import type { Logger } from 'pino';
import { assertNever } from '../../core/assert-never.ts';
import { ArtenicError, messageOf } from '../../core/errors.ts';
import { attemptIdOf } from '../../core/ids.ts';
import { noSignals, takeSignal } from '../../core/signals/reduce.ts';
import type {
  ActingStore,
  JobRecord,
  JobSignalRecord,
  ProjectPrincipal,
  Repositories,
  PrincipalStore,
} from '../../store/types.ts';
import { findJob } from '../jobs/find.ts';
import { ifThere } from '../temporal/if-there.ts';
import type { TemporalGateway } from '../temporal/gateway.ts';

/** Checked before any workflow is signalled, so that signals stay few in each job's history. */
const rate = { most: 30, windowMs: 60_000 } as const;

export type RelaySignalDeps = {
  readonly store: ActingStore;
  readonly temporal: Pick<TemporalGateway, 'wakeFailover' | 'wakeAttempt' | 'signalRunnerEvent'>;
  readonly now: () => Date;
};
export type DeliverSignalDeps = Omit<RelaySignalDeps, 'store'> & {
  readonly store: PrincipalStore;
  readonly logger: Logger;
};

export type DeliverSignalInput = {
  readonly principal: ProjectPrincipal;
  readonly jobId: string;
  /** Event id from the sender: the same event again has no second effect. */
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

/**
 * First the signal's row and effect; then the workflows, which the relay signals if this call fails to. A repeated
 * signal is delivered, too.
 */
export async function deliverSignal(deps: DeliverSignalDeps, input: DeliverSignalInput): Promise<SignalOutcome> {
  const { jobId, eventId } = input;
  const store = deps.store.as(input.principal);
  await findJob(store, input.principal, jobId);
  const taken = await store.transaction((repositories) => take(repositories, input));
  const kept = await store.signals.find(jobId, eventId);
  if (kept === null || kept.deliveredAt !== null) return taken;
  try {
    await relaySignal({ ...deps, store }, kept);
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

/** Stores the signal's row and its effect, or neither. */
async function take(repositories: Repositories, input: DeliverSignalInput): Promise<SignalOutcome> {
  const { principal, ...told } = input;
  const { jobId, eventId, name, occurredAt, deadlineAt, receivedAt } = told;
  const job = await repositories.jobs.lock(jobId);
  if ((await repositories.signals.find(jobId, eventId)) !== null) return { outcome: 'repeated', job };
  await checkRate(repositories, jobId, receivedAt);
  const attempt = told.attempt ?? job.currentAttempt;
  await repositories.signals.insert({ ...told, attempt, sender: principal.name });
  await repositories.audit.append({ verb: 'job.signal', subject: jobId, details: { signal: name, event: eventId } });
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

/** Signals the affected workflows. Repeating it is harmless, and so is a closed workflow. */
export async function relaySignal(deps: RelaySignalDeps, signal: JobSignalRecord): Promise<void> {
  await tell(deps, signal);
  await deps.store.signals.markDelivered(signal.jobId, signal.eventId, deps.now());
}

async function tell({ store, temporal }: RelaySignalDeps, signal: JobSignalRecord): Promise<void> {
  const { jobId, eventId, name, attempt, deadlineAt } = signal;
  switch (name) {
    // The next decision reads the row for a hold, and the runner's next heartbeat reads it for a checkpoint.
    case 'hold':
    case 'checkpoint-now':
      return;
    case 'release':
    case 'capacity-news': {
      const newest = (await store.attempts.newest(jobId)).at(-1);
      // While an attempt runs nothing waits for capacity, so its workflow's history stays free of the signal.
      if (newest === undefined || newest.ending !== null || newest.noticedAt !== null)
        await ifThere(temporal.wakeFailover(jobId));
      // The attempt may be waiting between two launches.
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
