import type { Logger } from 'pino';
import { isArtenicError, messageOf } from '../../core/errors.ts';
import type { OpenJob, OpenJobsQuery, ActingStore } from '../../store/types.ts';
import { trainingJobWorkflowId } from '../../workflows/contracts/index.ts';
import { deliverRunnerEvents } from '../../app/attempts/deliver-runner-events.ts';
import { profilesLostAt, startProfiles } from '../../app/datasets/start-profiles.ts';
import { deliverCancel } from '../../app/jobs/cancel.ts';
import { deliverNotice } from '../../app/outbox/deliver.ts';
import { relaySignal } from '../../app/signals/deliver.ts';
import { everyMs, type Loop } from '../../app/loops/every.ts';
import type { TemporalGateway } from '../../app/temporal/gateway.ts';
import { createRepeatedFailures } from './repeated-failures.ts';

export type RelayDeps = {
  readonly store: ActingStore;
  readonly temporal: TemporalGateway;
  readonly logger: Logger;
  readonly intervalMs: number;
  readonly now: () => Date;
};

/** The request that created a younger job may still be delivering it. */
const handsOffMs = 2000;
const batchSize = 500;
/** After failed deliveries for this many attempts in a row Temporal counts as away; the next round tries again. */
const mostFailures = 3;
/** The comparison of all open jobs with Temporal is repeated after this, or after its own duration times `restShare`. */
const fullRoundMs = 6000;
const restShare = 20;
/** A granted attempt that has not begun to launch gets its grant again after this. */
const wakeAgainMs = 30_000;

type Delivery = {
  /** Delivers a job's start and cancel that Temporal has not received. */
  readonly deliver: (job: OpenJob) => Promise<void>;
  /**
   * Starts the job's workflow unless it is open. A workflow that Temporal has lost with its database also counts as
   * started before.
   */
  readonly restart: (job: OpenJob) => Promise<void>;
};

function createDelivery({ store, temporal, logger, now }: RelayDeps): Delivery {
  async function start(job: OpenJob, adopt: boolean): Promise<void> {
    await temporal.startTrainingJob(job.id, { adopt, name: job.name, service: job.service });
    logger.info({ jobId: job.id, adopt }, 'workflow started by the relay');
    if (job.workflowStartedAt === null) await store.jobs.markWorkflowStarted(job.id, now());
  }

  async function restart(job: OpenJob): Promise<void> {
    const state = await temporal.describe(trainingJobWorkflowId(job.id));
    if (state !== 'open') await start(job, state === 'closed' || job.workflowStartedAt !== null);
    else if (job.workflowStartedAt === null) await store.jobs.markWorkflowStarted(job.id, now());
  }

  async function deliver(job: OpenJob): Promise<void> {
    if (job.workflowStartedAt === null) await restart(job);
    if (job.cancelRequestedAt === null) return;
    await deliverCancel({ store, temporal }, job);
    await store.jobs.markCancelDelivered(job.id, now());
  }

  return { deliver, restart };
}

/** If the attempt's workflow is closed, the job's next run asks for capacity itself. */
async function signalGrant({ temporal }: RelayDeps, attemptId: string): Promise<void> {
  try {
    await temporal.signalCapacityGranted(attemptId);
  } catch (error) {
    if (!isArtenicError(error, 'not-found')) throw error;
  }
}

type ReadOpenJobs = (query: OpenJobsQuery) => Promise<readonly OpenJob[]>;

/** Open jobs older than `olderThan`, page by page, until the relay is closed. */
async function* pagesOf(isClosed: () => boolean, read: ReadOpenJobs, olderThan: Date): AsyncGenerator<OpenJob> {
  for (let after: OpenJob | undefined; !isClosed();) {
    const page = await read({ olderThan, limit: batchSize, ...(after && { after }) });
    yield* page;
    after = page.at(-1);
    if (page.length < batchSize) return;
  }
}

/**
 * Closes the gap between rows and workflows: starts workflows that a submit could not start, starts terminated
 * workflows again (`adopt`), and delivers cancels, signals, grants and runner events whose first delivery failed.
 * Several relays may run at once. An item that cannot be delivered blocks no other: it is tried again after a growing
 * pause.
 */
