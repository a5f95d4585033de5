import { once } from 'node:events';
import { createServer } from 'node:http';
import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';
import type { JobView, StageChangeView } from '@artenic/core';
import { counterJob } from '../chaos/jobs.ts';
import { attemptsOf, checkCounter, endOf } from '../chaos/verify.ts';
import { compileCache } from '../support/compile-cache.ts';
import { poll } from '../support/poll.ts';
import { processesWith } from '../support/processes.ts';
import { createStack } from '../support/stack.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const stack = createStack({ ARTENIC_LOCAL_VCPU: '2', ARTENIC_HISTORY_MS: '500' }, { buildsAtFirst: true });
const demoFile = join(stack.home, 'demo.json');
type Demo = {
  jobId: string;
  state: string;
  model: string;
  version: number;
  accuracy: number;
  predicted: string;
  actual: string;
  breakdownMs: Record<string, number>;
};

function artenic(...args: string[]): { readonly code: number | null; readonly out: string; readonly err: string } {
  const run = spawnSync(process.execPath, [join(root, 'cli/bin.mjs'), ...args], {
    encoding: 'utf8',
    env: {
      ...{ ...process.env, NODE_COMPILE_CACHE: compileCache() },
      ...{ ARTENIC_HOME: stack.home, ARTENIC_URL: '', ARTENIC_API_KEY: '' },
    },
  });
  return { code: run.status, out: run.stdout, err: run.stderr };
}

/** Files that other users could read, write or run, if they could reach them. */
function openToOthers(folder: string): readonly string[] {
  return [
    ...((statSync(folder).mode & 0o077) === 0 ? [] : [folder]),
    ...readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isSymbolicLink())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => ((lstatSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o077) !== 0),
  ];
}

afterAll(() => stack.destroy(), 60_000);

test('the main job: trained, registered, promoted, predicted; then Ctrl-C leaves nothing', async () => {
  await stack.start([]);
  const demo = await poll('the demo', 150_000, () =>
    existsSync(demoFile) ? (JSON.parse(readFileSync(demoFile, 'utf8')) as Demo) : null,
  );
  expect(demo).toMatchObject({ state: 'succeeded', model: 'penguins', version: 1 });
  expect(demo.accuracy).toBeGreaterThan(0.9);
  expect(['Adelie', 'Chinstrap', 'Gentoo']).toContain(demo.predicted);
  expect(demo.predicted).toBe(demo.actual);
  const history = await stack.request<{ items: StageChangeView[] }>('GET', '/api/v1/models/penguins/stage-history');
  expect(history.items.map((change) => [change.from, change.to, change.by])).toEqual([
    [null, 'draft', 'admin'],
    ['draft', 'production', 'admin'],
  ]);
  expect(openToOthers(stack.home)).toEqual([]);
  const kept = join(stack.home, 'objects', 'jobs', demo.jobId, 'history.json');
  await poll('the history to be kept', 30_000, () => (existsSync(kept) ? true : null));
  expect(Object.keys(JSON.parse(readFileSync(kept, 'utf8')) as object)).toEqual([
    `training-job/${demo.jobId}`,
    `${demo.jobId}/failover`,
    `${demo.jobId}/attempt-1`,
  ]);
  const output = stack.output();
  expect(await stack.stop()).toEqual([]);
  expect(output).toMatch(/Sample: predicted \w+, actual \w+/);
}, 240_000);

test('a second start has all state and does not do the demo again, also when a port is taken while it comes up', async () => {
  const starting = stack.start([]);
  // The worker starts after the servers and binds its port at that time.
  await poll('the first server', 60_000, () => (stack.output().includes(' is ready') ? true : null));
  const { workerHealth } = JSON.parse(readFileSync(join(stack.home, 'ports.json'), 'utf8')) as { workerHealth: number };
  const other = createServer((_, response) => response.end('{"ready":true}')).listen(workerHealth, '127.0.0.1');
  try {
    await once(other, 'listening');
    await starting;
  } finally {
    other.close();
  }
  expect(stack.output()).toContain(`the worker did not become ready (another program has port ${workerHealth})`);
  expect(stack.output()).toContain(`port ${workerHealth} (workerHealth) is busy, using `);
  await poll('the word on the demo', 10_000, () => (stack.output().includes('done at an earlier start') ? true : null));
  expect((await stack.request<{ items: JobView[] }>('GET', '/api/v1/jobs')).items.length).toBe(1);
}, 120_000);

test('kill -9 of everything at one moment: the next start is as good', async () => {
  for (const name of ['api', 'worker', 'postgres', 'temporal'] as const) stack.kill(name);
  await stack.killSupervisor();
  await stack.start([]);
  expect((await stack.request<{ items: JobView[] }>('GET', '/api/v1/jobs')).items.length).toBe(1);
}, 60_000);

test('a second supervisor of the same home is refused', () => {
  const run = spawnSync(process.execPath, [join(root, 'workers/up.ts')], {
    encoding: 'utf8',
    env: { ...process.env, ARTENIC_HOME: stack.home },
  });
  expect(run.status).toBe(1);
  expect(run.stderr).toMatch(/already running from .* set ARTENIC_HOME/);
});

test('the command line follows a Python job to its end and shows its log', () => {
  const done = artenic('train', 'dispatch', join(root, 'examples/python-plain/artenic.yaml'), '--watch', '--json');
  expect(done.err).not.toContain('artenic:');
  expect(done.code).toBe(0);
  const job = JSON.parse(done.out) as JobView;
  expect(job.state).toBe('succeeded');
  expect(artenic('jobs', 'logs', job.id).out.length).toBeGreaterThan(20);
  const prepared = artenic('train', 'dispatch', join(root, 'examples/python-setup/artenic.yaml'), '--watch', '--json');
  expect(prepared.err).not.toContain('artenic:');
  expect(prepared.code).toBe(0);
  const again = artenic('train', 'dispatch', join(root, 'examples/python-setup/artenic.yaml'), '--watch', '--json');
  expect(artenic('jobs', 'logs', (JSON.parse(again.out) as JobView).id, '--stream', 'setup').out).toContain('skipped');
  // Tools in a setup choose their own modes (pip makes programs executable for all), but the setup's folders are
  // closed.
  const isOfSetup = (path: string) => path.includes('/cache/setups/') && !statSync(path).isDirectory();
  expect(openToOthers(stack.home).filter((path) => !isOfSetup(path))).toEqual([]);
}, 180_000);

test('Ctrl-C in the middle of a training ends it at a checkpoint; the next start goes on from there', async () => {
  const config = { total: 100, every: 5, delay: 0.1 };
  const { id } = await stack.request<JobView>('POST', '/api/v1/jobs', counterJob(config));
  await poll('a checkpoint', 60_000, async () =>
    ((await attemptsOf(stack, id))[0]?.checkpoints.length ?? 0) > 0 ? true : null,
  );
  expect(await stack.stop()).toEqual([]);
  await stack.start();
  const job = await endOf(stack, id, 90_000);
  expect(await checkCounter(stack, job, config, true)).toEqual([]);
  const attempts = await attemptsOf(stack, id);
  expect(attempts.length).toBe(2);
  expect(attempts[1]?.restoredFrom).toMatch(/^step-/);
  expect(await stack.stop()).toEqual([]);
  expect(processesWith(stack.home)).toEqual([]);
}, 240_000);
