import { ArtenicError, messageOf, type ErrorType } from '../../../core/errors.ts';
import { errorCode } from '../../error-code.ts';

/** What came back instead of a success. */
type Failure =
  /** EC2 has answered, in its own words. */
  | { readonly kind: 'refusal'; readonly status: number; readonly code: string; readonly message: string }
  /** An answer that is not EC2's or is cut off, whatever its status: also after 200 the deed may be done. */
  | { readonly kind: 'unreadable'; readonly status: number; readonly message: string }
  /** No answer. */
  | { readonly kind: 'silence'; readonly code: string; readonly message: string }
  /** Nothing was sent: there is nothing to sign it with. */
  | { readonly kind: 'no-credentials'; readonly message: string };

/** EC2 sends no hint; its buckets get two tokens a second back (docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html). */
const throttleRetryMs = 5000;

/** Codes of docs.aws.amazon.com/ec2/latest/devguide/errors-overview.html that mean more than their HTTP status says. */
const codes = new Map<string, ErrorType>(
  Object.entries<ErrorType>({
    // the place has none; another zone, type or market may
    InsufficientInstanceCapacity: 'stockout',
    InsufficientHostCapacity: 'stockout',
    InsufficientCapacity: 'stockout',
    InsufficientCapacityOnHost: 'stockout',
    InsufficientReservedInstanceCapacity: 'stockout',
    UnfulfillableCapacity: 'stockout',
    SpotMaxPriceTooLow: 'stockout',
    // the type is not to be had in this zone
    Unsupported: 'stockout',
    // the account may not have more
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
    // the same token was sent before with other words: there may be an instance of it
    IdempotentParameterMismatch: 'conflict',
    IncorrectInstanceState: 'conflict',
  }),
);

/** Connections that were never made: nothing can have been done. */
const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH']);

/** What the SDK hangs on its errors. */
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
  // a page of a proxy in between has a status, but no code of EC2's
  if ($fault !== undefined && typeof Code === 'string') return { kind: 'refusal', status, code: Code, message };
  return { kind: 'unreadable', status, message: message.split('\n')[0] ?? '' };
}

/**
 * Every failure of EC2 as one of the platform's. `mayHaveActed`: the request changes something that must not be asked for
 * twice, so that without a clear answer its outcome is unknown.
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
      const text = `The answer to the request to ${what} cannot be read (HTTP ${status}): ${message}`;
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

/** For a code that says no more than its status. Codes of wrong parameters come with 400. */
function typeByStatus(status: number, uncertain: ErrorType): ErrorType {
  if (status === 429) return 'rate-limited';
  if (status === 401 || status === 403) return 'auth';
  return status >= 500 ? uncertain : 'invalid-request';
}
