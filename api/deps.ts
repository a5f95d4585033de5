import type { Logger } from 'pino';
import type { ObjectSigning, ObjectStorage, OwnUrls } from '../core/object-storage.ts';
import type { Periods } from '../core/retention/rules.ts';
import type { SilenceSettings } from '../core/silence/silence.ts';
import type { Predictor as WholePredictor } from '../serving/predictor.ts';
import type { Store } from '../store/types.ts';
import type { Hearing } from './live/hearing.ts';
import type { Hints } from './live/hints.ts';
import type { TemporalGateway } from '../app/temporal/gateway.ts';

export type Predictor = Omit<WholePredictor, 'close'>;

export type ApiLimits = {
  /** Longest JSON or YAML body. */
  readonly bodyBytes: number;
  /** Longest request with rows for a model as JSON: parsing is done in one go, and others wait for it. */
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
  /** A log's new bytes become an object when there are so many. */
  readonly logObjectBytes: number;
  /** So many bytes of a log wait in the database while the storage does not take them; then the runner keeps them. */
  readonly logTailBytes: number;
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
};

export type ApiDeps = {
  readonly store: Store;
  readonly temporal: TemporalGateway;
  readonly storage: ObjectStorage;
  readonly signing: ObjectSigning;
  /** Checks what `signing` signs for this API itself; null when that goes to the storage. */
  readonly ownUrls: OwnUrls | null;
  /** What runners are told that ask for it themselves. */
  readonly runner: { readonly heartbeatIntervalMs: number; readonly shipIntervalMs: number };
  readonly predictor: Predictor;
  /** Values of named secrets; throws `not-found` that names the missing one. */
  readonly secrets: (names: readonly string[]) => Promise<Readonly<Record<string, string>>>;
  readonly keyPepper: Uint8Array;
  /** Any of them may have signed a webhook. */
  readonly webhookKeys: readonly Uint8Array[];
  readonly now: () => Date;
  readonly newId: () => string;
  readonly logger: Logger;
  /** Host names requests may carry besides loopback's. */
  readonly allowedHosts: readonly string[];
  /** Origins browsers may send besides our own. */
  readonly allowedOrigins: readonly string[];
  /** Under which browsers reach us, when that is not the address we listen on; decides how the session's cookie is set. */
  readonly publicUrl: string | null;
  readonly limits: ApiLimits;
  readonly version: string;
  /** Base URLs of the inference servers that models may be registered on. */
  readonly inferenceServers: readonly string[];
  /** Temporal's Web UI, for links; null when there is none that we know of. */
  readonly temporalUi: string | null;
  readonly temporalNamespace: string;
  /** Notes heartbeats that could not be taken. */
  readonly hearing: Hearing;
  /** When a machine that gives no sign of life is ended. */
  readonly silence: SilenceSettings;
  /** Every provider there is an adapter for, and how it is configured. */
  readonly knownProviders: readonly { readonly name: string; readonly configuredBy: string }[];
  /** How often workers compare each provider with what is known. */
  readonly reconcileMs: number;
  /** How long what may go is kept. */
  readonly periods: Periods;
  /** The built dashboard; null serves none. */
  readonly dashboardFolder: string | null;
  /** Calls back when events have been committed; returns how to stop. */
  readonly onEvents: (wake: (topic: string | null) => void) => () => void;
  /** What live readers may fetch more of; never stored. */
  readonly hints: Hints;
};
