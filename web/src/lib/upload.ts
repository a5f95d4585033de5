import { ApiError, callForStatus } from './api.ts';

/** SHA-256 of the content, as hex. @throws ApiError if the browser cannot hash */
export async function sha256Of(file: File): Promise<string> {
  // Browsers provide `crypto.subtle` only to localhost and https pages; its type does not say so.
  if ((crypto.subtle as SubtleCrypto | undefined) === undefined)
    throw new ApiError({
      ...{ status: 0, requestId: null, title: 'This browser cannot hash the file here' },
      detail: 'Open the dashboard over https or on the machine itself, or use `npx artenic train dispatch`.',
    });
  const digest = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Uploads the file under its content's hash, unless the object exists; returns the hash. */
export async function uploadObject(kind: 'packages' | 'data', file: File): Promise<string> {
  const sha256 = await sha256Of(file);
  const path = `/api/v1/objects/${kind}/${sha256}`;
  if ((await callForStatus(path, { method: 'HEAD' })) === 404)
    await callForStatus(path, { method: 'PUT', content: file });
  return sha256;
}
