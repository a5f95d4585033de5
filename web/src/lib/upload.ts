import { ApiError, callForStatus } from './api.ts';

/** Of the content, as hex. @throws ApiError where the browser cannot hash */
export async function sha256Of(file: File): Promise<string> {
  // Browsers give it to pages of this machine and of https only. The types do not know.
  if ((crypto.subtle as SubtleCrypto | undefined) === undefined)
    throw new ApiError({
      ...{ status: 0, requestId: null, title: 'This browser cannot hash the file here' },
      detail: 'Open the dashboard over https or on the machine itself, or use `npx artenic train dispatch`.',
    });
  const digest = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Uploads under the content's hash, unless it is there; returns the hash. */
export async function uploadObject(kind: 'packages' | 'data', file: File): Promise<string> {
  const sha256 = await sha256Of(file);
  const path = `/api/v1/objects/${kind}/${sha256}`;
  if ((await callForStatus(path, { method: 'HEAD' })) === 404)
    await callForStatus(path, { method: 'PUT', content: file });
  return sha256;
}
