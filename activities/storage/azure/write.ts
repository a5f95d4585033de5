import { createHash, randomUUID } from 'node:crypto';
import type { BlockBlobClient } from '@azure/storage-blob';
import { ArtenicError } from '../../../core/errors.ts';
import type { StoredObject } from '../../../core/object-storage.ts';
import { blocksOf, CheckedContent, type Content, type PutOptions } from '../checked-content.ts';
import { untilTheCallEnds } from './client.ts';
import { azureCodeOf, isNoBlob, isTaken, toAzureError } from './errors.ts';

/** 50,000 blocks of this size make 314 GB, the largest object whose size is not known in advance. */
const blockBytes = 6 * 1024 * 1024;
/** Metadata by which an upload recognizes its own object after its answer was lost. HTTP may change its case. */
const uploadMark = 'artenicupload';

type Upload = { readonly blob: BlockBlobClient; readonly mark: string; readonly ifAbsent: boolean };

/** Content of one block is one request; blocks of larger content become visible when their list is committed. */
export async function putObject(
  blob: BlockBlobClient,
  key: string,
  content: Content,
  options: PutOptions,
): Promise<StoredObject> {
  const checked = new CheckedContent(content, key, options);
  const upload = { blob, mark: randomUUID(), ifAbsent: options.ifAbsent === true };
  try {
    await send(upload, checked.chunks());
  } catch (error) {
    if (checked.fault !== null) throw checked.fault.error;
    if (!(await isSettled(upload, key, error))) throw toAzureError(error, key, 'writes');
  }
  return { key, bytes: checked.bytes, sha256: checked.sha256 };
}

async function send({ blob, mark, ifAbsent }: Upload, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const md5 = createHash('md5');
  const ids: string[] = [];
  for await (const { bytes, isLast } of blocksOf(chunks, blockBytes)) {
    md5.update(bytes);
    if (!isLast || ids.length > 0) {
      // all ids of a blob have the same length
      const id = Buffer.from(`${mark}-${String(ids.length).padStart(5, '0')}`).toString('base64');
      const transactionalContentMD5 = createHash('md5').update(bytes).digest();
      await blob.stageBlock(id, bytes, bytes.byteLength, { ...untilTheCallEnds(), transactionalContentMD5 });
      ids.push(id);
    }
    if (!isLast) continue;
    const hash = md5.digest();
    const visible = {
      ...untilTheCallEnds(),
      metadata: { [uploadMark]: mark },
      blobHTTPHeaders: { blobContentMD5: hash },
      ...(ifAbsent ? { conditions: { ifNoneMatch: '*' } } : {}),
    };
    if (ids.length > 0) await blob.commitBlockList(ids, visible);
    else await blob.upload(bytes, bytes.byteLength, { ...visible, transactionalContentMD5: hash });
  }
}

/** Whether the upload counts as done although its last request was refused. */
async function isSettled(upload: Upload, key: string, error: unknown): Promise<boolean> {
  // after a lost answer, the next try finds the object that the first created
  if (isTaken(error)) return (await markOf(upload, key)) === upload.mark;
  // another upload of this key has discarded our blocks by its own end, as if it had replaced our object
  if (azureCodeOf(error) !== 'InvalidBlockList' || (await markOf(upload, key)) === null) return false;
  if (!upload.ifAbsent) return true;
  throw new ArtenicError('conflict', `The object ${JSON.stringify(key)} exists already.`, { cause: error });
}

/** Mark of the object's upload; empty if it has none, null if there is no object. */
async function markOf({ blob }: Upload, key: string): Promise<string | null> {
  try {
    const { metadata } = await blob.getProperties(untilTheCallEnds());
    return metadata?.[uploadMark] ?? '';
  } catch (error) {
    if (isNoBlob(error)) return null;
    throw toAzureError(error, key, 'writes');
  }
}
