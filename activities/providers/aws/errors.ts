import { ArtenicError, messageOf, type ErrorType } from '../../../core/errors.ts';
import { errorCode } from '../../error-code.ts';

/** A failed request's result. */
type Failure =
  /** EC2 answered with an error. */
  | { readonly kind: 'refusal'; readonly status: number; readonly code: string; readonly message: string }
  /** A cut-off or foreign answer with any status. EC2 may have executed the request, also if the status is 200. */
  | { readonly kind: 'unreadable'; readonly status: number; readonly message: string }
  /** No answer. */
  | { readonly kind: 'silence'; readonly code: string; readonly message: string }
  /** The request was not sent, because there were no credentials to sign it. */
  | { readonly kind: 'no-credentials'; readonly message: string };

/**
 * EC2 sends no retry hint. Its token buckets regain two tokens per second
 * (docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html).
 */
const throttleRetryMs = 5000;

/** Codes of docs.aws.amazon.com/ec2/latest/devguide/errors-overview.html that mean more than their HTTP status says. */
const codes = new Map<string, ErrorType>(
  Object.entries<ErrorType>({
    // no capacity here; another zone, type or market may have some
    InsufficientInstanceCapacity: 'stockout',
    InsufficientHostCapacity: 'stockout',
    InsufficientCapacity: 'stockout',
    InsufficientCapacityOnHost: 'stockout',
    InsufficientReservedInstanceCapacity: 'stockout',
    UnfulfillableCapacity: 'stockout',
    SpotMaxPriceTooLow: 'stockout',
    // the zone does not have this type
    Unsupported: 'stockout',
    // the account's limit is reached
    VcpuLimitExceeded: 'quota',
    InstanceLimitExceeded: 'quota',
    MaxSpotInstanceCountExceeded: 'quota',
    InstanceTypeLimitExceeded: 'quota',
    VolumeLimitExceeded: 'quota',
    MaxIOPSLimitExceeded: 'quota',
    NetworkInterfaceLimitExceeded: 'quota',
    InsufficientFreeAddressesInSubnet: 'quota',
    RequestLimitExceeded: 'rate-limited',
    Throttling: 'rate-limited',
    ThrottlingException: 'rate-limited',
    RequestThrottled: 'rate-limited',
    EC2ThrottledException: 'rate-limited',
    TooManyRequestsException: 'rate-limited',
    AuthFailure: 'auth',
    UnauthorizedOperation: 'auth',
    AccessDenied: 'auth',
    AccessDeniedException: 'auth',
    ExpiredToken: 'auth',
    ExpiredTokenException: 'auth',
    RequestExpired: 'auth',
    InvalidClientTokenId: 'auth',
    UnrecognizedClientException: 'auth',
    SignatureDoesNotMatch: 'auth',
    IncompleteSignature: 'auth',
    MissingAuthenticationToken: 'auth',
    OptInRequired: 'auth',
    PendingVerification: 'auth',
    Blocked: 'auth',
    'InvalidInstanceID.NotFound': 'not-found',
    'InvalidInstanceID.Malformed': 'not-found',
    'InvalidSpotInstanceRequestID.NotFound': 'not-found',
    // the same token was sent before with other parameters, so its instance may exist
    IdempotentParameterMismatch: 'conflict',
    IncorrectInstanceState: 'conflict',
  }),
);

/** Codes of connections that were never made, so EC2 cannot have received the request. */
const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH']);

/** Properties that the SDK adds to its errors. */
type SdkError = Error & {
  readonly $fault?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly Code?: unknown;
};

function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { kind: 'silence', code: 'none', message: messageOf(error) };
  const { name, message, $fault, $metadata, Code } = error as SdkError;
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError') return { kind: 'no-credentials', message };
  const status = $metadata?.httpStatusCode;
  if (status === undefined) return { kind: 'silence', code: errorCode(error) ?? name, message };
  // an error page of a proxy has a status, but no EC2 code
  if ($fault !== undefined && typeof Code === 'string') return { kind: 'refusal', status, code: Code, message };
  return { kind: 'unreadable', status, message: message.split('\n')[0] ?? '' };
}

/**
 * Converts a failure of EC2 to a platform error. With `mayHaveActed`, the request makes a change that must not be
 * requested twice, so without a clear answer its outcome is unknown.
 */
export function errorOf(error: unknown, what: string, mayHaveActed: boolean): ArtenicError {
  const uncertain: ErrorType = mayHaveActed ? 'unknown-outcome' : 'transient';
  const failure = failureOf(error);
  switch (failure.kind) {
    case 'refusal': {
      const { status, code, message } = failure;
      const type = codes.get(code) ?? typeByStatus(status, uncertain);
      return new ArtenicError(type, `EC2 refuses to ${what} (${code}): ${message}`, {
        ...(type === 'rate-limited' ? { retryAfterMs: throttleRetryMs } : {}),
        cause: error,
      });
    }
    case 'unreadable': {
      const { status, message } = failure;
      const text = `The response to the request to ${what} cannot be read (HTTP ${status}): ${message}`;
      return new ArtenicError(uncertain, text, { cause: error });
    }
    case 'silence': {
      const type = neverSent.has(failure.code) ? 'transient' : uncertain;
      const text = `No answer of EC2 to the request to ${what} (${failure.code}): ${failure.message}`;
      return new ArtenicError(type, text, { cause: error });
    }
    case 'no-credentials':
      return new ArtenicError('auth', `There are no AWS credentials to ${what} with: ${failure.message}`, {
        cause: error,
      });
    default:
      return failure satisfies never;
  }
}

/** Error type for a code that is not in `codes`. Codes of wrong parameters come with 400. */
function typeByStatus(status: number, uncertain: ErrorType): ErrorType {
  if (status === 429) return 'rate-limited';
  if (status === 401 || status === 403) return 'auth';
  return status >= 500 ? uncertain : 'invalid-request';
}
