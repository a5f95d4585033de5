import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JobView } from '@artenic/core';
import { defaultWorld } from '../../../simulated-cloud/rules/default-world.ts';
import { counterJob, type CounterConfig } from '../../chaos/jobs.ts';
import { checkCounter, endOf } from '../../chaos/verify.ts';
import { poll } from '../../support/poll.ts';
import { SimulatedCloud } from '../../support/simulated-cloud.ts';
import { createStack, type Stack } from '../../support/stack.ts';
import { startS3Server, type S3Server } from '../../support/versitygw.ts';
import { register } from '../serving/http.ts';
import { denseNetwork } from '../serving/network.ts';
import { Gate } from './gate.ts';
import { callOnce, isOk, isPutOff, type Answer, type Probe } from './probes.ts';

export const talkative = 20;
const linesPerSecond = 10;
/** A checkpoint every ten seconds. */
const checkpointEvery = 100;
const features = 4;
const backgroundRunner = fileURLToPath(new URL('./background-runner.ts', import.meta.url));
const placement = { providers: ['simulated'], mode: 'on-demand' };

/** A platform with S3 and Temporal behind gates, and jobs by real runners that print, measure and keep checkpoints. */
export class OutageWorld {
  readonly stack: Stack;
  readonly storage: Gate;
  readonly temporal: Gate;
  readonly cloud: SimulatedCloud;
  readonly #s3: S3Server;
  #talkers: readonly string[] = [];
  #config: CounterConfig = { total: 0, every: checkpointEvery, delay: 1 / linesPerSecond };
  readonly #toSucceed: string[] = [];
  readonly #toBeCancelled: string[] = [];
  #cancels = 0;

  private constructor(stack: Stack, storage: Gate, temporal: Gate, cloud: SimulatedCloud, s3: S3Server) {
    this.stack = stack;
    this.storage = storage;
    this.temporal = temporal;
    this.cloud = cloud;
    this.#s3 = s3;
  }

  static async start(temporalPort: number): Promise<OutageWorld> {
    const s3 = await startS3Server();
    const storage = await Gate.open(Number(new URL(s3.endpoint).port));
    const temporal = await Gate.open(temporalPort);
    const cloud = new SimulatedCloud({ ...defaultWorld, preemption: {} }, backgroundRunner);
    await cloud.start();
    const endpoint = encodeURIComponent(`http://127.0.0.1:${storage.port}`);
    const stack = createStack({
      ...cloud.environment(),
      TEMPORAL_ADDRESS: `127.0.0.1:${temporal.port}`,
      ARTENIC_STORAGE_URL: `s3://${s3.bucket}/artenic?endpoint=${endpoint}&path-style=true`,
      AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
      ARTENIC_RECONCILE_MS: '10000',
    });
    const world = new OutageWorld(stack, storage, temporal, cloud, s3);
    await stack.start();
    return world;
  }

  async close(): Promise<void> {
    this.storage.restore();
    this.temporal.restore();
    await this.stack.destroy();
    await this.cloud.destroy();
    await Promise.all([this.storage.close(), this.temporal.close()]);
    await this.#s3.stop();
  }

  /** Talkers that go on for so long, and two models, of which one is loaded and the other one only in the storage. */
  async prepare(seconds: number): Promise<void> {
    const cold = denseNetwork([features, 9, 2]);
    await register(this.stack, 'loaded', denseNetwork([features, 8, 2]));
    await register(this.stack, 'cold', cold);
    const sha256 = createHash('sha256').update(cold).digest('hex');
    rmSync(join(this.stack.home, 'cache', 'models', `${sha256}.onnx`));
    // promoting has loaded both
    this.stack.kill('api');
    await poll('a prediction', 120_000, () =>
      this.#predict('loaded').then(
        (answer) => (isOk(answer) ? true : null),
        () => null,
      ),
    );
    this.#config = { ...this.#config, total: seconds * linesPerSecond };
    const submits = Array.from({ length: talkative }, () => this.#submit(counterJob(this.#config)));
    this.#talkers = await Promise.all(submits);
    await poll('all to run', 300_000, async () => {
      const jobs = await Promise.all(
        this.#talkers.map((id) => this.stack.request<JobView>('GET', `/api/v1/jobs/${id}`)),
      );
      return jobs.every(({ state, progress }) => state === 'running' && (progress ?? 0) > 0) ? true : null;
    });
  }

