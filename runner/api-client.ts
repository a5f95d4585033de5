import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { problemSchema, type Bootstrap } from '@artenic/core';
import { z } from 'zod';

/** A newer attempt has taken over, or this one has been ended: nothing of ours is wanted any more. */
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

/** No answer, or one that says "later". */
class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

export type RunnerApi = {
  /** One try. Bytes go as they are, anything else as JSON. */
  readonly post: <T extends z.ZodType>(path: string, body: unknown, answer: T) => Promise<z.output<T>>;
  /** Tries until there is an answer, with pauses that grow to two seconds; `signal` ends it with its reason. */
  readonly postUntilAnswered: <T extends z.ZodType>(
    path: string,
    body: unknown,
    answer: T,
    signal?: AbortSignal,
  ) => Promise<z.output<T>>;
};

const requestTimeoutMs = 15_000;
const pauseMs = { first: 100, most: 2000 };
const endpointsSchema = z.object({ api: z.url() });

/** Callbacks to the API with this attempt's token. The API may be away for hours: nothing here gives up by itself. */
export function createRunnerApi(bootstrap: Bootstrap, token: string): RunnerApi {
  let baseUrl = bootstrap.apiUrl;

  /** On this machine the platform may have come back on another port. */
  function lookForApi(): void {
    if (bootstrap.endpointsFile === undefined) return;
    try {
      baseUrl = endpointsSchema.parse(JSON.parse(readFileSync(bootstrap.endpointsFile, 'utf8'))).api;
    } catch {
      // Half written or not there while the platform starts: the address we have stays.
    }
  }

  async function send(path: string, body: unknown): Promise<Response> {
    const isBytes = body instanceof Uint8Array;
    try {
      return await fetch(`${baseUrl}/api/v1/runner${path}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': isBytes ? 'application/octet-stream' : 'application/json',
        },
        body: isBytes ? body : JSON.stringify(body),
        signal: AbortSignal.timeout(requestTimeoutMs),
      });
    } catch (cause) {
      lookForApi();
      throw new UnreachableError('the API cannot be reached', { cause });
    }
  }

  async function post<T extends z.ZodType>(path: string, body: unknown, answer: T): Promise<z.output<T>> {
    const response = await send(path, body);
    let text: string;
    try {
      text = await response.text();
    } catch (cause) {
      throw new UnreachableError('the answer was cut off', { cause });
    }
    if (response.ok) return answer.parse(text === '' ? {} : JSON.parse(text));
    if (response.status >= 500 || response.status === 429 || response.status === 408)
      throw new UnreachableError(`the API answered ${response.status}`);
    const problem = problemSchema.safeParse(safeJson(text)).data;
    if (problem?.type.endsWith('fenced') === true || response.status === 401 || response.status === 403)
      throw new FencedError(problem?.detail ?? `the API answered ${response.status}`);
    if (problem?.expectedOffset !== undefined) throw new OffsetMismatchError(problem.expectedOffset);
    throw new Error(`the API refused ${path} with ${response.status}: ${problem?.detail ?? text.slice(0, 500)}`);
  }

  async function postUntilAnswered<T extends z.ZodType>(
    path: string,
    body: unknown,
    answer: T,
    signal?: AbortSignal,
  ): Promise<z.output<T>> {
    for (let waitMs = pauseMs.first; ; waitMs = Math.min(waitMs * 2, pauseMs.most)) {
      signal?.throwIfAborted();
      try {
        return await post(path, body, answer);
      } catch (error) {
        if (!(error instanceof UnreachableError)) throw error;
      }
      await sleep(waitMs, undefined, signal === undefined ? {} : { signal });
    }
  }

  return { post, postUntilAnswered };
}

export function isUnreachable(error: unknown): boolean {
  return error instanceof UnreachableError;
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
