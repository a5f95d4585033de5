import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { objectKeys } from '@artenic/core';
import fc from 'fast-check';
import { createFilesystemStorage } from '../../../activities/storage/filesystem.ts';
import type { ObjectStorage } from '../../../core/object-storage.ts';
import type { StepReport } from '../../../core/retention/report.ts';
import { collectorSteps, defaultPeriods, tableRules } from '../../../core/retention/rules.ts';
import { jobTables } from '../../../store/retention/repository.ts';
import { collectGarbage } from '../../../store/retention/collector.ts';
import { guardUploads } from '../../../store/retention/guard-uploads.ts';
import type { ActingStore } from '../../../store/types.ts';
import { attemptIdOf, uuidv7 } from '../../../core/ids.ts';
import { outsideTransactions } from '../../../store/transaction-scope.ts';
import { poll } from '../../support/poll.ts';
import { insertJob, offer, openTestStore } from '../support.ts';

const dayMs = 86_400_000;
let store: ActingStore;
let orm: Awaited<ReturnType<typeof openTestStore>>['orm'];
let close: () => Promise<void>;
let folder: string;
let storage: ObjectStorage;
beforeAll(async () => {
  ({ store, orm, close } = await openTestStore());
});
afterAll(() => close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'artenic-collector-'));
  storage = createFilesystemStorage({ root: folder });
  return () => rm(folder, { recursive: true, force: true });
});

const query = <Row>(text: string): Promise<Row[]> => orm.em.getConnection().execute<Row[]>(text);
const hash = (digit: number): string => String(digit).repeat(64);
/** As the API and workers store: an upload has a row before it is stored. */
const put = (key: string): Promise<unknown> =>
  guardUploads(storage, store, () => new Date()).put(key, new TextEncoder().encode(key));

/** Result of a round, or of a dry run, without the steps that found nothing. */
async function collect(
  nowMs: number,
  options: { readonly isDryRun?: boolean; readonly limit?: number; readonly shard?: number } = {},
) {
  const { isDryRun = false, limit = 100, ...shard } = options;
  const now = () => new Date(nowMs);
  const deps = {
    store,
    storage: outsideTransactions('storage', guardUploads(storage, store, now)),
    periods: defaultPeriods,
    now,
  };
  const reports: readonly StepReport[] = await collectGarbage(deps, { isDryRun, limit, ...shard });
  return reports.filter(({ items }) => items > 0);
}

type Job = {
  readonly endedDaysAgo: number | null;
  readonly attempts: readonly { readonly isSettled: boolean; readonly checkpoints: readonly boolean[] }[];
  readonly package: number;
  readonly data: number;
  readonly model: number | null;
};

async function putCheckpoint(jobId: string, attempt: number, sequence: number, isWhole: boolean): Promise<void> {
  const key = `${objectKeys.checkpoint(jobId, attempt, sequence)}weights`;
  const spare = `${objectKeys.spares(jobId, attempt)}${sequence}`;
  const files = [key, spare].map((one) => ({ path: one, key: one, bytes: 1, sha256: hash(1) }));
  const place = { jobId, attempt, sequence, name: String(sequence), directory: true };
  const manifest = { ...place, files, createdAt: new Date().toISOString() };
  await store.checkpoints.insert(manifest);
  await put(key);
  await put(spare);
  if (isWhole)
    await storage.put(
      objectKeys.checkpointManifest(jobId, attempt, sequence),
      new TextEncoder().encode(JSON.stringify(manifest)),
    );
}

