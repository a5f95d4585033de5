import { z } from 'zod';
import { ArtenicError, isArtenicError, type ErrorType } from '../../../core/errors.ts';
import { errorCode } from '../../error-code.ts';
import { isNeverSent } from '../never-sent.ts';

const maxErrorBytes = 100_000;
const problemSchema = z.object({
  error: z.object({
    message: z.string().max(10_000).default(''),
    errors: z
      .array(z.object({ reason: z.string().max(200).optional() }))
      .max(100)
      .default([]),
  }),
});

/** An answer with an error of Google Cloud Storage. */
export class GcsRefusal extends Error {
  override readonly name = 'GcsRefusal';
  readonly status: number;
  /** Google's own code, such as `rateLimitExceeded`; empty if the answer has none. */
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

export async function refusalOf(answer: Response): Promise<GcsRefusal> {
  const text = (await answer.text()).slice(0, maxErrorBytes);
  const { data } = problemSchema.safeParse(jsonOf(text));
  return new GcsRefusal(answer.status, data?.error.errors[0]?.reason ?? '', data?.error.message ?? text.slice(0, 500));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** An object that does not exist; a bucket that does not exist has the same status. */
export function isNoObject(error: unknown): boolean {
  return error instanceof GcsRefusal && error.status === 404 && !error.message.includes('bucket does not exist');
}

/** The key has an object, or had one when the request came. */
export function isTaken(error: unknown): boolean {
  return error instanceof GcsRefusal && error.status === 412;
}

/** An upload's address that the server does not know, as it has ended. */
export function isEndedUpload(error: unknown): boolean {
  return error instanceof GcsRefusal && (error.status === 404 || error.status === 410);
}

const rateReasons: ReadonlySet<string> = new Set(['rateLimitExceeded', 'userRateLimitExceeded']);

/** Faults that an operator can fix (credentials, bucket, quota) are `unavailable`, so that jobs wait for the fix. */
function typeOf(refusal: GcsRefusal): ErrorType {
  const { status, reason } = refusal;
  if (isNoObject(refusal)) return 'not-found';
  if (status === 409 || status === 412) return 'conflict';
  if (status === 413) return 'payload-too-large';
  if (status === 429 || rateReasons.has(reason)) return 'rate-limited';
  if (status === 401 || status === 403 || status === 404 || status === 408 || status < 400) return 'unavailable';
  return status < 500 ? 'invalid-request' : 'unavailable';
}

/** Converts errors of the storage and of the connection to platform errors. */
export function toGcsError(error: unknown, key: string, effect: 'reads' | 'writes'): unknown {
  if (isArtenicError(error)) return error;
  const what = JSON.stringify(key);
  if (error instanceof GcsRefusal) {
    const type = typeOf(error);
    if (type === 'not-found') return new ArtenicError(type, `There is no object ${what}.`, { cause: error });
    const code = error.reason === '' ? String(error.status) : `${error.status} ${error.reason}`;
    return new ArtenicError(type, `The storage answers ${code} for the object ${what}: ${error.message}`, {
      cause: error,
    });
  }
  const code = connectionCodeOf(error);
  // a programming error, which no retry can fix
  if (code === null) return error;
  if (effect === 'reads' || isNeverSent(code)) {
    return new ArtenicError('unavailable', `The storage cannot be reached for the object ${what} (${code}).`, {
      cause: error,
    });
  }
  const message = `The storage's answer for the object ${what} was lost (${code}).`;
  return new ArtenicError('unknown-outcome', message, { cause: error });
}

/** `fetch` puts the connection's error into the cause. */
function connectionCodeOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  if (error.cause !== undefined) return errorCode(error.cause) ?? 'no code';
  return error.name === 'AbortError' || error.name === 'TimeoutError' ? error.name : null;
}
