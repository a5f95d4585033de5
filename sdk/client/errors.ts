import type { Problem } from '@artenic/core';

/** The API refused the request; `problem` is its RFC 9457 document. */
export class ArtenicApiError extends Error {
  override readonly name = 'ArtenicApiError';
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** The API could not be reached, or its answer was cut off. */
export class ArtenicUnreachableError extends Error {
  override readonly name = 'ArtenicUnreachableError';
}
