/**
 * `node test/bench/search.ts [objects]`: how long `GET /api/v1/search` takes for what a person types letter by letter,
 * with so many objects (10,000): nine tenths are jobs, the others models with a version and services.
 */
import { cpus } from 'node:os';
import { percentile, rounded, timed } from './statistics.ts';
import { BenchPlatform } from './scale/platform.ts';

const objects = Number(process.argv[2] ?? 10_000);
const jobs = Math.round(objects * 0.9);
const others = Math.round(objects * 0.05);
const words = [
  'pricing',
  'elasticity',
  'churn',
  'demand',
  'fraud',
  'vision',
  'ranking',
  'forecast',
  'segment',
  'uplift',
];

const fill = [
  `insert into jobs (
     id, name, project_id, created_by, service, model, spec, state, message, priority, current_attempt, created_at,
     finished_at, words
   )
   select id, name, 'default', 'admin', service, service, '{"labels": {}, "outputs": {"metrics": []}}', 'succeeded', '', 0, 1, at, at,
     array_to_tsvector(array_append(string_to_array(translate(service, '-', ' ') || ' seed ' || n, ' '), '>' || replace(id, '-', '')))
   from generate_series(1, $1::int) as n, lateral (
     select '01a2' || lpad(to_hex(n), 4, '0') || '-0000-7000-8000-' || lpad(to_hex(n * 7919), 12, '0') as id,
       ($2::text[])[1 + n % 10] || '-' || ($2::text[])[1 + (n / 10) % 10] as service, 'seed=' || n as name,
       now() - interval '1 minute' * n as at
   ) as made`,
  `insert into models (project_id, name, latest_version, created_at)
   select 'default', ($2::text[])[1 + n % 10] || '-model-' || n, 1, now() from generate_series(1, $1::int) as n`,
  `insert into services (project_id, service, last_number)
   select 'default', ($2::text[])[1 + n % 10] || '-service-' || n, 0 from generate_series(1, $1::int) as n`,
];

console.log(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`);
const platform = await BenchPlatform.start({});
try {
  for (const [index, statement] of fill.entries())
    await platform.query(statement, [index === 0 ? jobs : others, words]);
  await platform.query('analyze');
  const typed = ['pricing', 'elastic', 'churn dem', 'seed=4321', 'model 77', 'local', 'nothing', '000007'].flatMap(
    (text) => Array.from({ length: text.length - 2 }, (_none, more) => text.slice(0, 3 + more)),
  );
  const search = (index: number) =>
    platform.stack.request('GET', `/api/v1/search?q=${encodeURIComponent(typed[index % typed.length] ?? '')}`);
  await timed(typed.length, 1, async (index) => void (await search(index)));
  for (const clients of [1, 8]) {
    // The same way without a search: the key is checked, and nothing is read.
    const plain = await timed(
      typed.length,
      clients,
      async () => void (await platform.stack.request('GET', '/api/v1/platform')),
    );
    const durations = await timed(20 * typed.length, clients, async (index) => void (await search(index)));
    const [p50, p95] = [0.5, 0.95].map((q) => rounded(percentile(durations, q)));
    const ratio = rounded(percentile(durations, 0.5) / percentile(plain, 0.5));
    console.log(
      `${objects} objects, ${clients} at once, ${durations.length} searches: p50 ${p50} ms, p95 ${p95} ms (goal ≤ 150), ${ratio} × an answer without a search`,
    );
  }
} finally {
  await platform.close();
}
