import { controlQueue, providerQueue } from '../workflows/contracts.ts';
import { listOf } from './config.ts';

/** What a worker process serves: rows and workflows, and the providers whose instances it sees to. */
export type Served = { readonly control: boolean; readonly isProviderServed: (provider: string) => boolean };

/** @param text ARTENIC_WORKER_QUEUES; empty: everything. */
export function servedBy(text: string): Served {
  const wanted = new Set(listOf(text));
  const isWanted = (queue: string): boolean => wanted.size === 0 || wanted.has(queue);
  return { control: isWanted(controlQueue), isProviderServed: (provider) => isWanted(providerQueue(provider)) };
}

/** A name that no queue has would leave a queue without a worker, which nobody would notice. */
export function refuseUnknownQueues(text: string, providers: Iterable<string>): void {
  const known = [controlQueue, ...[...providers].map(providerQueue)];
  const unknown = listOf(text).filter((queue) => !known.includes(queue));
  if (unknown.length === 0) return;
  throw new Error(`ARTENIC_WORKER_QUEUES names ${unknown.join(', ')}; there are ${known.join(', ')}`);
}
