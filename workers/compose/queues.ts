import { providerModules } from '../../activities/providers/registry.ts';
import { controlQueue } from '../../workflows/contracts/index.ts';
import { listOf } from '../config.ts';

/** What a worker process serves: rows and workflows, and the providers whose instances it sees to. */
export type Served = { readonly control: boolean; readonly isProviderServed: (provider: string) => boolean };

/** @param text ARTENIC_WORKER_QUEUES: `control` and names of providers; empty: everything. */
export function servedBy(text: string): Served {
  const wanted = new Set(listOf(text));
  const isWanted = (name: string): boolean => wanted.size === 0 || wanted.has(name);
  return { control: isWanted(controlQueue), isProviderServed: isWanted };
}

/** A name that nothing has, or without its options, would leave queues without a worker, which nobody would notice. */
export function refuseUnserved(text: string, environment: Readonly<Record<string, string | undefined>>): void {
  for (const name of listOf(text)) {
    if (name === controlQueue) continue;
    const module = providerModules.get(name);
    if (module === undefined) {
      const known = [controlQueue, ...providerModules.keys()].join(', ');
      throw new Error(`ARTENIC_WORKER_QUEUES names ${name}; there are ${known}`);
    }
    if (module.configure(environment) === null)
      throw new Error(`ARTENIC_WORKER_QUEUES names ${name}, which is not configured. ${module.configuredBy}`);
  }
}
