/**
 * `node test/bench/previews.ts [rows]`: how long the profile of a CSV with 10 columns takes (1,000,000 rows), and how long
 * pages of it take with a warm reader. Also the memory of this process, which stands for the worker and the API: their
 * readers are the same child processes.
 */
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { once } from 'node:events';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PageQuery } from '../../profiling/messages.ts';
import { createPreviews } from '../../profiling/previews.ts';
import { profileFile } from '../../profiling/profile-file.ts';
import { percentile, rounded } from './statistics.ts';

const rows = Number(process.argv[2] ?? 1_000_000);
const rounds = 40;

/** Numbers from 0 to 1 that follow from the seed. */
function* mulberry(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    yield ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}

async function writeTable(path: string): Promise<void> {
  const random = mulberry(1);
  const below = (most: number): number => Math.floor(random.next().value * most);
  const out = createWriteStream(path);
  out.write('id,name,city,score,amount,day,flag,code,note,tag\n');
  for (let index = 0; index < rows; index++) {
    const day = `2024-${String(1 + (index % 12)).padStart(2, '0')}-${String(1 + (index % 28)).padStart(2, '0')}`;
    const texts = [`person ${below(200_000)}`, `city ${below(300)}`];
    const numbers = [(below(1e5) / 1000).toFixed(3), below(1e6), day, below(2) === 0, `C${below(1e9)}`];
    const line = [index, ...texts, ...numbers, `note number ${below(1e7)} of many words`, 'abcd'[index % 4]];
    if (!out.write(`${line.join(',')}\n`)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
}

const rssMb = (): number => Math.round(process.memoryUsage.rss() / 1e6);
const megabytes = async (path: string): Promise<number> => Math.round((await stat(path)).size / 1e6);

const folder = await mkdtemp(join(tmpdir(), 'artenic-previews-'));
const path = join(folder, 'table.csv');
await writeTable(path);
console.log(
  `${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}; ${rows} rows, ${await megabytes(path)} MB`,
);
const before = rssMb();
const tookMs: number[] = [];
let copy = '';
for (let round = 0; round < 3; round++) {
  const startedMs = performance.now();
  const answer = await profileFile({ path, format: 'csv', isPacked: false }, join(folder, `reader-${round}`));
  tookMs.push(performance.now() - startedMs);
  if (answer.kind === 'failed' || answer.copy === null) throw new Error(JSON.stringify(answer));
  ({ copy } = answer);
}
const profiled = tookMs.map((ms) => rounded(ms, 0)).join(', ');
console.log(`profile: ${profiled} ms; copy ${await megabytes(copy)} MB; this process ${before} → ${rssMb()} MB`);

const previews = createPreviews({ fetchFile: () => Promise.resolve(copy), folder: join(folder, 'previews') });
const plain: PageQuery = { offset: 0, limit: 50, sort: null, filter: null, search: null };
await previews.page({ id: 'table', key: 'table' }, plain);
const half = Math.floor(rows / 2);
/** Every round asks for another thing: nothing is answered from an earlier result. */
const kinds: Readonly<Record<string, (round: number) => Partial<PageQuery>>> = {
  'page at half': (round) => ({ offset: half + 50 * round }),
  'filter, equal text': (round) => ({ filter: { column: 'city', operator: 'eq', value: `city ${round}` } }),
  'filter, range': (round) => ({ filter: { column: 'amount', operator: 'lt', value: String(1000 + round) } }),
  'filter, part of a text': (round) => ({ filter: { column: 'note', operator: 'contains', value: `er ${round}7` } }),
  'search, nothing found': (round) => ({ search: `zzz ${round}` }),
  'search, many found': (round) => ({ search: `person 1${round}` }),
  order: (round) => ({ sort: { column: 'score', isDescending: true }, search: `${round}` }),
  'later page of an order': (round) => ({ sort: { column: 'score', isDescending: true }, offset: half + 50 * round }),
};
for (const [name, queryOf] of Object.entries(kinds)) {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const startedMs = performance.now();
    await previews.page({ id: 'table', key: 'table' }, { ...plain, ...queryOf(round) });
    times.push(performance.now() - startedMs);
  }
  const [median, high] = [percentile(times, 0.5), percentile(times, 0.95)].map((ms) => rounded(ms, 0));
  console.log(`${name.padEnd(24)} p50 ${median} ms, p95 ${high} ms`);
}
console.log(`this process ${rssMb()} MB`);
await previews.close();
await rm(folder, { recursive: true, force: true });