/** Creates the job; returns its id and the keys that it needs while it exists. */
async function make(job: Job, nowMs: number): Promise<{ readonly id: string; readonly needed: readonly string[] }> {
  const { id } = await insertJob(store, {
    package: { sha256: hash(job.package) },
    data: [{ name: 'd', sha256: hash(job.data) }],
  });
  const needed = [objectKeys.package(hash(job.package)), objectKeys.data(hash(job.data))];
  const whole: string[][] = [];
  for (const [index, { isSettled, checkpoints }] of job.attempts.entries()) {
    const attempt = index + 1;
    const attemptId = attemptIdOf(id, attempt);
    await store.attempts.open({ id: attemptId, jobId: id, attempt, offer, reason: '', createdAt: new Date() });
    await store.jobs.moveFence(id, attempt);
    if (isSettled)
      await query(`update attempts set ended_at = now(), termination_confirmed_at = now() where id = '${attemptId}'`);
    const log = objectKeys.logChunk(id, attempt, 'training', 0, 10);
    const ref = { jobId: id, attempt, stream: 'training' } as const;
    await store.logChunks.insert({ ...ref, offset: 0, content: new Uint8Array(10) });
    await store.logChunks.pack(ref, await store.logChunks.from(ref, 0, 10), { key: log, bytes: 10 });
    for (const key of [log, objectKeys.output(id, attempt, 'out.bin'), objectKeys.completion(id, attempt)]) {
      await put(key);
      needed.push(key);
    }
    for (const [at, isWhole] of checkpoints.entries()) {
      await putCheckpoint(id, attempt, at + 1, isWhole);
      if (isWhole)
        whole.push([
          objectKeys.checkpointManifest(id, attempt, at + 1),
          `${objectKeys.checkpoint(id, attempt, at + 1)}weights`,
          `${objectKeys.spares(id, attempt)}${at + 1}`,
        ]);
    }
  }
  needed.push(...whole.slice(-3).flat());
  if (job.endedDaysAgo !== null) {
    const endedAt = new Date(nowMs - job.endedDaysAgo * dayMs).toISOString();
    await query(`update jobs set state = 'succeeded', finished_at = '${endedAt}' where id = '${id}'`);
    await put(objectKeys.history(id));
  }
  if (job.model !== null) {
    await put(objectKeys.model(hash(job.model)));
    await store.models.register({
      ...{ model: `m${id}`, projectId: 'default', format: 'onnx', sha256: hash(job.model), bytes: 1 },
      ...{
        signature: { inputs: [], outputs: [], labels: null },
        metrics: {},
        jobId: id,
        createdBy: 'me',
        createdAt: new Date(),
      },
    });
  }
  return { id, needed };
}

const attempt = fc.record({ isSettled: fc.boolean(), checkpoints: fc.array(fc.boolean(), { maxLength: 4 }) });
const job: fc.Arbitrary<Job> = fc.record({
  endedDaysAgo: fc.option(fc.integer({ min: 0, max: 500 })),
  attempts: fc.array(attempt, { maxLength: 3 }),
  package: fc.integer({ min: 1, max: 3 }),
  data: fc.integer({ min: 1, max: 3 }),
  model: fc.option(fc.integer({ min: 1, max: 3 })),
});

const clean = async (): Promise<void> => {
  await query('truncate jobs, models, model_versions, object_uses, datasets cascade');
  for (const key of await storage.list('')) await storage.delete(key);
};

