import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { backOffMs, jsonOrNull, problemSchema, type Bootstrap } from '@artenic/core';
import { fetchByEnvironment } from '@artenic/core/proxy';
import { z } from 'zod';

/** A newer attempt has taken over, or this attempt was ended, so the API accepts no further writes of it. */
export class FencedError extends Error {
  override readonly name = 'FencedError';
}

/** The server has stored the bytes up to another offset. */
export class OffsetMismatchError extends Error {
  override readonly name = 'OffsetMismatchError';
  readonly expectedOffset: number;
  constructor(expectedOffset: number) {
    super(`the server expects offset ${expectedOffset}`);
    this.expectedOffset = expectedOffset;
  }
}

/** No answer, an answer to retry later, or an answer of another server at the API's old address. */
class UnreachableError extends Error {
  override readonly name: string = 'UnreachableError';
}

/** The API answered 429 before it checked the token. */
class BusyError extends UnreachableError {
  override readonly name = 'BusyError';
}

/**
 * The server does not know the attempt's token. During an attempt, that server is not the API, because the API answers
 * `fenced` to a replaced attempt.
 */
class StrangerError extends UnreachableError {
  override readonly name = 'StrangerError';
}

/** The API understood the request and refused it; `message` is meant for users. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

type Patience = {
  /** Aborts the wait with its reason. */
  readonly signal?: AbortSignal;
  /** How long an unknown token counts as a wrong address, in milliseconds; without limit if absent. */
  readonly strangerMs?: number;
};

export type RunnerApi = {
  /** Sends one request. Bytes are sent unchanged, other bodies as JSON. */
  readonly post: <T extends z.ZodType>(path: string, body: unknown, answer: T) => Promise<z.output<T>>;
  /** Retries until there is an answer, with pauses that grow to two seconds. */
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

/** The error that an answer without success stands for. */
function failureOf(status: number, text: string): Error {
  const problem = problemSchema.safeParse(jsonOrNull(text)).data;
  if (status === 401 || status === 403) return new StrangerError(problem?.detail ?? `the API returned ${status}`);
  if (status === 429) return new BusyError('the API returned 429');
  if (problem === undefined || status >= 500 || status === 408)
    return new UnreachableError(`the API returned ${status}`);
  if (problem.type.endsWith('fenced')) return new FencedError(problem.detail);
  if (problem.expectedOffset !== undefined) return new OffsetMismatchError(problem.expectedOffset);
  return new RefusedError(problem.detail);
}

/** Reads the API's URL, because a restarted platform on this machine may use another port. Null when no file tells it. */
function currentUrl(endpointsFile: string | undefined): string | null {
  if (endpointsFile === undefined) return null;
  try {
    return endpointsSchema.parse(JSON.parse(readFileSync(endpointsFile, 'utf8'))).api;
  } catch {
    // the file may be missing or incomplete while the platform starts
    return null;
  }
}

/** Requests to the API with this attempt's token. No retry limit applies, because the API may be away for hours. */
export function createRunnerApi(
  bootstrap: Pick<Bootstrap, 'apiUrl' | 'endpointsFile' | 'traceparent'>,
  token: string,
): RunnerApi {
  const fetchByProxy = fetchByEnvironment();
  const trace = bootstrap.traceparent === undefined ? {} : { traceparent: bootstrap.traceparent };
  let baseUrl = bootstrap.apiUrl;

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
      throw new UnreachableError('the response was cut off', { cause });
    }
    if (response.ok) {
      const parsed = answer.safeParse(text === '' ? {} : jsonOrNull(text));
      if (parsed.success) return parsed.data;
      throw new UnreachableError(`no answer of our API: ${parsed.error.message}`);
    }
    throw failureOf(response.status, text);
  }

  async function post<T extends z.ZodType>(path: string, body: unknown, answer: T): Promise<z.output<T>> {
    try {
      return await ask(path, body, answer);
    } catch (error) {
      if (error instanceof UnreachableError) baseUrl = currentUrl(bootstrap.endpointsFile) ?? baseUrl;
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
