import type * as Sdk from '@azure/storage-blob';
import { callSignal } from '../../time-limit.ts';

export type AzureOptions = {
  readonly account: string;
  readonly container: string;
  /** Prefix of every key; empty or ends with `/`. No other application may use it. */
  readonly prefix: string;
  /** URL of the account on another server; `https://<account>.blob.core.windows.net` if absent. */
  readonly endpoint?: string;
  /** URL of the same account for runners, if it differs. Signed URLs contain it. */
  readonly publicEndpoint?: string;
  /** One of the account's two keys, in base64. */
  readonly accountKey: string;
};

export type Azure = {
  readonly sdk: typeof Sdk;
  readonly key: Sdk.StorageSharedKeyCredential;
  readonly container: Sdk.ContainerClient;
  /** Used only for URLs of signed requests. */
  readonly reachable: Sdk.ContainerClient;
};

/** The SDK waits 0, 1 and 3 times this long before its tries. */
const pauseMs = 200;

/** Loads the SDK and creates the clients on first use. */
export function lazyAzure(options: AzureOptions): () => Promise<Azure> {
  let made: Promise<Azure> | null = null;
  return () => (made ??= make(options));
}

async function make({ account, container, accountKey, ...urls }: AzureOptions): Promise<Azure> {
  const sdk = await import('@azure/storage-blob');
  const key = new sdk.StorageSharedKeyCredential(account, accountKey);
  const retryOptions = { maxTries: 4, retryDelayInMs: pauseMs };
  const endpoint = urls.endpoint ?? `https://${account}.blob.core.windows.net`;
  const clientOf = (url: string) =>
    new sdk.BlobServiceClient(url.replace(/\/$/, ''), key, { retryOptions }).getContainerClient(container);
  return { sdk, key, container: clientOf(endpoint), reachable: clientOf(urls.publicEndpoint ?? endpoint) };
}

/** Option that ends a request with its call. */
export function untilTheCallEnds(): { readonly abortSignal?: AbortSignal } {
  const abortSignal = callSignal();
  return abortSignal === undefined ? {} : { abortSignal };
}
