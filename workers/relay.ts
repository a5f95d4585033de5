import type { Logger } from 'pino';
import { messageOf } from '../core/errors.ts';
import type { JobRecord, Store } from '../store/types.ts';
import { trainingJobWorkflowId } from '../workflows/contracts.ts';
import { deliverRunnerEvents } from '../api/deliver-runner-events.ts';
import { deliverSignal } from '../api/deliver-signal.ts';
import type { TemporalGateway } from '../api/temporal-gateway.ts';

export type RelayDeps = {
  readonly store: Store;
  readonly temporal: TemporalGateway;
  readonly logger: Logger;
  readonly intervalMs: number;
  readonly now: () => Date;
};

/** A job younger than this may still be in the hands of the request that made it. */
const handsOffMs = 2000;
const batchSize = 500;
/** After so many attempts in a row that could not be told, Temporal is away: the next round tries again. */
const mostFailures = 3;
/** Every so many rounds all open jobs are compared with Temporal, not only those never started. */
const fullRoundEvery = 3;

/**
 * Closes the gap between rows and workflows: starts workflows that a submit could not start, starts again (`adopt`)
 * those that somebody terminated, and delivers cancels, signals and events of runners whose first delivery was lost. Several may run at once.
 */
export function startRelay(deps: RelayDeps): { readonly close: () => Promise<void> } {
  let closed = false;
  let round = 0;
  let wake: () => void = () => undefined;
  const cancelled = new Set<string>();

  async function look(job: JobRecord): Promise<void> {
    const state = await deps.temporal.describe(trainingJobWorkflowId(job.id));
    if (state !== 'open') {
      // one that Temporal has lost with its database has run, too
      const adopt = state === 'closed' || job.workflowStartedAt !== null;
      await deps.temporal.startTrainingJob(job.id, { adopt, service: job.service });
      deps.logger.info({ jobId: job.id, adopt }, 'workflow started by the relay');
    }
    if (job.workflowStartedAt === null) await deps.store.jobs.markWorkflowStarted(job.id, deps.now());
    if (job.cancelRequestedAt !== null && !cancelled.has(job.id)) {
      await deps.temporal.cancelTrainingJob(job.id);
      cancelled.add(job.id);
    }
  }

  async function once(): Promise<void> {
    const olderThan = new Date(deps.now().getTime() - handsOffMs);
    await deliverSignals(olderThan);
    await deliverEvents(olderThan);
    const full = round++ % fullRoundEvery === 0;
    for await (const job of openJobs(olderThan)) {
      if (closed) return;
      const lateCancel = job.cancelRequestedAt !== null && job.cancelRequestedAt < olderThan && !cancelled.has(job.id);
      if (full || job.workflowStartedAt === null || lateCancel) await look(job);
    }
  }

  async function deliverSignals(olderThan: Date): Promise<void> {
    for (const signal of await deps.store.signals.undelivered({ olderThan, limit: batchSize }))
      if (!closed) await deliverSignal(deps, signal);
  }

  /** What the API has committed and could not tell. An attempt whose event fails does not hold up the others. */
  async function deliverEvents(olderThan: Date): Promise<void> {
    let failures = 0;
    for (const attemptId of await deps.store.runnerEvents.waiting({ olderThan, limit: batchSize })) {
      if (closed || failures === mostFailures) return;
      failures = (await deliverRunnerEvents(deps, attemptId)) ? 0 : failures + 1;
    }
  }

  async function* openJobs(olderThan: Date): AsyncGenerator<JobRecord> {
    let page = await deps.store.jobs.open({ olderThan, limit: batchSize });
    for (;;) {
      yield* page;
      const last = page.at(-1);
      if (last === undefined || page.length < batchSize) return;
      page = await deps.store.jobs.open({ olderThan, limit: batchSize, after: last });
    }
  }

  async function run(): Promise<void> {
    while (!closed) {
      try {
        await once();
      } catch (error) {
        deps.logger.warn({ error: messageOf(error) }, 'the relay could not finish its round; the next one follows');
      }
      await new Promise<void>((done) => {
        const timer = setTimeout(done, deps.intervalMs);
        wake = () => {
          clearTimeout(timer);
          done();
        };
      });
    }
  }

  const running = run();
  return {
    close: async () => {
      closed = true;
      wake();
      await running;
    },
  };
}
