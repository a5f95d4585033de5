/**
 * `node test/bench/datasets.ts [files …]`: commit of one changed file, and lists and differences, in a dataset with so
 * many files (10,000 and 1,000,000), half of them in one folder. The baseline is a transaction that inserts one row.
 */
import { createHash } from 'node:crypto';
import { cpus } from 'node:os';
import pg from 'pg';
import type { PutFile } from '../../core/datasets/changes.ts';
import { openOrm } from '../../store/orm.ts';
import { createStore } from '../../store/store.ts';
import type { ActingStore } from '../../store/types.ts';
import { createStack } from '../support/stack.ts';
import { percentile, rounded, timed } from './statistics.ts';

const sizes = process.argv.slice(2).map(Number);
const commits = 50;
const batch = 50_000;
const tables = [
  'datasets',
  'dataset_versions',
  'dataset_nodes',
  'dataset_contents',
  'object_uses',
  'events',
  'audit_log',
];

const sha = (text: string): string => createHash('sha256').update(text).digest('hex');
const pathOf = (index: number): string =>
  index % 2 === 0 ? `flat/image-${index}.png` : `class-${index % 1000}/image-${index}.png`;
const file = (index: number, revision = 0): PutFile => ({
  ...{ path: pathOf(index), sha256: sha(`${index}/${revision}`), bytes: 1000 + revision },
});

async function fill(store: ActingStore, client: pg.Client, files: number): Promise<string> {
  const { id: datasetId } = await store.datasets.insert({
    ...{ id: `dataset-${files}`, projectId: 'default', name: `files-${files}`, description: '', createdBy: 'bench' },
    createdAt: new Date(),
  });
  for (let from = 0; from < files; from += batch) {
    const put = Array.from({ length: Math.min(batch, files - from) }, (_, index) => file(from + index));
    await noteStored(client, put);
    await commit(store, datasetId, put);
  }
  return datasetId;
}

/** As after the uploads of the contents. */
async function noteStored(client: pg.Client, put: readonly PutFile[]): Promise<void> {
  await client.query(
    `insert into object_uses (key, used_at, bytes) select 'data/' || sha256, now(), bytes
     from unnest($1::text[], $2::bigint[]) as given (sha256, bytes) on conflict do nothing`,
    [put.map(({ sha256 }) => sha256), put.map(({ bytes }) => bytes)],
  );
}

function commit(store: ActingStore, datasetId: string, put: readonly PutFile[]) {
  return store.datasets.commit({
    ...{ datasetId, expectedHead: null, message: '', createdBy: 'bench', at: new Date(), sourceJobId: null },
    ...{ kind: 'changes', changes: { put, remove: [] } },
  });
}

/** Rows that all transactions have written so far. */
async function rowsWritten(client: pg.Client): Promise<number> {
  await client.query('select pg_stat_force_next_flush()');
  const { rows } = await client.query<{ rows: string }>(
    `select sum(n_tup_ins + n_tup_upd + n_tup_del) as rows from pg_stat_user_tables
     where relname = any ($1) or relname like 'events_%'`,
    [tables],
  );
  return Number(rows[0]?.rows ?? 0);
}

async function measure(store: ActingStore, client: pg.Client, files: number): Promise<void> {
  const startedMs = performance.now();
  const datasetId = await fill(store, client, files);
  const filledMs = performance.now() - startedMs;
  await client.query('vacuum analyze dataset_nodes, dataset_contents, object_uses');
  const changed = Array.from({ length: commits }, (_, index) => file(Math.floor((index * files) / commits), 1));
  await noteStored(client, changed);
  const plain = await timed(commits, 1, async () => {
    await client.query("insert into object_uses (key, used_at) values ('bench/' || gen_random_uuid(), now())");
  });
  const before = await rowsWritten(client);
  const times = await timed(commits, 1, async (index) => {
    await commit(store, datasetId, changed.slice(index, index + 1));
  });
  // Statistics of other connections arrive within a second.
  let rows = 0;
  for (let look = 0; look < 50; look++) {
    rows = (await rowsWritten(client)) - before;
    await new Promise((done) => setTimeout(done, 50));
  }
  const version = await store.datasets.version(datasetId, 'latest');
  const earlier = await store.datasets.version(datasetId, String(version.version - commits));
  const pages = await timed(commits, 1, async (index) => {
    const after = pathOf(Math.floor((index * files) / commits));
    await store.datasets.files(version, { folder: '', after, limit: 1000 });
  });
  const folders = await timed(commits, 1, async () => {
    await store.datasets.folder(version, { folder: '', after: null, limit: 100 });
  });
  const diffs = await timed(10, 1, async () => {
    await store.datasets.diff(earlier, version, { after: null, limit: 1000 });
  });
  const ms = (values: readonly number[], part: number): string => `${rounded(percentile(values, part))} ms`;
  console.log(`\n${files} files, first versions of ${batch} files each: ${rounded(filledMs / 1000)} s`);
  console.table({
    'insert of one row': { p50: ms(plain, 0.5), p95: ms(plain, 0.95) },
    'commit of one changed file': { p50: ms(times, 0.5), p95: ms(times, 0.95), rows: rounded(rows / commits) },
    'page of 1,000 files': { p50: ms(pages, 0.5), p95: ms(pages, 0.95) },
    'page of 100 folders with their sizes': { p50: ms(folders, 0.5), p95: ms(folders, 0.95) },
    [`difference over ${commits} versions`]: { p50: ms(diffs, 0.5), p95: ms(diffs, 0.95) },
  });
}

console.log(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`);
const stack = createStack({});
await stack.start();
try {
  const { databaseUrl } = stack.endpoints();
  const orm = await openOrm({ databaseUrl });
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const principal = { kind: 'system', id: 'system:bench', name: 'bench', projectId: 'default' } as const;
  try {
    for (const files of sizes.length > 0 ? sizes : [10_000, 1_000_000])
      await measure(createStore(orm).as(principal), client, files);
  } finally {
    await client.end();
    await orm.close(true);
  }
} finally {
  await stack.destroy();
}
