import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { objectKeys } from '@artenic/core';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createFilesystemStorage } from '../../activities/storage/filesystem.ts';
import { startProfiles, profilesLostAt } from '../../app/datasets/start-profiles.ts';
import { createTemporalGateway } from '../../app/temporal/gateway.ts';
import { closeOrm, openOrm } from '../../store/orm.ts';
import { systemPrincipal } from '../../store/principal-scope.ts';
import { guardUploads } from '../../store/retention/guard-uploads.ts';
import { createStore } from '../../store/store.ts';
import { controlQueue, profileDatasetWorkflowId } from '../../workflows/contracts/index.ts';
import { createTestDatabase } from '../setup/database.ts';
import { testTemporal } from '../setup/temporal.ts';
import type { DataWorkerOptions } from './data-worker.ts';

const program = fileURLToPath(new URL('data-worker.ts', import.meta.url));
const sha = (text: string): string => createHash('sha256').update(text).digest('hex');

async function openWorld() {
  const home = await mkdtemp(join(tmpdir(), 'artenic-profile-dataset-'));
  const database = await createTestDatabase();
  const orm = await openOrm({ databaseUrl: database.url });
  const store = createStore(orm).as(systemPrincipal('test', 'default'));
  const { address, namespace, workflowBundlePath } = await testTemporal();
  const native = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  const worker = await Worker.create({
    ...{ connection: native, namespace, taskQueue: controlQueue },
    workflowBundle: { codePath: workflowBundlePath },
  });
  const running = worker.run();
  const temporal = createTemporalGateway({ address, namespace });
  const objects = join(home, 'objects');
  const options = { databaseUrl: database.url, address, namespace, objects, folder: join(home, 'tmp') };
  return {
    ...{ store, temporal, objects, options, folder: join(home, 'tmp') },
    client: new Client({ connection, namespace }),
    storage: guardUploads(createFilesystemStorage({ root: objects }), store, () => new Date()),
    close: async () => {
      worker.shutdown();
      await running;
      await temporal.close();
      await connection.close();
      await native.close();
      await closeOrm(orm);
      await database.drop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

let world: Awaited<ReturnType<typeof openWorld>>;
const workers: ChildProcess[] = [];
beforeAll(async () => {
  world = await openWorld();
}, 60_000);
afterAll(async () => {
  for (const one of workers) one.kill('SIGKILL');
  await world.close();
});

/** Starts a data worker. @returns a function that waits for a number of reads */
function startWorker(hangsAt: number) {
  const options: DataWorkerOptions = { ...world.options, hangsAt };
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  workers.push(child);
  const lines = createInterface({ input: child.stdout });
  const reads: string[] = [];
  lines.on('line', (line) => reads.push(line));
  const readsSeen = async (count: number): Promise<void> => {
    while (reads.length < count) await once(lines, 'line');
  };
  return { child, reads, readsSeen };
}

test('a worker that is killed in the middle of a profile loses that file only, and it is read once more', async () => {
  const { store, storage, temporal, client, folder } = world;
  const files = ['a', 'b', 'c'].map((name) => ({ path: `${name}.csv`, content: `id,${name}\n1,2\n3,4\n` }));
  const common = { projectId: 'default', description: '', createdBy: 'ann', createdAt: new Date() };
  const { id } = await store.datasets.insert({ ...common, id: 'killed', name: 'killed' });
  for (const { content } of files) await storage.put(objectKeys.data(sha(content)), Buffer.from(content));
  const put = files.map(({ path, content }) => ({ path, sha256: sha(content), bytes: content.length }));
  const version = { datasetId: id, expectedHead: null, message: '', createdBy: 'ann', sourceJobId: null };
  await store.datasets.commit({ ...version, at: new Date(), kind: 'changes', changes: { put, remove: [] } });

  // The commit has ordered it; the relay starts it, and what was started is not lost for ten minutes.
  const open = () => store.profiles.open({ startedBefore: profilesLostAt(new Date()), limit: 10 });
  const [ordered] = await open();
  expect(ordered).toMatchObject({ datasetId: id, version: 1, startedAt: null, finishedAt: null });
  if (ordered === undefined) throw new Error('nothing is ordered');
  await startProfiles({ store, temporal, now: () => new Date() }, ordered);
  // A second start beside the open one changes nothing.
  await startProfiles({ store, temporal, now: () => new Date() }, ordered);
  expect(await open()).toEqual([]);

  const first = startWorker(2);
  await first.readsSeen(2);
  first.child.kill('SIGKILL');
  await once(first.child, 'close');
  const second = startWorker(0);
  const handle = client.workflow.getHandle(profileDatasetWorkflowId(id, 1));
  expect(await handle.result()).toEqual({ profiled: 3, failed: 0, skipped: 0 });

  // The first file stays as the dead worker has stored it.
  expect(second.reads).toHaveLength(2);
  const stored = await store.profiles.ofContents(put.map(({ sha256 }) => ({ sha256, format: 'csv' })));
  expect(stored.map(({ profile }) => profile.kind)).toEqual(['table', 'table', 'table']);
  expect(await storage.list('copies/')).toHaveLength(3);
  expect(await store.profiles.run(id, 1)).toMatchObject({ profiled: 3, finishedAt: expect.any(Date) });
  // The next process has removed what the killed one left.
  expect((await readdir(folder)).filter((name) => name.includes(`.${first.child.pid}.`))).toEqual([]);
}, 90_000);
