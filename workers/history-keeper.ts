import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { objectKeys } from '@artenic/core';
import type { Logger } from 'pino';
import { messageOf } from '../core/errors.ts';
import type { ObjectStorage } from '../core/object-storage.ts';
import type { JobRecord, Store } from '../store/types.ts';
import { attemptWorkflowId, failoverWorkflowId, trainingJobWorkflowId } from '../workflows/contracts.ts';

export type HistoryKeeperDeps = {
  readonly store: Store;
  readonly storage: ObjectStorage;
  readonly client: Client;
  readonly logger: Logger;
  readonly intervalMs: number;
};

const batchSize = 50;
/** A job is terminal a moment before its workflows are closed. */
const settleMs = 10_000;

/** Histories of a job's workflows by workflow id; those that Temporal has forgotten are left out. */
async function historiesOf(client: Client, store: Store, job: JobRecord): Promise<Readonly<Record<string, unknown>>> {
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
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  }
  return histories;
}

/** Keeps what Temporal forgets after its retention: each settled job's histories as JSON beside its artifacts. */
export function startHistoryKeeper(deps: HistoryKeeperDeps): { readonly close: () => Promise<void> } {
  async function round(): Promise<void> {
    try {
      const olderThan = new Date(Date.now() - settleMs);
      for (const job of await deps.store.jobs.withoutHistory({ olderThan, limit: batchSize })) {
        const histories = await historiesOf(deps.client, deps.store, job);
        await deps.storage.put(objectKeys.history(job.id), new TextEncoder().encode(JSON.stringify(histories)));
        await deps.store.jobs.markHistoryKept(job.id, new Date());
      }
    } catch (error) {
      deps.logger.warn({ error: messageOf(error) }, 'histories are kept later');
    }
  }
  let running = Promise.resolve();
  const timer = setInterval(() => {
    running = running.then(round);
  }, deps.intervalMs);
  return {
    close: async () => {
      clearInterval(timer);
      await running;
    },
  };
}
