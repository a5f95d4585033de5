/** All errors that the API may answer, with their HTTP status. */
export const refusals = {
  InvalidParameter: 400,
  InvalidKey: 401,
  ExpiredToken: 401,
  QuotaExceeded: 403,
  NotFound: 404,
  NameTaken: 409,
  Throttled: 429,
  InternalError: 500,
  InsufficientCapacity: 503,
  ServiceUnavailable: 503,
} as const;
export type RefusalCode = keyof typeof refusals;

export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: RefusalCode;
  readonly status: number;
  readonly retryAfterSeconds: number | null;

  constructor(
    code: RefusalCode,
    message: string,
    options: { readonly status?: number; readonly retryAfterSeconds?: number } = {},
  ) {
    super(message);
    this.code = code;
    this.status = options.status ?? refusals[code];
    this.retryAfterSeconds = options.retryAfterSeconds ?? null;
  }
}
