import { createHash } from 'node:crypto';
import { mkdir, open, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { backOffMs, type SignedObjectRequest } from '@artenic/core';
import { pause } from '../pause.ts';

/** The storage does not answer, or asks to try later. */
export class StorageAwayError extends Error {
  override readonly name = 'StorageAwayError';
}

/** The signed request is no longer accepted: expired, or its signer's credentials have been replaced. */
export class SignatureRefusedError extends Error {
  override readonly name = 'SignatureRefusedError';
}

/** Time limit of an upload: a round trip, plus the body at the slowest accepted rate. */
const patienceMs = 60_000;
const slowestBytesPerMs = 64;
const downloadTries = 8;
const downloadPauseMs = { first: 100, most: 5000 };

/** S3 and the API answer with these statuses when a signed request has expired. */
function isRefusedSignature(status: number): boolean {
  return status === 401 || status === 403;
}

async function faultOf(response: Response): Promise<Error> {
  const text = (await response.text()).slice(0, 300);
  const said = `the storage returned ${response.status}: ${text}`;
  if (isRefusedSignature(response.status)) return new SignatureRefusedError(said);
  if (response.status >= 500 || response.status === 408 || response.status === 429) return new StorageAwayError(said);
  return new Error(said);
}

type SendOptions = {
  readonly body?: Blob;
  readonly onSent?: ((bytes: number) => void) | undefined;
  readonly more?: Readonly<Record<string, string>>;
};

/** The body's bytes, read as the connection takes them. */
function counted(body: Blob, onSent: (bytes: number) => void): ReadableStream<Uint8Array> {
  let bytes = 0;
  return body.stream().pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        bytes += chunk.length;
        onSent(bytes);
        controller.enqueue(chunk);
      },
    }),
  );
}

async function send(
  { method, url, headers }: SignedObjectRequest,
  { body, onSent, more }: SendOptions,
  signal: AbortSignal,
): Promise<Response> {
  // `fetch` derives it from the body.
  const { 'content-length': _, ...rest } = headers;
  const init: RequestInit =
    body === undefined || onSent === undefined
      ? { headers: { ...rest, ...more }, body: body ?? null }
      : // A stream has no known length, and storages refuse a body without a length.
        {
          headers: { ...rest, ...more, 'content-length': String(body.size) },
          body: counted(body, onSent),
          duplex: 'half',
        };
  try {
    return await fetch(url, { method, ...init, signal });
  } catch (cause) {
    throw new StorageAwayError('the storage cannot be reached', { cause });
  }
}

/**
 * One try. `onSent` receives the number of body bytes that the connection has taken so far. Returns the answer's ETag,
 * which may be empty.
 */
export async function upload(
  request: SignedObjectRequest,
  body: Blob,
  unwanted: AbortSignal,
  onSent?: (bytes: number) => void,
): Promise<string> {
  const limit = AbortSignal.timeout(patienceMs + Math.ceil(body.size / slowestBytesPerMs));
  const response = await send(request, { body, onSent }, AbortSignal.any([unwanted, limit]));
  if (!response.ok) throw await faultOf(response);
  await response.arrayBuffer();
  return response.headers.get('etag') ?? '';
}

/**
 * Downloads into a file and resumes where a broken connection ended; `sign` is called for each try. Throws when the
 * object is missing or its content has another hash; then no file is left.
 */
export async function download(
  sign: () => Promise<SignedObjectRequest>,
  path: string,
  sha256: string,
  unwanted: AbortSignal,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'w');
  try {
    const found = await fetchInto(file, sign, unwanted);
    if (found !== sha256) throw new Error(`it has the hash ${found}, expected ${sha256}`);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

async function fetchInto(
  file: FileHandle,
  sign: () => Promise<SignedObjectRequest>,
  unwanted: AbortSignal,
): Promise<string> {
  const hash = createHash('sha256');
  let offset = 0;
  for (let failures = 0; ;) {
    const begin = offset;
    try {
      for await (const chunk of chunksFrom(await sign(), offset, unwanted)) {
        await file.write(chunk, 0, chunk.length, offset);
        hash.update(chunk);
        offset += chunk.length;
      }
      return hash.digest('hex');
    } catch (error) {
      const mayPass = error instanceof StorageAwayError || error instanceof SignatureRefusedError;
      failures = offset > begin ? 1 : failures + 1;
      if (!mayPass || failures === downloadTries || unwanted.aborted) throw error;
      await pause(backOffMs(failures, downloadPauseMs), unwanted);
    }
  }
}

async function* chunksFrom(
  request: SignedObjectRequest,
  offset: number,
  unwanted: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const response = await send(request, offset === 0 ? {} : { more: { range: `bytes=${offset}-` } }, unwanted);
  // All bytes have arrived; only the end of the answer was lost.
  if (offset > 0 && response.status === 416) return;
  if (!response.ok) throw await faultOf(response);
  // A server without range support sends the object from its beginning.
  let skip = response.status === 206 ? 0 : offset;
  try {
    for await (const chunk of response.body ?? []) {
      const fresh = chunk.subarray(Math.min(skip, chunk.length));
      skip -= chunk.length - fresh.length;
      if (fresh.length > 0) yield fresh;
    }
  } catch (cause) {
    throw new StorageAwayError('the response was cut off', { cause });
  }
}