describe('the collector', () => {
  test('whatever there is and whenever it runs: what living jobs, models and unsettled attempts need stays, all else goes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(job, { maxLength: 5 }),
        fc.array(fc.nat({ max: 200 }), { maxLength: 4 }),
        async (jobs, waits) => {
          await clean();
          const startMs = Date.now();
          for (const digit of [1, 2, 3, 4])
            for (const key of [
              objectKeys.package(hash(digit)),
              objectKeys.data(hash(digit)),
              objectKeys.model(hash(digit)),
            ])
              await put(key);
          await put('jobs/of-another-installation/history.json');
          const made = [];
          for (const one of jobs) made.push({ ...one, ...(await make(one, startMs)) });
          const isLiving = (one: Job) => one.endedDaysAgo === null || one.attempts.some(({ isSettled }) => !isSettled);
          const stays = [
            'jobs/of-another-installation/history.json',
            ...made.filter(isLiving).flatMap(({ needed }) => needed),
            ...made.flatMap(({ model }) => (model === null ? [] : [objectKeys.model(hash(model))])),
            ...made
              .filter(({ model }) => model !== null)
              .flatMap(({ needed }) => needed.filter((key) => /^packages|^data|outputs|completion/.test(key))),
          ];
          let nowMs = startMs;
          for (const days of [...waits, 400, 100, 8]) {
            nowMs += days * dayMs;
            await collect(nowMs);
            const there = new Set(await storage.list(''));
            expect(stays.filter((key) => !there.has(key))).toEqual([]);
          }
          const rows = (await query<{ id: string }>('select id from jobs')).map(({ id }) => id);
          const staying = made.filter((one) => isLiving(one) || one.model !== null).map(({ id }) => id);
          expect(rows.toSorted()).toEqual(staying.toSorted());
          const left = (await storage.list('jobs/')).filter((key) => !staying.some((id) => key.includes(id)));
          expect(left).toEqual(['jobs/of-another-installation/history.json']);
          const isNeeded = (key: string) => stays.includes(key);
          for (const prefix of ['packages/', 'data/', 'models/'])
            expect((await storage.list(prefix)).filter((key) => !isNeeded(key))).toEqual([]);
          expect(await collect(nowMs)).toEqual([]);
        },
      ),
      { numRuns: 8, endOnFailure: true },
    );
  }, 120_000);

  test('a dry run tells what the next run does, and changes nothing', async () => {
    await clean();
    const startMs = Date.now();
    const checkpoints = [true, true];
    await make(
      { endedDaysAgo: 100, attempts: [{ isSettled: true, checkpoints }], package: 1, data: 2, model: null },
      startMs,
    );
    const attempts = [1, 2, 3].map((number) => ({ isSettled: number < 3, checkpoints }));
    await make({ endedDaysAgo: null, attempts, package: 1, data: 2, model: null }, startMs);
    await put(objectKeys.package(hash(1)));
    await put(objectKeys.package(hash(9)));
    const before = await storage.list('');
    const told = await collect(startMs, { isDryRun: true });
    expect(await storage.list('')).toEqual(before);
    expect(told).toEqual([
      // Four of six checkpoints of the open job are older than two newer ones: the newest three are kept.
      { step: 'old-checkpoints', items: 3, rows: 0, objects: 9, bytes: expect.any(Number), isMore: false },
      { step: 'job-checkpoints', items: 1, rows: 0, objects: 6, bytes: expect.any(Number), isMore: false },
      { step: 'job-details', items: 1, rows: 1, objects: 2, bytes: expect.any(Number), isMore: false },
    ]);
    const did = await collect(startMs);
    expect(did.map(({ step, items, objects, bytes }) => ({ step, items, objects, bytes }))).toEqual(
      told.map(({ step, items, objects, bytes }) => ({ step, items, objects, bytes })),
    );
    // An object that was not requested since it was stored is deleted after its time.
    expect(await collect(startMs + 6 * dayMs)).toEqual([]);
    expect(await collect(startMs + 8 * dayMs)).toMatchObject([{ step: 'uploads', items: 1, objects: 1 }]);
    expect(await storage.head(objectKeys.package(hash(9)))).toBeNull();
    expect(await storage.head(objectKeys.package(hash(1)))).not.toBeNull();
  });

  test('a round is bounded, and the next one goes on', async () => {
    await clean();
    for (let index = 0; index < 5; index++)
      await make({ endedDaysAgo: 20, attempts: [], package: 1, data: 1, model: null }, Date.now());
    const rounds = [];
    for (let round = 0; round < 3; round++) rounds.push(await collect(Date.now(), { limit: 2 }));
    expect(rounds.map(([report]) => [report?.step, report?.items, report?.isMore])).toEqual([
      ['job-checkpoints', 2, true],
      ['job-checkpoints', 2, true],
      ['job-checkpoints', 1, false],
    ]);
    expect(await collect(Date.now(), { limit: 2 })).toEqual([]);
  });

  test('whoever has found an upload can refer to it: it is not deleted behind their back', async () => {
    await clean();
    const startMs = Date.now();
    const key = objectKeys.data(hash(7));
    let nowMs = startMs;
    const guarded = guardUploads(storage, store, () => new Date(nowMs));
    await put(key);
    await collect(nowMs);
    nowMs += 8 * dayMs;
    // A read counts as use, so the collector keeps the object for another period.
    expect(await guarded.head(key)).toMatchObject({ key });
    expect(await collect(nowMs)).toEqual([]);
    nowMs += 8 * dayMs;
    // The deletion has begun: a read is answered with "later", never with "exists".
    expect(await store.objectUses.condemn(key, new Date(nowMs - 7 * dayMs), new Date(nowMs))).toBe(true);
    await expect(guarded.head(key)).rejects.toMatchObject({ type: 'not-ready' });
    await expect(guarded.put(key, new Uint8Array(1))).rejects.toMatchObject({ type: 'not-ready' });
    // After a collector died here, the next one completes the deletion.
    expect(await collect(nowMs)).toMatchObject([{ step: 'uploads', objects: 1 }]);
    expect(await guarded.head(key)).toBeNull();
    await guarded.put(key, new Uint8Array(1));
    expect(await guarded.head(key)).toMatchObject({ bytes: 1 });
  });

  test('a round lists one shard: objects that no row names go after their time, and others are not asked about', async () => {
    await clean();
    const nowMs = Date.now();
    const unknown = [objectKeys.data(hash(1)), objectKeys.model(hash(2))];
    for (const key of unknown) await storage.put(key, new Uint8Array(1));
    await collect(nowMs);
    expect(await collect(nowMs + 8 * dayMs)).toEqual([]);
    await collect(nowMs, { shard: 0x11 });
    expect(await collect(nowMs + 8 * dayMs)).toMatchObject([{ step: 'uploads', items: 1, objects: 1 }]);
    expect(await storage.list('models/')).toEqual([objectKeys.model(hash(2))]);
  });

  test('of looks and collectors at the same time only one wins', async () => {
    await clean();
    const nowMs = Date.now();
    const keys = Array.from({ length: 40 }, (_, index) => objectKeys.data(String(index).padStart(64, '0')));
    const guarded = guardUploads(storage, store, () => new Date(nowMs));
    for (const key of keys) await storage.put(key, new TextEncoder().encode(key));
    await store.objectUses.take(keys, new Date(nowMs - 8 * dayMs));
    const [looks] = await Promise.all([
      Promise.all(
        keys.map((key) =>
          guarded.head(key).then(
            (head) => head !== null,
            () => false,
          ),
        ),
      ),
      collect(nowMs),
      collect(nowMs),
    ]);
    const there = new Set(await storage.list('data/'));
    keys.forEach((key, index) => {
      if (looks[index] === true) expect(there).toContain(key);
    });
  });
});

