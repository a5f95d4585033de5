import { jsonOrNull, problemSchema, type Problem } from '@artenic/core';
import type { z } from 'zod';

const usualTimeoutMs = 20_000;

/** A failed call, with a message for users. `status` is 0 when no answer arrived. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly title: string;
  /** Finds the request in the API's log. */
  readonly requestId: string | null;
  readonly problem: Problem | null;

  constructor(about: {
    readonly status: number;
    readonly title: string;
    readonly detail: string;
    readonly requestId: string | null;
    readonly problem?: Problem | null;
  }) {
    super(about.detail);
    this.status = about.status;
    this.title = about.title;
    this.requestId = about.requestId;
    this.problem = about.problem ?? null;
  }
}

export type Call = {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';
  /** A list repeats its name. */
  readonly query?: Readonly<Record<string, string | number | readonly string[] | undefined>>;
  readonly json?: unknown;
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
  /** For what takes longer than a page is read; 20 s when absent. */
  readonly timeoutMs?: number;
};

export function addressOf(path: string, query: Call['query']): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {}))
    if (value !== undefined) for (const one of [value].flat()) search.append(name, String(one));
  const text = search.toString();
  return text === '' ? path : `${path}?${text}`;
}

function initOf(call: Call): RequestInit {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (call.json !== undefined) headers['content-type'] = 'application/json';
  if (call.idempotencyKey !== undefined) headers['idempotency-key'] = call.idempotencyKey;
  const body = call.json === undefined ? null : JSON.stringify(call.json);
  const timeout = AbortSignal.timeout(call.timeoutMs ?? usualTimeoutMs);
  const signal = AbortSignal.any([timeout, ...(call.signal === undefined ? [] : [call.signal])]);
  return { method: call.method ?? 'GET', headers, body, signal, credentials: 'same-origin' };
}

async function send(path: string, call: Call): Promise<Response> {
  try {
    return await fetch(addressOf(path, call.query), initOf(call));
  } catch (error) {
    if (call.signal?.aborted === true) throw error;
    const isLate = error instanceof DOMException && error.name === 'TimeoutError';
    throw new ApiError({
      status: 0,
      title: isLate ? 'The API takes too long' : 'The API cannot be reached',
      detail: isLate
        ? `No answer for ${(call.timeoutMs ?? usualTimeoutMs) / 1000} s.`
        : 'Start it with `npm start`, then retry.',
      requestId: null,
    });
  }
}

export async function errorOf(response: Response): Promise<ApiError> {
  const requestId = response.headers.get('x-correlation-id');
  const text = await response.text().catch(() => '');
  const parsed = problemSchema.safeParse(jsonOrNull(text));
  if (!parsed.success)
    return new ApiError({
      ...{ status: response.status, requestId },
      title: response.status >= 500 ? `Server error (${response.status})` : `Request failed (${response.status})`,
      detail: 'No details were returned.',
    });
  const { title, detail, status } = parsed.data;
  return new ApiError({ status, title, detail, requestId, problem: parsed.data });
}

/** Calls the API and checks the answer against the contract. Throws only `ApiError`, or the caller's own abort. */
export async function callApi<T extends z.ZodType>(path: string, schema: T, call: Call = {}): Promise<z.output<T>> {
  const response = await send(path, call);
  if (!response.ok) throw await errorOf(response);
  const parsed = schema.safeParse(jsonOrNull(await response.text()));
  if (parsed.success) return parsed.data;
  throw new ApiError({
    status: response.status,
    title: 'Unexpected response',
    detail: 'Reload: dashboard and API versions may differ.',
    requestId: response.headers.get('x-correlation-id'),
  });
}

/** A call whose only answer is its status. */
export async function callForStatus(path: string, call: Call): Promise<number> {
  const response = await send(path, call);
  if (!response.ok && !(call.method === 'HEAD' && response.status === 404)) throw await errorOf(response);
  return response.status;
}

export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new ApiError({ status: 0, title: 'Error in the dashboard', detail, requestId: null });
}
