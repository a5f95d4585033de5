import { Worker } from '@temporalio/worker';
import type { DataActivities } from '../../activities/contracts/index.ts';
import { dataQueue } from '../../workflows/contracts/index.ts';
import type { CommonOptions } from './provider-workers.ts';

/** Each slot reads one file in a process of its own. */
const slots = 2;

export async function dataWorkers(activities: DataActivities, common: CommonOptions): Promise<readonly Worker[]> {
  return [
    await Worker.create({ ...common, taskQueue: dataQueue, activities, maxConcurrentActivityTaskExecutions: slots }),
  ];
}
