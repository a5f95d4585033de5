import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { LogPage, LogStream } from '@artenic/core';
import { defaultLimits } from '../../api/deps.ts';
import { keepLogs } from '../../app/logs/keeper.ts';
import type { LogDeps } from '../../app/logs/objects.ts';
import { ArtenicError } from '../../core/errors.ts';
import { ApiWorld, errorOf, type Runner } from './harness.ts';

const limits = { ...defaultLimits, logBytes: 1000, logHeadBytes: 500 };
let world: ApiWorld;
beforeAll(async () => {
  world = await ApiWorld.start({ limits });
});
afterAll(() => world.close());

const ship = (runner: Runner, offset: number, body: string | Uint8Array, stream = 'training') =>
  world.ship(runner, `logs?stream=${stream}&offset=${offset}`, body);

async function page(jobId: string, query: string): Promise<LogPage> {
  const answer = await world.call('GET', `/api/v1/jobs/${jobId}/logs?${query}`);
  expect(answer.status).toBe(200);
  return answer.json<LogPage>();
}

/** All pages of an attempt's log, read with a fixed limit. */
async function readAll(jobId: string, limitBytes: number): Promise<readonly LogPage[]> {
  const pages: LogPage[] = [];
  for (let offset = 0; ;) {
    const next = await page(jobId, `attempt=1&offset=${offset}&limitBytes=${limitBytes}`);
    if (next.nextOffset === offset) return pages;
    pages.push(next);
    offset = next.nextOffset;
  }
}
const textOf = (pages: readonly LogPage[]): string => pages.map(({ text }) => text).join('');

test('log bytes count once under repeats, overlaps, holes and ten senders', async () => {
  const runner = await world.startRunner();
  const text = Array.from({ length: 100 }, (_, index) => `line ${index}\n`)
    .join('')
    .slice(0, 900);
  const send = (from: number, to: number) => ship(runner, from, text.slice(from, to));
  expect((await send(0, 100)).json()).toEqual({ nextOffset: 100 });
  expect((await send(0, 100)).json()).toEqual({ nextOffset: 100 });
  expect((await send(50, 150)).json()).toEqual({ nextOffset: 150 });
  const hole = await send(200, 250);
  expect([hole.status, errorOf(hole), hole.json()['expectedOffset']]).toEqual([409, 'offset-mismatch', 150]);
  // Pieces of ten lengths from the same offset: whichever is stored first, no byte is lost or doubled.
  const crowd = await Promise.all(Array.from({ length: 10 }, (_, index) => send(150, 600 - index * 40)));
  for (const { status } of crowd) expect([200, 409]).toContain(status);
  expect((await send(0, 790)).json()).toEqual({ nextOffset: 790 });
  expect((await send(790, 790)).json()).toEqual({ nextOffset: 790 });
  expect(textOf(await readAll(runner.jobId, 64))).toBe(text);
  expect((await ship(runner, 0, 'preparing', 'setup')).status).toBe(200);
  expect((await page(runner.jobId, 'stream=setup')).text).toBe('preparing');
  expect((await ship(runner, 0, 'x', 'other')).status).toBe(422);
});

test('past the cap head and tail are kept, and what is missing is told', async () => {
  const runner = await world.startRunner();
  const lines = Array.from({ length: 500 }, (_, index) => `line ${String(index).padStart(4, '0')}\n`);
  const text = lines.join('');
  for (let from = 0; from < text.length; from += 100) await ship(runner, from, text.slice(from, from + 100));
  for (const limitBytes of [37, 100, 100_000]) {
    const pages = await readAll(runner.jobId, limitBytes);
    const dropped = pages.reduce((sum, { droppedBytes }) => sum + droppedBytes, 0);
    const kept = pages.reduce((sum, one) => sum + one.nextOffset - one.offset, 0);
    expect(kept + dropped).toBe(text.length);
    expect(kept).toBeLessThanOrEqual(1100);
    expect(kept).toBeGreaterThanOrEqual(900);
    expect(textOf(pages).startsWith(text.slice(0, 500))).toBe(true);
    expect(textOf(pages).endsWith(text.slice(-400))).toBe(true);
    expect(pages.filter(({ droppedBytes }) => droppedBytes > 0).length).toBe(1);
    for (const one of pages) expect(one.text).toBe(text.slice(one.offset, one.nextOffset));
  }
  await keep(1);
  const chunks = await world.store.logChunks.from({ jobId: runner.jobId, attempt: 1, stream: 'training' }, 0, 10_000);
  expect(await objectsOf(runner)).toHaveLength(chunks.length);
  expect(textOf(await readAll(runner.jobId, 100)).startsWith(text.slice(0, 500))).toBe(true);
});

