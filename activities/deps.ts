import type { ModelSignature, StorageGrant } from '@artenic/core';
import type { FailoverPolicy } from '../core/failover/types.ts';
import type { ObjectStorage } from '../core/object-storage.ts';
import type { Store } from '../store/types.ts';
import type { Provider } from './providers/provider.ts';

/** What every runner is told besides its attempt. */
export type RunnerSettings = {
  /** URL of the API as runners reach it. */
  readonly apiUrl: string;
  /** File with the API's present URL, for runners on this machine; null elsewhere. */
  readonly endpointsFile: string | null;
  readonly storage: StorageGrant;
  /** Secret under which bootstrap tokens are made; the API has the same. */
  readonly keyPepper: Uint8Array;
  readonly heartbeatIntervalMs: number;
  readonly shipIntervalMs: number;
};

export type ControlDeps = {
  readonly store: Store;
  readonly storage: ObjectStorage;
  readonly providers: ReadonlyMap<string, Provider>;
  readonly policy: FailoverPolicy;
  /** Tells the attempt's workflow. Throws `not-found` when that is closed. */
  readonly signal: { readonly capacityGranted: (attemptId: string) => Promise<void> };
  readonly describeWorkflow: (workflowId: string) => Promise<'open' | 'closed' | 'absent'>;
  /** Throws `model-rejected`. */
  readonly inspectModel: (filePath: string) => Promise<ModelSignature>;
  readonly now: () => Date;
};

export type ProviderDeps = {
  readonly store: Store;
  readonly providers: ReadonlyMap<string, Provider>;
  readonly runner: RunnerSettings;
  readonly now: () => Date;
};