describe('datasets', () => {
  const content = (digit: number) => new TextEncoder().encode(`content ${digit}`);
  const shaOf = (digit: number) => createHash('sha256').update(content(digit)).digest('hex');
  const make = async (name: string, digits: readonly number[]): Promise<string> => {
    const id = uuidv7(Date.now(), randomBytes(10));
    const made = { createdBy: 'ann', createdAt: new Date() };
    await store.datasets.insert({ id, projectId: 'default', name, description: '', ...made });
    const guarded = guardUploads(storage, store, () => new Date());
    for (const digit of digits) await guarded.put(objectKeys.data(shaOf(digit)), content(digit));
    const put = digits.map((digit) => ({ path: `f${digit}`, sha256: shaOf(digit), bytes: content(digit).length }));
    const common = {
      datasetId: id,
      expectedHead: null,
      message: '',
      createdBy: 'ann',
      at: new Date(),
      sourceJobId: null,
    };
    await store.datasets.commit({ ...common, kind: 'changes', changes: { put, remove: [] } });
    await store.datasets.commit({
      ...common,
      kind: 'changes',
      changes: { put: [], remove: put.map(({ path }) => path) },
    });
    return id;
  };
  const tables = [
    'datasets',
    'dataset_versions',
    'dataset_nodes',
    'dataset_contents',
    'dataset_tags',
    'dataset_tag_moves',
    'dataset_drafts',
    'dataset_draft_contents',
    'dataset_profiles',
  ];
  const rowsOf = async (id: string): Promise<number> => {
    const counts = tables.map(
      (table) => `select count(*) as rows from ${table} where ${table === 'datasets' ? 'id' : 'dataset_id'} = '${id}'`,
    );
    counts.push(`select count(*) as rows from lineage_edges where source_kind = 'dataset' and source_id = '${id}'`);
    return (await query<{ rows: bigint }>(counts.join(' union all '))).reduce((sum, { rows }) => sum + Number(rows), 0);
  };

  test('a content that any version names stays; a deleted dataset leaves neither rows nor objects', async () => {
    await clean();
    const first = await make('first', [1, 2]);
    const second = await make('second', [2, 3]);
    const startMs = Date.now();
    // Neither version of the datasets is the newest one with these files.
    await collect(startMs + 400 * dayMs);
    expect(await storage.list('data/')).toHaveLength(3);
    await store.datasets.setTag({ datasetId: first, tag: 'golden', version: 1, by: 'ann', at: new Date() });
    for (const digit of [1, 2]) {
      const copy = { key: objectKeys.copy(shaOf(digit), 'csv', 1), bytes: 4 };
      await guardUploads(storage, store, () => new Date()).put(copy.key, content(digit));
      const profile = { kind: 'image' as const, width: 1, height: 1 };
      await store.profiles.save({ sha256: shaOf(digit), format: 'csv', profile, copy }, new Date());
    }
    const copies = () => storage.list('copies/');
    await store.datasets.remove(first, new Date(startMs));
    await expect(store.datasets.get('default', 'first')).rejects.toMatchObject({ type: 'not-found' });
    const rows = await rowsOf(first);
    expect(await collect(startMs, { isDryRun: true })).toEqual([
      { step: 'datasets', items: 1, rows, objects: 0, bytes: 0, isMore: false },
    ]);
    // The profile of the first content goes with the last dataset that has it, and its copy with the profile.
    expect(await collect(startMs)).toMatchObject([
      { step: 'datasets', items: 1, rows: rows + 1 },
      { step: 'uploads', items: 1, objects: 1 },
    ]);
    expect(await copies()).toEqual([objectKeys.copy(shaOf(2), 'csv', 1)]);
    expect(await rowsOf(first)).toBe(0);
    expect(await storage.list('data/')).toHaveLength(3);
    expect(await collect(startMs + 8 * dayMs)).toMatchObject([{ step: 'uploads', items: 1, objects: 1 }]);
    const left = [2, 3].map((digit) => objectKeys.data(shaOf(digit))).toSorted();
    expect(await storage.list('data/')).toEqual(left);
    expect(await copies()).toHaveLength(1);
    // The name is free, and the rest of the collector's work is found again after it died.
    await make('first', [1]);
    await store.datasets.remove(second, new Date());
    expect(await store.datasets.dropRows(second, 1, new Date())).toEqual({ rows: 1, isGone: false });
    expect((await collect(startMs + 8 * dayMs)).map(({ step, items }) => [step, items])).toContainEqual([
      'datasets',
      1,
    ]);
    expect(await rowsOf(second)).toBe(0);
  });

  test('a draft that is given up takes along what only it has; a version keeps what it has', async () => {
    await clean();
    const id = await make('drafts', [1]);
    const guarded = guardUploads(storage, store, () => new Date());
    for (const digit of [2, 3, 4, 5, 6]) await guarded.put(objectKeys.data(shaOf(digit)), content(digit));
    const filled = async (draft: string, digits: readonly number[]): Promise<void> => {
      await store.datasets.openDraft({ datasetId: id, draft, expectedHead: null, createdBy: 'ann', at: new Date() });
      for (const digit of digits) {
        const put = [{ path: `d${digit}`, sha256: shaOf(digit), bytes: content(digit).length }];
        await store.datasets.changeDraft({ datasetId: id, draft, at: new Date(), changes: { put, remove: [] } });
      }
    };
    const nodes = async (): Promise<readonly object[]> =>
      query(`select hash from dataset_nodes where dataset_id = '${id}' order by hash`);
    await filled('old', [2, 3, 4]);
    await filled('same', [2, 3]);
    await filled('kept', [3, 5]);
    const commit = { datasetId: id, draft: 'kept', message: '', createdBy: 'ann', sourceJobId: null, at: new Date() };
    const version = await store.datasets.commitDraft(commit);
    await filled('lost', [6]);
    const startMs = Date.now();
    // The rows of the committed draft go; its contents and those of open drafts stay.
    await collect(startMs);
    expect(await storage.list('data/')).toHaveLength(6);
    await store.datasets.endDraft({ datasetId: id, draft: 'lost', at: new Date() });
    await collect(startMs + 8 * dayMs);
    expect(await query('select id from dataset_drafts')).toEqual([]);
    expect(await query('select sha256 from dataset_draft_contents')).toEqual([]);
    await collect(startMs + 17 * dayMs);
    const left = [1, 3, 5].map((digit) => objectKeys.data(shaOf(digit))).toSorted();
    expect(await storage.list('data/')).toEqual(left);
    const files = await store.datasets.files(version, { folder: '', after: null, limit: 10 });
    expect(files.map(({ path }) => path)).toEqual(['d3', 'd5']);
    // Each version is one node here; those of drafts that are no version have gone.
    expect(await nodes()).toEqual(
      await query(`select root as hash from dataset_versions where dataset_id = '${id}' order by root`),
    );
  });

  test('a purged content goes in the next round, unless another dataset or a job needs it', async () => {
    await clean();
    const id = await make('purged', [4, 5, 6]);
    await make('other', [5]);
    await insertJob(store, { data: [{ name: 'd', sha256: shaOf(6) }] });
    const purge = (digit: number) =>
      store.datasets.purge({ datasetId: id, sha256: shaOf(digit), by: 'ann', reason: 'asked', at: new Date() });
    expect([await purge(4), await purge(5), await purge(6)]).toEqual([
      { elsewhere: 0 },
      { elsewhere: 1 },
      { elsewhere: 0 },
    ]);
    expect(await collect(Date.now())).toMatchObject([{ step: 'uploads', objects: 1 }]);
    expect(await storage.list('data/')).toEqual([5, 6].map((digit) => objectKeys.data(shaOf(digit))).toSorted());
  });
});

