import { problemSchema } from '@artenic/core';
import type { z } from 'zod';
import { ArtenicApiError, ArtenicUnreachableError } from './errors.ts';

export type ClientOptions = {
  /** URL of the API, without a path. */
  readonly url: string;
  readonly apiKey: string;
  /** Longest time for one try, 30 s by default. */
  readonly timeoutMs?: number;
  /** Tries after the first for what may be repeated, 4 by default. */
  readonly retries?: number;
  readonly fetch?: typeof fetch;
};

/** What `fetch` takes as a body. */
export type UploadBody = NonNullable<RequestInit['body']>;

export type RequestOptions = {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is; called anew for each try. */
  readonly content?: { readonly type: string; readonly body: () => UploadBody };
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
};

export type Http = {
  readonly json: <T extends z.ZodType>(options: RequestOptions, schema: T) => Promise<z.output<T>>;
  /** The answer itself, of any status below 400 (and 404 for HEAD). */
  readonly raw: (options: RequestOptions) => Promise<Response>;
};

const firstPauseMs = 200;
const longestPauseMs = 5000;

function waitFor(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((done, fail) => {
    const timer = setTimeout(done, durationMs);
    signal?.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        fail(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
      },
      { once: true },
    );
  });
}

async function errorOf(response: Response): Promise<ArtenicApiError> {
  const text = await response.text().catch(() => '');
  try {
    return new ArtenicApiError(problemSchema.parse(JSON.parse(text)));
  } catch {
    const correlationId = response.headers.get('x-correlation-id') ?? '';
    return new ArtenicApiError({
      type: 'about:blank',
      title: response.statusText,
      status: response.status,
      detail: `The server answered ${response.status} ${response.statusText}.`,
      correlationId,
    });
  }
}

/**
 * Requests with retries: connection failures, 429 and 503 are tried again with growing, jittered pauses or as
 * Retry-After says. Every POST carries an idempotency key, so that a repeat has no second effect.
 */
export function createHttp(options: ClientOptions): Http {
  const send = options.fetch ?? globalThis.fetch;
  const retries = options.retries ?? 4;
  const timeoutMs = options.timeoutMs ?? 30_000;

  async function once(request: RequestOptions, headers: Headers): Promise<Response> {
    const url = new URL(request.path, options.url);
    for (const [name, value] of Object.entries(request.query ?? {}))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const timeout = AbortSignal.timeout(timeoutMs);
    const body = request.json === undefined ? request.content?.body() : JSON.stringify(request.json);
    try {
      return await send(url, {
        method: request.method,
        headers,
        signal: request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal]),
        ...(body === undefined ? {} : { body, duplex: 'half' }),
      } as RequestInit);
    } catch (cause) {
      if (request.signal?.aborted === true) throw cause;
      throw new ArtenicUnreachableError(`The API at ${options.url} cannot be reached.`, { cause });
    }
  }

  async function raw(request: RequestOptions): Promise<Response> {
    const headers = new Headers({ authorization: `Bearer ${options.apiKey}` });
    if (request.json !== undefined) headers.set('content-type', 'application/json');
    if (request.content !== undefined) headers.set('content-type', request.content.type);
    if (request.method === 'POST')
      headers.set('idempotency-key', request.idempotencyKey ?? globalThis.crypto.randomUUID());
    for (let tries = 0; ; tries++) {
      const pauseMs = Math.min(firstPauseMs * 2 ** tries, longestPauseMs) * (0.5 + Math.random() / 2);
      try {
        const response = await once(request, headers);
        if (response.ok || (request.method === 'HEAD' && response.status === 404)) return response;
        const error = await errorOf(response);
        const inFlight = error.problem.type.endsWith('idempotency-in-flight');
        if (tries >= retries || !(response.status === 429 || response.status === 503 || inFlight)) throw error;
        await waitFor(Math.max(pauseMs, Number(response.headers.get('retry-after') ?? 0) * 1000), request.signal);
      } catch (error) {
        if (!(error instanceof ArtenicUnreachableError) || tries >= retries) throw error;
        await waitFor(pauseMs, request.signal);
      }
    }
  }

  return {
    raw,
    json: async (request, schema) => schema.parse(await (await raw(request)).json()),
  };
}
