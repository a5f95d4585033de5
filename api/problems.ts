import type { Response } from 'express';
import { ArtenicError, errorTable, type ErrorType } from '../core/errors.ts';

export type ProblemDocument = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly correlationId: string;
  readonly errors?: readonly unknown[];
  readonly retryAfterSeconds?: number;
  readonly expectedOffset?: number;
};

/** Errors of these types are our own fault: their words stay in the log. */
const silent: ReadonlySet<ErrorType> = new Set(['internal']);

/** RFC 9457 document of an error; anything that is not ours becomes `internal`. */
export function problemOf(error: unknown, correlationId: string): ProblemDocument {
  const known = error instanceof ArtenicError ? error : new ArtenicError('internal', '');
  const { status, title } = errorTable[known.type];
  const { errors, retryAfterMs, expectedOffset } = known.details;
  return {
    type: `urn:artenic:error:${known.type}`,
    title,
    status,
    detail: silent.has(known.type)
      ? `The platform has failed; its log has the reason under ${correlationId}.`
      : known.message,
    correlationId,
    ...(errors === undefined ? {} : { errors }),
    ...(retryAfterMs === undefined ? {} : { retryAfterSeconds: Math.max(1, Math.ceil(retryAfterMs / 1000)) }),
    ...(expectedOffset === undefined ? {} : { expectedOffset }),
  };
}

export function sendProblem(response: Response, problem: ProblemDocument): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const retryAfter = problem.retryAfterSeconds ?? (problem.status === 503 ? 1 : undefined);
  if (retryAfter !== undefined) response.setHeader('retry-after', String(retryAfter));
  response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}
