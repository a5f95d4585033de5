/**
 * `node test/bench/lineage.ts [edges]`: with so many edges (100,000) of datasets, runs, models and stages: how long
 * `GET /api/v1/lineage/file/models` takes by hash and by path, how long a graph takes, and what PostgreSQL reads for the
 * walk. Each dataset has 1,000 files and 25 versions that change one file each.
 */
import { createHash } from 'node:crypto';
import { cpus } from 'node:os';
import type { LineageGraph, SeenModels } from '@artenic/core';
import { modelsBelowQuery } from '../../store/lineage/seen.ts';
import { lineagePlace } from '../../core/lineage/relations.ts';
import { databaseOf } from '../../store/database.ts';
import { openOrm } from '../../store/orm.ts';
import { rowsReadBy } from '../store/plans.ts';
import { BenchPlatform } from './scale/platform.ts';
import { percentile, rounded, timed } from './statistics.ts';

const edges = Number(process.argv[2] ?? 100_000);
const [versions, files] = [25, 1000];
/** A run has an edge from its input, one to its model's version, and that one has one from its model. */
const perRun = 3;
const runs = Math.round(edges / perRun);
const datasets = 40;

const sha = (text: string): string => createHash('sha256').update(text).digest('hex');
const contentOf = (dataset: number, file: number, version: number): string => `${dataset}/${file}/${version}`;
const nameOf = (dataset: number): string => `bench-${dataset}`;
const pathOf = (file: number): string => `train/part-${String(file).padStart(4, '0')}.csv`;

const fill = [
  `insert into models (project_id, name, latest_version, created_at)
   select 'default', 'model-' || n, $1::int / 300 + 1, now() from generate_series(0, 299) as n`,
  `insert into model_versions
     (project_id, model, version, sha256, bytes, format, metrics, signature, stage, created_by, created_at)
   select 'default', 'model-' || n % 300, n / 300 + 1, '', 1, 'onnx', '{}', '{}',
     case when n / 300 = 3 then 'production' else 'draft' end, 'bench', now()
   from generate_series(0, $1::int - 1) as n`,
  `insert into runs
     (project_id, id, name, status, triggered_by, parameters, metrics, created_by, created_at, updated_at)
   select 'default', 'run-' || n, 'run ' || n, 'succeeded', 'bench', '{}', '{}', 'bench', now(), now()
   from generate_series(0, $1::int - 1) as n`,
  `insert into lineage_edges
     (project_id, source_kind, source_id, target_kind, target_id, relation, origin, created_by)
   select 'default', 'dataset-version', ids[1 + n % array_length(ids, 1)] || '@' || 1 + (n / 7) % $3::int, 'run', 'run-' || n,
     'input', 'platform', 'bench'
   from generate_series(0, $1::int - 1) as n, (select $2::text[] as ids) as given`,
  `insert into lineage_edges
     (project_id, source_kind, source_id, target_kind, target_id, relation, origin, created_by)
   select 'default', 'run', 'run-' || n, 'model-version', 'model-' || n % 300 || '@' || n / 300 + 1, 'output', 'platform', 'bench'
   from generate_series(0, $1::int - 1) as n`,
  `insert into lineage_edges
     (project_id, source_kind, source_id, target_kind, target_id, relation, origin, created_by)
   select 'default', 'model', 'model-' || n % 300, 'model-version', 'model-' || n % 300 || '@' || n / 300 + 1, 'version',
     'platform', 'bench'
   from generate_series(0, $1::int - 1) as n`,
];

async function makeDatasets(platform: BenchPlatform): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let dataset = 0; dataset < datasets; dataset++) {
    const { id } = await platform.stack.request<{ id: string }>('POST', '/api/v1/datasets', { name: nameOf(dataset) });
    ids.push(id);
    for (let version = 1; version <= versions; version++) {
      const changed = version === 1 ? Array.from({ length: files }, (_none, file) => file) : [version];
      const put = changed.map((file) => ({
        path: pathOf(file),
        sha256: sha(contentOf(dataset, file, version)),
        bytes: 1,
      }));
      // The database takes these contents for stored.
      await platform.query(
        `insert into object_uses (key, used_at, bytes) select 'data/' || sha256, now(), 1 from unnest($1::text[]) as given (sha256)
         on conflict do nothing`,
        [put.map(({ sha256 }) => sha256)],
      );
      await platform.stack.request('POST', `/api/v1/datasets/${nameOf(dataset)}/versions`, { put });
    }
  }
  return ids;
}

function report(what: string, durations: readonly number[], size: number): void {
  const [p50, p95] = [0.5, 0.95].map((q) => rounded(percentile(durations, q)));
  console.log(`${what}: p50 ${p50} ms, p95 ${p95} ms (goal ≤ 100), ${size} in the last answer`);
}

console.log(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`);
const platform = await BenchPlatform.start({});
try {
  const ids = await makeDatasets(platform);
  for (const [index, statement] of fill.entries())
    await platform.query(statement, index === 3 ? [runs, ids, versions] : [runs]);
  await platform.query('analyze');
  const [{ number } = { number: 0 }] = await platform.query<{ number: number }>(
    'select count(*)::int as number from lineage_edges',
  );
  console.log(`${number} edges, ${runs} runs, ${datasets} datasets with ${versions} versions of ${files} files`);
  const seen = async (query: string): Promise<SeenModels> =>
    platform.stack.request<SeenModels>('GET', `/api/v1/lineage/file/models?limit=1000&${query}`);
  let last = 0;
  const ask = (queryOf: (index: number) => string) => async (index: number) => {
    last = (await seen(queryOf(index))).models.length;
  };
  const byHash = (file: number) => (index: number) => `sha256=${sha(contentOf(index % datasets, file, 1))}`;
  const byPath = (index: number) => `dataset=${nameOf(index % datasets)}&path=${encodeURIComponent(pathOf(500))}`;
  await timed(datasets, 1, ask(byHash(500)));
  report('models that saw a file of all versions, by hash', await timed(200, 1, ask(byHash(500))), last);
  report('models that saw a file of some versions, by hash', await timed(200, 1, ask(byHash(10))), last);
  report(
    'those in production',
    await timed(
      200,
      1,
      ask((index) => `${byHash(500)(index)}&production=true`),
    ),
    last,
  );
  report('by dataset and path', await timed(200, 1, ask(byPath)), last);
  const graph = async (path: string) => {
    last = (await platform.stack.request<LineageGraph>('GET', `/api/v1/lineage/${path}`)).nodes.length;
  };
  const down = (index: number) => graph(`dataset/${nameOf(index % datasets)}/graph?direction=down&depth=4&limit=200`);
  report('graph of a dataset down, 200 nodes', await timed(200, 1, down), last);
  const up = (index: number) => graph(`model-version/model-${index % 300}@4/graph?direction=up&depth=8`);
  report('graph of a model version up', await timed(200, 1, up), last);
  const orm = await openOrm({ databaseUrl: platform.stack.endpoints().databaseUrl });
  const places = Array.from({ length: versions }, (_none, index) =>
    lineagePlace.datasetVersion(ids[0] ?? '', index + 1),
  );
  const query = modelsBelowQuery('default', places, { stage: null, limit: 1000 });
  console.log('the walk reads', await rowsReadBy(databaseOf(orm), query));
  await orm.close(true);
} finally {
  await platform.close();
}
