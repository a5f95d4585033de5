import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { listenForEvents } from '../../store/events/listen.ts';
import { migrate, openOrm } from '../../store/orm.ts';
import { createStore } from '../../store/store.ts';
import type { ActingStore } from '../../store/types.ts';
import { freePort } from '../../workers/up/ports.ts';
import { awaitPostgres, databaseUrl, startPostgres, type PostgresOptions } from '../../workers/up/postgres/postgres.ts';
import { makeEnteredFolder } from '../support/entered-folder.ts';
import { startCuttingServer } from '../support/cutting-server.ts';
import { poll } from '../support/poll.ts';
import { insertJob, principal } from './support.ts';

/** Few connections, so that a few rounds exhaust the pool if a death leaks a connection. */
const poolMax = 3;
const unavailable = expect.objectContaining({ name: 'ArtenicError', type: 'unavailable' });

let folder: string;
let options: PostgresOptions;
let server: ChildProcess;
let orm: Awaited<ReturnType<typeof openOrm>>;
let store: ActingStore;
let url: string;
const onTestEnd: (() => Promise<void>)[] = [];

async function start(): Promise<void> {
  server = startPostgres(options);
  await awaitPostgres(options, 20_000, () => server.exitCode === null);
}

/** Kills the postmaster; its children notice and exit by themselves. */
async function kill(): Promise<void> {
  const exited = once(server, 'exit');
  server.kill('SIGKILL');
  await exited;
}

beforeAll(async () => {
  folder = makeEnteredFolder('artenic-recovery-');
  options = { folder: join(folder, 'data'), port: await freePort(), logFile: join(folder, 'log'), password: 'test' };
  await start();
  url = databaseUrl(options, 'artenic');
  orm = await openOrm({ databaseUrl: url, poolMax });
  await migrate(orm);
  store = createStore(orm).as(principal);
});
afterAll(async () => {
  await orm.close(true);
  if (server.exitCode === null && server.signalCode === null) {
    const exited = once(server, 'exit');
    server.kill('SIGINT');
    await exited;
  }
  rmSync(folder, { recursive: true, force: true });
});

afterEach(async () => {
  for (const end of onTestEnd.splice(0)) await end();
});

describe('PostgreSQL dies by kill -9 and comes back', () => {
  test('calls say `unavailable`, in transactions too; then all goes on, with every connection, and listeners are woken', async () => {
    let wakes = 0;
    const listener = await listenForEvents(url, () => {
      wakes += 1;
    });
    onTestEnd.push(() => listener.close());
    const { id } = await insertJob(store);
    for (let round = 1; round <= 3; round++) {
      // An open transaction for every connection.
      const { promise: killed, resolve } = Promise.withResolvers<void>();
      let open = 0;
      const transactions = Array.from({ length: poolMax }, () =>
        store.transaction(async (inside) => {
          await inside.jobs.get(id);
          open += 1;
          await killed;
          await inside.jobs.setProgress(id, round / 10);
        }),
      );
      await poll('the transactions', 5000, () => (open === poolMax ? true : null));
      await kill();
      resolve();
      expect(await Promise.allSettled(transactions)).toEqual(
        transactions.map(() => ({ status: 'rejected', reason: unavailable })),
      );
      await expect(store.jobs.get(id)).rejects.toEqual(unavailable);
      await expect(store.ping(1000)).rejects.toEqual(unavailable);

      const wakesBefore = wakes;
      await start();
      await store.jobs.setStopAt(id, new Date(0));
      const all = Array.from({ length: poolMax }, () => store.transaction((inside) => inside.jobs.get(id)));
      expect(await Promise.all(all)).toHaveLength(poolMax);
      await poll('the wake after reconnecting', 10_000, () => (wakes > wakesBefore ? true : null));
    }
    const wakesBefore = wakes;
    await store.events.append({ topic: 'jobs', kind: 'k', subject: 's', data: {} });
    await poll('the wake', 5000, () => (wakes > wakesBefore ? true : null));
    expect(await store.jobs.get(id)).toMatchObject({ progress: null, state: 'queued' });
  });

  test('a listener can be closed while the server is down, and says so when it is down at first', async () => {
    const listener = await listenForEvents(url, () => undefined);
    onTestEnd.push(() => listener.close());
    await kill();
    await expect(listenForEvents(url, () => undefined)).rejects.toEqual(unavailable);
    const away = await startCuttingServer(options.port);
    await away.tried(2);
    await listener.close();
    await away.close();
    await start();
    await store.ping(5000);
  });

  test('a server that does not answer is `unavailable` in time', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const other = await openOrm({ databaseUrl: databaseUrl({ ...options, port }, 'artenic') });
    try {
      await expect(createStore(other).ping(200)).rejects.toEqual(unavailable);
    } finally {
      for (const socket of sockets) socket.destroy();
      silent.close();
      await other.close(true);
    }
  });
});
