import { localMachineOf, type InstanceRef } from '../../core/instance-ref.ts';

/** Rows, decisions and workflows. */
export const controlQueue = 'control';

/** Two for each provider, with slots and rates of their own: a crowd of launches never delays the end of a machine. */
export const launchQueue = (provider: string): string => `${provider}/launch`;

export const lifecycleQueue = (provider: string): string => `${provider}/lifecycle`;

/** The one queue of a provider in earlier releases: steps that wait in it are still taken. */
export const earlierQueue = (provider: string): string => (provider === 'local' ? provider : `provider-${provider}`);

/** What is done with an instance that only its own machine sees is done there. Those of earlier releases name no machine. */
export function instanceQueue(provider: string, handle: InstanceRef | null): string {
  return (handle === null ? null : localMachineOf(handle.region)) ?? lifecycleQueue(provider);
}

/** A step that a worker took with it into its death is given to another one after this; Temporal's own is 10 s. */
export const workflowTaskTimeout = '5s';