describe('events', () => {
  const append = (subject: string) => store.events.append({ topic: 'jobs', kind: 'test', subject, data: {} });

  test('go by whole weeks; numbers go on behind those that have gone', async () => {
    await store.events.sequence();
    await query('delete from events');
    await query(`create table events_from_20260105 partition of events
      for values from ('2026-01-05T00:00:00Z') to ('2026-01-12T00:00:00Z')`);
    await query(
      `insert into events (topic, kind, subject, data, at) values ('jobs', 'test', 'old', '{}', '2026-01-07T00:00:00Z')`,
    );
    const untilMs = Date.parse('2026-01-12T00:00:00Z');
    // An event without a number has not been delivered to any client.
    expect(await collect(untilMs + 90 * dayMs)).toEqual([]);
    await append('new');
    await store.events.sequence();
    const last = await store.events.lastSequence();
    expect(await store.events.firstSequence()).toBe(last - 1n);
    expect(await collect(untilMs + 90 * dayMs - 1)).toEqual([]);
    expect(await collect(untilMs + 90 * dayMs)).toMatchObject([{ step: 'events', items: 1 }]);
    expect(await store.events.firstSequence()).toBe(last);
    await query('delete from events');
    expect([await store.events.firstSequence(), await store.events.lastSequence()]).toEqual([null, last]);
    await append('next');
    await store.events.sequence();
    expect(await store.events.after(last, 10)).toMatchObject([{ sequence: last + 1n, subject: 'next' }]);
  });
});

