import { z } from 'zod';
import { ArtenicError } from '../../../core/errors.ts';
import type { DirectSigning, ObjectRange, ObjectStorage } from '../../../core/object-storage.ts';
import { foldersOfPrefix, segmentsOf } from '../keys.ts';
import { limitDirectSigning, limitStorage, usualStorageLimits } from '../limited.ts';
import { ask, lazyGcs, type Gcs, type GcsOptions } from './client.ts';
import { isNoObject, refusalOf, toGcsError } from './errors.ts';
import { createGcsSigning } from './sign.ts';
import { putObject } from './write.ts';

/** Maximum length of an object's name, in bytes of UTF-8. */
const maxNameBytes = 1024;

/** Stores objects in a bucket of Google Cloud Storage: the key `a/b` is the object `<prefix>a/b`. */
export function createGcsStorage(options: GcsOptions, limits = usualStorageLimits): ObjectStorage & DirectSigning {
  const { signing, ...storage } = objectsIn(options);
  return { ...limitStorage(storage, limits), ...limitDirectSigning(signing, limits) };
}

function objectsIn(options: GcsOptions): ObjectStorage & { readonly signing: DirectSigning } {
  const { prefix } = options;
  const open = lazyGcs(options);

  function nameOf(key: string): string {
    segmentsOf(key);
    const name = `${prefix}${key}`;
    if (Buffer.byteLength(name) > maxNameBytes)
      throw new ArtenicError('validation-failed', `The key ${JSON.stringify(key)} is longer than the storage accepts.`);
    if (name.includes('\n') || name.includes('\r'))
      throw new ArtenicError('validation-failed', `The key ${JSON.stringify(key)} contains a line break.`);
    return name;
  }

  async function guarded<T>(
    key: string,
    effect: 'reads' | 'writes',
    work: (gcs: Gcs, name: string) => Promise<T>,
  ): Promise<T> {
    const name = nameOf(key);
    try {
      return await work(await open(), name);
    } catch (error) {
      throw toGcsError(error, key, effect);
    }
  }

  return {
    put: async (key, content, putOptions = {}) => {
      const name = nameOf(key);
      return putObject(await open(), name, key, content, putOptions);
    },
    get: (key, range) =>
      guarded(key, 'reads', async (gcs, name) => {
        const answer = await openObject(gcs, name, range);
        return answer?.body == null ? none() : chunksOf(answer.body, key);
      }),
    read: (key, maxBytes) => guarded(key, 'reads', (gcs, name) => readWhole(gcs, name, key, maxBytes)),
    head: (key) =>
      guarded(key, 'reads', async (gcs, name) => {
        const bytes = await bytesOf(gcs, name);
        return bytes === null ? null : { key, bytes };
      }),
    list: async (keyPrefix) => {
      foldersOfPrefix(keyPrefix);
      try {
        return await listAll(await open(), prefix, keyPrefix);
      } catch (error) {
        throw toGcsError(error, keyPrefix, 'reads');
      }
    },
    delete: (key) =>
      guarded(key, 'writes', async (gcs, name) => {
        const answer = await ask(gcs, { method: 'DELETE', url: urlOf(gcs, name) });
        if (answer.ok) {
          await answer.body?.cancel();
          return;
        }
        const refusal = await refusalOf(answer);
        if (!isNoObject(refusal)) throw refusal;
      }),
    signing: createGcsSigning(options, guarded),
  };
}

function urlOf({ bucketUrl }: Gcs, name: string): string {
  return `${bucketUrl}/o/${encodeURIComponent(name)}`;
}

const sizeSchema = z.object({ size: z.coerce.number().int().nonnegative() });

async function bytesOf(gcs: Gcs, name: string): Promise<number | null> {
  const answer = await ask(gcs, { method: 'GET', url: `${urlOf(gcs, name)}?fields=size` });
  if (answer.ok) return sizeSchema.parse(await answer.json()).size;
  const refusal = await refusalOf(answer);
  if (isNoObject(refusal)) return null;
  throw refusal;
}

/** Null if the range begins at or beyond the object's end. */
async function openObject(gcs: Gcs, name: string, range: ObjectRange | undefined): Promise<Response | null> {
  const headers = range === undefined ? {} : { range: rangeOf(range) };
  const answer = await ask(gcs, { method: 'GET', url: `${urlOf(gcs, name)}?alt=media`, headers });
  if (answer.ok) return answer;
  const refusal = await refusalOf(answer);
  if (range !== undefined && refusal.status === 416) return null;
  throw refusal;
}

function rangeOf({ offset, bytes }: ObjectRange): string {
  return `bytes=${offset}-${bytes === undefined ? '' : offset + bytes - 1}`;
}

async function* none(): AsyncGenerator<Uint8Array> {
  // the range begins beyond the object's end
}

async function* chunksOf(body: ReadableStream<Uint8Array>, key: string): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw toGcsError(error, key, 'reads');
  }
}

async function readWhole(gcs: Gcs, name: string, key: string, maxBytes: number): Promise<Uint8Array> {
  const answer = await openObject(gcs, name, undefined);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer?.body ?? none()) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new ArtenicError('payload-too-large', `${key} has more than ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const pageSchema = z.object({
  items: z
    .array(z.object({ name: z.string().max(2 * maxNameBytes) }))
    .max(10_000)
    .default([]),
  nextPageToken: z.string().max(10_000).optional(),
});

async function listAll(gcs: Gcs, ownPrefix: string, keyPrefix: string): Promise<readonly string[]> {
  const found: string[] = [];
  let pageToken: string | undefined;
  do {
    const query = new URLSearchParams({
      prefix: `${ownPrefix}${keyPrefix}`,
      fields: 'items(name),nextPageToken',
      ...(pageToken === undefined ? {} : { pageToken }),
    });
    const answer = await ask(gcs, { method: 'GET', url: `${gcs.bucketUrl}/o?${query.toString()}` });
    if (!answer.ok) throw await refusalOf(answer);
    const page = pageSchema.parse(await answer.json());
    for (const { name } of page.items) {
      const key = name.slice(ownPrefix.length);
      // consoles create such names as folders
      if (key !== '' && !key.endsWith('/')) found.push(key);
    }
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined && pageToken !== '');
  return found.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
}
