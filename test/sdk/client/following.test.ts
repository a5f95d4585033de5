import { afterEach, describe, expect, test } from '@jest/globals';
import { createClient } from '@artenic/client';
import type { LogPage } from '@artenic/core';
import { jobView, startFakeApi, type Answer, type Call, type FakeApi } from './fake-api.ts';

let api: FakeApi | null = null;

async function against(answer: (call: Call, count: number) => Answer) {
  api = await startFakeApi(answer);
  return { client: createClient({ url: api.url, apiKey: 'key' }), calls: api.calls };
}

afterEach(async () => {
  await api?.close();
  api = null;
});

/** Serves logs of a growing job: `texts[attempt - 1]` is the whole log of an attempt at its end. */
function growingLogs(texts: readonly string[], bytesAtATime: number) {
  let written = 0;
  return ({ path, query }: Call): Answer => {
    written += bytesAtATime;
    const ends = texts.map((_, index) => texts.slice(0, index + 1).join('').length);
    const current = Math.min(texts.length, 1 + ends.filter((end) => end < written).length);
    if (!path.endsWith('/logs')) {
      const isOver = written > texts.join('').length;
      return { body: jobView(isOver ? 'succeeded' : 'running', { currentAttempt: current }) };
    }
    const attempt = Number(query.get('attempt') ?? current);
    const text = texts[attempt - 1] ?? '';
    const there = text.slice(0, Math.max(0, written - (ends[attempt - 2] ?? 0)));
    const offset = Number(query.get('offset'));
    const page: LogPage = {
      attempt,
      stream: 'training',
      offset,
      nextOffset: Math.max(offset, there.length),
      text: there.slice(offset),
      droppedBytes: 0,
      complete: there.length === text.length && offset === text.length,
    };
    return { body: page };
  };
}

describe('logs', () => {
  test('give every byte once while they grow', async () => {
    const text = Array.from({ length: 50 }, (_, index) => `line ${index}\n`).join('');
    const { client } = await against(growingLogs([text], 150));
    let read = '';
    for await (const page of client.jobs.logs('1', { follow: true })) read += page.text;
    expect(read).toBe(text);
  });

  test('go on to the next attempt, and never mix two', async () => {
    const texts = ['first attempt, longer\n', 'second\n', 'third, which is the longest of all\n'];
    for (const bytesAtATime of [3, 15, 200]) {
      const { client } = await against(growingLogs(texts, bytesAtATime));
      const read: Record<number, string> = {};
      for await (const page of client.jobs.logs('1', { follow: true }))
        read[page.attempt] = (read[page.attempt] ?? '') + page.text;
      // Without an attempt number, following begins with the newest attempt.
      const first = Math.min(...Object.keys(read).map(Number));
      expect(Object.values(read)).toEqual(texts.slice(first - 1));
      await api?.close();
    }
  });

  test('of one attempt end with it', async () => {
    const { client } = await against(growingLogs(['first\n', 'second\n'], 4));
    let read = '';
    for await (const page of client.jobs.logs('1', { follow: true, attempt: 1 })) read += page.text;
    expect(read).toBe('first\n');
  });

  test('end with what is there unless they are followed', async () => {
    const { client } = await against(({ query }) => ({
      body: {
        attempt: 1,
        stream: 'training',
        offset: Number(query.get('offset')),
        nextOffset: 3,
        text: query.get('offset') === '0' ? 'abc' : '',
        droppedBytes: 0,
        complete: false,
      },
    }));
    const pages: string[] = [];
    for await (const page of client.jobs.logs('1')) pages.push(page.text);
    expect(pages).toEqual(['abc']);
  });
});

describe('waiting for a job', () => {
  test('ends with its last state and shows every look', async () => {
    const states = ['queued', 'running', 'failed'] as const;
    const { client } = await against((_, count) => ({ body: jobView(states[Math.min(count, 3) - 1] ?? 'failed') }));
    const seen: string[] = [];
    expect(await client.jobs.waitFor('1', { onChange: ({ state }) => seen.push(state) })).toMatchObject({
      state: 'failed',
    });
    expect(seen).toEqual([...states]);
  });

  test('ends at once when the caller gives up', async () => {
    const { client } = await against(() => ({ body: jobView('running') }));
    const signal = AbortSignal.timeout(50);
    await expect(client.jobs.waitFor('1', { signal })).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});
