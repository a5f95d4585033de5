import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { terminalJobStates, type JobState } from '@artenic/core';
import type { ActingStore } from '../../store/types.ts';
import { allEvents, at, insertJob, newId, openTestStore } from './support.ts';

let store: ActingStore;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ store, close } = await openTestStore());
});
afterAll(() => close());

const eventsOf = async (jobId: string) => (await allEvents(store)).filter(({ subject }) => subject === jobId);

describe('insert and find', () => {
  test('what is stored comes back', async () => {
    const job = await insertJob(
      store,
      { priority: 7, config: { layers: [1, 2, { deep: null }] } },
      { createdAt: at(1) },
    );
    expect(await store.jobs.get(job.id)).toEqual(job);
    expect(job).toEqual({
      ...{ provider: 'local', market: 'on-demand', costUsdMicros: 0n, words: expect.any(String) },
      ...{ progressTrack: null, stateSince: at(1) },
      ...{
        id: job.id,
        name: 'iris #1',
        projectId: 'default',
        createdBy: 'admin',
        service: 'iris',
        model: 'iris',
        state: 'queued',
      },
      ...{ message: '', priority: 7, currentAttempt: 0, progress: null, resultModel: null, resultVersion: null },
      ...{ createdAt: at(1), startedAt: null, finishedAt: null, cancelRequestedAt: null, cancelRequestedBy: null },
      ...{
        ...{ cancelDeliveredAt: null, cancelNowAt: null },
        checkpointsCollectedAt: null,
        detailsCollectedAt: null,
        heldAt: null,
        signals: null,
      },
      ...{ stopAt: null, workflowStartedAt: null, historyKeptAt: null, spec: job.spec },
    });
    expect(job.spec.config).toEqual({ layers: [1, 2, { deep: null }] });
  });

  test('the same id again is the same job, or a conflict in another project; an unknown id is null, and `not-found` where a job is needed', async () => {
    const { id } = await insertJob(store);
    expect((await insertJob(store, { service: 'other' }, { id })).service).toBe('iris');
    await expect(insertJob(store, {}, { id, projectId: 'other' })).rejects.toMatchObject({ type: 'conflict' });
    expect(await store.jobs.find('nobody')).toBeNull();
    for (const call of [
      () => store.jobs.get('nobody'),
      () => store.jobs.transition('nobody', 'failed'),
      () => store.jobs.requestCancel('nobody', 'me', at(1)),
      () => store.jobs.moveFence('nobody', 1),
      () => store.jobs.setStopAt('nobody', at(1)),
      () => store.jobs.setProgress('nobody', 1),
      () => store.jobs.markWorkflowStarted('nobody', at(1)),
    ]) {
      await expect(call()).rejects.toMatchObject({ name: 'ArtenicError', type: 'not-found' });
    }
  });
});

describe('transition', () => {
  test('moves, stamps its times and appends one event each', async () => {
    const { id } = await insertJob(store);
    const path: JobState[] = ['preparing', 'waiting', 'provisioning', 'setup', 'running', 'collecting'];
    for (const state of path) expect(await store.jobs.transition(id, state)).toMatchObject({ state, message: '' });
    const done = await store.jobs.transition(id, 'succeeded', {
      message: 'done',
      resultModel: 'iris',
      resultVersion: 3,
    });
    expect(done).toMatchObject({ state: 'succeeded', message: 'done', resultModel: 'iris', resultVersion: 3 });
    expect(done.startedAt).not.toBeNull();
    expect(done.finishedAt?.getTime()).toBeGreaterThanOrEqual(done.startedAt?.getTime() ?? Infinity);
    const told = await eventsOf(id);
    expect(told.map(({ kind, data }) => [kind, data['from'], data['state']])).toEqual(
      ['queued' as const, ...path, 'succeeded' as const].map((state, index) => [
        'job.state',
        [null, 'queued', ...path][index],
        state,
      ]),
    );
  });

  test('a terminal job and a transition that is not allowed change nothing', async () => {
    const { id } = await insertJob(store);
    expect(await store.jobs.transition(id, 'running')).toMatchObject({ state: 'queued' });
    const failed = await store.jobs.transition(id, 'failed', { message: 'no' });
    for (const state of terminalJobStates) {
      expect(await store.jobs.transition(id, state, { message: 'again' })).toEqual(failed);
    }
    expect(await eventsOf(id)).toHaveLength(2);
  });

  test('of 20 at once that end a job, one does', async () => {
    const { id } = await insertJob(store);
    const ends = Array.from({ length: 20 }, (_, index) => terminalJobStates[1 + (index % 2)] ?? 'failed');
    const answers = await Promise.all(
      ends.map((state, index) => store.jobs.transition(id, state, { message: `${index}` })),
    );
    expect(new Set(answers.map(({ state, message }) => `${state} ${message}`)).size).toBe(1);
    expect(await eventsOf(id)).toHaveLength(2);
  });

  test('joins a transaction, and goes back with it', async () => {
    const { id } = await insertJob(store);
    const undone = store.transaction(async (inside) => {
      expect(await inside.jobs.transition(id, 'preparing')).toMatchObject({ state: 'preparing' });
      expect(await store.jobs.get(id)).toMatchObject({ state: 'queued' });
      throw new RangeError('undo');
    });
    await expect(undone).rejects.toBeInstanceOf(RangeError);
    expect(await store.jobs.get(id)).toMatchObject({ state: 'queued' });
    expect(await eventsOf(id)).toHaveLength(1);
  });
});

