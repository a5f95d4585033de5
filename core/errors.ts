import type { JobState } from '@artenic/core';

/** A row of the closed list of failures. */
type ErrorRow = {
  /** HTTP status when the error reaches the API's edge. */
  readonly status: number;
  /** Whether repeating the same operation can help. */
  readonly retryable: boolean;
  readonly title: string;
};

/** All failures of the platform: the title for people, whether a retry can help, and the HTTP status. */
export const errorTable = {
  // faults of the request
  'malformed-request': { status: 400, retryable: false, title: 'The request cannot be read' },
  'validation-failed': { status: 422, retryable: false, title: 'The request has wrong or unknown fields' },
  'not-yet-supported': { status: 422, retryable: false, title: 'Not supported yet' },
  'larger-than-machine': { status: 422, retryable: false, title: 'The job needs more than the machine has' },
  unauthorized: { status: 401, retryable: false, title: 'No valid credential' },
  forbidden: { status: 403, retryable: false, title: 'The credential does not allow this' },
  'not-found': { status: 404, retryable: false, title: 'Not found' },
  purged: { status: 410, retryable: false, title: 'The content was purged' },
  'method-not-allowed': { status: 405, retryable: false, title: 'Method not allowed' },
  'ambiguous-id': { status: 409, retryable: false, title: 'The id matches more than one job' },
  conflict: { status: 409, retryable: false, title: 'Conflict' },
  'offset-mismatch': { status: 409, retryable: false, title: 'The offset is not the expected one' },
  fenced: { status: 409, retryable: false, title: 'A newer attempt has taken over' },
  'idempotency-in-flight': { status: 409, retryable: true, title: 'The first request with this key is still running' },
  'idempotency-mismatch': { status: 422, retryable: false, title: 'This key was used for another request' },
  'payload-too-large': { status: 413, retryable: false, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, retryable: false, title: 'The content type is not supported' },
  'file-unreadable': { status: 422, retryable: false, title: 'The file cannot be read as a table' },
  'model-rejected': { status: 422, retryable: false, title: 'The model file is refused' },
  // answers of a provider (architecture, section 5)
  stockout: { status: 503, retryable: false, title: 'The provider has no capacity' },
  quota: { status: 409, retryable: false, title: 'The quota at the provider is used up' },
  auth: { status: 502, retryable: false, title: 'The provider refuses the credentials' },
  'rate-limited': { status: 429, retryable: true, title: 'Too many requests' },
  'invalid-request': { status: 502, retryable: false, title: 'The provider refuses the request as wrong' },
  transient: { status: 503, retryable: true, title: 'Temporary error' },
  'unknown-outcome': { status: 503, retryable: true, title: 'The request may or may not have taken effect' },
  'unknown-state': { status: 502, retryable: false, title: 'The provider reports an unknown state' },
  // faults of the platform itself
  'not-ready': { status: 503, retryable: true, title: 'Not ready yet' },
  'deadline-exceeded': { status: 504, retryable: true, title: 'Timed out' },
  unavailable: { status: 503, retryable: true, title: 'A part of the platform is not reachable' },
  internal: { status: 500, retryable: false, title: 'Internal error' },
} as const satisfies Record<string, ErrorRow>;

export type ErrorType = keyof typeof errorTable;

export type InputError = {
  readonly pointer: string;
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
};

/** A job whose id begins or ends as asked. */
export type JobCandidate = {
  readonly id: string;
  readonly name: string;
  readonly service: string;
  readonly state: JobState;
  readonly createdAt: Date;
};

export type ErrorDetails = {
  readonly errors?: readonly InputError[];
  readonly retryAfterMs?: number;
  readonly expectedOffset?: number;
  /** The newest version of a dataset, when another one than the expected. */
  readonly headVersion?: number;
  /** With `ambiguous-id`. */
  readonly candidates?: readonly JobCandidate[];
};

/** The platform's only error class. `message` is for people and never holds a secret. */
export class ArtenicError extends Error {
  override readonly name = 'ArtenicError';
  readonly type: ErrorType;
  readonly details: ErrorDetails;

  constructor(type: ErrorType, message: string, options: ErrorDetails & { readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.type = type;
    this.details = options;
  }
}

export function isArtenicError(error: unknown, type?: ErrorType): error is ArtenicError {
  return error instanceof ArtenicError && (type === undefined || error.type === type);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
