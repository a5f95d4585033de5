import { proxyActivities } from '@temporalio/workflow';
import type { DataActivities } from '../../activities/contracts/index.ts';
import { heartbeatTimeout } from '../activity-proxies.ts';
import { dataQueue, type ProfileDatasetInput } from '../contracts/index.ts';
import { Timeline } from '../training/timeline.ts';

/** Profiles files that a version added or changed, part by part. A repeated part finds what is done already. */
export async function profileDataset({ datasetId, version }: ProfileDatasetInput): Promise<{
  readonly profiled: number;
  readonly failed: number;
  readonly skipped: number;
}> {
  const timeline = new Timeline(`Profiles of version ${version}`, {});
  const { profileFiles, finishProfiles } = proxyActivities<DataActivities>({
    taskQueue: dataQueue,
    summary: `files of version ${version}`,
    // half a minute of files, and the last of them to its own limit
    startToCloseTimeout: '15m',
    heartbeatTimeout,
    // while PostgreSQL or the storage is away the work waits
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '60s' },
  });
  const total = { profiled: 0, failed: 0, skipped: 0 };
  let after: string | null = null;
  do {
    const part: Awaited<ReturnType<DataActivities['profileFiles']>> = await profileFiles({
      ...{ datasetId, version, after },
      done: total.profiled + total.failed,
    });
    total.profiled += part.profiled;
    total.failed += part.failed;
    total.skipped += part.skipped;
    after = part.next;
    timeline.log(`${total.profiled} profiled, ${total.failed} failed, ${total.skipped} beyond the limit`);
  } while (after !== null);
  await finishProfiles({ datasetId, version, ...total });
  return total;
}
