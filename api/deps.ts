import type { StorageKind } from '@artenic/core';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { ObjectSigning, ObjectStorage, OwnUrls } from '../core/object-storage.ts';
import type { Periods } from '../core/retention/rules.ts';
import type { UploadRules } from '../core/datasets/upload-rules.ts';
import type { SilenceSettings } from '../core/silence/silence.ts';
import type { Previews as WholePreviews } from '../profiling/previews.ts';
import type { Predictor as WholePredictor } from '../serving/predictor.ts';
import type { Store } from '../store/types.ts';
import type { Hearing } from './live/hearing.ts';
import type { Hints } from './live/hints.ts';
import type { TemporalGateway } from '../app/temporal/gateway.ts';

export type Predictor = Omit<WholePredictor, 'close'>;
export type Previews = Omit<WholePreviews, 'close'>;

export type ApiLimits = {
  /** Longest JSON or YAML body. */
  readonly bodyBytes: number;
  /** Longest JSON request with rows for a model: parsing it blocks all other requests. */
  readonly rowsBytes: number;
  /** Longest request with tensors as bytes. */
  readonly tensorBytes: number;
  /** Longest uploaded object. */
  readonly uploadBytes: number;
  /** Kept log bytes of a job; its first `logHeadBytes` are never dropped. */
  readonly logBytes: number;
  readonly logHeadBytes: number;
  /** Kept metric points of a job; what follows is left out, and the job's events say so. */
  readonly metricPoints: number;
  /** A log's new bytes become an object when their number reaches this. */
  readonly logObjectBytes: number;
  /**
   * Most bytes of a log that wait in the database while the storage accepts none; beyond this the runner keeps them.
   */
  readonly logTailBytes: number;
  /** Requests of people and programs (not runners, not probes) that are handled at the same time; others get 503. */
  readonly requestsAtOnce: number;
  /** While many requests are handled and the event loop's mean delay is longer than this, others get 503. */
  readonly eventLoopDelayMs: number;
};

export const defaultLimits: ApiLimits = {
  bodyBytes: 1_000_000,
  rowsBytes: 4_000_000,
  tensorBytes: 64_000_000,
  uploadBytes: 2 * 1024 ** 3,
  logBytes: 100_000_000,
  logHeadBytes: 50_000_000,
  metricPoints: 10_000_000,
  logObjectBytes: 1_000_000,
  logTailBytes: 16_000_000,
  requestsAtOnce: 500,
  eventLoopDelayMs: 500,
};

export type ApiDeps = {
  readonly store: Store;
  readonly temporal: TemporalGateway;
  readonly storage: ObjectStorage;
  readonly signing: ObjectSigning;
  readonly storageKind: StorageKind;
  /** Checks requests that `signing` has signed for this API itself; null when signed requests go to the storage. */
  readonly ownUrls: OwnUrls | null;
  /** Settings for runners that fetch them from the API. */
  readonly runner: { readonly heartbeatIntervalMs: number; readonly shipIntervalMs: number };
  readonly predictor: Predictor;
  /** Reads pages of tables in processes of their own. */
  readonly previews: Previews;
  /** Values of named secrets; throws `not-found` that names the missing one. */
  readonly secrets: (names: readonly string[]) => Promise<Readonly<Record<string, string>>>;
  readonly keyPepper: Uint8Array;
  /** Keys of webhook secrets: a webhook may be signed with any of them. */
  readonly webhookKeys: readonly Uint8Array[];
  readonly now: () => Date;
  readonly newId: () => string;
  readonly logger: Logger;
  /** Host names besides loopback's that requests may carry. */
  readonly allowedHosts: readonly string[];
  /** Origins besides the API's own from which browsers may send requests. */
  readonly allowedOrigins: readonly string[];
  /** Addresses and networks whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  /** Requests are logged at `info`, not `debug`. */
  readonly hasAccessLog: boolean;
  /**
   * Base URL under which browsers reach the API, when it differs from the listen address; decides how the session's
   * cookie is set.
   */
  readonly publicUrl: string | null;
  readonly limits: ApiLimits;
  /** Limits of uploads to datasets. */
  readonly uploads: UploadRules;
  /** Runs `next` in a span of the request, whose route is known later; null: no traces. */
  readonly traceRequest:
    | ((request: IncomingMessage, response: ServerResponse, routeOf: () => string, next: () => void) => void)
    | null;
  readonly version: string;
  /** Base URLs of the inference servers that models may be registered on. */
  readonly inferenceServers: readonly string[];
  /** Temporal's Web UI, for links; null when none is configured. */
  readonly temporalUi: string | null;
  readonly temporalNamespace: string;
  /** Notes heartbeats that the API could not accept. */
  readonly hearing: Hearing;
  /** When a machine without a sign of life is ended. */
  readonly silence: SilenceSettings;
  /** Every provider with an adapter: how it is configured, and the command of its own CLI that ends an instance. */
  readonly knownProviders: readonly {
    readonly name: string;
    readonly configuredBy: string;
    readonly endCommand: ((instance: { readonly instanceId: string; readonly region: string }) => string) | null;
  }[];
  /** How often workers compare each provider's list with the rows and workflows. */
  readonly reconcileMs: number;
  /** Retention periods. */
  readonly periods: Periods;
  /** Folder of the built dashboard; null: no dashboard is served. */
  readonly dashboardFolder: string | null;
  /** Calls `wake` when events are committed; returns a function that stops the calls. */
  readonly onEvents: (wake: (topic: string | null) => void) => () => void;
  /** Hints to live readers that more can be fetched; never stored. */
  readonly hints: Hints;
};
