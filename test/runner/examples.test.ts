import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';
import {
  checkpointManifestSchema,
  jobFileSchema,
  objectKeys,
  parseJobText,
  type CheckpointManifest,
  type JobSpecInput,
} from '@artenic/core';
import { poll } from '../support/poll.ts';
import { World, type Attempt } from './world.ts';

const world = new World();
afterAll(() => world.destroy());

async function jobOf(example: string, config: Readonly<Record<string, number>> = {}): Promise<JobSpecInput> {
  const folder = fileURLToPath(new URL(`../../examples/${example}/`, import.meta.url));
  const file = parseJobText(readFileSync(join(folder, 'artenic.yaml'), 'utf8'), jobFileSchema);
  const sha256 = await world.putFolder(folder);
  return { ...file, config: { ...file.config, ...config }, package: { sha256 }, data: [] };
}

function modelOf(attempt: Attempt): unknown {
  const { jobId, attempt: number } = attempt.bootstrap;
  return JSON.parse(readFileSync(attempt.object(objectKeys.output(jobId, number, 'model.json')), 'utf8'));
}

test.concurrent('python-plain learns, and a run that was killed ends with the same model', async () => {
  const straight = await world.run({ job: await jobOf('python-plain') });
  expect(straight.marker().message).toBe('The command ended with exit code 0.');
  const model = modelOf(straight) as { accuracy: number };
  expect(model.accuracy).toBeGreaterThan(0.9);
  const metrics = straight.api.text('metrics').trim().split('\n');
  expect(metrics).toHaveLength(60);
  expect(JSON.parse(metrics.at(-1) ?? '')).toMatchObject({ step: 60, progress: 1, accuracy: model.accuracy });

  const slow = await jobOf('python-plain', { pauseSeconds: 0.1 });
  const killed = await world.start({ job: slow });
  await poll('two checkpoints', 10_000, () => (killed.api.checkpoints.length >= 2 ? true : null));
  killed.child.kill('SIGKILL');
  await poll('its end', 10_000, () => (killed.processes().length === 0 ? true : null));
  const checkpoints = await newestFirst(killed);
  const stopped = await world.start({ jobId: killed.bootstrap.jobId, attempt: 2, checkpoints, job: slow });
  await stopped.logged('going on after epoch');
  stopped.api.stop = { reason: 'stop-requested' };
  expect(await stopped.end()).toBe(0);
  expect(stopped.marker()).toMatchObject({ reason: 'stop-requested', exitCode: 0 });
  expect(stopped.api.text('logs/training')).toMatch(/asked to stop: epoch \d+ is kept\n$/);
  const last = await world.run({
    jobId: killed.bootstrap.jobId,
    attempt: 3,
    checkpoints: await newestFirst(stopped),
    job: await jobOf('python-plain'),
  });
  expect(modelOf(last)).toEqual(model);
});

async function newestFirst(attempt: Attempt): Promise<CheckpointManifest[]> {
  return attempt.api.checkpoints
    .map((one) => attempt.object(objectKeys.checkpointManifest(one.jobId, one.attempt, one.sequence)))
    .filter((path) => existsSync(path))
    .map((path) => checkpointManifestSchema.parse(JSON.parse(readFileSync(path, 'utf8'))))
    .toReversed();
}

test.concurrent('python-setup brings its package along, once', async () => {
  const first = await world.run({ job: await jobOf('python-setup') });
  expect(first.api.text('logs/setup')).toContain('tabulate');
  expect(first.api.text('logs/training')).toMatch(/\| is \\ taken for +\| +fern/);
  const second = await world.run({ job: await jobOf('python-setup') });
  expect(second.api.text('logs/setup')).toMatch(/skipped/);
  expect(modelOf(second)).toEqual(modelOf(first));
});

test.concurrent.each([
  ['node', { epochs: 8 }, 'model.onnx'],
  ['scikit-learn', { epochs: 6 }, 'model.json'],
] as const)(
  '%s is prepared, trains and leaves its model',
  async (example, config, output) => {
    const attempt = await world.start({ job: await jobOf(example, config) });
    expect(await attempt.end(280_000)).toBe(0);
    expect(attempt.marker()).toMatchObject({ exitCode: 0 });
    const metrics = attempt.api.text('metrics').trim().split('\n');
    expect(JSON.parse(metrics.at(-1) ?? '')).toMatchObject({ progress: 1, val_accuracy: expect.any(Number) });
    const { jobId, attempt: number } = attempt.bootstrap;
    expect(existsSync(attempt.object(objectKeys.output(jobId, number, output)))).toBe(true);
  },
  300_000,
);