export function startRelay(deps: RelayDeps): Loop {
  const { store, temporal, logger, now } = deps;
  /** Whether the loop is being closed: the current round then delivers nothing more. */
  let isClosed = (): boolean => false;
  let nextFullRoundMs = 0;
  const failures = createRepeatedFailures({ firstPauseMs: deps.intervalMs, mostPauseMs: 600_000 });
  const { deliver, restart } = createDelivery(deps);
  const pages = (read: ReadOpenJobs, olderThan: Date): AsyncGenerator<OpenJob> =>
    pagesOf(() => isClosed(), read, olderThan);

  /** Makes one delivery. While Temporal is away every delivery would fail after seconds, so the round ends. */
  async function attempt(key: string, deliver: () => Promise<void>): Promise<void> {
    if (isClosed() || !failures.mayTry(key, Date.now())) return;
    try {
      await deliver();
      failures.succeeded(key);
    } catch (error) {
      if (isArtenicError(error, 'unavailable')) throw error;
      const { tries, pauseMs } = failures.failed(key, Date.now());
      logger.error({ key, tries, retryInMs: pauseMs, error: messageOf(error) }, 'the relay could not deliver this');
    }
  }

  /** Compares all open jobs with Temporal's own list. A job that is missing there is checked by itself. */
  async function compareAll(olderThan: Date): Promise<void> {
    const startedMs = Date.now();
    const open = await temporal.openTrainingJobs();
    for await (const job of pages((query) => store.jobs.open(query), olderThan))
      if (!open.has(job.id) && job.workflowStartedAt !== null)
        await attempt(job.id, async () => {
          await restart(job);
          if (job.cancelRequestedAt !== null) await deliverCancel({ store, temporal }, job);
        });
    const endedMs = Date.now();
    nextFullRoundMs = endedMs + Math.max(fullRoundMs, restShare * (endedMs - startedMs));
  }

  async function once(signal: AbortSignal): Promise<void> {
    isClosed = () => signal.aborted;
    const olderThan = new Date(now().getTime() - handsOffMs);
    for (const signal of await store.signals.undelivered({ olderThan, limit: batchSize }))
      await attempt(`signal ${signal.jobId} ${signal.eventId}`, () => relaySignal({ store, temporal, now }, signal));
    await deliverEvents(olderThan);
    await deliverNotices();
    for await (const job of pages((query) => store.jobs.undelivered(query), olderThan))
      await attempt(job.id, () => deliver(job));
    for (const run of await store.profiles.open({ startedBefore: profilesLostAt(now()), limit: batchSize }))
      await attempt(`profiles ${run.datasetId} ${run.version}`, () => startProfiles(deps, run));
    for (const attemptId of await store.capacity.wakeAgain({ quietMs: wakeAgainMs, limit: batchSize }))
      await attempt(`grant ${attemptId}`, () => signalGrant(deps, attemptId));
    if (Date.now() >= nextFullRoundMs) await compareAll(olderThan);
  }

  /**
   * Delivers runner events that the API has committed but could not deliver. An attempt whose event fails does not
   * block other attempts.
   */
  async function deliverEvents(olderThan: Date): Promise<void> {
    let failures = 0;
    for (const attemptId of await store.runnerEvents.waiting({ olderThan, limit: batchSize })) {
      if (isClosed() || failures === mostFailures) return;
      failures = (await deliverRunnerEvents(deps, attemptId)) ? 0 : failures + 1;
    }
  }

  /** Sends the ends of jobs to their watchers. While Temporal is away the round ends here, and no try is counted. */
  async function deliverNotices(): Promise<void> {
    for (const notice of await store.outbox.due({ now: now(), limit: batchSize })) {
      if (isClosed()) return;
      await deliverNotice(deps, notice);
    }
  }

  return everyMs(deps.intervalMs, once, {
    onError: (error) =>
      logger.warn({ error: messageOf(error) }, 'the relay could not finish its round; the next one follows'),
  });
}
