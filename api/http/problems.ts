import type { Response } from 'express';
import { ArtenicError, errorTable, type JobCandidate } from '../../core/errors.ts';

export type ProblemDocument = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly correlationId: string;
  readonly errors?: readonly unknown[];
  readonly retryAfterSeconds?: number;
  readonly expectedOffset?: number;
  readonly headVersion?: number;
  readonly candidates?: readonly (Omit<JobCandidate, 'createdAt'> & { readonly createdAt: string })[];
};

/**
 * Detail for the client. Messages written by the platform are shown; the text of a foreign fault (it may hold an
 * address or a statement) stays in the log.
 */
function detailOf(error: ArtenicError, status: number, correlationId: string): string {
  if (status < 500 || (error.type !== 'internal' && error.cause === undefined)) return error.message;
  const { title } = errorTable[error.type];
  return `${title}; the log has the reason under ${correlationId}.`;
}

/** RFC 9457 document of an error; an error that is not an ArtenicError becomes `internal`. */
export function problemOf(error: unknown, correlationId: string): ProblemDocument {
  const known = error instanceof ArtenicError ? error : new ArtenicError('internal', '');
  const { status, title } = errorTable[known.type];
  const { errors, retryAfterMs, expectedOffset, headVersion, candidates } = known.details;
  return {
    type: `urn:artenic:error:${known.type}`,
    title,
    status,
    detail: detailOf(known, status, correlationId),
    correlationId,
    ...(errors === undefined ? {} : { errors }),
    ...(retryAfterMs === undefined ? {} : { retryAfterSeconds: Math.max(1, Math.ceil(retryAfterMs / 1000)) }),
    ...(expectedOffset === undefined ? {} : { expectedOffset }),
    ...(headVersion === undefined ? {} : { headVersion }),
    ...(candidates === undefined
      ? {}
      : { candidates: candidates.map((one) => ({ ...one, createdAt: one.createdAt.toISOString() })) }),
  };
}

/** Paths of the Open Inference Protocol, whose errors are `{"error": …}` with 400 in place of 422. */
export function isOip(path: string): boolean {
  return path === '/v2' || path.startsWith('/v2/');
}

export function sendProblem(response: Response, problem: ProblemDocument, path: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const retryAfter = problem.retryAfterSeconds ?? (problem.status === 503 ? 1 : undefined);
  if (retryAfter !== undefined) response.setHeader('retry-after', String(retryAfter));
  if (isOip(path)) {
    const status = problem.status === 422 ? 400 : problem.status;
    response
      .status(status)
      .type('application/json')
      .send(JSON.stringify({ error: problem.detail }));
    return;
  }
  response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}
