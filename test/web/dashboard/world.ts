import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { ModelSignature } from '@artenic/core';
import { createApp } from '../../../api/app.ts';
import { createLive, type Live } from '../../../api/live/live.ts';
import { startServer, type RunningServer } from '../../../api/http/server.ts';
import { buildWeb } from '../../../scripts/web-build.mjs';
import { ApiWorld } from '../../api/harness.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

const signature: ModelSignature = {
  inputs: [
    { name: 'length', type: 'float32', shape: ['rows', 1] },
    { name: 'island', type: 'string', shape: ['rows', 1] },
  ],
  outputs: [{ name: 'probabilities', type: 'float32', shape: ['rows', 3] }],
  labels: ['a', 'b', 'c'],
};

/** The API with the dashboard built from these sources. */
export async function startDashboard(): Promise<ApiWorld> {
  buildWeb(root);
  return ApiWorld.start({
    dashboardFolder: fileURLToPath(new URL('../../../web/dist/', import.meta.url)),
    temporalUi: 'http://127.0.0.1:8233',
  });
}

function registerVersion(world: ApiWorld, model: string, accuracy: number, jobId: string | null = null) {
  return world.store.models.register({
    ...{ model, projectId: 'default', format: 'onnx', sha256: 'a'.repeat(64), bytes: 1234, signature, jobId },
    ...{ metrics: { accuracy, loss: 1 - accuracy }, createdBy: 'admin', createdAt: new Date() },
  });
}

/** Adds data of every kind: jobs in many states, a job with attempts, checkpoints and metrics, models with versions. */
export async function fill(world: ApiWorld): Promise<{ readonly jobId: string; readonly paidJobId: string }> {
  const { jobs, attempts, metrics } = world.store;
  const paidJobId = await addPaidJob(world);
  for (const [service, ...states] of [
    ['churn', 'preparing', 'waiting'],
    ['fraud', 'preparing', 'failed'],
    ['demand', 'cancelling', 'cancelled'],
  ] as const) {
    const job = await world.addJob({ service });
    for (const state of states) await jobs.transition(job.id, state, { message: `The job is ${state}.` });
  }
  const job = await world.addJob({ service: 'penguins', labels: { team: '<b>growth</b>' }, config: { epochs: 3 } });
  for (const state of ['preparing', 'provisioning', 'setup', 'running'] as const) await jobs.transition(job.id, state);
  const attemptId = await world.openAttempt(job.id);
  await jobs.moveFence(job.id, 1);
  for (const state of ['launching', 'starting', 'setup', 'running'] as const)
    await attempts.advance(attemptId, state, new Date());
  await jobs.setProgress(job.id, 0.4);
  await metrics.insert(
    Array.from({ length: 60 }, (_none, step) => ({
      ...{ jobId: job.id, attempt: 1, epoch: null, time: new Date(), step },
      name: step % 2 === 0 ? 'loss' : 'val_loss',
      value: 1 / (step + 1),
    })),
  );
  for (const accuracy of [0.8, 0.9, 0.85]) await registerVersion(world, 'penguins', accuracy);
  const change = { projectId: 'default', name: 'penguins', by: 'admin', at: new Date() };
  await world.store.models.setStage({ ...change, version: 2, to: 'production', reason: 'the best so far' });
  await registerVersion(world, 'churn', 0.7);
  const handle = { provider: 'simulated', attemptId, instanceId: 'i-4711', region: 'eu-north' };
  const sinceMs = Date.now() - 3_600_000;
  await world.store.reconcile.setStrays(
    'simulated',
    [
      { handle, sinceMs, reason: 'not-ending', dueAtMs: null },
      {
        handle: { ...handle, instanceId: 'i-4712', attemptId: 'unknown/attempt-1' },
        ...{ sinceMs, reason: 'unknown-attempt', dueAtMs: Date.now() + 3_600_000 },
      },
    ],
    new Date(),
  );
  await world.store.reconcile.strayTried(handle, new Date(), 'transient: The cloud answered 503.');
  return { jobId: job.id, paidJobId };
}

/** A job that was preempted in a cloud after half an hour, and failed on the local machine. */
async function addPaidJob(world: ApiWorld): Promise<string> {
  const { jobs, attempts, launchRefusals } = world.store;
  const { id: jobId } = await world.addJob({ service: 'paid' });
  await jobs.transition(jobId, 'preparing');
  const [from, until] = [new Date(Date.now() - 3_600_000), new Date(Date.now() - 1_800_000)];
  const id = `${jobId}/attempt-1`;
  const offer = { provider: 'simulated', region: 'eu-north', instanceType: 'gpu-1', spot: true };
  await attempts.open({
    ...{ id, jobId, attempt: 1, reason: 'the cheapest offer', createdAt: from },
    offer: { ...offer, priceUsdMicrosPerHour: 3_000_000 },
  });
  const refusal = { jobId, attempt: 1, message: 'InsufficientInstanceCapacity: no gpu-1 is left in this zone.' };
  for (const [zone, launch] of [
    ['eu-north-a', 1],
    ['eu-north-b', 2],
    ['eu-north-a', 3],
  ] as const)
    await launchRefusals.record({
      ...{ ...refusal, launch, kind: 'stockout', at: from },
      offer: { ...offer, zone, priceUsdMicrosPerHour: 3_000_000 },
    });
  await attempts.setBilled({ ...offer, attemptId: id, instanceId: 'i-1' }, { from, until });
  await attempts.end(id, { kind: 'preempted', exitCode: null, message: 'The provider took it back.' }, until);
  const second = await world.openAttempt(jobId, 2);
  await attempts.end(second, { kind: 'failed', exitCode: 1, message: 'Look at the log.' }, new Date());
  await jobs.transition(jobId, 'failed', { message: 'The command failed.' });
  return jobId;
}

/** A second server of the same world on its own port. It can die like a killed process: its sockets are cut. */
export class MortalApi {
  readonly #world: ApiWorld;
  readonly #sockets = new Set<Socket>();
  #running: RunningServer | null = null;
  #live: Live | null = null;
  #port = 0;

  constructor(world: ApiWorld) {
    this.#world = world;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const running = await startServer(createApp(this.#world.deps), { host: '127.0.0.1', port: this.#port });
    running.server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#live = createLive(this.#world.deps, running.server);
    this.#running = running;
    this.#port = running.port;
  }

  /** Cuts all connections; the server keeps running. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async kill(): Promise<void> {
    this.cut();
    await this.#live?.close();
    await this.#running?.close(0);
  }
}
