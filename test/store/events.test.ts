import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hintPayloads } from '../../store/events/repository.ts';
import { listenForEvents } from '../../store/events/listen.ts';
import type { ActingStore } from '../../store/types.ts';
import { poll } from '../support/poll.ts';
import { openTestStore, principal } from './support.ts';

let store: ActingStore;
let url: string;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ store, url, close } = await openTestStore(60));
});
afterAll(() => close());

const event = (subject: string, data = {}) => ({ topic: 'jobs', kind: 'test', subject, data });

test('hints fill payloads that PostgreSQL takes; one that fits in none is left out', () => {
  const hints = Array.from({ length: 300 }, (_, index) => ({ subject: `job ${index}`, text: 'ä"'.repeat(index % 60) }));
  const payloads = hintPayloads('me', [...hints, { text: 'x'.repeat(8000) }]);
  for (const payload of payloads) expect(Buffer.byteLength(payload)).toBeLessThan(8000);
  const heard = payloads.map((payload) => JSON.parse(payload) as { origin: string; hints: unknown[] });
  expect(heard.flatMap((payload) => payload.hints)).toEqual(hints);
  expect(new Set(heard.map(({ origin }) => origin))).toEqual(new Set(['me']));
  expect(payloads.length).toBeLessThan(12);
});

describe('events', () => {
  test('50 writers with random commit delays, 3 readers that resume by sequence: none missed, none doubled, in order', async () => {
    const writers = 50;
    const eventsEach = 8;
    const from = await store.events.lastSequence();
    let writing = true;

    const write = async (writer: number) => {
      for (let index = 0; index < eventsEach; index++) {
        await store.transaction(async (inside) => {
          await inside.events.append(event(`writer-${writer}`, { index }));
          // The first insert may be committed last.
          await sleep(Math.random() * 30);
        });
      }
    };
    const read = async (reader: number) => {
      const seen: { sequence: bigint; subject: string; index: unknown }[] = [];
      let last = from;
      while (seen.length < writers * eventsEach) {
        const finalRound = !writing;
        await store.events.sequence();
        // Small pages, with a different size for each reader.
        const page = await store.events.after(last, 5 + reader * 20);
        for (const { sequence, subject, data } of page) seen.push({ sequence, subject, index: data['index'] });
        last = page.at(-1)?.sequence ?? last;
        if (finalRound && page.length === 0) break;
        await sleep(Math.random() * 5);
      }
      return seen;
    };

    const readers = [0, 1, 2].map(read);
    await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
    writing = false;
    const expected = Array.from({ length: writers * eventsEach }, (_, index) => from + BigInt(index + 1));
    for (const seen of await Promise.all(readers)) {
      expect(seen.map(({ sequence }) => sequence)).toEqual(expected);
      expect(new Set(seen.map(({ subject, index }) => `${subject}/${String(index)}`)).size).toBe(writers * eventsEach);
      for (const subject of new Set(seen.map((one) => one.subject))) {
        // Each writer commits sequentially, so its own order is the commit order.
        expect(seen.filter((one) => one.subject === subject).map(({ index }) => index)).toEqual([
          0, 1, 2, 3, 4, 5, 6, 7,
        ]);
      }
    }
    expect(await store.events.lastSequence()).toBe(from + BigInt(writers * eventsEach));
  });

  test('an event of a transaction that goes back leaves no hole', async () => {
    await store.events.sequence();
    const before = await store.events.lastSequence();
    await expect(
      store.transaction(async (inside) => {
        await inside.events.append(event('undone'));
        throw new RangeError('undo');
      }),
    ).rejects.toBeInstanceOf(RangeError);
    await store.events.append(event('kept', { nested: { snake_key: [1, null] } }));
    expect(await store.events.after(before, 10)).toEqual([]);
    expect(await store.events.sequence()).toBe(1);
    expect(await store.events.sequence()).toBe(0);
    expect(await store.events.after(before, 10)).toEqual([
      {
        ...event('kept', { nested: { snake_key: [1, null] } }),
        projectId: null,
        principal: principal.id,
        sequence: before + 1n,
        at: expect.any(Date),
      },
    ]);
  });

  test('what is committed while another numbers waits for nobody and gets its number next', async () => {
    const before = await store.events.lastSequence();
    await store.events.append(event('first'));
    const counts = await Promise.all(Array.from({ length: 10 }, () => store.events.sequence()));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1);
    expect((await store.events.after(before, 10)).map(({ subject }) => subject)).toEqual(['first']);
  });

  test('listeners are woken at commit, not before', async () => {
    let wakes = 0;
    const topics = new Set<string | null>();
    const listener = await listenForEvents(url, (topic) => {
      wakes += 1;
      topics.add(topic);
    });
    try {
      await store.transaction(async (inside) => {
        await inside.events.append({ ...event('inside'), topic: 'job:inside' });
        await store.ping(1000);
        expect(wakes).toBe(0);
      });
      await poll('the wake', 10_000, () => (wakes > 0 ? true : null));
      expect([...topics]).toEqual(['job']);
    } finally {
      await listener.close();
    }
    const soFar = wakes;
    await store.events.append(event('nobody listens'));
    await store.ping(1000);
    expect(wakes).toBe(soFar);
  });
});
