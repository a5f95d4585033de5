import type { ModelSignature, PredictRequest } from '@artenic/core';
import type { Logger } from 'pino';
import type { ObjectStorage } from '../core/object-storage.ts';
import type { Store } from '../store/types.ts';
import type { TemporalGateway } from './temporal-gateway.ts';

export type Predictor = {
  /** One row through a model host. Throws `validation-failed` for inputs that do not fit, `deadline-exceeded`, `model-rejected`. */
  readonly predict: (request: { readonly sha256: string; readonly inputs: PredictRequest['inputs'] }) => Promise<{
    readonly outputs: Readonly<Record<string, unknown>>;
    readonly label: string | null;
    readonly latencyMs: number;
  }>;
  /** Opens the model in a process of its own. Throws `model-rejected` with the reason. */
  readonly inspect: (sha256: string) => Promise<ModelSignature>;
};

export type ApiLimits = {
  /** Longest JSON or YAML body. */
  readonly bodyBytes: number;
  /** Longest uploaded object. */
  readonly uploadBytes: number;
  /** Kept log bytes of a job; its first `logHeadBytes` are never dropped. */
  readonly logBytes: number;
  readonly logHeadBytes: number;
};

export const defaultLimits: ApiLimits = {
  bodyBytes: 1_000_000,
  uploadBytes: 2 * 1024 ** 3,
  logBytes: 100_000_000,
  logHeadBytes: 50_000_000,
};

export type ApiDeps = {
  readonly store: Store;
  readonly temporal: TemporalGateway;
  readonly storage: ObjectStorage;
  readonly predictor: Predictor;
  /** Values of named secrets; throws `not-found` that names the missing one. */
  readonly secrets: (names: readonly string[]) => Promise<Readonly<Record<string, string>>>;
  readonly keyPepper: Uint8Array;
  readonly now: () => Date;
  readonly newId: () => string;
  readonly logger: Logger;
  /** Host names requests may carry besides loopback's. */
  readonly allowedHosts: readonly string[];
  /** Origins browsers may send besides our own. */
  readonly allowedOrigins: readonly string[];
  readonly limits: ApiLimits;
  readonly version: string;
  /** Temporal's Web UI, for links; null when there is none that we know of. */
  readonly temporalUi: string | null;
  readonly temporalNamespace: string;
  /** The built dashboard; null serves none. */
  readonly dashboardFolder: string | null;
  /** Calls back when events have been committed; returns how to stop. */
  readonly onEvents: (wake: () => void) => () => void;
};
