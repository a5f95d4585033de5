import { ApiError, errorOf } from './api.ts';

/** SHA-256 of the content, as hex. @throws ApiError if the browser cannot hash */
export async function sha256Of(file: File): Promise<string> {
  // Browsers provide `crypto.subtle` only to localhost and https pages; its type does not say so.
  if ((crypto.subtle as SubtleCrypto | undefined) === undefined)
    throw new ApiError({
      ...{ status: 0, requestId: null, title: 'This browser cannot hash the file here' },
      detail: 'Open the dashboard over https or on the machine itself, or use `npx artenic jobs dispatch`.',
    });
  const digest = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Sends the content, and reports the share that has been sent. `fetch` reports nothing on the way. */
export async function putContent(path: string, content: Blob, onSent: (share: number) => void): Promise<void> {
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
    request.send(content);
  });
  if (response === null)
    throw new ApiError({
      ...{ status: 0, requestId: null, title: 'The upload broke off' },
      detail: 'The API cannot be reached. What was uploaded before is kept: dispatch again.',
    });
  if (!response.ok) throw await errorOf(response);
}
