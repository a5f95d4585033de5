import type { DirectSigning, SignedRequest } from '../../../core/object-storage.ts';
import type { Azure } from './client.ts';

type Guarded = <T>(key: string, effect: 'reads', work: (azure: Azure, name: string) => Promise<T>) => Promise<T>;

/** Signs a service SAS for one blob. It ends when the account's key is replaced. */
export function createAzureSigning(guarded: Guarded): DirectSigning {
  const sign = (key: string, method: 'GET' | 'PUT', expiresInSeconds: number): Promise<SignedRequest> =>
    guarded(key, 'reads', async ({ sdk, key: credential, reachable }, name) => {
      // the signature holds whole seconds
      const expiresOn = new Date((Math.floor(Date.now() / 1000) + expiresInSeconds) * 1000);
      const { url } = reachable.getBlobClient(name);
      const query = sdk.generateBlobSASQueryParameters(
        {
          containerName: reachable.containerName,
          blobName: name,
          permissions: sdk.BlobSASPermissions.parse(method === 'GET' ? 'r' : 'cw'),
          expiresOn,
          ...(url.startsWith('https:') ? { protocol: sdk.SASProtocol.Https } : {}),
        },
        credential,
      );
      return {
        method,
        url: `${url}?${query.toString()}`,
        headers: method === 'GET' ? {} : { 'x-ms-blob-type': 'BlockBlob' },
        expiresAt: expiresOn.toISOString(),
      };
    });
  return {
    signGet: (key, { expiresInSeconds }) => sign(key, 'GET', expiresInSeconds),
    signAnyPut: (key, { expiresInSeconds }) => sign(key, 'PUT', expiresInSeconds),
  };
}
