import { providerModules } from '../../activities/providers/registry.ts';
import { controlQueue, dataQueue } from '../../workflows/contracts/index.ts';
import { listOf } from '../config.ts';

/** Parts that a worker process serves: `control` (rows and workflows), `data` (files of datasets), and providers. */
export type Served = {
  readonly control: boolean;
  readonly data: boolean;
  readonly isProviderServed: (provider: string) => boolean;
};

/** @param text ARTENIC_WORKER_QUEUES: `control`, `data` and names of providers; empty: everything. */
export function servedBy(text: string): Served {
  const wanted = new Set(listOf(text));
  const isWanted = (name: string): boolean => wanted.size === 0 || wanted.has(name);
  return { control: isWanted(controlQueue), data: isWanted(dataQueue), isProviderServed: isWanted };
}

/** The queues that are no provider's. */
export function ownQueues({ control, data }: Served): readonly string[] {
  return [...(control ? [controlQueue] : []), ...(data ? [dataQueue] : [])];
}

/**
 * Refuses an unknown name and a provider without its options: the queue would have no worker, and the fault would stay
 * unnoticed.
 */
export function refuseUnserved(text: string, environment: Readonly<Record<string, string | undefined>>): void {
  for (const name of listOf(text)) {
    if (name === controlQueue || name === dataQueue) continue;
    const module = providerModules.get(name);
    if (module === undefined) {
      const known = [controlQueue, dataQueue, ...providerModules.keys()].join(', ');
      throw new Error(`ARTENIC_WORKER_QUEUES names ${name}; there are ${known}`);
    }
    if (module.configure(environment) === null)
      throw new Error(`ARTENIC_WORKER_QUEUES names ${name}, which is not configured. ${module.configuredBy}`);
  }
}
