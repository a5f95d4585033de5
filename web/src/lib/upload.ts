import { ApiError, callForStatus, errorOf } from './api.ts';
import type { HashAnswer } from './hash-worker.ts';

/** Up to this size the browser's own hash is used, which is faster but needs the whole file in memory. */
const wholeBytes = 64 * 1024 * 1024;

const cannotRead = (detail: string): ApiError =>
  new ApiError({ status: 0, requestId: null, title: 'The file cannot be read', detail });

function workerSha256Of(file: File): Promise<string> {
  const worker = new Worker(new URL('hash-worker.ts', import.meta.url), { type: 'module' });
  const answer = new Promise<string>((resolve, reject) => {
    worker.addEventListener('message', ({ data }: MessageEvent<HashAnswer>) => {
      if ('sha256' in data) resolve(data.sha256);
      else reject(cannotRead(`${file.name}: ${data.failure}`));
    });
    worker.addEventListener('error', ({ message }) => reject(cannotRead(`${file.name}: ${message}`)));
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin to name
    worker.postMessage(file);
  });
  return answer.finally(() => worker.terminate());
}

/** The worker that is at work: a second one beside it would only share its processor and its disk. */
let lastWorker: Promise<unknown> = Promise.resolve();

/** SHA-256 of the content, as hex, of files of any size and on plain http. @throws ApiError if the file cannot be read */
export async function sha256Of(file: File): Promise<string> {
  // Browsers provide `crypto.subtle` only to localhost and https pages; its type does not say so.
  const subtle = crypto.subtle as SubtleCrypto | undefined;
  if (subtle === undefined || file.size > wholeBytes) {
    const hashed = lastWorker.then(() => workerSha256Of(file));
    lastWorker = hashed.catch(() => null);
    return hashed;
  }
  const content = await file.arrayBuffer().catch((error: unknown) => {
    throw cannotRead(`${file.name}: ${String(error)}`);
  });
  const digest = await subtle.digest('SHA-256', content);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Sends the content, and reports the share that has been sent. `fetch` reports nothing on the way. */
export async function putContent(
  path: string,
  content: Blob,
  onSent: (share: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  const response = await new Promise<Response | null>((resolve) => {
    const request = new XMLHttpRequest();
    request.open('PUT', path);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.upload.addEventListener('progress', ({ loaded, total }) => onSent(total === 0 ? 1 : loaded / total));
    request.addEventListener('error', () => resolve(null));
    request.addEventListener('load', () => {
      const requestId = request.getResponseHeader('x-correlation-id');
      const hasBody = request.status !== 204 && request.status !== 304;
      resolve(
        new Response(hasBody ? request.responseText : null, {
          status: request.status,
          headers: requestId === null ? {} : { 'x-correlation-id': requestId },
        }),
      );
    });
    request.addEventListener('abort', () => resolve(null));
    signal?.addEventListener('abort', () => request.abort(), { once: true });
    request.send(content);
  });
  signal?.throwIfAborted();
  if (response === null)
    throw new ApiError({
      ...{ status: 0, requestId: null, title: 'The upload broke off' },
      detail: 'The API cannot be reached. What was uploaded before is kept: try again.',
    });
  if (!response.ok) throw await errorOf(response);
}

/** Uploads the file under its content's hash, unless the object exists; returns the hash. */
export async function uploadObject(
  kind: 'packages' | 'data',
  file: File,
  onSent: (share: number) => void,
): Promise<string> {
  const sha256 = await sha256Of(file);
  const path = `/api/v1/objects/${kind}/${sha256}`;
  if ((await callForStatus(path, { method: 'HEAD' })) === 404) await putContent(path, file, onSent);
  return sha256;
}
