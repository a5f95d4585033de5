import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { LogPage } from '@artenic/core';
import { defaultLimits } from '../../api/deps.ts';
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

/** All pages of an attempt's log, read with one limit. */
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
  // Pieces of ten lengths from the same place: whichever wins, no byte is lost or doubled.
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
  const keys = await world.deps.storage.list(`jobs/${runner.jobId}/`);
  expect(keys.length).toBeLessThanOrEqual(11);
});

test('characters are whole wherever a piece or a page is cut', async () => {
  const text = 'aé漢😀'.repeat(15);
  const bytes = Buffer.from(text);
  expect(bytes.length).toBe(150);
  const runner = await world.startRunner();
  // Pieces of seven bytes cut characters, too.
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

test('a piece that is damaged in storage is an error of that answer only', async () => {
  const runner = await world.startRunner();
  await ship(runner, 0, 'whole');
  const [key = ''] = await world.deps.storage.list(`jobs/${runner.jobId}/attempts/1/logs/`);
  await world.deps.storage.put(key, Buffer.from('no gzip'));
  expect((await world.call('GET', `/api/v1/jobs/${runner.jobId}/logs`)).status).toBe(500);
  await world.deps.storage.delete(key);
  expect((await world.call('GET', `/api/v1/jobs/${runner.jobId}/logs`)).status).toBe(404);
  expect((await world.call('GET', '/livez')).status).toBe(200);
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