  probes(options: { readonly isStorageAway: boolean }): readonly Probe[] {
    const [first = ''] = this.#talkers;
    const read = (name: string, path: string): Probe => ({
      ...{ name, everyMs: 1000, isGood: isOk },
      ask: () => callOnce(this.stack, 'GET', path),
    });
    const cold: Probe = {
      name: 'predict by a model to be fetched',
      everyMs: 5000,
      isGood: isPutOff,
      ask: () => this.#predict('cold'),
    };
    return [
      { name: 'submit', everyMs: 10_000, isGood: isOk, ask: () => this.#submitOnce() },
      { name: 'cancel', everyMs: 20_000, isGood: isOk, ask: () => this.#cancelOnce() },
      read('list jobs', '/api/v1/jobs'),
      read('read a job', `/api/v1/jobs/${first}`),
      read('read metrics', `/api/v1/jobs/${first}/metrics`),
      read('read attempts', `/api/v1/jobs/${first}/attempts`),
      // what was packed lies in the storage
      {
        ...read('read a log', `/api/v1/jobs/${first}/logs?attempt=1&stream=training`),
        isGood: (answer) => isOk(answer) || (options.isStorageAway && isPutOff(answer)),
      },
      { name: 'predict by a loaded model', everyMs: 1000, isGood: isOk, ask: () => this.#predict('loaded') },
      ...(options.isStorageAway ? [cold] : []),
    ];
  }

  /** Waits for every job; returns the deviations from the promised end. */
  async problems(waitMs: number): Promise<readonly string[]> {
    const found: string[] = [];
    for (const id of this.#talkers) {
      const job = await endOf(this.stack, id, waitMs);
      found.push(...(await checkCounter(this.stack, job, this.#config, false)));
    }
    for (const [state, ids] of [
      ['succeeded', this.#toSucceed],
      ['cancelled', this.#toBeCancelled],
    ] as const)
      for (const id of ids) {
        const job = await endOf(this.stack, id, waitMs);
        if (job.state !== state) found.push(`${id}: ${job.state} in place of ${state}: ${job.message}`);
      }
    if (!isOk(await this.#predict('cold'))) found.push('the model that had to be fetched does not answer');
    const judge = () => this.cloud.judgement();
    await poll('the cloud to be empty', 120_000, async () => ((await judge()).alive.length === 0 ? true : null)).catch(
      () => undefined,
    );
    const { alive, doubled, launchedTwice } = await judge();
    const strays = alive.length + doubled.length + launchedTwice.length;
    return strays === 0
      ? found
      : [...found, `the cloud has ${alive.length} left, ${doubled.length + launchedTwice.length} doubled`];
  }

  get submitted(): number {
    return this.#talkers.length + this.#toSucceed.length + this.#toBeCancelled.length;
  }

  async #submit(job: object): Promise<string> {
    return (await this.stack.request<JobView>('POST', '/api/v1/jobs', { ...job, placement })).id;
  }

  async #submitOnce(): Promise<Answer> {
    const answer = await callOnce(this.stack, 'POST', '/api/v1/jobs', {
      service: 'outage',
      command: 'true',
      placement,
    });
    if (isOk(answer)) this.#toSucceed.push((JSON.parse(answer.text) as JobView).id);
    return answer;
  }

  /** Submits a job that would run for an hour, and cancels it. */
  async #cancelOnce(): Promise<Answer> {
    const submitted = await callOnce(this.stack, 'POST', '/api/v1/jobs', {
      ...{
        service: 'outage',
        command: 'sleep 3600',
        stopGraceSeconds: 2,
        labels: { n: String(this.#cancels++) },
        placement,
      },
    });
    if (!isOk(submitted)) return submitted;
    const { id } = JSON.parse(submitted.text) as JobView;
    this.#toBeCancelled.push(id);
    return callOnce(this.stack, 'POST', `/api/v1/jobs/${id}/cancel`);
  }

  #predict(model: string): Promise<Answer> {
    const inputs = { x: Array.from({ length: features }, (_, index) => index) };
    return callOnce(this.stack, 'POST', `/api/v1/models/${model}/predict`, { inputs });
  }
}
