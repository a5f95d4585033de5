import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CancelJobsAnswer } from '@artenic/core';
import { parse } from 'csv-parse/sync';
import { addKey, ApiWorld, errorOf, type Answer } from './harness.ts';

let world: ApiWorld;
let stranger: string;
beforeAll(async () => {
  world = await ApiWorld.start();
  stranger = await addKey(world.store, 'stranger', 'other');
});
afterAll(() => world.close());

const cancel = (body: object, options: { readonly bearer?: string; readonly key?: string } = {}): Promise<Answer> =>
  world.call('POST', '/api/v1/jobs/cancel', {
    body,
    ...(options.bearer === undefined ? {} : { bearer: options.bearer }),
    headers: {
      'content-type': 'application/json',
      ...(options.key === undefined ? {} : { 'idempotency-key': options.key }),
    },
  });
const addJobs = (service: string, count: number) =>
  Promise.all(Array.from({ length: count }, (_, index) => world.addJob({ service, name: `seed=${index}` })));
const stateOf = async (id: string) => (await world.store.jobs.get(id)).state;

describe('cancel of many jobs', () => {
  test('by ids: what has ended and what is not there refuses only itself', async () => {
    const [running, ended, ours] = await addJobs('by-ids', 3);
    const theirs = await world.addJob({ service: 'by-ids' }, 'other');
    await world.store.jobs.transition(ended?.id ?? '', 'failed');
    const unknown = randomUUID();
    const answer = await cancel({ ids: [running?.id, ended?.id, theirs.id, unknown, running?.id] });
    const { requested, refused } = answer.json<CancelJobsAnswer>();
    expect(requested).toEqual([{ id: running?.id, name: 'seed=0', state: 'cancelling' }]);
    expect(new Map(refused.map(({ id, type }) => [id, type]))).toEqual(
      new Map([
        [ended?.id, 'conflict'],
        [theirs.id, 'not-found'],
        [unknown, 'not-found'],
      ]),
    );
    expect([await stateOf(theirs.id), await stateOf(ours?.id ?? '')]).toEqual(['queued', 'queued']);
    expect(world.temporal.of('cancel')).toEqual([[running?.id]]);
    expect((await world.store.audit.page({ projectId: 'default', verb: 'job.cancel', limit: 10 })).items).toHaveLength(
      1,
    );
  });

  test('by a filter: all open jobs, when there are as many as expected', async () => {
    const jobs = await addJobs('by-filter', 12);
    await world.store.jobs.transition(jobs[0]?.id ?? '', 'failed');
    await addJobs('another', 1);
    const wrong = await cancel({ filter: { service: 'by-filter' }, expected: 12 });
    expect([wrong.status, errorOf(wrong)]).toEqual([409, 'conflict']);
    expect(wrong.json<{ detail: string }>().detail).toMatch(/^11 open jobs match the filter, not 12/);
    expect(await stateOf(jobs[1]?.id ?? '')).toBe('queued');
    const body = { filter: { service: 'by-filter', state: ['queued'], search: 'seed' }, expected: 11 };
    const right = await cancel(body);
    expect(right.json<CancelJobsAnswer>().requested).toHaveLength(11);
    for (const { id } of jobs.slice(1)) expect(await stateOf(id)).toBe('cancelling');
    expect(
      await Promise.all(jobs.slice(1).map(async ({ id }) => (await world.store.jobs.get(id)).cancelRequestedBy)),
    ).toEqual(Array.from({ length: 11 }, () => 'admin'));
  });

  test('the same key gives the same answer, and cancelling again changes nothing', async () => {
    const jobs = await addJobs('again', 2);
    const key = randomUUID();
    const body = { filter: { service: 'again' }, expected: 2 };
    const first = await cancel(body, { key });
    await world.store.jobs.transition(jobs[0]?.id ?? '', 'cancelled');
    const second = await cancel(body, { key });
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(second.json()).toEqual(first.json());
    const by = { ids: [jobs[1]?.id] };
    expect((await cancel(by)).json<CancelJobsAnswer>().requested).toHaveLength(1);
  });

  test("another project's key finds nothing to cancel", async () => {
    const [job] = await addJobs('foreign', 1);
    expect((await cancel({ filter: { service: 'foreign' }, expected: 1 }, { bearer: stranger })).status).toBe(409);
    const byId = await cancel({ ids: [job?.id] }, { bearer: stranger });
    expect(byId.json<CancelJobsAnswer>()).toMatchObject({ requested: [], refused: [{ type: 'not-found' }] });
    expect(await stateOf(job?.id ?? '')).toBe('queued');
  });

  test('with Temporal away the requests are stored, and left to the relay', async () => {
    const jobs = await addJobs('away', 20);
    world.temporal.isAway = true;
    try {
      const answer = await cancel({ filter: { service: 'away' }, expected: 20 });
      expect(answer.json<CancelJobsAnswer>().requested).toHaveLength(20);
    } finally {
      world.temporal.isAway = false;
    }
    const query = { olderThan: new Date(Date.now() + 60_000), limit: 1000 };
    const undelivered = (await world.store.jobs.undelivered(query)).map(({ id }) => id);
    expect(undelivered).toEqual(expect.arrayContaining(jobs.map(({ id }) => id)));
  });

  test.each([
    {},
    { ids: [] },
    { ids: ['348d4e2b'] },
    { ids: Array.from({ length: 1001 }, () => randomUUID()) },
    { filter: {} },
    { filter: { colour: 'blue' }, expected: 1 },
    { filter: {}, expected: 0 },
    { filter: {}, expected: 1001 },
    { ids: [randomUUID()], expected: 1 },
  ])('a body like %.60j is refused', async (body) => {
    expect((await cancel(body)).status).toBe(422);
  });
});

describe('CSV', () => {
  const read = async (query: string, bearer?: string) => {
    const answer = await world.call('GET', `/api/v1/jobs.csv?${query}`, bearer === undefined ? {} : { bearer });
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    return parse(answer.text, { columns: true }) as Record<string, string>[];
  };

  test('has the rows of the list, by the same filters and orders', async () => {
    await world.addJob({ service: 'table', name: '=HYPERLINK("http://evil")', labels: { team: 'a, "b"' } });
    const failed = await world.addJob({ service: 'table', name: 'second' });
    await world.store.jobs.transition(failed.id, 'failed', { message: 'line one\nline two' });
    expect(await read('service=table&sort=submittedAt')).toMatchObject([
      {
        name: `'=HYPERLINK("http://evil")`,
        state: 'queued',
        labels: 'team=a, "b"',
        provider: 'local',
        market: 'on-demand',
      },
      {
        id: failed.id,
        name: 'second',
        state: 'failed',
        message: 'line one\nline two',
        cost_usd: '0',
        submitted_by: 'someone',
      },
    ]);
    expect(await read('service=table&state=failed')).toHaveLength(1);
    expect(await read('service=table', stranger)).toEqual([]);
    expect(await read('service=nothing')).toEqual([]);
  });

  test('goes on over pages, and ends at its limit', async () => {
    for (let batch = 0; batch < 39; batch++) await addJobs('long', 10);
    const rows = await read('service=long');
    expect(new Set(rows.map(({ id }) => id)).size).toBe(390);
    expect(await read('service=long&limit=250')).toHaveLength(250);
    for (const query of ['limit=10001', 'limit=0', 'cursor=x', 'sort=size'])
      expect((await world.call('GET', `/api/v1/jobs.csv?${query}`)).status).toBe(422);
  });
});
