import { Worker, type WorkerOptions } from '@temporalio/worker';
import { earlierQueue, launchQueue, lifecycleQueue } from '../../workflows/contracts/index.ts';
import type { Provider } from '../../activities/providers/provider.ts';
import type { ServedProvider } from './activities.ts';

/** A launch waits seconds for its provider. */
const launchSlots = 20;
/** Looks share one request to the provider, and most are answered from a look that has already been made. */
const lifecycleSlots = 100;
/** Slots for tasks of earlier releases that still wait. */
const earlierSlots = 5;

/** Slots for launches that were decided before their provider's options were removed. */
const unconfiguredSlots = 5;

export type CommonOptions = Omit<WorkerOptions, 'taskQueue'>;

/**
 * Workers for every queue of a provider that this process serves. A provider whose instances are visible from one
 * machine only also gets that machine's queue.
 */
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
      // Temporal's server applies the limit to all workers together.
      ...(perSecond === null ? {} : { maxTaskQueueActivitiesPerSecond: perSecond }),
    });
  return Promise.all([
    work(launchQueue(provider.name), launchSlots, rates.launchesPerSecond),
    work(lifecycleQueue(provider.name), lifecycleSlots, rates.lifecyclePerSecond),
    work(earlierQueue(provider.name), earlierSlots, null),
    ...(machine === undefined ? [] : [work(machine, lifecycleSlots, null)]),
  ]);
}

/** Worker for a provider that is no longer configured: it refuses waiting launches, so that the jobs go elsewhere. */
export function unconfiguredWorker(provider: string, activities: object, common: CommonOptions): Promise<Worker> {
  return Worker.create({
    ...common,
    ...{ taskQueue: launchQueue(provider), activities },
    maxConcurrentActivityTaskExecutions: unconfiguredSlots,
    maxConcurrentActivityTaskPolls: 1,
  });
}
