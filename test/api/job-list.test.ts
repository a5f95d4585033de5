import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { JobView, Page } from '@artenic/core';
import { ApiWorld, errorOf } from './harness.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await ApiWorld.start();
});
afterAll(() => world.close());

const list = async (query: string): Promise<Page<JobView>> =>
  (await world.call('GET', `/api/v1/jobs?${query}`)).json<Page<JobView>>();
const names = async (query: string) => (await list(query)).items.map(({ name }) => name);

describe('filters and orders', () => {
  beforeAll(async () => {
    const { jobs } = world.store;
    const add = (name: string, service: string, labels: Record<string, string>, state?: 'failed') =>
      world.addJob({ name, service, labels }).then(async (job) => {
        if (state !== undefined) await jobs.transition(job.id, state, { message: 'KeyError: tenure' });
      });
    await add('one', 'pricing', { team: 'growth', kind: 'a' });
    await add('two', 'pricing', { team: 'growth', kind: 'b' }, 'failed');
    await add('three', 'churn', { team: 'risk' });
    await world.addJob({ name: 'theirs', service: 'pricing', labels: { team: 'growth' } }, 'other');
  });

  test.each([
    ['', ['three', 'two', 'one']],
    ['sort=submittedAt', ['one', 'two', 'three']],
    ['sort=name', ['one', 'three', 'two']],
    ['sort=-name', ['two', 'three', 'one']],
    ['sort=service', ['three', 'one', 'two']],
    ['state=failed&state=running', ['two']],
    ['state=queued,failed&service=pricing', ['two', 'one']],
    ['states=queued,failed&service=churn', ['three']],
    ['label=team=growth', ['two', 'one']],
    ['label=team=growth&label=kind=a', ['one']],
    ['label=team=none', []],
    ['provider=local&market=on-demand', ['three', 'two', 'one']],
    ['provider=aws', []],
    ['submittedBy=someone', ['three', 'two', 'one']],
    ['submittedBy=admin', []],
    ['since=2100-01-01T00:00:00Z', []],
    ['until=2100-01-01T00:00:00%2B02:00', ['three', 'two', 'one']],
    ['search=tenure', ['two']],
    ['search=GROWTH%20pri', ['two', 'one']],
  ])('%j lists %j', async (query, expected) => {
    expect(await names(query)).toEqual(expected);
  });

  test.each(['sort=size', 'state=', 'label=team', 'label==x', 'since=yesterday', 'market=gpu', 'colour=blue'])(
    '%j is refused',
    async (query) => {
      expect((await world.call('GET', `/api/v1/jobs?${query}`)).status).toBe(422);
    },
  );

  test('pages go on in every order, and a cursor keeps to its own', async () => {
    for (const sort of ['name', '-durationMs', 'costUsdMicros', 'state']) {
      const first = await list(`sort=${sort}&limit=2`);
      const second = await list(`sort=${sort}&limit=2&cursor=${first.nextCursor}`);
      expect([...first.items, ...second.items].map(({ name }) => name).toSorted()).toEqual(['one', 'three', 'two']);
      const other = await world.call('GET', `/api/v1/jobs?sort=service&limit=2&cursor=${first.nextCursor}`);
      expect([other.status, errorOf(other)]).toEqual([422, 'validation-failed']);
    }
  });
});

test('a row says where the job runs, since when it trains, and the best value of its main metric', async () => {
  const { jobs, attempts, metrics } = world.store;
  const { id } = await world.addJob({ service: 'training', outputs: { metrics: ['val_loss'] } });
  expect((await list('service=training')).items[0]).toMatchObject({
    ...{ provider: 'local', market: 'on-demand', trainingSince: null, bestMetric: null, progress: null },
  });
  for (const state of ['preparing', 'provisioning', 'setup', 'running'] as const) await jobs.transition(id, state);
  const attemptId = await world.openAttempt(id);
  const at = new Date();
  await attempts.advance(attemptId, 'running', at);
  const point = { jobId: id, attempt: 1, epoch: null, time: at };
  await metrics.insert(
    [3, 1, 2].flatMap((value, step) => [
      { ...point, name: 'val_loss', step, value },
      { ...point, name: 'accuracy', step, value },
    ]),
  );
  await metrics.insert([{ ...point, name: 'val_loss', step: 3, value: Number.NaN }]);
  await jobs.setProgress(id, 0.5, { attempt: 1, at, track: null });
  const running = {
    ...{ provider: 'local', market: 'on-demand', trainingSince: at.toISOString(), progress: 0.5 },
    bestMetric: { name: 'val_loss', value: 1, step: 1 },
  };
  expect((await list('service=training')).items[0]).toMatchObject(running);
  expect((await world.call('GET', `/api/v1/jobs/${id}`)).json()).toMatchObject(running);
  await attempts.end(attemptId, { kind: 'succeeded', exitCode: 0, message: '' }, new Date());
  expect((await list('service=training')).items[0]).toMatchObject({ trainingSince: null });
});
