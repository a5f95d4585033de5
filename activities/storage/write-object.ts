import { createHash, randomBytes } from 'node:crypto';
import { link, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ArtenicError } from '../../core/errors.ts';
import type { ObjectStorage, StoredObject } from '../../core/object-storage.ts';
import { errorCode } from '../error-code.ts';
import { makeFolders, syncFolder } from './folders.ts';
import { temporaryFolder } from './keys.ts';

type PutOptions = Parameters<ObjectStorage['put']>[2];
type Content = Parameters<ObjectStorage['put']>[1];

const fileMode = 0o600;
/** A concurrent delete may prune a new, still empty folder before its use; more repetitions than this are unlikely. */
const maxFolderTries = 20;

/** Wraps an error of the content's source, which the storage passes on unchanged. */
export class ContentError extends Error {
  override readonly name = 'ContentError';
}

export async function putObject(
  folder: string,
  path: string,
  key: string,
  content: Content,
  options: PutOptions,
): Promise<StoredObject> {
  const temporary = join(folder, temporaryFolder, `${process.pid}-${randomBytes(12).toString('hex')}`);
  try {
    const { bytes, sha256 } = await writeTemporary(temporary, key, content, options);
    await moveIntoPlace(folder, temporary, path, options?.ifAbsent === true);
    return { key, bytes, sha256 };
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function writeTemporary(
  path: string,
  key: string,
  content: Content,
  { sha256: expected, maxBytes = Infinity }: NonNullable<PutOptions> = {},
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  const handle = await open(path, 'wx', fileMode);
  try {
    for await (const chunk of content instanceof Uint8Array ? [content] : markErrors(content)) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw new ArtenicError('payload-too-large', `${key} is larger than ${maxBytes} bytes.`);
      hash.update(chunk);
      await writeAll(handle, chunk);
    }
    const sha256 = hash.digest('hex');
    if (expected !== undefined && expected !== sha256) {
      throw new ArtenicError('validation-failed', `The content of ${key} has the hash ${sha256}, not ${expected}.`);
    }
    await handle.sync();
    return { bytes, sha256 };
  } finally {
    await handle.close();
  }
}

async function* markErrors(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* content;
  } catch (error) {
    throw new ContentError('the content ended early', { cause: error });
  }
}

async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let written = 0; written < chunk.byteLength;) {
    written += (await handle.write(chunk, written)).bytesWritten;
  }
}

async function moveIntoPlace(root: string, temporary: string, path: string, ifAbsent: boolean): Promise<void> {
  const folder = dirname(path);
  for (let tries = 1; ; tries++) {
    try {
      await makeFolders(root, folder);
      // unlike a rename, a link never replaces an existing file
      if (ifAbsent) await link(temporary, path);
      else await rename(temporary, path);
      break;
    } catch (error) {
      // a concurrent delete has pruned a folder on the path
      if (errorCode(error) !== 'ENOENT' || tries === maxFolderTries) throw error;
    }
  }
  if (ifAbsent) await rm(temporary, { force: true });
  try {
    await syncFolder(folder);
  } catch (error) {
    // the object and its folder have already been deleted again
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}
