import { Worker, type WorkerOptions } from '@temporalio/worker';
import { earlierQueue, launchQueue, lifecycleQueue } from '../../workflows/contracts/index.ts';
import type { Provider } from '../../activities/providers/provider.ts';
import type { ServedProvider } from './activities.ts';

/** Launches wait for their provider for seconds each. */
const launchSlots = 20;
/** Looks wait for each other, and most of them are answered from one that has been taken. */
const lifecycleSlots = 100;
/** What earlier releases have left waiting. */
const earlierSlots = 5;

export type CommonOptions = Omit<WorkerOptions, 'taskQueue'>;

/** Every queue of a provider that this process serves; where its instances are seen from one machine only, that machine's, too. */
export async function providerWorkers(
  { provider, rates }: Pick<ServedProvider, 'rates'> & { readonly provider: Pick<Provider, 'name' | 'machine'> },
  activities: object,
  common: CommonOptions,
): Promise<readonly Worker[]> {
  const machine = await provider.machine?.();
  const work = (taskQueue: string, slots: number, perSecond: number | null): Promise<Worker> =>
    Worker.create({
      ...common,
      ...{ taskQueue, activities, maxConcurrentActivityTaskExecutions: slots },
      // Temporal's server keeps to it for all workers together
      ...(perSecond === null ? {} : { maxTaskQueueActivitiesPerSecond: perSecond }),
    });
  return Promise.all([
    work(launchQueue(provider.name), launchSlots, rates.launchesPerSecond),
    work(lifecycleQueue(provider.name), lifecycleSlots, rates.lifecyclePerSecond),
    work(earlierQueue(provider.name), earlierSlots, null),
    ...(machine === undefined ? [] : [work(machine, lifecycleSlots, null)]),
  ]);
}
