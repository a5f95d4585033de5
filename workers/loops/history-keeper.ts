import { isGrpcServiceError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { objectKeys } from '@artenic/core';
import type { Logger } from 'pino';
import { everyMs, type Loop } from '../../app/loops/every.ts';
import { messageOf } from '../../core/errors.ts';
import type { ObjectStorage } from '../../core/object-storage.ts';
import type { JobRecord, ActingStore } from '../../store/types.ts';
import { attemptWorkflowId, failoverWorkflowId, trainingJobWorkflowId } from '../../workflows/contracts/index.ts';
import { createRepeatedFailures } from './repeated-failures.ts';

export type HistoryKeeperDeps = {
  readonly store: ActingStore;
  readonly storage: ObjectStorage;
  readonly client: Client;
  readonly logger: Logger;
  readonly intervalMs: number;
};

const batchSize = 50;
/** A job is terminal a moment before its workflows are closed. */
const settleMs = 10_000;

/** gRPC's NOT_FOUND, which `fetchHistory` passes on unchanged. */
const notFoundCodes: ReadonlySet<number> = new Set([5]);
const isForgotten = (error: unknown): boolean =>
  error instanceof WorkflowNotFoundError || (isGrpcServiceError(error) && notFoundCodes.has(error.code));

/** Histories of a job's workflows by workflow id, without those that Temporal no longer has. */
async function historiesOf(
  client: Client,
  store: ActingStore,
  job: JobRecord,
): Promise<Readonly<Record<string, unknown>>> {
  const attempts = await store.attempts.listByJob(job.id);
  const ids = [
    trainingJobWorkflowId(job.id),
    failoverWorkflowId(job.id),
    ...attempts.map((one) => attemptWorkflowId(job.id, one.attempt)),
  ];
  const histories: Record<string, unknown> = {};
  for (const id of ids) {
    try {
      histories[id] = JSON.parse(historyToJSON(await client.workflow.getHandle(id).fetchHistory()));
    } catch (error) {
      if (!isForgotten(error)) throw error;
    }
  }
  return histories;
}

/**
 * Keeps what Temporal deletes after its retention: each settled job's histories, as JSON beside its artifacts. A job
 * whose histories cannot be stored delays no other job; it is tried again after a growing pause.
 */
export function startHistoryKeeper({ store, storage, client, logger, intervalMs }: HistoryKeeperDeps): Loop {
  const failures = createRepeatedFailures({ firstPauseMs: 30_000, mostPauseMs: 3_600_000 });

  async function keep(job: JobRecord): Promise<void> {
    const histories = await historiesOf(client, store, job);
    await storage.put(objectKeys.history(job.id), new TextEncoder().encode(JSON.stringify(histories)));
    await store.jobs.markHistoryKept(job.id, new Date());
  }

  async function round(signal: AbortSignal): Promise<void> {
    const olderThan = new Date(Date.now() - settleMs);
    // Failed jobs are the oldest: if they were not added to the limit, they could fill the batch.
    const jobs = await store.jobs.withoutHistory({ olderThan, limit: batchSize + failures.size() });
    for (const job of jobs) {
      if (signal.aborted) return;
      if (!failures.mayTry(job.id, Date.now())) continue;
      try {
        await keep(job);
        failures.succeeded(job.id);
      } catch (error) {
        const { tries, pauseMs } = failures.failed(job.id, Date.now());
        logger.warn({ jobId: job.id, tries, retryInMs: pauseMs, error: messageOf(error) }, 'histories are kept later');
      }
    }
  }
  return everyMs(intervalMs, round, {
    onError: (error) => logger.warn({ error: messageOf(error) }, 'histories are kept later'),
  });
}
