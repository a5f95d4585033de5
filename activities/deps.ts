import type { ModelSignature } from '@artenic/core';
import type { FailoverPolicy, PlacementMode } from '../core/failover/types.ts';
import type { ObjectStorage } from '../core/object-storage.ts';
import type { SilenceSettings } from '../core/silence/silence.ts';
import type { ActingStore, JobRecord } from '../store/types.ts';
import type { ControlActivities } from './contracts/index.ts';
import type { InTemporaryFolder } from './process-folder.ts';
import type { Provider } from './providers/provider.ts';

/** Settings that every runner gets besides its attempt. */
export type RunnerSettings = {
  /** URL of the API as seen by runners. */
  readonly apiUrl: string;
  readonly onThisMachine: {
    /** Providers whose instances see this machine's files. */
    readonly providers: ReadonlySet<string>;
    /** File with the API's current URL. */
    readonly endpointsFile: string | null;
    /** Folder of the objects; null: runners use signed requests, as on other machines. */
    readonly sharedRoot: string | null;
  };
  /** Secret from which bootstrap tokens are derived; the API has the same one. */
  readonly keyPepper: Uint8Array;
  readonly heartbeatIntervalMs: number;
  readonly shipIntervalMs: number;
};

/** Without providers: a process that serves only the control queue needs no credentials of any provider. */
export type ControlDeps = {
  /** The store under the workflow type for which the activity runs. */
  readonly store: ActingStore;
  readonly storage: ObjectStorage;
  readonly policyFor: (mode: PlacementMode) => FailoverPolicy;
  /** Signals the attempt's workflow. Throws `not-found` when the workflow is closed. */
  readonly signal: { readonly capacityGranted: (attemptId: string) => Promise<void> };
  readonly describeWorkflow: (workflowId: string) => Promise<'open' | 'closed' | 'absent'>;
  /** Throws `model-rejected`. */
  readonly inspectModel: (filePath: string) => Promise<ModelSignature>;
  /** For copies of models. */
  readonly inTemporaryFolder: InTemporaryFolder;
  readonly now: () => Date;
};

export type ProviderDeps = {
  /** Next step after a refused launch; uses rows and the policy only. */
  readonly nextLaunch: ControlActivities['nextLaunch'];
  /** The store under the workflow type for which the activity runs. */
  readonly store: ActingStore;
  readonly storage: ObjectStorage;
  readonly providers: ReadonlyMap<string, Provider>;
  readonly runner: RunnerSettings;
  readonly silence: SilenceSettings;
  /** Position of the activity in its trace; null without traces. */
  readonly traceparent: () => string | null;
  /** Interval between polls of an instance, by provider. */
  readonly watchIntervalMs: ReadonlyMap<string, number>;
  readonly now: () => Date;
};

/** Dependencies of the reconciler, besides those for settling an attempt. */
export type ReconcileDeps = Pick<ControlDeps, 'store' | 'describeWorkflow' | 'now'> & {
  readonly providers: ReadonlyMap<string, Provider>;
  /** Time before an instance without an owner is terminated; longer than one launch call. */
  readonly graceMs: number;
};
export type RepairDeps = ControlDeps &
  Pick<ReconcileDeps, 'providers'> & {
    /** Starts the job's workflow to take over running attempts; an existing workflow counts as success. */
    readonly adoptJob: (job: JobRecord) => Promise<void>;
  };