describe('metric points', () => {
  const weekMs = Date.parse('2026-01-05T00:00:00Z');
  const part = 'metric_points_from_20260105';
  const bound = (ms: number) => uuidv7(ms, new Uint8Array(10)).slice(0, 13);
  const parts = () =>
    query<{ name: string }>(`select relname as name from pg_class where relname = '${part}' and relkind = 'r'`);

  test('go by whole weeks of submission, when every job of the week may go', async () => {
    await query(`create table ${part} partition of metric_points
      for values from ('${bound(weekMs)}') to ('${bound(weekMs + 7 * dayMs)}')`);
    const ids = [1, 2].map((day) => uuidv7(weekMs + day * dayMs, randomBytes(10)));
    for (const id of ids) {
      await insertJob(store, {}, { id });
      await store.metrics.insert(
        Array.from({ length: 50 }, (_, step) => ({
          ...{ jobId: id, attempt: 1, name: 'loss', step, epoch: null, time: new Date(weekMs), value: step },
        })),
      );
    }
    const [first = '', second = ''] = ids;
    const end = (id: string, ms: number) =>
      query(`update jobs set state = 'failed', finished_at = '${new Date(ms).toISOString()}' where id = '${id}'`);
    expect(await query(`select count(*)::int as n from ${part}`)).toEqual([{ n: 100 }]);
    const dueMs = weekMs + 8 * dayMs + defaultPeriods.jobsMs;
    // One job is still open.
    await end(first, weekMs + 8 * dayMs);
    expect(await store.retention.duePoints(new Date(dueMs - defaultPeriods.jobsMs))).toEqual([]);
    // One job ended a little later.
    await end(second, weekMs + 8 * dayMs + 1);
    expect(await store.retention.duePoints(new Date(dueMs - defaultPeriods.jobsMs))).toEqual([]);
    // A model was made from one of the jobs.
    await query(
      `insert into models (project_id, name, created_at, latest_version) values ('default', 'kept', now(), 1)`,
    );
    await query(`insert into model_versions
      (project_id, model, version, job_id, sha256, bytes, format, metrics, signature, stage, created_by, created_at) values
      ('default', 'kept', 1, '${first}', '${hash(9)}', 1, 'onnx', '{}', '{}', 'draft', 'test', now())`);
    const before = new Date(dueMs + 1 - defaultPeriods.jobsMs);
    expect(await store.retention.duePoints(before)).toEqual([]);
    expect(await store.retention.dropPoints(part, before)).toBe(false);
    await query(`delete from model_versions where model = 'kept'`);
    await collect(dueMs + 1, { isDryRun: true });
    expect(await parts()).toHaveLength(1);
    await collect(dueMs + 1);
    expect(await parts()).toEqual([]);
    for (const id of ids) expect(await store.jobs.find(id)).toBeNull();
    const left = ids.map((id) => `'${id}'`).join(', ');
    for (const table of ['metric_series', 'metric_blocks'])
      expect(await query(`select count(*)::int as n from ${table} where job_id in (${left})`)).toEqual([{ n: 0 }]);
  });
});

