/**
 * `node test/bench/open-tab.ts [points] [seconds]`: a job with this number of metric points that trains on, with five
 * metrics a step, and a tab that is notified once a second. In the first part the tab reads all series each time; in
 * the second it reads only new points, like the dashboard. Cores are the API's processor time per wall time, minus a
 * baseline without any tab.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { jobSpecSchema, metricSeriesSchema } from '@artenic/core';
import { uuidv7 } from '../../core/ids.ts';
import { closeOrm, openOrm } from '../../store/orm.ts';
import { createStore } from '../../store/store.ts';
import type { ActingStore, ProjectPrincipal } from '../../store/types.ts';
import { createStack, type Stack } from '../support/stack.ts';
import { percentile, rounded } from './statistics.ts';

const names = ['accuracy', 'grad_norm', 'learning_rate', 'loss', 'val_loss'];
const tabIntervalMs = 1000;
const perInsert = 5000;
const ticksPerSecond = 100;

/** utime and stime of `/proc/<pid>/stat`, after the name in brackets. */
function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

const principal: ProjectPrincipal = { kind: 'key', id: 'bench', name: 'bench', projectId: 'default' };

async function addPoints(store: ActingStore, jobId: string, from: number, points: number): Promise<void> {
  const rows = Array.from({ length: points }, (_, index) => {
    const step = Math.floor((from + index) / names.length);
    const name = names[(from + index) % names.length] ?? '';
    return { jobId, attempt: 1, name, step, epoch: null, time: new Date(), value: Math.sin(step / 1000) };
  });
  await store.metrics.insert(rows);
}

type Tab = (after: number | null) => Promise<number>;

/** Cores used by the API while `tab` reads once a second and each second adds a step; null reads nothing. */
async function measure(world: World, tab: Tab | null, seconds: number) {
  const { store, jobId, apiPid } = world;
  let after = tab === null ? null : await tab(null);
  const took: number[] = [];
  const before = { wallMs: performance.now(), processor: processorSeconds(apiPid) };
  for (let turn = 0; turn < seconds; turn++) {
    const turnBeganMs = performance.now();
    await addPoints(store, jobId, world.points, names.length);
    world.points += names.length;
    if (tab !== null) {
      const askedMs = performance.now();
      after = await tab(after);
      took.push(performance.now() - askedMs);
    }
    await sleep(Math.max(0, tabIntervalMs - (performance.now() - turnBeganMs)));
  }
  const wallSeconds = (performance.now() - before.wallMs) / 1000;
  const cores = (processorSeconds(apiPid) - before.processor) / wallSeconds;
  return { cores, p50Ms: took.length === 0 ? 0 : rounded(percentile(took, 0.5)) };
}

type World = { readonly store: ActingStore; readonly jobId: string; readonly apiPid: number; points: number };

async function run(stack: Stack, points: number, seconds: number): Promise<void> {
  await stack.start();
  const { databaseUrl, processes } = stack.endpoints();
  const orm = await openOrm({ databaseUrl });
  const store = createStore(orm).as(principal);
  const jobId = uuidv7(Date.now(), randomBytes(10));
  await store.jobs.insert({
    ...{ id: jobId, name: 'bench #1', createdAt: new Date(), principal },
    spec: jobSpecSchema.parse({ service: 'bench', command: 'true' }),
  });
  // The job has ended, so no workflow changes it.
  for (const state of ['preparing', 'failed'] as const) await store.jobs.transition(jobId, state);
  const insertBeganMs = performance.now();
  for (let from = 0; from < points; from += perInsert)
    await addPoints(store, jobId, from, Math.min(perInsert, points - from));
  const insertSeconds = rounded((performance.now() - insertBeganMs) / 1000);
  const read = async (query: string) =>
    metricSeriesSchema.parse(await stack.request('GET', `/api/v1/jobs/${jobId}/metrics?${query}`));
  const whole: Tab = async () => (await read('limit=2000')).nextAfter;
  const news: Tab = async (after) =>
    (await read(after === null ? 'limit=2000' : `limit=5000&after=${after}`)).nextAfter;
  const world: World = { store, jobId, apiPid: processes['api'] ?? 0, points };
  const idle = await measure(world, null, seconds);
  const all = await measure(world, whole, seconds);
  const added = await measure(world, news, seconds);
  await closeOrm(orm);
  const over = ({ cores, p50Ms }: typeof all) => ({ apiCores: Math.round((cores - idle.cores) * 1000) / 1000, p50Ms });
  console.log({
    ...{ points, insertSeconds, idleApiCores: rounded(idle.cores) },
    readsAllEachTime: over(all),
    asksForNews: over(added),
  });
}

const [points = '1000000', seconds = '20'] = process.argv.slice(2);
const stack = createStack();
try {
  await run(stack, Number(points), Number(seconds));
} finally {
  await stack.destroy();
}
