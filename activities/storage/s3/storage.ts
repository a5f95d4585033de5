import type { Readable } from 'node:stream';
import { ArtenicError } from '../../../core/errors.ts';
import type { ObjectRange, ObjectSigning, ObjectStorage } from '../../../core/object-storage.ts';
import { foldersOfPrefix, segmentsOf } from '../keys.ts';
import { limitSigning, limitStorage, usualStorageLimits } from '../limited.ts';
import { lazyS3, type S3, type S3Options } from './client.ts';
import { isS3Code, toS3Error } from './errors.ts';
import { createS3Signing } from './sign.ts';
import { putObject } from './write.ts';

/** Maximum length of an object's name, in bytes of UTF-8. */
const maxNameBytes = 1024;

type Work<T> = (s3: S3, place: { readonly Bucket: string; readonly Key: string }) => Promise<T>;

/** Stores objects in a bucket of S3 or a compatible server: the key `a/b` is the object `<prefix>a/b`. */
export function createS3Storage(options: S3Options, limits = usualStorageLimits): ObjectStorage & ObjectSigning {
  const { signing, ...storage } = objectsIn(options);
  return { ...limitStorage(storage, limits), ...limitSigning(signing, limits) };
}

function objectsIn(options: S3Options): ObjectStorage & { readonly signing: ObjectSigning } {
  const { bucket, prefix } = options;
  const open = lazyS3(options);

  function nameOf(key: string): string {
    segmentsOf(key);
    const name = `${prefix}${key}`;
    if (Buffer.byteLength(name) <= maxNameBytes) return name;
    throw new ArtenicError('validation-failed', `The key ${JSON.stringify(key)} is longer than S3 takes.`);
  }

  async function guarded<T>(key: string, effect: 'reads' | 'writes', work: Work<T>): Promise<T> {
    const place = { Bucket: bucket, Key: nameOf(key) };
    try {
      return await work(await open(), place);
    } catch (error) {
      throw toS3Error(error, key, effect);
    }
  }

  return {
    put: async (key, content, putOptions = {}) => {
      const place = { Bucket: bucket, Key: nameOf(key) };
      return putObject(await open(), place, key, content, putOptions);
    },
    get: (key, range) => guarded(key, 'reads', (s3, place) => openObject(s3, place, key, range)),
    read: (key, maxBytes) => guarded(key, 'reads', (s3, place) => readWhole(s3, place, key, maxBytes)),
    head: (key) =>
      guarded(key, 'reads', async (s3, place) => {
        try {
          const { ContentLength } = await s3.client.send(new s3.sdk.HeadObjectCommand(place));
          return { key, bytes: ContentLength ?? 0 };
        } catch (error) {
          if (isS3Code(error, 'NotFound') || isS3Code(error, 'NoSuchKey')) return null;
          throw error;
        }
      }),
    list: async (keyPrefix) => {
      foldersOfPrefix(keyPrefix);
      try {
        return await listAll(await open(), bucket, prefix, keyPrefix);
      } catch (error) {
        throw toS3Error(error, keyPrefix, 'reads');
      }
    },
    delete: (key) =>
      guarded(key, 'writes', async (s3, place) => {
        try {
          await s3.client.send(new s3.sdk.DeleteObjectCommand(place));
        } catch (error) {
          if (!isS3Code(error, 'NoSuchKey')) throw error;
        }
      }),
    signing: createS3Signing({ guarded }),
  };
}

async function openObject(
  { client, sdk }: S3,
  place: { readonly Bucket: string; readonly Key: string },
  key: string,
  range: ObjectRange | undefined,
): Promise<AsyncIterable<Uint8Array>> {
  try {
    const { Body } = await client.send(new sdk.GetObjectCommand({ ...place, ...rangeOf(range) }));
    return chunksOf(Body as Readable, key);
  } catch (error) {
    if (range !== undefined && isS3Code(error, 'InvalidRange')) return none();
    throw error;
  }
}

function rangeOf(range: ObjectRange | undefined): { readonly Range?: string } {
  if (range === undefined) return {};
  const { offset, bytes } = range;
  return { Range: `bytes=${offset}-${bytes === undefined ? '' : offset + bytes - 1}` };
}

async function* none(): AsyncGenerator<Uint8Array> {
  // the range begins beyond the object's end
}

async function* chunksOf(body: Readable, key: string): AsyncGenerator<Uint8Array> {
  try {
    yield* body as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw toS3Error(error, key, 'reads');
  }
}

async function readWhole(
  { client, sdk }: S3,
  place: { readonly Bucket: string; readonly Key: string },
  key: string,
  maxBytes: number,
): Promise<Uint8Array> {
  const { Body, ContentLength = 0 } = await client.send(new sdk.GetObjectCommand(place));
  if (ContentLength <= maxBytes) return (await Body?.transformToByteArray()) ?? new Uint8Array();
  (Body as Readable).destroy();
  throw new ArtenicError('payload-too-large', `${key} has ${ContentLength} bytes, more than ${maxBytes}.`);
}

async function listAll(
  { client, sdk }: S3,
  bucket: string,
  ownPrefix: string,
  keyPrefix: string,
): Promise<readonly string[]> {
  const found: string[] = [];
  let token: string | undefined;
  do {
    const page = await client.send(
      new sdk.ListObjectsV2Command({
        Bucket: bucket,
        Prefix: `${ownPrefix}${keyPrefix}`,
        // XML cannot represent every character that a key may hold
        EncodingType: 'url',
        ...(token === undefined ? {} : { ContinuationToken: token }),
      }),
    );
    for (const { Key } of page.Contents ?? []) {
      // some servers ignore the requested encoding, but each answer names its own
      const key = (page.EncodingType === 'url' ? decode(Key ?? '') : (Key ?? '')).slice(ownPrefix.length);
      // consoles create such names as folders
      if (key !== '' && !key.endsWith('/')) found.push(key);
    }
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return found.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
}

function decode(name: string): string {
  return decodeURIComponent(name.replaceAll('+', ' '));
}
