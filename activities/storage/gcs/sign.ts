import { ArtenicError, messageOf } from '../../../core/errors.ts';
import type { DirectSigning, SignedRequest } from '../../../core/object-storage.ts';
import type { Gcs, GcsOptions } from './client.ts';

type Guarded = <T>(key: string, effect: 'reads', work: (gcs: Gcs, name: string) => Promise<T>) => Promise<T>;

/** Maximum lifetime of a signature (cloud.google.com/storage/docs/access-control/signed-urls). */
const maxLifeSeconds = 7 * 24 * 3600;

/** Signs with the service account's key, or asks Google to sign if the credentials have none. */
export function createGcsSigning({ publicEndpoint }: GcsOptions, guarded: Guarded): DirectSigning {
  const host = publicEndpoint === undefined ? {} : { host: new URL(publicEndpoint) };

  async function sign(
    { fileOf }: Gcs,
    name: string,
    method: 'GET' | 'PUT',
    expiresInSeconds: number,
  ): Promise<SignedRequest> {
    const expires = new Date(Date.now() + Math.min(expiresInSeconds, maxLifeSeconds) * 1000);
    const action = method === 'GET' ? 'read' : 'write';
    try {
      const [url] = await fileOf(name).getSignedUrl({ version: 'v4', action, expires, ...host });
      return { method, url, headers: {}, expiresAt: expires.toISOString() };
    } catch (error) {
      throw new ArtenicError('unavailable', `The storage's credentials cannot sign: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  return {
    signGet: (key, { expiresInSeconds }) =>
      guarded(key, 'reads', (gcs, name) => sign(gcs, name, 'GET', expiresInSeconds)),
    signAnyPut: (key, { expiresInSeconds }) =>
      guarded(key, 'reads', (gcs, name) => sign(gcs, name, 'PUT', expiresInSeconds)),
  };
}
