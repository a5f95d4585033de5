import { localMachineOf, type InstanceRef } from '../../core/instance-ref.ts';

/** Queue for database work, decisions and workflows. */
export const controlQueue = 'control';

/** Each provider has two queues with their own slots and rates, so that many launches never delay a terminate. */
export const launchQueue = (provider: string): string => `${provider}/launch`;

export const lifecycleQueue = (provider: string): string => `${provider}/lifecycle`;

/** The only queue of a provider in earlier releases; steps that still wait in it are processed. */
export const earlierQueue = (provider: string): string => (provider === 'local' ? provider : `provider-${provider}`);

/**
 * An instance that only its own machine sees is handled on that machine's queue. Handles of earlier releases name no
 * machine.
 */
export function instanceQueue(provider: string, handle: InstanceRef | null): string {
  return (handle === null ? null : localMachineOf(handle.region)) ?? lifecycleQueue(provider);
}

/** After this time the workflow task of a dead worker goes to another worker; Temporal's default is 10 s. */
export const workflowTaskTimeout = '5s';
