/**
 * `node test/bench/overload.ts [seconds]`: five times as many requests as the API can answer, for 30 s. Good requests
 * are answered with 200 within 2 s; what is not answered so has to be refused at once, with a time to wait.
 */
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile, rounded, timed } from './statistics.ts';
import { BenchPlatform } from './scale/platform.ts';

const seconds = Number(process.argv[2] ?? 30);
const timelyMs = 2000;
const jobs = 2000;

const fill = `insert into jobs (
   id, name, project_id, created_by, service, model, spec, state, message, priority, current_attempt, created_at,
   finished_at, words
 )
 select id, 'seed=' || n, 'default', 'admin', 'pricing', 'pricing', '{"labels": {}, "outputs": {"metrics": []}}', 'succeeded', '', 0,
   1, at, at, array_to_tsvector(array['pricing', '>' || replace(id, '-', '')])
 from generate_series(1, $1::int) as n, lateral (
   select '01a2' || lpad(to_hex(n), 4, '0') || '-0000-7000-8000-' || lpad(to_hex(n * 7919), 12, '0') as id,
     now() - interval '1 minute' * n as at
 ) as made`;

type Seen = { readonly status: number; readonly tookMs: number; readonly canWait: boolean };

console.log(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`);
const platform = await BenchPlatform.start({});
try {
  await platform.query(fill, [jobs]);
  await platform.query('analyze');
  const [url, key] = [platform.stack.endpoints().api, platform.stack.adminKey()];
  const ask = async (): Promise<Seen> => {
    const startedMs = performance.now();
    try {
      const response = await fetch(`${url}/api/v1/jobs?limit=50`, { headers: { authorization: `Bearer ${key}` } });
      await response.arrayBuffer();
      const tookMs = performance.now() - startedMs;
      return { status: response.status, tookMs, canWait: response.headers.has('retry-after') };
    } catch {
      return { status: 0, tookMs: performance.now() - startedMs, canWait: false };
    }
  };
  const isGood = ({ status, tookMs }: Seen): boolean => status === 200 && tookMs <= timelyMs;
  const ofCapacity = async (): Promise<number> => {
    const startedMs = performance.now();
    await timed(1000, 16, async () => void (await ask()));
    return 1000 / ((performance.now() - startedMs) / 1000);
  };
  await ofCapacity();
  const capacity = await ofCapacity();
  const rate = 5 * capacity;

  const asked: Promise<Seen>[] = [];
  const startedMs = performance.now();
  for (;;) {
    const elapsed = (performance.now() - startedMs) / 1000;
    if (elapsed >= seconds) break;
    while (asked.length < rate * elapsed) asked.push(ask());
    await sleep(5);
  }
  const sentSeconds = (performance.now() - startedMs) / 1000;
  const seen = await Promise.all(asked);
  const endedMs = performance.now();
  for (let good = 0; good < 20; good = isGood(await ask()) ? good + 1 : 0);
  const backSeconds = rounded((performance.now() - endedMs) / 1000, 1);

  const good = seen.filter(isGood);
  const refused = seen.filter(({ status, canWait }) => (status === 503 || status === 429) && canWait);
  const p95 = (list: readonly Seen[]) =>
    rounded(
      percentile(
        list.map(({ tookMs }) => tookMs),
        0.95,
      ),
      0,
    );
  console.log(
    `capacity ${rounded(capacity, 0)} requests/s with 16 clients; ${seen.length} sent in ${rounded(sentSeconds)} s (${rounded(seen.length / sentSeconds / capacity)} × capacity)`,
  );
  console.log(
    `good ${good.length} = ${rounded((100 * good.length) / sentSeconds / capacity, 0)} % of capacity (goal ≥ 80 %), p95 ${p95(good)} ms; refused with Retry-After ${refused.length}, p95 ${p95(refused)} ms; neither ${seen.length - good.length - refused.length} (late 200: ${seen.filter((one) => one.status === 200 && !isGood(one)).length}, no answer: ${seen.filter(({ status }) => status === 0).length})`,
  );
  console.log(`20 good answers in a row ${backSeconds} s after the last (goal ≤ 10 s)`);
} finally {
  await platform.close();
}
