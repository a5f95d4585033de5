import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { objectKeys } from '@artenic/core';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { pino } from 'pino';
import { createFilesystemStorage } from '../../activities/storage/filesystem.ts';
import type { ActingStore } from '../../store/types.ts';
import { startHistoryKeeper } from '../../workers/loops/history-keeper.ts';
import { testTemporal } from '../setup/temporal.ts';
import { insertJob, openTestStore } from '../store/support.ts';
import { poll } from '../support/poll.ts';

let store: ActingStore;
let close: () => Promise<void>;
let url: string;
let connection: Connection;
let namespace: string;
const folder = mkdtempSync(join(tmpdir(), 'artenic-histories-'));
beforeAll(async () => {
  ({ store, close, url } = await openTestStore());
  const temporal = await testTemporal();
  namespace = temporal.namespace;
  connection = await Connection.connect({ address: temporal.address });
});
afterAll(async () => {
  await connection.close();
  await close();
  rmSync(folder, { recursive: true, force: true });
});

test('a job whose histories cannot be kept holds up none behind it', async () => {
  const jobs = [await insertJob(store), await insertJob(store)];
  for (const { id } of jobs) await store.jobs.transition(id, 'failed');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("update jobs set finished_at = finished_at - interval '1 hour'");
  await client.end();
  const [oldest, next] = jobs.map(({ id }) => objectKeys.history(id));
  const storage = createFilesystemStorage({ root: folder });
  let refused = 0;
  const keeper = startHistoryKeeper({
    store,
    storage: {
      ...storage,
      put: async (key, ...rest) => {
        if (key !== oldest) return storage.put(key, ...rest);
        refused++;
        throw new Error('The disk takes everything but this.');
      },
    },
    client: new Client({ connection, namespace }),
    logger: pino({ level: 'silent' }),
    intervalMs: 10,
  });
  try {
    await poll('the next one', 10_000, async () => ((await storage.head(next ?? '')) === null ? null : true));
    await poll('its mark', 10_000, async () =>
      (await store.jobs.get(jobs[1]?.id ?? '')).historyKeptAt === null ? null : true,
    );
  } finally {
    await keeper.close();
  }
  expect(refused).toBe(1);
  expect((await store.jobs.get(jobs[0]?.id ?? '')).historyKeptAt).toBeNull();
});
