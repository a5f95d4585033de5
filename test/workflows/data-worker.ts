/** A worker for the data queue as a process of its own, which a test can kill. */
import { NativeConnection, Worker } from '@temporalio/worker';
import { createDataActivities } from '../../activities/datasets/profile-files.ts';
import { principalOfActivity } from '../../activities/principal.ts';
import { openProcessFolder } from '../../activities/process-folder.ts';
import { createFilesystemStorage } from '../../activities/storage/filesystem.ts';
import { profileFile } from '../../profiling/profile-file.ts';
import { openOrm } from '../../store/orm.ts';
import { createStore } from '../../store/store.ts';
import { dataQueue } from '../../workflows/contracts/index.ts';

export type DataWorkerOptions = {
  readonly databaseUrl: string;
  readonly address: string;
  readonly namespace: string;
  readonly objects: string;
  readonly folder: string;
  /** Does not return from this read, counted from 1; 0: returns from all. */
  readonly hangsAt: number;
};

const options = JSON.parse(process.argv[2] ?? '') as DataWorkerOptions;
let reads = 0;
const activities = createDataActivities({
  store: createStore(await openOrm({ databaseUrl: options.databaseUrl })).as(principalOfActivity),
  storage: createFilesystemStorage({ root: options.objects }),
  inTemporaryFolder: await openProcessFolder(options.folder),
  readTable: async (...args) => {
    const answer = await profileFile(...args);
    const read = ++reads;
    console.log(`read ${read}`);
    return read === options.hangsAt ? new Promise(() => undefined) : answer;
  },
  now: () => new Date(),
});
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address: options.address }),
  namespace: options.namespace,
  taskQueue: dataQueue,
  activities,
});
await worker.run();