describe('cancel', () => {
  test('the first request stays', async () => {
    const { id } = await insertJob(store);
    expect(await store.jobs.requestCancel(id, 'anna', at(1))).toMatchObject({
      ...{ state: 'cancelling', cancelRequestedAt: at(1), cancelRequestedBy: 'anna' },
    });
    expect(await store.jobs.requestCancel(id, 'bert', at(2))).toMatchObject({ cancelRequestedAt: at(1) });
    expect((await eventsOf(id)).map(({ data }) => data['state'])).toEqual(['queued', 'cancelling']);
  });

  test('while collecting it is noted and the state stays', async () => {
    const { id } = await insertJob(store);
    for (const state of ['preparing', 'provisioning', 'collecting'] as const) await store.jobs.transition(id, state);
    expect(await store.jobs.requestCancel(id, 'anna', at(1))).toMatchObject({
      ...{ state: 'collecting', cancelRequestedBy: 'anna' },
    });
  });

  test('a job that has ended is a conflict', async () => {
    const { id } = await insertJob(store);
    await store.jobs.transition(id, 'failed');
    await expect(store.jobs.requestCancel(id, 'anna', at(1))).rejects.toMatchObject({ type: 'conflict' });
  });
});

describe('single fields', () => {
  test('the fence never moves back; `stopAt` moves, the start of the workflow is set once', async () => {
    const { id } = await insertJob(store);
    await Promise.all([3, 1, 2].map((attempt) => store.jobs.moveFence(id, attempt)));
    await store.jobs.setStopAt(id, at(5));
    await store.jobs.setStopAt(id, at(6));
    await store.jobs.setProgress(id, 0.25);
    await store.jobs.markWorkflowStarted(id, at(7));
    await store.jobs.markWorkflowStarted(id, at(8));
    expect(await store.jobs.get(id)).toMatchObject({
      ...{ currentAttempt: 3, stopAt: at(6), progress: 0.25, workflowStartedAt: at(7) },
    });
  });
});

describe('lists', () => {
  test('pages are newest first, without holes or doubles, also among equal times', async () => {
    const projectId = newId();
    const made = [];
    for (let index = 0; index < 7; index++) {
      made.push(
        await insertJob(store, { service: index % 2 === 0 ? 'even' : 'odd' }, { projectId, createdAt: at(index >> 1) }),
      );
    }
    await store.jobs.transition(made[3]?.id ?? '', 'failed');
    const newestFirst = made.map(({ id }) => id).toReversed();
    const read: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<ActingStore['jobs']['list']>> = await store.jobs.list({
        ...{ projectId, limit: 3 },
        ...(cursor === null ? {} : { cursor }),
      });
      read.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(read).toEqual(newestFirst);
    const odd = await store.jobs.list({ projectId, limit: 10, service: 'odd', states: ['queued', 'running'] });
    expect(odd).toMatchObject({ items: [{ id: made[5]?.id }, { id: made[1]?.id }], nextCursor: null });
    expect(await store.jobs.list({ projectId, limit: 10, states: [] })).toEqual({ items: [], nextCursor: null });
  });

  test.each([
    '',
    'x',
    '!!',
    Buffer.from('["a"]').toString('base64url'),
    Buffer.from('["no time","b"]').toString('base64url'),
  ])('the cursor %j is refused', async (cursor) => {
    await expect(store.jobs.list({ projectId: 'default', limit: 3, cursor })).rejects.toMatchObject({
      type: 'validation-failed',
    });
  });

  test('open: not ended, older than asked, oldest first', async () => {
    const old = await Promise.all(
      [3, 1, 2].map((year) => insertJob(store, {}, { createdAt: new Date(Date.UTC(2000 + year, 0)) })),
    );
    await store.jobs.transition(old[2]?.id ?? '', 'failed');
    const open = await store.jobs.open({ olderThan: new Date(Date.UTC(2003, 0)), limit: 10 });
    expect(open.map(({ id }) => id)).toEqual([old[1]?.id]);
    const [first] = await store.jobs.open({ olderThan: new Date(Date.UTC(2004, 0)), limit: 1 });
    expect(first?.id).toBe(old[1]?.id);
    const rest = await store.jobs.open({
      olderThan: new Date(Date.UTC(2004, 0)),
      limit: 10,
      ...(first && { after: first }),
    });
    expect(rest.map(({ id }) => id)).toEqual([old[0]?.id]);
  });
});
