import { setTimeout as sleep } from 'node:timers/promises';
import {
  Client,
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  type Connection,
  type ScheduleOptions,
} from '@temporalio/client';
import type { Logger } from 'pino';
import { messageOf } from '../../core/errors.ts';
import { searchAttributes } from '../../workflows/contracts/index.ts';
import type { ScheduleDefinition } from './schedule-registry.ts';

export type SchedulesDeps = {
  readonly connection: Connection;
  readonly namespace: string;
  readonly schedules: readonly ScheduleDefinition[];
  /** Makes the namespace and the search attributes, if they are missing. */
  readonly prepare: () => Promise<void>;
  readonly logger: Logger;
  readonly intervalMs: number;
};

type Wanted = { readonly options: ScheduleOptions; readonly isEager: boolean };

function wantedOf(definition: ScheduleDefinition): Wanted {
  const { id, workflowType, input, everyMs, queue, summary, isEager, provider } = definition;
  const options: ScheduleOptions = {
    scheduleId: id,
    spec: { intervals: [{ every: everyMs }] },
    policies: {
      // A run that is still at work also does the work of the next run.
      overlap: 'SKIP',
      // After an outage one run is as good as all the missed ones.
      catchupWindow: '1m',
    },
    action: {
      type: 'startWorkflow',
      workflowType,
      workflowId: id,
      taskQueue: queue,
      args: [...input],
      // A run that hangs (no PostgreSQL, a release that cannot replay it) must not block all later runs.
      workflowRunTimeout: '15m',
      staticSummary: summary,
      // A kind of its own, so that lists of trainings can leave it out.
      typedSearchAttributes: [
        { key: searchAttributes.kind, value: workflowType },
        ...(provider === null ? [] : [{ key: searchAttributes.provider, value: provider }]),
      ],
    },
  };
  return { options, isEager };
}

async function ensure(client: Client, { options, isEager }: Wanted): Promise<void> {
  try {
    await client.schedule.create(options);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    // A schedule that a person has paused stays paused.
    await client.schedule
      .getHandle(options.scheduleId)
      .update(({ state }) => ({ ...options, state: { paused: state.paused, note: state.note } }));
  }
  if (isEager) await client.schedule.getHandle(options.scheduleId).trigger();
}

async function isThere(client: Client, scheduleId: string): Promise<boolean> {
  try {
    await client.schedule.getHandle(scheduleId).describe();
    return true;
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return false;
    throw error;
  }
}

/**
 * Keeps the schedules as this worker defines them. The check is repeated, because a Temporal server that loses its
 * database also loses the schedules and the search attributes. The first check is awaited.
 */
export async function keepSchedules(deps: SchedulesDeps): Promise<{ readonly close: () => Promise<void> }> {
  const { connection, namespace, prepare, logger, intervalMs } = deps;
  const client = new Client({ connection, namespace });
  const wanted = deps.schedules.map(wantedOf);
  const stopped = new AbortController();
  const known = new Set<string>();

  async function look(): Promise<void> {
    try {
      await prepare();
      for (const one of wanted) {
        const { scheduleId } = one.options;
        if (known.has(scheduleId) && (await isThere(client, scheduleId))) continue;
        await ensure(client, one);
        known.add(scheduleId);
      }
    } catch (error) {
      logger.warn({ error: messageOf(error) }, 'the schedules could not be updated; Artenic tries again');
    }
  }
  async function run(): Promise<void> {
    while (!stopped.signal.aborted) {
      await sleep(intervalMs, undefined, { signal: stopped.signal }).catch(() => undefined);
      if (!stopped.signal.aborted) await look();
    }
  }
  await look();
  const running = run();
  return {
    close: async () => {
      stopped.abort();
      await running;
    },
  };
}
