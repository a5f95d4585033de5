import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { backOffMs, jsonOrNull, problemSchema, type Bootstrap } from '@artenic/core';
import { fetchByEnvironment } from '@artenic/core/proxy';
import { z } from 'zod';

/** A newer attempt has taken over, or this attempt was ended: the API accepts nothing more from this runner. */
export class FencedError extends Error {
  override readonly name = 'FencedError';
}

/** The server has these bytes up to another offset. */
export class OffsetMismatchError extends Error {
  override readonly name = 'OffsetMismatchError';
  readonly expectedOffset: number;
  constructor(expectedOffset: number) {
    super(`the server expects offset ${expectedOffset}`);
    this.expectedOffset = expectedOffset;
  }
}

/** No answer, an answer that says "later", or an answer of another server at the API's old address. */
class UnreachableError extends Error {
  override readonly name: string = 'UnreachableError';
}

/** The API answered 429, before it looked at the token. */
class BusyError extends UnreachableError {
  override readonly name = 'BusyError';
}

/**
 * The answering server does not know the token. While this runner runs, that is another server: a newer attempt would
 * cause `FencedError`.
 */
class StrangerError extends UnreachableError {
  override readonly name = 'StrangerError';
}

/** The API has understood and refuses; `message` is for people. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

type Patience = {
  /** Ends the waiting with its reason. */
  readonly signal?: AbortSignal;
  /** How long an unknown token counts as a wrong address; without limit when absent. */
  readonly strangerMs?: number;
};

export type RunnerApi = {
  /** One try. Bytes go as they are, anything else as JSON. */
  readonly post: <T extends z.ZodType>(path: string, body: unknown, answer: T) => Promise<z.output<T>>;
  /** Tries until there is an answer, with pauses that grow to two seconds. */
  readonly postUntilAnswered: <T extends z.ZodType>(
    path: string,
    body: unknown,
    answer: T,
    patience?: Patience,
  ) => Promise<z.output<T>>;
};

const requestTimeoutMs = 15_000;
const pauseMs = { first: 100, most: 2000 };
const endpointsSchema = z.object({ api: z.url() });

/** Callbacks to the API with this attempt's token. The API may be away for hours: nothing here gives up by itself. */
export function createRunnerApi(
  bootstrap: Pick<Bootstrap, 'apiUrl' | 'endpointsFile' | 'traceparent'>,
  token: string,
): RunnerApi {
  const fetchByProxy = fetchByEnvironment();
  const trace = bootstrap.traceparent === undefined ? {} : { traceparent: bootstrap.traceparent };
  let baseUrl = bootstrap.apiUrl;

  /** A platform on this machine may have come back on another port. */
  function lookForApi(): void {
    if (bootstrap.endpointsFile === undefined) return;
    try {
      baseUrl = endpointsSchema.parse(JSON.parse(readFileSync(bootstrap.endpointsFile, 'utf8'))).api;
    } catch {
      // The file is incomplete or missing while the platform starts: the current address stays.
    }
  }

  async function send(path: string, body: unknown): Promise<Response> {
    const isBytes = body instanceof Uint8Array;
    try {
      return await fetchByProxy(`${baseUrl}/api/v1/runner${path}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': isBytes ? 'application/octet-stream' : 'application/json',
          ...trace,
        },
        body: isBytes ? body : JSON.stringify(body),
        signal: AbortSignal.timeout(requestTimeoutMs),
      });
    } catch (cause) {
      throw new UnreachableError('the API cannot be reached', { cause });
    }
  }

  async function ask<T extends z.ZodType>(path: string, body: unknown, answer: T): Promise<z.output<T>> {
    const response = await send(path, body);
    let text: string;
    try {
      text = await response.text();
    } catch (cause) {
      throw new UnreachableError('the answer was cut off', { cause });
    }
    if (response.ok) {
      const parsed = answer.safeParse(text === '' ? {} : jsonOrNull(text));
      if (parsed.success) return parsed.data;
      throw new UnreachableError(`no answer of our API: ${parsed.error.message}`);
    }
    const problem = problemSchema.safeParse(jsonOrNull(text)).data;
    if (response.status === 401 || response.status === 403)
      throw new StrangerError(problem?.detail ?? `the API answered ${response.status}`);
    if (response.status === 429) throw new BusyError('the API answered 429');
    if (problem === undefined || response.status >= 500 || response.status === 408)
      throw new UnreachableError(`the API answered ${response.status}`);
    if (problem.type.endsWith('fenced')) throw new FencedError(problem.detail);
    if (problem.expectedOffset !== undefined) throw new OffsetMismatchError(problem.expectedOffset);
    throw new RefusedError(problem.detail);
  }

  async function post<T extends z.ZodType>(path: string, body: unknown, answer: T): Promise<z.output<T>> {
    try {
      return await ask(path, body, answer);
    } catch (error) {
      if (error instanceof UnreachableError) lookForApi();
      throw error;
    }
  }

  async function postUntilAnswered<T extends z.ZodType>(
    path: string,
    body: unknown,
    answer: T,
    { signal, strangerMs = Number.POSITIVE_INFINITY }: Patience = {},
  ): Promise<z.output<T>> {
    let strangerSinceMs: number | null = null;
    for (let failures = 0; ; failures++) {
      signal?.throwIfAborted();
      try {
        return await post(path, body, answer);
      } catch (error) {
        if (!(error instanceof UnreachableError)) throw error;
        if (error instanceof StrangerError) strangerSinceMs ??= performance.now();
        else if (!(error instanceof BusyError)) strangerSinceMs = null;
        if (strangerSinceMs !== null && performance.now() - strangerSinceMs > strangerMs) throw error;
      }
      await sleep(backOffMs(failures, pauseMs), undefined, signal === undefined ? {} : { signal });
    }
  }

  return { post, postUntilAnswered };
}

export function isUnreachable(error: unknown): boolean {
  return error instanceof UnreachableError;
}
