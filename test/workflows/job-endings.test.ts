import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { pino } from 'pino';
import type { ControlActivities } from '../../activities/contracts/index.ts';
import { createControlActivities } from '../../activities/control.ts';
import { principalOfActivity } from '../../activities/principal.ts';
import { createFilesystemStorage } from '../../activities/storage/filesystem.ts';
import { createTemporalGateway, type TemporalGateway } from '../../app/temporal/gateway.ts';
import type { Loop } from '../../app/loops/every.ts';
import { policyFor } from '../../core/failover/policy.ts';
import { systemPrincipal } from '../../store/principal-scope.ts';
import { startRelay } from '../../workers/loops/relay.ts';
import { controlQueue } from '../../workflows/contracts/index.ts';
import { testTemporal } from '../setup/temporal.ts';
import { insertJob, openTestStore } from '../store/support.ts';
import { poll } from '../support/poll.ts';
import type { waitsForJobs } from './watching/index.ts';

/** A proxy in front of Temporal that can cut off its clients. */
class Gate {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  isOpen = true;

  constructor(target: { readonly host: string; readonly port: number }) {
    this.#server = createServer((socket) => {
      if (!this.isOpen) return void socket.destroy();
      const upstream = connect(target);
      for (const one of [socket, upstream]) {
        this.#sockets.add(one);
        one.on('error', () => undefined);
        one.on('close', () => {
          this.#sockets.delete(one);
          socket.destroy();
          upstream.destroy();
        });
      }
      socket.pipe(upstream).pipe(socket);
    });
  }
  listen(): Promise<number> {
    return new Promise((done) => {
      this.#server.listen(0, '127.0.0.1', () => {
        const address = this.#server.address();
        done(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  }
  cut(): void {
    this.isOpen = false;
    for (const socket of this.#sockets) socket.destroy();
  }
  async close(): Promise<void> {
    this.cut();
    await new Promise((done) => this.#server.close(done));
  }
}

let stores: Awaited<ReturnType<typeof openTestStore>>;
let client: Client;
let gate: Gate;
let gateway: TemporalGateway;
let relay: Loop;
let control: ControlActivities;
let close: () => Promise<void>;
/** Relay rounds that failed. */
let brokenRounds = 0;

beforeAll(async () => {
  try {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
  } catch {
    // An earlier test file in this process has installed the runtime.
  }
  stores = await openTestStore();
  const { address, namespace } = await testTemporal();
  const [host = '', port = ''] = address.split(':');
  gate = new Gate({ host, port: Number(port) });
  gateway = createTemporalGateway({ address: `127.0.0.1:${await gate.listen()}`, namespace });
  const connection = await Connection.connect({ address });
  const native = await NativeConnection.connect({ address });
  client = new Client({ connection, namespace });
  const folder = await mkdtemp(join(tmpdir(), 'artenic-endings-'));
  control = createControlActivities({
    store: stores.store.as(principalOfActivity),
    storage: createFilesystemStorage({ root: folder }),
    ...{ policyFor, describeWorkflow: gateway.describe, now: () => new Date() },
    signal: { capacityGranted: gateway.signalCapacityGranted },
    inspectModel: () => Promise.reject(new Error('no job here makes a model')),
  });
  const workflowsPath = fileURLToPath(new URL('./watching/index.ts', import.meta.url));
  const workflowBundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  const worker = await Worker.create({
    ...{ connection: native, namespace, taskQueue: controlQueue, workflowBundle },
    ...{ activities: control, shutdownGraceTime: '1s' },
  });
  const running = worker.run();
  const logger = pino({ level: 'silent' });
  logger.warn = () => void brokenRounds++;
  relay = startRelay({
    ...{ store: stores.store.as(systemPrincipal('relay')), temporal: gateway, logger },
    ...{ intervalMs: 50, now: () => new Date() },
  });
  close = async () => {
    await relay.close();
    worker.shutdown();
    await running;
    await gateway.close();
    await gate.close();
    await native.close();
    await connection.close();
    await stores.close();
    await rm(folder, { recursive: true, force: true });
  };
}, 120_000);
afterAll(() => close());

const newJob = async (): Promise<string> => {
  const { id } = await insertJob(stores.store);
  // The job's own workflow plays no part here, so the relay must not start it.
  await stores.store.jobs.markWorkflowStarted(id, new Date());
  return id;
};
async function wait(...jobIds: readonly string[]): Promise<WorkflowHandle<typeof waitsForJobs>> {
  const workflowId = `waits/${jobIds.join('/')}`;
  return client.workflow.start<typeof waitsForJobs>('waitsForJobs', {
    ...{ workflowId, taskQueue: controlQueue, args: [jobIds] },
  });
}
const settle = (jobId: string, message = '') =>
  control.settleJob({ jobId, state: 'succeeded', message, model: { name: 'iris', version: 3 } });
const watched = (jobId: string) =>
  poll(`the watcher of ${jobId}`, 20_000, async () => {
    const sql = `select 1 from job_watchers where job_id = ?`;
    return (await stores.orm.em.getConnection().execute(sql, [jobId])).length > 0 ? true : null;
  });

test('a workflow hears of the ends of the jobs that it waits for, also of one that came before', async () => {
  const [early, late] = [await newJob(), await newJob()];
  await settle(early, 'over before anybody asked');
  const handle = await wait(early, late);
  await watched(late);
  await settle(late, 'over');
  const model = { name: 'iris', version: 3 };
  expect(await handle.result()).toEqual([
    { jobId: early, state: 'succeeded', message: 'over before anybody asked', model },
    { jobId: late, state: 'succeeded', message: 'over', model },
  ]);
  expect(await stores.store.outbox.due({ now: new Date(), limit: 10 })).toEqual([]);
}, 60_000);

test('an end that comes while Temporal is away is told when it is back, and counts as no failure', async () => {
  const jobId = await newJob();
  const handle = await wait(jobId);
  await watched(jobId);
  gate.cut();
  try {
    await settle(jobId);
    const before = brokenRounds;
    await poll('rounds without Temporal', 30_000, () => (brokenRounds > before + 2 ? true : null));
    expect(await stores.store.outbox.due({ now: new Date(), limit: 10 })).toMatchObject([
      { ended: { jobId }, tries: 0 },
    ]);
  } finally {
    gate.isOpen = true;
  }
  expect(await handle.result()).toMatchObject([{ jobId, state: 'succeeded' }]);
}, 90_000);

test('a workflow that has gone is given up, with the reason, and nobody waits for it', async () => {
  const [jobId, other] = [await newJob(), await newJob()];
  const [gone, there] = [await wait(jobId), await wait(other)];
  await watched(jobId);
  await watched(other);
  await gone.terminate('by the test');
  await settle(jobId);
  await settle(other);
  expect(await there.result()).toMatchObject([{ jobId: other }]);
  const given = await poll('the notice given up', 20_000, async () => {
    const found = await stores.store.outbox.givenUp(10);
    return found.find(({ ended }) => ended.jobId === jobId) ?? null;
  });
  expect(given).toMatchObject({ target: { kind: 'workflow', id: gone.workflowId }, tries: 1 });
  expect(given.error).not.toBe('');
}, 60_000);
