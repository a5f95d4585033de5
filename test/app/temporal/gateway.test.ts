import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { createTemporalGateway, type TemporalGateway } from '../../../app/temporal/gateway.ts';
import { runnerEventSignal, trainingJobWorkflowId } from '../../../workflows/contracts/index.ts';
import { testTemporal } from '../../setup/temporal.ts';
import { newId } from '../../store/support.ts';
import { poll } from '../../support/poll.ts';

let address: string;
let namespace: string;
let connection: Connection;
let client: Client;
let gateway: TemporalGateway;

beforeAll(async () => {
  ({ address, namespace } = await testTemporal());
  connection = await Connection.connect({ address });
  client = new Client({ connection, namespace });
  gateway = createTemporalGateway({ address, namespace });
});
afterAll(async () => {
  await gateway.close();
  await connection.close();
});

test('a job is started once, however often it is asked for, with its search attributes', async () => {
  const jobId = newId();
  const id = trainingJobWorkflowId(jobId);
  expect(await gateway.describe(id)).toBe('absent');
  await Promise.all(
    [1, 2, 3].map(() => gateway.startTrainingJob(jobId, { adopt: false, name: 'seed=1', service: 'iris' })),
  );
  expect(await gateway.describe(id)).toBe('open');
  const described = await client.workflow.getHandle(id).describe();
  expect(described.typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value])).toEqual(
    expect.arrayContaining([
      ['Kind', 'trainingJob'],
      ['JobId', jobId],
      ['Service', 'iris'],
    ]),
  );
  expect(await described.staticSummary()).toBe('iris: seed=1');
});

test('a terminated job is started again only to adopt it', async () => {
  const jobId = newId();
  const id = trainingJobWorkflowId(jobId);
  await gateway.startTrainingJob(jobId, { adopt: false, name: 'seed=1', service: 'iris' });
  await client.workflow.getHandle(id).terminate('by hand');
  expect(await gateway.describe(id)).toBe('closed');
  await gateway.startTrainingJob(jobId, { adopt: false, name: 'seed=1', service: 'iris' });
  expect(await gateway.describe(id)).toBe('closed');
  await gateway.startTrainingJob(jobId, { adopt: true, name: 'seed=1', service: 'iris' });
  expect(await gateway.describe(id)).toBe('open');
});

test('cancelling what is not there is success; signalling it is not-found', async () => {
  await gateway.cancelTrainingJob(newId());
  await expect(gateway.signalCapacityGranted(`${newId()}/attempt-1`)).rejects.toMatchObject({ type: 'not-found' });
});

test('a signal carries the event', async () => {
  const workflowId = `${newId()}/attempt-1`;
  await client.workflow.start('trainingAttempt', { workflowId, taskQueue: 'nobody', args: [] });
  await gateway.signalRunnerEvent(workflowId, { kind: 'exited', id: 'e1', exitCode: 3 });
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const signal = (events ?? []).map((event) => event.workflowExecutionSignaledEventAttributes).find(Boolean);
  expect(signal?.signalName).toBe(runnerEventSignal.name);
  expect(new TextDecoder().decode(signal?.input?.payloads?.[0]?.data ?? new Uint8Array())).toContain('"exitCode":3');
});

/** A connection to the server that can be cut. */
async function cuttable(): Promise<{
  readonly address: string;
  readonly cut: () => Promise<void>;
  readonly mend: () => Promise<void>;
}> {
  const [host = '', port = ''] = address.split(':');
  const sockets = new Set<Socket>();
  const pipe = (socket: Socket) => {
    const onward = connect(Number(port), host);
    for (const one of [socket, onward]) {
      sockets.add(one);
      one.on('error', () => one.destroy());
      one.on('close', () => [socket, onward].forEach((other) => other.destroy()));
    }
    socket.pipe(onward).pipe(socket);
  };
  let server: Server | null = null;
  let ownPort = 0;
  const mend = () =>
    new Promise<void>((done) => {
      server = createServer(pipe).listen(ownPort, '127.0.0.1', () => {
        const bound = server?.address();
        ownPort = typeof bound === 'object' && bound !== null ? bound.port : 0;
        done();
      });
    });
  const cut = () =>
    new Promise<void>((done) => {
      for (const socket of sockets) socket.destroy();
      sockets.clear();
      server?.close(() => done());
    });
  await mend();
  return { address: `127.0.0.1:${ownPort}`, cut, mend };
}

test('a server that is away is told, and found again when it is back', async () => {
  const way = await cuttable();
  const other = createTemporalGateway({ address: way.address, namespace });
  const jobId = newId();
  try {
    await other.startTrainingJob(jobId, { adopt: false, name: 'seed=1', service: 'iris' });
    await way.cut();
    await expect(
      other.startTrainingJob(newId(), { adopt: false, name: 'seed=1', service: 'iris' }),
    ).rejects.toMatchObject({
      type: 'unavailable',
    });
    await expect(other.ping(200)).rejects.toMatchObject({ type: 'unavailable' });
    await way.mend();
    const state = await poll('Temporal to be found again', 5000, () =>
      other.describe(trainingJobWorkflowId(jobId)).catch(() => null),
    );
    expect(state).toBe('open');
  } finally {
    await other.close();
    await way.cut();
  }
});
