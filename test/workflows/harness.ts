import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import proto from '@temporalio/proto';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { providerWorkers } from '../../workers/compose/provider-workers.ts';
import { controlQueue, searchAttributes, trainingJobWorkflowId } from '../../workflows/contracts/index.ts';
import type { trainingJob } from '../../workflows/index.ts';
import { testTemporal } from '../setup/temporal.ts';
import { World } from './world.ts';

/** Task queue of a single machine's instances. */
export const testMachine = 'local-0123456789ab';

export type Harness = {
  readonly client: Client;
  readonly namespace: string;
  readonly world: World;
  readonly startWorkers: () => Promise<void>;
  readonly stopWorkers: () => Promise<void>;
  readonly startJob: (jobId: string, adopt?: boolean) => Promise<WorkflowHandle<typeof trainingJob>>;
  /** `temporal workflow reset` to the workflow task that completed with this event. Returns the id of the new run. */
  readonly reset: (workflowId: string, eventId: number) => Promise<string>;
  readonly close: () => Promise<void>;
};

/** Real server, workers and workflows; only the world behind the activities is simulated. */
export async function startHarness(): Promise<Harness> {
  try {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
  } catch {
    // An earlier test file in this process has installed the runtime.
  }
  const { address, namespace, workflowBundlePath } = await testTemporal();
  const connection = await Connection.connect({ address });
  const native = await NativeConnection.connect({ address });
  const client = new Client({ connection, namespace });
  const world = new World(client);
  let running: { worker: Worker; done: Promise<void> }[] = [];

  const startWorkers = async (): Promise<void> => {
    const common = { connection: native, namespace, shutdownGraceTime: '1s' } as const;
    const workers = [
      await Worker.create({
        ...common,
        taskQueue: controlQueue,
        workflowBundle: { codePath: workflowBundlePath },
        activities: world.control,
        maxCachedWorkflows: 200,
      }),
    ];
    const provider = { name: 'local', machine: () => Promise.resolve(testMachine) };
    const rates = { launchesPerSecond: null, lifecyclePerSecond: null };
    workers.push(...(await providerWorkers({ provider, rates }, world.provider, common)));
    running = workers.map((worker) => ({ worker, done: worker.run() }));
  };
  const stopWorkers = async (): Promise<void> => {
    const stopping = running;
    running = [];
    for (const { worker } of stopping) worker.shutdown();
    await Promise.all(stopping.map(({ done }) => done));
  };
  await startWorkers();

  return {
    client,
    namespace,
    world,
    startWorkers,
    stopWorkers,
    startJob: (jobId, adopt = false) =>
      client.workflow.start<typeof trainingJob>('trainingJob', {
        workflowId: trainingJobWorkflowId(jobId),
        taskQueue: controlQueue,
        args: [{ jobId, adopt }],
        staticSummary: `title of ${jobId}`,
        typedSearchAttributes: [
          { key: searchAttributes.kind, value: 'trainingJob' },
          { key: searchAttributes.jobId, value: jobId },
          { key: searchAttributes.service, value: 'service-of-the-test' },
        ],
      }),
    reset: async (workflowId, eventId) => {
      const request = proto.temporal.api.workflowservice.v1.ResetWorkflowExecutionRequest.fromObject({
        namespace,
        workflowExecution: { workflowId },
        workflowTaskFinishEventId: eventId,
        reason: 'by the test',
        requestId: crypto.randomUUID(),
      });
      return (await client.workflowService.resetWorkflowExecution(request)).runId;
    },
    close: async () => {
      await stopWorkers();
      await world.finishScripts();
      await native.close();
      await connection.close();
    },
  };
}

/** Names of the events in the newest run with this id. */
export async function eventsOf(client: Client, workflowId: string, runId?: string): Promise<string[]> {
  const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  return (history.events ?? []).map((event) =>
    Object.keys(event)
      .filter((key) => key.endsWith('EventAttributes') && Reflect.get(event, key) !== null)
      .join()
      .replace('EventAttributes', ''),
  );
}
