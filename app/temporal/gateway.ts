import {
  Client,
  Connection,
  isGrpcServiceError,
  type WorkflowClientInterceptor,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { ArtenicError } from '../../core/errors.ts';
import { titleOf } from '../../core/jobs/name.ts';
import type { JobEnded } from '../../core/jobs/ended.ts';
import type { WorkflowEvent } from '../../store/types.ts';
import {
  capacityGrantedSignal,
  controlQueue,
  failoverWorkflowId,
  profileDatasetWorkflowId,
  jobEndedSignal,
  reconcileScheduleId,
  runnerEventSignal,
  searchAttributes,
  trainingJobWorkflowId,
  workflowTaskTimeout,
  type ProfileDatasetInput,
  type TrainingJobInput,
  endNowSignal,
  wakeUpSignal,
} from '../../workflows/contracts/index.ts';
import { createUnderway } from '../loops/underway.ts';
import { reach, type TemporalServer } from './server.ts';

/** Links of answers lead to Temporal's Web UI by it. */
export { trainingJobWorkflowId };

export type TemporalGateway = {
  /** Starts the job's workflow; one that is there already is success. `adopt`: also when an earlier run was terminated. */
  readonly startTrainingJob: (
    jobId: string,
    options: { readonly adopt: boolean; readonly name: string; readonly service: string },
  ) => Promise<void>;
  /** Recorded by the server even while no worker runs. A closed workflow is success. */
  readonly cancelTrainingJob: (jobId: string) => Promise<void>;
  /** Throws `not-found` when the attempt's workflow is closed. */
  readonly signalRunnerEvent: (attemptId: string, event: WorkflowEvent) => Promise<void>;
  /** Throws `not-found` when the attempt's workflow is closed. */
  readonly signalEndNow: (attemptId: string) => Promise<void>;
  readonly signalCapacityGranted: (attemptId: string) => Promise<void>;
  /** Throws `not-found` when the failover's workflow is closed. */
  readonly wakeFailover: (jobId: string) => Promise<void>;
  /** Wakes an attempt that waits between two launches: it looks at the offers again. */
  readonly wakeAttempt: (attemptId: string) => Promise<void>;
  /** Throws `not-found` when the workflow is closed. A workflow may hear the same ending twice. */
  readonly signalJobEnded: (workflowId: string, ended: JobEnded) => Promise<void>;
  /** Starts the sweep of a provider, unless one is at work. */
  readonly sweepNow: (provider: string) => Promise<void>;
  /** Starts the profiling of a version, unless it is at work. */
  readonly startProfileDataset: (version: ProfileDatasetInput) => Promise<void>;
  readonly describe: (workflowId: string) => Promise<'open' | 'closed' | 'absent'>;
  /** Ids of the jobs whose workflow is open. Temporal's list may be some seconds old. */
  readonly openTrainingJobs: () => Promise<ReadonlySet<string>>;
  readonly ping: (timeoutMs: number) => Promise<void>;
  readonly close: () => Promise<void>;
};

const callTimeoutMs = 2000;
/** A page of Temporal's list is a query on its visibility store. */
const listTimeoutMs = 10_000;
const listPageSize = 1000;
/** gRPC's own pause between connects grows to two minutes; the platform must notice Temporal's return at once. */
const reconnectBackoffMs = { first: 200, most: 1000 };

/** gRPC codes that mean "no answer": CANCELLED, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNAVAILABLE. */
const awayCodes: ReadonlySet<number> = new Set([1, 4, 8, 14]);

function away(cause: unknown): ArtenicError {
  return new ArtenicError('unavailable', 'Temporal does not answer.', { cause });
}

function translate(error: unknown): unknown {
  if (error instanceof WorkflowNotFoundError) return new ArtenicError('not-found', error.message, { cause: error });
  const cause = error instanceof Error && isGrpcServiceError(error.cause) ? error.cause : error;
  if (isGrpcServiceError(cause) && awayCodes.has(cause.code)) return away(error);
  return error;
}

async function startTrainingJob(
  client: Client,
  jobId: string,
  { adopt, name, service }: { readonly adopt: boolean; readonly name: string; readonly service: string },
): Promise<void> {
  const input: TrainingJobInput = { jobId, adopt };
  try {
    await client.workflow.start('trainingJob', {
      workflowId: trainingJobWorkflowId(jobId),
      taskQueue: controlQueue,
      workflowTaskTimeout,
      args: [input],
      // The job's row is the guard; this policy refuses a second start of the same id.
      workflowIdReusePolicy: adopt ? 'ALLOW_DUPLICATE' : 'REJECT_DUPLICATE',
      workflowIdConflictPolicy: 'USE_EXISTING',
      staticSummary: titleOf(service, name),
      typedSearchAttributes: [
        { key: searchAttributes.kind, value: 'trainingJob' },
        { key: searchAttributes.jobId, value: jobId },
        { key: searchAttributes.service, value: service },
        { key: searchAttributes.phase, value: 'queued' },
      ],
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

async function startProfileDataset(client: Client, input: ProfileDatasetInput): Promise<void> {
  await client.workflow.start('profileDataset', {
    workflowId: profileDatasetWorkflowId(input.datasetId, input.version),
    taskQueue: controlQueue,
    workflowTaskTimeout,
    args: [input],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    staticSummary: `profiles of version ${input.version}`,
    typedSearchAttributes: [{ key: searchAttributes.kind, value: 'profileDataset' }],
  });
}

async function describe(client: Client, workflowId: string): Promise<'open' | 'closed' | 'absent'> {
  try {
    const { status } = await client.workflow.getHandle(workflowId).describe();
    return status.name === 'RUNNING' ? 'open' : 'closed';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'absent';
    throw error;
  }
}

/**
 * Calls of the API and the relay to Temporal. Connects at the first call, and again after the server was away.
 *
 * @param interceptors around each call that starts, cancels, signals or describes a workflow
 */
export function createTemporalGateway(
  server: TemporalServer,
  interceptors: readonly WorkflowClientInterceptor[] = [],
): TemporalGateway {
  const connection = Connection.lazy({
    ...reach(server),
    connectTimeout: callTimeoutMs,
    channelArgs: {
      'grpc.initial_reconnect_backoff_ms': reconnectBackoffMs.first,
      'grpc.max_reconnect_backoff_ms': reconnectBackoffMs.most,
    },
  });
  const client = new Client({ connection, namespace: server.namespace, interceptors: { workflow: [...interceptors] } });

  const underway = createUnderway();

  /** The client checks its deadline only between its own tries, so the deadline is enforced here as well. */
  async function call<T>(work: () => Promise<T>, timeoutMs = callTimeoutMs): Promise<T> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(away(new Error(`no answer within ${timeoutMs} ms`))), timeoutMs);
    const working = underway.add(connection.withDeadline(Date.now() + timeoutMs, work));
    try {
      return await Promise.race([working, late.promise]);
    } catch (error) {
      throw translate(error);
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    startTrainingJob: (jobId, options) => call(() => startTrainingJob(client, jobId, options)),
    cancelTrainingJob: (jobId) =>
      call(async () => {
        try {
          await client.workflow.getHandle(trainingJobWorkflowId(jobId)).cancel();
        } catch (error) {
          if (!(error instanceof WorkflowNotFoundError)) throw error;
        }
      }),
    signalRunnerEvent: (attemptId, event) =>
      call(() => client.workflow.getHandle(attemptId).signal(runnerEventSignal, event)),
    signalEndNow: (attemptId) => call(() => client.workflow.getHandle(attemptId).signal(endNowSignal)),
    signalCapacityGranted: (attemptId) =>
      call(() => client.workflow.getHandle(attemptId).signal(capacityGrantedSignal)),
    wakeAttempt: (attemptId) => call(() => client.workflow.getHandle(attemptId).signal(wakeUpSignal)),
    wakeFailover: (jobId) => call(() => client.workflow.getHandle(failoverWorkflowId(jobId)).signal(wakeUpSignal)),
    signalJobEnded: (workflowId, ended) =>
      call(() => client.workflow.getHandle(workflowId).signal(jobEndedSignal, ended)),
    startProfileDataset: (version) => call(() => startProfileDataset(client, version)),
    sweepNow: (provider) => call(() => client.schedule.getHandle(reconcileScheduleId(provider)).trigger()),
    describe: (workflowId) => call(() => describe(client, workflowId)),
    openTrainingJobs: async () => {
      const prefix = trainingJobWorkflowId('');
      const ids = new Set<string>();
      const pages = client.workflow.list({
        query: "WorkflowType = 'trainingJob' and ExecutionStatus = 'Running'",
        pageSize: listPageSize,
      });
      const iterator = pages[Symbol.asyncIterator]();
      for (;;) {
        const next = await call(() => iterator.next(), listTimeoutMs);
        if (next.done === true) return ids;
        if (next.value.workflowId.startsWith(prefix)) ids.add(next.value.workflowId.slice(prefix.length));
      }
    },
    ping: (timeoutMs) =>
      call(async () => {
        await connection.workflowService.getSystemInfo({});
      }, timeoutMs),
    close: async () => {
      // A try after the end of its connection would throw outside of any caller's reach.
      await underway.settled();
      await connection.close();
    },
  };
}
