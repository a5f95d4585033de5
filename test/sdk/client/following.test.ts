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

/** Serves logs of a growing job: `texts[attempt - 1]` is what the attempt has written when it has ended. */
function growingLogs(texts: readonly string[], bytesAtATime: number) {
  let written = 0;
  return ({ query }: Call): Answer => {
    written += bytesAtATime;
    const ends = texts.map((_, index) => texts.slice(0, index + 1).join('').length);
    const current = Math.min(texts.length, 1 + ends.filter((end) => end < written).length);
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

  test('never mix two attempts', async () => {
    const { client } = await against(growingLogs(['first attempt, longer\n', 'second\n'], 15));
    const read: Record<number, string> = {};
    for await (const page of client.jobs.logs('1', { follow: true }))
      read[page.attempt] = (read[page.attempt] ?? '') + page.text;
    expect(read[1]).toBe('first attempt, longer\n');
    expect(['second\n', undefined]).toContain(read[2]);
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