describe('the table of retention', () => {
  test('names every table of the schema, and nothing else', async () => {
    const tables = await query<{ name: string }>(`
      select relname as name from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition`);
    expect(Object.keys(tableRules).toSorted()).toEqual(tables.map(({ name }) => name).toSorted());
    for (const { keep } of Object.values(tableRules))
      if (keep.kind === 'until') expect(collectorSteps).toContain(keep.step);
  });

  test('every table with rows of a job or an attempt goes with the job', async () => {
    const columns = await query<{ name: string; column: string }>(`
      select distinct table_name as name, column_name as column from information_schema.columns
      join pg_class on relname = table_name and not relispartition
      where table_schema = 'public' and column_name in ('job_id', 'attempt_id')
        and table_name not in ('model_versions', 'stray_instances')`);
    const wanted = columns.map(({ name, column }) => `${name} ${column}`).toSorted();
    const listed = Object.entries(jobTables).map(([name, { by }]) => `${name} ${by}`);
    expect(listed.toSorted()).toEqual(wanted);
  });

  test('only one collects at a time, until its lease is over', async () => {
    const { retention } = store;
    expect(await retention.lease('a', 60_000)).toBe(true);
    expect(await retention.lease('b', 60_000)).toBe(false);
    expect(await retention.lease('a', 1)).toBe(true);
    await poll('the end of the lease', 5000, async () => ((await retention.lease('b', 60_000)) ? true : null));
    await retention.endLease('a');
    expect(await retention.lease('a', 60_000)).toBe(false);
    await retention.endLease('b');
    expect(await retention.lease('a', 60_000)).toBe(true);
  });
});
