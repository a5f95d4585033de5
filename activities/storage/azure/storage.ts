import { ArtenicError } from '../../../core/errors.ts';
import type { DirectSigning, ObjectRange, ObjectStorage } from '../../../core/object-storage.ts';
import { foldersOfPrefix, segmentsOf } from '../keys.ts';
import { limitDirectSigning, limitStorage, usualStorageLimits } from '../limited.ts';
import { lazyAzure, untilTheCallEnds, type Azure, type AzureOptions } from './client.ts';
import { azureCodeOf, isNoBlob, toAzureError } from './errors.ts';
import { keyOf, nameOfKey, nameOfPrefix } from './names.ts';
import { createAzureSigning } from './sign.ts';
import { putObject } from './write.ts';

/** Maximum length of a blob's name, in UTF-16 units. */
const maxNameLength = 1024;

/** Stores objects in a container of Azure Blob Storage: the key `a/b` is the block blob `<prefix>a/b`. */
export function createAzureStorage(options: AzureOptions, limits = usualStorageLimits): ObjectStorage & DirectSigning {
  const { signing, ...storage } = objectsIn(options);
  return { ...limitStorage(storage, limits), ...limitDirectSigning(signing, limits) };
}

function objectsIn(options: AzureOptions): ObjectStorage & { readonly signing: DirectSigning } {
  const { prefix } = options;
  const open = lazyAzure(options);

  function nameOf(key: string): string {
    segmentsOf(key);
    const name = `${prefix}${nameOfKey(key)}`;
    if (name.length <= maxNameLength) return name;
    throw new ArtenicError('validation-failed', `The key ${JSON.stringify(key)} is longer than the storage accepts.`);
  }

  async function guarded<T>(
    key: string,
    effect: 'reads' | 'writes',
    work: (azure: Azure, name: string) => Promise<T>,
  ): Promise<T> {
    const name = nameOf(key);
    try {
      return await work(await open(), name);
    } catch (error) {
      throw toAzureError(error, key, effect);
    }
  }

  return {
    put: async (key, content, putOptions = {}) => {
      const name = nameOf(key);
      const { container } = await open();
      return putObject(container.getBlockBlobClient(name), key, content, putOptions);
    },
    get: (key, range) => guarded(key, 'reads', (azure, name) => openObject(azure, name, key, range)),
    read: (key, maxBytes) =>
      guarded(key, 'reads', async (azure, name) => {
        const chunks: Uint8Array[] = [];
        let bytes = 0;
        for await (const chunk of await openObject(azure, name, key, undefined)) {
          bytes += chunk.byteLength;
          if (bytes > maxBytes) throw new ArtenicError('payload-too-large', `${key} has more than ${maxBytes} bytes.`);
          chunks.push(chunk);
        }
        return Buffer.concat(chunks);
      }),
    head: (key) =>
      guarded(key, 'reads', async ({ container }, name) => {
        try {
          const { contentLength } = await container.getBlobClient(name).getProperties(untilTheCallEnds());
          return { key, bytes: contentLength ?? 0 };
        } catch (error) {
          if (isNoBlob(error)) return null;
          throw error;
        }
      }),
    list: async (keyPrefix) => {
      foldersOfPrefix(keyPrefix);
      try {
        return await listAll(await open(), prefix, keyPrefix);
      } catch (error) {
        throw toAzureError(error, keyPrefix, 'reads');
      }
    },
    delete: (key) =>
      guarded(key, 'writes', async ({ container }, name) => {
        try {
          await container.getBlobClient(name).delete(untilTheCallEnds());
        } catch (error) {
          if (!isNoBlob(error)) throw error;
        }
      }),
    signing: createAzureSigning(guarded),
  };
}

async function openObject(
  { container }: Azure,
  name: string,
  key: string,
  range: ObjectRange | undefined,
): Promise<AsyncIterable<Uint8Array>> {
  try {
    const blob = container.getBlobClient(name);
    const { offset = 0, bytes } = range ?? {};
    // a stream that breaks is a fault for the caller to repeat, because the platform's limits count its silence
    const { readableStreamBody } = await blob.download(offset, bytes, { ...untilTheCallEnds(), maxRetryRequests: 0 });
    return readableStreamBody === undefined ? none() : chunksOf(readableStreamBody, key);
  } catch (error) {
    if (range !== undefined && azureCodeOf(error) === 'InvalidRange') return none();
    throw error;
  }
}

async function* none(): AsyncGenerator<Uint8Array> {
  // the range begins beyond the object's end
}

async function* chunksOf(body: NodeJS.ReadableStream, key: string): AsyncGenerator<Uint8Array> {
  try {
    yield* body as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw toAzureError(error, key, 'reads');
  }
}

async function listAll({ container }: Azure, ownPrefix: string, keyPrefix: string): Promise<readonly string[]> {
  const found: string[] = [];
  const prefix = `${ownPrefix}${nameOfPrefix(keyPrefix)}`;
  for await (const { name } of container.listBlobsFlat({ prefix, ...untilTheCallEnds() })) {
    const key = keyOf(name.slice(ownPrefix.length));
    // consoles create names that end with a slash as folders
    if (key.startsWith(keyPrefix) && key !== '' && !key.endsWith('/')) found.push(key);
  }
  return found.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
}