test('characters are whole wherever a piece or a page is cut', async () => {
  const text = 'aé漢😀'.repeat(15);
  const bytes = Buffer.from(text);
  expect(bytes.length).toBe(150);
  const runner = await world.startRunner();
  // Pieces of seven bytes also split characters.
  for (let from = 0; from < bytes.length; from += 7) await ship(runner, from, bytes.subarray(from, from + 7));
  for (const limitBytes of [4, 5, 6, 149, 1000]) {
    const pages = await readAll(runner.jobId, limitBytes);
    expect([limitBytes, textOf(pages)]).toEqual([limitBytes, text]);
  }
});

test('bytes that are no UTF-8 do not stop a reader', async () => {
  const runner = await world.startRunner();
  const bytes = Buffer.from([0x61, 0xff, 0xc3, 0x28, 0x00, 0x62, 0xe2]);
  await ship(runner, 0, bytes);
  const pages = await readAll(runner.jobId, 3);
  expect(pages.at(-1)?.nextOffset).toBe(7);
  expect(textOf(pages)).toMatch(/^a.*\(\0b/su);
});

test('a log is complete when its attempt has ended and nothing follows', async () => {
  const runner = await world.startRunner();
  await ship(runner, 0, 'all');
  expect(await page(runner.jobId, 'offset=3')).toMatchObject({ text: '', complete: false });
  await world.store.attempts.end(runner.attemptId, { kind: 'succeeded', exitCode: 0, message: '' }, new Date());
  expect(await page(runner.jobId, '')).toMatchObject({ text: 'all', complete: false, nextOffset: 3 });
  expect(await page(runner.jobId, 'offset=3')).toMatchObject({ text: '', complete: true });
  expect((await world.call('GET', `/api/v1/jobs/${runner.jobId}/logs?attempt=2`)).status).toBe(404);
});

const keyOf = ({ attemptId }: Runner, stream: LogStream = 'training') => ({ attemptId, stream });
const objectsOf = ({ jobId }: Runner) => world.deps.storage.list(`jobs/${jobId}/attempts/1/logs/`);
/** Runs the log keeper with objects of `logObjectBytes` and without waiting times. */
const keep = (
  logObjectBytes: number,
  changes: Partial<LogDeps> = {},
  ages = { oldestTailMs: -1000, settleAfterMs: 1e9 },
) => keepLogs({ ...world.deps, store: world.store, limits: { ...limits, logObjectBytes }, ...changes }, ages);

test('a piece that is damaged in storage is an error of that answer only', async () => {
  const runner = await world.startRunner();
  await ship(runner, 0, 'whole');
  await keep(1);
  const [key = ''] = await objectsOf(runner);
  await world.deps.storage.put(key, Buffer.from('no gzip'));
  expect((await world.call('GET', `/api/v1/jobs/${runner.jobId}/logs`)).status).toBe(500);
  await world.deps.storage.delete(key);
  expect((await world.call('GET', `/api/v1/jobs/${runner.jobId}/logs`)).status).toBe(404);
  expect((await world.call('GET', '/livez')).status).toBe(200);
});

test('a log reads the same as rows, as objects, as both and as one object; late bytes join it', async () => {
  const runner = await world.startRunner();
  const text = Array.from({ length: 80 }, (_, index) => `line ${index}\n`).join('');
  let sent = 0;
  const send = async (bytes: number): Promise<void> => {
    expect((await ship(runner, sent, text.slice(sent, sent + bytes))).status).toBe(200);
    sent += bytes;
  };
  const same = async (objects: number): Promise<void> => {
    expect(textOf(await readAll(runner.jobId, 37))).toBe(text.slice(0, sent));
    expect(await objectsOf(runner)).toHaveLength(objects);
  };
  for (let piece = 0; piece < 20; piece++) await send(20);
  await same(0);
  const young = { oldestTailMs: 60_000, settleAfterMs: 1e9 };
  await keep(1_000_000, {}, young);
  await same(0);
  // The rest is less than an object's worth.
  await keep(150, {}, young);
  await same(2);
  await send(20);
  await same(2);
  await keep(150);
  await same(3);
  await world.store.attempts.end(runner.attemptId, { kind: 'succeeded', exitCode: 0, message: '' }, new Date());
  await send(20);
  const ended = { oldestTailMs: 60_000, settleAfterMs: -1000 };
  await keep(150, {}, ended);
  await same(1);
  const [whole] = await objectsOf(runner);
  await keep(150, {}, ended);
  expect(await objectsOf(runner)).toEqual([whole]);
  await send(40);
  await keep(150, {}, ended);
  await same(1);
});

test('deaths around an object lose nothing and leave nothing, and two who pack the same log do it once', async () => {
  const runner = await world.startRunner();
  const { store } = world;
  const { storage } = world.deps;
  for (let from = 0; from < 600; from += 100) await ship(runner, from, 'x'.repeat(100));
  const dies = async (): Promise<never> => Promise.reject(new ArtenicError('unavailable', 'kill -9'));
  const unindexed = { ...store, logChunks: { ...store.logChunks, pack: dies } };
  const dead: Partial<LogDeps>[] = [
    { storage: { ...storage, put: dies } },
    { store: unindexed },
    // This process died before it could release its lease.
    { store: { ...unindexed, streams: { ...store.streams, endLease: dies } }, newId: () => 'dead' },
  ];
  for (const changes of dead) await keep(1_000_000, changes);
  expect(textOf(await readAll(runner.jobId, 250))).toBe('x'.repeat(600));
  await ship(runner, 600, 'y'.repeat(100));
  await keep(1_000_000);
  expect((await store.streams.end(keyOf(runner))).tailBytes).toBe(700);
  expect(await store.streams.lease(keyOf(runner), 'dead', -1)).toBe(true);
  await Promise.all(Array.from({ length: 5 }, () => keep(1_000_000)));
  expect((await store.streams.end(keyOf(runner))).tailBytes).toBe(0);
  expect(textOf(await readAll(runner.jobId, 250))).toBe('x'.repeat(600) + 'y'.repeat(100));
  // An object of the dead process, and the object in the index.
  expect(await objectsOf(runner)).toHaveLength(2);
  await store.attempts.end(runner.attemptId, { kind: 'lost', exitCode: null, message: '' }, new Date());
  await keep(1_000_000, {}, { oldestTailMs: 60_000, settleAfterMs: -1000 });
  expect(await objectsOf(runner)).toHaveLength(1);
  expect(textOf(await readAll(runner.jobId, 250))).toBe('x'.repeat(600) + 'y'.repeat(100));
});

test('outputs come back; a path out of the folder does not', async () => {
  const { jobId } = await world.startRunner();
  await world.deps.storage.put(`jobs/${jobId}/attempts/1/outputs/a/b.txt`, Buffer.from('out'));
  await world.deps.storage.put(`jobs/${jobId}/attempts/1/completion.json`, Buffer.from('inside'));
  const path = `/api/v1/jobs/${jobId}/outputs/1`;
  expect((await world.call('GET', `${path}/a/b.txt`)).text).toBe('out');
  expect((await world.call('GET', `${path}/a/none.txt`)).status).toBe(404);
  for (const climb of ['..%2fcompletion.json', 'a%2f..%2f..%2fcompletion.json', '%2e%2e%2fcompletion.json', 'a%00b']) {
    const answer = await world.call('GET', `${path}/${climb}`);
    expect([climb, answer.status >= 400 && answer.status < 500]).toEqual([climb, true]);
  }
});

test('the end of a log is one page, also when its head was dropped', async () => {
  const runner = await world.startRunner();
  expect(await page(runner.jobId, 'attempt=1&tailBytes=100')).toMatchObject({ offset: 0, text: '' });
  const lines = Array.from({ length: 300 }, (_, index) => `line ${String(index).padStart(4, '0')}\n`);
  const text = lines.join('');
  for (let from = 0; from < text.length; from += 100) await ship(runner, from, text.slice(from, from + 100));
  const end = await page(runner.jobId, 'attempt=1&tailBytes=100');
  expect(end).toMatchObject({ text: text.slice(-100), offset: text.length - 100, nextOffset: text.length });
  expect((await page(runner.jobId, 'attempt=1&tailBytes=1000000')).nextOffset).toBeGreaterThan(0);
  expect((await world.call('GET', `/api/v1/jobs/${runner.jobId}/logs?tailBytes=0`)).status).toBe(422);
});
