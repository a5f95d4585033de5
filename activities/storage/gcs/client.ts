import { setTimeout as sleep } from 'node:timers/promises';
import type { File, Storage } from '@google-cloud/storage';
import { ArtenicError, messageOf } from '../../../core/errors.ts';
import { callSignal } from '../../time-limit.ts';

export type GcsCredentials = { readonly client_email: string; readonly private_key: string };

export type GcsOptions = {
  readonly bucket: string;
  /** Prefix of every key; empty or ends with `/`. No other application may use it. */
  readonly prefix: string;
  /** URL of another server; Google's own if absent. Requests to an address without TLS carry no credentials. */
  readonly endpoint?: string;
  /** URL of the same server for runners, if it differs. Signed URLs contain it. */
  readonly publicEndpoint?: string;
  /** Key of a service account. If absent, Google's application default credentials apply. */
  readonly credentials?: GcsCredentials;
};

export type GcsRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Ends the request instead of the signal of the surrounding call. */
  readonly signal?: AbortSignal;
};

export type Gcs = {
  /** URL of the bucket in the JSON API. */
  readonly bucketUrl: string;
  /** URL of its objects for uploads. */
  readonly uploadUrl: string;
  /** Handle of an object, used only to sign requests. */
  readonly fileOf: (name: string) => File;
  /** Sends the request once. Throws the connection's error; an answer of any status is returned. */
  readonly send: (request: GcsRequest) => Promise<Response>;
};

const googlesEndpoint = 'https://storage.googleapis.com';

/** Loads the SDK on first use. It provides credentials and signatures; its requests cannot be aborted. */
export function lazyGcs(options: GcsOptions): () => Promise<Gcs> {
  let made: Promise<Gcs> | null = null;
  return () => (made ??= make(options));
}

async function make({ bucket, endpoint = googlesEndpoint, credentials }: GcsOptions): Promise<Gcs> {
  const sdk = await import('@google-cloud/storage');
  const base = endpoint.replace(/\/$/, '');
  const storage: Storage = new sdk.Storage({ apiEndpoint: base });
  // as an option they make the SDK print a warning about credentials of unknown origin
  if (credentials !== undefined) storage.authClient.jsonContent = credentials;
  const isSecret = base.startsWith('https:');
  return {
    bucketUrl: `${base}/storage/v1/b/${bucket}`,
    uploadUrl: `${base}/upload/storage/v1/b/${bucket}/o`,
    fileOf: (name) => storage.bucket(bucket).file(name),
    send: async ({ method, url, headers = {}, body, signal = callSignal() }) => {
      const own = isSecret ? await authorizationOf(storage, url) : {};
      return fetch(url, {
        method,
        // the content of objects must arrive as it is stored
        headers: { 'accept-encoding': 'identity', ...own, ...headers },
        redirect: 'manual',
        ...(body === undefined ? {} : { body }),
        ...(signal === undefined ? {} : { signal }),
      });
    },
  };
}

async function authorizationOf({ authClient }: Storage, url: string): Promise<Readonly<Record<string, string>>> {
  try {
    return Object.fromEntries(await authClient.getRequestHeaders(url));
  } catch (error) {
    throw new ArtenicError('unavailable', `No credentials for Google Cloud Storage: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

const mostTries = 4;
const firstPauseMs = 100;

/** Statuses after which Google asks clients to repeat a request. */
export function isTemporary(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/** Waits before the next try; false if there is none. */
export async function pauseBefore(nextTry: number): Promise<boolean> {
  if (nextTry > mostTries || callSignal()?.aborted === true) return false;
  const signal = callSignal();
  // uploads that failed together should not be repeated together
  const pauseMs = firstPauseMs * 2 ** (nextTry - 2) * (1 + Math.random());
  await sleep(pauseMs, undefined, signal === undefined ? {} : { signal });
  return true;
}

/** Sends the request until it is answered, up to four times. It must be harmless to repeat. */
export async function ask(gcs: Gcs, request: GcsRequest): Promise<Response> {
  for (let tries = 1; ; tries++) {
    try {
      const answer = await gcs.send(request);
      if (!isTemporary(answer.status) || !(await pauseBefore(tries + 1))) return answer;
      await answer.body?.cancel();
    } catch (error) {
      if (error instanceof ArtenicError || !(await pauseBefore(tries + 1))) throw error;
    }
  }
}
