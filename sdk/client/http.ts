import { backOffMs, problemSchema } from '@artenic/core';
import type { z } from 'zod';
import { ArtenicApiError, ArtenicUnreachableError } from './errors.ts';

export type ClientOptions = {
  /** URL of the API, without a path. */
  readonly url: string;
  readonly apiKey: string;
  /** Timeout of one try, 30 s by default. */
  readonly timeoutMs?: number;
  /** Maximum retries of requests that may be repeated, 4 by default. */
  readonly retries?: number;
  readonly fetch?: typeof fetch;
};

/** Body types that `fetch` accepts. */
export type UploadBody = NonNullable<RequestInit['body']>;

export type RequestOptions = {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** For a list, the name is repeated for each value. */
  readonly query?: Readonly<Record<string, string | number | readonly string[] | undefined>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent unchanged; `body` is called for each try. */
  readonly content?: { readonly type: string; readonly body: () => UploadBody };
  readonly headers?: Readonly<Record<string, string>>;
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
  /** Disables the timeout, for uploads and downloads. */
  readonly unbounded?: boolean;
  /** Overrides the client's number of retries. */
  readonly retries?: number;
  /** Place in the content from which it is wanted, asked before each try. */
  readonly offset?: () => number;
  /** Error status that counts as an answer. */
  readonly accepts?: number;
};

export type Http = {
  readonly json: <T extends z.ZodType>(options: RequestOptions, schema: T) => Promise<z.output<T>>;
  /** Reads an answer with a 2xx status or `accepts`. A connection that breaks during `read` is retried, too. */
  readonly raw: <T>(options: RequestOptions, read: (response: Response) => Promise<T>) => Promise<T>;
};

export const betweenTriesMs = { first: 200, most: 5000 };

/** Rejects with the signal's reason when the signal aborts. */
export function pause(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((done, fail) => {
    const abort = () => {
      clearTimeout(timer);
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the caller's own reason
      fail(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      done();
    }, durationMs);
    if (signal?.aborted === true) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}

export async function errorOf(response: Response): Promise<ArtenicApiError> {
  const retryAfterSeconds = Number(response.headers.get('retry-after')) || 0;
  const parsed = problemSchema.safeParse(jsonOf(await response.text()));
  if (parsed.success) return new ArtenicApiError({ retryAfterSeconds, ...parsed.data });
  return new ArtenicApiError({
    type: 'about:blank',
    title: response.statusText,
    status: response.status,
    detail: `The server returned ${response.status} ${response.statusText}.`,
    correlationId: response.headers.get('x-correlation-id') ?? '',
    retryAfterSeconds,
  });
}

/**
 * Sends requests with retries: connection failures, 429 and 503 are retried after growing, jittered pauses, or after
 * the time in Retry-After. Every POST has an idempotency key, so that a retry has no second effect.
 */
export function createHttp(options: ClientOptions): Http {
  const send = options.fetch ?? globalThis.fetch;
  const retries = options.retries ?? 4;
  const timeoutMs = options.timeoutMs ?? 30_000;

  async function once<T>(
    request: RequestOptions,
    headers: Headers,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    const url = new URL(request.path, options.url);
    for (const [name, value] of Object.entries(request.query ?? {}))
      for (const one of typeof value === 'object' ? value : [value])
        if (one !== undefined) url.searchParams.append(name, String(one));
    const timeouts = request.unbounded === true ? [] : [AbortSignal.timeout(timeoutMs)];
    const signal = AbortSignal.any(request.signal === undefined ? timeouts : [...timeouts, request.signal]);
    const offset = request.offset?.() ?? 0;
    if (offset > 0) headers.set('range', `bytes=${offset}-`);
    else headers.delete('range');
    const body = request.json === undefined ? request.content?.body() : JSON.stringify(request.json);
    const init = { method: request.method, headers, signal, ...(body === undefined ? {} : { body, duplex: 'half' }) };
    try {
      const response = await send(url, init as RequestInit);
      if (!response.ok && response.status !== request.accepts) throw await errorOf(response);
      return await read(response);
    } catch (cause) {
      if (cause instanceof ArtenicApiError) throw cause;
      request.signal?.throwIfAborted();
      throw new ArtenicUnreachableError(`The API at ${options.url} cannot be reached.`, { cause });
    }
  }

  async function raw<T>(request: RequestOptions, read: (response: Response) => Promise<T>): Promise<T> {
    const headers = new Headers({ ...request.headers, authorization: `Bearer ${options.apiKey}` });
    if (request.json !== undefined) headers.set('content-type', 'application/json');
    if (request.content !== undefined) headers.set('content-type', request.content.type);
    if (request.method === 'POST' || request.method === 'PATCH')
      headers.set('idempotency-key', request.idempotencyKey ?? globalThis.crypto.randomUUID());
    for (let tries = 0; ; tries++) {
      try {
        return await once(request, headers, read);
      } catch (error) {
        if (tries >= (request.retries ?? retries) || !isWorthRepeating(error)) throw error;
        const askedMs = error instanceof ArtenicApiError ? (error.problem.retryAfterSeconds ?? 0) * 1000 : 0;
        if (askedMs > timeoutMs) throw error;
        await pause(Math.max(backOffMs(tries, betweenTriesMs), askedMs), request.signal);
      }
    }
  }

  return {
    raw,
    json: async (request, schema) => {
      const text = await raw(request, (response) => response.text());
      const parsed = schema.safeParse(jsonOf(text));
      if (parsed.success) return parsed.data;
      throw new ArtenicUnreachableError(
        `The response of ${options.url} to ${request.method} ${request.path} is unexpected: check that it is Artenic, and of the same version.`,
        { cause: parsed.error },
      );
    },
  };
}

export function isWorthRepeating(error: unknown): boolean {
  if (!(error instanceof ArtenicApiError)) return error instanceof ArtenicUnreachableError;
  const { status, type } = error.problem;
  return status === 429 || status === 503 || type.endsWith('idempotency-in-flight');
}

/** Undefined for invalid JSON. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
