import type { ModelSignature } from '@artenic/core';
import type { FailoverPolicy, PlacementMode } from '../core/failover/types.ts';
import type { ObjectStorage } from '../core/object-storage.ts';
import type { SilenceSettings } from '../core/silence/silence.ts';
import type { ActingStore } from '../store/types.ts';
import type { ControlActivities } from './contracts/index.ts';
import type { Provider } from './providers/provider.ts';

/** What every runner is told besides its attempt. */
export type RunnerSettings = {
  /** URL of the API as runners reach it. */
  readonly apiUrl: string;
  readonly onThisMachine: {
    /** Providers whose instances see this machine's files. */
    readonly providers: ReadonlySet<string>;
    /** File with the API's present URL. */
    readonly endpointsFile: string | null;
    /** Folder of the objects; null: by signed requests, as on other machines. */
    readonly sharedRoot: string | null;
  };
  /** Secret under which bootstrap tokens are made; the API has the same. */
  readonly keyPepper: Uint8Array;
  readonly heartbeatIntervalMs: number;
  readonly shipIntervalMs: number;
};

/** No provider: a process that serves the control queue alone needs no credentials of any. */
export type ControlDeps = {
  /** Under the workflow type that the activity works for. */
  readonly store: ActingStore;
  readonly storage: ObjectStorage;
  readonly policyFor: (mode: PlacementMode) => FailoverPolicy;
  /** Tells the attempt's workflow. Throws `not-found` when that is closed. */
  readonly signal: { readonly capacityGranted: (attemptId: string) => Promise<void> };
  readonly describeWorkflow: (workflowId: string) => Promise<'open' | 'closed' | 'absent'>;
  /** Throws `model-rejected`. */
  readonly inspectModel: (filePath: string) => Promise<ModelSignature>;
  readonly now: () => Date;
};

export type ProviderDeps = {
  /** What comes after a refused launch: rows and policy only. */
  readonly nextLaunch: ControlActivities['nextLaunch'];
  /** Under the workflow type that the activity works for. */
  readonly store: ActingStore;
  readonly storage: ObjectStorage;
  readonly providers: ReadonlyMap<string, Provider>;
  readonly runner: RunnerSettings;
  readonly silence: SilenceSettings;
  /** Where the activity stands in its trace; null without traces. */
  readonly traceparent: () => string | null;
  /** How often the machines of each provider are looked at. */
  readonly watchIntervalMs: ReadonlyMap<string, number>;
  readonly now: () => Date;
};

/** What the reconciler works with, besides what settles an attempt. */
export type ReconcileDeps = Pick<ControlDeps, 'store' | 'describeWorkflow' | 'now'> & {
  readonly providers: ReadonlyMap<string, Provider>;
  /** How long what nobody owns is left alone; longer than one call that launches. */
  readonly graceMs: number;
};
export type RepairDeps = ControlDeps &
  Pick<ReconcileDeps, 'providers'> & {
    /** Starts the job's workflow to take over what runs; one that is there already is success. */
    readonly adoptJob: (jobId: string, service: string) => Promise<void>;
  };
