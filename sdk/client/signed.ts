import { backOffMs, type SignedObjectRequest } from '@artenic/core';
import { ArtenicApiError, ArtenicUnreachableError } from './errors.ts';
import { betweenTriesMs, errorOf, isWorthRepeating, pause, type ClientOptions, type UploadBody } from './http.ts';

/** Sends content by a signed request: to the storage, or to the API itself. Calls `body` for each try. */
export async function sendSigned(
  options: Pick<ClientOptions, 'fetch' | 'retries'>,
  { method, url, headers }: SignedObjectRequest,
  body: () => UploadBody,
  signal?: AbortSignal,
): Promise<void> {
  const send = options.fetch ?? globalThis.fetch;
  const retries = options.retries ?? 4;
  for (let tries = 0; ; tries++) {
    try {
      const init = { method, headers, body: body(), duplex: 'half', ...(signal === undefined ? {} : { signal }) };
      const response = await send(url, init as RequestInit);
      if (!response.ok) throw await errorOf(response);
      await response.arrayBuffer();
      return;
    } catch (cause) {
      signal?.throwIfAborted();
      const error =
        cause instanceof ArtenicApiError
          ? cause
          : new ArtenicUnreachableError(`The storage at ${new URL(url).host} cannot be reached.`, { cause });
      if (tries >= retries || !isWorthRepeating(error)) throw error;
      await pause(backOffMs(tries, betweenTriesMs), signal);
    }
  }
}
